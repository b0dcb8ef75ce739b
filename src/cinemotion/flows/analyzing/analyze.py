"""Read films: from the files to their characters and their emotional arcs.

    [analysis] = analyze("film.mp4", "report")
    analysis.summary()["characters"][0]["dominant"]

What was computed before is not computed again: the dataset keeps crops, answers and identities, so
that an interrupted analysis goes on, and one with other settings takes seconds. An expression that
is shown is not an emotion that is felt.

What comes after the crops (:mod:`.reading`) takes more than a second to load; it is loaded while
the workers decode.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.faces.identity import NONE, open_embedder
from cinemotion.flows.analyzing.cast import read_cast
from cinemotion.flows.analyzing.casting import Notice
from cinemotion.flows.analyzing.footage import Failed, Footage, choose_films, take_footage
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.building.watch import Quiet, Watch
from cinemotion.learn.classifier import open_classifier

if TYPE_CHECKING:
    from cinemotion.flows.analyzing.analysis import Analysis
    from cinemotion.flows.analyzing.vectors import Progress

DATASET = "dataset"
"""The folder of crops inside a report's, where the user names no other."""


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
    failed: Failed | None = None,
    notice: Notice | None = None,
) -> list[Analysis]:
    """Analyse films, or go on with an analysis.

    Who is the same person in several films is found out last, and written into the dataset.

    Args:
        films: A film, a folder of films, or several.
        out: The folder of the report; of several films, one below it for each, also where only one
            of them can be read.
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
        failed: Told of each film that cannot be read, and why.
        notice: Told, in a line each, what is not as it was asked for.

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
    if names is not None:
        if not Path(names).is_file():
            raise BadInputError(f"there is no file {names} that says who is who; check the path")
        read_cast(Path(names))  # a slip in it is told of before the film is decoded
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file; --out needs a folder")
    paths = [Path(film) for film in ([films] if isinstance(films, str | Path) else films)]
    chosen = choose_films(paths, folder)
    if names is not None and len(chosen) > 1:
        raise BadInputError(
            f"--names is of one film, and these are {len(chosen)}; edit each film's own "
            "characters.csv instead"
        )
    kept = Path(dataset) if dataset is not None else folder / DATASET
    taken = take_footage(
        chosen,
        kept,
        recipe.build,
        workers=workers,
        watch=_LoadsAhead(watch or Quiet()),
        failed=failed,
    )
    from cinemotion.flows.analyzing.reading import read_film

    found = [
        read_film(
            footage,
            folder if len(chosen) == 1 else folder / _slug(footage),
            recipe,
            classifier,
            names=None if names is None else Path(names),
            recast=recast,
            progress=progress,
            figures=figures,
            video=video,
            copying=copying,
            notice=notice,
        )
        for footage in taken
    ]
    if len(found) > 1 and recipe.people.embedder != NONE and any(each.people for each in found):
        from cinemotion.flows.analyzing.persons import link_cast

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


class _LoadsAhead:
    """Watches a build, and loads what comes after it as soon as its workers are at work."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._loads = False

    def begin(self, films: int, seconds: float) -> None:
        """See :meth:`Watch.begin`."""
        self._watch.begin(films, seconds)

    def advance(self, seconds: float, faces: int) -> None:
        """See :meth:`Watch.advance`."""
        if not self._loads:
            self._loads = True
            names = ("cinemotion.flows.analyzing.reading", "ruptures")
            for name in names:
                threading.Thread(target=_load, args=(name,), daemon=True).start()
        self._watch.advance(seconds, faces)

    def skip(self, seconds: float) -> None:
        """See :meth:`Watch.skip`."""
        self._watch.skip(seconds)

    def end_film(self, row: dict[str, Any]) -> None:
        """See :meth:`Watch.end_film`."""
        self._watch.end_film(row)


def _load(module: str) -> None:
    with contextlib.suppress(ImportError):  # it is said where the module is needed
        import_module(module)


def _slug(footage: Footage) -> str:
    """A folder for one of several films: its title, and some of its id."""
    title = "".join(c if c.isalnum() or c in "-_." else "-" for c in str(footage.row["title"]))
    return f"{title.strip('-.') or 'film'}-{footage.film[:8]}"
