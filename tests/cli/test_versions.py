"""The commands around frozen versions, as users meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from cinemotion.dataset.assignment import read_assignment, write_assignment
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.store import Store
from cinemotion.dataset.votes import Vote, Votes
from smallsets import Still, make_set, simple


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    return str(make_set(tmp_path / "d", simple(), level="film").path)


def _document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run([*arguments, "--json"]) == 0
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


def _complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_from_freezing_to_forgetting(dataset: str, capsys: pytest.CaptureFixture[str]) -> None:
    frozen = _document(capsys, "freeze", dataset, "--tag", "v1", "--message", "first")
    assert frozen["tag"] == "v1" and frozen["message"] == "first"
    assert frozen["proof"]["holds"]  # type: ignore[index]
    Votes(Path(dataset)).add([Vote(simple()[0].id, "sad", "anna")])
    second = _document(capsys, "freeze", dataset, "--tag", "v2", "--classes", "happy, angry,sad")
    assert second["classes"] == ["happy", "angry", "sad"]
    listed = _document(capsys, "versions", dataset)["versions"]
    assert [row["tags"] for row in listed] == [["v1"], ["v2"]]  # type: ignore[union-attr,index]
    shown = _document(capsys, "show", f"{dataset}@v2")
    assert shown["parent"] == frozen["id"]
    found = _document(capsys, "diff", f"{dataset}@v1", f"{dataset}@v2")
    assert found["relabelled"]["count"] == 1  # type: ignore[index]
    assert _document(capsys, "diff", dataset, "v1", "v2") == found
    assert _document(capsys, "checkout", f"{dataset}@v1")["id"] == frozen["id"]
    gone = _document(capsys, "forget", dataset, "course", "--yes")
    assert gone["samples"] == 12
    assert gone["versions"] == {frozen["id"]: 12, second["id"]: 12}
    assert _document(capsys, "show", f"{dataset}@v1")["redacted"] == 12


def test_people_read_tables(dataset: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["freeze", dataset, "--tag", "v1"]) == 0
    assert "train      2      2" in capsys.readouterr().out
    assert run(["versions", dataset]) == 0
    assert "HEAD" in capsys.readouterr().out
    assert run(["show", f"{dataset}@v1"]) == 0
    shown = capsys.readouterr().out
    assert "film       checked, 3 groups, none straddles" in shown
    assert "scene      not available" in shown
    assert "closest: " in shown
    assert "import course: rights of course" in shown
    Votes(Path(dataset)).add([Vote(simple()[0].id, "sad", "anna")])
    assert run(["freeze", dataset, "--tag", "v2"]) == 0
    assert run(["diff", dataset, "v1", "v2"]) == 0
    assert "happy → sad: 1" in capsys.readouterr().out
    assert run(["checkout", f"{dataset}@v1"]) == 0
    assert run(["forget", dataset, "Film 1", "--yes"]) == 0
    assert "redacted, 4 samples" in capsys.readouterr().out
    assert run(["show", f"{dataset}@v1"]) == 0
    assert "redacted, 4 samples" in capsys.readouterr().out


def test_a_leak_is_refused_or_shouted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twin = Still("twin.png", simple()[0].image, split="test", film="Film 2", clip="02")
    dataset = str(make_set(tmp_path / "d", [*simple(), twin], level="film").path)
    line = _complaint(capsys, "freeze", dataset, "--tag", "v1")
    assert "2 leaks across splits; the first: " in line and "are exact twins" in line
    command = ["freeze", dataset, "--tag", "v1", "--json", "--allow-leakage", "to show it"]
    assert run(command) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["allowed_leakage"] == "to show it"
    assert "WARNING: this version LEAKS (1 × exact twin, 1 × near twin)" in captured.err
    assert run(["show", f"{dataset}@v1"]) == 0
    assert "LEAKS, and was allowed to: to show it" in capsys.readouterr().out
    assert run(["versions", dataset]) == 0
    assert "LEAKS: to show it" in capsys.readouterr().out


def test_bad_input_is_one_line(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["freeze", dataset, "--tag", "v1"]) == 0
    capsys.readouterr()
    nothing = str(tmp_path / "nothing")
    cases = {
        "holds no cinemotion dataset": ["freeze", nothing, "--tag", "v1"],
        "cannot be a tag": ["freeze", dataset, "--tag", "a b"],
        "no kept sample is labelled 'zest'": ["freeze", dataset, "--tag", "w", "--classes", "zest"],
        "needs a reason": ["freeze", dataset, "--tag", "w", "--allow-leakage", " "],
        "names no version": ["show", dataset],
        "has no version 'v9'": ["show", f"{dataset}@v9"],
        "no version 'v8'": ["diff", dataset, "v1", "v8"],
        "no version 'v7'": ["checkout", f"{dataset}@v7"],
        "no film, import or film of an import named 'X'": ["forget", dataset, "X", "--yes"],
        "would remove 12 samples for good; add --yes": ["forget", dataset, "course"],
    }
    for expected, arguments in cases.items():
        assert expected in _complaint(capsys, *arguments), expected
    assert len(list((Path(dataset) / "versions").iterdir())) == 1
    assert open_dataset(dataset).samples().height == 12


def test_a_split_that_misses_a_sample_names_the_command(
    dataset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(Path(dataset))
    found = read_assignment(store)
    assert found is not None
    write_assignment(store, found[0].head(11), found[1])
    line = _complaint(capsys, "freeze", dataset, "--tag", "v1")
    assert f"run again: cinemotion split {dataset}" in line
