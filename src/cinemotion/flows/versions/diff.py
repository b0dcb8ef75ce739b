"""What differs between two versions, sample by sample.

    found = diff(open_version("dataset", "v1"), open_version("dataset", "v2"))
    found["added"]             # {"count": 120, "ids": ["3f…", …]}
    found["moved"]["from_to"]  # {"train → test": 3}

Samples are the same if their ids are, since an id stands for an origin.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from cinemotion.dataset.identity import exact_shares
from cinemotion.dataset.versions import Version

CHANGES = ("added", "removed", "relabelled", "revoted", "moved", "status", "repainted")
_COMPARED = {"relabelled": "label", "moved": "split", "status": "status", "repainted": "pixels"}


def diff(a: Version, b: Version) -> dict[str, Any]:
    """Compare two versions of a dataset.

    Returns:
        JSON: ``a`` and ``b`` (ids); for each of :data:`CHANGES` ``count`` and sorted ``ids``:
        ``added`` and ``removed``; ``relabelled`` (another label), ``revoted`` (the same label
        with other shares), ``moved`` (to another split), ``status`` (kept or rejected),
        ``repainted`` (other pixels). All but the first two and revoted have ``from_to`` too,
        counts by change. ``classes`` and ``recipe``: null, or what both have.
    """
    ours, theirs = a.manifest(), b.manifest()
    both = ours.join(theirs, on="id", suffix="_b")
    found: dict[str, Any] = {"a": a.id, "b": b.id}
    found["added"] = _ids(theirs.join(ours, on="id", how="anti")["id"])
    found["removed"] = _ids(ours.join(theirs, on="id", how="anti")["id"])
    for name, column in _COMPARED.items():
        changed = both.filter(pl.col(column).ne_missing(pl.col(f"{column}_b")))
        found[name] = _ids(changed["id"])
        if column != "pixels":
            found[name]["from_to"] = _transitions(changed, column)
    found["revoted"] = _ids(_revoted(both, a, b))
    for name in ("classes", "recipe"):
        mine, other = a.record[name], b.record[name]
        found[name] = None if mine == other else {"a": mine, "b": other}
    return found


def _revoted(both: pl.DataFrame, a: Version, b: Version) -> pl.Series:
    same = both.filter(pl.col("label").eq_missing(pl.col("label_b")))
    rows = same.select("id", "distribution", "distribution_b").iter_rows()
    mine, other = a.record["labels"], b.record["labels"]
    ids = [id for id, x, y in rows if exact_shares(mine, x) != exact_shares(other, y)]
    return pl.Series("id", ids, pl.String)


def _transitions(changed: pl.DataFrame, column: str) -> dict[str, int]:
    step = pl.format(
        "{} → {}", pl.col(column).fill_null("none"), pl.col(f"{column}_b").fill_null("none")
    )
    counts = changed.group_by(step.alias("step")).len().sort("step")
    return dict(counts.iter_rows())


def _ids(ids: pl.Series) -> dict[str, Any]:
    return {"count": len(ids), "ids": sorted(ids)}
