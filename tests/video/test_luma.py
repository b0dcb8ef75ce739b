from __future__ import annotations

import av
import numpy as np
import pytest
from drawn import moving_luma, picture

from cinemotion.video.luma import luma_layout, luma_plane

BITS = {
    "yuv420p": 8, "yuvj422p": 8, "yuv444p": 8, "yuva420p": 8, "nv12": 8, "gray": 8,
    "yuv420p10le": 10, "yuv420p10be": 10, "yuv422p12le": 12, "gray16le": 16, "p010le": 10,
}  # fmt: skip


def frame_of(pixel_format: str, luma8: np.ndarray) -> av.VideoFrame:
    """A frame with this luma, whatever the format; its chroma is of no interest."""
    bits = BITS[pixel_format]
    frame = av.VideoFrame(luma8.shape[1], luma8.shape[0], pixel_format)
    kind = np.dtype("u1" if bits == 8 else (">u2" if pixel_format.endswith("be") else "<u2"))
    plane = frame.planes[0]
    rows = np.full((plane.height, plane.line_size // kind.itemsize), 77, kind)
    shift = 8 if pixel_format == "p010le" else bits - 8
    rows[:, : luma8.shape[1]] = luma8.astype(int) << shift
    plane.update(rows.tobytes())
    return frame


@pytest.mark.parametrize("pixel_format", BITS)
@pytest.mark.parametrize("step", [1, 2, 8, 1000])
def test_luma_is_the_stored_plane(pixel_format, step):
    luma = moving_luma(4, 157, 91)  # odd sizes leave padding and rounded-up counts
    got = luma_plane(frame_of(pixel_format, luma), step)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, luma[::step, ::step])


def test_8_bits_are_not_copied():
    frame = frame_of("yuv420p", moving_luma(0))
    assert np.shares_memory(luma_plane(frame, 1), luma_plane(frame, 8))


@pytest.mark.parametrize("pixel_format", ["rgb24", "gbrp", "pal8", "yuyv422", "monow", "ya8"])
def test_formats_without_a_plane_of_luma(pixel_format):
    assert luma_layout(pixel_format) is None


def test_rgb_becomes_full_range_grey():
    rgb = np.zeros((32, 32 * 3), np.uint8)
    rgb[:, 48:] = 255
    got = luma_plane(picture([rgb], "rgb24"), 2)
    np.testing.assert_array_equal(got, np.repeat([[0, 255]], 16, axis=0).repeat(8, axis=1))
