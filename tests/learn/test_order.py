from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cinemotion.learn.order import epoch_order


@given(st.integers(0, 300), st.integers(0, 2**40), st.integers(0, 10_000))
def test_an_order_is_a_permutation_that_depends_on_seed_and_epoch_alone(
    n: int, seed: int, epoch: int
) -> None:
    order = epoch_order(n, seed=seed, epoch=epoch)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    np.testing.assert_array_equal(order, epoch_order(n, seed=seed, epoch=epoch))


def test_seeds_and_epochs_give_orders_of_their_own() -> None:
    orders = {
        tuple(epoch_order(50, seed=seed, epoch=epoch)) for seed in range(5) for epoch in range(5)
    }
    assert len(orders) == 25


def test_the_first_batch_is_drawn_from_everywhere() -> None:
    # A shuffle buffer of eight batches would draw it from the first 256.
    firsts = np.stack([epoch_order(10_000, seed=1, epoch=e)[:32] for e in range(100)])
    counts, _ = np.histogram(firsts, bins=10, range=(0, 10_000))
    assert counts.min() > 230 and counts.max() < 420  # 320 expected
