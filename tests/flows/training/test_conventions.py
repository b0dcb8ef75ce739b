"""Two sets of labels of the same pictures: a head for each, and each is asked by its name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.__main__ import run
from cinemotion.core.errors import BadInputError, WeightsError
from cinemotion.dataset.versions import Version
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.analyzing.expressions import read_expressions
from cinemotion.flows.evaluating.compare import compare
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.evaluating.evaluate_page import write_evaluation
from cinemotion.flows.labelling.suggest import suggest_labels
from cinemotion.flows.training.data import training_data
from cinemotion.flows.versions.freeze import freeze
from cinemotion.learn.classifier import Classifier, open_classifier
from cinemotion.learn.modelfolder import MEAN, plain_by, read_card, write_card
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe
from cinemotion.learn.training.teaching import heads_for
from frozen import Sample, frozen, png
from shown import PLACES, shown, told_apart

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")

from cinemotion.flows.training.train import train  # noqa: E402

pytestmark = pytest.mark.slow

SWAPPED = {"happy": "sad", "sad": "happy", "neutral": "neutral"}
EMOTION = {"happy": 3, "sad": 4, "neutral": 6}  # in FER2013's CSV
OTHER = "fer2013"


def recipe(**changes: Any) -> TrainRecipe:
    settings = {"model": "mini", "size": 32, "batch_size": 16, "epochs": 20, "policy": "none"}
    rates = {"optimiser.learning_rate": 0.005, "optimiser.average": 0.5}
    return load_train_recipe(None, {**settings, **rates, **changes})


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """``v1`` says what is shown; ``other`` takes happy for sad, and has not seen every picture."""
    found = told_apart(tmp_path_factory.mktemp("told") / "d", film=True)
    rows = found.samples().filter(found.samples()["member"].str.ends_with("7.png").not_())
    votes = [
        Vote(row["id"], SWAPPED[row["label"]], OTHER, "human") for row in rows.iter_rows(named=True)
    ]
    Votes(found.path).add(votes)
    freeze(found.path, tag="other", annotators=[OTHER])
    return found


@pytest.fixture(scope="module")
def model(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "both"
    train(f"{version.path}@v1", out, recipe(mirror=False), also={OTHER: f"{version.path}@other"})
    return out


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """FER2013's CSV with labels of the other set."""
    path = tmp_path_factory.mktemp("csv") / "fer2013.csv"
    lines = ["emotion,pixels,Usage"]
    for at, label in enumerate(PLACES):
        for i in range(6):
            luma = shown(label, 7000 + 10 * at + i) @ np.array([0.299, 0.587, 0.114])
            pixels = " ".join(map(str, luma.round().astype(int).ravel().tolist()))
            lines.append(f"{EMOTION[SWAPPED[label]]},{pixels},PublicTest")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_each_set_of_labels_is_answered_by_its_own_head(model: Path) -> None:
    card = read_card(model)
    assert [(each.name, each.heads) for each in card.conventions] == [(OTHER, [1]), (MEAN, [0, 1])]
    assert card.heads == [0]
    assert card.measures["develop"]["accuracy"] > 0.9
    assert card.measures[f"develop, labels of {OTHER}"]["accuracy"] > 0.9
    assert set(card.data["also"]) == {OTHER}
    pictures = [shown(label, 77 + i) for label in PLACES for i in range(4)]
    wanted = [label for label in PLACES for _ in range(4)]
    own, other = open_classifier(model), open_classifier(f"{model}:{OTHER}")
    for classifier, expected in ((own, wanted), (other, [SWAPPED[each] for each in wanted])):
        found = classifier(pictures)
        assert found.shape == (12, 3)
        np.testing.assert_allclose(found.sum(axis=1), 1)
        assert [card.classes[i] for i in found.argmax(axis=1)] == expected
    assert other.card.temperature == card.conventions[0].temperature
    # What the two sets say of every picture but a neutral one contradicts the other.
    mean = open_classifier(f"{model}:{MEAN}")
    np.testing.assert_allclose(
        mean.logits(pictures), (own.logits(pictures) + other.logits(pictures)) / 2, atol=1e-5
    )
    assert 0.4 < card.measures["develop, all sets together"]["accuracy"] < 0.8
    plain = plain_by(card, MEAN)
    assert plain.heads == [0, 1] and plain.temperature == card.conventions[1].temperature
    with pytest.raises(BadInputError, match=r"no labels 'raters'.*fer2013"):
        open_classifier(f"{model}:raters")
    with pytest.raises(BadInputError, match="there is no model"):
        open_classifier("nowhere:fer2013")


