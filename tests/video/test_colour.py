from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from drawn import MATRIX_TAGS, X264, moving_film, patches, picture, write_film, yuv_codes

from cinemotion.video.colour import fit
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader

COLOURS = np.array(
    [[235, 16, 16], [20, 200, 40], [30, 40, 220], [128, 128, 128], [255, 255, 255], [0, 0, 0],
     [200, 150, 120], [90, 60, 50]], float,
)  # fmt: skip
SIDE = 32


def first_rgb(path: Path, long_side: int | None = None) -> np.ndarray:
    with FilmReader(probe(path)) as reader:
        return next(iter(reader)).rgb(long_side)


def centres(image: np.ndarray, count: int) -> np.ndarray:
    """The middle pixel of each of ``count`` squares in a row, as int."""
    side = image.shape[1] / count
    columns = ((np.arange(count) + 0.5) * side).astype(int)
    return image[image.shape[0] // 2, columns].astype(int)


def assert_close(got: np.ndarray, wanted: np.ndarray, levels: int) -> None:
    worst = np.abs(got - wanted).max()
    assert worst <= levels, f"off by {worst} levels:\n{got}\nwanted\n{wanted}"


FORMATS = {8: ("yuv420p", "yuv444p"), 10: ("yuv420p10le",), 12: ("yuv420p12le",)}


@pytest.mark.parametrize("long_side", [None, 96])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", MATRIX_TAGS)
@pytest.mark.parametrize("bits", FORMATS)
def test_flat_patches_of_every_matrix_range_and_depth(tmp_path, bits, matrix, full, long_side):
    codes = yuv_codes(COLOURS / 255, matrix, full=full, bits=bits)
    tags = {"colorspace": MATRIX_TAGS[matrix], "color_range": 2 if full else 1}
    for pixel_format in FORMATS[bits]:
        path = tmp_path / f"{pixel_format}.mkv"
        write_film(path, [patches(codes, pixel_format, SIDE)], "ffv1", tags=tags)
        assert_close(centres(first_rgb(path, long_side), len(COLOURS)), COLOURS, 2)


@pytest.mark.parametrize(
    ("codec", "pixel_format", "options"),
    [
        ("libx264", "yuv420p", {"crf": "4"}),
        ("libx264", "yuv420p10le", {"crf": "4"}),
        ("libx265", "yuv420p10le", {"x265-params": "crf=4:log-level=0:pools=1"}),
        ("libvpx-vp9", "yuv420p", {"lossless": "1"}),
    ],
)
def test_tags_inside_coded_streams(tmp_path, codec, pixel_format, options):
    bits = 10 if "10" in pixel_format else 8
    codes = yuv_codes(COLOURS / 255, "bt709", full=False, bits=bits)
    path = write_film(
        tmp_path / "a.mkv",
        [patches(codes, pixel_format, 64)],
        codec,
        options=options,
        tags={"colorspace": 1, "color_range": 1},
    )
    assert_close(centres(first_rgb(path), len(COLOURS)), COLOURS, 3)


def test_unsaid_matrix_of_a_small_film_is_bt601(tmp_path):
    codes = yuv_codes(COLOURS / 255, "bt601", full=False, bits=8)
    path = write_film(tmp_path / "a.mkv", [patches(codes, "yuv420p")], "ffv1")
    assert_close(centres(first_rgb(path), len(COLOURS)), COLOURS, 2)


def test_yuvj_is_full_range(tmp_path):
    codes = yuv_codes(COLOURS / 255, "bt601", full=True, bits=8)
    path = write_film(
        tmp_path / "a.avi",
        [patches(codes, "yuvj444p", 64)],
        "mjpeg",
        options={"qmin": "1", "q": "1"},
    )
    assert_close(centres(first_rgb(path), len(COLOURS)), COLOURS, 3)


@pytest.mark.parametrize(("tag", "wanted"), [(0, [16, 126, 235]), (1, [0, 128, 255])])
def test_grey(tmp_path, tag, wanted):
    luma = np.tile(np.repeat([16, 126, 235], SIDE).astype(np.uint8), (SIDE, 1))
    path = write_film(
        tmp_path / "a.mkv", [picture([luma], "gray")], "ffv1", tags={"color_range": tag}
    )
    assert_close(centres(first_rgb(path), 3), np.array(wanted)[:, None].repeat(3, axis=1), 1)


def packed(colours: np.ndarray, order: list[int]) -> np.ndarray:
    """Squares of these colours as rows of interleaved uint8 samples."""
    row = np.repeat(colours[:, order], SIDE, axis=0).astype(np.uint8).reshape(-1)
    return np.tile(row, (SIDE, 1))


def test_rgb_formats_are_kept(tmp_path):
    path = tmp_path / "a.mov"
    write_film(path, [picture([packed(COLOURS, [0, 1, 2])], "rgb24")], "qtrle")
    assert_close(centres(first_rgb(path), len(COLOURS)), COLOURS, 0)


def test_alpha_is_composed_over_black(tmp_path):
    rgba = np.column_stack([COLOURS, np.linspace(0, 255, len(COLOURS)).round()])
    path = tmp_path / "a.mkv"
    write_film(path, [picture([packed(rgba, [2, 1, 0, 3])], "bgra")], "ffv1")
    wanted = rgba[:, :3] * rgba[:, 3:] / 255
    assert_close(centres(first_rgb(path), len(COLOURS)), wanted, 1)


def remuxed(path, to):
    """The same stream in another file, by which the names of tags become capital letters."""
    with av.open(str(path)) as film, av.open(str(to), "w") as out:
        stream = out.add_stream_from_template(film.streams.video[0])
        stream.metadata.update({"ALPHA_MODE": "1"})
        for packet in film.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return to


@pytest.mark.parametrize("alpha", [False, True])
def test_colours_of_vp8_are_those_of_bt601_at_any_size(tmp_path, alpha):
    green = np.zeros((720, 1280, 4), np.uint8)
    green[..., 1], green[..., 3] = 200, 255
    kind = "yuva420p" if alpha else "yuv420p"
    frame = av.VideoFrame.from_ndarray(green, "rgba").reformat(
        format=kind, dst_colorspace="ITU601", dst_color_range="MPEG"
    )
    options = {"auto-alt-ref": "0"}
    film = probe(write_film(tmp_path / "a.webm", [frame] * 2, "libvpx", options=options))
    assert film.has_alpha == alpha
    assert_close(first_rgb(film.path)[360, 640].astype(int), np.array([0, 200, 0]), 6)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_alpha_of_webm_is_composed_too(tmp_path, codec):
    """It is a stream inside the stream, which FFmpeg's own decoders pass over."""
    options = {"auto-alt-ref": "0", "g": "6"}
    red = np.zeros((64, 64, 4), np.uint8)
    red[..., 0] = 200
    red[:, :32, 3] = 255
    frames = [av.VideoFrame.from_ndarray(red, "rgba").reformat(format="yuva420p")] * 18
    film = probe(write_film(tmp_path / "a.webm", frames, codec, options=options))
    assert film.has_alpha
    assert probe(remuxed(film.path, tmp_path / "b.mkv")).has_alpha
    with FilmReader(film) as reader:
        pictures = [frame.rgb() for frame in reader]
    with FilmReader(film, key_frames_only=True) as reader:
        keys = [frame.rgb() for frame in reader]
    assert len(pictures) == 18 and 3 <= len(keys) < 18
    for image in (*pictures, *keys):
        assert_close(image[8:56:8, 8].astype(int), np.array([200, 0, 0]), 3)
        assert image[:, 40:].max() <= 3


# --- HDR: the curves written down a second time, forwards, from the standards


def pq_code(nits: np.ndarray) -> np.ndarray:
    y = (nits / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 4096 * 128)


def hlg_code(nits: np.ndarray) -> np.ndarray:
    display = nits / 1000
    luminance = display @ (0.2627, 0.678, 0.0593)
    scene = display * luminance[:, None] ** (1 / 1.2 - 1)
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    log = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), log)


