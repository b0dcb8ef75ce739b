"""What Keras computes with: checked before anything is begun, and loaded without a noise.

    check_backend()                 # KERAS_BACKEND, or what Keras' own settings say
    quicken()                       # Keras and TensorFlow are loaded

Any backend trains. Models become ONNX through TensorFlow, in a process of its own where another
one trains (``kerasonnx.py``), so that TensorFlow has to be there in any case.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from cinemotion.core.errors import BadInputError, MissingExtraError

EXPORTS = "tensorflow"
"""The backend that models become ONNX with."""

_TRAINING = (EXPORTS, "jax", "torch")  # those that can train; each is a package of its name


def check_backend() -> None:
    """See that Keras, its backend, and what writes ONNX are installed, without loading them.

    Keras itself would end with a traceback, or after the last epoch.

    Raises:
        BadInputError: The backend is none that trains, or is not installed.
        MissingExtraError: Keras, TensorFlow or ``tf2onnx`` is not installed.
    """
    for package in ("keras", EXPORTS, "tf2onnx"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
    name = _chosen()
    advice = "set KERAS_BACKEND=tensorflow, or leave it and Keras' settings empty"
    if name not in _TRAINING:
        raise BadInputError(
            f"Keras is to run on {name!r}, which is no backend that trains; there are "
            f"{', '.join(_TRAINING)}: {advice}"
        )
    if find_spec(name) is None:
        raise BadInputError(
            f"Keras is to run on {name}, which is not installed; install {name}, or {advice}"
        )


def quicken() -> None:
    """Load Keras, and let TensorFlow use oneDNN on every processor; quietly.

    TensorFlow turns it on by itself on some processors only; on others a step takes longer.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logger = logging.getLogger("tensorflow")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)  # it warns of what each stage or seed has it trace anew
    with hushed():
        import keras  # noqa: F401
        import tensorflow  # noqa: F401 - which Keras loads a part of on every backend


@contextmanager
def hushed() -> Iterator[None]:
    """Lose what is written to standard error, by native code too, for a while.

    For imports: TensorFlow's logs heed ``TF_CPP_MIN_LOG_LEVEL`` only when it is loaded. What an
    import fails with is an exception, which is not lost.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _chosen() -> str:
    """The backend that Keras will take: the environment comes before its own settings."""
    given = os.environ.get("KERAS_BACKEND")
    if given:
        return given
    with suppress(OSError, ValueError, RuntimeError):  # no such file, no JSON, no home
        home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
        settings = json.loads((home / "keras.json").read_text(encoding="utf-8"))
        return str(settings.get("backend", EXPORTS))
    return EXPORTS
