"""What every registered perceptual hash must do."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Image
from cinemotion.curate.hashes import HASHES

Hash = Callable[[Sequence[Image]], NDArray[np.uint64]]


@pytest.fixture(params=sorted(HASHES))
def hash(request: pytest.FixtureRequest) -> Hash:
    function: Hash = HASHES.load(request.param)
    return function


def draw(seed: int, height: int = 96, width: int = 80) -> Image:
    """A soft picture, with about as much detail as a face has."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 6, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def distances(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return np.asarray(np.bitwise_count(one ^ other))


def jpeg(image: Image, quality: int) -> Image:
    file = io.BytesIO()
    Pillow.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Pillow.open(file).convert("RGB"))


PICTURES = [draw(seed) for seed in range(24)]


def test_a_hash_is_one_number_of_64_bits_a_picture(hash: Hash) -> None:
    found = hash(PICTURES)
    assert found.shape == (24,) and found.dtype == np.uint64
    # All bits are in use: none is the same for all pictures but pHash's sum of all light.
    used = np.bitwise_or.reduce(found) & ~np.bitwise_and.reduce(found)
    assert int(used).bit_count() >= 63


def test_no_pictures_no_hashes(hash: Hash) -> None:
    assert hash([]).shape == (0,)


def test_equal_pictures_have_equal_hashes(hash: Hash) -> None:
    np.testing.assert_array_equal(hash(PICTURES), hash([p.copy() for p in PICTURES]))


@pytest.mark.parametrize("quality", [95, 60])
def test_compression_changes_little(hash: Hash, quality: int) -> None:
    squeezed = hash([jpeg(p, quality) for p in PICTURES])
    assert distances(hash(PICTURES), squeezed).max() <= 6


def test_brightness_and_contrast_change_little(hash: Hash) -> None:
    lit = [np.clip(p * 0.8 + 30, 0, 255).astype(np.uint8) for p in PICTURES]
    assert distances(hash(PICTURES), hash(lit)).max() <= 6


def test_size_changes_little(hash: Hash) -> None:
    halved = [cv2.resize(p, (40, 48), interpolation=cv2.INTER_AREA) for p in PICTURES]
    assert distances(hash(PICTURES), hash(halved)).max() <= 6  # type: ignore[arg-type]


def test_unrelated_pictures_are_far_apart(hash: Hash) -> None:
    found = hash(PICTURES)
    apart = distances(found[:, None], found)[~np.eye(24, dtype=bool)]
    assert apart.min() >= 12 and 26 <= apart.mean() <= 38


def test_a_batch_of_mixed_sizes_equals_one_by_one(hash: Hash) -> None:
    sizes = [(48, 48), (1, 1), (224, 224), (33, 47), (48, 48), (2, 300), (161, 8), (32, 32), (8, 9)]
    mixed = [draw(seed, *size) for seed, size in enumerate(sizes)]
    single = np.concatenate([hash([picture]) for picture in mixed])
    np.testing.assert_array_equal(hash(mixed), single)


def test_a_view_is_hashed_as_a_copy(hash: Hash) -> None:
    turned = PICTURES[0][:, ::-1]
    assert not turned.flags.c_contiguous
    np.testing.assert_array_equal(hash([turned]), hash([turned.copy()]))


def test_unknown_names_are_refused() -> None:
    with pytest.raises(BadInputError, match="choose one of: dhash, phash"):
        HASHES.load("ahash")