def srgb_light(levels: np.ndarray) -> np.ndarray:
    v = levels / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


# BT.709 to BT.2020 primaries (ITU-R BT.2087-0, section 2).
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
HDR = {"pq": (16, pq_code), "hlg": (18, hlg_code)}


def write_hdr(path: Path, transfer: str, light709: np.ndarray) -> Path:
    """Patches of linear BT.709 light, 1.0 = 203 cd/m², as a 10-bit HDR film."""
    tag, encode = HDR[transfer]
    codes = encode(203 * np.maximum(light709 @ TO_BT2020.T, 1e-6))
    frame = patches(yuv_codes(codes, "bt2020", full=False, bits=10), "yuv444p10le")
    tags = {"colorspace": 9, "color_primaries": 9, "color_trc": tag, "color_range": 1}
    return write_film(path, [frame], "ffv1", tags=tags)


@pytest.mark.parametrize("transfer", HDR)
def test_hdr_colours_below_the_knee_come_out_as_they_were(tmp_path, transfer):
    colours = np.array([[200, 150, 120], [90, 60, 50], [20, 200, 40], [60, 70, 220], [128] * 3,
                        [16] * 3, [220, 30, 30], [224] * 3], float)  # fmt: skip
    path = write_hdr(tmp_path / "a.mkv", transfer, srgb_light(colours))
    assert_close(centres(first_rgb(path), len(colours)), colours, 4)


