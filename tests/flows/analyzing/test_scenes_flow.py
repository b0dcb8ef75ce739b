"""Scenes and the barcode, from a drawn film whose scenes and colours are known."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import cv2
import lance
import numpy as np
import polars as pl
import pytest
from drawnscenes import BARS, RATE, SCENES, SHOT, draw_scenes, room

from cinemotion.__main__ import run
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.barcode import barcode, barcode_png, thinned
from cinemotion.flows.analyzing.scening import find_scenes
from cinemotion.flows.analyzing.settings import AnalyzeRecipe, Scenes, load_analyze_recipe
from cinemotion.flows.analyzing.sightings import Sightings
from pages import check_page

EVERY = 0.4
RECIPE = load_analyze_recipe(
    None,
    {
        "scenes.least_seconds": 3.0,
        "scenes.window": 5.0,
        "people.embedder": "none",
        "build.sampling.every": EVERY,
    },
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Analysis]:
    folder = tmp_path_factory.mktemp("drawn")
    film = draw_scenes(folder / "film.mp4")
    [analysis] = analyze(film, folder / "report", recipe=RECIPE, workers=0)
    return film, folder / "report", analysis


def test_the_scenes_of_a_drawn_film_are_found(drawn: tuple[Path, Path, Analysis]) -> None:
    _, out, analysis = drawn
    lengths = [len(scene) for scene in SCENES]
    assert analysis.seen.shots.height == sum(lengths)
    found = analysis.scenes
    assert found is not None
    assert [scene.last - scene.first for scene in found] == lengths
    told = json.loads((out / "analysis.json").read_text(encoding="utf-8"))
    assert len(told["scenes"]) == len(SCENES)
    first, last = told["scenes"][1]["shots"]
    assert told["scenes"][1]["start"] == told["shots"][first]["start"]
    assert told["scenes"][1]["end"] == told["shots"][last]["end"]
    assert told["scenes"][1]["shots_per_minute"] == pytest.approx(60 * RATE / SHOT, abs=0.01)
    assert told["scenes"][0]["separation"] is None
    assert told["scenes"][1]["separation"] > RECIPE.scenes.limit
    assert told["scenes"][1]["dominant"] is None and told["scenes"][1]["coverage"] == 0
    for form in (pl.read_parquet(out / "scenes.parquet"), pl.read_csv(out / "scenes.csv")):
        assert form["shots"].to_list() == lengths
        assert form["start"].to_list() == pytest.approx([s.start for s in found])
        assert form["end"][2] == pytest.approx(analysis.seen.shots["end"][-1])


def test_a_barcode_has_a_column_for_each_instant_and_no_bars(
    drawn: tuple[Path, Path, Analysis],
) -> None:
    _, out, analysis = drawn
    columns = barcode(analysis.seen, analysis.footage.every)
    frames = SHOT * len("".join(SCENES))
    assert columns is not None and columns.shape == (9, frames // (EVERY * RATE), 3)
    for at in range(columns.shape[1]):
        shown = room("".join(SCENES)[int(EVERY * RATE * at) // SHOT], int(EVERY * RATE * at))
        inside = shown[BARS:-BARS].astype(float)
        for stripe, rows in ((1, slice(8, 15)), (7, slice(55, 62))):  # of 70 rows
            mean = inside[rows].mean(axis=(0, 1))
            assert np.abs(columns[stripe, at] - mean).max() <= 12, (at, stripe)
        assert columns[[0, -1], at].max(axis=1).min() > 40  # with its bars they would be black
    picture = cv2.imread(str(out / "barcode.png"))
    wide = picture.shape[1] // columns.shape[1]
    assert picture.shape == (108, wide * columns.shape[1], 3)
    first = picture[2, wide // 2, ::-1].astype(int)
    assert np.abs(first - columns[0, 0]).max() <= 3


def test_the_page_has_both(drawn: tuple[Path, Path, Analysis]) -> None:
    page = (drawn[1] / "report.html").read_text(encoding="utf-8")
    check_page(page, scripts=2)
    assert 'id="barcode"' in page and 'id="strip"' in page
    assert page.count('class="go" data-from') == len(SCENES)
    assert "It knows nothing of the story" in page


def test_other_settings_take_no_new_look(
    drawn: tuple[Path, Path, Analysis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, out, _ = drawn

    def never(*_: object, **__: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr("cinemotion.flows.analyzing.footage.build", never)
    one = RECIPE.model_copy(update={"scenes": Scenes(limit=255)})
    [analysis] = analyze(film, tmp_path / "r", recipe=one, dataset=out / "dataset", workers=0)
    assert analysis.scenes is not None and len(analysis.scenes) == 1


def test_a_dataset_of_before_has_no_colours_and_says_what_to_do(
    drawn: tuple[Path, Path, Analysis], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, report, _ = drawn
    out = tmp_path / "report"
    shutil.copytree(report, out)
    lance.dataset(str(out / "dataset" / "frames.lance")).drop_columns(["colours"])
    command = ["analyze", str(film), "--out", str(out), "--embedder", "none", "--workers", "0"]
    command += ["--every", str(EVERY)]
    assert run(command) == 0
    said = capsys.readouterr().out
    assert "no barcode and no scenes" in said and "--dataset" in said
    told = json.loads((out / "analysis.json").read_text(encoding="utf-8"))
    assert told["scenes"] is None and len(told["shots"]) == sum(map(len, SCENES))
    assert pl.read_parquet(out / "scenes.parquet").height == 0
    assert not (out / "barcode.png").exists()  # it was of another dataset
    page = (out / "report.html").read_text(encoding="utf-8")
    check_page(page, scripts=2)
    assert "There are no scenes here" in page and "There is no barcode" in page
    # And what it says to do helps.
    assert run([*command, "--dataset", str(tmp_path / "anew")]) == 0
    assert (out / "barcode.png").exists()


def test_a_scene_has_the_mix_of_its_tracks() -> None:
    shots = pl.DataFrame({"start": [0.0, 2.0, 4.0, 6.0], "end": [2.0, 4.0, 6.0, 8.0]})
    frames = pl.DataFrame({"shot": np.repeat(np.arange(4), 2)})
    faces = pl.DataFrame(
        {"pts": [0, 0, 1, 2, 6], "shot": [0, 0, 0, 1, 3], "stretch": [1.0, 1.0, 1.0, 1.0, 0.5]}
    )
    colours = np.zeros((8, 9, 16, 3), np.uint8)
    colours[4:] = 200  # two rooms
    seen = Sightings(frames, faces, shots, Fraction(1), 0.0, 8.0, colours)
    tracks = pl.DataFrame(
        {
            "track": [0, 1, 2, 3],
            "shot": [0, 0, 1, 3],
            "screen_seconds": [2.0, 1.0, 3.0, 0.5],
            "character": ["c02", None, "c01", "c01"],
        }
    )
    votes = np.array([[0.8, 0.2], [np.nan, np.nan], [0.4, 0.6], [0.0, 1.0]])
    found = find_scenes(seen, tracks, votes, Scenes(least_seconds=0))
    assert found is not None
    assert [(s.first, s.last, s.start, s.end) for s in found] == [(0, 2, 0, 4), (2, 4, 4, 8)]
    assert found[0].characters == ("c01", "c02") and found[1].characters == ("c01",)
    assert found[0].probabilities == pytest.approx([0.6, 0.4])
    assert [s.dominant(("happy", "sad")) for s in found] == ["happy", "sad"]
    assert [s.coverage for s in found] == [0.75, 0.125]  # two faces at once count once
    assert [s.shots_per_minute for s in found] == [30, 30]


def test_a_still_picture_has_many_columns_and_a_long_film_few_pixels() -> None:
    frames = pl.DataFrame({"seconds": [1.0, 4.0]})
    colours = np.stack([np.full((9, 16, 3), level, np.uint8) for level in (10, 90)])
    seen = Sightings(frames, frames, frames, Fraction(1), 1.0, 5.0, colours)
    columns = barcode(seen, 0.5)
    assert columns is not None
    assert columns[0, :, 0].tolist() == [10] * 6 + [90] * 2
    long = np.tile(columns, (1, 10_000, 1))
    assert thinned(long, 100).shape == (9, 100, 3)
    assert np.abs(thinned(long, 100).mean() - long.mean()) < 1
    assert cv2.imdecode(np.frombuffer(barcode_png(long), np.uint8), 1).shape == (108, 65_000, 3)


def test_settings_of_scenes_are_in_the_recipe() -> None:
    found = load_analyze_recipe(None, {"scenes.limit": 20})
    assert found.scenes.limit == 20 and found.scenes.window == AnalyzeRecipe().scenes.window
