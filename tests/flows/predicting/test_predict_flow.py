from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.images import encode_image
from cinemotion.flows.predicting.predict import predict
from shown import PLACES, shown, told_apart
from standins import stand_in


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_in(tmp_path_factory.mktemp("models") / "sharp")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    for label in PLACES:
        (tmp_path / "crops" / label).mkdir(parents=True)
        for i in range(2):
            data = encode_image(shown(label, i), "png")
            (tmp_path / "crops" / label / f"{i}@v1.png").write_bytes(data)
    (tmp_path / "crops" / ".hidden.png").write_bytes(b"x")
    (tmp_path / "crops" / "notes.txt").write_text("x")
    return tmp_path / "crops"


def test_crops_are_answered_in_the_order_of_their_names(model: Path, crops: Path) -> None:
    rows = list(predict(model, [crops], crops="given"))
    assert [Path(row["path"]).parent.name for row in rows] == sorted(
        label for label in PLACES for _ in range(2)
    )
    for row in rows:
        [face] = row["faces"]
        assert face["label"] == Path(row["path"]).parent.name
        assert face["box"] == [0, 0, 32, 32]
        assert sum(face["probabilities"].values()) == pytest.approx(1)
        assert face["confidence"] == max(face["probabilities"].values())


def test_what_is_not_sure_enough_is_unknown(crops: Path, tmp_path: Path) -> None:
    shy = stand_in(tmp_path / "shy", threshold=1.1)
    rows = list(predict(shy, [crops / "sad" / "0@v1.png"], crops="given"))
    assert rows[0]["faces"][0]["label"] == "unknown"
    assert max(rows[0]["faces"][0]["probabilities"].items(), key=lambda p: p[1])[0] == "sad"


def test_faces_are_found_and_a_bad_file_is_a_row(model: Path, tmp_path: Path) -> None:
    picture, bad = tmp_path / "astronaut.png", tmp_path / "bad.png"
    picture.write_bytes(encode_image(np.asarray(astronaut()), "png"))
    bad.write_bytes(b"no picture")
    seen: list[tuple[int, int]] = []
    rows = list(predict(model, [picture, bad], progress=lambda *at: seen.append(at)))
    [face] = rows[0]["faces"]
    left, top, right, bottom = face["box"]
    assert 150 < left < right < 300 and 40 < top < bottom < 220
    assert "not an image" in rows[1]["error"] and "faces" not in rows[1]
    assert seen[-1] == (2, 2)


def test_samples_of_a_version_are_answered(model: Path, tmp_path: Path) -> None:
    version = told_apart(tmp_path / "d", each=6)
    labels = dict(version.samples().select("id", "label").iter_rows())
    for target in (version.path, f"{version.path}@v1"):
        rows = list(predict(model, [target]))
        assert {row["path"]: row["faces"][0]["label"] for row in rows} == labels


def test_nothing_to_look_at_is_said(model: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no picture in"):
        list(predict(model, [tmp_path]))
    [row] = predict(model, [tmp_path / "nowhere.png"])
    assert "there is no such file" in row["error"]


def test_nothing_that_trains_is_loaded(model: Path, crops: Path) -> None:
    code = (
        "import sys; from cinemotion.__main__ import run\n"
        f"code = run(['predict', {str(model)!r}, {str(crops)!r}, '--crops', 'given', '--json'])\n"
        "heavy = {'tensorflow', 'keras', 'lance', 'pandas', 'sklearn', 'matplotlib'}\n"
        "assert code == 0 and not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"predictions"' in done.stdout
