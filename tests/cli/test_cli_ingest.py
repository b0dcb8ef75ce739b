from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from sourced import FACES, face, fill, zipped

CLIPS = {f"{c}/{c.upper()}_01_{i:04}.png": face(i) for c in ("Angry", "Bored") for i in range(4)}


def test_import_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = fill(tmp_path / "faces", CLIPS | {"Bored/BORED_01_0009.png": b"x", "notes.txt": b"x"})
    assert run(["import", str(root), "--out", str(tmp_path / "d")]) == 0
    said = capsys.readouterr().out
    assert "faces (folder): 9 samples" in said
    assert "1 unreadable" in said and "Bored/BORED_01_0009.png: unreadable: not a picture" in said
    assert "no pinned emotion, kept: Bored as bored (--class-map" in said
    assert "1 files that are no pictures were left out: notes.txt" in said
    assert "guessed from names; --group-pattern none turns it off): 2 clips, 9 of 9" in said
    assert "Angry/ANGRY_01_0000.png: clip ANGRY_01, frame 0" in said
    assert run(["import", str(root), "--out", str(tmp_path / "d")]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert run(["import", str(root), "--out", str(tmp_path / "d"), "--rights", "mine"]) == 0
    said = capsys.readouterr().out
    assert "no new samples" in said and "the rights note is now 'mine', before: none" in said


def test_import_says_how_classes_are_written_from_now_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("my-class", "my_class", "BORED", "bored", "plain", "joy", "glee")
    root = fill(tmp_path / "faces", {f"{name}/a.png": face(i) for i, name in enumerate(names)})
    options = ["--class-map", "joy=amused", "--class-map", "glee=amused"]
    assert run(["import", str(root), "--out", str(tmp_path / "d"), *options]) == 0
    said = capsys.readouterr().out
    assert (
        "kept: glee, joy as amused; BORED, bored as bored; my-class, my_class as my_class; plain ("
    ) in said
    assert said.count("are one from now on") == 1
    assert "the classes 'my-class', 'my_class' are one from now on, 'my_class'; rename" in said


def test_import_prints_one_json_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = fill(tmp_path / "faces", CLIPS)
    options = ["--class-map", "bored=neutral", "--name", "n", "--rights", "mine", "--json"]
    assert run(["import", str(root), "--out", str(tmp_path / "d"), *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["name"], document["status"], document["added"]) == ("n", "imported", 8)
    assert document["classes"] == {"angry": 4, "neutral": 4}
    assert document["class_names"] == {"Angry": "angry", "Bored": "neutral"}
    assert document["groups"]["guessed"] and document["groups"]["values"] == {"clip": 2}
    pattern = ["--group-pattern", "none", "--name", "m"]
    assert run(["import", str(root), "--out", str(tmp_path / "d"), *pattern, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"] is None


@pytest.mark.parametrize(
    ("files", "options", "said"),
    [
        (FACES | {"../x.png": b"x"}, [], "leads out of it"),
        ({"notes.txt": b"x"}, [], "holds no picture"),
        ({}, [], "holds no picture"),
        (FACES, ["--group-pattern", "("], "no regular expression"),
        (FACES, ["--class-map", "joy"], "joy=happy"),
        (FACES, ["--class-map", "no.csv"], "class map no.csv: there is no such file; give"),
        (FACES, ["--name", ""], "--name"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes],
    options: list[str],
    said: str,
) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped(files))
    assert run(["import", str(path), "--out", str(tmp_path / "d"), *options]) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_an_absent_source_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(tmp_path / "nothing"), "--out", str(tmp_path / "d")]) == 2
    assert "no such file or folder" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
