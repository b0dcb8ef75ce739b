"""Archives that are unsafe, damaged or nested: one clear line, before anything is read."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources.limits import LIMITS, Limits, clean_name
from cinemotion.dataset.sources.registry import open_source
from sourced import FACES, face, zipped


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def tarred(path: Path, *members: tarfile.TarInfo, data: bytes = b"") -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for info in members:
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data))
    return path


def special(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def link(name: str) -> bytes:
    """A zip with a symbolic link in it."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Happy/a.png", face(0))
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


UNSAFE = ["../x.png", "/x.png", "a/../../x.png", "C:/x.png", "..\\x.png", "\\x.png"]


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("nested", [False, True])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str, nested: bool) -> None:
    data = zipped({"Happy/a.png": face(0), name: face(1)})
    path = saved(tmp_path / "x.zip", zipped({"Happy.zip": data}) if nested else data)
    with pytest.raises(BadInputError, match="leads out of it") as caught:
        open_source(path)
    assert repr(name) in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


@pytest.mark.parametrize("name", UNSAFE)
def test_tar_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    path = tarred(tmp_path / "x.tar", tarfile.TarInfo(name), data=face(0))
    with pytest.raises(BadInputError, match="leads out of it"):
        open_source(path)


def test_harmless_names_become_plain() -> None:
    path = Path("x.zip")
    assert clean_name("./a//b\\c.png", path) == "a/b/c.png"
    assert clean_name("a..b/...c.png", path) == "a..b/...c.png"
    for name in ("", "a\0b", "."):
        with pytest.raises(BadInputError):
            clean_name(name, path)


@pytest.mark.parametrize("name", ["Happy/link.png", "__MACOSX/link.png"])
def test_links_in_a_zip_are_refused(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / "x.zip", link(name))
    with pytest.raises(BadInputError, match=f"{name} is a link"):
        open_source(path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(BadInputError, match=r"Happy/x\.png is a link or a special file"):
        open_source(tarred(tmp_path / "x.tar", special("Happy/x.png", kind)))


def test_a_bomb_is_refused_by_what_it_declares(tmp_path: Path) -> None:
    files = {f"Happy/{i}.bmp": bytes(8 << 20) for i in range(12)}
    path = saved(tmp_path / "x.zip", zipped(files, zipfile.ZIP_DEFLATED))
    with pytest.raises(BadInputError, match=r"\(at Happy/\d+\.bmp\): it looks like a bomb"):
        open_source(path)


def test_a_bomb_in_a_zip_is_refused(tmp_path: Path) -> None:
    files = {f"{i}.bmp": bytes(1 << 20) for i in range(3)}
    inner = zipped(files, zipfile.ZIP_DEFLATED)
    path = saved(tmp_path / "x.zip", zipped({"Happy.zip": inner}, zipfile.ZIP_DEFLATED))
    with pytest.raises(BadInputError, match="looks like a bomb"):
        open_source(path, Limits(free_bytes=2 << 20))


def test_a_tar_bomb_is_refused(tmp_path: Path) -> None:
    members = [tarfile.TarInfo(f"Happy/{i}.bmp") for i in range(3)]
    path = tarred(tmp_path / "x.tar.gz", *members, data=bytes(1 << 20))
    with pytest.raises(BadInputError, match="looks like a bomb"):
        open_source(path, Limits(free_bytes=2 << 20))


def test_a_size_that_lies_gives_no_more_than_it_says(tmp_path: Path) -> None:
    data = bytearray(zipped({"Happy/a.bmp": bytes(4 << 20)}, zipfile.ZIP_DEFLATED))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(signature) + offset, 1000)
    source = open_source(saved(tmp_path / "x.zip", bytes(data)))
    [member] = source.members(set())
    assert not member.data and member.problem is not None and "damaged" in member.problem


