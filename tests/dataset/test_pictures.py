from __future__ import annotations

import io
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from cinemotion.core.errors import UnreadableImageError
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.pictures import MAX_SIDE, MIN_SIDE, take_picture

WIDTH, HEIGHT = 24, 16


def scene(mode: str = "RGB") -> Pillow.Image:
    """A picture that is smooth, so that lossy formats keep it, and turns into no other one."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([x * 8, y * 12, (x + y) * 5], axis=-1).astype(np.uint8)
    return Pillow.fromarray(pixels).convert(mode)


def encoded(picture: Pillow.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


MODES = {
    "PNG": "RGB L P 1 RGBA LA I;16",
    "JPEG": "RGB L 1 CMYK",
    "WEBP": "RGB L P 1 RGBA LA",
    "BMP": "RGB L P 1 RGBA",
    "GIF": "RGB L P 1 RGBA LA",
    "TIFF": "RGB L P 1 RGBA LA CMYK I;16",
    "PPM": "RGB L 1 I;16",
    "JPEG2000": "RGB L RGBA LA I;16",
}


@pytest.mark.parametrize(
    ("format", "mode"),
    [(format, mode) for format, modes in MODES.items() for mode in modes.split()],
)
def test_what_is_stored_decodes_to_what_was_seen(format: str, mode: str) -> None:
    picture = scene("L").convert("I").convert(mode) if mode == "I;16" else scene(mode)
    taken = take_picture(encoded(picture, format))
    assert taken.image.dtype == np.uint8 and taken.image.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(decode_image(taken.data), taken.image)
    if mode in ("RGB", "L"):
        close = np.abs(taken.image.astype(int) - np.asarray(picture.convert("RGB"))).max()
        assert close <= (20 if format in ("JPEG", "WEBP", "GIF") else 0)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP"])
def test_usual_files_are_kept_byte_for_byte(format: str) -> None:
    data = encoded(scene(), format)
    assert take_picture(data).data == data


def test_opaque_alpha_is_no_reason_to_write_a_file_anew() -> None:
    data = encoded(scene("RGBA"), "PNG")
    assert take_picture(data).data == data


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_transparent_pixels_lie_over_black(format: str) -> None:
    pixels = np.full((HEIGHT, WIDTH, 4), 200, np.uint8)
    pixels[:, :8, 3], pixels[:, 8:16, 3], pixels[:, 16:, 3] = 0, 128, 255
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    image = take_picture(encoded(Pillow.fromarray(pixels), format, **options)).image
    assert (image[:, :8] == 0).all() and (image[:, 16:] == 200).all()
    assert np.abs(image[:, 8:16].astype(int) - 100).max() <= 1


def test_a_transparent_colour_lies_over_black() -> None:
    picture = Pillow.new("RGB", (WIDTH, HEIGHT), (9, 9, 9))
    picture.paste((200, 0, 0), (0, 0, 8, HEIGHT))
    image = take_picture(encoded(picture, "PNG", transparency=(200, 0, 0))).image
    assert (image[:, :8] == 0).all() and (image[:, 8:] == 9).all()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(format: str, orientation: int) -> None:
    turn = {
        **{2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"},
        **{6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"},
    }
    stored = scene()
    if orientation > 1:
        stored = stored.transpose(Pillow.Transpose[turn[orientation]])
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"quality": 95} if format == "JPEG" else {}
    if format == "WEBP":
        options = {"lossless": True}
    taken = take_picture(encoded(stored, format, exif=exif, **options))
    assert np.abs(taken.image.astype(int) - np.asarray(scene())).max() <= 12
    assert np.array_equal(decode_image(taken.data), taken.image)


def test_sixteen_bits_become_eight() -> None:
    grey = (np.asarray(scene("L")).astype(np.uint16) * 257)[:, :, None].repeat(3, axis=2)
    for format in ("PNG", "TIFF"):
        image = take_picture(encoded(Pillow.fromarray(grey[:, :, 0]), format)).image
        assert np.abs(image.astype(int) - grey // 257).max() <= 1


def test_the_first_picture_of_several_is_taken() -> None:
    other = Pillow.new("RGB", (WIDTH, HEIGHT))
    data = encoded(scene(), "GIF", save_all=True, append_images=[other])
    assert np.abs(take_picture(data).image.astype(int) - np.asarray(scene())).mean() < 10
    moving = encoded(scene(), "PNG", save_all=True, append_images=[other])
    assert np.array_equal(take_picture(moving).image, np.asarray(scene()))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_half_a_file_is_unreadable(format: str) -> None:
    data = encoded(scene(), format)
    with pytest.raises(UnreadableImageError):
        take_picture(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%!PS"])
def test_what_is_no_picture_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match=r"not a picture|damaged"):
        take_picture(data)


@pytest.mark.parametrize("place", ["before", "after", "last"])
def test_a_damaged_part_that_no_picture_needs_is_no_damage(place: str) -> None:
    data = encoded(scene(), "PNG")
    text = struct.pack(">I4s4sI", 4, b"tEXt", b"a\0bc", 1)  # the sum at its end is wrong
    if place == "last":
        data = data[:-1] + bytes([data[-1] ^ 1])  # so it is in the part that ends the file
    else:
        at = data.index(b"IDAT" if place == "before" else b"IEND") - 4
        data = data[:at] + text + data[at:]
    taken = take_picture(data)
    assert taken.data == data
    assert np.array_equal(taken.image, np.asarray(scene()))


def test_sizes_have_limits() -> None:
    for size in ((MIN_SIDE - 1, 50), (MAX_SIDE + 1, MIN_SIDE)):
        for format in ("PNG", "BMP"):
            with pytest.raises(UnreadableImageError, match=f"{size[0]} x {size[1]} pixels"):
                take_picture(encoded(Pillow.new("RGB", size), format))
    with pytest.raises(UnreadableImageError, match="at most"):
        take_picture(encoded(Pillow.new("1", (30_000, 30_000)), "PNG"))


def test_damaged_files_are_read_or_refused_and_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(3)
    reasons = set()
    for format in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM", "JPEG2000"):
        whole = encoded(scene(), format)
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 5)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                taken = take_picture(bytes(data))
            except UnreadableImageError as error:
                reasons.add(str(error))
            else:
                assert np.array_equal(decode_image(taken.data), taken.image)
    assert len(reasons) > 5 and all(reason and "\n" not in reason for reason in reasons)
    said = capfd.readouterr().err.splitlines()  # libjpeg cannot be stopped
    assert [line for line in said if "JPEG" not in line] == []


@pytest.mark.footage
def test_the_shared_odd_files(shared: Path) -> None:
    for path in sorted((shared / "odd" / "images").iterdir()):
        with Pillow.open(path) as file:  # some have a suffix that is not theirs
            assert take_picture(path.read_bytes()).image.shape == (file.height, file.width, 3)
