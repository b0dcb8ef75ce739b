"""Takes the members of a source in: decoded once, measured, as rows for the store.

    for batch in take_in(source.members(skip), Naming("faces", grouping)):
        store.append("stills", batch.stills)
        ...

The members come one after the other; threads decode and measure them, since nearly all of that
runs outside Python's lock. However large a source is, only a few chunks are in memory.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import UnreadableImageError
from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Image
from cinemotion.curate.hashes import fingerprint
from cinemotion.curate.quality import FULL_SIZE, score_frame_quality
from cinemotion.dataset.grouping import Grouping
from cinemotion.dataset.pictures import take_picture
from cinemotion.dataset.sources.source import Ballot, Member
from cinemotion.dataset.tables import FACTS, FINGERPRINTS, STILLS

_CHUNK_MEMBERS, _CHUNK_BYTES = 256, 8 << 20  # of files, decoded by one thread
_PIXELS = 4 << 20  # decoded at a time in a thread, or else one picture
_COMMIT_ROWS, _COMMIT_BYTES = 8192, 128 << 20  # of stored files, in one commit


@dataclass(frozen=True, slots=True)
class Naming:
    """How the rows of an import are named and grouped."""

    source: str
    grouping: Grouping | None = None

    def sample_id(self, member: str) -> str:
        """A sample's id: the hash of its origin."""
        return hash_json([self.source, member])

    def groups(self, member: str) -> dict[str, Any]:
        """Film, scene, character, clip, track and frame, as far as the name tells."""
        return self.grouping.groups(member) if self.grouping else {}


@dataclass(slots=True)
class Batch:
    """Rows to commit together.

    Attributes:
        stills: Rows of ``stills``, as dictionaries.
        facts: Rows of ``facts``.
        prints: Rows of ``fingerprints``, of the readable ones.
        ballots: Sample's id → what the source says about it.
        bytes: Size of the stored files.
    """

    stills: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    prints: list[dict[str, Any]] = field(default_factory=list)
    ballots: dict[str, tuple[Ballot, ...]] = field(default_factory=dict)
    bytes: int = 0

    def extend(self, other: Batch) -> None:
        """Take the rows of another batch in."""
        self.stills += other.stills
        self.facts += other.facts
        self.prints += other.prints
        self.ballots |= other.ballots
        self.bytes += other.bytes

    @property
    def is_full(self) -> bool:
        """Whether it is time to commit."""
        return len(self.stills) >= _COMMIT_ROWS or self.bytes >= _COMMIT_BYTES

    def tables(self) -> dict[str, pa.Table]:
        """The rows by table, in the order of commits: ``facts`` vouches for the others."""
        return {
            "stills": pa.Table.from_pylist(self.stills, STILLS),
            "fingerprints": pa.Table.from_pylist(self.prints, FINGERPRINTS),
            "facts": pa.Table.from_pylist(self.facts, FACTS),
        }


def take_in(
    members: Iterable[Member], naming: Naming, seen: Callable[[int], None] | None = None
) -> Iterator[Batch]:
    """Decode and measure members, on all cores.

    Args:
        members: Read as fast as they are taken in, not faster.
        naming: Their ids and groups.
        seen: Told how many members were measured, now and then.

    Yields:
        Batches of a size to commit, in the members' order.
    """
    batch = Batch()
    for part in _measured(members, naming):
        batch.extend(part)
        if seen is not None:
            seen(len(part.stills))
        if batch.is_full:
            yield batch
            batch = Batch()
    if batch.stills:
        yield batch


def _measured(members: Iterable[Member], naming: Naming) -> Iterator[Batch]:
    threads = usable_cores()
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for chunk in _chunks(members):
                waiting.append(pool.submit(_measure_all, chunk, naming))
                if len(waiting) > threads + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _chunks(members: Iterable[Member]) -> Iterator[list[Member]]:
    chunk: list[Member] = []
    size = 0
    for member in members:
        chunk.append(member)
        size += len(member.data)
        if len(chunk) >= _CHUNK_MEMBERS or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _measure_all(members: list[Member], naming: Naming) -> Batch:
    """The rows of some members; pictures are decoded a few at a time and let go of."""
    batch = Batch()
    images: list[Image] = []
    ids: list[str] = []
    pixels = 0
    for member in members:
        id = naming.sample_id(member.name)
        image, data, reason = _read(member)
        batch.stills.append(_still(id, member, naming, image, data))
        batch.facts.append(_facts(id, image, reason))
        batch.ballots[id] = member.ballots
        batch.bytes += len(data or b"")
        if image is not None:
            images.append(image)
            ids.append(id)
            pixels += image.shape[0] * image.shape[1]
        if pixels >= _PIXELS:
            batch.prints += _prints(ids, images)
            images, ids, pixels = [], [], 0
    batch.prints += _prints(ids, images)
    return batch


def _read(member: Member) -> tuple[Image | None, bytes | None, str | None]:
    if member.problem is not None:
        return None, None, f"unreadable: {member.problem}"
    try:
        picture = take_picture(member.data)
    except UnreadableImageError as error:
        return None, None, f"unreadable: {error}"
    return picture.image, picture.data, None


def _still(
    id: str, member: Member, naming: Naming, image: Image | None, data: bytes | None
) -> dict[str, Any]:
    return {
        "id": id,
        "source": naming.source,
        "member": member.name,
        **naming.groups(member.name),
        "label": member.label,
        "width": None if image is None else image.shape[1],
        "height": None if image is None else image.shape[0],
        "image": data,
    }


def _facts(id: str, image: Image | None, reason: str | None) -> dict[str, Any]:
    """Quality of a whole picture, by which nothing is rejected; pose and detector are unknown."""
    if image is None:
        return {"id": id, "status": "rejected", "reason": reason}
    found = score_frame_quality(image)
    size = min(1.0, math.sqrt(image.shape[0] * image.shape[1]) / FULL_SIZE)
    scores = {
        "sharpness": found.sharpness,
        "exposure": found.exposure,
        "contrast": found.contrast,
        "size": size,
    }
    overall = math.prod(scores.values()) ** (1 / len(scores))
    return {"id": id, **scores, "quality": overall, "status": "kept"}


def _prints(ids: list[str], images: list[Image]) -> list[dict[str, Any]]:
    if not images:
        return []
    found = fingerprint(images)
    columns = (
        ids,
        found.pixels,
        found.phash.tolist(),
        found.dhash.tolist(),
        found.deviation.tolist(),
    )
    return [dict(zip(FINGERPRINTS.names, row, strict=True)) for row in zip(*columns, strict=True)]
