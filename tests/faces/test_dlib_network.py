"""dlib's network on ONNX Runtime beside dlib itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import skimage.data

from cinemotion.core.errors import WeightsError
from cinemotion.core.types import Image
from cinemotion.core.weights import fetch_weight
from cinemotion.faces.dlib_network import INPUT, SIDE, to_onnx

dlib = pytest.importorskip("dlib", reason="needs the extra 'identity'")


@pytest.fixture(scope="module")
def weights() -> Path:
    return fetch_weight("dlib-identity")


def pictures() -> Image:
    face = skimage.data.astronaut()
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    places = ((20, 150), (60, 140), (300, 10))
    cut = [face[y : y + SIDE, x : x + SIDE] for y, x in places]
    return np.stack([*cut, noise, np.zeros_like(noise), np.full_like(noise, 255)])


def test_it_gives_the_numbers_of_dlib(weights: Path) -> None:
    session = ort.InferenceSession(to_onnx(weights), providers=["CPUExecutionProvider"])
    [found] = session.run(None, {INPUT: pictures()})
    network = dlib.face_recognition_model_v1(str(weights))
    wanted = network.compute_face_descriptor(list(pictures()), 0)
    assert found.shape == (len(pictures()), 128)
    np.testing.assert_allclose(found, np.array(wanted), atol=1e-5)


def test_another_file_is_refused(weights: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.dat"
    cut.write_bytes(weights.read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match="holds no tensor"):
        to_onnx(cut)
