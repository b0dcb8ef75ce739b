"""Read a film: from the file to its characters and their emotional arcs.

    analysis = analyze("film.mp4", "report")
    analysis.summary()["characters"][0]["dominant"]

What was computed before is not computed again: the dataset keeps crops, answers and identities, so
that an interrupted analysis goes on, and one with other settings takes seconds. An expression that
is shown is not an emotion that is felt.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.faces.identity import NONE, open_embedder
from cinemotion.film.arcs import DRAWS, Arc, draw_arc
from cinemotion.film.company import Pair, company
from cinemotion.film.turning import turning_points
from cinemotion.film.valence import valence
from cinemotion.flows.analyzing.analysis import Analysis, Person
from cinemotion.flows.analyzing.cast import Member
from cinemotion.flows.analyzing.casting import settle_cast
from cinemotion.flows.analyzing.expressions import read_expressions
from cinemotion.flows.analyzing.footage import Footage, take_footage
from cinemotion.flows.analyzing.people import describe_tracks, find_people
from cinemotion.flows.analyzing.persons import link_cast
from cinemotion.flows.analyzing.scening import find_scenes
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.analyzing.sightings import Sightings, read_sightings
from cinemotion.flows.analyzing.vectors import Progress
from cinemotion.flows.analyzing.write import write_analysis
from cinemotion.flows.building.watch import Watch
from cinemotion.learn.classifier import Classifier, open_classifier
from cinemotion.learn.modelfolder import Card

Doubles = NDArray[np.float64]

DATASET = "dataset"
"""The folder of crops inside a report's, where the user names no other."""

_SHARP = 0.5  # seconds: the window through which turning points are looked for
_MOST_INSTANTS = 7200  # of an arc: a second apart in a film of two hours


def analyze(
    films: Path | str | Sequence[Path | str],
    out: Path | str,
    *,
    recipe: AnalyzeRecipe | None = None,
    dataset: Path | str | None = None,
    names: Path | str | None = None,
    recast: bool = False,
    workers: int | None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
    figures: bool = False,
    video: bool = False,
    copying: Progress | None = None,
) -> list[Analysis]:
    """Analyse films, or go on with an analysis.

    Who is the same person in several films is found out last, and written into the dataset.

    Args:
        films: A film, a folder of films, or several.
        out: The folder of the report; of several films, one below it for each.
        recipe: How; the defaults where ``None``.
        dataset: Where crops are kept, and may be already; ``out/dataset`` where ``None``.
        names: A ``characters.csv`` that says who is who; of a single film.
        recast: Group the tracks anew where the report's own ``characters.csv`` was edited.
        workers: Worker processes; one per core where ``None``.
        watch: Told how the building goes.
        progress: Told how answers and identities go.
        figures: Also draw figures for print, into ``out/figures``.
        video: Also put each film beside its page, which plays it then.
        copying: Told how far a film is copied.

    Returns:
        An analysis for each film that could be read.

    Raises:
        BadInputError: No film can be read, or a setting or name cannot be used.
        MissingExtraError: A package is not installed.
        WeightsError: A model is missing or not what its card says.
    """
    recipe = recipe or AnalyzeRecipe()
    classifier = open_classifier(recipe.model, threads=usable_cores())
    _look_for_packages(recipe)
    if names is not None and not Path(names).is_file():
        raise BadInputError(f"there is no file {names} that says who is who; check the path")
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file; --out needs a folder")
    paths = [Path(film) for film in ([films] if isinstance(films, str | Path) else films)]
    kept = Path(dataset) if dataset is not None else folder / DATASET
    taken = take_footage(paths, kept, recipe.build, workers=workers, watch=watch, apart_from=folder)
    if names is not None and len(taken) > 1:
        raise BadInputError("--names is of one film; edit each film's own characters.csv instead")
    found = [
        _analyze(
            footage,
            folder if len(taken) == 1 else folder / _slug(footage),
            recipe,
            classifier,
            names=None if names is None else Path(names),
            recast=recast,
            progress=progress,
            figures=figures,
            video=video,
            copying=copying,
        )
        for footage in taken
    ]
    if len(found) > 1 and recipe.people.embedder != NONE and any(each.people for each in found):
        link_cast(kept, settings=recipe.people, progress=progress)
    return found


def _look_for_packages(recipe: AnalyzeRecipe) -> None:
    """Say before any work, in one line, what would be missing after it.

    Raises:
        BadInputError: There is no such embedder.
        MissingExtraError: A package is not installed.
        WeightsError: An embedder's weights are missing or not the pinned ones.
    """
    for package in ("ruptures", "plotly"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "analyze")
    if recipe.people.embedder != NONE:
        open_embedder(recipe.people.embedder)  # a fifth of a second, and it is let go of again


def _analyze(
    footage: Footage,
    out: Path,
    recipe: AnalyzeRecipe,
    classifier: Classifier,
    *,
    names: Path | None,
    recast: bool,
    progress: Progress | None,
    **written: Any,
) -> Analysis:
    seen = read_sightings(footage)
    probabilities = read_expressions(
        footage.dataset, seen.faces["id"].to_list(), classifier, progress
    )
    tracks = describe_tracks(seen)
    cast, tracks = settle_cast(
        out,
        tracks,
        lambda: find_people(footage.dataset, seen, tracks, recipe.people, progress=progress),
        footage=footage,
        names=names,
        recast=recast,
    )
    analysis = draw_up(
        footage, seen, probabilities, tracks, cast.members, recipe=recipe, card=classifier.card
    )
    write_analysis(analysis, cast, out, **written)
    return analysis


