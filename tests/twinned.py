"""A split folder with planted twins, contradictions and broken files, and what is in it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from cinemotion.core.types import Image

SIDE = 48

PLANTED = {
    "groups": 3,
    "copies": 5,
    "groups_across_splits": 2,
    "groups_with_conflicting_labels": 1,
    "groups_of_different_pixels": 0,
    "test_images_with_training_twin": 2,
    "test_images": 5,
}
"""Figures of the exact twins that :func:`plant` leaves in a folder."""


def draw(seed: int) -> Image:
    """A soft picture of its own, uint8 (48, 48, 3) RGB; two seeds look nothing alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def resemble(image: Image, seed: int = 0) -> Image:
    """A picture that looks the same, with other pixels."""
    noise = np.random.default_rng(seed).integers(-2, 3, image.shape)
    return np.clip(image * 0.97 + 3 + noise, 0, 255).astype(np.uint8)


def save(path: Path, image: Image) -> None:
    """Write a picture in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(image).save(path)


def plant(root: Path) -> Path:
    """Fill a folder.

    Exact: 1 is twice in train/happy, in test/happy and as a BMP there (a group of four, over
    two parts); 2 is in train/sad and val/sad; 3 is in train/happy and train/sad (a conflict).
    Near: a likeness of 4 (train/sad) is in test/sad. Unreadable: two files. Besides: blank
    pictures of unequal pixels, pictures of their own, and a file that is no picture.
    """
    one, two, three, four = (draw(seed) for seed in range(1, 5))
    save(root / "Training/happy/1.png", one)
    save(root / "Training/happy/1-again.png", one)
    save(root / "Training/Sadness/2.png", two)
    save(root / "Training/happy/3.png", three)
    save(root / "Training/Sadness/3.png", three)
    save(root / "Training/Sadness/4.png", four)
    save(root / "Training/happy/blank.png", np.full((SIDE, SIDE, 3), 9, np.uint8))
    save(root / "valid/sad/2.png", two)
    save(root / "valid/happy/5.png", draw(5))
    save(root / "test/happy/1.png", one)
    save(root / "test/happy/1.bmp", one)
    save(root / "test/sad/4.png", resemble(four))
    save(root / "test/sad/6.png", draw(6))
    save(root / "test/happy/blank.png", np.full((SIDE, SIDE, 3), 10, np.uint8))
    whole = (root / "test/sad/6.png").read_bytes()
    (root / "test/sad/cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "Training/happy/words.jpg").write_text("no picture")
    (root / "readme.txt").write_text("about")
    return root
