"""Every registered source gives the same pictures under the same terms."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cinemotion.core.emotions import FER2013, canonical
from cinemotion.dataset.sources.registry import SOURCES, open_source
from cinemotion.dataset.sources.source import Source
from sourced import FACES, face, fill, zipped


def folder(path: Path, files: dict[str, bytes]) -> Path:
    return fill(path / "faces", files)


def zip_file(path: Path, files: dict[str, bytes]) -> Path:
    return fill(path, {"faces.zip": zipped(files)}) / "faces.zip"


def tar_file(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path / "faces.tar.gz", "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path / "faces.tar.gz"


def parquet(path: Path, files: dict[str, bytes]) -> Path:
    columns = {
        "id": list(files),
        "image": list(files.values()),
        "label": [n.split("/")[0] for n in files],
    }
    pq.write_table(pa.table(columns), path / "faces.parquet", row_group_size=2)
    return path / "faces.parquet"


def fer2013(path: Path, files: dict[str, bytes]) -> Path:
    lines = ["emotion,pixels,Usage"]
    for name, data in files.items():
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        pixels = "1 2 3" if image is None else " ".join(map(str, image.ravel()))
        lines.append(f"{FER2013.index(str(canonical(name.split('/')[0])))},{pixels},Training")
    (path / "fer2013.csv").write_text("\n".join(lines) + "\n")
    return path / "fer2013.csv"


MAKERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "folder": folder,
    "zip": zip_file,
    "tar": tar_file,
    "parquet": parquet,
    "fer2013": fer2013,
}


@pytest.fixture(params=sorted(SOURCES))
def make(request: pytest.FixtureRequest) -> Callable[[Path, dict[str, bytes]], Path]:
    return MAKERS[request.param]


@pytest.fixture
def path(make: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> Path:
    return make(tmp_path, dict(FACES))


@pytest.fixture
def source(path: Path) -> Source:
    return open_source(path)


def test_every_source_is_tried_here() -> None:
    assert set(SOURCES) == set(MAKERS)


def test_names_come_first_and_are_those_of_the_members(source: Source) -> None:
    names = list(source.names())
    members = list(source.members(set()))
    assert sorted(names) == sorted(member.name for member in members)
    assert len(set(names)) == len(FACES)
    assert not any(name.startswith("/") or ".." in name for name in names)
    assert [m.name for m in source.members(set())] == [m.name for m in members]


def test_labels_and_votes_come_with_the_members(source: Source) -> None:
    for member in source.members(set()):
        assert member.label is not None and canonical(member.label) in ("happy", "sad")
        assert [(b.label, b.count) for b in member.ballots] == [(member.label, 1)]


def test_bytes_or_a_problem(source: Source) -> None:
    members = list(source.members(set()))
    assert all(bool(member.data) != (member.problem is not None) for member in members)
    good = [
        m.data
        for m in members
        if cv2.imdecode(np.frombuffer(m.data or b"-", np.uint8), 0) is not None
    ]
    assert len(good) == len(FACES) - 1


def test_what_is_skipped_is_not_read(source: Source) -> None:
    names = list(source.names())
    for skip in (set(names[:1]), set(names[1:]), set(names)):
        assert {m.name for m in source.members(skip)} == set(names) - skip


def test_a_digest_is_that_of_the_content(
    make: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path, source: Source
) -> None:
    names = list(source.names())
    (tmp_path / "same").mkdir()
    same = open_source(make(tmp_path / "same", dict(FACES)))
    if source.kind not in ("zip", "tar"):  # these carry times
        assert same.digest(names) == source.digest(names)
    (tmp_path / "changed").mkdir()
    changed = open_source(make(tmp_path / "changed", FACES | {"SAD/c.png": face(99)}))
    assert changed.digest(names) != source.digest(names)


def test_the_state_changes_with_the_files(path: Path, source: Source) -> None:
    before = source.state()
    assert open_source(path).state() == before
    file = sorted(p for p in path.rglob("*") if p.is_file())[0] if path.is_dir() else path
    os.utime(file, ns=(1, 1))
    assert open_source(path).state() != before
