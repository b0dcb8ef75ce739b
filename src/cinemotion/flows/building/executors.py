"""Which executor a flow runs on, given how many workers the user wants."""

from __future__ import annotations

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError
from cinemotion.engine.executor import Executor, InlineExecutor
from cinemotion.engine.processes import ProcessExecutor

# What a worker needs. Not ONNX Runtime: it starts a thread as it loads (see engine/template.py).
_PRELOAD = ("cinemotion.flows.building.worker",)


def open_executor(workers: int | None) -> Executor:
    """Open an executor.

    Args:
        workers: Worker processes; one per usable core where ``None``; 0: none, the work is
            done in this process.

    Raises:
        BadInputError: ``workers`` is negative or no whole number.
    """
    if workers is not None and not isinstance(workers, int):
        raise BadInputError(f"workers must be a whole number or None, got {workers!r}")
    if workers == 0:
        return InlineExecutor()
    if workers is not None and workers < 0:
        raise BadInputError(f"--workers must be 0 or more, got {workers}")
    return ProcessExecutor(workers=workers or usable_cores(), preload=_PRELOAD)
