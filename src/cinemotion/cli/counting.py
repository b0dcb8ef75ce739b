"""A progress bar for work that is counted: so many of so many, and the time left.

with counting("pictures") as progress:
    audit("fer", progress=progress)         # calls progress(done, total)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error where somebody can see it; else give ``None``.

    Args:
        what: What is counted, in the plural.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(bar_width=None), MofNCompleteColumn(), TextColumn(what))
    console = Console(stderr=True)
    bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
    task = bar.add_task("", total=None)

    def progress(done: int, total: int) -> None:
        bar.start()  # at the first step: another bar may come before
        bar.update(task, completed=done, total=total)

    try:
        yield progress
    finally:
        bar.stop()
