"""Settles who is who: what the user says, what was said before, or what faces say.

The report's ``characters.csv`` is rewritten as long as nobody touched it. Once it was edited it is
the truth, until ``--recast``; what it was written with lies in ``cast.json`` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.faces.identity import NONE
from cinemotion.film.characters import UNKNOWN
from cinemotion.flows.analyzing.cast import NAME, Member, fingerprint, read_cast
from cinemotion.flows.analyzing.footage import Footage
from cinemotion.flows.analyzing.settings import People

RECORD = "cast.json"

Notice = Callable[[str], None]
"""Told, in a line, what is not as it was asked for."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who.

    Attributes:
        members: The characters, who is on screen the longest first.
        edited: Whether people said so, and not faces alone.
    """

    members: list[Member]
    edited: bool


def settle_cast(
    out: Path,
    tracks: pl.DataFrame,
    find: Callable[[], Ints],
    *,
    footage: Footage,
    names: Path | None,
    recast: bool,
) -> tuple[Cast, pl.DataFrame]:
    """Find out who the tracks are.

    Args:
        out: The report's folder.
        tracks: A row per track.
        find: Groups the tracks by their faces, row by row.
        footage: The film.
        names: A file of the user's that says who is who.
        recast: Whether an edited file of the report's own is passed over.

    Returns:
        The cast, and the tracks with ``character``.

    Raises:
        BadInputError: A file cannot be read, or is of other tracks.
    """
    numbers = set(tracks["track"].to_list())
    own = out / NAME
    written = _record(out)
    edited = True
    if names is not None:
        members = read_cast(names, numbers)
    elif own.exists() and not recast and _edited(own, written, numbers, footage):
        members = read_cast(own, numbers)
    else:
        members, edited = _members(tracks, find()), False
    seconds = dict(tracks.select("track", "screen_seconds").iter_rows())
    members = [
        replace(member, screen_seconds=sum(seconds[track] for track in member.tracks))
        for member in members
    ]
    members.sort(key=lambda member: -member.screen_seconds)
    of = {track: member.id for member in members for track in member.tracks}
    ids = [of.get(track) for track in tracks["track"].to_list()]
    cast = Cast(members, edited)
    return cast, tracks.with_columns(character=pl.Series(ids, dtype=pl.String))


def count_notice(title: str, people: People, cast: Cast, names: Path | None) -> str | None:
    """Why there are not as many characters as were asked for; ``None`` where there are."""
    asked, found = people.count, len(cast.members)
    if asked is None or asked == found:
        return None
    if names is not None:
        why = f"{names} says who is who"
    elif cast.edited:
        why = f"{NAME} was edited and says who is who; --recast goes by faces again"
    elif people.embedder == NONE:
        why = "without an embedder each track is a person"
    elif found > asked:
        why = "who is on screen at once is not one person"
    else:
        why = "no other face is good enough, and on screen for long enough, to be somebody"
    return f"{title}: asked for {asked} characters, found {found}: {why}"


def keep_edited(out: Path, cast: Cast) -> Path | None:
    """Put an edited ``characters.csv`` aside, where one that says otherwise is to replace it.

    Returns:
        Where it lies now; ``None`` where there is nothing to lose.

    Raises:
        BadInputError: It cannot be renamed.
    """
    path, written = out / NAME, _record(out)
    if not path.exists():
        return None
    try:
        members = read_cast(path)
    except BadInputError:
        members = None  # what cannot be read was edited
    by_people = written.get("edited") or members is None
    if members is not None:
        by_people = by_people or fingerprint(members) != written.get("cast")
        if _said(members) == _said(cast.members):
            return None
    if not by_people:
        return None
    spares = (path.with_name(f"{NAME}.bak{n or ''}") for n in count())
    spare = next(each for each in spares if not each.exists())
    try:
        return path.rename(spare)
    except OSError as error:
        raise BadInputError(
            f"cannot keep the edited {path} as {spare.name}: {error.strerror or error}; move it "
            "away, or give another --out"
        ) from error


def _said(members: Sequence[Member]) -> str:
    """What members say in whatever order they stand."""
    return fingerprint(sorted(members, key=lambda member: member.id))


def write_record(out: Path, cast: Cast, footage: Footage) -> None:
    """Write down what ``characters.csv`` was written with."""
    content = {
        "film": footage.film,
        "recipe": footage.recipe,
        "cast": fingerprint(cast.members),
        "edited": cast.edited,
    }
    with replacing(out / RECORD) as draft:
        draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _record(out: Path) -> dict[str, Any]:
    try:
        found = json.loads((out / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _edited(path: Path, written: dict[str, Any], numbers: set[int], footage: Footage) -> bool:
    """Whether somebody changed the file; an error where it is of another film or other tracks."""
    same = written.get("film") == footage.film and written.get("recipe") == footage.recipe
    if same:
        said = fingerprint(read_cast(path, numbers))
        return bool(written.get("edited")) or said != written.get("cast")
    if written:
        raise BadInputError(
            f"{path} is of another film, or of other tracks than those of this analysis; give "
            "another --out, or --recast to write it anew"
        )
    return True  # put there by the user


def _members(tracks: pl.DataFrame, groups: Ints) -> list[Member]:
    """Characters of groups: ``c01`` is on screen the longest; ties by who comes first."""
    numbers, seconds = tracks["track"].to_numpy(), tracks["screen_seconds"].to_numpy()
    found = []
    for group in np.unique(groups[groups != UNKNOWN]):
        mine = np.flatnonzero(groups == group)
        found.append((-float(seconds[mine].sum()), int(numbers[mine].min()), mine))
    width = max(2, len(str(len(found))))
    return [
        Member(f"c{at:0{width}}", "", tuple(sorted(numbers[mine].tolist())))
        for at, (_, _, mine) in enumerate(sorted(found, key=lambda each: each[:2]), start=1)
    ]
