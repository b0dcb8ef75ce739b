"""The figures of a dataset as a page to look at, with sample sheets of every class and reason.

subject = open_subject("dataset")
write_stats(subject, describe(subject), Path("stats.html"))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from cinemotion import __version__
from cinemotion.flows.auditing.subject import SCORES, Subject
from cinemotion.flows.looking.page import picture_uri, render, write_page

_SHEET = 18  # pictures of a sheet
_SIDE = 112  # pixels of their longer side
_LISTED = 100  # films and imports named on the page
_NO_PICTURE = "unreadable"  # the one reason that leaves nothing to show


def write_stats(subject: Subject, figures: dict[str, Any], out: Path) -> None:
    """Write the page of a dataset's or version's figures in one step.

    Args:
        subject: What is described.
        figures: What :func:`~cinemotion.flows.auditing.stats.describe` said of it.
        out: The HTML file; replaced where it is there.

    Raises:
        BadInputError: The file cannot be written.
    """
    splits = [row["split"] for row in figures["splits"] if row["split"] is not None]
    html = render(
        "stats.html",
        version=__version__,
        title=subject.dataset.path.resolve().name,
        figures=figures,
        splits=splits,
        largest=max((row["kept"] for row in figures["classes"]), default=0),
        histograms=[
            chart
            for name in SCORES
            if (chart := _histogram(name, figures["quality"][name]))["total"]
        ],
        captions=len(figures["origins"]) > 1,
        classes=_sheets(subject, "kept", "label", [row["label"] for row in figures["classes"]]),
        reasons=_sheets(
            subject, "rejected", "reason", [r for r in figures["reasons"] if r != _NO_PICTURE]
        ),
        listed=_LISTED,
    )
    write_page(html, out)


def _histogram(name: str, sides: dict[str, list[int]]) -> dict[str, Any]:
    """Bars of a histogram, rejected on top of kept, as shares of the tallest."""
    totals = [sum(pair) for pair in zip(sides["kept"], sides["rejected"], strict=True)]
    tallest = max(totals)
    bars = []
    for at, total in enumerate(totals):
        kept = sides["kept"][at] / tallest if tallest else 0.0
        bars.append({"kept": kept, "rejected": total / tallest - kept if tallest else 0.0})
    return {"name": name, "bars": bars, "total": sum(totals), "tallest": tallest}


def _sheets(subject: Subject, status: str, column: str, names: list[Any]) -> list[dict[str, Any]]:
    """Some pictures for each value of a column, taken evenly from all films."""
    rows = subject.samples.filter(pl.col("status") == status).sort("origin", "id", nulls_last=True)
    value = pl.col(column).str.split(":").list.first()
    return [_sheet(subject, name, rows.filter(value.eq_missing(name))) for name in names]


def _sheet(subject: Subject, name: str | None, rows: pl.DataFrame) -> dict[str, Any]:
    n = min(_SHEET, rows.height)
    chosen = rows[[i * rows.height // n for i in range(n)]]
    images = (subject.version or subject.dataset).images(chosen["id"].to_list())
    pictures = [
        {"uri": picture_uri(image, _SIDE), "alt": f"{name}: {id}", "origin": origin}
        for image, (id, origin) in zip(images, chosen.select("id", "origin").rows(), strict=True)
    ]
    return {"name": name, "total": rows.height, "pictures": pictures}
