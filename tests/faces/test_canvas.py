"""Fitting pictures into a network's input, and going back."""

from __future__ import annotations

import numpy as np
import pytest

from cinemotion.core.types import Faces
from cinemotion.faces.canvas import back_to_image, to_canvas


@pytest.mark.parametrize(
    ("size", "long_side", "canvas_size"),
    [
        ((1080, 1920), 512, (288, 512)),
        ((544, 1280), 512, (224, 512)),
        ((1001, 1777), 512, (288, 512)),
        ((512, 512), 512, (512, 512)),
        ((48, 48), 512, (96, 96)),  # twice its size and no more
        ((1, 1), 512, (32, 32)),
        ((3, 4000), 512, (32, 512)),
    ],
)
def test_canvas_sizes(size: tuple[int, int], long_side: int, canvas_size: tuple[int, int]) -> None:
    canvas, _ = to_canvas(np.full((*size, 3), 200, np.uint8), long_side)
    assert canvas.shape == (*canvas_size, 3)


def test_the_picture_lies_top_left_and_black_fills_the_rest() -> None:
    canvas, scale = to_canvas(np.full((100, 200, 3), 200, np.uint8), 200)
    assert (canvas[:100, :200] == 200).all()
    assert (canvas[100:] == 0).all()
    assert (canvas[:, 200:] == 0).all()
    np.testing.assert_array_equal(scale, [1, 1])


@pytest.mark.parametrize("size", [(720, 1280), (701, 1283), (1081, 1921), (90, 160)])
def test_a_mark_comes_back_to_its_place(size: tuple[int, int]) -> None:
    height, width = size
    image = np.zeros((height, width, 3), np.uint8)
    x0, y0, x1, y1 = width // 2, height // 3, width // 2 + width // 8, height // 3 + height // 8
    image[y0:y1, x0:x1] = 255
    canvas, scale = to_canvas(image, 320)
    rows, columns = np.nonzero(canvas[..., 0] > 127)
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    found = Faces(box, np.ones(1, np.float32), np.tile(box[:, None, :2], (1, 5, 1)))
    back = back_to_image(found, scale)
    np.testing.assert_allclose(back.boxes, [[x0, y0, x1, y1]], atol=0.6 / scale.min())
    np.testing.assert_allclose(back.landmarks[0, 0], [x0, y0], atol=0.6 / scale.min())


def test_fine_stripes_turn_grey_and_do_not_alias() -> None:
    image = np.zeros((1024, 1024, 3), np.uint8)
    image[:, ::2] = 255
    canvas, _ = to_canvas(image, 256)
    assert canvas.std() < 2
    assert abs(float(canvas.mean()) - 127.5) < 2
