from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DatasetError, MissingExtraError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import Version
from cinemotion.flows.versions.export import export
from cinemotion.learn.cache import Via
from cinemotion.learn.loaders import Shuffle, load_split
from frozen import Sample, drawn, file, frozen, png, usual

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

VIAS = get_args(Via)
SIZES = [(24, 24), (17, 40)]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    odd = [
        Sample("tall.png", png(60, 50, 20)),
        Sample("wide.jpg", file(drawn(61, 30, 64), "JPEG", quality=80), {"angry": 1}),
        Sample("grey.png", file(drawn(62), "PNG", "L")),
        Sample("web.webp", file(drawn(63, 40, 40), "WEBP", quality=80), {"angry": 1}),
    ]
    path = tmp_path_factory.mktemp("dataset") / "d"
    return frozen(path, [*usual(), *odd], classes=("happy", "disgust", "angry"))


@pytest.fixture(autouse=True, params=["held", "read"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test twice: with pictures that may be held, and without."""
    if request.param == "read":
        monkeypatch.setitem(load_split.__kwdefaults__, "hold", 0)


def epoch(loader: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    held = list(loader)  # all at once: no batch may be written over while it is held
    return [(x.numpy(), y.numpy()) for x, y in held]


def assert_equal(one: Any, other: Any) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])


@pytest.mark.parametrize("size", SIZES)
def test_both_ways_give_equal_batches_of_the_promised_kind(
    version: Version, size: tuple[int, int]
) -> None:
    one, other = (load_split(version, "train", size, 5, 3, via=via) for via in VIAS)
    for _ in range(3):
        batches = epoch(one)
        assert_equal(batches, epoch(other))
        assert [len(x) for x, _ in batches] == [5, 5, 5, 1]
        for images, labels in batches:
            assert images.dtype == np.float32 and images.shape[1:] == (*size, 3)
            assert images.min() >= 0 and 1 < images.max() <= 255
            assert labels.dtype == np.int32 and labels.shape == images.shape[:1]
    assert one.class_names == other.class_names == ["happy", "disgust", "angry"]
    assert len(one) == 4


@pytest.mark.parametrize("via", VIAS)
@pytest.mark.parametrize("size", SIZES)
def test_pictures_and_labels_are_those_of_keras_to_the_last_bit(
    version: Version, tmp_path: Path, size: tuple[int, int], via: Via
) -> None:
    export(version.path, "v1", tmp_path / "out")
    for split in ("train", "val"):
        theirs = keras.utils.image_dataset_from_directory(
            tmp_path / "out" / split,
            class_names=list(version.classes),
            image_size=size,
            batch_size=4,
            shuffle=False,
        )
        ours = load_split(version, split, size, 4, shuffle=False, via=via)
        assert_equal(epoch(ours), epoch(theirs))
        assert ours.element_spec == theirs.element_spec


def test_every_epoch_has_an_order_of_its_own_and_every_sample_once(version: Version) -> None:
    loader = load_split(version, "train", (24, 24), 4, 11)
    epochs = [epoch(loader) for _ in range(4)]
    orders = [np.concatenate([x for x, _ in one]).reshape(16, -1) for one in epochs]
    for a in orders:
        np.testing.assert_array_equal(np.unique(a, axis=0), np.unique(orders[0], axis=0))
        assert len(np.unique(a, axis=0)) == 16
        assert sum(np.array_equal(a, b) for b in orders) == 1
    again = load_split(version, "train", (24, 24), 4, 11)
    assert_equal(epochs[0], epoch(again))
    other = load_split(version, "train", (24, 24), 4, 12)
    assert not np.array_equal(orders[0], np.concatenate([x for x, _ in other]).reshape(16, -1))


def test_an_order_that_is_drawn_once_is_that_of_the_first_epoch(version: Version) -> None:
    mixed = load_split(version, "train", (17, 40), 3, 11)
    once = load_split(version, "train", (17, 40), 3, 11, shuffle="once")
    first = epoch(mixed)
    for _ in range(3):
        assert_equal(epoch(once), first)
    assert once.element_spec == mixed.element_spec
    assert once.class_names == mixed.class_names and len(once) == len(mixed) == 6


@pytest.mark.parametrize("shuffle", [False, "once"])
@pytest.mark.parametrize("size", SIZES)
def test_batches_are_the_same_however_much_may_be_held(
    version: Version, size: tuple[int, int], shuffle: Shuffle
) -> None:
    def batches(hold: int) -> Any:
        loader = load_split(version, "train", size, 5, 3, shuffle=shuffle, hold=hold)
        return [*epoch(loader), *epoch(loader)]

    floats = 16 * 12 * size[0] * size[1]
    most = batches(floats)
    assert_equal(batches(floats - 1), most)
    assert_equal(batches(0), most)


@pytest.mark.parametrize("batch_size", [1, 4, 16, 17])
def test_batches_that_are_held_are_those_that_are_not(version: Version, batch_size: int) -> None:
    held, read = (
        load_split(version, "train", (24, 24), batch_size, shuffle=False, hold=hold)
        for hold in (2**20, 0)
    )
    assert_equal(epoch(held), epoch(read))
    assert held.element_spec == read.element_spec and len(held) == len(read)


def test_batches_that_are_held_are_handed_out_without_a_copy(version: Version) -> None:
    def places(shuffle: Shuffle) -> int:
        loader = load_split(version, "train", (24, 24), 4, shuffle=shuffle, hold=2**20)
        held = [x for _ in range(3) for x, _ in loader]  # none is freed and its place used again
        return len({np.asarray(memoryview(x)).ctypes.data for x in held})

    assert places("once") == places(False) == 4
    assert places(True) == 12


@pytest.mark.parametrize("shuffle", [True, False, "once"])
def test_a_run_that_was_stopped_goes_on_with_the_same_batches(
    version: Version, shuffle: Shuffle
) -> None:
    loader = load_split(version, "train", (24, 24), 5, 7, shuffle=shuffle)
    whole = [batch for _ in range(3) for batch in epoch(loader)]
    for done in range(1, 12):
        at = {"start_epoch": done // 4, "start_step": done % 4}
        resumed = load_split(version, "train", (24, 24), 5, 7, shuffle=shuffle, **at)
        rest = [batch for _ in range(done // 4, 3) for batch in epoch(resumed)]
        assert_equal(rest, whole[done:])


def test_training_that_is_resumed_ends_where_training_in_one_go_does(version: Version) -> None:
    def model() -> Any:
        keras.utils.set_random_seed(0)
        layers = [
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
        built = keras.Sequential([keras.Input((24, 24, 3)), *layers])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        built.compile("sgd", loss)
        return built

    def fit(one: Any, first: int, last: int) -> None:
        data = load_split(version, "train", (24, 24), 5, 7, start_epoch=first)
        one.fit(data, initial_epoch=first, epochs=last, shuffle=False, verbose=0)

    straight, stopped = model(), model()
    fit(straight, 0, 4)
    fit(stopped, 0, 2)
    fit(stopped, 2, 4)
    for a, b in zip(straight.get_weights(), stopped.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_soft_labels_are_the_shares_among_the_classes(tmp_path: Path) -> None:
    votes = {"happy": 2, "angry": 1, "unknown": 1}
    samples = [Sample("a.png", png(1), votes), Sample("b.png", png(2), {"angry": 1})]
    version = frozen(tmp_path / "d", samples, classes=("happy", "sad", "angry"))
    loader = load_split(version, "train", (24, 24), 2, labels="soft", shuffle=False)
    [(_, soft)] = epoch(loader)
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft, [[2 / 3, 0, 1 / 3], [0, 0, 1]], atol=1e-7)


def test_a_cache_is_written_once_and_may_go_at_any_time(version: Version) -> None:
    load_split(version, "val", (24, 24))
    [cache] = (version.path / "cache" / "pictures").glob("*-val-24x24-store-*")
    written = cache.stat().st_mtime_ns
    before = epoch(load_split(version, "val", (24, 24)))
    assert cache.stat().st_mtime_ns == written
    shutil.rmtree(version.path / "cache")
    assert_equal(epoch(load_split(version, "val", (24, 24))), before)


def test_what_is_damaged_is_not_loaded(tmp_path: Path) -> None:
    version = frozen(tmp_path / "d", usual())
    load_split(version, "train", (24, 24), via="directory")
    [exported] = (version.path / "cache" / "exports").iterdir()
    next((exported / "train" / "happy").iterdir()).unlink()
    with pytest.raises(DatasetError, match="was changed after it was exported"):
        load_split(version, "train", (20, 20), via="directory")
    [cache] = (version.path / "cache" / "pictures").iterdir()  # nothing half-written
    cache.write_bytes(cache.read_bytes()[:-1])
    with pytest.raises(DatasetError, match="remove it"):
        load_split(version, "train", (24, 24), via="directory")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "holdout"}, "split must be one of train, val, test, got 'holdout'"),
        ({"labels": "fuzzy"}, "labels must be one of hard, soft"),
        ({"shuffle": "all"}, "shuffle must be True, False or 'once', got 'all'"),
        ({"hold": -1}, "hold must be at least 0"),
        ({"via": "magic"}, "via must be one of store, directory"),
        ({"image_size": (0, 24)}, "image_size must be at least 1"),
        ({"image_size": 64}, r"image_size must be height and width .* \(64, 64\), got 64"),
        ({"image_size": (24, 24, 3)}, "image_size must be height and width"),
        ({"image_size": (24.5, 24)}, "image_size must be height and width"),
        ({"image_size": "24"}, "image_size must be height and width"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"start_step": -1}, "start_step must be at least 0"),
    ],
)
def test_bad_arguments_are_one_line(version: Version, change: dict[str, Any], message: str) -> None:
    arguments = {"split": "train", "image_size": (24, 24), "batch_size": 4, "seed": 1} | change
    with pytest.raises(BadInputError, match=message):
        load_split(version, **arguments)


def test_a_dataset_that_is_not_frozen_is_one_line(version: Version) -> None:
    with pytest.raises(BadInputError, match="must be a frozen version, got a Dataset; open one"):
        load_split(open_dataset(version.path), "test", (24, 24))  # type: ignore[arg-type]


def test_a_side_without_labelled_samples_is_one_line(tmp_path: Path) -> None:
    samples = [Sample("a.png", png(1)), Sample("b.png", png(2), {}, "val")]
    version = frozen(tmp_path / "d", samples)
    with pytest.raises(BadInputError, match="'val' has no kept sample with a class"):
        load_split(version, "val", (24, 24))


def test_without_tensorflow_the_error_names_the_pip_line(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cinemotion\[train\]'"):
        load_split(version, "test", (13, 13))


def test_several_may_fill_the_cache_at_once(version: Version) -> None:
    def load(via: Via) -> Any:
        return epoch(load_split(version, "test", (31, 31), via=via))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(load, VIAS * 2))
    for one in found[1:]:
        assert_equal(found[0], one)
