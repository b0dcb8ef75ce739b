"""The audit of FER2013, against a count that shares no code with it."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from cinemotion.flows.auditing.audit import audit

pytestmark = [pytest.mark.footage, pytest.mark.slow]

FILES = {"train": "train.parquet", "val": "validation.parquet"}


def _by_pixels(folder: Path) -> dict[bytes, list[tuple[str, str | None]]]:
    """Part and label of the pictures, by a hash of what Pillow decodes."""
    groups = defaultdict(list)
    for part, name in FILES.items():
        table = pq.read_table(folder / name, columns=["image", "fer2013"])
        for data, label in zip(*(table[c].to_pylist() for c in table.column_names), strict=True):
            pixels = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))
            groups[hashlib.blake2b(pixels.tobytes()).digest()].append((part, label))
    return groups


def test_every_exact_twin_of_fer2013_is_found(shared: Path) -> None:
    groups = [group for group in _by_pixels(shared / "fer").values() if len(group) > 1]
    across = [group for group in groups if len({part for part, _ in group}) > 1]
    report = audit(shared / "fer")
    assert report.exact == {
        "groups": len(groups),
        "copies": sum(len(group) - 1 for group in groups),
        "groups_across_splits": len(across),
        "groups_with_conflicting_labels": sum(
            len({label for _, label in group if label}) > 1 for group in groups
        ),
        "groups_of_different_pixels": 0,
        "test_images_with_training_twin": sum(
            [part for part, _ in group].count("val") for group in across
        ),
        "test_images": 3589,
    }
    # All but those of the third part, which holds the rest of 1,855 copies.
    assert 1500 < report.exact["copies"] < 1855
    assert report.near["test_images_with_training_twin"] > 0.1 * 3589
    assert not report.unreadable


def test_the_course_data_are_audited_in_their_zip(shared: Path) -> None:
    report = audit(shared / "DLCV_SS25_Dataset.zip")
    assert report.classes == ("angry", "happy", "sad", "surprise", "neutral")
    assert (report.exact["groups"], len(report.unreadable)) == (5, 1)
    assert report.near["copies"] > 100  # consecutive frames
