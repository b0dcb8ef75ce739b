"""From the faces of a film to its characters and their arcs.

    analysis = read_film(footage, Path("report"), recipe, classifier)
    analysis.people[0].arc.mean

Answers of the model, who is who, arcs and scenes, and the report of it all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.leftover import give_back
from cinemotion.film.arcs import DRAWS, Arc, draw_arc
from cinemotion.film.company import Pair, company
from cinemotion.film.turning import turning_points
from cinemotion.film.valence import valence
from cinemotion.flows.analyzing.analysis import Analysis, Person
from cinemotion.flows.analyzing.cast import Member
from cinemotion.flows.analyzing.casting import Notice, count_notice, settle_cast
from cinemotion.flows.analyzing.expressions import read_expressions
from cinemotion.flows.analyzing.footage import Footage
from cinemotion.flows.analyzing.people import describe_tracks, find_people
from cinemotion.flows.analyzing.scening import find_scenes
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.analyzing.sightings import Sightings, read_sightings
from cinemotion.flows.analyzing.vectors import Progress
from cinemotion.flows.analyzing.write import write_analysis
from cinemotion.learn.classifier import Classifier
from cinemotion.learn.modelfolder import Card

Doubles = NDArray[np.float64]

_SHARP = 0.5  # seconds: the window through which turning points are looked for
_MOST_INSTANTS = 7200  # of an arc: a second apart in a film of two hours


def read_film(
    footage: Footage,
    out: Path,
    recipe: AnalyzeRecipe,
    classifier: Classifier,
    *,
    names: Path | None = None,
    recast: bool = False,
    progress: Progress | None = None,
    notice: Notice | None = None,
    **written: Any,
) -> Analysis:
    """Read a film and write its report; see :func:`~.analyze.analyze`.

    Args:
        footage: The film's faces.
        out: The folder of its report.
        recipe: How.
        classifier: The model.
        names: A ``characters.csv`` that says who is who.
        recast: Group the tracks anew where ``out`` has such a file that was edited.
        progress: Told how answers and identities go.
        notice: Told, in a line each, what is not as it was asked for.
        written: See :func:`~.write.write_analysis`.
    """
    seen = read_sightings(footage)
    probabilities = read_expressions(
        footage.dataset, seen.faces["id"].to_list(), classifier, progress
    )
    tracks = describe_tracks(seen)
    give_back()  # before each part that takes memory of its own
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
    otherwise = count_notice(analysis.title, recipe.people, cast, names)
    if otherwise is not None and notice is not None:
        notice(otherwise)
    give_back()
    write_analysis(analysis, cast, out, notice=notice, **written)
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
        until = seen.faces["until"].to_numpy()
        self._shown = np.column_stack([until - seen.faces["stretch"].to_numpy(), until])
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
            self._shown[rows],
            faces["track"].cast(pl.Int64).to_numpy()[rows],
            self._probabilities[rows],
            self._trust[rows],
            grid=self._grid,
            step=self.step,
            window=window,
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
