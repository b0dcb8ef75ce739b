"""Fingerprints, against Pillow, imagehash and the definition."""

from __future__ import annotations

import hashlib

import imagehash
import numpy as np
import PIL
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from cinemotion.core.types import Image
from cinemotion.curate.hashes import dhash, fingerprint, phash
from cinemotion.curate.lanczos import shrink

SIZES = [(48, 48), (224, 224), (33, 47), (160, 161), (31, 70), (300, 20), (9, 8), (32, 32), (1, 1)]


pillow13 = pytest.mark.skipif(
    int(PIL.__version__.split(".")[0]) < 13, reason="earlier Pillow has another order of passes"
)


def draw(seed: int, height: int = 48, width: int = 48) -> Image:
    """Waves of all directions and some noise: detail at every scale."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 48
    image = np.zeros((height, width, 3))
    for _ in range(12):
        fx, fy, phase = chance.uniform(-9, 9), chance.uniform(-9, 9), chance.uniform(0, 6)
        image += np.sin(fx * x + fy * y + phase)[..., None] * chance.uniform(0, 30, 3)
    return np.clip(image + 128 + chance.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def number(hash: imagehash.ImageHash) -> int:
    return int(str(hash), 16)


@pillow13
@settings(max_examples=60, deadline=None)
@example(9, 2, (9, 8), 0)  # down first
@example(240, 20, (32, 32), 0)
@example(20, 240, (32, 32), 0)
@given(
    st.integers(1, 260), st.integers(1, 260), st.sampled_from([(32, 32), (9, 8)]), st.integers(0)
)
def test_shrinking_equals_pillow_to_the_bit(
    height: int, width: int, target: tuple[int, int], seed: int
) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (2, height, width), np.uint8)
    expected = [
        np.asarray(Pillow.fromarray(p).resize(target, Pillow.Resampling.LANCZOS)) for p in luma
    ]
    found = shrink(luma, width=target[0], height=target[1])
    np.testing.assert_array_equal(found, np.stack(expected))


@pillow13
@pytest.mark.parametrize("size", SIZES)
def test_bits_equal_those_of_imagehash(size: tuple[int, int]) -> None:
    images = [np.repeat(draw(seed, *size)[..., :1], 3, axis=2) for seed in range(12)]
    peers = [Pillow.fromarray(image) for image in images]
    assert dhash(images).tolist() == [number(imagehash.dhash(peer)) for peer in peers]
    if size != (1, 1):  # a picture of one colour: its waves are noise in imagehash
        assert phash(images).tolist() == [number(imagehash.phash(peer)) for peer in peers]


@pillow13
def test_in_colour_a_bit_or_two_may_differ() -> None:
    images = [draw(seed, 100, 90) for seed in range(100)]
    peers = [Pillow.fromarray(image) for image in images]
    for hash, peer in ((phash, imagehash.phash), (dhash, imagehash.dhash)):
        theirs = np.array([number(peer(image)) for image in peers], np.uint64)
        apart = np.bitwise_count(hash(images) ^ theirs)
        assert apart.max() <= 2 and np.count_nonzero(apart) <= 3


def test_a_flat_picture_has_no_waves() -> None:
    flat = [np.full((48, 48, 3), value, np.uint8) for value in (1, 90, 255)]
    assert phash(flat).tolist() == [1 << 63] * 3  # its sum of light alone
    assert dhash(flat).tolist() == [0] * 3


def test_a_fingerprint_holds_all_there_is_to_know() -> None:
    images = [draw(1), draw(2, 20, 30), draw(1), draw(3, 200, 170)]
    found = fingerprint(images)
    np.testing.assert_array_equal(found.phash, phash(images))
    np.testing.assert_array_equal(found.dhash, dhash(images))
    lumas = [np.asarray(Pillow.fromarray(image).convert("L")) for image in images]
    # OpenCV rounds the weights of luma to 15 bits, Pillow to 16.
    np.testing.assert_allclose(found.deviation, [luma.std() for luma in lumas], atol=0.01)
    first = hashlib.sha256(b"48x48x3" + images[0].tobytes()).hexdigest()
    assert found.pixels[0] == found.pixels[2] == first
    assert len(set(found.pixels)) == 3


def test_pixels_of_another_shape_are_another_picture() -> None:
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert len(set(fingerprint([image, image.reshape(2, 8, 3)]).pixels)) == 2
