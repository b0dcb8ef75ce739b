"""What an analysis starts from: its settings checked, its model open, and the faces of its films.

    gathered = gather(["film.mp4"], Path("report"), recipe=None, …, executor=executor)
    gathered.footage[0], gathered.classifier

What comes after the crops (:mod:`.reading`) takes more than a second to load; it is loaded while
the workers decode.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.engine.executor import Executor
from cinemotion.faces.identity import NONE, open_embedder
from cinemotion.flows.analyzing.cast import read_cast
from cinemotion.flows.analyzing.footage import Failed, Footage, choose_films, take_footage
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.building.watch import Quiet, Watch
from cinemotion.learn.classifier import Classifier, open_classifier

DATASET = "dataset"
"""The folder of crops inside a report's, where the user names no other."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is there before anything is read.

    Attributes:
        out: The folder of the report, or of all reports.
        recipe: How.
        classifier: The model.
        dataset: The folder of crops.
        several: Whether more than one film was asked for.
        footage: The films that could be read, in the order of the input.
    """

    out: Path
    recipe: AnalyzeRecipe
    classifier: Classifier
    dataset: Path
    several: bool
    footage: list[Footage]

    @property
    def tells_people_apart(self) -> bool:
        """Whether faces say who is who."""
        return self.recipe.people.embedder != NONE

    def report(self, footage: Footage) -> Path:
        """The folder of a film's report."""
        return self.out / _slug(footage) if self.several else self.out


def gather(
    films: Path | str | Sequence[Path | str],
    out: Path,
    *,
    recipe: AnalyzeRecipe | Callable[[], AnalyzeRecipe] | None,
    dataset: Path | None,
    names: Path | None,
    executor: Executor,
    watch: Watch | None,
    failed: Failed | None,
) -> Gathered:
    """Check what was asked for, and take the films in; see :func:`~.analyze.analyze`.

    Args:
        films: A film, a folder of films, or several.
        out: The folder of the report.
        recipe: How, or a function that reads it.
        dataset: Where crops are kept.
        names: A ``characters.csv`` that says who is who.
        executor: Builds what is missing.
        watch: Told how the building goes.
        failed: Told of each film that cannot be read, and why.
    """
    settings = recipe() if callable(recipe) else recipe or AnalyzeRecipe()
    if not isinstance(settings, AnalyzeRecipe):
        raise BadInputError(
            f"recipe must be an AnalyzeRecipe or a function that gives one, got {settings!r}; read "
            "a file with load_analyze_recipe(Path(FILE), {})"
        )
    classifier = open_classifier(settings.model, threads=usable_cores())
    _look_for_packages(settings)
    if names is not None:
        if not names.is_file():
            raise BadInputError(f"there is no file {names} that says who is who; check the path")
        read_cast(names)  # a slip in it is told of before the film is decoded
    if out.exists() and not out.is_dir():
        raise BadInputError(f"{out} is a file; --out needs a folder")
    paths = [Path(film) for film in ([films] if isinstance(films, str | Path) else films)]
    chosen = choose_films(paths, out)
    if names is not None and len(chosen) > 1:
        raise BadInputError(
            f"--names is of one film, and these are {len(chosen)}; edit each film's own "
            "characters.csv instead"
        )
    kept = dataset or out / DATASET
    footage = take_footage(
        chosen,
        kept,
        settings.build,
        executor=executor,
        watch=_LoadsAhead(watch or Quiet()),
        failed=failed,
    )
    return Gathered(out, settings, classifier, kept, len(chosen) > 1, footage)


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
