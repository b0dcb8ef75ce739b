"""Films drawn and encoded on the spot: whatever a test needs, small and without a download."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

WIDTH, HEIGHT = 160, 96
# Key frames every 20 frames, B-frames between them, the same bits at every run.
GOP = "keyint=20:min-keyint=20:scenecut=0:bframes=3:threads=1"
X264 = {"x264-params": GOP}
X264_OPEN = {"x264-params": f"{GOP}:open-gop=1"}
X265_OPEN = {
    "x265-params": "keyint=20:min-keyint=20:scenecut=0:bframes=3:open-gop=1"
    ":pools=1:frame-threads=1:log-level=0"
}


def picture(planes: Sequence[np.ndarray], pixel_format: str) -> VideoFrame:
    """A frame whose planes hold these samples (packed formats: all of a row's in one plane)."""
    form = av.VideoFormat(pixel_format)
    height = planes[0].shape[0]
    packed = len(planes) == 1 and len(form.components) > 1
    width = planes[0].shape[1] // (len(form.components) if packed else 1)
    frame = VideoFrame(width, height, pixel_format)
    for plane, samples in zip(frame.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // samples.itemsize), samples.dtype)
        rows[:, : samples.shape[1]] = samples
        plane.update(rows.tobytes())
    return frame


def moving_luma(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A gradient that drifts, with a textured square that walks across it; uint8."""
    rows = np.tile(np.arange(width), (height, 1)) + 3 * index
    left = index * 5 % (width - 30)
    texture = np.random.default_rng(index).integers(100, 228, (40, 30))
    rows[20:60, left : left + 30] = texture
    return (rows % 256).astype(np.uint8)


def moving(index: int, width: int = WIDTH, height: int = HEIGHT) -> VideoFrame:
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return picture([moving_luma(index, width, height), chroma, chroma], "yuv420p")


def write_film(
    path: Path,
    frames: Iterable[VideoFrame],
    codec: str = "libx264",
    *,
    options: dict[str, str] | None = None,
    tags: dict[str, Any] | None = None,
    muxer: dict[str, str] | None = None,
    file_format: str | None = None,
    rate: int = 25,
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    rotation: int = 0,
) -> Path:
    """Encode frames into a film.

    Args:
        path: Its suffix chooses the container.
        frames: The first one gives size and pixel format.
        codec: Name of the encoder.
        options: Of the encoder.
        tags: Attributes of the codec context: colour, sample aspect, ...
        muxer: Options of the container.
        file_format: Container, where the suffix is not to choose it.
        rate: Frames per second.
        times: Of the frames in ticks, 0, 1, 2, ... if not given.
        time_base: Of the times, 1 / rate if not given.
        rotation: Degrees, counter-clockwise, for the display matrix.
    """
    time_base = time_base or Fraction(1, rate)
    with av.open(str(path), "w", format=file_format, options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = time_base
        for i, frame in enumerate(frames):
            if i == 0:
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = frame.format.name
                for name, value in (tags or {}).items():
                    setattr(stream.codec_context, name, value)
                if rotation:
                    stream.set_display_rotation(rotation)
            frame.pts, frame.time_base = times[i] if times else i, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def moving_film(path: Path, count: int = 100, **settings: Any) -> Path:
    """A film of ``count`` moving pictures; H.264 with B-frames if not told otherwise."""
    settings = {"options": X264} | settings if "codec" not in settings else settings
    return write_film(path, (moving(i) for i in range(count)), **settings)


# Luma weights of red and blue (ITU-R BT.601-7, BT.709-6, BT.2020-2).
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
MATRIX_TAGS = {"bt601": 6, "bt709": 1, "bt2020": 9}


def yuv_codes(rgb: np.ndarray, matrix: str, *, full: bool, bits: int) -> np.ndarray:
    """R'G'B' in [0, 1], ``(n, 3)``, to integer Y'CbCr codes (ITU-T H.273, section 8.3)."""
    red, blue = WEIGHTS[matrix]
    luma = rgb @ (red, 1 - red - blue, blue)
    cb, cr = (rgb[:, 2] - luma) / (2 - 2 * blue), (rgb[:, 0] - luma) / (2 - 2 * red)
    middle, unit = 2 ** (bits - 1), 2 ** (bits - 8)
    if full:
        top = 2**bits - 1
        codes = np.stack([luma * top, middle + cb * top, middle + cr * top], axis=1)
    else:
        codes = np.stack([16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr], axis=1) * unit
    return np.clip(np.round(codes), 0, 2**bits - 1).astype(int)


def patches(codes: np.ndarray, pixel_format: str, side: int = 32) -> VideoFrame:
    """Flat squares in a row, one for each of the Y'CbCr codes ``(n, 3)``."""
    form = av.VideoFormat(pixel_format, side * len(codes), side)
    bits = form.components[0].bits
    planes = []
    for part, values in zip(form.components, codes.T, strict=True):
        row = np.repeat(values, part.width // len(codes))
        planes.append(np.tile(row, (part.height, 1)).astype("<u2" if bits > 8 else "u1"))
    return picture(planes, pixel_format)
