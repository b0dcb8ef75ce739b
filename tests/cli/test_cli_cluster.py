"""``cinemotion cluster`` as users meet it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from clustered import featured


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    return featured(tmp_path_factory.mktemp("clustered") / "d")


def test_people_read_what_the_clusters_follow(
    reference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cluster", reference, "--features", "hand", "--k", "2"]) == 0
    text = capsys.readouterr().out
    assert "48 samples by hand (4 numbers, 4 after scaling standard), kmeans" in text
    assert "2 clusters of 24, 24" in text
    assert "The clusters follow the film most: AMI 1.00" in text
    assert "intervals of emotion: whole films are drawn" in text
    assert "not compared with the track: every sample has one of its own" in text
    assert "(of 48 samples), Davies-Bouldin" in text
    rows = [line.split() for line in text.splitlines()]
    assert next(row for row in rows if row[:1] == ["film"])[1:4] == ["48", "2", "1.0000"]
    assert ["angry", "12", "11"] in rows or ["angry", "11", "12"] in rows


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_figures_for_print(reference: str, tmp_path: Path, kind: str) -> None:
    options = ["--svg"] if kind == "svg" else []
    command = ["cluster", reference, "--features", "hand", "--k", "auto", *options]
    assert run([*command, "--figures", str(tmp_path / "figures")]) == 0
    names = {path.stem for path in (tmp_path / "figures").glob(f"*.{kind}")}
    for target in ("cluster", "emotion", "film"):
        assert {f"pca-2d-{target}", f"pca-3d-{target}"} <= names
    assert {"number-of-clusters", "emotion-by-cluster", "film-by-cluster"} <= names


def test_auto_shows_the_curve(reference: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--scaling", "whiten", "--components", "2", "--sample", "30", "--split", "train"]
    assert run(["cluster", reference, "--features", "chance", *options]) == 0
    text = capsys.readouterr().out
    assert "k by silhouette: " in text and "(of 24 samples)" in text
    assert "4 numbers, 2 after scaling whiten" in text


def test_programs_read_one_document(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "clusters.csv"
    options = ["--k", "2", "--seed", "4", "--against", "film,emotion", "--csv", str(out), "--json"]
    assert run(["cluster", reference, "--features", "hand", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["settings"]["seed"] == 4
    assert list(document["scores"]) == ["film", "emotion"]
    assert document["scores"]["film"]["ari"]["value"] == 1
    assert document["contingency"]["film"][0]["label"].endswith("Film 0")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 48 and list(rows[0])[:4] == ["id", "cluster", "split", "label"]
    assert [path.name for path in tmp_path.iterdir()] == ["clusters.csv"]


def test_a_sweep_is_a_ranked_table_and_a_file(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs.csv"
    options = ["--algorithm", "kmeans,hdbscan", "--k", "2", "--seeds", "2", "--csv", str(out)]
    call = ["cluster", reference, "--features", "chance,hand,flat", "--sweep", *options]
    assert run([*call, "--against", "film"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:5] == ["rank", "features", "algorithm", "runs", "k"]
    assert lines[1].split()[:3] == ["1", "hand", "hdbscan"]
    assert any(line.startswith("failed: flat, kmeans, 0: kmeans found one") for line in lines)
    with out.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 12
    assert run([*call, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["runs"]) == 12 and len(document["ranked"]) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--against", "shot"], "no sample has a shot"),
        (["--k", "1"], "with fewer than two clusters"),
        (["--k", "99"], "k = 99 is more than the 48 samples"),
        (["--k", "some"], "--k takes auto or a number, got 'some'"),
        (["--split", "test"], "no sample with these features is in the split 'test'"),
        (["--algorithm", "magic"], "unknown clustering algorithm 'magic'"),
        (["--algorithm", "kmeans,gmm"], "--sweep compares several"),
        (["--algorithm", "dbscan", "--k", "3"], "leave --k 3 out"),
        (["--scaling", "log"], "log"),
        (["--components", "5"], "48 samples with 4 numbers have 1 to 4"),
        (["--sweep", "--report", "x.html"], "a sweep has no --report"),
        (["--sweep", "--k", "99"], "no run came to an end"),
        (["--features", "flat", "--k", "2"], "kmeans found one cluster"),
        (["--features", "flat"], "no number of clusters can be chosen for 1 different samples"),
        (["--features", "f00d"], "f00d"),
        (["--csv", "/nowhere/x.csv", "--k", "2"], "cannot write /nowhere/x.csv"),
    ],
)
def test_bad_input_is_exit_2_and_one_line(
    reference: str, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    features = [] if "--features" in options else ["--features", "hand"]
    assert run(["cluster", reference, *features, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err and captured.err.count("\n") == 1


def test_no_labels_for_the_adjusted_rand_index_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["cluster", featured(tmp_path / "d", labels=False), "--features", "hand", "--k", "2"]
    for options in (["--against", "emotion"], ["--sweep"]):
        assert run([*call, *options]) == 2
        assert "no sample has an emotion" in capsys.readouterr().err
    assert run(call) == 0
    assert "not compared with the emotion: no sample has an emotion" in capsys.readouterr().out


def test_nan_features_are_one_line(
    reference: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cinemotion.flows.clustering.prepared import prepare

    table = prepare(reference, "hand").table
    table.vectors[3] = float("nan")
    monkeypatch.setattr("cinemotion.flows.clustering.prepared.load_features", lambda *_: table)
    assert run(["cluster", reference, "--features", "hand"]) == 2
    assert "1 of 48 samples hold NaN or infinity" in capsys.readouterr().err


def test_a_folder_without_a_version_is_one_line(
    reference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cluster", reference.rpartition("@")[0], "--features", "hand"]) == 2
    assert "names no version" in capsys.readouterr().err
