"""From a film back to a dataset: the faces of an analysis that are worth a label.

    report = from_analysis("report", "faces", per=4)
    report.chosen, report.imported.added

For each character and expression the crops are chosen that ``film/choosing.py`` names. They lie in
``to-label`` below the report, with a table of what the model said, and are imported without a
label. Film, shot, track, time and who it is come along (``origins.py``), so that splits keep them
together; the files are named after what cannot change, so that a face is imported once.
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
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.store import Store
from cinemotion.film.choosing import choose
from cinemotion.flows.analyzing.analysis import SCHEMA
from cinemotion.flows.analyzing.origins import put_origins
from cinemotion.flows.importing.ingest import ImportReport, Progress, import_dataset

FOLDER = "to-label"
_TABLE = "metadata.csv"
_COLUMNS = (
    *("file_name", "label", "character", "seconds", "frame", "suggested", "confidence"),
    *("why", "sample"),
)
_LEAST_QUALITY = 0.3
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff\xe0": "jpg", b"RIFF": "webp"}
# Folders of before have one for each character; what was imported by its name keeps its groups.
_PATTERN = (
    r"(?P<film>[^/]+)/(?:(?P<character>[^/]+)/)?"
    r"(?P<clip>shot\d+)-(?P<track>track\d+)-(?:at\d+|(?P<frame>\d+))"
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
    analysed = open_dataset(dataset or report / "dataset")
    known = dict(faces.select("sample", "character").iter_rows())
    told = _told(folder, {sample: names[character] for sample, character in known.items()})
    _write(folder, rows, film, names, told, analysed)
    source = f"analysis-{summary['film']['id'][:12]}"
    imported = import_dataset(folder, out, name=source, group_pattern=_PATTERN, progress=progress)
    members = {name: row["sample"] for name, row in told.items()}
    put_origins(Store.open(imported.out), source, members, analysed)
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


def _told(folder: Path, names: dict[str, str]) -> dict[str, dict[str, str]]:
    """The table of what was chosen before, by file, with the names that samples have now."""
    table = folder / _TABLE
    if not table.exists():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        rows = [dict(row) for row in csv.DictReader(file)]
    for row in rows:
        row["character"] = names.get(row["sample"], row["character"])
    return {row["file_name"]: row for row in rows}


def _write(
    folder: Path,
    rows: list[dict[str, Any]],
    film: str,
    names: dict[str, str],
    told: dict[str, dict[str, str]],
    analysed: Dataset,
) -> None:
    """Write the pictures that are not there yet, and the table of them all, ``told`` included."""
    images = analysed.encoded([row["sample"] for row in rows])
    files = {row["sample"]: name for name, row in told.items()}
    for row, image in zip(rows, images, strict=True):
        # Where only key frames were decoded, nobody counted the others.
        place = f"at{row['pts']:012}" if row["frame"] is None else f"{row['frame']:07}"
        name = files.get(row["sample"]) or (
            f"{film}/shot{row['shot']:05}-track{row['track']:05}-{place}."
            f"{_KINDS.get(image[:4], 'jpg')}"
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
            "frame": "" if row["frame"] is None else str(row["frame"]),
            "suggested": row["shows"],
            "confidence": f"{row['sure']:.4f}",
            "why": row["role"],
            "sample": row["sample"],
        }
    table = folder / _TABLE
    with replacing(table) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(told[name] for name in sorted(told))


def _plain(text: str) -> str:
    """A name that every file system takes, and that is one part of a path."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "unnamed"
