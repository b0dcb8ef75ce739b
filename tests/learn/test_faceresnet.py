"""dlib's face network in Keras: the numbers of the original, and no weights but the right ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import skimage.data

from cinemotion.core import weights as pinned
from cinemotion.core.errors import BadInputError, WeightsError
from cinemotion.core.weights import WEIGHTS, fetch_weight
from cinemotion.learn.models import hash_weights, open_model

keras = pytest.importorskip("keras")
pytest.importorskip("face_recognition_models", reason="needs the extra 'identity'")

from cinemotion.faces.dlib_network import INPUT, SIDE, to_onnx  # noqa: E402
from cinemotion.learn.architectures import faceresnet  # noqa: E402
from cinemotion.learn.architectures.transfer import freeze, thaw  # noqa: E402


@pytest.fixture(scope="module")
def file() -> Path:
    return fetch_weight("dlib-identity")


def pictures() -> Any:
    """Grey, three equal channels, uint8 ``(2, 150, 150, 3)``."""
    face = skimage.data.astronaut()[20 : 20 + SIDE, 150 : 150 + SIDE]
    luma = (face @ np.array([0.299, 0.587, 0.114])).round().astype(np.uint8)
    return np.repeat(np.stack([luma, luma[::-1]])[..., None], 3, axis=-1)


@pytest.fixture(scope="module")
def whole() -> Any:
    """The whole network on pictures that are not enlarged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faceresnet, "ENLARGED", 1.0)
        return open_model("transfer:face-resnet", (SIDE, SIDE), 3, seed=0)


@pytest.mark.slow
def test_its_features_are_those_of_the_descriptor(file: Path, whole: Any) -> None:
    session = ort.InferenceSession(to_onnx(file), providers=["CPUExecutionProvider"])
    [wanted] = session.run(None, {INPUT: pictures()})
    features = keras.Model(whole.input, whole.get_layer("features").output)
    found = np.asarray(features(pictures().astype(np.float32)))
    last = faceresnet.read_dlib(file).last
    np.testing.assert_allclose(found @ last, wanted, atol=1e-4)


@pytest.mark.slow
def test_the_small_one_is_the_beginning_of_the_whole(whole: Any) -> None:
    small = open_model("transfer:face-resnet-small", (32, 32), 3, seed=0)
    body, other = (model.get_layer("face-resnet") for model in (small, whole))
    layers = [layer for layer in body.layers if layer.weights]
    assert len(layers) == 25 and len([each for each in other.layers if each.weights]) == 29
    for layer in layers:
        pairs = zip(layer.get_weights(), other.get_layer(layer.name).get_weights(), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
    assert body.input_shape[1:] == (32, 32, 1)  # enlarged inside
    thaw(small, 1.0)
    assert len(small.trainable_weights) == 2 * 25 + 2
    freeze(small)
    assert len(small.trainable_weights) == 2


def test_a_run_is_known_by_the_pinned_file(file: Path, tmp_path: Path) -> None:
    name = "transfer:face-resnet"
    assert hash_weights(name, None) == WEIGHTS["dlib-identity"].sha256
    assert hash_weights(name, str(file)) == WEIGHTS["dlib-identity"].sha256
    assert hash_weights(name, "none") is None
    with pytest.raises(BadInputError, match="faces, not from ImageNet"):
        hash_weights(name, "imagenet")
    with pytest.raises(WeightsError, match="no file of weights"):
        hash_weights(name, str(tmp_path / "absent.dat"))


def test_another_file_is_refused(file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.dat"
    cut.write_bytes(file.read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match="holds no tensor"):
        open_model("transfer:face-resnet", (32, 32), 3, seed=0, weights=str(cut))


def test_without_the_package_the_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pinned.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"pip install 'cinemotion\[identity\]'"):
        hash_weights("transfer:face-resnet", None)
