"""What a version's id is computed from, and nothing else.

    content = content_digest(rows, classes=("angry", "happy"), recipe={...})
    version_id(content, parent=None)      # 64 hexadecimal digits

The id covers, for every sample, its id, the hash of its pixels, its label distribution, split and
status, and for the whole the classes, the recipe and the parent. It covers no clock, path, tag,
message or number that a store made up, so that equal contents have equal ids anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from cinemotion.core.hashing import hash_json

# Shares are ratios of vote counts. Two ratios with denominators up to here lie at least 1e-12
# apart, and sums of floats stray by 1e-15: what was meant is found again whatever the order in
# which the votes were added up.
_DENOMINATOR = 1_000_000

_ROW = ("id", "pixels", "split", "status")


def content_digest(
    rows: Iterable[Mapping[str, Any]],
    *,
    labels: Sequence[str],
    classes: Sequence[str],
    recipe: Mapping[str, Any],
) -> str:
    """SHA-256 of what a version holds, apart from its parent.

    Args:
        rows: The samples, in any order: ``id``, ``pixels`` (null where unreadable), ``split``
            (or null), ``status`` and ``distribution`` (shares over ``labels``, or null).
        labels: What the shares stand for.
        classes: The ordered classes.
        recipe: How the samples came about; JSON.
    """
    digest = hashlib.sha256(_line({"classes": list(classes), "recipe": dict(recipe)}))
    for row in sorted(rows, key=lambda row: str(row["id"])):
        shares = exact_shares(labels, row["distribution"])
        digest.update(_line([*(row[name] for name in _ROW), shares]))
    return digest.hexdigest()


def version_id(content: str, parent: str | None) -> str:
    """The id of a version with this content that follows ``parent``."""
    return hash_json({"content": content, "parent": parent})


def exact_shares(
    labels: Sequence[str], distribution: Sequence[float] | None
) -> list[list[str]] | None:
    """A distribution as pairs of label and exact fraction, sorted, zeros left out."""
    if distribution is None:
        return None
    pairs = zip(labels, map(exact, distribution), strict=True)
    return sorted([label, str(share)] for label, share in pairs if share)


@lru_cache(maxsize=65536)
def exact(share: float) -> Fraction:
    """The ratio of vote counts that a float stands for."""
    return Fraction(share).limit_denominator(_DENOMINATOR)


def _line(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return (text + "\n").encode()
