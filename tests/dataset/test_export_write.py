"""How an export comes to its place: in one step, or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError, StorageFullError
from cinemotion.dataset.export.write import write_export
from cinemotion.dataset.versions import Version, open_version
from frozen import frozen, usual


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return frozen(tmp_path_factory.mktemp("dataset") / "d", usual())


def test_what_is_there_is_not_touched(version: Version, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    for name in ("thesis", "file"):
        with pytest.raises(BadInputError, match="not an empty folder"):
            write_export(version, tmp_path / name, "folders")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["chapter.txt", "file", "thesis"]


def test_an_empty_folder_is_filled(version: Version, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_export(version, tmp_path / "out", "folders")
    assert (tmp_path / "out" / "croissant.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_ends_it_with_nothing_written(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(StorageFullError, match="nothing of it is kept"):
        write_export(version, tmp_path / "out", "folders")
    assert list(tmp_path.iterdir()) == []


def test_a_kill_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    frozen(tmp_path / "d", usual())
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from cinemotion.dataset.export.write import write_export\n"
        "from cinemotion.dataset.versions import open_version\n"
        "def stop(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        "version = open_version(sys.argv[1], 'v1')\n"
        "write_export(version, Path(sys.argv[2]), 'folders', progress=stop)"
    )
    arguments = [str(tmp_path / "d"), str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False)
    assert done.returncode == -9
    assert not (tmp_path / "out").exists()
    write_export(open_version(tmp_path / "d", "v1"), tmp_path / "out", "folders")


def test_an_unknown_format_is_one_line(version: Version, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="unknown export format 'yolo'; choose one of: coco"):
        write_export(version, tmp_path / "out", "yolo")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_one_line(version: Version, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match=r"cannot write .*Not a directory"):
        write_export(version, tmp_path / "file" / "out", "folders")
