from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import WeightsError
from cinemotion.core.hashing import hash_file, hash_json
from cinemotion.learn.models import hash_weights, open_model
from cinemotion.learn.training.recipe import Optimiser, TrainRecipe

keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")

from cinemotion.learn.architectures import squeezenet as squeeze  # noqa: E402
from cinemotion.learn.architectures.backbones import CONVNEXT, EFFICIENTNETV2, Backbone  # noqa: E402
from cinemotion.learn.architectures.pretrained import pretrained  # noqa: E402
from cinemotion.learn.architectures.transfer import freeze, thaw  # noqa: E402
from cinemotion.learn.training.fit import Develop  # noqa: E402
from cinemotion.learn.training.runs import run_recipe  # noqa: E402

SIZE = (32, 32)
PICTURES = np.random.default_rng(0).integers(0, 256, (4, *SIZE, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def notop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of SqueezeNet that were never trained, in a file as Keras writes it."""
    path = tmp_path_factory.mktemp("weights") / "squeezenet.weights.h5"
    model = squeeze.squeezenet((*SIZE, 3), None)
    random = np.random.default_rng(3)
    model.set_weights([_likely(random, weight) for weight in model.weights])
    model.save_weights(path)
    return path


@pytest.fixture(scope="module")
def imagenet(shared: Path) -> Path:
    path = shared / "weights" / squeeze.WEIGHTS_FILE
    if not path.is_file():
        pytest.skip(f"no weights at {path}")
    return path


def opened(weights: Path | str, name: str = "squeezenet", seed: int = 0) -> Any:
    return open_model(f"transfer:{name}", SIZE, 3, seed=seed, weights=str(weights))


def values(model: Any) -> dict[str, np.ndarray]:
    return {weight.path: weight.numpy() for weight in model.weights}


def changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    return {path for path in before if not np.array_equal(before[path], after[path])}


@pytest.mark.footage
def test_every_weight_of_imagenet_gets_into_its_layer(imagenet: Path) -> None:
    backbone = opened(imagenet).get_layer("squeezenet")
    layers = [layer for layer in backbone.layers if layer.weights]
    with h5py.File(imagenet) as file:
        for layer in layers:
            group = file[layer.name.replace("_", "/")]
            for name, value in zip(group.attrs["weight_names"], layer.get_weights(), strict=True):
                np.testing.assert_array_equal(group[name.decode()][()], value)
        held = sum(bool(len(file[name].attrs["weight_names"])) for name in names_of(file))
    assert len(layers) == held == 25
    assert hash_weights("transfer:squeezenet", str(imagenet)) == squeeze.WEIGHTS_SHA256


def names_of(file: Any) -> list[str]:
    return [name.decode() for name in file.attrs["layer_names"]]


@pytest.mark.footage
def test_what_is_transferred_becomes_onnx(imagenet: Path, tmp_path: Path) -> None:
    pytest.importorskip("tf2onnx")
    from cinemotion.learn.kerasonnx import export_onnx

    assert export_onnx(opened(imagenet), tmp_path / "m.onnx", check=PICTURES) < 1e-4


def test_sides_that_grow_by_a_third_become_onnx(tmp_path: Path) -> None:
    """48 pixels times 5/3 are 80, and not what rounding down leaves of it."""
    pytest.importorskip("tf2onnx")
    import onnx

    from cinemotion.learn.kerasonnx import export_onnx

    random = np.random.default_rng(0)
    picture = keras.Input((48, 48, 3))
    grown = keras.ops.image.resize(picture, (80, 80))
    taps = keras.layers.Conv2D(4, 3, 2, "same")(keras.layers.Rescaling(1 / 255)(grown))
    model = keras.Model(picture, keras.layers.Flatten()(taps))
    pictures = random.integers(0, 256, (3, 48, 48, 3)).astype(np.float32)
    path = tmp_path / "m.onnx"
    assert export_onnx(model, path, check=pictures) < 1e-4
    [resize] = [node for node in onnx.load(path).graph.node if node.op_type == "Resize"]
    assert len(resize.input) == 4  # sides, and not scales, of which ONNX Runtime makes 79


def test_gelu_becomes_onnx(tmp_path: Path) -> None:
    """TensorFlow makes it of erfc, which tf2onnx does not know."""
    pytest.importorskip("tf2onnx")
    from cinemotion.learn.kerasonnx import export_onnx

    layers = keras.layers
    scaled = [keras.Input((*SIZE, 3)), layers.Rescaling(1 / 20, -6), layers.Activation("gelu")]
    model = keras.Sequential([*scaled, layers.GlobalAveragePooling2D()])
    assert export_onnx(model, tmp_path / "m.onnx", check=PICTURES) < 1e-4


def test_a_file_of_ours_is_read_and_the_seed_is_of_the_head_alone(notop: Path) -> None:
    one, other = values(opened(notop, seed=1)), values(opened(notop, seed=2))
    assert changed(one, other) == {"logits/kernel"}
    assert hash_weights("transfer:squeezenet", str(notop)) == hash_file(notop)
    for name, weights in (("transfer:vgg16", None), ("transfer:vgg16", "none"), ("mini", None)):
        assert hash_weights(name, weights) is None


def _damaged(notop: Path, path: Path, how: str) -> Path:
    if how == "cut":
        path.write_bytes(notop.read_bytes()[:100_000])
    elif how == "text":
        path.write_text("not found")
    elif how == "empty":
        h5py.File(path, "w").close()
    else:
        path.write_bytes(notop.read_bytes())
        with h5py.File(path, "r+") as file:
            value = np.nan if how == "nan" else -1e30
            file["layers/conv2d/vars/0"][0, 0, 0, 0] = value
    return path


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".bin"])
@pytest.mark.parametrize("how", ["cut", "text", "empty", "nan", "huge"])
def test_a_damaged_file_is_refused(notop: Path, tmp_path: Path, how: str, suffix: str) -> None:
    path = _damaged(notop, tmp_path / f"w{suffix}", how)
    with pytest.raises(WeightsError, match="squeezenet") as caught:
        opened(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_another_file_of_the_name_whose_hash_is_known_is_refused(
    notop: Path, tmp_path: Path
) -> None:
    path = tmp_path / squeeze.WEIGHTS_FILE
    path.write_bytes(notop.read_bytes())
    with pytest.raises(WeightsError, match=r"SHA-256 is not 17154246284f5555.*rename it"):
        opened(path)


def test_a_file_of_another_network_is_refused(notop: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"does not hold the weights of mobilenetv3"):
        opened(notop, "mobilenetv3")
    with pytest.raises(WeightsError, match="no file of weights"):
        opened(tmp_path)


def test_weights_that_keras_leaves_out_are_noticed() -> None:
    """Never random without being asked for."""
    keras.utils.set_random_seed(0)
    forgetful = Backbone(lambda shape, _: squeeze.squeezenet(shape, None), "caffe")
    with pytest.raises(WeightsError, match=r"have none for conv1;"):
        pretrained("squeezenet", forgetful, (*SIZE, 3), None)


def test_without_a_network_the_error_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Exception("URL fetch failure on https://…: None -- \n[Errno -2]")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    monkeypatch.setattr("keras.utils.get_file", fail)
    for name in ("squeezenet", "mobilenetv3"):
        with pytest.raises(WeightsError, match=r"could not get .* --weights FILE") as caught:
            open_model(f"transfer:{name}", SIZE, 3, seed=0)
        assert "\n" not in str(caught.value)


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_download_is_checked_and_kept(
    notop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch = partial(keras.utils.get_file, cache_dir=tmp_path)
    monkeypatch.setattr("keras.utils.get_file", fetch)
    # Keras tells the formats of files apart by their names.
    monkeypatch.setattr(squeeze, "WEIGHTS_FILE", notop.name)
    monkeypatch.setattr(squeeze, "WEIGHTS_SHA256", hash_file(notop))
    with _served(notop.parent) as address:
        monkeypatch.setattr(squeeze, "WEIGHTS_URL", f"{address}/{notop.name}")
        given = values(opened("imagenet"))
        monkeypatch.setattr(squeeze, "WEIGHTS_SHA256", "0" * 64)
        with pytest.raises(WeightsError, match="Incomplete or corrupted"):
            opened("imagenet")
    assert not changed(given, values(opened(notop)))
    assert capsys.readouterr().out == ""  # it belongs to the command's answer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "make"),
    [(EFFICIENTNETV2, "EfficientNetV2B0"), (CONVNEXT, "ConvNeXtTiny")],
    ids=["efficientnetv2", "convnext"],
)
def test_pictures_are_prepared_as_keras_does_it(
    backbone: Backbone, make: str, tmp_path: Path
) -> None:
    own = getattr(keras.applications, make)(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    random = np.random.default_rng(0)
    own.set_weights([_likely(random, weight) for weight in own.weights])
    own.save_weights(tmp_path / "own.weights.h5")
    name = "convnext" if backbone is CONVNEXT else "efficientnetv2"
    model = opened(tmp_path / "own.weights.h5", name)
    features = keras.Model(model.input, model.get_layer("features").output)
    expected = np.asarray(own(PICTURES[:2])).mean(axis=(1, 2))
    np.testing.assert_allclose(np.asarray(features(PICTURES[:2])), expected, rtol=1e-3, atol=1e-4)


def _likely(random: np.random.Generator, weight: Any) -> np.ndarray:
    """Values that let signals through: kernels after He, statistics about 1."""
    if "variance" in weight.path or "gamma" in weight.path:
        return random.uniform(0.8, 1.2, weight.shape)
    return random.normal(0, np.sqrt(2 / max(1, np.prod(weight.shape[:-1]))), weight.shape)


def test_colours_go_in_as_caffe_had_them(notop: Path) -> None:
    model = opened(notop)
    found = np.asarray(keras.Model(model.input, model.get_layer("bgr").output)(PICTURES))
    expected = keras.applications.vgg16.preprocess_input(PICTURES.copy())
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_batch_normalisation_stays_as_it_came() -> None:
    model = opened("none", "mobilenetv3")
    thaw(model, 1.0)
    paths = {weight.path for weight in model.trainable_weights}
    assert not [path for path in paths if "_bn" in path] and len(paths) > 60
    before = values(model)
    model(PICTURES, training=True)
    assert not changed(before, values(model))
    freeze(model)
    assert [weight.path for weight in model.trainable_weights] == ["logits/kernel", "logits/bias"]


def test_the_top_thaws_first(notop: Path) -> None:
    model = opened(notop)
    for share, first in ((0.01, "fire9_expand3x3"), (0.2, "fire8_expand1x1"), (1.0, "conv1")):
        thaw(model, share)
        learning = [weight.path.split("/")[-2] for weight in model.trainable_weights]
        assert learning[0] == first and learning[-1] == "logits"
        assert len(learning) == 2 * max(1, round(25 * share)) + 2


def test_normalisation_that_is_new_learns_and_keeps_the_convolutions_of_imagenet(
    notop: Path,
) -> None:
    plain, grown = opened(notop), opened(notop, "squeezenet-bn")
    bare, body = (model.get_layer("squeezenet") for model in (plain, grown))
    for layer in (layer for layer in bare.layers if layer.weights):
        pairs = zip(layer.get_weights(), body.get_layer(layer.name).get_weights(), strict=True)
        for value, same in pairs:
            np.testing.assert_array_equal(value, same)
    assert body.output_shape[1:3] == (4, 4)  # of 32 pixels; SqueezeNet as it was leaves one
    assert bare.output_shape[1:3] == (1, 1)
    before = values(grown)
    asked = np.asarray(grown(PICTURES)), np.asarray(grown.predict_on_batch(PICTURES))
    np.testing.assert_allclose(*asked, atol=1e-4)
    assert not changed(before, values(grown))  # nobody said that it is in training
    thaw(grown, 1.0)
    learning = {weight.path for weight in grown.trainable_weights}
    assert sum("_new/gamma" in path for path in learning) == 25
    grown(PICTURES, training=True)
    moved = changed(before, values(grown))
    assert moved and all("_new/moving_" in path for path in moved)
    freeze(grown)
    assert len(grown.trainable_weights) == 2


class _Side:
    """Thirty pictures, bright in another place for each class."""

    def __init__(self, seed: int, each: int = 10) -> None:
        random = np.random.default_rng(seed)
        classes = np.arange(3 * each) % 3
        self.pictures = random.integers(0, 120, (3 * each, *SIZE, 3)).astype(np.float32)
        for picture, at in zip(self.pictures, classes, strict=True):
            picture[10 * at : 10 * at + 12] = 230
        self.shares = np.eye(3, dtype=np.float32)[classes]

    def read(self, rows: np.ndarray) -> np.ndarray:
        return self.pictures[rows]

    def __len__(self) -> int:
        return len(self.shares)


class _Data:
    classes = ("a", "b", "c")
    train = _Side(0)


def _run(folder: Path, notop: Path, watch: Any = None, **changes: Any) -> tuple[Any, Any]:
    recipe = TrainRecipe(
        model="transfer:squeezenet",
        weights=str(notop),
        size=32,
        batch_size=10,
        policy="light",
        optimiser=Optimiser(learning_rate=0.01, warmup=0.5, average=0.5),
        **{"epochs": 4, "frozen_epochs": 2, "thaw": 0.2, **changes},
    )
    develop = Develop(lambda start, stop: _Side(1).pictures[start:stop], _Side(1).shares)
    return run_recipe(recipe, _Data(), develop, folder, "digest", watch)


def _kept(folder: Path, model: Any) -> dict[str, np.ndarray]:
    """The weights of a stage's best epoch."""
    with np.load(folder / "best.npz") as file:
        return {v.path: file[f"arr_{i}"] for i, v in enumerate(model.variables)}


def _told(rows: Any) -> list[dict[str, float]]:
    return [{key: row[key] for key in row if key != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def whole(notop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, *_run(folder, notop)


def test_first_the_head_learns_and_then_what_is_thawed(whole: Any, notop: Path) -> None:
    folder, model, history = whole
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert {path.name for path in folder.iterdir()} == {"stage0", "stage1"}
    first, second = (_kept(folder / name, model) for name in ("stage0", "stage1"))
    head = {"logits/kernel", "logits/bias"}
    start = {path: value for path, value in values(opened(notop)).items() if path in first}
    assert changed(start, first) == head
    states = {path for path in first if "seed" in path}
    thawed = {path for path in changed(first, second) if path not in head | states}
    names = {path.split("/")[-2] for path in thawed}
    assert names == {"fire8_expand3x3", *(f"fire9_{part}1x1" for part in ("squeeze", "expand"))} | {
        "fire9_expand3x3",
        "fire8_expand1x1",
    }


def test_the_best_of_all_stages_remains(whole: Any) -> None:
    folder, model, history = whole
    scores = [row["dev_accuracy"] for row in history]
    stage = "stage1" if max(scores[2:]) > max(scores[:2]) else "stage0"
    kept = _kept(folder / stage, model)
    assert not changed({path: kept[path] for path in values(model)}, values(model))


class _Stopper:
    """Stops behind an epoch, as a signal would, and notes what it is told."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.steps: list[tuple[int, int]] = []

    def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
        self.steps.append((epoch, epochs))

    def epoch(self, row: dict[str, float]) -> None:
        if row["epoch"] == self.last:
            raise KeyboardInterrupt


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_stopped_run_goes_on_in_its_stage(
    last: int, whole: Any, notop: Path, tmp_path: Path
) -> None:
    watch = _Stopper(last)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, notop, watch)
    model, history = _run(tmp_path, notop, watch := _Stopper(0))
    assert {epoch for epoch, _ in watch.steps} == set(range(last + 1, 5))
    assert {epochs for _, epochs in watch.steps} == {4}
    _, expected, rows = whole
    for found, wanted in zip(_told(history), _told(rows), strict=True):
        assert found == pytest.approx(wanted, rel=1e-4)
    for path, value in values(expected).items():
        np.testing.assert_allclose(values(model)[path], value, atol=1e-5, err_msg=path)


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"epochs": 1, "frozen_epochs": 3}, {"stage0"}),
        ({"epochs": 1, "thaw": 0.0, "frozen_epochs": 0}, {"stage0"}),
        ({"epochs": 1, "frozen_epochs": 0}, {"stage1"}),
        ({"epochs": 1, "weights": "none"}, {"state.npz", "best.npz"}),
    ],
)
def test_stages_that_are_empty_are_left_out(
    changes: dict[str, Any], stages: set[str], notop: Path, tmp_path: Path
) -> None:
    changes = dict(changes)
    _, history = _run(tmp_path, Path(changes.pop("weights", notop)), **changes)
    assert len(history) == 1
    assert {path.name for path in tmp_path.iterdir() if path.name != "tensorboard"} == stages


def test_the_last_epochs_have_a_policy_and_a_rate_of_their_own(
    notop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cinemotion.learn.training import runs

    seen = []

    def noted(model: Any, batches: Any, develop: Any, recipe: TrainRecipe, *args: Any, **more: Any):
        seen.append((recipe.policy, recipe.optimiser.learning_rate, more["epochs"]))
        return fit(model, batches, develop, recipe, *args, **more)

    fit = runs.fit
    monkeypatch.setattr(runs, "fit", noted)
    finish = {"finish_epochs": 1, "finish_policy": "none", "finish_rate": 0.5, "thawed_rate": 0.1}
    _, history = _run(tmp_path / "grown", notop, epochs=3, frozen_epochs=1, **finish)
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert seen == [("light", 0.01, 1), ("light", 0.001, 1), ("none", 0.0005, 1)]
    assert {"stage0", "stage1", "finish"} <= {path.name for path in (tmp_path / "grown").iterdir()}
    seen.clear()
    _run(tmp_path / "random", Path("none"), epochs=2, **finish)
    assert seen == [("light", 0.01, 1), ("none", 0.005, 1)]


def test_what_answers_both_ways_says_the_same_of_a_mirror_image(
    notop: Path, tmp_path: Path
) -> None:
    one, _ = _run(tmp_path / "one", notop, epochs=1, frozen_epochs=1)
    both, _ = _run(tmp_path / "both", notop, epochs=1, frozen_epochs=1, mirror=True)
    mirrored = PICTURES[:, :, ::-1]
    alone = [np.asarray(one.predict_on_batch(each)) for each in (PICTURES, mirrored)]
    said = [np.asarray(both.predict_on_batch(each)) for each in (PICTURES, mirrored)]
    assert not np.allclose(*alone, atol=1e-3)
    np.testing.assert_allclose(said[0], said[1], atol=1e-5)
    np.testing.assert_allclose(said[0], (alone[0] + alone[1]) / 2, atol=1e-5)
    both.save(tmp_path / "both.keras")
    again = keras.models.load_model(tmp_path / "both.keras")
    np.testing.assert_allclose(np.asarray(again.predict_on_batch(PICTURES)), said[0], atol=1e-6)


def test_runs_that_were_begun_before_a_field_was_there_go_on() -> None:
    """The hashes are those of the code before ``thawed_rate``."""
    old = "c9cc3bf6bf4ac57883f2efcb203aa2e2521a4fe8ba80886a9142c848a12b6ec8"
    assert hash_json(TrainRecipe().identity()) == old
    optimiser = Optimiser(learning_rate=1e-3)
    recipe = TrainRecipe(model="mini", epochs=3, weights="some.h5", optimiser=optimiser)
    old = "50b071cf801c4eddec7b23c77f93932b58701172dc48eb983e6c360db213aad6"
    assert hash_json(["data", recipe.identity()]) == old
    assert "thawed_rate" in TrainRecipe(thawed_rate=0.5).identity()
