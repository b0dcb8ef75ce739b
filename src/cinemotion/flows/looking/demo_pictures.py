"""A stand-in for a labelled dataset: a zip of class zips, drawn from two public-domain portraits.

    compose_demo_pictures(Path("demo.zip"))    # Happy/HAPPY_01_0000.png, Happy/HAPPY_01_0001.png …

Eileen Collins smiles, Grace Hopper does not. Eighteen short clips show them in other light and
from elsewhere, so that every step of the tool can be seen at work. There is nothing in it to learn
about expressions.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np

from cinemotion.core.types import Image
from cinemotion.core.writing import replacing
from cinemotion.flows.looking.demo import portraits

CLIPS = 9
FRAMES = 6
SIDE = 160
# Where the face is: centre and half width, as shares of the picture's width and height.
_FACES = {"Happy": (0.44, 0.22, 0.16), "Neutral": (0.50, 0.33, 0.30)}


def compose_demo_pictures(path: Path) -> Path:
    """Write the zip in one step; one that exists already is kept.

    Raises:
        BadInputError: It cannot be written.
    """
    if path.exists():
        return path
    with replacing(path) as draft:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(draft, "w") as archive:
            for name, portrait in zip(_FACES, portraits(), strict=True):
                archive.writestr(f"{name}.zip", _class_zip(name, portrait))
    return path


def _class_zip(name: str, portrait: Image) -> bytes:
    rng = np.random.default_rng(sum(name.encode()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for clip in range(1, CLIPS + 1):
            for frame, picture in enumerate(_clip(portrait, _FACES[name], rng)):
                _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
                member = f"{name}/{name.upper()}_{clip:02d}_{frame:04d}.png"
                archive.writestr(member, png.tobytes())
    return buffer.getvalue()


def _clip(
    portrait: Image, face: tuple[float, float, float], rng: np.random.Generator
) -> list[Image]:
    """One framing, tilt, light and tint, and a slow move."""
    height, width = portrait.shape[:2]
    x, y, half = face
    half *= rng.uniform(0.8, 1.5)
    centre = np.array([(x + rng.uniform(-0.1, 0.1)) * width, (y + rng.uniform(-0.1, 0.1)) * height])
    drift = rng.uniform(-0.02, 0.02, 2) * width
    angle, gamma = rng.uniform(-25, 25), rng.uniform(0.5, 1.8)
    tint, mirrored = rng.uniform(0.75, 1.0, 3), rng.random() < 0.5
    pictures = []
    for frame in range(FRAMES):
        at = centre + drift * frame / FRAMES
        matrix = cv2.getRotationMatrix2D(
            (float(at[0]), float(at[1])), angle, SIDE / (2 * half * width)
        )
        matrix[:, 2] += SIDE / 2 - at
        picture = cv2.warpAffine(portrait, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101)
        graded = 255 * (picture / 255) ** gamma * tint
        noisy = np.clip(graded + rng.normal(0, 2, graded.shape), 0, 255).astype(np.uint8)
        pictures.append(np.ascontiguousarray(noisy[:, ::-1] if mirrored else noisy))
    return pictures
