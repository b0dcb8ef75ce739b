from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import (
    BadInputError,
    BadRecipeError,
    CinemotionError,
    DatasetError,
    DivergedError,
    StorageFullError,
    WeightsError,
)
from cinemotion.dataset.versions import Version
from cinemotion.flows.training.data import Sides
from cinemotion.learn.classifier import open_classifier
from cinemotion.learn.modelfolder import read_card
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe
from frozen import Sample, frozen, png
from shown import shown, told_apart
from tinynets import tiny_known

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")

from cinemotion.flows.training.train import train  # noqa: E402

pytestmark = pytest.mark.slow

SMALL = {
    "model": "tiny",
    "size": 32,
    "batch_size": 16,
    "optimiser.learning_rate": 0.01,
    "optimiser.average": 0.5,
    "policy": "light",
}


def small(**changes: Any) -> TrainRecipe:
    return load_train_recipe(None, {**SMALL, "epochs": 2, **changes})


LEARNING = small(model="mini", epochs=12)
"""Of a network that we ship, and long enough to learn something."""


@pytest.fixture(scope="module", autouse=True)
def _known() -> Iterator[None]:
    with tiny_known():
        yield


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return told_apart(tmp_path_factory.mktemp("told") / "d")


@pytest.fixture(scope="module")
def reference(version: Version) -> str:
    return f"{version.path}@v1"


