"""What a name stands for when something is to be forgotten: films, imports, samples, ranges.

    plan = find_doomed(store, "Nosferatu")
    plan.films, len(plan.samples)          # ("3f…",), 1204

A plan is plain data, so that it can be written down before the work begins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.manifest import read_json, read_rows, version_folder
from cinemotion.dataset.ranges import films_named
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import version_ids
from cinemotion.dataset.votes import Votes


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What is to be forgotten, or was.

    Attributes:
        asked: The name that the user gave.
        films: Ids of films.
        sources: Names of imports.
        samples: Ids of the samples.
        ranges: Names of films as annotated ranges give them.
        votes: How many votes and ranges went, history included; 0 while only planned.
        versions: Of each frozen version, how many of its samples are redacted for this.
    """

    asked: str
    films: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    votes: int = 0
    versions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Forgetting:
        """A plan that was written down."""
        tuples: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in content.items()
        }
        return cls(**tuples)


def find_doomed(store: Store, name: str) -> Forgetting:
    """Find out what a name stands for.

    Args:
        store: The dataset.
        name: A film's id, the beginning of one, its title or file name; the name of an import;
            or the name of a film that an import's group pattern found.

    Raises:
        BadInputError: The name stands for nothing, or for several films.
    """
    dataset = Dataset(store)
    films = _films(dataset)
    named = films_named(name, films)
    stills = dataset.table("stills", ["id", "source", "film"])
    known = {*dataset.sources()["name"], *stills["source"]}
    imports = [name] if name in known else []
    if len(named) + len(imports) > 1:
        found = ", ".join([*named, *imports])
        raise BadInputError(f"{name!r} stands for several films or imports; name one: {found}")
    if named or imports:
        samples = _samples_of(dataset, named, imports)
    else:
        samples = set(stills.filter(pl.col("film") == name)["id"])
        if not samples:
            raise BadInputError(
                f"{store.path} has no film, import or film of an import named {name!r}; give an "
                "id, the beginning of one, a title, a file name, or the name of an import"
            )
    rows = [film for film in films if film["film"] in named]
    said = {range.film for _, range in Votes(store.path).ranges()}
    return Forgetting(
        asked=name,
        films=tuple(named),
        sources=tuple(sorted({*imports, *_emptied(stills, samples)})),
        samples=tuple(sorted(samples)),
        ranges=tuple(sorted(film for film in said if film == name or films_named(film, rows))),
    )


def _emptied(stills: pl.DataFrame, samples: Collection[str]) -> list[str]:
    """Imports that have no picture left then: nothing is to say that they are done."""
    gone = stills.group_by("source").agg(pl.col("id").is_in(list(samples)).all())
    return gone.filter("id")["source"].to_list()


def _films(dataset: Dataset) -> list[dict[str, Any]]:
    """Films that were built here, and those that imported pictures were chosen from."""
    built = dataset.films().select("film", "title", "path")
    copied = dataset.table("origins", ["film", "title"]).unique()
    return pl.concat([built, copied], how="diagonal").to_dicts()


def _samples_of(dataset: Dataset, films: list[str], sources: list[str]) -> set[str]:
    """The ids of all samples of films and imports, also of those that only a version holds."""
    path = dataset.path
    origins = [read_rows(version_folder(path, id) / "origins.parquet") for id in version_ids(path)]
    imported = pl.col("source").is_in(sources)
    filmed = pl.col("film").is_in(films)
    # The key of a film may be its group's; that of a shot begins with the film itself.
    shot = pl.col("shot").str.split("/").list.first().is_in(films)
    parts = [
        dataset.table("crops", ["id", "film"]).filter(filmed),
        dataset.table("facts", ["id", "film"]).filter(filmed),
        dataset.table("origins", ["id", "film"]).filter(filmed),
        dataset.table("stills", ["id", "source"]).filter(imported),
        *(rows.filter(imported | filmed | shot) for rows in origins),
    ]
    return {id for part in parts for id in part["id"]}


def unfinished(store: Store) -> Forgetting | None:
    """What an earlier run set out to forget and did not complete."""
    path = plan_file(store)
    return Forgetting.from_json(read_json(path)) if path.exists() else None


def plan_file(store: Store) -> Path:
    """Where a plan stays as long as it is not carried out."""
    return store.path / ".locks" / "forget.json"
