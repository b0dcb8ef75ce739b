"""The shipped model keeps what its card says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from cinemotion.dataset.images import encode_image
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.predicting.predict import predict
from cinemotion.learn.modelfolder import CARD, ONNX, SHIPPED, read_card

FOLDER = SHIPPED / "compact-v1"


def test_it_is_small_and_whole() -> None:
    card = read_card(FOLDER)
    assert (FOLDER / ONNX).stat().st_size + (FOLDER / CARD).stat().st_size <= 4_000_000
    assert set(card.classes) == {
        *("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
    }
    ways = {each.name: each.heads for each in card.conventions}
    assert ways == {"ferplus": [0], "fer2013": [1], "mean": [0, 1]} and card.heads == [0, 1]
    assert card.limits and card.licence and card.parameters < 4_000_000
    assert (FOLDER / "README.md").read_text().startswith("# compact-v1")


def test_a_smile_is_happy_at_any_size(tmp_path: Path) -> None:
    for size in (512, 160):
        picture = tmp_path / f"{size}.png"
        image = np.asarray(astronaut())[:: 512 // size, :: 512 // size]
        picture.write_bytes(encode_image(np.ascontiguousarray(image), "png"))
        [row] = predict("cinemotion/compact-v1", [picture])
        assert row["faces"][0]["label"] == "happy"


@pytest.mark.footage
def test_its_figures_are_measured_again(shared: Path) -> None:
    data = shared / "fer" / "validation.parquet"
    report, given, truths = evaluate("compact-v1", str(data), robustness=False)
    card = read_card(FOLDER)
    for name, found in report.sets.items():
        of = f"FER2013 validation part, labels of {name}"
        said = card.measures[f"{of}, answered by them"]
        assert found["measures"]["accuracy"]["value"] == pytest.approx(said["accuracy"], abs=0.002)
        assert found["samples"] == said["samples"]
        truth = truths[name]
        plain = truth.answers(given.probabilities).argmax(axis=1)
        assert (plain == truth.truth).mean() == pytest.approx(
            card.measures[of]["accuracy"], abs=0.002
        )
    pair = report.agreement["fer2013 and ferplus"]
    assert 0.6 < pair["agreement"] < 0.7
