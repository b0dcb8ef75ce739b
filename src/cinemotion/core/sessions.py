"""Opens ONNX networks: quiet, with a fixed number of threads, on the GPU where one works.

session = open_session(model_bytes, threads=1)
outputs = session.run(None, {"input": batch})
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime as ort

ERRORS_ONLY = 3


def open_session(model: bytes, *, threads: int) -> ort.InferenceSession:
    """Open a network.

    Args:
        model: A serialised ONNX model.
        threads: Threads that one call may use on the CPU. With several workers, one each
            is faster in sum.

    Returns:
        The session; on CUDA where this build of ONNX Runtime offers it, else on the CPU.
    """
    options = ort.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    offered = ort.get_available_providers()
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    return ort.InferenceSession(model, options, [name for name in wanted if name in offered])


def folded(model: bytes) -> bytes:
    """A network with its constants folded: batch norms, for instance, go into convolutions.

    Args:
        model: A serialised ONNX model.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "folded.onnx")
        options = ort.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        ort.InferenceSession(model, options, ["CPUExecutionProvider"])
        return path.read_bytes()
