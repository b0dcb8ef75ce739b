from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from cinemotion.__main__ import run


def write_film(path: Path, frames: int, *, faces: bool = False) -> Path:
    """A film of noise, or of a flat colour."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, width=160, height=120)
        stream.pix_fmt = "yuv420p"
        for _ in range(frames):
            image = rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode())
    return path


def test_the_summary_is_one_document(
    demo_films: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["analyze", str(demo_films[0]), "--out", str(tmp_path / "r"), "--workers", "0"]
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "r" / "analysis.json").read_text(encoding="utf-8"))
    assert {"film", "dominant", "shots", "characters"} <= document.keys()
    keys = {"id", "name", "screen_seconds", "dominant", "probabilities"}
    assert all(keys <= character.keys() for character in document["characters"])
    assert run(command) == 0
    assert "c01" in capsys.readouterr().out


def test_a_film_without_faces_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = write_film(tmp_path / "noise.mp4", 30)
    assert run(["analyze", str(film), "--out", str(tmp_path / "r"), "--workers", "0"]) == 0
    assert "no face was found" in capsys.readouterr().out
    found = json.loads((tmp_path / "r" / "analysis.json").read_text(encoding="utf-8"))
    assert found["dominant"] is None and found["characters"] == []
    assert "No face was found" in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")


def test_three_frames_are_a_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = write_film(tmp_path / "short.mp4", 3)
    assert run(["analyze", str(film), "--out", str(tmp_path / "r"), "--workers", "0"]) == 0
    assert (tmp_path / "r" / "report.html").exists()


def test_a_film_that_cannot_be_read_is_named_beside_those_that_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    write_film(films / "short.mp4", 3)
    (films / "broken.mp4").write_bytes(b"")
    command = ["analyze", str(films), "--out", str(tmp_path / "r"), "--workers", "0", "--json"]
    for _ in range(2):  # also where the good one is there already, and nothing is left to build
        assert run(command) == 0
        told = capsys.readouterr()
        document = json.loads(told.out)
        assert [film["film"]["title"] for film in document["films"]] == ["short"]
        assert [row["path"] for row in document["failed"]] == [str(films / "broken.mp4")]
        assert "empty" in document["failed"][0]["reason"]
        assert told.err.startswith("failed: ") and "broken.mp4" in told.err
        assert len(list((tmp_path / "r").glob("short-*/report.html"))) == 1
    assert run([*command[:1], str(films / "broken.mp4"), *command[2:]]) == 2


def test_several_films_have_a_folder_each(
    demo_films: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films = [str(film) for film in demo_films]
    command = ["analyze", *films, "--out", str(tmp_path / "r"), "--every", "0.5", "--json"]
    assert run([*command, "--embedder", "none", "--workers", "0"]) == 0
    assert len(json.loads(capsys.readouterr().out)["films"]) == 2
    assert len(list((tmp_path / "r").glob("*/report.html"))) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "nothing"], "no model 'nothing'"),
        (["--characters", "0"], "--characters"),
        (["--characters", "many"], "--characters"),
        (["--embedder", "nobody"], "nobody"),
        (["--every", "0"], "every"),
        (["--names", "missing.csv"], "missing.csv"),
        (["--names", "bad.csv"], "bad.csv, line 2"),
        (["--annotate", "x.avi"], "x.avi"),
        (["--annotate", "nowhere/x.mp4"], "there is no folder nowhere"),
        (["--annotate", "FILM"], "is the film itself"),
        (["FILM2", "--annotate", "x.mp4"], "--annotate is of one film, and these are 2"),
        (["FILM2", "--names", "good.csv"], "--names is of one film, and these are 2"),
    ],
)
def test_bad_input_is_one_line(
    demo_films: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("character,tracks\n../../evil,0\n", encoding="utf-8")
    Path("good.csv").write_text("character,tracks\nc01,0\n", encoding="utf-8")
    films = {"FILM": str(demo_films[1]), "FILM2": str(demo_films[0])}
    command = ["analyze", str(demo_films[1]), "--out", str(tmp_path / "r"), "--workers", "0"]
    assert run([*command, *(films.get(each, each) for each in options)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "r").exists()  # it is said before any work


@pytest.mark.parametrize(("module", "extra"), [("ruptures", "analyze"), ("dlib", "identity")])
def test_a_missing_package_is_told_before_any_work(
    demo_films: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    extra: str,
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "cinemotion.flows.analyzing.gathering.find_spec",
        lambda name: None if name == module else find(name),
    )
    monkeypatch.setitem(sys.modules, module, None)
    command = ["analyze", str(demo_films[1]), "--out", str(tmp_path / "r"), "--workers", "0"]
    assert run(command) == 2
    assert f"pip install 'cinemotion[{extra}]'" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_audio_alone_is_no_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    assert run(["analyze", str(path), "--out", str(tmp_path / "r"), "--workers", "0"]) == 2
    error = capsys.readouterr().err
    assert "video" in error and error.count("\n") == 1
