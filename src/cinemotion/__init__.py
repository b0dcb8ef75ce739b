"""From raw films to curated, leak-free facial-expression datasets.

    from cinemotion import build, open_dataset

    build(["film.mp4"], "dataset")
    open_dataset("dataset").samples()

The names below are imported when they are first used, so that ``import cinemotion`` is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cinemotion.dataset.dataset import Dataset, open_dataset
    from cinemotion.flows.build import BuildReport, build
    from cinemotion.flows.ingest import ImportReport, import_dataset
    from cinemotion.recipes import BuildRecipe, load_recipe

__version__ = "0.1.0"

_HOMES = {
    "build": "cinemotion.flows.build",
    "BuildReport": "cinemotion.flows.build",
    "import_dataset": "cinemotion.flows.ingest",
    "ImportReport": "cinemotion.flows.ingest",
    "BuildRecipe": "cinemotion.recipes",
    "load_recipe": "cinemotion.recipes",
    "Dataset": "cinemotion.dataset.dataset",
    "open_dataset": "cinemotion.dataset.dataset",
}

__all__ = [
    "BuildRecipe",
    "BuildReport",
    "Dataset",
    "ImportReport",
    "build",
    "import_dataset",
    "load_recipe",
    "open_dataset",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cinemotion' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
