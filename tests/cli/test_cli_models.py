from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.votes import Votes
from cinemotion.flows.training.repeat import Repeated
from shown import shown, told_apart
from standins import stand_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"{told_apart(tmp_path_factory.mktemp('told') / 'd').path}@v1"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(stand_in(tmp_path_factory.mktemp("models") / "sharp"))


def test_a_model_is_trained_and_found_again(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("tf2onnx")
    out = str(tmp_path / "m")
    command = ["train", reference, "--model", "mini", "--size", "32", "--epochs", "2"]
    command += ["--batch-size", "16", "--policy", "none", "--out", out]
    assert run(command) == 0
    said = capsys.readouterr()
    assert "epoch 2/2" in said.err and "development samples (12)" in said.out
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["again"] and document["card"]["model"] == "mini"
    assert run([*command, "--folds", "--seeds", "2"]) == 2
    assert "goes without" in capsys.readouterr().err
    assert run(["evaluate", out, reference, "--json", "--no-robustness"]) == 0
    assert json.loads(capsys.readouterr().out)["sets"]["labels"]["samples"] == 12


@pytest.mark.parametrize("several", [["--seeds", "2"], ["--folds"]])
def test_a_margin_is_that_of_every_model(
    several: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[float] = []

    def trained(*_: object, margin: float, **__: object) -> Repeated:
        given.append(margin)
        return Repeated(Path("m"), "test", [], {})

    for name in ("train_seeds", "train_folds"):
        monkeypatch.setattr(f"cinemotion.flows.training.repeat.{name}", trained)
    assert run(["train", "d@v1", "--out", "m", "--margin", "1.5", *several]) == 0
    assert given == [1.5]


@pytest.mark.parametrize("version", ["nothing@v1", "nothing"])
def test_a_dataset_that_is_not_there_is_one_line(version: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cinemotion", "train", version, "--model", "mini"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "model")], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()  # TensorFlow was not loaded, which says more
    assert line.startswith("cinemotion: ")
    assert not (tmp_path / "model").exists()


def test_answers_as_text_and_as_json(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, bad = tmp_path / "a.png", tmp_path / "b.png"
    picture.write_bytes(encode_image(shown("sad", 1), "png"))
    bad.write_bytes(b"x")
    assert run(["predict", model, str(picture), "--crops", "given", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"model", "predictions"} and document["model"] == model
    [row] = document["predictions"]
    assert row["path"] == str(picture) and set(row["faces"][0]) >= {"box", "label", "probabilities"}
    assert row["faces"][0]["label"] == "sad"
    for named in (bad, tmp_path / "nothere.png"):
        assert run(["predict", model, str(named), str(picture), "--crops", "given"]) == 2
        said = capsys.readouterr()
        assert "a.png: sad (sad 1.00" in said.out and named.name in said.err
    assert run(["predict", model, str(tmp_path), "--crops", "given"]) == 0  # b.png was not named
    assert "b.png" in capsys.readouterr().err
    assert run(["predict", model, str(bad)]) == 2
    assert run(["predict", "nothing", str(picture)]) == 2
    assert "no model 'nothing'" in capsys.readouterr().err


def test_figures_and_comparisons_are_printed(
    model: str, reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "r.html"
    assert run(["evaluate", model, reference, "--report", str(page)]) == 0
    said = capsys.readouterr().out
    assert "labels: 12 samples, 3 classes" in said and "macro_f1" in said and "grain" in said
    assert page.read_text().startswith("<!DOCTYPE html>")
    for bad, words in ((tmp_path / "none" / "r.html", "no folder"), (tmp_path, "is a folder")):
        # Nothing was measured: not even the model was looked for.
        assert run(["evaluate", "nothing", reference, "--report", str(bad)]) == 2
        assert words in capsys.readouterr().err
    assert run(["compare", model, model, reference]) == 0
    assert "+0.0000" in capsys.readouterr().out
    assert run(["compare", model, model, reference, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sets"]["labels"]["p"] == 1
    assert run(["evaluate", model, reference, "--split", "dev"]) == 2
    assert "no side 'dev'" in capsys.readouterr().err


def test_a_model_suggests_labels(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = told_apart(tmp_path / "d", each=6).path
    before = Votes(path).table().height
    assert run(["labels", "suggest", str(path), "--model", model, "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["dry_run"] and Votes(path).table().height == before
    assert run(["labels", "suggest", str(path), "--model", model]) == 0
    assert f"{document['added']} votes added" in capsys.readouterr().out


def test_votes_can_be_weighed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = told_apart(tmp_path / "d", each=6).path
    one = json.loads((path / "tags" / "v1.json").read_text())["id"]
    weigh = ["freeze", str(path), "--tag", "v2", "--weigh", "rater unknown=20"]
    assert run(weigh) == 0
    assert json.loads((path / "tags" / "v2.json").read_text())["id"] != one
    assert "unknown" in capsys.readouterr().out
    for bad in ("fer2013", "=2", "a=x", "a=0", "a=-1"):
        assert run(["freeze", str(path), "--tag", "v3", "--weigh", bad]) == 2
        assert "\n" not in capsys.readouterr().err.strip()
