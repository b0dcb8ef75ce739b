"""The faces of films as a dataset holds them: built now, or before in a way that fits.

    films = choose_films([Path("films/")], Path("report"))
    footage = take_footage(films, Path("report/dataset"), recipe.build)
    footage[0].film, footage[0].recipe          # its rows in the tables

A film that was built with faces at least as often as asked for is not decoded again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cinemotion.core.errors import BadInputError, CinemotionError
from cinemotion.core.hashing import hash_file
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.store import Store
from cinemotion.engine.executor import Executor
from cinemotion.flows.building.build import build
from cinemotion.flows.building.catalogue import list_films
from cinemotion.flows.building.watch import Watch
from cinemotion.recipes import BuildRecipe
from cinemotion.video.probe import probe

Failed = Callable[[Path, str], None]
"""Told of a film that cannot be read, and why."""

_STAMP = ("bytes", "mtime_ns", "inode")


@dataclass(frozen=True, slots=True)
class Footage:
    """A film in a dataset.

    Attributes:
        dataset: The dataset's folder.
        path: The film's file.
        row: Its row in ``films``.
        every: Seconds between the frames that were looked at.
        reused: Whether it was built before.
    """

    dataset: Path
    path: Path
    row: dict[str, Any]
    every: float
    reused: bool

    @property
    def film(self) -> str:
        """The film's id."""
        return str(self.row["film"])

    @property
    def recipe(self) -> str:
        """The id of the recipe that it was built with."""
        return str(self.row["recipe"])


def choose_films(paths: Sequence[Path], report: Path) -> list[Path]:
    """The films that an analysis is about, without opening them.

    Args:
        paths: Files, or folders that are searched.
        report: What lies in this folder is ours; found in a search, it is passed over.

    Raises:
        BadInputError: A path does not exist, or there is no film.
    """
    ours = report.resolve()
    found = [entry.path for entry in list_films(list(paths), None)]
    chosen = [path for path in found if path in paths or ours not in path.resolve().parents]
    if not chosen:
        raise BadInputError(
            f"all films that were found lie in {report}, the report's own folder; give another "
            "--out, or name a film itself"
        )
    return chosen


def take_footage(
    films: Sequence[Path],
    dataset: Path,
    recipe: BuildRecipe,
    *,
    executor: Executor | None = None,
    watch: Watch | None = None,
    failed: Failed | None = None,
) -> list[Footage]:
    """Find films in a dataset, and build what is not there.

    Args:
        films: Their files.
        dataset: The dataset's folder; made where there is none.
        recipe: How often to look, and how to build.
        executor: Where a build works; on one worker per core where ``None``.
        watch: Told how a build goes.
        failed: Told of each film that cannot be read, where another can.

    Returns:
        The films that could be read, in the order of the input.

    Raises:
        BadInputError: None can be read, or the recipe looks at no faces on a grid.
    """
    if recipe.subject != "face" or recipe.sampling.mode != "grid":
        raise BadInputError(
            "an analysis looks at faces at even distances: its build needs subject = 'face' and "
            "sampling.mode = 'grid'"
        )
    known = _fitting(dataset, recipe)
    found: dict[Path, Footage] = {}
    for path in films:
        row = _known(path, known)
        if row is not None:
            found[path] = Footage(dataset, path, row, row["every"], True)
    missing = [path for path in films if path not in found]
    # A build of nothing that can be read is an error; beside films that are there it is none.
    reasons = {path: _unreadable(path) for path in missing} if found else {}
    if missing and not (reasons and all(reasons.values())):
        report = build(
            missing, dataset, recipe=recipe, add_recipe=True, executor=executor, watch=watch
        )
        for path, row in zip(missing, report.films, strict=True):
            reasons[path] = str(row["reason"]) if row["status"] == "failed" else None
            if row["status"] != "failed":
                found[path] = Footage(dataset, path, row, recipe.sampling.every, row["skipped"])
    told = {path: reason for path, reason in reasons.items() if reason is not None}
    if not found:
        raise BadInputError("; ".join(told.values()))
    for path, reason in told.items():
        if failed is not None:
            failed(path, reason)
    return [found[path] for path in films if path in found]


def _unreadable(path: Path) -> str | None:
    """Why a film cannot be opened; ``None`` where it can."""
    try:
        probe(path)
    except CinemotionError as error:
        return str(error)
    return None


def _fitting(dataset: Path, recipe: BuildRecipe) -> list[dict[str, Any]]:
    """The finished films of a dataset that were looked at often enough, the coarsest first."""
    if not is_dataset(dataset):
        return []
    store = Store.open(dataset)
    every: dict[str, float] = {}
    for id, content in store.recipes().items():
        try:
            built = BuildRecipe.model_validate(content["recipe"])
        except (ValidationError, KeyError):
            continue  # of another version of ours
        fits = built.subject == "face" and built.sampling.mode == "grid"
        if fits and built.sampling.every <= recipe.sampling.every and built.max_per_shot is None:
            every[id] = built.sampling.every
    rows = [
        {**row, "every": every[row["recipe"]]}
        for row in store.read("films").to_pylist()
        if row["recipe"] in every and row["status"] != "failed" and not row["failed_segments"]
    ]
    return sorted(rows, key=lambda row: -row["every"])


def _known(path: Path, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The row of a film: known by size, time and inode, or by its content."""
    if not rows:
        return None
    try:
        stat = path.stat()
        stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        for row in rows:
            if tuple(row[name] for name in _STAMP) == stamp:
                return row
        id = hash_file(path)
    except OSError:
        return None  # the build says why it cannot be read
    return next((row for row in rows if row["film"] == id), None)
