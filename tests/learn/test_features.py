"""What each extractor's numbers are, against the plain definition."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.core.types import Image
from cinemotion.learn.canvas import colour
from cinemotion.learn.extractors.inputs import read_input
from cinemotion.learn.features import open_extractor
from cinemotion.numpynet import Conv2D, GlobalAvgPool2D, ReLU, Sequential, classic
from cinemotion.numpynet.pooling import spatial_pyramid
from featuremodels import keras_model, numpynet_model, onnx_model


def picture(seed: int, height: int, width: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def luma(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def test_a_smaller_picture_is_the_mean_of_areas() -> None:
    image = picture(0, 128, 192)
    means = image.reshape(64, 2, 64, 3, 3).mean(axis=(1, 3))
    assert np.abs(colour(image, (64, 64)) - means).max() <= 0.5


def test_hog_sees_the_direction_of_stripes() -> None:
    wave = (127 + 120 * np.sin(np.arange(64) / 2)).astype(np.uint8)
    across = np.repeat(np.tile(wave, (64, 1))[..., None], 3, axis=2)
    extract = open_extractor("hog")
    lying, standing = extract([np.ascontiguousarray(across.transpose(1, 0, 2)), across])
    # Nine directions of 20°: gradients along x are in the first, along y in the middle one.
    assert standing.reshape(-1, 9).sum(axis=0).argmax() == 0
    assert lying.reshape(-1, 9).sum(axis=0).argmax() == 4
    assert np.linalg.norm(standing.reshape(-1, 36), axis=1) == pytest.approx(1, abs=1e-3)


def _patterns(grey: Image) -> np.ndarray:
    """Uniform patterns of the inner pixels by the definition, with corners interpolated."""
    g = grey.astype(np.float64)
    found = np.full(g.shape, -1)
    for y in range(1, g.shape[0] - 1):
        for x in range(1, g.shape[1] - 1):
            bits = []
            for p in range(8):
                dy, dx = -np.sin(2 * np.pi * p / 8), np.cos(2 * np.pi * p / 8)
                y0, x0 = int(np.floor(y + dy + 1e-9)), int(np.floor(x + dx + 1e-9))
                fy, fx = max(0.0, y + dy - y0), max(0.0, x + dx - x0)
                y1, x1 = min(y0 + 1, g.shape[0] - 1), min(x0 + 1, g.shape[1] - 1)
                value = (1 - fy) * ((1 - fx) * g[y0, x0] + fx * g[y0, x1])
                value += fy * ((1 - fx) * g[y1, x0] + fx * g[y1, x1])
                bits.append(int(value >= g[y, x] - 1e-6))
            changes = sum(bits[i] != bits[i - 1] for i in range(8))
            found[y, x] = sum(bits) if changes <= 2 else -2
    return found


def test_lbp_counts_patterns_part_by_part() -> None:
    image = picture(1, 64, 64)
    [vector] = open_extractor("lbp")([image])
    parts = vector.reshape(4, 4, 59)
    np.testing.assert_allclose(parts.sum(axis=2), 1, atol=1e-6)
    patterns = _patterns(luma(image))[16:32, 32:48]
    # The part in row 1, column 2: the last bin holds what has more than two changes.
    assert parts[1, 2, 58] * 256 == (patterns == -2).sum()
    # Of uniform patterns, one has no bit set, one has all, eight each have 1 to 7.
    counts = parts[1, 2, :58] * 256
    assert sorted([counts[0], counts[57]]) == sorted([(patterns == 0).sum(), (patterns == 8).sum()])


def test_pixels_are_standardised_luma() -> None:
    image = picture(2, 24, 24)
    [vector] = open_extractor("pixels")([image])
    grey = luma(image).astype(np.float64).ravel()
    np.testing.assert_allclose(vector, (grey - grey.mean()) / grey.std(), rtol=1e-5, atol=1e-6)
    brighter = (image // 2 + 60).astype(np.uint8)
    assert np.abs(open_extractor("pixels")([brighter])[0] - vector).max() < 0.05
    assert not open_extractor("pixels")([np.full((9, 9, 3), 77, np.uint8)]).any()


def test_classic_is_the_network_and_its_pooling() -> None:
    images = [picture(3, 64, 64), picture(4, 64, 64)]
    maps = classic().features(np.stack(images).astype(np.float32) / 255)
    np.testing.assert_allclose(
        open_extractor("classic")(images), spatial_pyramid(maps), rtol=1e-4, atol=1e-6
    )
    assert open_extractor("classic").recipe == open_extractor("classic:spp").recipe
    flat = open_extractor("classic:flat")(images)
    np.testing.assert_allclose(flat, maps.reshape(2, -1), rtol=1e-4, atol=1e-6)
    large = np.stack([colour(image, (512, 512)) for image in images]).astype(np.float32) / 255
    corner = classic().features(large).reshape(2, -1)[:, :128]
    found = open_extractor("classic:first128")(images)
    np.testing.assert_allclose(found, corner, rtol=1e-4, atol=1e-6)
    with pytest.raises(BadInputError, match="one of: first128, flat, gap, spp"):
        open_extractor("classic:last")


def test_numpynet_gives_what_its_head_is_given(tmp_path: Path) -> None:
    path = numpynet_model(tmp_path / "net.npz")
    image = picture(5, 24, 24)
    given = luma(image)[None, ..., None].astype(np.float32) / 255
    network = Sequential.load(path)
    for spec, layer in (("", "relu_2"), ("#maxpool2d_1", "maxpool2d_1"), ("#dense_2", "dense_2")):
        [vector] = open_extractor(f"numpynet:{path}{spec}")([image])
        np.testing.assert_allclose(vector, network.features(given, layer).ravel(), rtol=1e-5)


def test_a_network_without_a_head_of_any_size_gives_its_output(tmp_path: Path) -> None:
    path = tmp_path / "free.npz"
    layers = [Conv2D(4), ReLU(), GlobalAvgPool2D()]
    Sequential(layers, (None, None, 3)).save(path)
    extractor = open_extractor(f"numpynet:{path}")
    assert (extractor.dimensions, extractor.recipe["size"]) == (4, [224, 224])


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ((32, 32, 3), lambda image: image),
        ((32, 32, 1), lambda image: luma(image)[..., None]),
    ],
)
def test_keras_gives_what_its_head_is_given(tmp_path: Path, shape: tuple, given: object) -> None:
    import keras

    path = keras_model(tmp_path / "net.keras", shape=shape)
    image = picture(6, 32, 32)
    network = keras.models.load_model(path)
    inner = keras.Model(network.inputs, network.get_layer("pool").output)
    expected = inner.predict_on_batch(given(image)[None].astype(np.float32))  # type: ignore[operator]
    for spec in ("", "#pool"):
        extractor = open_extractor(f"keras:{path}{spec}")
        np.testing.assert_allclose(extractor([image]), expected, rtol=1e-5)
    assert open_extractor(f"keras:{path}").recipe["layer"] == "input of head"


def test_keras_without_a_head_gives_its_output(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "free.keras"
    network = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D()]
    )
    network.save(path)
    [vector] = open_extractor(f"keras:{path}")([picture(7, 224, 224)])
    np.testing.assert_allclose(vector, picture(7, 224, 224).mean(axis=(0, 1)), rtol=1e-5)


def test_keras_runs_no_code_of_a_file(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "code.keras"
    network = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: x * 2)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.save(path)
    with pytest.raises(BadInputError, match=r"code\.keras is no Keras model that can be used"):
        open_extractor(f"keras:{path}")


def test_without_keras_the_pip_line_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingExtraError, match=r"cinemotion\[train\]"):
        open_extractor(f"keras:{path}")


@pytest.mark.parametrize(
    "shape",
    [("N", 3, 32, 40), (1, 3, 32, 40), ("N", 32, 40, 3), ("N", 1, 32, 40), (1, 32, 40, 1)],
)
@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.UINT8, TensorProto.FLOAT16])
def test_onnx_is_given_what_its_input_says(
    tmp_path: Path, shape: tuple[int | str, ...], kind: int
) -> None:
    path = onnx_model(tmp_path / "net.onnx", shape=shape, kind=kind)
    image = picture(8, 32, 40)
    given = image if 3 in shape else luma(image)[..., None]
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    windows = np.lib.stride_tricks.sliding_window_view(given.astype(np.float64), (3, 3), (0, 1))
    pool = np.einsum("hwcij,ocij->o", windows, weights["kernel"]) / (30 * 38)
    tolerance = {"rtol": 1e-4, "atol": 1e-2}
    [vector] = open_extractor(f"onnx:{path}#pool")([image])
    np.testing.assert_allclose(vector, pool, **tolerance)
    [vector] = open_extractor(f"onnx:{path}")([image])
    np.testing.assert_allclose(vector, pool @ weights["matrix"], **tolerance)


@pytest.mark.parametrize(
    ("shape", "kind", "words"),
    [
        ((4, 3, 32, 32), TensorProto.FLOAT, "in a batch of 1 or of any size"),
        (("N", 3, 32, 32), TensorProto.INT64, r"takes tensor\(int64\)"),
        (("N", 5, 32, 32), TensorProto.FLOAT, "of 1 or 3 channels"),
    ],
)
def test_onnx_models_of_something_else_are_refused(
    tmp_path: Path, shape: tuple[int | str, ...], kind: int, words: str
) -> None:
    path = onnx_model(tmp_path / "net.onnx", shape=shape, kind=kind)
    with pytest.raises(BadInputError, match=words):
        open_extractor(f"onnx:{path}")


def test_an_onnx_output_that_is_no_vector_is_refused(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("ArgMax", ["x"], ["class"], axis=1)],
        "verdict",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 3, 8, 8))],
        [helper.make_tensor_value_info("class", TensorProto.INT64, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = tmp_path / "verdict.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(BadInputError, match=r"class is tensor\(int64\), needed is one of"):
        open_extractor(f"onnx:{path}")


def test_a_file_whose_name_holds_the_sign_of_layers_is_found(tmp_path: Path) -> None:
    path = onnx_model(tmp_path / "net#2.onnx")
    assert open_extractor(f"onnx:{path}").dimensions == 5
    assert open_extractor(f"onnx:{path}#pool").dimensions == 4


@pytest.mark.parametrize("shape", [(None, 48), (None, 48, 48, 4), (None, 3, 48, 48, 3), ()])
def test_what_takes_no_pictures_is_refused(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(BadInputError, match=r"net\.onnx takes an input of shape"):
        read_input(shape, "net.onnx")
