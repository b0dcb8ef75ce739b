"""The file by which a folder is known to be a dataset."""

from __future__ import annotations

from pathlib import Path

HEADER = "cinemotion.json"


def is_dataset(path: Path) -> bool:
    """Whether a folder holds a dataset, readable or not."""
    return (path / HEADER).exists()
