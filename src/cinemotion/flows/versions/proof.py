"""The proof that nothing leaks from one side of a split to another, or where it does.

    proof = prove(sides, nearness=Nearness(), group="shot")
    proof["holds"]                     # False: see proof["leaks"], the worst first
    proof["levels"]["film"]            # {"state": "checked", "groups": 12, "straddling": 3, …}
    proof["closest"]["distance"]       # bits of pHash between the nearest pictures of two sides

Checked are all groups that the dataset knows, equal pixels, and near twins under the stated
threshold. A split by shot promises that no shot and no track straddles; that films do is then no
leak, but it is said. Twins may never straddle, nor copies: two films of which one shows a good
part of the other, though only one of each two twins was kept. The proof names samples by their
ids only, so that a record stays free of names of films.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.curate.neighbours import Nearness, closest_across, links
from cinemotion.curate.sharing import SHARED, sharing
from cinemotion.dataset.levels import group_names

# What a split by a level promises beside it. A track shows one face, so that a character's
# tracks are the character's; a shot may show several characters.
PROMISES: dict[str, tuple[str, ...]] = {
    "film": ("film", "scene", "shot", "track"),
    "scene": ("scene", "shot", "track"),
    "character": ("character", "track"),
    "shot": ("shot", "track"),
    "track": ("track",),
}
LEVELS = tuple(PROMISES)
_NAMED = 10  # leaks and closest pairs that are named, of each kind


def prove(
    samples: pl.DataFrame,
    *,
    nearness: Nearness,
    group: str | None,
    shown: pl.DataFrame | None = None,
) -> dict[str, Any]:
    """Look for leaks between the sides of a split.

    Args:
        samples: The samples that have a side: ``id``, ``split``, the keys of :data:`LEVELS`,
            ``pixels``, ``phash``, ``dhash``, ``deviation``.
        nearness: When two pictures are near twins.
        group: The level that the split promised to keep together, or ``None``.
        shown: ``id``, the keys and ``picture`` of all samples that were ever compared, rejected
            twins among them; without it, copies are not looked for.

    Returns:
        JSON: ``holds``; ``group``; ``levels`` by name (``state``, ``checked`` or ``not
        available``; ``groups``; ``straddling``; ``without``, the number of samples of which the
        level is not known; ``promised``); ``exact`` and ``near`` (``straddling``, ``examples``;
        near also ``threshold``); ``copies``, pairs of groups of which one shows a good part of the
        other (``state``; ``share``, from which on; ``straddling``; ``examples``); ``closest``
        (``distance``, ``pairs``); ``leaks``: what is there though it must not be (``kind``,
        ``count``, ``examples``).
    """
    samples = samples.sort("id")
    promised = PROMISES[group] if group else ()
    levels = {name: _level(samples, name) | {"promised": name in promised} for name in LEVELS}
    exact = _straddling(samples, "pixels")
    near = _near(samples, nearness)
    copies = _copies(samples, group, shown)
    leaks = [
        {"kind": kind, "count": found["straddling"], "examples": found["examples"]}
        for kind, found in (
            ("exact twin", exact),
            ("near twin", near),
            ("copy", copies),
            *((name, levels[name]) for name in promised),
        )
        if found["straddling"]
    ]
    return {
        "holds": not leaks,
        "group": group,
        "samples": samples.height,
        "levels": levels,
        "exact": exact,
        "near": near,
        "copies": copies,
        "closest": _closest(samples, nearness),
        "leaks": leaks,
    }


def leak_line(proof: dict[str, Any]) -> str | None:
    """How many leaks there are and the first of them, in words; ``None`` where none is."""
    if proof["holds"]:
        return None
    total = sum(leak["count"] for leak in proof["leaks"])
    kind = proof["leaks"][0]["kind"]
    (a, side), (b, other) = proof["leaks"][0]["examples"][0]
    link = f"share one {kind}" if kind in LEVELS else f"are {kind}s"
    if kind == "copy":
        link = f"are of copies of one {proof['group']}"
    leaks = "1 leak" if total == 1 else f"{total} leaks"
    return f"{leaks} across splits; the first: {a} ({side}) and {b} ({other}) {link}"


def _level(samples: pl.DataFrame, name: str) -> dict[str, Any]:
    known = samples.filter(pl.col(name).is_not_null())
    state = "checked" if known.height else "not available"
    without = samples.height - known.height
    return {"state": state, "without": without, **_straddling(known, name)}


def _straddling(samples: pl.DataFrame, key: str) -> dict[str, Any]:
    """The groups of equal keys that have samples on more than one side."""
    sides = (
        samples.filter(pl.col(key).is_not_null())
        .group_by(key, "split")
        .agg(pl.col("id").min())
        .sort("id")
        .group_by(key, maintain_order=True)
        .agg("id", "split")
    )
    across = sides.filter(pl.col("id").list.len() > 1)
    examples = [
        [[id, split] for id, split in zip(row["id"][:2], row["split"][:2], strict=True)]
        for row in across.head(_NAMED).iter_rows(named=True)
    ]
    return {"groups": sides.height, "straddling": across.height, "examples": examples}


def _near(samples: pl.DataFrame, nearness: Nearness) -> dict[str, Any]:
    """Near twins on two sides.

    The links hold together every group of near twins, and each is itself a pair of near twins:
    a group that straddles has a link that does.
    """
    seen = _seen(samples, nearness)
    i, j = links(_column(seen, "phash"), _column(seen, "dhash"), nearness)
    codes = _codes(seen)
    across = np.flatnonzero(codes[i] != codes[j])
    ids, splits = seen["id"].to_list(), seen["split"].to_list()
    pairs = sorted(tuple(sorted((int(i[k]), int(j[k])))) for k in across)
    examples = [[[ids[a], splits[a]], [ids[b], splits[b]]] for a, b in pairs[:_NAMED]]
    return {
        "threshold": dataclasses.asdict(nearness),
        "blank": samples.height - seen.height,
        "straddling": len(pairs),
        "examples": examples,
    }


def _copies(samples: pl.DataFrame, group: str | None, shown: pl.DataFrame | None) -> dict[str, Any]:
    """Groups on two sides, of which one shows a good part of the other.

    Of twins one is kept, on one side; the frames around them are left on both.
    """
    if group is None or shown is None:
        return {"state": "not available", "share": SHARED, "straddling": 0, "examples": []}
    pairs = sharing(shown.select("picture", group=group_names(shown, group)))
    names = samples.select("id", "split", name=group_names(samples, group))
    firsts = names.group_by("name").agg(pl.col("id", "split").sort_by("id").first())
    across = (
        pairs.join(firsts, left_on="a", right_on="name")
        .join(firsts, left_on="b", right_on="name", suffix="_b")
        .filter(pl.col("split") != pl.col("split_b"))
        .sort("id", "id_b")
    )
    examples = [
        [[row["id"], row["split"]], [row["id_b"], row["split_b"]]]
        for row in across.head(_NAMED).iter_rows(named=True)
    ]
    return {
        "state": "checked",
        "share": SHARED,
        "straddling": across.height,
        "examples": examples,
    }


def _closest(samples: pl.DataFrame, nearness: Nearness) -> dict[str, Any]:
    """The pictures of two sides that look most alike; blank ones look like nothing."""
    seen = _seen(samples, nearness)
    pairs = closest_across(_column(seen, "phash"), _column(seen, "dhash"), _codes(seen), k=_NAMED)
    ids, splits = seen["id"].to_list(), seen["split"].to_list()
    named = [
        {"a": ids[p.i], "b": ids[p.j], "splits": [splits[p.i], splits[p.j]], "distance": p.distance}
        for p in pairs
    ]
    return {"distance": named[0]["distance"] if named else None, "pairs": named}


def nearness_of(settings: Mapping[str, Any]) -> Nearness:
    """The threshold by which a split tied near twins together, from its settings."""
    near = settings.get("near")
    return Nearness(**near) if near else Nearness()


def _seen(samples: pl.DataFrame, nearness: Nearness) -> pl.DataFrame:
    blank = nearness.blank(samples["deviation"].to_numpy())
    return samples.filter(pl.Series(~blank))


def _column(samples: pl.DataFrame, name: str) -> NDArray[np.uint64]:
    return samples[name].to_numpy()


def _codes(samples: pl.DataFrame) -> NDArray[np.int64]:
    return samples["split"].rank("dense").cast(pl.Int64).to_numpy()
