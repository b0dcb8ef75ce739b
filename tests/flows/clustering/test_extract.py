"""Features of a version: what is computed, kept, resumed, and left out with a reason."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import lance
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.types import Floats, Image
from cinemotion.dataset.features import FeatureStore, feature_id
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES
from cinemotion.dataset.versions import Version, open_version
from cinemotion.flows.clustering import features as module
from cinemotion.flows.clustering import vectors as pictures
from cinemotion.flows.clustering.features import extract, load_features
from cinemotion.flows.versions.forget import forget
from cinemotion.flows.versions.freeze import freeze
from cinemotion.learn.features import open_extractor
from featuremodels import onnx_model
from frozen import Sample, drawn, frozen, png, usual
from smallsets import Still, add_stills, make_set, noise, simple, split


@pytest.fixture
def version(tmp_path: Path) -> Version:
    return frozen(tmp_path / "d", usual())


@pytest.fixture
def reference(version: Version) -> str:
    return f"{version.path}@v1"


def kept(version: Version) -> pl.DataFrame:
    return version.samples().filter(pl.col("status") == "kept")


def put_bytes(store: Store, id: str, data: bytes | None) -> None:
    """Damage a picture in the store."""
    rows = pl.from_arrow(store.read("stills"))
    assert isinstance(rows, pl.DataFrame)
    changed = [row | ({"image": data} if row["id"] == id else {}) for row in rows.to_dicts()]
    store.overwrite("stills", pa.Table.from_pylist(changed, TABLES["stills"]))


def test_every_kept_sample_has_its_vector(version: Version, reference: str) -> None:
    report = extract(reference, "hog")
    # 24 with a class, one without votes, one whose label is no class; the rejected one is not.
    assert (report.samples, report.computed, report.reused, report.failed) == (26, 26, 0, {})
    table = load_features(reference, "hog")
    assert table.ids == kept(version)["id"].to_list() == table.samples["id"].to_list()
    expected = open_extractor("hog")(version.images(table.ids))
    np.testing.assert_array_equal(table.vectors, expected)
    assert table.name == "hog" and feature_id(table.recipe) == report.id
    assert set(table.samples.columns) >= {"split", "label", "film", "shot", "track", "title"}


def test_what_is_there_is_not_computed_again(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = extract(reference, "lbp")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture is read again")

    with monkeypatch.context() as patch:
        patch.setattr(Version, "encoded", refuse)
        again = extract(reference, "lbp")
    assert (again.id, again.computed, again.reused) == (first.id, 0, 26)


def test_versions_share_vectors(tmp_path: Path) -> None:
    stills = simple()
    store = make_set(tmp_path / "d", stills, level="film")
    freeze(store.path, tag="v1")
    extract(f"{store.path}@v1", "pixels")
    late = Still("ANGRY_00_0099.png", noise(99), label="angry", film="Film 0", clip="00")
    add_stills(store, [late])
    split(store, [*stills, late], level="film")
    freeze(store.path, tag="v2")
    report = extract(f"{store.path}@v2", "pixels")
    assert (report.samples, report.computed, report.reused) == (13, 1, 12)
    assert len(load_features(f"{store.path}@v1", "pixels").ids) == 12
    assert len(load_features(f"{store.path}@v2", "pixels").ids) == 13


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no bytes"),
        (b"hello", "are no image"),
        (png(0)[:200], "pixels are not those|no image"),
        (png(77), "its pixels are not those that were frozen"),
        (None, "could not be read when it was imported"),
    ],
)
def test_a_damaged_picture_is_a_row_with_a_reason(
    version: Version, reference: str, data: bytes | None, words: str
) -> None:
    whole = extract(reference, "pixels")
    vectors = load_features(reference, "pixels")
    bad = vectors.ids[7]
    good = version.encoded([bad])[0]
    put_bytes(version.store, bad, data)
    report = extract(reference, "lbp")
    assert (report.computed, list(report.failed)) == (25, [bad])
    assert any(word in report.failed[bad] for word in words.split("|"))
    table = load_features(reference, "lbp")
    assert bad not in table.ids and len(table.ids) == table.samples.height == 25
    # Once it is whole again, it alone is computed.
    put_bytes(version.store, bad, good)
    again = extract(reference, "lbp")
    assert (again.computed, again.reused, again.failed) == (1, 25, {})
    assert len(load_features(reference, "lbp").ids) == 26
    assert whole.computed == 26


def test_a_failure_is_written_down_once(version: Version, reference: str) -> None:
    put_bytes(version.store, kept(version)["id"][0], b"")
    reports = [extract(reference, "pixels") for _ in range(3)]
    assert [len(report.failed) for report in reports] == [1, 1, 1]
    [table] = (version.path / "features").glob("*.lance")
    assert lance.dataset(str(table)).count_rows() == 26


def test_a_vector_that_is_not_finite_is_a_row_with_a_reason(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd:
        recipe: Mapping[str, str] = MappingProxyType({"name": "odd"})
        dimensions = 2

        def __call__(self, images: Sequence[Image]) -> Floats:
            found = np.array([image.mean() for image in images], np.float32)
            return np.stack([found, np.where(found > found.min(), found, np.nan)], axis=1)

    monkeypatch.setattr(module, "open_extractor", lambda spec: Odd())
    report = extract(reference, "odd")
    assert len(report.failed) == 1
    assert set(report.failed.values()) == {"its vector has numbers that are not finite"}
    assert np.isfinite(load_features(reference, "odd").vectors).all()


KILLED = """
import os, signal, sys
from cinemotion.flows.clustering import features as module
module._COMMIT_ROWS = 6
module.extract(sys.argv[1], "hog", batch=2, progress=lambda done, total: done >= 12 and os.kill(
    os.getpid(), signal.SIGKILL))
