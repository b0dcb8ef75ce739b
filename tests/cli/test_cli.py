"""The command line as users meet it: documents, one-line errors, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cinemotion.__main__ import run
from cinemotion.learn.modelfolder import ONNX, SHIPPED


@pytest.fixture(scope="module")
def dataset(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of our own: some commands go on with it."""
    return shutil.copytree(demo_dataset, tmp_path_factory.mktemp("cli") / "dataset")


def test_build_prints_one_json_document(
    demo_films: list[Path], dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["build", *map(str, demo_films), "--out", str(dataset), "--workers", "0", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [row["title"] for row in document["films"]] == ["demo-640x360", "demo-1280x720"]
    assert all(row["skipped"] for row in document["films"])


def test_build_says_which_file_is_a_copy(
    demo_films: list[Path], dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copy(demo_films[0], tmp_path / "copy.mp4")
    assert run(["build", str(copy), "--out", str(dataset), "--workers", "0"]) == 0
    assert f"a copy of {demo_films[0]}" in capsys.readouterr().out


def test_shots_prints_one_json_document(
    demo_films: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["shots", str(demo_films[0]), "--workers", "0", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["film"] == str(demo_films[0])
    start = document["shots"][1]["start"]
    assert start["frame"] == 48
    assert start["seconds"] == pytest.approx(48 * 1001 / 24000)
    assert set(start) == {"seconds", "pts", "frame"}
    assert document["shots"][0]["end"] == start


def test_samples_prints_a_line_per_sample(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["samples", str(dataset), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows
    wanted = "film shot frame pts time_base seconds box landmarks score quality status reason"
    assert set(wanted.split()) <= set(rows[0])
    assert len(rows[0]["box"]) == 4
    assert np.array(rows[0]["landmarks"]).shape == (5, 2)


def test_samples_lists_the_frames_looked_at(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["samples", str(dataset), "--frames", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"faces", "unchanged"} <= {row["outcome"] for row in rows}


def test_sheet_draws_a_picture(dataset: Path, tmp_path: Path) -> None:
    assert run(["sheet", str(dataset), "--out", str(tmp_path / "sheet.png")]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000
        assert np.asarray(sheet).std() > 10
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_detect_prints_one_json_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cinemotion.flows.looking.demo import portraits

    Image.fromarray(portraits()[0]).save(tmp_path / "astronaut.png")
    assert run(["detect", str(tmp_path / "astronaut.png"), "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["images"]
    [face] = row["faces"]
    x0, y0, x1, y1 = face["box"]
    assert 150 < x0 < 200 < 240 < x1 < 290
    assert 50 < y0 < 100 < 150 < y1 < 230


def test_detect_fails_for_one_missing_image_after_printing_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "grey.png")
    assert run(["detect", str(tmp_path / "grey.png"), str(tmp_path / "nowhere.png")]) == 2
    printed = capsys.readouterr()
    assert "grey.png: 0 faces" in printed.out
    assert printed.err.count("\n") == 1
    assert "nowhere.png" in printed.err


def test_probe_prints_one_json_document(
    demo_films: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["probe", str(demo_films[0]), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["size"] == [640, 360]
    assert facts["rate"] == "24000/1001"


def test_doctor_finds_this_machine_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == []
    assert report["weights"]["centerface"]["state"] == "ok"
    assert report["models"]["compact-v1"]["state"] == "ok"


def test_doctor_lists_accelerators_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import onnxruntime

    for provider, expected in (("CUDAExecutionProvider",) * 2, ("AzureExecutionProvider", "none")):
        there = [provider, "CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda there=there: there)
        assert run(["doctor"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[1:] for line in lines if "accel" in line] == [[expected]]


def test_doctor_finds_a_damaged_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SHIPPED / "compact-v1", tmp_path / "compact-v1")
    (tmp_path / "compact-v1" / ONNX).write_bytes(b"half a net")
    monkeypatch.setattr("cinemotion.flows.looking.doctor.SHIPPED", tmp_path)
    monkeypatch.setattr("cinemotion.learn.modelfolder.SHIPPED", tmp_path)
    assert run(["doctor"]) == 2
    printed = capsys.readouterr()
    assert "compact-v1       damaged" in printed.out
    assert "copy the model again" in printed.err


def test_dry_run_estimates_and_writes_nothing(
    demo_films: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["build", *map(str, demo_films), "--out", str(tmp_path / "d"), "--dry-run", "--json"]
    assert run([*command, "--detector", "centerface-float"]) == 0
    estimate = json.loads(capsys.readouterr().out)
    assert estimate["films"] == 2
    assert estimate["hours"] == pytest.approx((6.5 + 4.0) / 3600, rel=0.05)
    assert 15 <= estimate["samples"] <= 30
    assert estimate["disk_bytes"] > 100_000
    assert not (tmp_path / "d").exists()


def test_a_row_of_the_film_list_about_no_film_is_a_notice(
    demo_films: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "films.csv"
    table.write_text(f"path,title\n{demo_films[0].name},A\nb.mp4,B\nc.mp4,C\nd.mp4,\ne.mp4,\n")
    command = ["build", str(demo_films[0]), "--dry-run", "--films", str(table)]
    assert run(command) == 0
    err = capsys.readouterr().err
    assert (
        err == f"notice: {table}: no film matches b.mp4, c.mp4, d.mp4 and 1 more; check the path\n"
    )


def _complaint(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """Run a command that must fail with exit code 2 and one line; return the line."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_bad_input_is_one_line(
    tmp_path: Path, demo_films: list[Path], dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("no film")
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").write_text("precious")
    film = str(demo_films[0])
    new = str(tmp_path / "new")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "table.toml").write_text("sampling = 3\n")
    cases = {
        "no regular file": ["build", str(tmp_path / "pipe.mp4"), "--out", new],
        "'sampling' must be a table": [
            *("build", film, "--out", new, "--every", "1", "--recipe", str(tmp_path / "table.toml"))
        ],
        "nowhere.mp4": ["build", str(tmp_path / "nowhere.mp4"), "--out", new],
        "no video file found": ["build", str(tmp_path / "empty"), "--out", new],
        "text.mp4": ["build", str(tmp_path / "text.mp4"), "--out", new],
        "is a file": ["build", film, "--out", str(tmp_path / "file")],
        "holds no cinemotion dataset": ["build", film, "--out", str(tmp_path / "other")],
        "--out is missing": ["build", film],
        "exclude each other": ["build", film, "--out", new, "--keyframes", "--per-shot", "2"],
        "--per-shot and --every": [
            *("build", film, "--out", new, "--every", "1", "--per-shot", "2")
        ],
        "sampling.every": ["build", film, "--out", new, "--every", "-1"],
        "crop.size": ["build", film, "--out", new, "--crop-size", "3"],
        "unknown detector 'magic'": ["build", film, "--out", new, "--detector", "magic"],
        "cannot read the recipe": ["build", film, "--out", new, "--recipe", new],
        "No such option: --frobnicate": ["build", film, "--frobnicate"],
        "was built with another recipe": ["build", film, "--out", str(dataset), "--every", "0.25"],
        "holds no dataset": ["samples", str(tmp_path / "empty")],
        "cannot write": ["sheet", str(dataset), "--out", str(tmp_path / "no" / "sheet.png")],
        "a sheet is a PNG file, got": ["sheet", str(dataset), "--out", str(tmp_path / "x.jpg")],
        "no such file": ["detect", str(tmp_path / "nowhere.png")],
        "is not an image": ["detect", str(tmp_path / "text.mp4")],
        "No such command": ["transmogrify"],
    }
    for expected, arguments in cases.items():
        line = _complaint(capsys, arguments)
        assert expected.replace("no dataset", "no cinemotion dataset") in line, line
    assert not (tmp_path / "new").exists()


def test_a_file_that_begins_with_a_dash_is_told_from_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-video.mp4").write_text("no film")
    for command in (["probe", "-video.mp4"], ["build", "-video.mp4", "--out", "d"]):
        assert "write ./-video.mp4, or put -- before it" in _complaint(capsys, command)
    for name in (["./-video.mp4"], ["--", "-video.mp4"]):
        assert "cannot be opened as a film" in _complaint(capsys, ["probe", *name])
    assert "No such option: -o" in _complaint(capsys, ["probe", "-other.mp4"])


def test_a_recipe_file_is_read_and_checked(
    tmp_path: Path, demo_films: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.toml"
    out = str(tmp_path / "d")
    recipe.write_text("[sampling]\nevry = 2\n")
    line = _complaint(capsys, ["build", str(demo_films[0]), "--out", out, "--recipe", str(recipe)])
    assert "sampling.evry" in line
    recipe.write_text("[crop]\nstandardise = ['sepia']\n")
    line = _complaint(capsys, ["build", str(demo_films[0]), "--out", out, "--recipe", str(recipe)])
    assert "unknown standardisation step 'sepia'; choose one of: clahe" in line
    recipe.write_text("[sampling]\nevery = 2.0\n[crop]\nsize = 48\n")
    command = ["build", str(demo_films[0]), "--out", out, "--recipe", str(recipe)]
    assert run([*command, "--crop-size", "64", "--workers", "0"]) == 0
    from cinemotion import open_dataset

    opened = open_dataset(out)
    assert opened.image(opened.samples()["id"][0]).shape == (64, 64, 3)
    assert len(opened.frames()) == 4


def test_every_overrides_a_recipe_that_looks_at_shots(
    tmp_path: Path, demo_films: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[sampling]\nmode = 'per-shot'\nper_shot = 1\n")
    frames = []
    for option in ([], ["--every", "0.25"]):
        command = ["build", str(demo_films[0]), "--dry-run", "--json", "--recipe", str(recipe)]
        assert run([*command, *option]) == 0
        frames.append(json.loads(capsys.readouterr().out)["frames"])
    assert frames == [1, 26]


def test_strict_exits_with_one_when_a_film_failed(tmp_path: Path, demo_films: list[Path]) -> None:
    fake = tmp_path / "text.mp4"
    fake.write_text("no film")
    command = ["build", str(fake), str(demo_films[0]), "--out", str(tmp_path / "d")]
    assert run([*command, "--workers", "0"]) == 0
    assert run([*command, "--workers", "0", "--strict"]) == 1


def test_a_reader_that_goes_away_is_no_error(dataset: Path) -> None:
    pipe = f"{sys.executable} -m cinemotion samples {dataset} --json | head -n 1"
    done = subprocess.run(pipe, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_quiet_when_not_a_terminal(demo_films: list[Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cinemotion", "build", str(demo_films[0])]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "d")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