def draw_up(
    footage: Footage,
    seen: Sightings,
    probabilities: Doubles,
    tracks: pl.DataFrame,
    members: Sequence[Member],
    *,
    recipe: AnalyzeRecipe,
    card: Card,
) -> Analysis:
    """What follows from who was seen when, with which answers, once it is known who is who.

    Args:
        footage: The film.
        seen: The faces.
        probabilities: float64 ``(n, k)``, the model's answers, row by row of ``seen.faces``.
        tracks: A row per track, with its ``character``.
        members: The characters.
        recipe: How.
        card: The model's.
    """
    votes = vote(seen, tracks, probabilities)
    draw = _Artist(footage, seen, probabilities, votes, tracks, recipe, tuple(card.classes))
    everybody = Member("film", "all faces", tuple(tracks["track"].to_list()))
    people = [draw.person(member) for member in members]
    return Analysis(
        footage=footage,
        recipe=recipe,
        card=card,
        seen=seen,
        probabilities=probabilities,
        tracks=tracks,
        votes=votes,
        film=draw.person(everybody),
        people=people,
        pairs=_company(seen, people, tuple(card.classes), draw.step),
        scenes=find_scenes(seen, tracks, votes, recipe.scenes),
    )


def vote(seen: Sightings, tracks: pl.DataFrame, probabilities: Doubles) -> Doubles:
    """The vote of each track: the mean of its answers, weighed by quality and time on screen.

    Args:
        seen: The faces.
        tracks: Row by row, their numbers in ``track``.
        probabilities: float64 ``(n, k)``, row by row of ``seen.faces``.

    Returns:
        float64 ``(t, k)``, rows sum to 1; NaN where no face of a track has any quality.
    """
    order = {track: at for at, track in enumerate(tracks["track"].to_list())}
    of = np.array([order[track] for track in seen.faces["track"]], np.int64)
    weights = trust(seen) * seen.faces["stretch"].to_numpy()
    sums, total = np.zeros((len(order), probabilities.shape[1])), np.zeros(len(order))
    np.add.at(sums, of, weights[:, None] * probabilities)
    np.add.at(total, of, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Doubles = sums / np.where(total > 0, total, np.nan)[:, None]
    return found


def trust(seen: Sightings) -> Doubles:
    """How far each face's answer can be trusted: its quality, float64 ``(n,)`` in [0, 1]."""
    return seen.faces["quality"].fill_null(0.0).cast(pl.Float64).to_numpy()


class _Artist:
    """Draws the arcs of one film."""

    def __init__(
        self,
        footage: Footage,
        seen: Sightings,
        probabilities: Doubles,
        votes: Doubles,
        tracks: pl.DataFrame,
        recipe: AnalyzeRecipe,
        classes: Sequence[str],
    ) -> None:
        self._seen, self._probabilities, self._votes = seen, probabilities, votes
        self._tracks, self._recipe = tracks, recipe
        length = max(seen.end - seen.start, footage.every)
        self.step = max(footage.every, length / _MOST_INSTANTS)
        self._grid = seen.start + np.arange(0.0, length, self.step)
        self._trust = trust(seen)
        self._reach = 1.5 * self.step
        self._valence = partial(valence, classes=classes)

    def person(self, member: Member) -> Person:
        """A character with its arc."""
        mine = self._tracks["track"].is_in(member.tracks).to_numpy()
        votes = self._votes[mine & np.isfinite(self._votes).all(axis=1)]
        nothing = np.full(self._votes.shape[1], np.nan)
        rows = self._seen.faces["track"].is_in(member.tracks).to_numpy()
        arc = self._arc(rows, window=self._recipe.window)
        # Smoothing makes a slope of a step, and two changes of a slope.
        sharp = self._arc(rows, window=max(_SHARP, 2.5 * self.step), draws=0)
        best = self._tracks.filter(mine).sort("quality", descending=True)["best"]
        return Person(
            id=member.id,
            name=member.name or member.id,
            tracks=member.tracks,
            screen_seconds=float(self._tracks.filter(mine)["screen_seconds"].sum()),
            probabilities=votes.mean(axis=0) if len(votes) else nothing,
            arc=arc,
            turns=turning_points(sharp.seconds, sharp.mean),
            best=best[0] if len(best) else None,
        )

    def _arc(self, rows: NDArray[np.bool_], *, window: float, draws: int = DRAWS) -> Arc:
        faces = self._seen.faces
        return draw_arc(
            faces["seconds"].to_numpy()[rows],
            faces["track"].cast(pl.Int64).to_numpy()[rows],
            self._probabilities[rows],
            self._trust[rows],
            grid=self._grid,
            window=window,
            reach=self._reach,
            seed=self._recipe.seed,
            draws=draws,
            derive=self._valence,
        )


def _company(
    seen: Sightings, people: Sequence[Person], classes: Sequence[str], step: float
) -> list[Pair]:
    """Who appears with whom."""
    shots, moments, valences = {}, {}, {}
    for person in people:
        mine = seen.faces.filter(pl.col("track").is_in(person.tracks))
        shots[person.id] = set(mine["shot"].to_list())
        moments[person.id] = dict(mine.select("pts", "stretch").iter_rows())
        valences[person.id] = valence(person.arc.mean, classes)
    return company(shots, moments, valences, step)


def _slug(footage: Footage) -> str:
    """A folder for one of several films: its title, and some of its id."""
    title = "".join(c if c.isalnum() or c in "-_." else "-" for c in str(footage.row["title"]))
    return f"{title.strip('-.') or 'film'}-{footage.film[:8]}"