@pytest.fixture(scope="module")
def model(reference: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "told"
    train(reference, out, LEARNING)
    return out


def weights(folder: Path) -> list[np.ndarray]:
    loaded = keras.models.load_model(folder / "model.keras")
    return [np.asarray(value) for value in loaded.get_weights()]


def test_a_model_learns_what_can_be_told_apart(model: Path) -> None:
    card = read_card(model)
    assert card.measures["develop"]["accuracy"] > 0.9
    assert card.classes == ["happy", "sad", "neutral"]
    classifier = open_classifier(model)
    pictures = [shown(label, 77 + i) for label in card.classes for i in range(4)]
    found = classifier(pictures)
    assert [card.classes[i] for i in found.argmax(axis=1)] == [
        label for label in card.classes for _ in range(4)
    ]
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_model_is_a_whole_folder(model: Path) -> None:
    names = {path.name for path in model.iterdir() if not path.name.startswith(".")}
    assert names == {
        *("model.onnx", "model.keras", "card.json", "README.md", "history.csv"),
        *("history.png", "run"),
    }
    rows = (model / "history.csv").read_text().splitlines()
    assert rows[0].startswith("epoch,loss,accuracy,dev_") and len(rows) == 13
    assert "emotion" in (model / "README.md").read_text().lower()
    card = json.loads((model / "card.json").read_text())
    assert card["recipe"]["epochs"] == 12 and card["data"]["train"] == 48
    assert card["limits"] and card["use"] and card["temperature"] > 0
    found = card["measures"]["develop"]
    assert found["macro_f1_low"] <= found["macro_f1"] <= found["macro_f1_high"]


def test_keras_and_onnx_give_the_same_numbers(model: Path) -> None:
    pictures = np.random.default_rng(0).uniform(0, 255, (5, 32, 32, 3)).astype(np.float32)
    expected = keras.models.load_model(model / "model.keras").predict(pictures, verbose=0)
    np.testing.assert_allclose(open_classifier(model).run(pictures), expected, atol=1e-4)


def test_training_again_does_nothing_and_another_recipe_is_refused(
    reference: str, model: Path
) -> None:
    stamp = (model / "model.onnx").stat().st_mtime_ns
    assert train(reference, model, LEARNING).again
    assert (model / "model.onnx").stat().st_mtime_ns == stamp
    with pytest.raises(BadInputError, match="another model"):
        train(reference, model, small(model="mini", epochs=11))
    with pytest.raises(BadInputError, match=r"another model, with a margin of 2 and not 1\.5"):
        train(reference, model, LEARNING, margin=1.5)


def test_the_same_seed_gives_the_same_weights_and_another_one_others(
    reference: str, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(reference, tmp_path / name, small(seed=seed))
    a, b, c = (weights(tmp_path / name) for name in "abc")
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert any(not np.allclose(one, other, atol=1e-3) for one, other in zip(a, c, strict=True))


_RUN = """
import os, signal, sys
from cinemotion.flows.training.train import train
from cinemotion.learn.training.recipe import TrainRecipe
from tinynets import tiny_known

class Killer:
    def step(self, epoch, epochs, done, total, loss):
        if epoch == 3 and done == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    def epoch(self, row): pass

with tiny_known():
    recipe = TrainRecipe.model_validate_json(sys.argv[3])
    train(sys.argv[1], sys.argv[2], recipe, watch=Killer())
"""


def test_killed_in_the_middle_a_run_ends_with_the_same_weights(
    reference: str, tmp_path: Path
) -> None:
    recipe = small(epochs=4, policy="film", mix="cutmix", balance="sampling")
    train(reference, tmp_path / "whole", recipe)
    arguments = [reference, str(tmp_path / "killed"), recipe.model_dump_json()]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", _RUN, *arguments]
    killed = subprocess.run(command, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "card.json").exists()
    seen: list[int] = []

    class Watch:
        def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
            seen.append(epoch)

        def epoch(self, row: dict[str, float]) -> None: ...

    train(reference, tmp_path / "killed", recipe, watch=Watch())
    assert set(seen) == {3, 4}
    for one, other in zip(weights(tmp_path / "whole"), weights(tmp_path / "killed"), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_soft_labels_and_losses_of_every_kind_train(reference: str, tmp_path: Path) -> None:
    for i, changes in enumerate(
        (
            {"labels": "hard", "loss.smoothing": 0.1},
            {"loss.name": "focal", "optimiser.name": "sgd", "optimiser.average": 0.0},
            {"balance": "weights", "mix": "mixup", "mixed_precision": True},
        )
    ):
        report = train(reference, tmp_path / str(i), small(epochs=1, **changes))
        assert np.isfinite(report.card.measures["develop"]["nll"])


def test_in_eight_bits_a_model_is_smaller_and_says_nearly_the_same(
    reference: str, tmp_path: Path
) -> None:
    """Of a network that is trained alike, so that nothing but the rounding is told apart."""
    wide = small(model="compact", epochs=2)
    plain = train(reference, tmp_path / "plain", wide)
    less = train(reference, tmp_path / "less", wide.model_copy(update={"eight_bits": True}))
    for one, other in zip(weights(plain.folder), weights(less.folder), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    sizes = [(report.folder / "model.onnx").stat().st_size for report in (plain, less)]
    assert sizes[1] < 0.35 * sizes[0]
    pictures = np.stack([shown(label, 7 + i) for i, label in enumerate(plain.card.classes)])
    said = [open_classifier(each.folder).run(pictures.astype(np.float32)) for each in (plain, less)]
    assert not np.array_equal(*said)
    np.testing.assert_allclose(said[1], said[0], atol=0.1 * np.ptp(said[0]) + 0.05)
    assert less.card.recipe["eight_bits"] and less.card.hashes["model.onnx"]
    with pytest.raises(BadInputError, match="another model"):
        train(reference, tmp_path / "plain", wide.model_copy(update={"eight_bits": True}))


def test_patience_ends_a_run_that_gets_no_better(reference: str, tmp_path: Path) -> None:
    report = train(
        reference, tmp_path / "m", small(epochs=30, patience=2, **{"optimiser.learning_rate": 1e-9})
    )
    assert report.epochs <= 5


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cinemotion.learn.training.batches import Batches

    whole = Batches.__getitem__

    def broken(self: Batches, index: int) -> Any:
        pictures, shares, counts = whole(self, index)
        return pictures, shares * (np.nan if self._epoch == 2 and index == 1 else 1), counts

    monkeypatch.setattr(Batches, "__getitem__", broken)
    with pytest.raises(BadInputError, match=r"loss became nan in step 2 of epoch 2.*lower"):
        train(reference, tmp_path / "m", small(epochs=3))
    monkeypatch.undo()
    assert train(reference, tmp_path / "m", small(epochs=3)).epochs == 3


def test_a_last_step_that_spoils_the_weights_does_not_replace_the_good_state(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its loss was still a number, as that is of before the step."""
    from cinemotion.learn.training.batches import Batches

    class Spoiler(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                weight = self.model.trainable_variables[0]
                weight.assign(np.full(weight.shape, np.nan))

    fitted = keras.Sequential.fit

    def fit(self: Any, batches: Batches, *, callbacks: list[Any], **how: Any) -> Any:
        return fitted(self, batches, callbacks=[Spoiler(), *callbacks], **how)

    monkeypatch.setattr(keras.Sequential, "fit", fit)
    with pytest.raises(DivergedError, match=r"end of epoch 2; the state after epoch 1 is kept"):
        train(reference, tmp_path / "m", small(epochs=3))
    for name in ("state.npz", "best.npz"):
        with np.load(tmp_path / "m" / "run" / name) as state:
            numbers = [state[key] for key in state.files if key != "note"]
            assert all(np.isfinite(value).all() for value in numbers)
    monkeypatch.undo()
    assert train(reference, tmp_path / "m", small(epochs=3)).epochs == 3


def test_a_full_disk_is_said_and_loses_nothing(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cinemotion.learn.training import checkpoint

    real, calls = np.savez, [0]

    def full(file: Any, *values: Any, **arrays: Any) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file, *values, **arrays)

    monkeypatch.setattr(checkpoint.np, "savez", full)
    with pytest.raises((StorageFullError, BadInputError), match=r"[Nn]o space left"):
        train(reference, tmp_path / "m", small(epochs=3))
    monkeypatch.undo()
    assert train(reference, tmp_path / "m", small(epochs=3)).epochs == 3


def test_a_state_of_another_run_or_a_damaged_one_is_refused(reference: str, tmp_path: Path) -> None:
    from cinemotion.learn.models import open_model
    from cinemotion.learn.training.checkpoint import load_state, save_state

    trainer = keras.Sequential([open_model("mini", (32, 32), 3, seed=0)])
    trainer.compile(optimizer="adam")
    path = tmp_path / "state.npz"
    path.write_bytes(b"PK nothing")
    with pytest.raises(BadInputError, match="damaged"):
        load_state(path, trainer, "x")
    save_state(path, trainer, [{"epoch": 1.0}], "mine")
    with pytest.raises(BadInputError, match="another recipe or data"):
        load_state(path, trainer, "other")
    assert load_state(path, trainer, "mine") == [{"epoch": 1.0}]


def test_twins_of_the_test_data_are_not_learned_from(
    version: Version, reference: str, tmp_path: Path
) -> None:
    held_out = tmp_path / "held" / "happy"
    held_out.mkdir(parents=True)
    for i in (0, 1):  # both are training pictures
        (held_out / f"{i}.png").write_bytes(
            version.encoded([s for s in version.samples().filter(split="train")["id"]][i : i + 1])[
                0
            ]
        )
    report = train(reference, tmp_path / "m", small(epochs=1), away_from=[tmp_path / "held"])
    assert report.card.data["left_out_as_twins"] == 2 and report.card.data["train"] == 46


def test_a_version_that_leaks_is_refused_unless_told(tmp_path: Path) -> None:
    from cinemotion.flows.versions.freeze import freeze

    twin = png(5, 32, 32)
    samples = [
        Sample("a.png", twin, {"happy": 1}, "train"),
        Sample("b.png", png(6, 32, 32), {"sad": 1}, "train"),
        Sample("c.png", png(7, 32, 32), {"sad": 1}, "val"),
        Sample("d.png", png(8, 32, 32), {"happy": 1}, "val"),
    ]
    path = tmp_path / "d"
    frozen(path, samples)
    record = freeze(path, tag="v1").folder / "version.json"
    leaky = json.loads(record.read_text())
    leaky["proof"]["holds"], leaky["allowed_leakage"] = False, "a test"
    record.chmod(0o644)
    record.write_text(json.dumps(leaky))
    with pytest.raises(DatasetError, match=r"leaks \(a test\).*--allow-leakage"):
        train(f"{path}@v1", tmp_path / "m", small())
    report = train(f"{path}@v1", tmp_path / "m", small(epochs=1), allow_leakage="I know")
    assert report.card.data["allowed_leakage"] == "I know"


def test_folds_are_trained_by_naming_sides(reference: str, tmp_path: Path) -> None:
    report = train(
        reference, tmp_path / "m", small(epochs=1), sides=Sides(("train", "val"), "test")
    )
    assert report.card.data["train"] == 60 and report.card.data["develop"] == 12


def test_bad_input_is_one_line(version: Version, reference: str, tmp_path: Path) -> None:
    out = tmp_path / "m"
    path = version.path
    cases: list[tuple[type[CinemotionError], str, Any]] = [
        (BadInputError, "names no version", lambda: train(str(path), out, small())),
        (DatasetError, "no version 'v9'", lambda: train(f"{path}@v9", out, small())),
        (
            BadInputError,
            "no side 'dev'",
            lambda: train(reference, out, small(), sides=Sides(("train",), "dev")),
        ),
        (BadInputError, "unknown model", lambda: train(reference, out, small(model="vgg"))),
        (BadInputError, "no policy", lambda: train(reference, out, small(policy="wild"))),
        (BadRecipeError, "epochs", lambda: small(epochs=0)),
        (BadRecipeError, "unknown key", lambda: small(epoch=1)),
    ]
    for kind, words, call in cases:
        with pytest.raises(kind, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_damaged_network_is_refused(model: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    data = bytearray((copy / "model.onnx").read_bytes())
    data[1000] ^= 1
    (copy / "model.onnx").write_bytes(bytes(data))
    with pytest.raises(WeightsError, match="SHA-256"):
        open_classifier(copy)
    (copy / "model.onnx").unlink()
    with pytest.raises(WeightsError, match="missing"):
        open_classifier(copy)
    (copy / "card.json").write_text("{}")
    with pytest.raises(BadInputError, match="no model card"):
        open_classifier(copy)
    with pytest.raises(BadInputError, match="no model 'nothing'"):
        open_classifier("nothing")


def test_two_runs_in_one_folder_are_refused(reference: str, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "m").mkdir()
    with FileLock(tmp_path / "m" / ".lock"), pytest.raises(BadInputError, match="another run"):
        train(reference, tmp_path / "m", small())
