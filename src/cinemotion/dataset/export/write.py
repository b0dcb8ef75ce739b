"""Write a frozen version as files, in one step.

    report = write_export(open_version("dataset", "v1"), Path("faces"), "folders")
    report.counts["train"]["happy"]

Beside what the format asks for, every export has a card (``README.md``) and Croissant metadata
(``croissant.json``). Two exports of a version are equal to the byte. A new format is a function
like :class:`~cinemotion.dataset.export.layout.Exporter` and a line in :data:`EXPORTS`.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cinemotion.core.errors import BadInputError, DatasetError, StorageFullError
from cinemotion.core.registry import Registry
from cinemotion.dataset.export.card import NAME as CARD
from cinemotion.dataset.export.card import write_card
from cinemotion.dataset.export.content import Content, Progress
from cinemotion.dataset.export.croissant import NAME as CROISSANT
from cinemotion.dataset.export.croissant import describe
from cinemotion.dataset.export.layout import Exporter
from cinemotion.dataset.versions import Version

_HERE = "cinemotion.dataset.export"
EXPORTS = Registry(
    "export format",
    {
        "folders": f"{_HERE}.folders:write_folders",
        "huggingface": f"{_HERE}.huggingface:write_huggingface",
        "webdataset": f"{_HERE}.webdataset:write_webdataset",
        "coco": f"{_HERE}.coco:write_coco",
        "parquet": f"{_HERE}.parquet:write_parquet",
    },
)
SHARD_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported.

    Attributes:
        out: The folder.
        format: The name of the format.
        version: The id of the version.
        counts: Samples by split and class.
        left_out: Samples of the version that are not in it, by why.
        made: How many pictures were turned into PNG, because not every reader reads them as
            they are stored.
    """

    out: Path
    format: str
    version: str
    counts: dict[str, dict[str, int]]
    left_out: dict[str, int]
    made: int


def write_export(
    version: Version,
    out: Path,
    format: str,
    *,
    shard_bytes: int = SHARD_BYTES,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a version in one of the formats.

    Args:
        version: What to write.
        out: A new or empty folder.
        format: A name in :data:`EXPORTS`.
        shard_bytes: Size at which the next file of a format with shards begins.
        progress: Told how many pictures of how many are written.

    Raises:
        BadInputError: The format is unknown, or ``out`` cannot be written or is not empty.
        DatasetError: There is nothing to export, or a picture is not what was frozen.
    """
    exporter: Exporter = EXPORTS.load(format)
    content = Content(version, progress)
    with published(out) as folder:
        if not content.rows.height:
            raise DatasetError(
                f"version {version.id[:12]} has no kept sample with a class and a side; label and "
                "split the dataset, and freeze it again"
            )
        layout = exporter(content, folder, shard_bytes=shard_bytes)
        document = json.dumps(describe(content, layout), indent=2, ensure_ascii=False)
        (folder / CROISSANT).write_text(document + "\n", encoding="utf-8")
        (folder / CARD).write_text(write_card(content, layout), encoding="utf-8")
    return ExportReport(
        out, format, version.id, content.counts, dict(content.left_out), content.made
    )


@contextmanager
def published(out: Path) -> Iterator[Path]:
    """A new folder beside ``out`` that takes its place at the end, or disappears."""
    target = out.resolve()
    draft = target.parent / f".{target.name}.draft-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise BadInputError(f"{out} exists and is not an empty folder; name a new one")
        draft.mkdir(parents=True)
        yield draft
        draft.rename(target)  # takes the place of an empty folder, and of nothing else
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError(
                f"no space left while writing {out}; nothing of it is kept"
            ) from error
        raise BadInputError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