def test_one_member_has_a_limit(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.zip", zipped({"Happy/big.png": bytes(5000)}))
    with pytest.raises(BadInputError, match=r"Happy/big\.png unpacks to 5000 bytes"):
        open_source(path, Limits(member_bytes=4999))


def test_the_number_of_members_has_a_limit(tmp_path: Path) -> None:
    files = {f"Happy/{i}.png": b"x" for i in range(11)}
    for path in (
        saved(tmp_path / "x.zip", zipped(files)),
        saved(tmp_path / "y.zip", zipped({"Happy.zip": zipped(files)})),
        tarred(tmp_path / "x.tar", *map(tarfile.TarInfo, files), data=b"x"),
    ):
        with pytest.raises(BadInputError, match="more than 10 files"):
            open_source(path, Limits(members=10))
    assert LIMITS.members >= 1_000_000


def test_zips_nest_one_level_deep(tmp_path: Path) -> None:
    inner = zipped({"Happy/a.png": face(0)})
    one = zipped({"Happy.zip": inner})
    assert open_source(saved(tmp_path / "1.zip", one)).names() == ["Happy.zip/Happy/a.png"]
    with pytest.raises(BadInputError, match=r"all\.zip/Happy\.zip is a zip in a zip in a zip"):
        open_source(saved(tmp_path / "2.zip", zipped({"all.zip": one})))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("held", [0, 1 << 20])
def test_class_zips_are_read_held_or_as_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int, held: int
) -> None:
    monkeypatch.setattr("cinemotion.dataset.sources.archives._HELD", held)
    classes = {
        f"{name}.zip": zipped({f"{i}.png": face(i) for i in range(40)}, method) for name in "ab"
    }
    source = open_source(saved(tmp_path / "x.zip", zipped(classes, method)))
    read = {member.name: member for member in source.members({"a.zip/3.png"})}
    assert len(source.names()) == 80 and len(read) == 79
    assert read["b.zip/7.png"].data == face(7) and read["b.zip/7.png"].label == "b"


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.9])
def test_a_truncated_archive_is_one_line(tmp_path: Path, keep: float) -> None:
    for name in ("x.zip", "x.tar.gz"):
        whole = tmp_path / "whole" / name
        whole.parent.mkdir(exist_ok=True)
        if name == "x.zip":
            saved(whole, zipped(FACES))
        else:
            tarred(whole, *map(tarfile.TarInfo, FACES), data=face(0))
        path = saved(tmp_path / name, whole.read_bytes()[: int(keep * whole.stat().st_size)])
        with pytest.raises(BadInputError, match="cannot be read to its end"):
            open_source(path)


def test_a_damaged_inner_zip_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.zip", zipped({"Happy.zip": zipped(FACES)[:-40]}))
    with pytest.raises(BadInputError, match=r"Happy\.zip cannot be read"):
        open_source(path)


def test_a_damaged_member_is_a_row_with_a_reason(tmp_path: Path) -> None:
    data = bytearray(zipped({"Happy/a.png": face(0), "Happy/b.png": face(1)}))
    data[data.index(face(0)) + 40] ^= 0xFF
    members = list(open_source(saved(tmp_path / "x.zip", bytes(data))).members(set()))
    assert [member.problem is None for member in members] == [False, True]
    assert "damaged in the archive" in str(members[0].problem)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"Happy/a.png": face(0)}))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(BadInputError, match=r"Happy/a\.png is encrypted"):
        open_source(saved(tmp_path / "x.zip", bytes(data)))


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Happy/a.png", face(0))
        archive.writestr("Happy//a.png", face(1))
    with pytest.raises(BadInputError, match=r"two members named Happy/a\.png"):
        open_source(saved(tmp_path / "x.zip", file.getvalue()))


def test_litter_is_left_out(tmp_path: Path) -> None:
    litter = ["__MACOSX/Happy/._a.png", "Happy/.DS_Store", "Happy/Thumbs.db", "Happy/._a.png"]
    files = {"Happy/a.png": face(0), **dict.fromkeys(litter, b"litter"), "Happy/notes.txt": b"text"}
    source = open_source(saved(tmp_path / "x.zip", zipped(files)))
    assert source.names() == ["Happy/a.png"]
    assert source.remarks.left_out == ["Happy/notes.txt"]
    nested = {"Happy.zip": zipped(files), "__MACOSX/._Happy.zip": b"litter"}
    assert len(open_source(saved(tmp_path / "y.zip", zipped(nested))).names()) == 1
