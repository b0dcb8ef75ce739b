"""De-duplication of whole datasets: fingerprints, keepers, what is recorded and reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.deduplication import dedup_settings, uncovered
from cinemotion.dataset.store import Store
from cinemotion.flows.curating import fingerprints
from cinemotion.flows.curating.dedup import Embeddings, Nearness, dedup
from cinemotion.flows.curating.fingerprints import ensure_fingerprints
from smallsets import Still, add_stills, table
from twinned import draw

ONE, TWO, THREE = (draw(seed) for seed in (1, 2, 3))
PATCHED = ONE.copy()
PATCHED[:6, :6] = 255  # as a logo in the corner would: 4 bits of pHash, 1 of dHash
BLACK = np.zeros((48, 48, 3), np.uint8)

STILLS = [
    Still("1.png", ONE, track="x"),
    Still("1-copy.png", ONE, track="y"),
    Still("1-like.png", PATCHED, track="x"),
    Still("2.png", TWO, track="x"),
    Still("1-elsewhere.png", ONE, source="other"),
    Still("black.png", BLACK),
    Still("black-elsewhere.png", BLACK, source="other"),
    Still("blackish.png", BLACK + 1),
    Still("small.png", ONE, status="rejected", reason="small"),
]
ID = {still.member.removesuffix(".png"): still.id for still in STILLS}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Pictures with twins in two imports; the copy in the other import is the best."""
    store = Store.create(tmp_path / "d")
    add_stills(store, STILLS, votes=False)
    graded = [
        {"id": still.id, "status": still.status, "reason": still.reason, "quality": quality}
        for still, quality in zip(STILLS, [0.5, 0.4, 0.3, 0.2, 0.9, 0.1, 0.2, 0.1, 1], strict=True)
    ]
    store.replace("facts", table("facts", graded), key="id")
    return open_dataset(store.path)


def verdicts(dataset: Dataset) -> dict[str, tuple[str, str | None, str | None]]:
    """Status, reason and keeper's name by name."""
    name = {id: name for name, id in ID.items()}
    rows = dataset.samples().select("id", "status", "reason", "keeper").iter_rows()
    return {name[id]: (status, reason, name.get(keeper)) for id, status, reason, keeper in rows}


def test_the_best_of_each_group_is_kept(dataset: Dataset) -> None:
    report = dedup(dataset)
    twin = "1-elsewhere"
    assert verdicts(dataset) == {
        "1": ("rejected", "exact_twin", twin),
        "1-copy": ("rejected", "exact_twin", twin),
        "1-like": ("rejected", "near_twin", twin),
        "1-elsewhere": ("kept", None, twin),
        "2": ("kept", None, None),
        "black": ("rejected", "exact_twin", "black-elsewhere"),
        "black-elsewhere": ("kept", None, "black-elsewhere"),
        "blackish": ("kept", None, None),
        "small": ("rejected", "small", None),
    }
    assert (report.samples, report.kept, report.track_limit) == (8, 4, 0)
    exact, near = report.exact, report.near
    assert (exact.groups, exact.copies, exact.across_films) == (2, 3, 2)
    assert (near.groups, near.copies, near.across_films) == (1, 1, 1)
    assert report.films == [
        {"title": title, "samples": n, "kept": kept}
        | {"exact_twin": exact, "near_twin": near, "track_limit": 0}
        for title, n, kept, exact, near in (("course", 6, 2, 3, 1), ("other", 2, 2, 0, 0))
    ]


def test_limits_decide_what_is_near(dataset: Dataset) -> None:
    dedup(dataset, near=Nearness(phash=1, dhash=0, min_deviation=0))
    assert verdicts(dataset)["1-like"] == ("kept", None, None)
    assert verdicts(dataset)["blackish"] == ("rejected", "near_twin", "black-elsewhere")


def test_vectors_can_tell_twins_apart(dataset: Dataset) -> None:
    other_face = np.array([[1, 0], [0, 1]], np.float32)
    vectors = Embeddings([ID["1-elsewhere"], ID["1-like"]], other_face, limit=0.5)
    report = dedup(dataset, embeddings=vectors)
    assert verdicts(dataset)["1-like"] == ("kept", None, None)
    assert report.settings["cosine"] == 0.5


