"""A Keras model as an ONNX file that gives the same numbers.

    export_onnx(model, Path("model.onnx"), check=pictures)

Keras writes ONNX through TensorFlow. A model that runs on another backend is saved, and written as
ONNX by a process in which Keras runs on TensorFlow: this module as a program.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cinemotion.core.errors import BadInputError, CinemotionError, DivergedError
from cinemotion.core.sessions import open_session
from cinemotion.core.types import Floats
from cinemotion.core.writing import replacing
from cinemotion.learn.backend import EXPORTS
from cinemotion.learn.optional import needs

TOLERANCE = 1e-4
"""How far two logits may lie apart, by the largest of all where that is above 1."""

_LARGEST = 1e6  # float32 has no tenths of a logit far above it: whatever was learned is lost


def export_onnx(model: keras.Model, path: Path, *, check: Floats) -> float:
    """Write a model as ONNX, with a free batch dimension, and run both.

    Args:
        model: Takes pictures, float32 ``(n, H, W, 3)``, and gives logits.
        path: The file.
        check: Pictures that both are run on.

    Returns:
        The largest difference of a logit.

    Raises:
        BadInputError: The file cannot be written.
        CinemotionError: They differ by more than :data:`TOLERANCE`.
        DivergedError: The model's own logits are no numbers, or as large as nothing that was
            learned.
        MissingExtraError: ``tf2onnx`` is not installed.
    """
    with needs("tf2onnx", "train"):
        import tf2onnx  # noqa: F401 - Keras calls it
    expected = _answers(model, check)
    largest = float(np.abs(expected).max())
    if not largest <= _LARGEST:
        raise DivergedError(
            f"the training diverged: the largest logit of its model is {largest:.3g}, and of none "
            f"that learned something above {_LARGEST:g}; train in another folder with a lower "
            "learning rate"
        )
    network = _converted(model, path.stem)
    session = open_session(network, threads=1)
    [found] = session.run(None, {session.get_inputs()[0].name: check})
    difference = float(np.abs(found - expected).max())
    allowed = TOLERANCE * max(1.0, largest)
    if not difference <= allowed:
        raise CinemotionError(
            f"the ONNX network differs from the Keras model by {difference:.2g} where at most "
            f"{allowed:.2g} is allowed; nothing was written to {path}"
        )
    with replacing(path) as draft:
        draft.write_bytes(network)
    return difference


def _answers(model: keras.Model, pictures: Floats) -> Floats:
    if keras.backend.backend() != "jax":
        return np.asarray(model.predict_on_batch(pictures))
    import jax

    # On an accelerator JAX rounds what it multiplies, by more than is allowed here.
    with jax.default_matmul_precision("highest"):
        return np.asarray(model.predict_on_batch(pictures))


def _converted(model: keras.Model, name: str) -> bytes:
    """A model as ONNX; what Keras leaves of files on the way is not beside the model."""
    try:
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            out = Path(folder) / "model.onnx"  # Keras insists on the suffix
            if keras.backend.backend() == EXPORTS:
                _convert(model, out)
            else:
                saved = out.with_suffix(".keras")
                model.save(saved)
                _convert_elsewhere(saved, out)
            return out.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"cannot write an ONNX network to {tempfile.gettempdir()}: {error.strerror or error}; "
            "free some space there, or name another folder with TMPDIR"
        ) from error


def _convert_elsewhere(saved: Path, out: Path) -> None:
    ours = str(Path(__file__).resolve().parents[2])
    surroundings = {
        "KERAS_BACKEND": EXPORTS,
        "CUDA_VISIBLE_DEVICES": "-1",  # this process may hold the memory of all there are
        "PYTHONPATH": os.pathsep.join([ours, *(folder for folder in sys.path if folder)]),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__, str(saved), str(out)],
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        line = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise CinemotionError(
            f"Keras on TensorFlow could not write the model as ONNX ({line[:300]}); train with "
            "KERAS_BACKEND=tensorflow in another folder"
        )


def _convert(model: keras.Model, out: Path) -> None:
    """Write a model as ONNX, with Keras on TensorFlow."""
    _teach()
    # It shows the tracebacks of optimisations that it leaves out; the check of what comes counts.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        model.export(str(out), format="onnx", verbose=False)


@cache
def _teach() -> None:
    """Tell ``tf2onnx`` what it does not know, or not well, of TensorFlow's operations."""
    import tf2onnx.onnx_opset  # noqa: F401 - registers its own first, so that ours take its place
    from tf2onnx.handler import tf_op

    tf_op("Erfc")(_Erfc)
    tf_op("ResizeBilinear")(_ResizeBilinear)


class _Erfc:
    """What GELU is made of in TensorFlow: 1 − erf, where ONNX has erf alone."""

    @classmethod
    def version_9(cls, ctx: Any, node: Any, **_: Any) -> None:
        [result] = node.output
        facts = {"shapes": [ctx.get_shape(result)], "dtypes": [ctx.get_dtype(result)]}
        ctx.remove_node(node.name)
        one = _constant(ctx, np.array(1, np.float32))
        erf = ctx.make_node("Erf", list(node.input), **facts)
        ctx.make_node("Sub", [one, erf.output[0]], name=node.name, outputs=[result], **facts)


class _ResizeBilinear:
    """To sides, where ``tf2onnx`` writes scales.

    Of 48 pixels times 5/3, rounded down to float32, the whole part is 79, and all that is padded
    by it moves.
    """

    @classmethod
    def version_11(cls, ctx: Any, node: Any, **_: Any) -> None:
        [result] = node.output
        facts = {"shapes": [ctx.get_shape(result)], "dtypes": [ctx.get_dtype(result)]}
        (n, height, width, channels), kind = ctx.get_shape(result), ctx.get_dtype(result)
        picture, sides = node.input
        centred = bool(node.get_attr_value("half_pixel_centers"))
        ctx.remove_node(node.name)
        turned = ctx.make_node("Transpose", [picture], {"perm": [0, 3, 1, 2]}).output[0]
        first, second = (_constant(ctx, np.array([at], np.int64)) for at in (0, 2))
        shape = ctx.make_node("Shape", [turned]).output[0]
        kept = ctx.make_node("Slice", [shape, first, second]).output[0]
        wanted = ctx.make_node("Cast", [sides], {"to": 7}).output[0]  # int64
        whole = ctx.make_node("Concat", [kept, wanted], {"axis": 0}).output[0]
        nothing = _constant(ctx, np.zeros(0, np.float32))
        resized = ctx.make_node(
            "Resize",
            [turned, nothing, nothing, whole],
            {
                "mode": "linear",
                "coordinate_transformation_mode": "half_pixel" if centred else "asymmetric",
            },
            shapes=[[n, channels, height, width]],
            dtypes=[kind],
        )
        perm = {"perm": [0, 2, 3, 1]}
        ctx.make_node("Transpose", resized.output, perm, name=node.name, outputs=[result], **facts)


def _constant(ctx: Any, value: np.ndarray[Any, Any]) -> str:
    from tf2onnx.utils import make_name

    return str(ctx.make_const(make_name("constant"), value).output[0])


if __name__ == "__main__":
    loaded = keras.models.load_model(sys.argv[1], compile=False)
    loaded(np.zeros((1, *loaded.input_shape[1:]), np.float32))  # Keras exports what was called
    _convert(loaded, Path(sys.argv[2]))
