from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.versions import Version
from cinemotion.learn.modelfolder import read_card
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe
from frozen import Sample, frozen
from shown import PLACES, shown, told_apart
from standins import stand_in
from tinynets import tiny_known

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
pytest.importorskip("optuna")

from cinemotion.dataset.images import encode_image  # noqa: E402
from cinemotion.flows.training.repeat import train_folds, train_seeds  # noqa: E402
from cinemotion.flows.training.search import search  # noqa: E402
from cinemotion.flows.training.train import train  # noqa: E402

pytestmark = pytest.mark.slow


def small(**changes: object) -> TrainRecipe:
    usual = {
        "model": "tiny",
        "size": 32,
        "batch_size": 16,
        "epochs": 1,
        "policy": "none",
        "optimiser.learning_rate": 0.01,
        "optimiser.average": 0.5,
    }
    return load_train_recipe(None, usual | changes)


@pytest.fixture(scope="module", autouse=True)
def _known() -> Iterator[None]:
    with tiny_known():
        yield


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return told_apart(tmp_path_factory.mktemp("told") / "d")


def test_seeds_give_mean_and_deviation(version: Version, tmp_path: Path) -> None:
    begun: list[tuple[str, int, int]] = []
    how: Any = {"seeds": 2, "margin": 1.5, "begins": lambda *run: begun.append(run)}
    report = train_seeds(f"{version.path}@v1", tmp_path, small(seed=4), **how)
    assert report.models == ["seed-4", "seed-5"] and report.measured == "develop"
    row = report.measures["accuracy"]
    assert row["mean"] == pytest.approx(np.mean(row["values"]))
    assert row["sd"] == pytest.approx(np.std(row["values"], ddof=1))
    assert json.loads((tmp_path / "summary.json").read_text())["models"] == report.models
    assert [read_card(tmp_path / name).margin for name in report.models] == [1.5, 1.5]
    assert begun == [("seed", 1, 2), ("seed", 2, 2)]
    with pytest.raises(BadInputError, match="2 or more"):
        train_seeds(f"{version.path}@v1", tmp_path, small(), seeds=1)


def test_every_fold_is_measured_by_a_model_that_did_not_see_it(
    version: Version, tmp_path: Path
) -> None:
    samples = [
        Sample(
            f"{label}{i}.png",
            encode_image(shown(label, 100 * at + i), "png"),
            {label: 1},
            f"fold{i % 3}",
        )
        for at, label in enumerate(PLACES)
        for i in range(12)
    ]
    folded = frozen(tmp_path / "d", samples)
    begun: list[tuple[str, int, int]] = []
    how: Any = {"margin": 1.5, "begins": lambda *run: begun.append(run)}
    report = train_folds(f"{folded.path}@v1", tmp_path / "m", small(), **how)
    assert begun == [("fold", 1, 3), ("fold", 2, 3), ("fold", 3, 3)]
    assert report.models == ["fold0", "fold1", "fold2"] and report.measured == "test"
    assert len(report.measures["accuracy"]["values"]) == 3
    card = json.loads((tmp_path / "m" / "fold1" / "card.json").read_text())
    assert card["data"]["train"] == 12 and card["data"]["develop"] == 12
    assert card["margin"] == 1.5
    with pytest.raises(BadInputError, match="has 0 folds"):
        train_folds(f"{version.path}@v1", tmp_path / "m2", small())


def test_a_search_goes_on_and_writes_a_recipe_that_can_be_used(
    version: Version, tmp_path: Path
) -> None:
    reference = f"{version.path}@v1"
    first = search(reference, tmp_path / "s", small(), trials=2, epochs=1, share=0.5)
    assert len(first.trials) == 2 and first.trials[0]["learning_rate"] == 0.01
    both = search(reference, tmp_path / "s", small(), trials=3, epochs=1, share=0.5)
    assert both.trials[:2] == first.trials and len(both.trials) == 3
    assert both.accuracy == max(row["accuracy"] for row in both.trials)
    found = load_train_recipe(both.file, {})
    assert found == both.recipe and found.epochs == 1 and found.model == "tiny"
    rate = search(reference, tmp_path / "r", small(), trials=1, epochs=1, only_rate=True)
    assert set(rate.trials[0]) == {"number", "accuracy", "why", "learning_rate"}
    with pytest.raises(BadInputError, match="1 trial or more"):
        search(reference, tmp_path / "s", small(), trials=0)


def test_a_teachers_answers_become_labels(version: Version, tmp_path: Path) -> None:
    from cinemotion.learn.training.teaching import learn_from

    teacher = stand_in(tmp_path / "teacher")
    pictures = np.stack([shown(label, i) for i, label in enumerate(PLACES)]).astype(np.float32)
    even = np.full((3, 3), 1 / 3, np.float32)
    how = {"share": 0.5, "temperature": 1.0}
    shares = learn_from([teacher], list(PLACES), lambda rows: pictures[rows], {"": even}, **how)[""]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    # The stand-in takes a mirrored bright square for another place, so only the middle is sure.
    assert shares[2].argmax() == 2 and shares[2, 2] > 0.5
    report = train(f"{version.path}@v1", tmp_path / "m", small(teacher=str(teacher)))
    assert report.card.data["teacher_sha256"] and report.card.recipe["teacher"] == str(teacher)
    with pytest.raises(BadInputError, match="does not know fear"):
        learn_from([teacher], ["fear"], lambda rows: pictures[rows], {"": even}, **how)


def test_of_several_teachers_the_mean_is_learned(version: Version, tmp_path: Path) -> None:
    from cinemotion.learn.training.teaching import learn_from

    first = stand_in(tmp_path / "first")
    report = train(f"{version.path}@v1", tmp_path / "second", small())
    pictures = np.stack([shown(label, i) for i, label in enumerate(PLACES)]).astype(np.float32)
    even = np.full((3, 3), 1 / 3, np.float32)

    def taught_by(*teachers: Path) -> np.ndarray:
        sets = {"": even}
        read = lambda rows: pictures[rows]  # noqa: E731
        return learn_from(teachers, list(PLACES), read, sets, share=1.0, temperature=1.0)[""]

    mean = (taught_by(first) + taught_by(report.folder)) / 2
    np.testing.assert_allclose(taught_by(first, report.folder), mean, atol=1e-6)
    assert np.abs(taught_by(first) - mean).max() > 0.01
    both = (str(first), str(report.folder))
    report = train(f"{version.path}@v1", tmp_path / "m", small(teacher=both))
    assert len(report.card.data["teacher_sha256"]) == 2
