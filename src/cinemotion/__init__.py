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
    from cinemotion.flows.auditing.audit import audit
    from cinemotion.flows.building.build import BuildReport, build
    from cinemotion.flows.curating.dedup import dedup
    from cinemotion.flows.importing.ingest import ImportReport, import_dataset
    from cinemotion.flows.splitting.split import split
    from cinemotion.flows.versions.export import export
    from cinemotion.flows.versions.freeze import freeze
    from cinemotion.learn.loaders import load_split
    from cinemotion.recipes import BuildRecipe, load_recipe

__version__ = "0.1.0"

_HOMES = {
    "build": "cinemotion.flows.building.build",
    "BuildReport": "cinemotion.flows.building.build",
    "import_dataset": "cinemotion.flows.importing.ingest",
    "ImportReport": "cinemotion.flows.importing.ingest",
    "BuildRecipe": "cinemotion.recipes",
    "load_recipe": "cinemotion.recipes",
    "audit": "cinemotion.flows.auditing.audit",
    "dedup": "cinemotion.flows.curating.dedup",
    "split": "cinemotion.flows.splitting.split",
    "freeze": "cinemotion.flows.versions.freeze",
    "export": "cinemotion.flows.versions.export",
    "load_split": "cinemotion.learn.loaders",
    "Dataset": "cinemotion.dataset.dataset",
    "open_dataset": "cinemotion.dataset.dataset",
}

__all__ = [
    "BuildRecipe",
    "BuildReport",
    "Dataset",
    "ImportReport",
    "audit",
    "build",
    "dedup",
    "export",
    "freeze",
    "import_dataset",
    "load_recipe",
    "load_split",
    "open_dataset",
    "split",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cinemotion' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
