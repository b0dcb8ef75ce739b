from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.images import encode_image
from cinemotion.flows.evaluating.compare import _pair, compare
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.evaluating.evaluate_page import write_evaluation
from cinemotion.flows.versions.freeze import freeze
from cinemotion.learn.modelfolder import read_card, write_card
from pages import check_page
from shown import shown, told_apart
from standins import stand_in


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"{told_apart(tmp_path_factory.mktemp('told') / 'd', film=True).path}@v1"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_in(tmp_path_factory.mktemp("models") / "sharp")


def test_a_model_that_is_right_is_measured_so(model: Path, reference: str) -> None:
    report, given, truths = evaluate(model, reference)
    found = report.sets["labels"]
    assert found["samples"] == 12 and found["measures"]["accuracy"]["value"] == 1
    assert report.data["split"] == "test"
    assert np.array(found["confusion"]).trace() == 12
    assert set(found["robustness"]) > {"none", "grain", "jpeg"}
    assert found["robustness"]["none"] == 1
    assert {group["group"] for group in found["groups"]["film"]} == {"film/test0", "film/test1"}
    assert found["interval"] == "by film"
    assert json.loads(json.dumps(report.as_json()))["speed"]["batch_1"] > 0
    assert len(given.names) == 12 and set(truths) == {"labels"}


def test_other_sides_and_sources_can_be_measured(
    model: Path, reference: str, tmp_path: Path
) -> None:
    assert evaluate(model, reference, split="train")[0].samples == 48
    assert evaluate(model, reference, split="all")[0].samples == 72
    for label in ("happy", "sad"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for i in range(3):
            data = encode_image(shown(label, 500 + i), "png")
            (tmp_path / "set" / label / f"{i}.png").write_bytes(data)
    (tmp_path / "set" / "sad" / "broken.png").write_bytes(b"no picture")
    report, _, _ = evaluate(model, str(tmp_path / "set"), robustness=False)
    assert report.samples == 6 and list(report.unreadable) == ["sad/broken.png"]
    [found] = report.sets.values()
    assert found["classes"] == ["happy", "sad"] and found["robustness"] == {}
    assert found["measures"]["accuracy"]["value"] == 1


def test_samples_that_a_model_was_made_on_are_told(
    model: Path, reference: str, tmp_path: Path
) -> None:
    id = evaluate(model, reference, robustness=False)[0].data["version"]
    shutil.copytree(model, tmp_path / "m")
    card = read_card(model)
    sides = {"train": ["train"], "develop": "val"}
    known = card.data | {"version": id, "sides": sides}
    write_card(tmp_path / "m", card.model_copy(update={"data": known}))

    def notices(split: str) -> list[str]:
        return evaluate(tmp_path / "m", reference, split=split, robustness=False)[0].notices

    assert notices("test") == []
    assert [len(notices(split)) for split in ("train", "val", "all")] == [1, 1, 2]
    assert "learned" in notices("train")[0] and "chosen" in notices("val")[0]
    again = freeze(reference.removesuffix("@v1"), tag="again", weights={"rater happy": 2})
    assert again.id != id  # of the same samples
    other = f"{again.path}@again"
    found = evaluate(tmp_path / "m", other, split="all", robustness=False)[0].notices
    assert "learned from 48 of these 72 samples" in found[0]
    report, given, truths = evaluate(tmp_path / "m", reference, split="val", robustness=False)
    write_evaluation(report, given, truths, reference, tmp_path / "r.html", split="val")
    assert report.notices[0] in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_page_shows_answers_and_loads_nothing(
    model: Path, reference: str, tmp_path: Path
) -> None:
    report, given, truths = evaluate(model, reference)
    out = tmp_path / "report.html"
    write_evaluation(report, given, truths, reference, out)
    page = out.read_text()
    check_page(page)
    assert "Sure and right" in page and "What films do to faces" in page
    assert "What somebody feels" in page


def test_two_models_are_compared_on_the_same_samples(
    model: Path, reference: str, tmp_path: Path
) -> None:
    blind = stand_in(tmp_path / "blind", blind=True)
    report = compare(blind, model, reference)
    found = report.sets["labels"]
    assert found["accuracy"] == [pytest.approx(1 / 3), 1.0]
    assert found["difference"] == pytest.approx(2 / 3)
    assert found["only_second"] == 8 and found["only_first"] == 0
    assert found["p"] == pytest.approx(2 * 0.5**8) and found["low"] > 0
    assert found["interval"] == "by film" and found["answered_by"] == [None, None]
    other = tmp_path / "other"
    shutil.copytree(model, other)
    card = read_card(other).model_dump() | {"classes": ["a", "b", "c"]}
    write_card(other, type(read_card(other))(**card))
    with pytest.raises(BadInputError, match="share 0 classes"):
        compare(model, other, reference)


def test_a_difference_within_one_film_of_many_is_not_sure() -> None:
    one, other = np.zeros(60, np.bool_), np.arange(60) < 20  # better in one film of three
    by_sample = _pair(one, other, 0, None)
    by_film = _pair(one, other, 0, [f"film{at // 20}" for at in range(60)])
    assert by_sample["low"] > 0 and by_sample["interval"] == "by sample"
    assert by_film["low"] == 0 and by_film["interval"] == "by film"


def test_bad_input_is_one_line(model: Path, reference: str, tmp_path: Path) -> None:
    dataset = reference.removesuffix("@v1")
    (tmp_path / "bored").mkdir()
    (tmp_path / "bored" / "x.png").write_bytes(encode_image(shown("sad", 1), "png"))
    (tmp_path / "sources" / "bored").mkdir(parents=True)
    shutil.copy(tmp_path / "bored" / "x.png", tmp_path / "sources" / "bored")
    for kind, words, data, split in (
        (BadInputError, "frozen version", dataset, None),
        (BadInputError, "no side 'dev'", reference, "dev"),
        (DatasetError, "no version", f"{dataset}@v7", None),
        (BadInputError, "no such file", str(tmp_path / "none"), None),
        (BadInputError, "the labels are bored", str(tmp_path / "sources"), None),
        (BadInputError, "--split is for", str(tmp_path / "sources"), "test"),
    ):
        with pytest.raises(kind, match=words) as caught:
            evaluate(model, data, split=split)
        assert "\n" not in str(caught.value)