@pytest.mark.parametrize("transfer", HDR)
def test_hdr_highlights_roll_off(tmp_path, transfer):
    light = np.array([0.75, 1.0, 1.5, 2.5, 4.0, 1000 / 203])[:, None].repeat(3, axis=1)
    got = centres(first_rgb(write_hdr(tmp_path / "a.mkv", transfer, light)), len(light))
    assert (np.diff(got[:, 0]) > 0).all()
    assert np.ptp(got, axis=1).max() <= 1  # white stays white
    # y = k + (1 - k) u (1 + u/w²) / (1 + u) of the reference white, k = 0.75, in sRGB
    assert_close(got[1], np.array([240]), 2)
    assert_close(got[-1], np.array([255]), 1)


def test_hdr_highlights_keep_their_hue(tmp_path):
    light = np.array([[3.0, 1.5, 0.75]])
    got = centres(first_rgb(write_hdr(tmp_path / "a.mkv", "pq", light)), 1)[0]
    ratios = srgb_light(got.astype(float))
    assert ratios[0] / ratios[1] == pytest.approx(2, rel=0.05)
    assert ratios[1] / ratios[2] == pytest.approx(2, rel=0.05)


# --- geometry


def test_fit():
    assert fit((1920, 1080), 512) == (512, 288)
    assert fit((1080, 1920), 512) == (288, 512)
    assert fit((400, 300), 512) == (400, 300)
    assert fit((10_000, 2), 512) == (512, 1)
    assert fit((400, 300), None) == (400, 300)