"""


def test_after_a_kill_only_the_rest_is_computed(version: Version, reference: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, reference], check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(DatasetError, match="lack 14 of 26 samples"):
        load_features(reference, "hog")
    report = extract(reference, "hog")
    assert (report.computed, report.reused) == (14, 12)
    table = load_features(reference, "hog")
    expected = open_extractor("hog")(version.images(table.ids))
    np.testing.assert_array_equal(table.vectors, expected)


SLOW = """
import sys, time
from cinemotion.flows.clustering import features as module
module._COMMIT_ROWS = 1
module.extract(sys.argv[1], "pixels", batch=1, progress=lambda *_: time.sleep(0.02))
"""


def test_a_kill_at_any_moment_loses_no_more_than_a_commit(reference: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLOW, reference])
    path = Path(reference.removesuffix("@v1"))
    id = feature_id(open_extractor("pixels").recipe)
    while len(FeatureStore(path).known(id)) < 4:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there = len(FeatureStore(path).known(id))
    report = extract(reference, "pixels")
    assert (report.reused, report.computed) == (there, 26 - there)
    assert len(load_features(reference, "pixels").ids) == 26


def test_batches_are_bounded_by_pictures_and_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [(24, 24)] * 5 + [(60, 60)] * 3
    samples = [Sample(f"{i}.png", png(i, *size)) for i, size in enumerate(sizes)]
    frozen(tmp_path / "d", samples)
    given: list[list[int]] = []
    extractor = open_extractor("pixels")

    class Watched:
        recipe = extractor.recipe
        dimensions = extractor.dimensions

        def __call__(self, images: Sequence[Image]) -> Floats:
            given.append([image.shape[0] * image.shape[1] for image in images])
            return extractor(images)

    monkeypatch.setattr(module, "open_extractor", lambda spec: Watched())
    monkeypatch.setattr(pictures, "_BATCH_PIXELS", 4500)
    extract(f"{tmp_path / 'd'}@v1", "pixels", batch=3)
    assert sorted(size for batch in given for size in batch) == [576] * 5 + [3600] * 3
    assert all(len(batch) <= 3 and sum(batch) <= 4500 for batch in given)
    assert max(map(len, given)) > 1


def test_progress_counts_what_there_is_to_do(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_COMMIT_ROWS", 8)
    told: list[tuple[int, int]] = []
    extract(reference, "pixels", batch=4, progress=lambda *at: told.append(at))
    assert told == [(8, 26), (16, 26), (24, 26), (26, 26)]


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_a_file_for_others(
    version: Version, reference: str, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cinemotion.flows.clustering.featurefile._ROWS", 10)
    put_bytes(version.store, kept(version)["id"][3], b"")
    out = tmp_path / f"out{suffix}"
    extract(reference, "pixels", out=out)
    table = load_features(reference, "pixels")
    if suffix == ".npz":
        with np.load(out, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    else:
        frame = pl.read_parquet(out)
        found = {name: frame[name].fill_null("").to_numpy() for name in ("id", "label", "split")}
        found["vector"] = frame["vector"].to_numpy()
    assert found["id"].tolist() == table.ids and len(table.ids) == 25
    np.testing.assert_array_equal(found["vector"], table.vectors)
    assert found["label"].tolist() == table.samples["label"].fill_null("").to_list()
    assert found["split"].tolist() == table.samples["split"].fill_null("").to_list()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_cannot_be_written_is_said_before_the_work(
    version: Version, reference: str, tmp_path: Path
) -> None:
    for out, words in (
        (tmp_path / "x.csv", "OUT.npz"),
        (tmp_path / "no" / "x.npz", "is no folder"),
    ):
        with pytest.raises(BadInputError, match=words):
            extract(reference, "pixels", out=out)
    assert not (version.path / "features").exists()


def test_features_are_found_by_spec_id_and_other_spellings(reference: str, tmp_path: Path) -> None:
    id = extract(reference, "classic").id
    extract(reference, "pixels")
    for name in ("classic", "classic:spp", id, id[:6]):
        assert load_features(reference, name).name == "classic"
    with pytest.raises(DatasetError, match=r"no one set of features 'hog', only: .*pixels \("):
        load_features(reference, "hog")
    with pytest.raises(DatasetError, match="no one set of features 'ffffffff'"):
        load_features(reference, "ffffffff")
    with pytest.raises(BadInputError, match="unknown feature extractor 'sift'"):
        load_features(reference, "sift")


def test_a_model_that_was_trained_on_gives_a_set_of_its_own(reference: str, tmp_path: Path) -> None:
    path = onnx_model(tmp_path / "net.onnx", seed=1)
    spec = f"onnx:{path}"
    first = extract(reference, spec).id
    onnx_model(path, seed=2)
    second = extract(reference, spec).id
    assert first != second
    now = load_features(reference, spec)
    assert feature_id(now.recipe) == second
    assert not np.array_equal(load_features(reference, first).vectors, now.vectors)
    path.unlink()
    assert load_features(reference, second).vectors.shape == (26, 5)


def test_forgotten_samples_have_no_features_any_more(version: Version, reference: str) -> None:
    pixels, _ = (extract(reference, spec).id for spec in ("pixels", "lbp"))
    gone = kept(version).filter(pl.col("film") == "film/Film 1")["id"].to_list()
    store = FeatureStore(version.path)
    sample = store.read(pixels, gone[:1]).tobytes()[:48]
    assert _holding(version.path / "features", gone[0].encode())
    assert _holding(version.path / "features", sample)
    assert len(forget(version.path, "Film 1").samples) == len(gone) == 6
    assert _holding(version.path / "features", sample) == []
    for id in gone:
        assert _holding(version.path / "features", id.encode()) == []
    for spec in ("pixels", "lbp"):
        assert len(load_features(reference, spec).ids) == 20
        assert extract(reference, spec).reused == 20


def test_what_is_forgotten_during_the_work_does_not_come_back(
    version: Version, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = FeatureStore.add
    gone = kept(version).filter(pl.col("film") == "film/Film 1")["id"].to_list()

    def late(self: FeatureStore, *values: object, **options: object) -> str:
        if not open_version(version.path, "v1").redacted:
            forget(version.path, "Film 1")
        return add(self, *values, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FeatureStore, "add", late)
    extract(reference, "pixels")
    monkeypatch.undo()
    for id in gone:
        assert _holding(version.path / "features", id.encode()) == []
    assert len(load_features(reference, "pixels").ids) == 20


def test_a_version_without_kept_samples_is_refused(tmp_path: Path) -> None:
    frozen(tmp_path / "d", [Sample("a.png", png(1), film="Film 1")])
    forget(tmp_path / "d", "Film 1")
    for act in (extract, load_features):
        with pytest.raises(BadInputError, match="holds no kept sample"):
            act(f"{tmp_path / 'd'}@v1", "pixels")


def test_a_version_must_be_named(version: Version) -> None:
    with pytest.raises(BadInputError, match="names no version"):
        extract(str(version.path), "pixels")
    with pytest.raises(DatasetError, match="has no version 'v9'"):
        extract(f"{version.path}@v9", "pixels")


def _holding(folder: Path, marker: bytes) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and marker in p.read_bytes()]


def test_large_pictures_are_features_too(tmp_path: Path) -> None:
    image = drawn(3, 700, 500)
    frozen(tmp_path / "d", [Sample("large.png", png(3, 700, 500))])
    extract(f"{tmp_path / 'd'}@v1", "hog")
    [vector] = load_features(f"{tmp_path / 'd'}@v1", "hog").vectors
    np.testing.assert_array_equal(vector, open_extractor("hog")([image])[0])
