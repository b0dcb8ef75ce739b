"""Export a frozen version for other tools.

    report = export("dataset", "v1", "faces", format="folders")

See ``docs/export.md`` for the formats.
"""

from __future__ import annotations

from pathlib import Path

from cinemotion.dataset.export.content import Progress
from cinemotion.dataset.export.write import SHARD_BYTES, ExportReport, write_export
from cinemotion.dataset.versions import open_version


def export(
    dataset: Path | str,
    version: str,
    out: Path | str,
    *,
    format: str = "folders",
    shard_bytes: int = SHARD_BYTES,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a version into a new folder, in one step.

    Args:
        dataset: The dataset's folder.
        version: A tag or an id.
        out: The folder to write; new or empty.
        format: ``folders``, ``huggingface``, ``webdataset``, ``coco`` or ``parquet``.
        shard_bytes: Size at which the next file of a format with shards begins.
        progress: Told how many pictures of how many are written.

    Raises:
        BadInputError: The format is unknown, or ``out`` cannot be written or is not empty.
        DatasetError: There is no such version, nothing in it to export, or it is damaged.
    """
    return write_export(
        open_version(dataset, version),
        Path(out),
        format,
        shard_bytes=shard_bytes,
        progress=progress,
    )
