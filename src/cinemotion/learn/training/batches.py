"""The batches of a training run, as Keras takes them on any backend.

    batches = Batches(pictures.read, shares, batch_size=128, seed=0)
    batches.begin(1)                        # at the beginning of each epoch: its number

What a batch holds follows from the seed, the epoch and its number alone, so that a run that was
stopped goes on with the batches that it would have had.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats
from cinemotion.learn.augmenting.mixing import MIXES
from cinemotion.learn.order import Rows, epoch_order

Read = Callable[[Rows], Floats]
"""Pictures, float32 ``(m, H, W, 3)``, 0 to 255, of rows ``(m,)``."""


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Pictures, labels and weights of samples, batch by batch.

    The last, smaller batch of an epoch is left out where there is a full one: its statistics
    would weigh as much as a full one's.

    Args:
        read: Gives pictures by row.
        shares: Labels, float32 ``(n, k)``, rows sum to 1; or those of several heads,
            ``(n, heads, k)``, rows of zeros where there is none.
        batch_size: Samples in a batch.
        seed: Of orders and mixing.
        before: How many epochs there were in stages before this one.
        mix: A name in ``MIXES``, or ``none``.
        weights: How much each sample counts, float32 ``(n,)``; or ``None``.
        chances: How often each sample comes, float64 ``(n,)``, sum 1; ``None``: once an epoch.
    """

    def __init__(
        self,
        read: Read,
        shares: Floats,
        *,
        batch_size: int,
        seed: int,
        before: int = 0,
        mix: str = "none",
        weights: Floats | None = None,
        chances: NDArray[np.float64] | None = None,
    ) -> None:
        super().__init__(workers=1)
        self._read = read
        self._shares = shares
        self._batch_size = min(batch_size, len(shares))
        self._seed = seed
        self._before = before
        self._mix = None if mix == "none" else MIXES[mix]()
        self._weights = weights
        self._chances = chances
        self.begin(1)

    def __len__(self) -> int:
        return len(self._shares) // self._batch_size

    def __getitem__(self, index: int) -> tuple[Floats, Floats, Floats]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        pictures, shares = self._read(rows), self._shares[rows]
        weights = np.ones(len(rows), np.float32) if self._weights is None else self._weights[rows]
        if self._mix is not None:
            random = np.random.default_rng([self._seed, self._epoch, index])
            mixed, shares = self._mix(pictures, shares, random)
            pictures = mixed.astype(np.float32, copy=False)
        if shares.ndim == 3:  # the loss has a number for each head
            weights = np.repeat(weights[:, None], shares.shape[1], axis=1)
        return pictures, shares.astype(np.float32, copy=False), weights

    def begin(self, epoch: int) -> None:
        """Go to an epoch, counted from 1.

        Keras' own ``on_epoch_end`` is of no use for that: it is called once before the first epoch.
        """
        self._epoch = self._before + epoch
        self._order = self._ordered()

    def _ordered(self) -> Rows:
        n = len(self._shares)
        if self._chances is None:
            return epoch_order(n, seed=self._seed, epoch=self._epoch)
        random = np.random.default_rng([self._seed, self._epoch, n])
        drawn: Rows = random.choice(n, size=n, p=self._chances).astype(np.int64)
        return drawn