def quarters(width: int, height: int) -> av.VideoFrame:
    """Luma 200 at the top left, 150 at the top right, 100 and 50 below."""
    luma = np.kron([[200, 150], [100, 50]], np.ones((height // 2, width // 2)))
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return picture([luma.astype(np.uint8), chroma, chroma], "yuv420p")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("long_side", [None, 64])
def test_pictures_come_out_upright(tmp_path, turn, long_side):
    path = tmp_path / "a.mp4"
    write_film(path, [quarters(160, 96)], options=X264 | {"crf": "1"}, rotation=turn)
    image = first_rgb(path, long_side)
    height, width = image.shape[:2]
    assert (width < height) == (turn in (90, 270))
    assert max(width, height) == (long_side or 160)
    rows, columns = [height // 4, 3 * height // 4], [width // 4, 3 * width // 4]
    got = image[np.ix_(rows, columns)][..., 1].astype(int)
    order = np.rot90([[0, 1], [2, 3]], turn // 90)
    assert (np.argsort(-got.ravel()) == np.argsort(order.ravel())).all()
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    ("aspect", "shape"), [(Fraction(2), (96, 320, 3)), (Fraction(1, 2), (192, 160, 3))]
)
def test_pixels_become_square(tmp_path, aspect, shape):
    path = moving_film(tmp_path / "a.mkv", 1, tags={"sample_aspect_ratio": aspect})
    assert first_rgb(path).shape == shape
    assert max(first_rgb(path, 80).shape) == 80


def test_scaling_down_averages(tmp_path):
    """Stripes one pixel wide become grey; picking pixels would leave black or white."""
    luma = np.tile(np.array([16, 235], np.uint8), (128, 128))
    chroma = np.full((64, 128), 128, np.uint8)
    path = tmp_path / "a.mkv"
    write_film(path, [picture([luma, chroma, chroma], "yuv420p")], "ffv1")
    small = first_rgb(path, 64)[:, 2:-2].astype(int)
    assert np.abs(small - 128).max() <= 3


def interlaced(index: int) -> av.VideoFrame:
    """A bright bar that has moved by 20 pixels between the even and the odd lines."""
    luma = np.full((240, 320), 60, np.uint8)
    for field in (0, 1):
        left = 20 + 40 * index + 20 * field
        luma[60 + field : 180 : 2, left : left + 60] = 200
    chroma = np.full((120, 160), 128, np.uint8)
    return picture([luma, chroma, chroma], "yuv420p")


@pytest.mark.parametrize("order", ["tff=1", "bff=1"])
def test_interlaced_pictures_have_no_comb(tmp_path, order):
    options = {"x264-params": f"{order}:threads=1", "crf": "8"}
    path = tmp_path / "a.mkv"
    write_film(path, [interlaced(i) for i in range(4)], options=options)
    with FilmReader(probe(path)) as reader:
        for frame in reader:
            combed = frame.luma(1)[70:170].astype(int)
            image = frame.rgb()
            assert image.shape == (240, 320, 3)
            smooth = image[70:170, :, 1].astype(int)
            assert np.abs(combed[1:] - combed[:-1]).mean() > 5
            assert np.abs(smooth[1:] - smooth[:-1]).mean() < 0.5
            bright = np.flatnonzero(smooth[50] > 150)
            assert len(bright) == pytest.approx(60, abs=4)  # one bar of one moment


def test_interlaced_picture_does_not_depend_on_its_neighbours(tmp_path):
    options = {"x264-params": "tff=1:keyint=2:min-keyint=2:scenecut=0:threads=1"}
    path = tmp_path / "a.mkv"
    write_film(path, [interlaced(i) for i in range(4)], options=options)
    film = probe(path)
    with FilmReader(film) as reader:
        frames = [(frame.time.pts, frame.rgb()) for frame in reader]
    with FilmReader(film, frames[2][0]) as reader:
        np.testing.assert_array_equal(next(iter(reader)).rgb(), frames[2][1])


@pytest.mark.footage
def test_bars_of_the_full_range_film_reach_black_and_white(shared: Path):
    image = first_rgb(shared / "odd" / "full-range.mp4")
    assert image.min() <= 4
    assert image.max() >= 251


@pytest.mark.parametrize("long_side", [None, 40])
def test_a_picture_stays_what_it_is_when_others_follow(tmp_path, long_side):
    """The converter holds the last of each size: whoever keeps one has it to themselves."""
    film = probe(moving_film(tmp_path / "film.mkv", 12))
    with FilmReader(film) as reader:
        kept = [(frame.rgb(long_side), frame.rgb(long_side).copy()) for frame in reader]
    assert len(kept) == 12
    assert all(np.array_equal(*pair) for pair in kept)
    assert not np.array_equal(kept[0][0], kept[-1][0])
