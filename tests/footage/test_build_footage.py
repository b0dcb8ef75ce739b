"""The main job on real clips and on the odd files that real users feed it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cinemotion import BuildRecipe, build, open_dataset
from cinemotion.__main__ import run
from cinemotion.dataset.dataset import Dataset
from cinemotion.recipes import Sampling

pytestmark = [pytest.mark.footage, pytest.mark.slow]


@pytest.fixture(scope="module")
def odd(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("odd") / "d"
    build([shared / "odd"], out, workers=2)
    return open_dataset(out)


def test_every_odd_film_has_a_row_that_says_what_came_of_it(odd: Dataset, shared: Path) -> None:
    films = {Path(row["path"]).name: row for row in odd.films().to_dicts()}
    assert set(films) == {p.name for p in (shared / "odd").iterdir() if p.is_file()}
    assert {name for name, row in films.items() if row["status"] == "failed"} == {"empty-file.webm"}
    truncated = films["truncated.mp4"]
    assert truncated["status"] == "partial"
    assert truncated["frames"] == 28
    assert "could not be decoded" in truncated["reason"]
    assert films["-video-with-dash-.mp4"]["frames"] == 5
    assert (
        films["rotated-display-matrix.mp4"]["height"] > films["rotated-display-matrix.mp4"]["width"]
    )


def test_a_delayed_start_is_kept_in_the_times(odd: Dataset) -> None:
    films = odd.films().filter(pl.col("path").str.contains("delayed-start"))
    frames = odd.frames().join(films.select("film"), on="film")
    assert frames["seconds"].min() == pytest.approx(1.075, abs=0.001)


def test_strict_is_for_scripts(shared: Path, tmp_path: Path) -> None:
    files = [str(shared / "odd" / name) for name in ("truncated.mp4", "rotated-90.mov")]
    command = ["build", *files, "--out", str(tmp_path / "d"), "--workers", "0"]
    assert run(command) == 0
    assert run([*command, "--strict"]) == 1


@pytest.fixture(scope="module")
def clips(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("clips") / "d"
    names = ("concert", "thriller-vfr", "silent-film", "sad-to-happy", "no-face")
    build([footage / f"{name}.mp4" for name in names], out, workers=2)
    return open_dataset(out)


def _of(clips: Dataset, table: pl.DataFrame, title: str) -> pl.DataFrame:
    films = clips.films().filter(pl.col("title") == title)
    return table.join(films.select("film"), on="film")


def test_shots_in_the_dataset_are_those_of_the_reference(clips: Dataset) -> None:
    concert = _of(clips, clips.shots(), "concert")
    assert concert["start_frame"].to_list() == [0, 20, 82, 211]
    thriller = _of(clips, clips.shots(), "thriller-vfr")
    starts = thriller["start_pts"] * thriller["time_base_num"] / thriller["time_base_den"]
    assert starts.to_list() == pytest.approx([0.0, 3.754, 8.759], abs=0.001)


def test_no_track_crosses_a_cut_and_no_frame_has_two_of_one(clips: Dataset) -> None:
    samples = clips.samples()
    assert samples.select("film", "track", "frame").is_unique().all()
    shots = samples.group_by("film", "track").agg(pl.col("shot").n_unique())
    assert (shots["shot"] == 1).all()


def test_one_woman_in_one_shot_is_one_track(clips: Dataset) -> None:
    woman = _of(clips, clips.samples(), "sad-to-happy")
    assert len(woman) >= 38
    assert woman["track"].n_unique() == 1


def test_pillars_are_seen_and_kept_out(clips: Dataset) -> None:
    [film] = clips.films().filter(pl.col("title") == "silent-film").to_dicts()
    x0, y0, x1, y1 = film["content"]
    assert (film["width"], film["height"]) == (640, 360)
    assert 60 < x0 < 100
    assert 540 < x1 < 580
    assert (y0, y1) == (0, 360)


def test_a_film_without_faces_is_done_and_has_no_samples(clips: Dataset) -> None:
    [film] = clips.films().filter(pl.col("title") == "no-face").to_dicts()
    assert (film["status"], film["samples"], film["frames"]) == ("done", 0, 95)


def test_frame_numbers_are_those_of_a_plain_decode(clips: Dataset, footage: Path) -> None:
    import av

    with av.open(str(footage / "thriller-vfr.mp4")) as container:
        times = [frame.pts for frame in container.decode(video=0)]
    samples = _of(clips, clips.samples(), "thriller-vfr")
    assert len(samples)
    assert [times[n] for n in samples["frame"].to_list()] == samples["pts"].to_list()


def test_keyframes_find_the_faces_fast(footage: Path, tmp_path: Path) -> None:
    recipe = BuildRecipe(sampling=Sampling(mode="keyframes"))
    [row] = build([footage / "family-dinner.mp4"], tmp_path / "d", recipe=recipe, workers=0).films
    assert row["status"] == "done"
    assert row["frames"] < 20
    assert row["samples"] >= row["frames"]
