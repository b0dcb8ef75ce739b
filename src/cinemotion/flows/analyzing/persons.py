"""Who is the same person in several films of a dataset.

    persons = link_cast("dataset")
    persons[0].id, persons[0].name, [each.film for each in persons[0].characters]

The characters of analysed films are joined by their faces (``film/persons.py``) and the result is
written into the table ``cast``, so that a split by character and the proof of no leakage keep a
person on one side over films. Who was joined stays joined and keeps the id when films are added; a
name that people gave is always the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import CAST
from cinemotion.faces.identity import NONE, Embedder, open_embedder
from cinemotion.film.characters import UNKNOWN
from cinemotion.film.persons import link_persons
from cinemotion.flows.analyzing.footage import Footage
from cinemotion.flows.analyzing.people import describe_tracks, track_identities
from cinemotion.flows.analyzing.personsheet import Said, read_persons
from cinemotion.flows.analyzing.settings import People
from cinemotion.flows.analyzing.sightings import read_sightings
from cinemotion.flows.analyzing.vectors import Progress

Key = tuple[str, str, str]
"""A character of one film: film, recipe, and its id there."""


@dataclass(frozen=True, slots=True)
class Role:
    """A character of one film.

    Attributes:
        film: The film's id.
        recipe: The recipe's.
        title: The film's title.
        character: Its id in that film.
        tracks: How many tracks it has.
    """

    film: str
    recipe: str
    title: str
    character: str
    tracks: int


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person over films.

    Attributes:
        id: ``p0001`` and so on; empty for who has neither a face that can be told nor a name.
        name: What people call it; empty where nobody did.
        roles: Its characters, by film.
    """

    id: str
    name: str
    roles: tuple[Role, ...]


def link_cast(
    dataset: Path | str,
    *,
    settings: People | None = None,
    limit: float | None = None,
    names: Path | None = None,
    recast: bool = False,
    progress: Progress | None = None,
) -> list[Somebody]:
    """Find out who is the same person in several films, and write it into the dataset.

    Args:
        dataset: The dataset's folder; its films were analysed.
        settings: Which embedder, and which faces are looked at.
        limit: The greatest distance of two characters' mean faces; the embedder's own where
            ``None``.
        names: A CSV that says who is who, see ``personsheet.py``.
        recast: Whether persons found before are found anew; names stay.
        progress: Told how identities go.

    Returns:
        Persons in the order of their ids, and after them, each alone, who could not be told.

    Raises:
        BadInputError: No film was analysed, a setting makes no sense, or the file cannot be used.
        DatasetError: The dataset cannot be read or written.
        MissingExtraError: The embedder's package is not installed.
        WeightsError: Its weights are missing or not the pinned ones.
    """
    settings = settings or People()
    if settings.embedder == NONE:
        raise BadInputError(
            "characters of several films are told by their faces: an embedder is needed"
        )
    if limit is not None and not limit > 0:
        raise BadInputError(f"--limit is a number above 0, got {limit}")
    store = Store.open(Path(dataset))
    cast = pl.DataFrame(pl.from_arrow(store.read("cast")))
    if not cast.height:
        raise BadInputError(f"{dataset} knows no characters; run cinemotion analyze with --dataset")
    keys, titles = _characters(cast), _titles(store)
    said = {} if names is None else read_persons(names, keys, titles)
    embedder = open_embedder(settings.embedder)
    vectors = np.stack([*_vectors(store, cast, keys, embedder, settings, progress).values()])
    known = _known(cast, keys, said, recast=recast)
    groups = link_persons(
        vectors,
        [key[:2] for key in keys],
        limit=limit or embedder.limit_across,
        known=known,
    )
    ids = _ids(groups.tolist(), cast, keys, said, recast=recast)
    written = _written(cast, keys, ids, said)
    if not written.equals(cast):
        store.overwrite("cast", written.to_arrow().cast(CAST))
    return _somebodies(written, titles)


def _characters(cast: pl.DataFrame) -> list[Key]:
    """The characters of all films, in an order that does not depend on that of the rows."""
    return sorted(set(cast.select("film", "recipe", "character").iter_rows()))


def _titles(store: Store) -> dict[tuple[str, str], str]:
    films = store.read("films", ["film", "recipe", "title"]).to_pylist()
    return {(row["film"], row["recipe"]): row["title"] or "" for row in films}


def _vectors(
    store: Store,
    cast: pl.DataFrame,
    keys: list[Key],
    embedder: Embedder,
    settings: People,
    progress: Progress | None,
) -> Mapping[Key, Floats]:
    """The mean face of each character: of its trusted tracks, else of all that have one."""
    rows = {(row["film"], row["recipe"]): row for row in store.read("films").to_pylist()}
    found: dict[Key, Floats] = {}
    nobody = np.full(embedder.dimensions, np.nan, np.float32)
    for (film, recipe), mine in cast.group_by("film", "recipe", maintain_order=True):
        footage = Footage(store.path, Path(), rows[film, recipe], 0.0, reused=True)
        seen = read_sightings(footage)
        wanted = seen.faces["track"].is_in(mine["track"].implode())
        tracks = describe_tracks(seen).filter(pl.col("track").is_in(mine["track"].implode()))
        faces = seen.faces.filter(wanted)
        vectors = track_identities(store.path, faces, tracks, embedder, settings.frames, progress)
        at = {track: row for row, track in enumerate(tracks["track"].to_list())}
        good = tracks["quality"].to_numpy() >= settings.least_quality
        seen_well = np.asarray(np.isfinite(vectors).all(axis=1), bool)
        for (character,), part in mine.group_by(["character"]):
            of = np.array([at[track] for track in part["track"] if track in at], np.int64)
            of = of[seen_well[of]]
            best = of[good[of]] if good[of].any() else of
            mean = vectors[best].mean(axis=0) if len(best) else nobody
            found[film, recipe, str(character)] = mean
    return {key: found[key] for key in keys}


