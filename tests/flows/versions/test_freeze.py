from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from cinemotion.core.errors import BadInputError, CinemotionError, DatasetError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.identity import content_digest, version_id
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import open_version, read_head
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.versions.freeze import freeze
from smallsets import Still, add_stills, make_set, noise, simple, split, table


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_set(tmp_path / "d", simple())


def _with(still: Still, **changes: object) -> Still:
    return dataclasses.replace(still, **changes)  # type: ignore[arg-type]


def test_a_version_holds_what_the_dataset_held(store: Store) -> None:
    version = freeze(store.path, tag="v1", message="first")
    samples = version.samples()
    assert version.classes == ("angry", "happy")
    assert version.tags == ("v1",)
    assert dict(samples.group_by("split").len().iter_rows()) == {"train": 4, "val": 4, "test": 4}
    first = samples.filter(pl.col("id") == simple()[1].id).row(0, named=True)
    assert first["label"] == "angry"
    assert first["distribution"] == [1.0, 0.0, 0.0, 0.0]
    assert (first["film"], first["member"]) == ("film/Film 1", "ANGRY_01_0001.png")
    [image] = version.images([first["id"]])
    assert (image == noise(1)).all()
    assert version.encoded([first["id"]]) == open_dataset(store.path).encoded([first["id"]])
    assert version.record["counts"]["train"] == {"angry": 2, "happy": 2}
    assert version.record["sources"] == [
        {"name": "course", "kind": "folder", "rights": "rights of course"}
    ]
    assert version.record["proof"]["holds"]


def test_it_is_opened_by_tag_by_id_and_by_the_start_of_one(store: Store) -> None:
    version = freeze(store.path, tag="v1")
    for name in ("v1", version.id, version.id[:6]):
        assert open_dataset(store.path, version=name).id == version.id
    with pytest.raises(DatasetError, match=r"no version 'v2'; its tags: v1"):
        open_version(store.path, "v2")
    with pytest.raises(DatasetError, match="no version"):
        open_version(store.path, version.id[:5])


def test_equal_contents_have_equal_ids_anywhere(tmp_path: Path) -> None:
    stills = simple()
    first = freeze(make_set(tmp_path / "here", stills).path, tag="v1")
    backwards = make_set(tmp_path / "far" / "there", stills[::-1])
    Votes(backwards.path).add([Vote(stills[0].id, "sad", "anna")])  # and taken back again
    Votes(backwards.path).add([Vote(stills[0].id, "unlabelled", "anna")])
    backwards.compact(0)
    second = freeze(backwards.path, tag="other", message="words do not count")
    assert first.id == second.id
    assert first.record["votes"] != second.record["votes"]


def test_the_same_again_is_the_same_version_with_one_more_tag(store: Store) -> None:
    first = freeze(store.path, tag="v1")
    again = freeze(store.path, tag="final")
    assert again.id == first.id
    assert again.tags == ("final", "v1")
    assert len(list((store.path / "versions").iterdir())) == 1


@pytest.mark.parametrize("change", ["label", "split", "status", "pixels", "sample", "classes"])
def test_whatever_counts_changes_the_id(tmp_path: Path, change: str) -> None:
    stills = simple()
    before = freeze(make_set(tmp_path / "a", stills).path, tag="v1")
    last = stills[-1]
    changed = {
        "label": _with(last, label="happy"),
        "split": _with(last, split="train", clip="03", film="Film 9"),
        "status": _with(last, status="rejected", reason="blurred"),
        "pixels": _with(last, image=noise(99)),
        "sample": _with(last, member="another.png"),
        "classes": last,
    }[change]
    store = make_set(tmp_path / "b", [*stills[:-1], changed])
    classes = ["happy", "angry"] if change == "classes" else None
    assert freeze(store.path, tag="v1", classes=classes).id != before.id


def test_a_version_follows_its_parent(store: Store) -> None:
    first = freeze(store.path, tag="v1")
    Votes(store.path).add([Vote(simple()[0].id, "sad", "anna")])
    second = freeze(store.path, tag="v2")
    assert second.record["parent"] == first.id
    assert first.record["parent"] is None
    assert read_head(store.path) == second.id
    assert second.id == version_id(second.record["content"], first.id)
    manifest = second.manifest()
    assert second.record["content"] == content_digest(
        manifest.sample(fraction=1, shuffle=True, seed=1).iter_rows(named=True),
        labels=second.record["labels"],
        classes=second.classes,
        recipe=second.record["recipe"],
    )


def test_a_version_keeps_what_later_changes(store: Store) -> None:
    version = freeze(store.path, tag="v1")
    before = version.samples()
    Votes(store.path).add([Vote(still.id, "fear", "anna") for still in simple()])
    split(store, [_with(still, split="train") for still in simple()])
    assert open_version(store.path, "v1").samples().equals(before)


def test_a_tag_that_points_elsewhere_is_refused(store: Store) -> None:
    freeze(store.path, tag="v1")
    Votes(store.path).add([Vote(simple()[0].id, "sad", "anna")])
    with pytest.raises(BadInputError, match=r"the tag v1 points to"):
        freeze(store.path, tag="v1")
    assert len(list((store.path / "versions").iterdir())) == 1


@pytest.mark.parametrize("tag", ["", "a/b", "..", "deadbeef", "v 1", "-v"])
def test_a_tag_must_be_a_name(store: Store, tag: str) -> None:
    with pytest.raises(BadInputError, match="cannot be a tag"):
        freeze(store.path, tag=tag)


