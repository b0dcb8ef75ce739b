"""Class folders sorted by hand."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.images import decode_image, encode_image
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.labels import resolve_labels
from cinemotion.flows.labelling.sorting import export_folder, folder_name, import_folder
from labelled import make_dataset, picture, sample_id


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = make_dataset(tmp_path / "d", stills=list("abcde"), twins=[("e", "a", "exact")])
    said = {"a": "happy", "b": "sad", "c": "bored"}
    Votes(made.path).add([Vote(sample_id(n), x, "course", "import") for n, x in said.items()])
    return made


def _labels(dataset: Dataset) -> dict[str, str | None]:
    known = dict(resolve_labels(dataset).select("id", "label").rows())
    return {name: known[sample_id(name)] for name in "abcd"}


def _move(folder: Path, name: str, old: str, new: str) -> Path:
    (folder / new).mkdir(exist_ok=True)
    file = f"{sample_id(name)}.png"
    return (folder / old / file).rename(folder / new / file)


def test_export(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    told: list[tuple[int, int]] = []
    counts = export_folder(dataset.path, out, progress=lambda done, all: told.append((done, all)))
    assert counts == {"bored": 1, "happy": 1, "sad": 1, "unlabelled": 1}  # e is a twin of a
    assert told == [(4, 4)]
    folders = {path.name for path in out.iterdir() if path.is_dir()}
    assert folders >= {"angry", "neutral", "unknown", "not_a_face", "unlabelled", "bored"}
    for name, folder in [("a", "happy"), ("b", "sad"), ("c", "bored"), ("d", "unlabelled")]:
        data = (out / folder / f"{sample_id(name)}.png").read_bytes()
        assert (decode_image(data) == decode_image(picture(name))).all()
    assert not [path for path in tmp_path.iterdir() if "draft" in path.name]


def test_export_turns_other_formats_into_png(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jpeg = encode_image(decode_image(picture("a")), "jpeg")
    monkeypatch.setattr("labelled.picture", lambda name: jpeg)
    dataset = make_dataset(tmp_path / "d", stills=["a"])
    export_folder(dataset.path, tmp_path / "out")
    data = (tmp_path / "out" / "unlabelled" / f"{sample_id('a')}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert (decode_image(data) == decode_image(jpeg)).all()


def test_export_overwrites_nothing(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    export_folder(dataset.path, tmp_path / "empty")
    with pytest.raises(BadInputError, match="not empty"):
        export_folder(dataset.path, tmp_path / "empty")
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match="not empty"):
        export_folder(dataset.path, tmp_path / "file")


def test_export_that_fails_leaves_nothing(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Exception, match="No space left"):
        export_folder(dataset.path, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"d"}


def test_what_was_moved_becomes_votes(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    _move(out, "a", "happy", "Surprised")
    _move(out, "d", "unlabelled", "not_a_face")
    done = import_folder(dataset.path, out, annotator="anna")
    assert (done.files, done.moved, done.added, done.notices) == (4, 2, 2, [])
    # By hand outranks what was imported: a correction ends in no tie.
    expected = {"a": "surprise", "b": "sad", "c": "bored", "d": "not_a_face"}
    assert _labels(dataset) == expected
    again = import_folder(dataset.path, out, annotator="anna")
    assert (again.moved, again.added) == (2, 0)
    assert Votes(dataset.path).table()["annotator"].to_list().count("anna") == 2


def test_all_confirms_what_was_left_in_place(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    _move(out, "a", "happy", "fear")
    done = import_folder(dataset.path, out, annotator="anna", everything=True)
    assert (done.moved, done.added) == (1, 3)  # d is unlabelled: no vote
    said = Votes(dataset.path).current(annotators=["anna"])
    assert dict(said.select("sample", "label").rows()) == {
        sample_id("a"): "fear",
        sample_id("b"): "sad",
        sample_id("c"): "bored",
    }


def test_moving_back_to_unlabelled_takes_a_vote_back(dataset: Dataset, tmp_path: Path) -> None:
    Votes(dataset.path).add([Vote(sample_id("d"), "fear", "anna")])
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    _move(out, "d", "fear", "unlabelled")
    _move(out, "b", "sad", "unlabelled")  # the import's label is not anna's to take back
    done = import_folder(dataset.path, out, annotator="anna")
    assert (done.moved, done.added) == (2, 1)
    assert _labels(dataset) == {"a": "happy", "b": "sad", "c": "bored", "d": None}


def test_files_are_found_by_the_id_in_their_names(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    moved = _move(out, "a", "happy", "fear")
    moved.rename(moved.with_name(f"Copy of {moved.stem.upper()} (1).PNG"))
    (out / "fear" / "holiday.png").touch()
    (out / "fear" / "Thumbs.db").touch()
    (out / ".DS_Store").touch()
    (out / "stray.png").touch()
    (out / "bored" / "deeper").mkdir()
    _move(out, "c", "bored", "bored/deeper")
    (out / "exported.csv").unlink()  # then the labels of now are what counts as the old place
    done = import_folder(dataset.path, out, annotator="anna")
    assert (done.files, done.added) == (3, 1)
    assert len(done.notices) == 1 and done.notices[0].startswith("3 files have no id")
    assert _labels(dataset)["a"] == "fear"


def test_new_folders_are_new_classes_with_a_notice(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    _move(out, "a", "happy", "Deep Thought")
    done = import_folder(dataset.path, out, annotator="anna")
    assert done.added == 1 and "'deep_thought' is no emotion that we know" in done.notices[0]
    assert len(done.notices) == 1  # bored was known before
    assert _labels(dataset)["a"] == "deep_thought"


def test_votes_in_between_move_nothing(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    Votes(dataset.path).add([Vote(sample_id("b"), "angry", "ben")])
    assert import_folder(dataset.path, out, annotator="anna").added == 0
    assert _labels(dataset)["b"] == "angry"


def test_a_sample_in_two_folders_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    export_folder(dataset.path, out)
    file = f"{sample_id('a')}.png"
    shutil.copy(out / "happy" / file, out / "sad" / file)
    with pytest.raises(BadInputError, match=r"lies in the folders happy and sad"):
        import_folder(dataset.path, out, annotator="anna")
    assert Votes(dataset.path).current(annotators=["anna"]).is_empty()


def test_what_is_no_sorted_folder_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no folder"):
        import_folder(dataset.path, tmp_path / "missing", annotator="anna")
    (tmp_path / "other" / "happy").mkdir(parents=True)
    (tmp_path / "other" / "happy" / "x.png").touch()
    with pytest.raises(BadInputError, match="has the id of a sample"):
        import_folder(dataset.path, tmp_path / "other", annotator="anna")


@pytest.mark.parametrize("label", ["../evil", "a/b", "..", ".hidden", "50%", "what?", "x.", "ä"])
def test_any_label_is_a_safe_folder_and_comes_back(tmp_path: Path, label: str) -> None:
    name = folder_name(label)
    assert os.sep not in name and name[0] != "." and name[-1] not in ". "
    dataset = make_dataset(tmp_path / "d", stills=["a"])
    Votes(dataset.path).add([Vote(sample_id("a"), label, "course", "import")])
    export_folder(dataset.path, tmp_path / "out")
    done = import_folder(dataset.path, tmp_path / "out", annotator="anna", everything=True)
    assert (done.moved, done.added) == (0, 1)
    assert Votes(dataset.path).current(annotators=["anna"])["label"].to_list() == [label]
    assert is_dataset(dataset.path)
