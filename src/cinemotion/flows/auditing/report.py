"""What an audit found, as one value and as one JSON document.

report.exact["groups_across_splits"]
report.test_stake.share("near")         # of the test part, known from training
report.document()                       # docs/audit.md explains every key
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.sources.parts import TEST, TRAIN, VAL
from cinemotion.flows.auditing.pairs import Shelf
from cinemotion.flows.auditing.stakes import Stake


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the data.

    Attributes:
        name: ``train``, ``val``, ``test`` …; ``all`` where the data are not split.
        readable: Pictures that could be decoded.
        unreadable: Pictures that could not.
        classes: Label → readable pictures; the label is ``None`` where there is none.
    """

    name: str
    readable: int
    unreadable: int
    classes: dict[str | None, int]

    def share(self, label: str | None) -> float:
        """The share of the readable pictures that carry a label."""
        return self.classes.get(label, 0) / self.readable if self.readable else 0.0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no picture that can be decoded."""

    name: str
    part: str
    label: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found.

    Attributes:
        target: What was audited, as it was named.
        kind: What it is: ``folder``, ``zip``, ``fer2013``, ``parquet``, ``dataset`` …
        parts: Train, val and test first.
        classes: All labels, in the pinned order.
        exact: Figures of pixel-identical pictures (see :meth:`document`).
        near: Figures of pictures that look alike, identical ones included.
        stakes: What each part knows of another; see ``flows/auditing/stakes.py``.
        shelves: Pairs to show; see ``flows/auditing/pairs.py``.
        unreadable: Files that cannot be decoded.
        blank: Pictures too plain to be near to anything.
        ignored: Files that are no pictures by their names.
        nearness: The limits.
    """

    target: str
    kind: str
    parts: tuple[Part, ...]
    classes: tuple[str, ...]
    exact: dict[str, int]
    near: dict[str, int]
    stakes: tuple[Stake, ...]
    shelves: tuple[Shelf, ...]
    unreadable: tuple[Unreadable, ...]
    blank: int
    ignored: int
    nearness: Nearness

    @property
    def test_stake(self) -> Stake | None:
        """What the test part (without one, validation) knows of training, where there are both."""
        from_train = {stake.part: stake for stake in self.stakes if stake.known == TRAIN}
        return from_train.get(TEST) or from_train.get(VAL)

    @property
    def test_part(self) -> str | None:
        """The part that counts as test."""
        return self.test_stake.part if self.test_stake else None

    @property
    def leaks(self) -> bool:
        """Whether twins, exact or near, lie in more than one part."""
        return any(stake.near for stake in self.stakes)

    def document(self) -> dict[str, Any]:
        """The report as JSON; docs/audit.md explains every key."""
        return {
            "target": self.target,
            "kind": self.kind,
            "parts": [
                {
                    "name": part.name,
                    "readable": part.readable,
                    "unreadable": part.unreadable,
                    "classes": {name: part.classes.get(name, 0) for name in self.classes},
                    "unlabelled": part.classes.get(None, 0),
                }
                for part in self.parts
            ],
            "classes": list(self.classes),
            "thresholds": {
                "phash": self.nearness.phash,
                "dhash": self.nearness.dhash,
                "min_deviation": self.nearness.min_deviation,
            },
            "test_part": self.test_part,
            "exact": self.exact,
            "near": self.near,
            "at_stake": [_stake_document(stake) for stake in self.stakes],
            "pairs": [_shelf_document(shelf) for shelf in self.shelves],
            "unreadable": [
                {"name": row.name, "part": row.part, "label": row.label, "reason": row.reason}
                for row in self.unreadable
            ],
            "blank": self.blank,
            "ignored": self.ignored,
        }


def _stake_document(stake: Stake) -> dict[str, Any]:
    return {
        "part": stake.part,
        "known_from": stake.known,
        "pictures": stake.pictures,
        "exact": stake.exact,
        "near": stake.near,
        "share_exact": stake.share("exact"),
        "share_near": stake.share("near"),
        "same_label": stake.same_label,
    }


def _shelf_document(shelf: Shelf) -> dict[str, Any]:
    return {
        "sort": shelf.sort,
        "kind": "exact" if shelf.exact else "near",
        "total": shelf.total,
        "pairs": [
            {
                "distance": pair.distance,
                "conflict": pair.conflict,
                "pictures": [
                    {"name": side.name, "part": side.part, "label": side.label}
                    for side in (pair.first, pair.second)
                ],
            }
            for pair in shelf.pairs
        ],
    }
