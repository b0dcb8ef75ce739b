"""Pictures with labels to measure a model on: of frozen versions, folders, archives and tables.

    cases = open_cases("faces@v1", split="test")          # or "validation.parquet"
    for case in cases.stream(framing):
        case.name, case.image, case.ballots               # {"ferplus": {"happy": 8.0, "sad": 2.0}}

Labels of different annotators stay apart: two sets of labels of one picture need not agree, and no
model can match both. Those of a version are one set, which has the name of its annotator where it
was frozen of one alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from cinemotion.core.emotions import canonical, plain
from cinemotion.core.errors import BadInputError, UnreadableImageError
from cinemotion.core.types import Image
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.pictures import take_picture
from cinemotion.dataset.reference import split_reference
from cinemotion.dataset.sources.registry import open_source
from cinemotion.dataset.sources.source import Member, Source
from cinemotion.dataset.versions import Version
from cinemotion.faces.framing import Framing, reframe
from cinemotion.learn.modelfolder import LABELS, name_of_labels

LEVELS = ("film", "character")
_BATCH = 64

Ballots = dict[str, dict[str, float]]
"""By annotator and label, how much was said; in the order in which it came."""


@dataclass(frozen=True, slots=True)
class Case:
    """A picture with labels.

    Attributes:
        name: Its id, or its name in the source.
        image: uint8 ``(H, W, 3)`` RGB, in the model's framing; ``None`` where there is a problem.
        ballots: What is said of it.
        groups: Its group on each of :data:`LEVELS` that is known.
        problem: Why it cannot be read.
    """

    name: str
    image: Image | None
    ballots: Ballots
    groups: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


class Cases(Protocol):
    """Pictures with labels.

    Attributes:
        about: What they are, for a record.
        total: How many.
    """

    about: dict[str, str]
    total: int

    def stream(self, framing: Framing) -> Iterator[Case]:
        """All of them, in the same order every time; crops of films in this framing."""


def open_cases(reference: str, *, split: str | None = None) -> Cases:
    """Open what a user named.

    Args:
        reference: ``DATASET@VERSION``, or a source that ``cinemotion import`` reads.
        split: The side of a version, or ``all``; without it, test, or val where there is none.

    Raises:
        BadInputError: There is no such thing or side, or it is a dataset without a version.
        DatasetError: There is no such version.
    """
    path = Path(reference)
    if not path.is_file():
        folder, name = split_reference(reference)
        if name is not None:
            return _Frozen(open_dataset(folder, name), split)
        if is_dataset(path):
            raise BadInputError(
                f"{reference} is a dataset, whose labels may change; name a frozen version: "
                f"{reference}@TAG (cinemotion versions {reference} lists them)"
            )
    if split is not None:
        raise BadInputError(f"--split is for frozen versions; {reference} has no sides")
    return _Sourced(open_source(path))


class _Frozen:
    """A side of a version."""

    def __init__(self, version: Version, split: str | None) -> None:
        self._version = version
        samples = version.samples().filter(
            pl.col("status") == "kept", pl.col("split").is_not_null()
        )
        sides = samples["split"].unique().sort().to_list()
        split = split or next((side for side in ("test", "val") if side in sides), None)
        if split is None:
            raise BadInputError(
                f"{version.path} has neither test nor val in this version; name a side with "
                f"--split: {', '.join(sides)}, all"
            )
        if split not in (*sides, "all"):
            raise BadInputError(
                f"there is no side {split!r}; choose one of: {', '.join(sides)}, all"
            )
        self._rows = samples if split == "all" else samples.filter(pl.col("split") == split)
        self._labels = version.record["labels"]
        self._name = name_of_labels(version.annotators) or LABELS
        self.about = {"version": version.id, "split": split}
        self.total = self._rows.height

    def stream(self, framing: Framing) -> Iterator[Case]:
        for rows in self._rows.iter_slices(_BATCH):
            images = self._version.images(rows["id"].to_list())
            for row, image in zip(rows.iter_rows(named=True), images, strict=True):
                filmed = row["source"] is None
                said = zip(self._labels, row["distribution"] or (), strict=False)
                yield Case(
                    row["id"],
                    reframe(image, Framing(), framing) if filmed else image,
                    {self._name: {label: share for label, share in said if share > 0}},
                    {level: row[level] for level in LEVELS if row[level] is not None},
                )


class _Sourced:
    """The members of a source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        names = source.names()
        self.about = {"source": source.path.name, "sha256": source.digest(names)}
        self.total = len(names)

    def stream(self, framing: Framing) -> Iterator[Case]:
        for member in self._source.members(()):
            ballots = _ballots(member)
            try:
                if member.problem is not None:
                    raise UnreadableImageError(member.problem)
                yield Case(member.name, take_picture(member.data).image, ballots)
            except UnreadableImageError as error:
                yield Case(member.name, None, ballots, problem=str(error))


def _ballots(member: Member) -> Ballots:
    said: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for ballot in member.ballots:
        label = canonical(ballot.label) or plain(ballot.label)
        of = said[ballot.annotator or LABELS]
        of[label] = of.get(label, 0.0) + ballot.count
    return dict(said)