def test_a_track_keeps_what_differs_most(dataset: Dataset) -> None:
    report = dedup(dataset, per_track=1)
    found = verdicts(dataset)
    assert found["2"] == ("rejected", "track_limit", "1-elsewhere")
    assert found["1-like"] == ("rejected", "near_twin", "1-elsewhere")
    assert report.track_limit == 1 and report.settings["per_track"] == 1
    with pytest.raises(BadInputError, match="keeps 1 sample or more, got 0"):
        dedup(dataset, per_track=0)


def test_a_later_run_starts_anew(dataset: Dataset) -> None:
    dedup(dataset, per_track=1)
    dedup(dataset)
    first = dataset.table("duplicates")
    dedup(dataset)
    assert dataset.table("duplicates").equals(first)
    assert set(first["kind"]) == {"exact", "near"}


def test_a_dry_run_changes_nothing(dataset: Dataset) -> None:
    report = dedup(dataset, dry_run=True)
    assert report.kept == 4
    assert set(dataset.samples()["status"]) == {"kept", "rejected"}
    assert dataset.table("duplicates").is_empty() and dedup_settings(dataset.store) is None


def test_settings_are_recorded_and_new_samples_noticed(dataset: Dataset) -> None:
    assert dedup_settings(dataset.store) is None and uncovered(dataset) == 8
    dedup(dataset, per_track=9)
    near = {"phash": 6, "dhash": 10, "min_deviation": 5.0}
    assert dedup_settings(dataset.store) == near | {"per_track": 9}
    assert uncovered(dataset) == 0
    late = [Still("3.png", THREE, source="late"), Still("4.png", draw(4), source="other")]
    add_stills(dataset.store, late, votes=False)
    assert uncovered(dataset) == 2
    dedup(dataset)
    assert uncovered(dataset) == 0


def test_a_damaged_note_says_what_to_do(dataset: Dataset) -> None:
    (dataset.path / "dedup.json").write_text('{"settings": 3')
    with pytest.raises(DatasetError, match=r"cannot read .*dedup.json.*run cinemotion dedup again"):
        dedup_settings(dataset.store)
    dedup(dataset)
    assert dedup_settings(dataset.store) is not None


def test_a_run_that_dies_leaves_no_note(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    dedup(dataset)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "overwrite", dies)
    with pytest.raises(KeyboardInterrupt):
        dedup(dataset)
    assert dedup_settings(dataset.store) is None
    assert not list((dataset.path / ".locks").glob("draft-*"))


def test_an_empty_dataset_has_no_twins(tmp_path: Path) -> None:
    report = dedup(Dataset(Store.create(tmp_path / "d")))
    assert (report.samples, report.kept, report.films) == (0, 0, [])


def test_fingerprints_are_computed_once(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    prints = ensure_fingerprints(dataset, lambda done, total: told.append((done, total)))
    assert told == [(9, 9)] and prints.height == 9
    assert set(prints["id"]) == set(ID.values())
    same = prints.filter(pl.col("id").is_in([ID["1"], ID["1-copy"]]))
    assert same["pixels"].n_unique() == 1
    monkeypatch.setattr(Dataset, "images", None)  # no picture is decoded again
    assert ensure_fingerprints(dataset).equals(prints)


def test_fingerprints_go_on_where_a_run_was_stopped(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "_CHUNK_PIXELS", 24 * 24)  # one picture at a time
    monkeypatch.setattr(fingerprints, "_COMMIT_ROWS", 4)

    def stop(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_fingerprints(dataset, stop)
    assert dataset.table("fingerprints").height == 4
    told: list[tuple[int, int]] = []
    prints = ensure_fingerprints(dataset, lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5) and prints["id"].is_unique().all() and prints.height == 9


def test_pictures_that_cannot_be_read_have_no_fingerprint(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    store.append("stills", table("stills", [{"id": "a", "source": "s", "member": "a.png"}]))
    assert ensure_fingerprints(Dataset(store)).is_empty()


def test_two_runs_at_once_leave_one_row_each(dataset: Dataset) -> None:
    prints = ensure_fingerprints(dataset)
    dataset.store.append("fingerprints", dataset.store.read("fingerprints"))
    assert ensure_fingerprints(dataset).equals(prints)
    assert dedup(dataset).samples == 8


def test_the_note_is_json_for_people(dataset: Dataset) -> None:
    dedup(dataset)
    note = json.loads((dataset.path / "dedup.json").read_text())
    assert note["covered"] == {"course": 6, "other": 2}
