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
    _teach_erfc()
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
def _teach_erfc() -> None:
    """Tell ``tf2onnx`` what GELU is made of in TensorFlow: 1 − erf, where ONNX has erf alone."""
    from tf2onnx.handler import tf_op
    from tf2onnx.utils import make_name

    class Erfc:
        @classmethod
        def version_9(cls, ctx: Any, node: Any, **_: Any) -> None:
            [result] = node.output
            facts = {"shapes": [ctx.get_shape(result)], "dtypes": [ctx.get_dtype(result)]}
            ctx.remove_node(node.name)
            one = ctx.make_const(make_name("one"), np.array(1, np.float32))
            erf = ctx.make_node("Erf", list(node.input), **facts)
            pair = [one.output[0], erf.output[0]]
            ctx.make_node("Sub", pair, name=node.name, outputs=[result], **facts)

    tf_op("Erfc")(Erfc)
