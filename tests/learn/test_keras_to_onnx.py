from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DivergedError

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")

from cinemotion.learn.kerasonnx import TOLERANCE, export_onnx  # noqa: E402

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.float32)


def weighed(scale: float) -> Any:
    """Three logits, each a sum over all that is in a picture."""
    picture = keras.Input((32, 32, 3))
    found = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(picture))
    model = keras.Model(picture, found)
    drawn = np.random.default_rng(1).normal(size=(32 * 32 * 3, 3))
    model.set_weights([scale * drawn, np.zeros(3)])
    return model


def test_large_logits_may_differ_by_more_as_float32_has_fewer_places_there(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    assert export_onnx(weighed(1e-4), path, check=PICTURES) < TOLERANCE
    assert TOLERANCE < export_onnx(weighed(10), path, check=PICTURES) < 1


@pytest.mark.parametrize("scale", [1e6, np.inf, np.nan])
def test_logits_of_a_training_that_diverged_are_called_so(tmp_path: Path, scale: float) -> None:
    with pytest.raises(DivergedError, match=r"diverged.*lower learning rate"):
        export_onnx(weighed(scale), tmp_path / "m.onnx", check=PICTURES)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Any, path: str, **how: Any) -> None:
        Path(path).write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(keras.Model, "export", full)
    with pytest.raises(BadInputError, match=r"No space left on device.*TMPDIR"):
        export_onnx(weighed(1e-4), tmp_path / "m.onnx", check=PICTURES)
    assert not list(tmp_path.iterdir())
