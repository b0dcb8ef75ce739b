from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cinemotion.video.letterbox import content_box
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader

SIZE = (288, 512, 3)
BARS = {
    "letterbox": (0, 36, 512, 252),
    "pillarbox": (64, 0, 448, 288),
    "windowbox": (64, 36, 448, 252),
}


def scene(seed: int = 0) -> np.ndarray:
    """Smooth blobs of all levels, as uint8 RGB."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, 32, axis=0), 32, axis=1)


def noisy(image: np.ndarray, amount: int = 4) -> np.ndarray:
    noise = np.random.default_rng(1).integers(-amount, amount + 1, image.shape)
    return np.clip(image.astype(int) + noise, 0, 255).astype(np.uint8)


def close(box: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return bool(np.abs(np.subtract(box, wanted)).max() <= 1)


@pytest.mark.parametrize("black", [0, 16])
@pytest.mark.parametrize("kind", BARS)
def test_bars_are_cut_off_noise_or_not(kind, black):
    x0, y0, x1, y1 = BARS[kind]
    image = np.full(SIZE, black, np.uint8)
    image[y0:y1, x0:x1] = scene()[y0:y1, x0:x1]
    assert close(content_box(image), BARS[kind])
    assert close(content_box(noisy(image)), BARS[kind])


def test_picture_without_bars_stays_whole():
    assert content_box(scene()) == (0, 0, 512, 288)


@pytest.mark.parametrize("level", [0, 10, 30, 255])
def test_flat_frame_stays_whole(level):
    assert content_box(np.full(SIZE, level, np.uint8)) == (0, 0, 512, 288)
    assert content_box(noisy(np.full(SIZE, level, np.uint8))) == (0, 0, 512, 288)


def test_bright_spot_at_night_stays_whole():
    image = noisy(np.full(SIZE, 4, np.uint8), 3)
    y, x = np.mgrid[:288, :512]
    image[(y - 140) ** 2 + (x - 260) ** 2 < 100**2] = 240
    assert content_box(image) == (0, 0, 512, 288)


def test_faint_texture_in_the_dark_is_no_bar():
    image = np.random.default_rng(2).integers(0, 30, SIZE, dtype=np.uint8)
    image[100:180, 100:400] = 200
    assert content_box(image) == (0, 0, 512, 288)


def test_one_dark_side_of_a_room_is_no_bar():
    image = scene()
    image[:, 400:] = 3
    assert content_box(image) == (0, 0, 512, 288)


def test_tiny_images():
    assert content_box(np.zeros((1, 1, 3), np.uint8)) == (0, 0, 1, 1)
    assert content_box(np.full((2, 3, 3), 200, np.uint8)) == (0, 0, 3, 2)


@pytest.mark.footage
def test_pillarboxed_silent_film(footage: Path):
    with FilmReader(probe(footage / "silent-film.mp4")) as reader:
        boxes = {content_box(frame.rgb(512)) for i, frame in enumerate(reader) if i % 20 == 0}
    for box in boxes:
        assert np.abs(np.subtract(box, (57, 0, 455, 288))).max() <= 2


@pytest.mark.footage
@pytest.mark.parametrize("name", ["concert.mp4", "thriller-vfr.mp4", "anamorphic-sar-16-11.mp4"])
def test_dark_film_without_bars_is_never_cropped(footage: Path, name):
    with FilmReader(probe(footage / name)) as reader:
        for i, frame in enumerate(reader):
            if i % 15 == 0:
                image = frame.rgb(512)
                assert content_box(image) == (0, 0, image.shape[1], image.shape[0])
