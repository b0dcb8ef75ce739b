"""SFace, on a drawn network in the place of its own: what it is shown, how weights get there."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cinemotion.core import weights
from cinemotion.core.errors import WeightsError
from cinemotion.core.weights import OFFLINE_FOLDER, WEIGHTS
from cinemotion.faces import sface
from cinemotion.faces.identity import open_embedder
from cinemotion.faces.sface import POINTS, SIZE, similarity

# The pixels that the stand-in hands out: the landmarks, rounded, in each colour.
SEEN = [(round(y), round(x)) for x, y in POINTS]
FILE = "face_recognition_sface_2021dec.onnx"


def write_stand_in(path: Path) -> Path:
    """A network with SFace's input and output that tells the colours under the five points."""
    weight = np.zeros((3 * SIZE * SIZE, 128), np.float32)
    for at, (y, x) in enumerate(SEEN):
        for colour in range(3):
            weight[colour * SIZE * SIZE + y * SIZE + x, 3 * at + colour] = 1
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["data"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weight"], ["fc1"]),
        ],
        "stand-in",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [1, 128])],
        [numpy_helper.from_array(weight, "weight")],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(network, path)
    return path


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in in the offline folder, with its own hash as the pinned one."""
    path = write_stand_in(tmp_path / FILE)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    known = {**WEIGHTS, "sface": dataclasses.replace(WEIGHTS["sface"], sha256=digest)}
    monkeypatch.setattr(weights, "WEIGHTS", known)
    monkeypatch.setattr(sface, "WEIGHTS", known)
    monkeypatch.setenv(OFFLINE_FOLDER, str(tmp_path))
    return path


def turned(degrees: float, scale: float, move: tuple[float, float]) -> np.ndarray:
    """The five points somewhere else in a crop: float32 ``(5, 2)``, from the corner."""
    a = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return ((POINTS + 0.5 - 56) @ turn.T + move).astype(np.float32)


def painted(landmarks: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A crop of 192 pixels with a disc of colour around each landmark."""
    y, x = np.mgrid[:192, :192] + 0.5
    crop = np.full((192, 192, 3), 90, np.uint8)
    for (px, py), colour in zip(landmarks, colours, strict=True):
        crop[(x - px) ** 2 + (y - py) ** 2 < 64] = colour
    return crop


COLOURS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200], [200, 200, 0], [0, 200, 200]], np.uint8)


@pytest.mark.parametrize("degrees", [0, 25, -70])
@pytest.mark.parametrize("scale", [0.9, 1.4])
def test_landmarks_are_laid_where_the_network_expects_them(
    pinned: Path, degrees: float, scale: float
) -> None:
    landmarks = turned(degrees, scale, (96, 90))
    crop = painted(landmarks, COLOURS)
    [vector] = open_embedder("sface")([crop], landmarks[None])
    # RGB, in the order left eye, right eye, nose, left and right corner of the mouth.
    expected = COLOURS.ravel() / np.linalg.norm(COLOURS.astype(float))
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector[:15], expected, atol=0.02)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_similarity_is_the_one_of_least_squares() -> None:
    from skimage.transform import SimilarityTransform

    rng = np.random.default_rng(0)
    for _ in range(5):
        given = turned(rng.uniform(-90, 90), rng.uniform(0.3, 3), (80, 100))
        given += rng.normal(scale=3, size=(5, 2)).astype(np.float32)
        theirs = SimilarityTransform.from_estimate(given, POINTS + 0.5).params[:2]
        np.testing.assert_allclose(similarity(given), theirs, atol=1e-4)


def test_landmarks_in_one_place_are_no_error(pinned: Path) -> None:
    one = np.full((1, 5, 2), 96, np.float32)
    crop = np.full((192, 192, 3), 120, np.uint8)
    assert np.isfinite(open_embedder("sface")([crop], one)).all()


def test_another_file_never_loads(pinned: Path) -> None:
    pinned.write_bytes(pinned.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="is not the expected weight file"):
        open_embedder("sface")
    assert WEIGHTS["sface"].file == FILE and WEIGHTS["sface"].licence == "Apache-2.0"
