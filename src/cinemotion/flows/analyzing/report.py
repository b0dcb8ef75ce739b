"""The page of an analysis: shots, an arc per character with its band, thumbnails, tables, limits.

    write_report(analysis, Path("report.html"))

One file that opens offline; see ``flows/looking/page.py``. Lines are drawn with some thousand
points and crops with some hundred, however long the film is: the tables beside it hold everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion import __version__
from cinemotion.core.cores import usable_cores
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.images import decode_image
from cinemotion.faces.framing import Framing, reframe
from cinemotion.film.valence import PLEASURE, valence
from cinemotion.flows.analyzing.analysis import UNCOLOURED, Analysis, Person
from cinemotion.flows.analyzing.colours import colour_of
from cinemotion.flows.analyzing.player import PlayerFilm
from cinemotion.flows.analyzing.strip import MOST_SCENES, barcode_uri, scene_values
from cinemotion.flows.looking.page import jpeg_uri, render, write_page
from cinemotion.flows.looking.scripts import embed_json, our_script, plotly_script

Doubles = NDArray[np.float64]

_POINTS = 1500  # of a line
_CROPS, _CROPS_EACH = 480, 24  # thumbnails in all, and of one character
_SHOWN = 20  # characters with an arc of their own
_SIDE, _QUALITY = 72, 70  # pixels and JPEG quality of a thumbnail
_TIGHT = Framing(1.35, 0.08)  # the face, without the room around it


def write_report(analysis: Analysis, out: Path, film: PlayerFilm | None = None) -> None:
    """Write the page in one step.

    Args:
        analysis: What was found.
        out: The page.
        film: The film beside the page, to be played in it.

    Raises:
        BadInputError: The file cannot be written.
        MissingExtraError: plotly is not installed.
    """
    shown = analysis.people[:_SHOWN]
    dataset = open_dataset(analysis.footage.dataset)
    each = max(1, min(_CROPS_EACH, _CROPS // max(1, len(shown))))
    chosen = {person.id: _good_crops(analysis, person, each) for person in shown}
    crops = _thumbs(analysis, dataset, chosen)
    data = {
        "start": _round(analysis.seen.start),
        "end": _round(analysis.seen.end),
        "zero": float(film.zero) if film else 0.0,
        "classes": list(analysis.classes),
        "colours": [colour_of(name) for name in analysis.classes],
        "shots": [
            [_round(start), _round(end)]
            for start, end in analysis.seen.shots.select("start", "end").iter_rows()
        ],
        "scenes": scene_values(analysis),
        "people": [
            _line(analysis, person) | {"crops": crops.get(person.id, [])}
            for person in (analysis.film, *shown)
        ],
    }
    summary = analysis.summary()
    html = render(
        "analyze.html",
        scripts=[
            plotly_script("analyze"),
            our_script("strip.js") + our_script("analyze.js"),
            *([our_script("player.js")] if film else []),
        ],
        film=film.name if film else None,
        version=__version__,
        title=analysis.title,
        summary=summary,
        card=analysis.card,
        shown=shown,
        hidden=len(analysis.people) - len(shown),
        classes=analysis.classes,
        colours={name: colour_of(name) for name in analysis.classes},
        pleasure={name: PLEASURE[name] for name in analysis.classes if name in PLEASURE},
        crops=crops,
        barcode=barcode_uri(analysis),
        scenes=(summary["scenes"] or [])[:MOST_SCENES],
        uncoloured=UNCOLOURED,
        recipe=analysis.recipe,
        measured=_measured(analysis),
        clock=clock,
        names={person.id: person.name for person in analysis.people},
        data=embed_json(data),
    )
    write_page(html, out)


def clock(seconds: float) -> str:
    """Seconds as ``1:02:03.4``."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(abs(tenths), 600)
    hours, minutes = divmod(minutes, 60)
    sign = "−" if seconds < 0 and (hours or minutes or tenths) else ""
    body = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{sign}{body}:{tenths / 10:04.1f}"