def _known(
    cast: pl.DataFrame, keys: list[Key], said: Mapping[Key, Said], *, recast: bool
) -> list[tuple[str, str] | None]:
    """Who a character is, as far as that is settled: by the file, a name, or an earlier run."""
    names, persons = _names(cast), _column(cast, "person")
    for key, row in said.items():
        names[key], persons[key] = row.name or None, row.person or None
    of: dict[str, set[str]] = {}
    for key in keys:
        if persons[key] and names[key]:
            of.setdefault(str(persons[key]), set()).add(str(names[key]))
    known: list[tuple[str, str] | None] = []
    for key in keys:
        name, person = names[key], persons[key]
        called = of.get(str(person), set())
        if name:
            known.append(("name", name))
        elif not person or (recast and key not in said):
            known.append(None)
        elif len(called) == 1:
            known.append(("name", next(iter(called))))
        else:
            # With two names it was two people; who of them this is has to be found anew.
            known.append(None if called and key not in said else ("person", person))
    return known


def _ids(
    groups: list[int],
    cast: pl.DataFrame,
    keys: list[Key],
    said: Mapping[Key, Said],
    *,
    recast: bool,
) -> dict[Key, str | None]:
    """An id for each group: the one that most of it had, else the next that is free."""
    before = {key: None for key in keys} if recast else _column(cast, "person")
    before |= {key: row.person or None for key, row in said.items()}
    members: dict[int, list[Key]] = {}
    for key, group in zip(keys, groups, strict=True):
        members.setdefault(group, []).append(key)
    unknown = members.pop(UNKNOWN, [])
    found: dict[Key, str | None] = dict.fromkeys(unknown)
    taken: set[str] = set()
    waiting = []
    for mine in sorted(members.values(), key=lambda rows: (-len(rows), rows)):
        had = sorted(str(before[key]) for key in mine if before[key])
        free = [id for id in dict.fromkeys(had) if id not in taken]
        if not free:
            waiting.append(mine)
            continue
        id = max(free, key=had.count)
        taken.add(id)
        found |= dict.fromkeys(mine, id)
    number = 0
    for mine in sorted(waiting):
        while (id := f"p{(number := number + 1):04}") in taken:
            pass
        found |= dict.fromkeys(mine, id)
    return found


def _written(
    cast: pl.DataFrame,
    keys: list[Key],
    ids: Mapping[Key, str | None],
    said: Mapping[Key, Said],
) -> pl.DataFrame:
    """The table with persons, and with the names of the file where a film's own are others."""
    names, own = _column(cast, "person_name"), _column(cast, "name")
    for key, row in said.items():
        names[key] = row.name if row.name and row.name != own[key] else None
    rows = list(cast.select("film", "recipe", "character").iter_rows())
    return cast.with_columns(
        person_name=pl.Series([names[row] for row in rows], dtype=pl.String),
        person=pl.Series([ids[row] for row in rows], dtype=pl.String),
    )


def _names(cast: pl.DataFrame) -> dict[Key, str | None]:
    """What people call each character."""
    return _column(cast.with_columns(name=pl.coalesce("person_name", "name")), "name")


def _column(cast: pl.DataFrame, name: str) -> dict[Key, str | None]:
    """One column of the table, by character."""
    return {
        (film, recipe, character): value
        for film, recipe, character, value in cast.select(
            "film", "recipe", "character", name
        ).iter_rows()
    }


def _somebodies(cast: pl.DataFrame, titles: Mapping[tuple[str, str], str]) -> list[Somebody]:
    rows = (
        cast.with_columns(name=pl.coalesce("person_name", "name"))
        .group_by("film", "recipe", "character", "name", "person")
        .agg(tracks=pl.len())
        .sort("person", "film", "recipe", "character", nulls_last=True)
    )
    roles: dict[str, list[Role]] = {}
    names: dict[str, list[str]] = {}
    for row in rows.iter_rows(named=True):
        place = (row["film"], row["recipe"])
        role = Role(*place, titles.get(place, ""), row["character"], row["tracks"])
        roles.setdefault(row["person"] or "", []).append(role)
        names.setdefault(row["person"] or "", []).extend([row["name"]] if row["name"] else [])
    found = [
        Somebody(id, names[id][0] if names[id] else "", tuple(mine))
        for id, mine in roles.items()
        if id
    ]
    return found + [Somebody("", "", (role,)) for role in roles.get("", [])]
