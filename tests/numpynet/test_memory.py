"""Buffers are used again only when nobody holds an array in them; threads do all of the work."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from cinemotion.numpynet.memory import empty
from cinemotion.numpynet.threads import in_slices

SHAPE = (1024, 300)


def test_what_is_held_is_not_handed_out_again() -> None:
    held = empty(SHAPE, np.float32)
    held[...] = 1
    view = held[10:20]
    others = [empty(SHAPE, np.float32) for _ in range(3)]
    for other in others:
        other[...] = 2
        assert not np.shares_memory(other, held)
    del held  # a view of it is enough
    again = empty(SHAPE, np.float32)
    again[...] = 3
    assert (view == 1).all()


def test_what_is_free_is_used_again() -> None:
    first = empty(SHAPE, np.float32)
    place = first.ctypes.data
    del first
    assert empty(SHAPE, np.float32).ctypes.data == place


def test_other_threads_have_buffers_of_their_own() -> None:
    mine = empty(SHAPE, np.float32)
    place = mine.ctypes.data
    del mine
    theirs: list[int] = []
    kept = threading.Thread(target=lambda: theirs.append(empty(SHAPE, np.float32).ctypes.data))
    kept.start()
    kept.join()
    assert theirs != [place]


@pytest.mark.parametrize("length", [1, 2, 7, 1000])
@pytest.mark.parametrize("size", [10, 10_000_000])
def test_slices_cover_everything_once(length: int, size: int) -> None:
    counts = np.zeros(length, int)

    def work(part: slice) -> None:
        counts[part] += 1

    in_slices(work, length, size)
    assert (counts == 1).all()


def test_an_error_in_any_thread_comes_out() -> None:
    def work(part: slice) -> None:
        if part.stop == 1000:
            raise ValueError("the last slice")

    with pytest.raises(ValueError, match="the last slice"):
        in_slices(work, 1000, 10_000_000)
