"""Which trials of a search count; what trains is a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cinemotion.core.errors import BadInputError, DivergedError, StorageFullError
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe
from shown import told_apart

pytest.importorskip("optuna")

from cinemotion.core.alone import alone
from cinemotion.flows.training.search import SearchReport, search

Search = Callable[..., SearchReport]


class Trainer:
    """Takes the place of ``train``: what goes wrong is said before, and it keeps what was tried."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, TrainRecipe]] = []
        self.wrong: dict[int, BaseException] = {}

    def __call__(self, reference: str, out: Path, recipe: TrainRecipe, **options: Any) -> Any:
        self.tried.append((out.name, recipe))
        if error := self.wrong.pop(len(self.tried), None):
            raise error
        measures = {"develop": {"accuracy": 1 / len(self.tried)}}
        return SimpleNamespace(card=SimpleNamespace(measures=measures))


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"{told_apart(tmp_path_factory.mktemp('told') / 'd', each=6).path}@v1"


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    found = Trainer()
    monkeypatch.setattr("cinemotion.flows.training.search.train", found)
    return found


@pytest.fixture
def look(reference: str, tmp_path: Path) -> Search:
    recipe = load_train_recipe(None, {"model": "mini", "optimiser.learning_rate": 0.02})

    def found(trials: int, **changes: Any) -> SearchReport:
        return search(reference, tmp_path / "s", recipe, trials=trials, **changes)

    return found


@pytest.mark.parametrize("error", [StorageFullError("full"), KeyboardInterrupt(), SystemExit(9)])
def test_what_was_broken_off_is_tried_again_in_its_folder(
    error: BaseException, trainer: Trainer, look: Search, capfd: pytest.CaptureFixture[str]
) -> None:
    trainer.wrong = {1: error, 2: error}
    for _ in range(2):
        with pytest.raises(type(error)):
            look(2)
    report = look(2)
    assert [row["accuracy"] for row in report.trials] == [1 / 3, 1 / 4]
    first, again, third, _ = trainer.tried
    assert first == again == third and first[1].optimiser.learning_rate == 0.02
    assert look(2).trials == report.trials and len(trainer.tried) == 4
    assert capfd.readouterr().err == ""  # Optuna prints no traceback


def test_a_recipe_that_diverges_is_not_tried_again(
    trainer: Trainer, look: Search, capfd: pytest.CaptureFixture[str]
) -> None:
    trainer.wrong = {1: DivergedError("no number")}
    assert [row["why"] for row in look(2).trials] == ["no number", None]
    assert len(look(2).trials) == 2 and len(trainer.tried) == 2
    assert capfd.readouterr().err == ""


def test_a_search_that_goes_on_draws_something_else(trainer: Trainer, look: Search) -> None:
    look(2)
    rows = look(3).trials
    assert rows[1]["learning_rate"] != rows[2]["learning_rate"]


def test_a_folder_is_of_one_search(trainer: Trainer, look: Search, tmp_path: Path) -> None:
    file = look(1, share=0.5).file
    before = file.read_bytes()
    for changes, words in (
        ({"share": 0.2}, "share 0.5, now 0.2"),
        ({"epochs": 3}, "recipe: epoch"),
    ):
        with pytest.raises(BadInputError, match=f"another search .*{words}"):
            look(1, **{"share": 0.5, **changes})
    assert file.read_bytes() == before
    with (
        alone(tmp_path / "s", "another search is running in"),
        pytest.raises(BadInputError, match="another search is running"),
    ):
        look(1, share=0.5)


def test_a_file_of_trials_that_cannot_be_used_is_one_line(
    trainer: Trainer, look: Search, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "trials.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(
        BadInputError, match=r"cannot use .*trials.sqlite \(file is not a data"
    ) as e:
        look(1)
    assert "\n" not in str(e.value)
