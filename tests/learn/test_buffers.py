from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from cinemotion.learn.buffers import Buffers


def test_an_array_comes_back_when_nobody_holds_it() -> None:
    pool = Buffers((4, 3))
    first = pool.take(4)
    first[:] = 7
    part = first[1:]
    del first
    second = pool.take(2)  # `part` still holds the first
    assert pool.made == 2
    second[:] = 1
    np.testing.assert_array_equal(part, np.full((3, 3), 7))
    del part, second
    held = [pool.take(4), pool.take(1)]
    assert pool.made == 2
    assert [array.shape for array in held] == [(4, 3), (1, 3)]


@pytest.mark.parametrize("shape", [(1, 1), (3, 5, 7, 3), (32, 24, 24, 3)])
def test_arrays_begin_where_tensorflow_takes_them_over(shape: tuple[int, ...]) -> None:
    pool = Buffers(shape)
    for array in [pool.take(shape[0]) for _ in range(5)]:
        assert array.ctypes.data % 64 == 0
        assert array.dtype == np.float32


def test_tensorflow_holds_an_array_as_long_as_its_tensor() -> None:
    tf = pytest.importorskip("tensorflow")
    pool = Buffers((8, 16))

    def fill(value: Any) -> Any:
        array = pool.take(8)
        array[:] = value
        return array

    numbers = tf.data.Dataset.range(20).map(lambda i: tf.numpy_function(fill, [i], tf.float32))
    tensors = list(numbers)  # all are held: none may be written to again
    for i, tensor in enumerate(tensors):
        np.testing.assert_array_equal(tensor, np.full((8, 16), i))
    assert pool.made >= 20
    del tensor, tensors
    gc.collect()
    made = pool.made
    for i, tensor in enumerate(numbers):
        np.testing.assert_array_equal(tensor, np.full((8, 16), i))
    assert pool.made == made
