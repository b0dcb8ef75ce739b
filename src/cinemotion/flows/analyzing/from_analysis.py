"""From a film back to a dataset: the faces of an analysis that are worth a label.

    report = from_analysis("report", "faces", per=4)
    report.chosen, report.imported.added

For each character and expression the crops are chosen that ``film/choosing.py`` names. They lie in
``to-label`` below the report, with a table of what the model said, and are imported without a
label: with film, character, shot, track and frame, so that splits keep them together.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.dataset.dataset import open_dataset
from cinemotion.film.choosing import choose
from cinemotion.flows.analyzing.analysis import SCHEMA
from cinemotion.flows.importing.ingest import ImportReport, Progress, import_dataset

FOLDER = "to-label"
_LEAST_QUALITY = 0.3
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff\xe0": "jpg", b"RIFF": "webp"}
_PATTERN = (
    r"(?P<film>[^/]+)/(?P<character>[^/]+)/"
    r"(?P<clip>shot\d+)-(?P<track>track\d+)-(?P<frame>\d+)"
)


@dataclass(frozen=True, slots=True)
class FromAnalysis:
    """What was chosen.

    Attributes:
        folder: Where the pictures lie.
        chosen: How many, by role.
        imported: What the import did.
    """

    folder: Path
    chosen: dict[str, int]
    imported: ImportReport


def from_analysis(
    report: Path | str,
    out: Path | str,
    *,
    per: int = 4,
    dataset: Path | str | None = None,
    progress: Progress | None = None,
) -> FromAnalysis:
    """Choose faces of an analysis and import them; what was chosen before stays.

    Args:
        report: The folder of an analysis of one film.
        out: The dataset that they are added to.
        per: Of each role, character and expression, so many at most.
        dataset: Where the analysis keeps its crops; ``report/dataset`` where ``None``.
        progress: Told how the import goes.

    Raises:
        BadInputError: The folder holds no analysis, or nobody is in it.
        DatasetError: A dataset cannot be read or written.
    """
    report = Path(report)
    if per < 1:
        raise BadInputError(f"--per is a number from 1, got {per}")
    summary = _summary(report)
    faces = pl.read_parquet(report / "faces.parquet").filter(
        pl.col("character").is_not_null(), pl.col("quality") >= _LEAST_QUALITY
    )
    faces = faces.unique("sample", keep="first", maintain_order=True)
    if not faces.height:
        raise BadInputError(f"{report} knows no character with a face that is good enough")
    rows = _chosen(faces, summary["model"]["classes"], per)
    names = {each["id"]: each["name"] for each in summary["characters"]}
    film = f"{_plain(summary['film']['title'])}-{summary['film']['id'][:8]}"
    folder = report / FOLDER
    _write(folder, rows, film, names, Path(dataset or report / "dataset"))
    imported = import_dataset(
        folder,
        out,
        name=f"analysis-{summary['film']['id'][:12]}",
        group_pattern=_PATTERN,
        progress=progress,
    )
    counts = {role: sum(row["role"] == role for row in rows) for role in {r["role"] for r in rows}}
    return FromAnalysis(folder, dict(sorted(counts.items())), imported)


def _summary(report: Path) -> dict[str, Any]:
    try:
        found = json.loads((report / "analysis.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"{report} holds no analysis of a film; name the folder that cinemotion analyze wrote"
        ) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise BadInputError(f"{report / 'analysis.json'} is no {SCHEMA}; analyse the film again")
    return found


def _chosen(faces: pl.DataFrame, classes: list[str], per: int) -> list[dict[str, Any]]:
    """The rows of ``faces`` that were chosen, with ``role``, ``shows`` and ``sure``."""
    found = []
    answers = np.array(classes)[faces.select(classes).to_numpy().argmax(axis=1)]
    faces = faces.with_columns(shows=pl.Series(answers))
    for (_, _), group in sorted(faces.group_by("character", "shows"), key=lambda part: part[0]):
        probabilities = group.select(classes).to_numpy()
        picked = choose(
            probabilities, group["seconds"].to_numpy(), group["track"].to_list(), count=per
        )
        for role, rows in picked.items():
            for row in rows:
                sure = float(probabilities[row].max())
                found.append(group.row(row, named=True) | {"role": role, "sure": sure})
    return found


def _write(
    folder: Path, rows: list[dict[str, Any]], film: str, names: dict[str, str], dataset: Path
) -> None:
    """Write the pictures that are not there yet, and the table of them all."""
    images = open_dataset(dataset).encoded([row["sample"] for row in rows])
    table = folder / "metadata.csv"
    columns = (
        *("file_name", "label", "character", "seconds", "frame", "suggested", "confidence"),
        *("why", "sample"),
    )
    told: dict[str, dict[str, str]] = {}
    if table.exists():
        with table.open(encoding="utf-8", newline="") as file:
            told = {row["file_name"]: dict(row) for row in csv.DictReader(file)}
    for row, image in zip(rows, images, strict=True):
        name = (
            f"{film}/{_plain(names[row['character']])}/shot{row['shot']:05}-"
            f"track{row['track']:05}-{row['frame'] or 0:07}.{_KINDS.get(image[:4], 'jpg')}"
        )
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"cannot make {path.parent}: {error.strerror}") from error
        if not path.exists():
            with replacing(path) as draft:
                draft.write_bytes(image)
        told[name] = {
            "file_name": name,
            "label": "",
            "character": names[row["character"]],
            "seconds": f"{row['seconds']:.3f}",
            "frame": str(row["frame"]),
            "suggested": row["shows"],
            "confidence": f"{row['sure']:.4f}",
            "why": row["role"],
            "sample": row["sample"],
        }
    with replacing(table) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(told[name] for name in sorted(told))


def _plain(text: str) -> str:
    """A name that every file system takes, and that is one part of a path."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "unnamed"
