"""The progress of a training run: a bar where somebody looks, a line for each epoch elsewhere.

    with training() as watch:
        train("faces@v1", "model", recipe, watch=watch)
        train_folds("faces@v1", "models", recipe, watch=watch, begins=watch.begin)

The time left is that of all runs, from how long the epochs of this one and those before took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer


class Lines:
    """A line on standard error for each epoch."""

    def __init__(self) -> None:
        self._run = ""
        self._number = self._runs = 1
        self._epochs = 0
        self._began: float | None = None
        self._trained = 0

    def begin(self, what: str, number: int, runs: int) -> None:
        """Another run begins, the one with this number of so many."""
        self._run = f"{what} {number} of {runs}, "
        self._number, self._runs = number, runs

    def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
        """See ``Watch``."""
        if self._began is None:
            self._began = time.monotonic()
        self._epochs = epochs

    def epoch(self, row: dict[str, float]) -> None:
        """See ``Watch``."""
        done = int(row["epoch"])
        self._trained += 1
        spent = time.monotonic() - (self._began or time.monotonic())
        left = self._epochs - done + self._epochs * (self._runs - self._number)
        minutes = spent / self._trained * left / 60
        typer.echo(
            f"{self._run}epoch {done}/{self._epochs}: loss {row['loss']:.4f}, development accuracy "
            f"{row['dev_accuracy']:.4f}, macro-F1 {row['dev_macro_f1']:.4f}, "
            f"{row['seconds']:.0f} s, {minutes:.0f} min left",
            err=True,
        )


class _Bar(Lines):
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
            total=self._runs * epochs * total,
            completed=((self._number - 1) * epochs + epoch - 1) * total + done,
            at=f"{self._run}epoch {epoch}/{epochs}",
            loss=f"{loss:.4f}",
        )


@contextmanager
def training() -> Iterator[Lines]:
    """Show how a training run goes, on standard error."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    bar = _Bar()
    with bar.progress:
        yield bar
