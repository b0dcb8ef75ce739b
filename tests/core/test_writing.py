from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import check_place, replacing


def test_the_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("before")
    with replacing(out) as draft:
        draft.write_text("after")
        assert out.read_text() == "before"
    assert out.read_text() == "after"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_changes_where_anything_goes_wrong(tmp_path: Path, error: type) -> None:
    out = tmp_path / "out.txt"
    out.write_text("before")

    def write() -> None:
        with replacing(out) as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(error):
        write()
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


def test_drafts_of_killed_processes_go_and_those_of_others_stay(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    out = tmp_path / "out.txt"
    orphan, living = (tmp_path / f".out.txt.{pid}" for pid in (ended.pid, os.getppid()))
    others = [tmp_path / ".out.txt.old", tmp_path / f".out.txt.more.{ended.pid}", living]
    for path in (orphan, *others):
        path.write_text("half")
    with replacing(out) as draft:
        draft.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([out, *others])


def test_a_folder_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("file", "absent"):
        line = rf"^cannot write .*{folder}/out\.txt: \w"
        with (
            pytest.raises(BadInputError, match=line),
            replacing(tmp_path / folder / "out.txt") as d,
        ):
            d.write_text("text")


def test_a_place_is_tried_before_the_work(tmp_path: Path) -> None:
    check_place(tmp_path / "page.html")
    (tmp_path / "there.html").write_text("before")
    check_place(tmp_path / "there.html")
    assert (tmp_path / "there.html").read_text() == "before"
    assert list(tmp_path.iterdir()) == [tmp_path / "there.html"]
    for wrong, line in (
        (tmp_path, "is a folder; name a file"),
        (
            tmp_path / "absent" / "page.html",
            "^cannot write .*: there is no folder .*absent; make it first",
        ),
        (tmp_path / ("x" * 300), "^cannot write "),
    ):
        with pytest.raises(BadInputError, match=line):
            check_place(wrong)
