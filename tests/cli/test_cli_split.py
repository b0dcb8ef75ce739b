"""``cinemotion split`` as users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.store import Store
from smallsets import Still, add_stills, noise


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    store = Store.create(tmp_path / "d")
    add_stills(
        store,
        [
            Still(f"{i:03}.png", noise(i), label="happy" if i % 2 else "sad", film=f"{i // 4}")
            for i in range(40)
        ],
    )
    return store.path


def test_people_read_a_table(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", str(dataset), "--group", "film"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "by film: 40 samples in 10 groups"
    assert lines[1].split() == "class train % val % test % groups off %".split()
    assert lines[2].split() == "all 28 70.0 8 20.0 4 10.0 10 0.00".split()
    assert "deviation 0.0000, no split of these groups is below 0.0000 (search, optimal)" in lines


def test_programs_read_one_document(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["split", str(dataset), "--folds", "5", "--seed", "3", "--tolerance", "0.1"]
    assert run([*arguments, "--rebalance", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["level"], report["seed"], report["groups"]) == ("film", 3, 10)
    assert report["sides"] == [f"fold{i}" for i in range(5)]
    assert report["columns"][0]["sides"]["fold4"] == {"got": 8, "wanted": 8.0, "gap": 0.0}
    found = read_assignment(Store.open(dataset))
    assert found is not None and found[0].height == 40


def test_notices_go_beside_the_table(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", str(dataset), "--folds", "5", "--json"]) == 0
    assert run(["split", str(dataset), "--folds", "5", "--seed", "3", "--json"]) == 0
    captured = capsys.readouterr()
    assert "the settings differ from those of the earlier split" in captured.out
    assert run(["split", str(dataset), "--folds", "5", "--seed", "4"]) == 0
    assert "notice: the settings differ" in capsys.readouterr().err
    assert run(["split", str(dataset), "--folds", "6"]) == 2
    assert "is split into 5 folds and not into 6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ratios", "70/20/20"], "add up to 100, as in 70/20/10 or 80/20; got 70/20/20"),
        (["--ratios", "most"], "--ratios takes percent of train/val/test, as in 70/20/10"),
        (["--ratios", "nan/50/50"], "add up to 100"),
        (["--group", "actor"], "actor"),
        (["--folds", "1"], "--folds"),
    ],
)
def test_bad_input_is_exit_2_and_splits_nothing(
    dataset: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert run(["split", str(dataset), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert read_assignment(Store.open(dataset)) is None


def test_no_dataset_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
