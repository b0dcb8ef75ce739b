"""``cinemotion augment``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from cinemotion.cli.augment import Policy
from cinemotion.learn.augment import POLICIES
from frozen import frozen, usual

pytest.importorskip("keras")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"{frozen(tmp_path_factory.mktemp('dataset') / 'd', usual(8)).path}@v1"


def test_the_command_line_offers_exactly_these() -> None:
    assert {policy.value for policy in Policy} == set(POLICIES)


def test_people_read_what_was_added(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, sheet = tmp_path / "out", tmp_path / "sheet.png"
    assert run(["augment", reference, "--out", str(out), "--sheet", str(sheet)]) == 0
    said, noted = capsys.readouterr()
    lines = said.splitlines()
    assert lines[0].split() == ["split", "angry", "happy", "all"]
    assert lines[1].split() == ["train", "2", "2", "4"]
    assert lines[2].split() == ["train,", "copies", "8", "8", "16"]
    assert "left out: 1 rejected, 2 without a class" in said
    assert lines[-2:] == [f"preview: {sheet}", f"light: {out}"]
    assert noted == ""
    assert sheet.exists() and len(list(out.glob("train/*/*-aug4.png"))) == 4


def test_programs_read_one_document(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    options = ["--policy", "brief", "--copies", "1", "--seed", "3", "--size", "32", "--json"]
    assert run(["augment", reference, "--out", str(out), *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["added"] == {"train": {"angry": 2, "happy": 2}}
    assert said["counts"]["test"] == {"angry": 1, "happy": 1}
    assert (said["policy"], said["copies"], said["seed"], said["size"]) == ("brief", 1, 3, 32)
    assert (said["train"], said["sheet"], said["out"]) == (["train"], None, str(out))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--policy", "magic"], "magic"),
        (["--copies", "0"], "Invalid value for '--copies'"),
        (["--train", "fold0,fold1"], "has no side 'fold0', its sides are train, val, test"),
        (["--train", "train,test"], "test is never augmented"),
        (["--train", ","], "no side to enlarge is named"),
        (["--sheet", "sheet.txt"], "ends in .png"),
    ],
)
def test_errors_are_one_line(
    reference: str,
    options: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["augment", reference, "--out", str(tmp_path / "out"), *options]) == 2
    said, complaint = capsys.readouterr()
    assert said == "" and words in complaint and complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_version_has_to_be_named_and_a_folder_to_be_free(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = reference.removesuffix("@v1")
    assert run(["augment", bare, "--out", str(tmp_path / "out")]) == 2
    assert "names no version; write" in capsys.readouterr().err
    assert run(["augment", f"{bare}@v7", "--out", str(tmp_path / "out")]) == 2
    assert "no version 'v7'" in capsys.readouterr().err
    (tmp_path / "file").write_text("precious")
    assert run(["augment", reference, "--out", str(tmp_path / "file")]) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
