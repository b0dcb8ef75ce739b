"""Who is told how a training run goes; knows nothing of Keras."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Is told how a run goes."""

    def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
        """A step of an epoch is done; ``loss`` is the epoch's mean so far."""

    def epoch(self, row: dict[str, float]) -> None:
        """An epoch is done; ``row`` is its line in the history."""
