from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cinemotion.core.errors import DatasetError
from cinemotion.core.types import Floats
from cinemotion.learn.picturefile import Chunks, Pictures, write_pictures

CHANCE = np.random.default_rng(3)
WHOLE = CHANCE.integers(0, 256, (37, 5, 4, 3)).astype(np.float32)


def chunks(pictures: Floats, seed: int = 0) -> Iterator[tuple[np.ndarray, Floats]]:
    order = np.random.default_rng(seed).permutation(len(pictures))
    for i in range(0, len(order), 10):
        yield order[i : i + 10], pictures[order[i : i + 10]]


def written(path: Path, pictures: Floats) -> Pictures:
    write_pictures(path, pictures.shape, lambda: chunks(pictures))
    return Pictures(path, batch_size=len(pictures))


@pytest.mark.parametrize(
    ("pictures", "item"),
    [(WHOLE, 1), (WHOLE + np.float32(0.25), 4), (np.where(WHOLE == 7, 7.125, WHOLE), 4)],
    ids=["whole", "fractions", "few fractions"],
)
def test_what_is_written_is_read_in_any_order(tmp_path: Path, pictures: Floats, item: int) -> None:
    pictures = pictures.astype(np.float32)
    found = written(tmp_path / "p.npy", pictures)
    assert found.shape == pictures.shape
    for seed in range(5):
        rows = np.random.default_rng(seed).integers(0, len(pictures), 20)
        batch = found.read(rows)
        assert batch.dtype == np.float32
        np.testing.assert_array_equal(batch, pictures[rows])
        np.testing.assert_array_equal(found.read(rows[:3]), pictures[rows[:3]])
    assert np.load(tmp_path / "p.npy").itemsize == item  # NumPy reads it too


def test_one_row_at_a_time_and_none(tmp_path: Path) -> None:
    found = written(tmp_path / "p.npy", WHOLE[:1])
    np.testing.assert_array_equal(found.read(np.array([0])), WHOLE[:1])
    assert found.read(np.array([], np.int64)).shape == (0, 5, 4, 3)


def test_a_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    found = written(path, WHOLE)
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    with pytest.raises(DatasetError, match="ends too early; remove it"):
        found.read(np.array([36]))
    with pytest.raises(DatasetError, match="cannot read the cache"):
        Pictures(path, batch_size=4)
    with pytest.raises(DatasetError, match="cannot read the cache"):
        Pictures(tmp_path / "missing.npy", batch_size=4)


def test_pictures_are_not_held_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    n, batch = 400, 8
    picture = np.zeros((1, 64, 64, 3), np.float32)

    def many() -> Chunks:
        return ((np.array([i]), picture + np.float32(i % 256)) for i in range(n))

    tracemalloc.start()
    write_pictures(tmp_path / "p.npy", (n, 64, 64, 3), many)
    found = Pictures(tmp_path / "p.npy", batch_size=batch)
    for i in range(0, n, batch):
        assert found.read(np.arange(i, i + batch))[0, 0, 0, 0] == i % 256
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < n * picture.nbytes / 10
