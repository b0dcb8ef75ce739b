"""A progress bar for ``fit``: a line that is rewritten after every epoch.

net.fit(x, labels, on_epoch=ProgressBar())
"""

from __future__ import annotations

import sys
from typing import TextIO

from cinemotion.numpynet.training import EpochReport

_WIDTH = 20


class ProgressBar:
    """Shows epochs, loss, accuracy and the time left; a line per epoch where there is no terminal.

    Args:
        stream: Where to write, standard error by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._seconds = 0.0

    def __call__(self, report: EpochReport) -> None:
        """Show how training stands."""
        self._seconds += report.seconds
        left = self._seconds / report.epoch * (report.epochs - report.epoch)
        done = round(_WIDTH * report.epoch / report.epochs)
        parts = [
            f"[{'█' * done}{'·' * (_WIDTH - done)}] {report.epoch}/{report.epochs}",
            f"loss {report.loss:.3f}  accuracy {report.accuracy:.1%}",
        ]
        if report.val_loss is not None:
            parts.append(f"validation {report.val_loss:.3f}  {report.val_accuracy:.1%}")
        parts.append(f"{report.seconds:.0f} s an epoch, {left:.0f} s left")
        again = self._stream.isatty()
        end = "\n" if not again or report.epoch == report.epochs else ""
        self._stream.write(("\r" if again else "") + "  ".join(parts) + end)
        self._stream.flush()