def test_labels_are_compared_with_the_answers_of_their_head(
    model: Path,
    version: Version,
    table: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report, given, truths = evaluate(model, table)
    found = report.sets[OTHER]
    assert found["answered_by"] == OTHER and found["measures"]["accuracy"]["value"] == 1
    assert found["robustness"]["none"] == 1
    assert not np.array_equal(given.logits, given.to(OTHER).logits)
    asked: set[tuple[int, ...]] = set()

    def looked(classifier: Classifier, image: Any, place: int) -> np.ndarray:
        asked.add(classifier.heads)
        return np.zeros((9, 9), np.float32)

    monkeypatch.setattr("cinemotion.flows.evaluating.evaluate_page.occlusion_map", looked)
    write_evaluation(report, given, truths, table, tmp_path / "page.html")
    assert asked == {(1,)}  # where an answer comes from is asked of who gave it
    by_name, _, _ = evaluate(f"{model}:{OTHER}", table, robustness=False)
    assert "answered_by" not in by_name.sets[OTHER]
    assert by_name.sets[OTHER]["measures"]["accuracy"]["value"] == 1
    learned, _, _ = evaluate(model, f"{version.path}@other", split="train", robustness=False)
    assert "learned from these samples" in learned.notices[0]
    own, _, _ = evaluate(model, f"{version.path}@v1", robustness=False)
    assert own.sets["labels"]["measures"]["accuracy"]["value"] == 1
    pair = compare(f"{model}:{MEAN}", f"{model}:{OTHER}", table).sets[OTHER]
    assert pair["accuracy"][1] == 1 and pair["accuracy"][0] < 1
    assert pair["answered_by"] == [None, None]


def test_a_version_of_one_annotator_is_answered_by_that_head(model: Path, version: Version) -> None:
    report, _, _ = evaluate(model, f"{version.path}@other", robustness=False)
    [(name, found)] = report.sets.items()
    assert name == found["answered_by"] == OTHER
    assert found["measures"]["accuracy"]["value"] == 1


def test_a_comparison_lets_the_same_head_answer(
    model: Path, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = compare(model, f"{model}:{MEAN}", table).sets[OTHER]
    assert pair["answered_by"] == [OTHER, None]
    assert pair["accuracy"][0] == 1 and pair["accuracy"][1] < 1
    assert run(["compare", str(model), f"{model}:{MEAN}", table]) == 0
    assert f"{OTHER}: {model} answered by the head for {OTHER}" in capsys.readouterr().out


def test_a_model_may_answer_plainly_by_all_of_them(model: Path, table: str, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "m")
    write_card(tmp_path / "m", plain_by(read_card(model), MEAN))
    pictures = [shown(label, 88) for label in PLACES]
    both, plain = (open_classifier(each) for each in (f"{model}:{MEAN}", tmp_path / "m"))
    np.testing.assert_array_equal(both(pictures), plain(pictures))
    report, given, _ = evaluate(tmp_path / "m", table, robustness=False)
    assert report.sets[OTHER]["answered_by"] == OTHER
    assert report.sets[OTHER]["measures"]["accuracy"]["value"] == 1
    assert not np.array_equal(given.logits, given.to(OTHER).logits)


def test_which_head_of_a_teacher_teaches_which_set(model: Path, tmp_path: Path) -> None:
    assert heads_for(model, [""]) == {"": (0,)}
    assert heads_for(model, ["", OTHER]) == {"": (0,), OTHER: (1,)}
    assert heads_for(model, ["", "mean"], first=OTHER) == {"": (1,), "mean": (0, 1)}
    assert heads_for(f"{model}:{OTHER}", [""]) == {"": (1,)}
    shutil.copytree(model, tmp_path / "m")
    write_card(tmp_path / "m", plain_by(read_card(model), MEAN))
    assert heads_for(tmp_path / "m", [""]) == {"": (0, 1)}
    assert heads_for(tmp_path / "m", ["", OTHER]) == {"": (0,), OTHER: (1,)}


def test_a_teacher_that_answers_otherwise_makes_another_model(
    model: Path, version: Version, tmp_path: Path
) -> None:
    shutil.copytree(model, tmp_path / "t")
    taught = recipe(epochs=1, teacher=str(tmp_path / "t"))
    train(f"{version.path}@v1", tmp_path / "m", taught)
    assert train(f"{version.path}@v1", tmp_path / "m", taught).again
    write_card(tmp_path / "t", plain_by(read_card(model), MEAN))
    with pytest.raises(BadInputError, match="holds another model"):
        train(f"{version.path}@v1", tmp_path / "m", taught)


def test_a_card_must_speak_of_heads_that_are_there(model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "m")
    card = read_card(model)
    write_card(tmp_path / "m", card.model_copy(update={"heads": [2]}))
    with pytest.raises(WeightsError, match=r"gives 6 numbers.*3 sets of labels of 3 classes"):
        open_classifier(tmp_path / "m")
    old = json.loads((model / "card.json").read_text())
    old |= {"format": 1, "conventions": [{**old["conventions"][0]}]}
    del old["conventions"][0]["heads"], old["heads"]
    (tmp_path / "m" / "card.json").write_text(json.dumps(old))
    assert [each.heads for each in read_card(tmp_path / "m").conventions] == [[1]]
    old["conventions"][0]["heads"] = [-1]
    (tmp_path / "m" / "card.json").write_text(json.dumps(old))
    with pytest.raises(BadInputError, match="is no model card"):
        read_card(tmp_path / "m")


def test_the_first_set_has_the_name_of_its_only_annotator(version: Version, tmp_path: Path) -> None:
    report = train(
        f"{version.path}@other",
        tmp_path / "m",
        recipe(epochs=1),
        also={"shown": f"{version.path}@v1"},
    )
    ways = {each.name: each.heads for each in report.card.conventions}
    assert ways == {OTHER: [0], "shown": [1], MEAN: [0, 1]}
    with pytest.raises(BadInputError, match="of the first version are of that annotator"):
        train(
            f"{version.path}@other",
            tmp_path / "n",
            recipe(epochs=1),
            also={OTHER: f"{version.path}@v1"},
        )


def test_samples_that_the_other_set_lacks_are_learned_by_the_first_head(version: Version) -> None:
    from cinemotion.dataset.reference import need_version
    from cinemotion.dataset.versions import open_version

    other = open_version(*need_version(f"{version.path}@other"))
    data = training_data(version, recipe(), also={OTHER: other})
    labels = data.train.also[OTHER]
    assert labels.shape == data.train.shares.shape
    without = ~labels.any(axis=1)
    assert 0 < without.sum() < len(labels)
    np.testing.assert_allclose(labels[~without].sum(axis=1), 1)
    assert data.digest != training_data(version, recipe()).digest


def test_a_teacher_teaches_both(model: Path, version: Version, tmp_path: Path) -> None:
    report = train(
        f"{version.path}@v1",
        tmp_path / "taught",
        recipe(epochs=1, teacher=str(model), mirror=True, eight_bits=True),
        also={OTHER: f"{version.path}@other"},
    )
    assert report.card.data["teacher_sha256"] and len(report.card.conventions) == 2
    with pytest.raises(BadInputError, match=r"no labels 'third'.*call the set as the teacher"):
        train(
            f"{version.path}@v1",
            tmp_path / "third",
            recipe(epochs=1, teacher=str(model)),
            also={"third": f"{version.path}@other"},
        )


def test_versions_that_do_not_fit_are_refused(version: Version, tmp_path: Path) -> None:
    said = [{"happy": 1}, {"fear": 1}]
    strange = frozen(tmp_path / "s", [Sample(f"{i}.png", png(i), said[i % 2]) for i in range(4)])
    apart = frozen(tmp_path / "a", [Sample(f"{i}.png", png(i), {"happy": 1}) for i in range(4)])
    cases = (
        ("x", strange, "classes fear, which the first"),
        ("x", apart, "none of the samples"),
        ("a:b", version, "cannot be called 'a:b'"),
        ("labels", version, "cannot be called 'labels'"),
        (MEAN, version, "cannot be called 'mean'"),
    )
    for name, other, said_of in cases:
        with pytest.raises(BadInputError, match=said_of):
            train(
                f"{version.path}@v1",
                tmp_path / "m",
                recipe(),
                also={name: f"{other.path}@v1"},
                allow_leakage="a test",
            )
    assert not (tmp_path / "m" / "card.json").exists()


def test_votes_of_two_heads_are_those_of_two_annotators(
    model: Path, version: Version, tmp_path: Path
) -> None:
    shutil.copytree(version.path, tmp_path / "d")
    one, other = (suggest_labels(tmp_path / "d", name) for name in (model, f"{model}:{OTHER}"))
    assert one.annotator != other.annotator and f":{OTHER}:" in other.annotator
    votes = Votes(tmp_path / "d").table()
    said = {
        each.annotator: votes.filter(votes["annotator"] == each.annotator) for each in (one, other)
    }
    assert all(len(found) for found in said.values()) and one.labelled["happy"] > 0
    shutil.copytree(model, tmp_path / "m")
    write_card(tmp_path / "m", plain_by(read_card(model), MEAN))
    plain, mean = (
        suggest_labels(tmp_path / "d", name, dry_run=True).annotator
        for name in (tmp_path / "m", f"{tmp_path / 'm'}:{MEAN}")
    )
    assert plain == mean and plain not in said
    sure = said[other.annotator]
    both = said[one.annotator].join(sure, on="sample", suffix="_other")
    happy = both.filter(both["label"] == "happy")
    assert len(happy) and "happy" not in happy["label_other"].to_list()


def test_vectors_kept_of_one_head_are_not_taken_for_those_of_another(
    model: Path, version: Version, tmp_path: Path
) -> None:
    shutil.copytree(version.path, tmp_path / "d")
    ids = version.samples()["id"].to_list()[:9]
    own, other = (open_classifier(name) for name in (model, f"{model}:{OTHER}"))
    kept = [read_expressions(tmp_path / "d", ids, each) for each in (own, other, own)]
    np.testing.assert_allclose(kept[0], kept[2])
    happy, sad = (own.classes.index(name) for name in ("happy", "sad"))
    assert not np.allclose(kept[0], kept[1], atol=0.2)
    assert np.abs(kept[0][:, happy] - kept[1][:, sad]).mean() < 0.2