def test_without_a_split_nothing_is_frozen(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    add_stills(store, simple())
    with pytest.raises(DatasetError, match="run: cinemotion split"):
        freeze(store.path, tag="v1")
    assert not (store.path / "versions").exists()


def test_samples_after_the_split_need_another_split(store: Store) -> None:
    add_stills(store, [Still("late.png", noise(77))])
    with pytest.raises(DatasetError, match=r"1 of 13 kept samples .* run again: cinemotion split"):
        freeze(store.path, tag="v1")


def test_unfinished_imports_and_films_are_left_out(store: Store) -> None:
    before = freeze(store.path, tag="v1")
    add_stills(store, [Still("early.png", noise(77), source="half")])
    store.delete("sources", "name = 'half'")
    crop = {"id": "c" * 64, "film": "f", "recipe": "r", "image": b""}
    store.append("crops", table("crops", [crop]))
    store.append("fingerprints", table("fingerprints", [{"id": "c" * 64, "pixels": "p"}]))
    assert freeze(store.path, tag="v2").id == before.id


def test_what_bridges_two_sides_is_rejected(tmp_path: Path) -> None:
    stills = simple()
    store = make_set(tmp_path / "d", stills)
    from cinemotion.dataset.assignment import read_assignment, write_assignment

    found = read_assignment(store)
    assert found is not None
    bridge = pl.col("id") == stills[0].id
    rows = found[0].with_columns(
        split=pl.when(~bridge).then("split"),
        reason=pl.when(bridge).then(pl.lit("bridges_splits")),
    )
    write_assignment(store, rows, found[1])
    version = freeze(store.path, tag="v1")
    [row] = version.samples().filter(bridge).to_dicts()
    assert (row["status"], row["reason"], row["split"]) == ("rejected", "bridges_splits", None)
    assert version.record["statuses"] == {
        "kept": 11,
        "pending": 0,
        "rejected": {"bridges_splits": 1},
    }


def test_answers_and_unlabelled_samples_stay_and_are_no_class(tmp_path: Path) -> None:
    stills = simple()
    for index, label in enumerate((None, "unknown", "not_a_face", "contempt", "zest")):
        stills[index] = _with(stills[index], label=label)
    version = freeze(make_set(tmp_path / "d", stills).path, tag="v1")
    assert version.classes == ("angry", "happy", "contempt", "zest")
    assert version.record["labels"] == [*version.classes, "unknown", "not_a_face"]
    samples = {row["id"]: row for row in version.samples().iter_rows(named=True)}
    assert samples[stills[0].id]["distribution"] is None
    assert samples[stills[1].id]["label"] == "unknown"
    assert samples[stills[2].id]["distribution"] == [0, 0, 0, 0, 0, 1]


def test_classes_can_be_pinned(tmp_path: Path) -> None:
    stills = simple()
    store = make_set(tmp_path / "d", stills)
    votes = [Vote(stills[0].id, "happy", "anna", count=2), Vote(stills[0].id, "sad", "anna")]
    Votes(store.path).add(votes)
    all_seven = freeze(store.path, tag="v1", classes=["Happy", "sadness", "neutral"])
    assert all_seven.classes == ("happy", "sad", "neutral")
    rows = {row["id"]: row for row in all_seven.samples().iter_rows(named=True)}
    assert rows[stills[0].id]["distribution"] == [2 / 3, 1 / 3, 0, 0, 0]
    assert rows[stills[1].id]["label"] is None  # angry is no class of this version
    only = freeze(store.path, tag="v2", classes=["happy"])
    rows = {row["id"]: row for row in only.samples().iter_rows(named=True)}
    assert rows[stills[0].id]["distribution"] == [1.0, 0, 0]
    for names, line in {
        ("happy", "hapy"): "no kept sample is labelled 'hapy'; there are: angry, happy",
        ("happy", "Happy"): "twice",
        ("unknown",): "is an answer",
        (): "empty",
    }.items():
        with pytest.raises(BadInputError, match=line):
            freeze(store.path, tag="v3", classes=names)


def test_annotators_can_be_chosen(store: Store) -> None:
    Votes(store.path).add([Vote(simple()[1].id, "sad", "anna")])
    version = freeze(store.path, tag="v1", annotators=["anna"])
    assert version.samples()["label"].drop_nulls().to_list() == ["sad"]
    assert version.record["recipe"]["labels"] == {"annotators": ["anna"]}


def test_a_frozen_folder_that_is_damaged_is_one_line(store: Store) -> None:
    version = freeze(store.path, tag="v1")
    (version.folder / "manifest.parquet").write_bytes(b"no parquet")
    with pytest.raises(DatasetError, match="restore it from a copy"):
        open_version(store.path, "v1").samples()
    (version.folder / "version.json").write_text("{")
    with pytest.raises(DatasetError, match="restore it from a copy"):
        _ = open_version(store.path, "v1").record


def test_a_kill_before_the_rename_leaves_no_version(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            freeze(store.path, tag="v1")
    assert not list((store.path / "versions").iterdir())
    assert not list((store.path / ".locks").glob("draft-*"))
    assert freeze(store.path, tag="v1").record["parent"] is None


def test_a_dataset_without_kept_samples_is_refused(tmp_path: Path) -> None:
    rejected = [_with(still, status="rejected", reason="small") for still in simple()]
    store = make_set(tmp_path / "d", rejected)
    with pytest.raises(CinemotionError, match="no kept sample"):
        freeze(store.path, tag="v1")