def _line(analysis: Analysis, person: Person) -> dict[str, Any]:
    """A character's arc as JSON values; gaps are null."""
    arc = person.arc
    rows = _thinned(arc.seen)
    middle = valence(arc.mean, analysis.classes)
    return {
        "id": person.id,
        "name": person.name,
        "seconds": [_round(value) for value in arc.seconds[rows].tolist()],
        "valence": _numbers(middle[rows]),
        "low": _numbers(arc.derived_low[rows]),
        "high": _numbers(arc.derived_high[rows]),
        "probabilities": [_numbers(arc.mean[rows, k]) for k in range(len(analysis.classes))],
        "frames": _frames(analysis, person, arc.seconds[rows]),
        "turns": [_round(turn.seconds) for turn in person.turns],
    }


def _thinned(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows to draw: evenly spaced, with the borders of every gap, as far as they fit."""
    step = max(1, -(-len(seen) // _POINTS))
    border = np.flatnonzero(np.diff(seen.astype(np.int8)) != 0)
    borders = np.concatenate([border, border + 1])
    even = np.arange(0, len(seen), step)
    return np.union1d(even, borders) if len(borders) <= _POINTS // 2 else even


def _frames(analysis: Analysis, person: Person, seconds: Doubles) -> list[int | None]:
    """The frame nearest to each instant that shows the person."""
    faces = analysis.seen.faces.filter(pl.col("track").is_in(person.tracks)).sort("seconds")
    times, frames = faces["seconds"].to_numpy(), faces["frame"].to_list()
    if not len(times):
        return [None] * len(seconds)
    after = np.clip(np.searchsorted(times, seconds), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(times[before] - seconds) < np.abs(times[after] - seconds)
    return [frames[at] for at in np.where(nearer, before, after).tolist()]


def _good_crops(analysis: Analysis, person: Person, count: int) -> pl.DataFrame:
    """Good crops of a character, spread over the film: rows of faces, with the answer to each."""
    faces = analysis.seen.faces.with_columns(
        answer=pl.Series(analysis.probabilities.argmax(axis=1)),
        sure=pl.Series(analysis.probabilities.max(axis=1)),
    ).filter(pl.col("track").is_in(person.tracks))
    return (
        faces.with_columns(
            part=((pl.col("seconds").rank("ordinal") - 1) * count / pl.len()).cast(pl.Int64)
        )
        .sort("quality", "id", descending=[True, False])
        .unique("part", keep="first", maintain_order=True)
        .unique("id", keep="first", maintain_order=True)
        .sort("seconds")
    )


def _thumbs(
    analysis: Analysis, dataset: Dataset, chosen: Mapping[str, pl.DataFrame]
) -> dict[str, list[dict[str, Any]]]:
    """Each character's crops, drawn: all are read at once."""
    ids = [id for rows in chosen.values() for id in rows["id"].to_list()]

    def drawn(data: bytes) -> str:
        return jpeg_uri(reframe(decode_image(data), Framing(), _TIGHT), _SIDE, _QUALITY)

    with ThreadPoolExecutor(usable_cores()) as pool:
        uris = iter(list(pool.map(drawn, dataset.encoded(ids))))
    return {
        person: [
            {
                "seconds": _round(row["seconds"]),
                "clock": clock(row["seconds"]),
                "frame": row["frame"],
                "answer": analysis.classes[row["answer"]],
                "sure": round(100 * row["sure"]),
                "uri": next(uris),
            }
            for row in rows.iter_rows(named=True)
        ]
        for person, rows in chosen.items()
    }


def _measured(analysis: Analysis) -> list[tuple[str, float, int]]:
    """How good the model was found to be: data set, accuracy, samples."""
    return [
        (name, float(found["accuracy"]), int(found.get("samples", 0)))
        for name, found in analysis.card.measures.items()
        if "accuracy" in found and not name.startswith("develop")
    ]


def _numbers(values: Sequence[float] | Doubles) -> list[float | None]:
    return [_round(value) if np.isfinite(value) else None for value in np.asarray(values).tolist()]


def _round(value: float) -> float:
    return round(value, 3)
