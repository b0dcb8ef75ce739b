"""From raw films to a dataset of crops: the main job.

    report = build(["films/"], "dataset", recipe=BuildRecipe(subject="face"))
    report.films[0]["status"]

Each film is probed, cut into segments at key frames, worked on by the executor's processes,
committed segment by segment, and joined (shots, tracks, verdicts) when its last segment is
in. The same call again does only what is missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cinemotion.core.errors import BadInputError
from cinemotion.engine.executor import Executor
from cinemotion.flows.building.executors import open_executor
from cinemotion.flows.building.watch import Quiet, Watch

if TYPE_CHECKING:
    from cinemotion.recipes import BuildRecipe


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        out: The dataset's folder.
        recipe: The recipe's id.
        films: One row per file, in the order of the input: the columns of the table ``films``;
            ``skipped``, which is true where it had been built before; and ``copy_of``, the path
            of the file that it is a copy of, whose title and notes hold, else ``None``.
    """

    out: Path
    recipe: str
    films: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The films of which nothing could be had."""
        return [row for row in self.films if row["status"] == "failed"]


def build(
    films: Path | str | Sequence[Path | str],
    out: Path | str,
    *,
    recipe: BuildRecipe | Callable[[], BuildRecipe] | None = None,
    catalogue: Path | str | None = None,
    add_recipe: bool = False,
    rehash: bool = False,
    workers: int | None = None,
    executor: Executor | None = None,
    watch: Watch | None = None,
) -> BuildReport:
    """Turn films into a dataset of face crops (or frames), or continue one.

    Args:
        films: A film file or a folder, or several; folders are searched for video files.
        out: The dataset's folder; made where it does not exist.
        recipe: What to make, or a function that reads it; the defaults where ``None``.
        catalogue: A ``films.csv`` with titles, editions, groups and rights.
        add_recipe: Allow a second recipe in one dataset.
        rehash: Read films that were built before, to check that they are still the same.
        workers: Worker processes; one per core where ``None``; 0 works in this process.
        executor: An open one to work on, instead of workers of its own; it stays open.
        watch: Told about the progress.

    Returns:
        What was done, film by film.

    Raises:
        BadInputError: No film could be opened, or an argument makes no sense.
        RecipeMismatchError: The dataset was built with another recipe.
        StorageFullError: The disk is full; what was committed stays.
    """
    one = isinstance(films, str | bytes) or not isinstance(films, Iterable)
    paths = [_path("films", film) for film in cast("list[Any]", [films] if one else films)]
    folder = _path("out", out)
    notes = None if catalogue is None else _path("catalogue", catalogue)
    with open_executor(workers) if executor is None else nullcontext(executor) as staff:
        # Recipes, tables and stages take a while to load; so do the workers, at the same time.
        from cinemotion.flows.building.run import run_build
        from cinemotion.recipes import BuildRecipe

        if recipe is None or isinstance(recipe, BuildRecipe):
            settings = recipe or BuildRecipe()
        elif callable(recipe):
            settings = recipe()
        else:
            raise BadInputError(
                f"recipe must be a BuildRecipe or a function that gives one, got {recipe!r}; "
                "read a file with load_recipe(Path(FILE), {})"
            )

        identity, rows = run_build(
            staff,
            paths,
            folder,
            settings,
            catalogue=notes,
            add_recipe=add_recipe,
            rehash=rehash,
            watch=watch or Quiet(),
        )
    from cinemotion.core.leftover import give_back
    from cinemotion.dataset.store import Store

    if executor is not None:
        executor.rest()
    # Now that the workers have given their memory back.
    Store.open(folder).compact()
    give_back()
    return BuildReport(folder, identity, rows)


def _path(name: str, value: Any) -> Path:
    """The path that was handed over; refused before a single process is started."""
    if not isinstance(value, str | os.PathLike):
        raise BadInputError(f"{name} must be a path, got {value!r}")
    return Path(value)
