from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.images import decode_image, encode_image

PICTURES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)).flatmap(
    lambda shape: arrays(np.uint8, shape)
)


@given(image=PICTURES)
def test_png_loses_nothing_with_any_reader(image: Any) -> None:
    data = encode_image(image, "png")
    assert np.array_equal(decode_image(data), image)
    with Image.open(io.BytesIO(data)) as other:
        other.verify()
    with Image.open(io.BytesIO(data)) as other:
        assert np.array_equal(np.asarray(other), image)


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_lossy_formats_stay_close_and_in_colour(format: Any) -> None:
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    image = np.stack([x * 4, y * 5, np.full_like(x, 40)], axis=-1).astype(np.uint8)
    back = decode_image(encode_image(image, format))
    assert back.shape == image.shape
    assert np.abs(back.astype(int) - image).mean() < 4


def test_bytes_that_are_no_image_are_refused() -> None:
    with pytest.raises(DatasetError, match="no image"):
        decode_image(b"nonsense")
