"""Features from any ONNX model, through ONNX Runtime.

    Onnx("faces.onnx")([crop])              # its first output, as a row
    Onnx("faces.onnx#pool5")([crop])        # a tensor inside it, as a row

Each picture goes through the network alone, on one core, and the pictures share the cores: so a
vector is the same to the last bit whatever it is computed with, and the cores are all in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.learn.extractors.arguments import ModelFile, find_model
from cinemotion.learn.extractors.inputs import ModelInput, read_input
from cinemotion.learn.extractors.parallel import stack

_USAGE = "onnx:MODEL.onnx or onnx:MODEL.onnx#TENSOR"
_KINDS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_NUMBERS = ("tensor(float)", "tensor(float16)", "tensor(double)")
# ONNX Runtime's errors have no base of their own.
_FAILURES = (
    *(reasons.Fail, reasons.InvalidArgument, reasons.InvalidGraph, reasons.InvalidProtobuf),
    *(reasons.NotImplemented, reasons.RuntimeException, reasons.NoSuchFile, reasons.NotFound),
)
_FATAL = 4  # the level of its log at which it is silent: what it says is in our message


class Onnx:
    """A tensor of an ONNX model, flattened.

    Args:
        argument: ``MODEL.onnx``, for the first output, or ``MODEL.onnx#TENSOR``.

    Raises:
        BadInputError: The file is missing or no model, has no such tensor, or takes something
            else than pictures one by one.
    """

    def __init__(self, argument: str) -> None:
        model = find_model(_USAGE, argument)
        self._path = model.path
        self._session = _open(model)
        self._given, self._kind, self._input = _read_given(self._session, str(model.path))
        self._output = _read_output(self._session, model)
        height, width = self._input.size
        self.dimensions = self._vector(np.zeros((height, width, 3), np.uint8)).size
        self.recipe = {
            "name": "onnx",
            "revision": 1,
            "model": model.sha256,
            "tensor": self._output,
            "size": list(self._input.size),
            "onnxruntime": ort.__version__,
            **canvas.RECIPE,
        }

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`."""
        return stack(self._vector, images, self.dimensions)

    def _vector(self, image: Image) -> Floats:
        batch = self._input.batch([image]).astype(self._kind)
        try:
            [found] = self._session.run([self._output], {self._given: batch})
        except _FAILURES as error:
            raise BadInputError(f"{self._path} fails on a picture: {_line(error)}") from error
        return np.asarray(found, np.float32).ravel()


def _open(model: ModelFile) -> ort.InferenceSession:
    """Open a model, with one thread per call; a tensor that is asked for is one of its outputs."""
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    data = model.path.read_bytes()
    try:
        session = ort.InferenceSession(data, options, ["CPUExecutionProvider"])
        if model.layer and model.layer not in _names(session.get_outputs()):
            data = _with_output(data, model)
            session = ort.InferenceSession(data, options, ["CPUExecutionProvider"])
    except _FAILURES as error:
        raise BadInputError(
            f"{model.path} is no ONNX model that can be run: {_line(error)}"
        ) from error
    return session


def _with_output(data: bytes, model: ModelFile) -> bytes:
    """A model with one of its inner tensors as a further output."""
    import onnx  # takes 0.25 s, and only where a tensor is asked for

    network = onnx.load_model_from_string(data)
    inner = [name for node in network.graph.node for name in node.output if name]
    if model.layer not in inner:
        raise BadInputError(
            f"{model.path} has no tensor {model.layer!r}; its last ones: {', '.join(inner[-8:])}"
        )
    network.graph.output.append(onnx.ValueInfoProto(name=model.layer))
    serialised: bytes = network.SerializeToString()
    return serialised


def _read_given(session: ort.InferenceSession, path: str) -> tuple[str, type[Any], ModelInput]:
    """The name, the kind of numbers and the shape of a model's one input."""
    given = session.get_inputs()
    fixed = [node for node in given if node.shape and node.shape[0] not in (1, None)]
    fixed = [node for node in fixed if not isinstance(node.shape[0], str)]
    if len(given) != 1 or fixed or given[0].type not in _KINDS:
        found = ", ".join(f"{node.type} {tuple(node.shape)}" for node in given) or "nothing"
        raise BadInputError(
            f"{path} takes {found}; needed is one input of pictures, {', '.join(_KINDS)}, in a "
            "batch of 1 or of any size"
        )
    [node] = given
    return node.name, _KINDS[node.type], read_input(node.shape, path)


def _read_output(session: ort.InferenceSession, model: ModelFile) -> str:
    """The name of the tensor that is the vector."""
    outputs = session.get_outputs()
    name: str = model.layer or outputs[0].name
    kind = next(node.type for node in outputs if node.name == name)
    if kind not in _NUMBERS:
        raise BadInputError(
            f"{model.path}: {name} is {kind}, needed is one of {', '.join(_NUMBERS)}; name another "
            f"with {_USAGE}"
        )
    return name


def _names(nodes: Sequence[Any]) -> list[str]:
    return [node.name for node in nodes]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
