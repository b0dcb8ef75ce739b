"""A Keras model as an ONNX file that gives the same numbers.

export_onnx(model, Path("model.onnx"), check=pictures)
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cinemotion.core.errors import CinemotionError
from cinemotion.core.sessions import open_session
from cinemotion.core.types import Floats
from cinemotion.core.writing import replacing
from cinemotion.learn.optional import needs

TOLERANCE = 1e-4


def export_onnx(model: keras.Model, path: Path, *, check: Floats) -> float:
    """Write a model as ONNX, with a free batch dimension, and run both.

    Args:
        model: Takes pictures, float32 ``(n, H, W, 3)``, and gives logits.
        path: The file.
        check: Pictures that both are run on.

    Returns:
        The largest difference of a logit.

    Raises:
        CinemotionError: They differ by more than :data:`TOLERANCE`.
        MissingExtraError: ``tf2onnx`` is not installed.
    """
    with needs("tf2onnx", "train"):
        import tf2onnx  # noqa: F401 - Keras calls it
    _teach()
    # It shows the tracebacks of optimisations that it leaves out; the check below is what counts.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    expected = np.asarray(model.predict_on_batch(check))
    with replacing(path) as draft:
        named = draft.with_name(f"{draft.name}.onnx")  # Keras insists on the suffix
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            model.export(str(named), format="onnx", verbose=False)
        named.replace(draft)
        session = open_session(draft.read_bytes(), threads=1)
        [found] = session.run(None, {session.get_inputs()[0].name: check})
        difference = float(np.abs(found - expected).max())
        if not difference <= TOLERANCE:
            raise CinemotionError(
                f"the ONNX network differs from the Keras model by {difference:.2g} where at most "
                f"{TOLERANCE:g} is allowed; nothing was written to {path}"
            )
    return difference


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
