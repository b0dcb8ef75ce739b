"""The progress of a training run: a bar where somebody looks, a line for each epoch elsewhere.

with training() as watch:
    train("faces@v1", "model", recipe, watch=watch)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cinemotion.flows.training.train import Watch


class _Lines:
    """A line on standard error for each epoch."""

    def __init__(self) -> None:
        self._epochs = 0
        self._began: float | None = None
        self._first = 0

    def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
        if self._began is None:
            self._began, self._first = time.monotonic(), epoch
        self._epochs = epochs

    def epoch(self, row: dict[str, float]) -> None:
        done = int(row["epoch"])
        spent = time.monotonic() - (self._began or time.monotonic())
        left = spent / max(1, done - self._first + 1) * (self._epochs - done)
        typer.echo(
            f"epoch {done}/{self._epochs}: loss {row['loss']:.4f}, development accuracy "
            f"{row['dev_accuracy']:.4f}, macro-F1 {row['dev_macro_f1']:.4f}, "
            f"{row['seconds']:.0f} s, {left / 60:.0f} min left",
            err=True,
        )


class _Bar(_Lines):
    """The same, and a bar below that moves with every step."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.fields[at]}"),
            BarColumn(bar_width=None),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self.progress.add_task("", total=None, at="", loss="-")

    def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
        super().step(epoch, epochs, done, total, loss)
        self.progress.update(
            self._task,
            total=epochs * total,
            completed=(epoch - 1) * total + done,
            at=f"epoch {epoch}/{epochs}",
            loss=f"{loss:.4f}",
        )


@contextmanager
def training() -> Iterator[Watch]:
    """Show how a training run goes, on standard error."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    bar = _Bar()
    with bar.progress:
        yield bar
