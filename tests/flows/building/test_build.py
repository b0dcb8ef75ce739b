"""The main job on the embedded example: what comes out, and that it comes out again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from cinemotion import BuildRecipe, build, open_dataset
from cinemotion.core.errors import (
    BadInputError,
    RecipeMismatchError,
    UnreadableFilmError,
    WeightsError,
)
from cinemotion.core.hashing import hash_file
from cinemotion.engine.processes import ProcessExecutor
from cinemotion.flows.building.desk import FilmDesk, FilmWork
from cinemotion.flows.looking.demo import portraits
from cinemotion.recipes import Crop, FaceSettings, Sampling
from cinemotion.video.probe import probe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of our own: some tests build into it once more."""
    return shutil.copytree(demo_dataset, tmp_path_factory.mktemp("built") / "dataset")


def test_crops_come_with_origin_quality_and_verdict(dataset: Path) -> None:
    opened = open_dataset(dataset)
    samples = opened.samples()
    assert len(samples) >= 15
    assert samples["id"].is_unique().all()
    assert set(samples["status"]) <= {"kept", "rejected"}
    assert (samples.filter(pl.col("status") == "kept")["reason"].is_null()).all()
    assert (samples.filter(pl.col("status") == "rejected")["reason"].is_not_null()).all()
    image = opened.image(samples["id"][0])
    assert image.shape == (224, 224, 3)
    assert image.dtype == np.uint8
    exact = samples["pts"] * samples["time_base_num"] / samples["time_base_den"]
    assert np.allclose(exact, samples["seconds"], atol=1e-9)


def test_eyes_are_level_in_every_crop(dataset: Path) -> None:
    landmarks = np.array(open_dataset(dataset).samples()["crop_landmarks"].to_list())
    left, right = landmarks[:, 0:2], landmarks[:, 2:4]
    assert np.abs(left[:, 1] - right[:, 1]).max() < 0.5
    assert (left[:, 0] > right[:, 0]).all()  # the subject's left eye is on the picture's right


def test_every_grid_time_was_looked_at(dataset: Path) -> None:
    frames = open_dataset(dataset).frames()
    for (_,), film in frames.group_by("film"):
        seconds = film.sort("seconds")["seconds"].to_numpy()
        assert np.diff(seconds).max() < 0.5 + 1 / 23
        assert np.diff(seconds).min() > 0.5 - 1 / 23
        assert seconds[0] == 0.0


def test_shots_of_the_demo_are_found_exactly(dataset: Path) -> None:
    shots = (
        open_dataset(dataset)
        .shots()
        .join(open_dataset(dataset).films().select("film", "title"), on="film")
    )
    high = shots.filter(pl.col("title") == "demo-1280x720")
    wide = shots.filter(pl.col("title") == "demo-640x360")
    # 2 s of each shot at 25 fps with half a second of fade on both sides of frame 50.
    assert high["transition"].to_list() == ["start", "fade"]
    assert abs(high["start_frame"][1] - 50) <= 1
    assert wide["transition"].to_list() == ["start", "cut", "fade"]
    assert wide["start_frame"][1] == 48


def test_a_track_stays_inside_a_shot_and_has_one_face_per_frame(dataset: Path) -> None:
    samples = open_dataset(dataset).samples()
    tracks = samples.group_by("film", "track").agg(pl.col("shot").n_unique(), pl.len())
    assert (tracks["shot"] == 1).all()
    assert samples.select("film", "track", "frame").is_unique().all()


def test_a_still_picture_is_not_detected_again(dataset: Path) -> None:
    unchanged = open_dataset(dataset).frames().filter(pl.col("outcome") == "unchanged")
    assert len(unchanged) >= 1
    assert (unchanged["same_as_pts"] < unchanged["pts"]).all()


def test_the_same_call_again_reads_nothing_and_changes_nothing(
    dataset: Path, demo_films: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_dataset(dataset).samples()
    monkeypatch.setattr("cinemotion.flows.building.desk.hash_file", _forbidden)
    monkeypatch.setattr("cinemotion.flows.building.run.probe", _forbidden)
    report = build(demo_films, dataset, workers=0)
    assert all(row["skipped"] for row in report.films)
    assert_frame_equal(open_dataset(dataset).samples(), before)


def _forbidden(path: Path) -> str:
    raise AssertionError(f"{path} was read again")


def test_rehash_reads_and_finds_the_same_film(dataset: Path, demo_films: list[Path]) -> None:
    report = build(demo_films, dataset, workers=0, rehash=True)
    assert all(row["skipped"] for row in report.films)


def test_a_copy_of_a_film_is_the_same_film(
    dataset: Path, demo_films: list[Path], tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    shutil.copy(demo_films[0], copy)
    before = open_dataset(dataset).samples()
    report = build([copy], dataset, workers=0)
    assert report.films[0]["skipped"]
    assert_frame_equal(open_dataset(dataset).samples(), before)


def test_a_copy_keeps_the_notes_of_the_first_and_is_told_at_every_run(
    demo_films: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    first = folder / "a.mp4"
    shutil.copy(demo_films[1], first)
    twin = folder / "twin.mp4"
    shutil.copy(first, twin)
    table = tmp_path / "films.csv"
    table.write_text("path,title,rights\na.mp4,First,mine\ntwin.mp4,Second,theirs\n")
    for order in ([first, twin], [first, twin], [twin, first], [twin]):
        report = build(order, tmp_path / "d", catalogue=table, workers=0)
        rows = {row["path"]: row for row in report.films}
        assert list(rows) == [str(path) for path in order]
        assert rows[str(twin)]["copy_of"] == str(first)
        assert {(row["title"], row["rights"]) for row in report.films} == {("First", "mine")}
        assert all(row["copy_of"] is None for path, row in rows.items() if path == str(first))
    films = open_dataset(tmp_path / "d").films()
    assert films.select("path", "title", "rights").rows() == [(str(first), "First", "mine")]
    first.unlink()  # now the other one is the film
    [row] = build([twin], tmp_path / "d", catalogue=table, workers=0).films
    assert (row["path"], row["title"], row["copy_of"]) == (str(twin), "Second", None)


def _change_unseen(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's content; its size, time and inode stay."""
    before = path.stat()
    data = change(path.read_bytes())
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_what_a_rehash_found_holds_at_the_next_plain_build(
    demo_films: list[Path], tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    shutil.copy(demo_films[1], film)
    [before] = build(film, tmp_path / "d", workers=0).films
    _change_unseen(film, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    [unseen] = build(film, tmp_path / "d", workers=0).films
    assert unseen["film"] == before["film"]
    [changed] = build(film, tmp_path / "d", workers=0, rehash=True).films
    assert changed["film"] != before["film"]
    assert not changed["skipped"]
    [after] = build(film, tmp_path / "d", workers=0).films
    assert after["film"] == changed["film"]
    assert after["skipped"]
    # As with a file that was replaced by another: what was had of the first one stays.
    opened = open_dataset(tmp_path / "d")
    assert set(opened.films()["film"]) == {before["film"], changed["film"]}
    assert set(opened.films()["status"]) == {"done"}
    _change_unseen(film, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    film.rename(tmp_path / "moved.mp4")  # the row of the first content follows it
    [moved] = build(tmp_path / "moved.mp4", tmp_path / "d", workers=0).films
    assert (moved["film"], moved["copy_of"]) == (before["film"], None)
    (tmp_path / "moved.mp4").rename(film)
    for rehash in (True, False):
        [back] = build(film, tmp_path / "d", workers=0, rehash=rehash).films
        assert (back["film"], back["skipped"]) == (before["film"], True)


def test_two_contents_known_by_one_stamp_are_told_by_reading(
    demo_films: list[Path], tmp_path: Path
) -> None:
    """As datasets have it that were built before a rehash outdated the other row."""
    film = tmp_path / "film.mp4"
    shutil.copy(demo_films[1], film)
    [first] = build(film, tmp_path / "d", workers=0).films
    store = open_dataset(tmp_path / "d").store
    right = store.read("films")
    other = right.set_column(0, "film", pa.array(["0" * 64]))
    store.overwrite("films", pa.concat_tables([other, right]))
    for _ in range(2):
        assert build(film, tmp_path / "d", workers=0).films[0]["film"] == first["film"]


def test_another_recipe_is_refused_unless_added(
    dataset: Path, demo_films: list[Path], tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(dataset, mixed)
    other = BuildRecipe(crop=Crop(size=96))
    with pytest.raises(RecipeMismatchError, match="--add-recipe"):
        build(demo_films, mixed, recipe=other, workers=0)
    assert_frame_equal(open_dataset(mixed).samples(), open_dataset(dataset).samples())
    build(demo_films[:1], mixed, recipe=other, workers=0, add_recipe=True)
    recipes = open_dataset(mixed).samples()["recipe"]
    assert recipes.n_unique() == 2


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_the_number_of_workers_changes_nothing(
    dataset: Path, demo_films: list[Path], tmp_path: Path, workers: int
) -> None:
    build(demo_films, tmp_path / "again", workers=workers)
    again = open_dataset(tmp_path / "again")
    assert_frame_equal(again.samples(), open_dataset(dataset).samples())
    assert_frame_equal(again.frames(), open_dataset(dataset).frames())
    assert_frame_equal(again.shots(), open_dataset(dataset).shots())
    ids = again.samples()["id"].to_list()
    for mine, theirs in zip(again.images(ids), open_dataset(dataset).images(ids), strict=True):
        assert np.array_equal(mine, theirs)


def _build(films: list[Path], out: Path, **settings: Any) -> pl.DataFrame:
    build(films, out, recipe=BuildRecipe(**settings), workers=0)
    return open_dataset(out).samples()


def test_the_last_film_is_joined_without_workers(
    demo_films: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    rest, finish = ProcessExecutor.rest, FilmDesk.finish

    def resting(pool: ProcessExecutor) -> None:
        seen.append("rest")
        rest(pool)

    def finishing(desk: FilmDesk, work: FilmWork) -> dict[str, Any]:
        seen.append("join")
        return finish(desk, work)

    monkeypatch.setattr(ProcessExecutor, "rest", resting)
    monkeypatch.setattr(FilmDesk, "finish", finishing)
    report = build(demo_films, tmp_path / "d", workers=1)
    assert [row["status"] for row in report.films] == ["done"] * len(demo_films)
    assert seen == ["join"] * (len(demo_films) - 1) + ["rest", "join", "rest"]  # and at the end


def test_an_executor_that_was_handed_over_stays_open(
    demo_films: list[Path], tmp_path: Path
) -> None:
    with ProcessExecutor(workers=1) as executor:
        for name in ("a", "b"):
            report = build(demo_films[:1], tmp_path / name, executor=executor)
            assert [row["status"] for row in report.films] == ["done"]


def test_per_shot_takes_that_many_frames_of_each_shot(
    demo_films: list[Path], tmp_path: Path
) -> None:
    sampling = Sampling(mode="per-shot", per_shot=2)
    _build(demo_films, tmp_path / "d", sampling=sampling)
    frames, shots = open_dataset(tmp_path / "d").frames(), open_dataset(tmp_path / "d").shots()
    for shot in shots.iter_rows(named=True):
        inside = frames.filter(
            (pl.col("film") == shot["film"])
            & pl.col("pts").is_between(shot["start_pts"], shot["end_pts"], closed="left")
        )
        assert len(inside) == 2


def test_per_shot_continues_where_it_was(demo_films: list[Path], tmp_path: Path) -> None:
    sampling = Sampling(mode="per-shot", per_shot=2)
    whole = _build(demo_films[:1], tmp_path / "d", sampling=sampling)
    assert_frame_equal(_build(demo_films[:1], tmp_path / "d", sampling=sampling), whole)


def test_keyframes_decodes_key_frames_only(demo_films: list[Path], tmp_path: Path) -> None:
    samples = _build(demo_films, tmp_path / "d", sampling=Sampling(mode="keyframes"))
    films = open_dataset(tmp_path / "d").films()
    assert (films["frames"] < 20).all()
    assert films.sort("title")["seconds"].to_list() == pytest.approx([4.0, 6.506], abs=0.05)
    assert len(samples)
    assert samples["frame"].is_null().all()  # nobody counted the frames between


def test_whole_frames_fit_a_square(demo_films: list[Path], tmp_path: Path) -> None:
    samples = _build(demo_films[:1], tmp_path / "d", subject="frame", crop=Crop(size=64))
    image = open_dataset(tmp_path / "d").image(samples["id"][0])
    assert image.shape == (64, 64, 3)
    assert image[0].max() == 0  # 16:9 in a square: black above
    assert image[32].max() > 100


def test_max_per_shot_keeps_the_best(demo_films: list[Path], tmp_path: Path) -> None:
    samples = _build(demo_films, tmp_path / "d", max_per_shot=1)
    kept = samples.filter(pl.col("status") == "kept")
    assert kept.select("film", "shot").is_unique().all()
    surplus = samples.filter(pl.col("reason") == "max_per_shot")
    assert len(surplus)
    best = kept.select("film", "shot", pl.col("quality").alias("best"))
    assert (
        (surplus.join(best, on=["film", "shot"]).select(pl.col("best") >= pl.col("quality")))
        .to_series()
        .all()
    )


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_crops_can_be_stored_in_other_formats(
    demo_films: list[Path], tmp_path: Path, format: Any
) -> None:
    samples = _build(demo_films[:1], tmp_path / "d", crop=Crop(size=64, format=format))
    assert open_dataset(tmp_path / "d").image(samples["id"][0]).shape == (64, 64, 3)


def test_a_catalogue_names_the_films(demo_films: list[Path], tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text(
        "path,title,edition,group,rights\n*640x360*,Portraits,restored,portraits,public domain\n"
    )
    build(demo_films, tmp_path / "d", catalogue=table, workers=0)
    films = {row["title"]: row for row in open_dataset(tmp_path / "d").films().to_dicts()}
    assert films["Portraits"]["rights"] == "public domain"
    assert films["Portraits"]["group"] == "portraits"
    assert films["demo-1280x720"]["group"] is None


def test_nothing_is_written_when_no_film_can_be_read(tmp_path: Path) -> None:
    fake = tmp_path / "text.mp4"
    fake.write_text("this is no film")
    with pytest.raises(BadInputError, match=r"text\.mp4"):
        build([fake], tmp_path / "dataset", workers=0)
    assert not (tmp_path / "dataset").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"recipe": "x.toml"}, r"recipe must be a BuildRecipe .* got 'x\.toml'; read a file with"),
        ({"workers": "2"}, "workers must be a whole number or None, got '2'"),
        ({"films": 3}, "films must be a path, got 3"),
        ({"films": [b"film.mp4"]}, "films must be a path, got b'film.mp4'"),
        ({"out": None}, "out must be a path, got None"),
        ({"catalogue": {}}, "catalogue must be a path, got {}"),
    ],
)
def test_an_argument_of_another_kind_is_one_line(
    demo_films: list[Path], tmp_path: Path, arguments: dict[str, Any], expected: str
) -> None:
    call: dict[str, Any] = {"films": demo_films[:1], "out": tmp_path / "d", "workers": 0}
    with pytest.raises(BadInputError, match=expected):
        build(**call | arguments)
    assert not (tmp_path / "d").exists()


def test_a_bad_film_among_good_ones_is_a_row_with_a_reason(
    demo_films: list[Path], tmp_path: Path
) -> None:
    fake = tmp_path / "text.mp4"
    fake.write_text("this is no film")
    report = build([fake, demo_films[0]], tmp_path / "d", workers=0)
    assert [row["status"] for row in report.films] == ["failed", "done"]
    assert "text.mp4" in report.films[0]["reason"]
    assert len(report.failed) == 1


def test_notes_may_come_later(demo_films: list[Path], tmp_path: Path) -> None:
    build(demo_films[:1], tmp_path / "d", workers=0)
    table = tmp_path / "films.csv"
    table.write_text("path,title,rights\n*,Portraits,public domain\n")
    [row] = build(demo_films[:1], tmp_path / "d", catalogue=table, workers=0).films
    assert row["skipped"]
    assert (row["title"], row["rights"]) == ("Portraits", "public domain")
    build(demo_films[:1], tmp_path / "d", workers=0)  # saying nothing takes nothing back
    assert open_dataset(tmp_path / "d").films()["title"].to_list() == ["Portraits"]


def test_a_film_is_known_by_its_absolute_path(
    demo_films: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo_films[0].parent)
    build([demo_films[0].name], tmp_path / "d", workers=0)
    assert open_dataset(tmp_path / "d").films()["path"].to_list() == [str(demo_films[0])]


def test_odd_names_and_broken_links_are_rows_not_crashes(
    demo_films: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copy(demo_films[1], os.path.join(os.fsencode(folder), b"caf\xe9.mp4"))  # noqa: PTH118
    (folder / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    report = build([folder], tmp_path / "d", workers=0)
    rows = {row["path"].rsplit("/", 1)[1]: row for row in report.films}
    assert rows["caf\\xe9.mp4"]["status"] == "done"
    assert rows["gone.mp4"]["status"] == "failed"


def test_a_repaired_film_is_no_longer_listed_as_failed(
    demo_films: list[Path], tmp_path: Path
) -> None:
    film, other = tmp_path / "text.mp4", tmp_path / "other.mp4"
    film.write_text("this is no film")
    other.write_text("neither is this")
    build([film, other, demo_films[0]], tmp_path / "d", workers=0)
    shutil.copy(demo_films[1], film)
    build([film, other], tmp_path / "d", workers=0)
    films = open_dataset(tmp_path / "d").films().select("path", "status").rows()
    assert sorted(films) == sorted(
        [(str(film), "done"), (str(other), "failed"), (str(demo_films[0]), "done")]
    )
    shutil.copy(film, other)  # a copy of what is built settles it too
    build([film, other], tmp_path / "d", workers=0)
    assert set(open_dataset(tmp_path / "d").films()["status"]) == {"done"}


def test_a_film_that_could_not_be_read_is_known_by_its_content_later(
    demo_films: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tmp_path / "film.mp4"
    shutil.copy(demo_films[1], film)

    def refuses(path: Path) -> Any:
        if path == film:
            raise PermissionError(path)
        return hash_file(path)

    def fails(path: Path) -> Any:
        if path == film:
            raise UnreadableFilmError(f"{path}: no permission to read this file")
        return probe(path)

    with monkeypatch.context() as locked:
        locked.setattr("cinemotion.flows.building.desk.hash_file", refuses)
        locked.setattr("cinemotion.flows.building.run.probe", fails)
        build([film, demo_films[0]], tmp_path / "d", workers=0)
    [row] = build([film], tmp_path / "d", workers=0).films
    assert (row["status"], row["film"]) == ("done", hash_file(film))


def test_a_pipe_among_the_films_is_a_row_and_nobody_waits_for_it(
    demo_films: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)

    def hashes(path: Path) -> str:
        assert path != pipe  # it would be waited for, for ever
        return hash_file(path)

    monkeypatch.setattr("cinemotion.flows.building.desk.hash_file", hashes)
    report = build([pipe, demo_films[1]], tmp_path / "d", workers=0)
    assert [row["status"] for row in report.films] == ["failed", "done"]
    assert "no regular file" in report.films[0]["reason"]


def test_a_failed_look_does_not_undo_a_finished_film(
    dataset: Path, demo_films: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(dataset, tmp_path / "d")

    def fails(path: Path) -> Any:
        raise UnreadableFilmError(f"{path}: the disk had a hiccup")

    monkeypatch.setattr("cinemotion.flows.building.run.probe", fails)
    with pytest.raises(BadInputError):
        build(demo_films, tmp_path / "d", workers=0, rehash=True)
    assert open_dataset(tmp_path / "d").films()["status"].to_list() == ["done", "done"]


def test_a_missing_weight_is_one_error_and_nothing_is_written(
    demo_films: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CINEMOTION_WEIGHTS", str(tmp_path))
    (tmp_path / "yunet_n_dynamic.onnx").write_text("no network")
    with pytest.raises(WeightsError, match="yunet_n_dynamic"):
        build(
            demo_films,
            tmp_path / "d",
            recipe=BuildRecipe(faces=FaceSettings(detector="yunet")),
            workers=0,
        )
    assert not (tmp_path / "d").exists()


def test_the_quality_of_a_frame_is_that_of_its_picture_not_of_the_padding(tmp_path: Path) -> None:
    texture = np.random.default_rng(0).normal(110, 30, (256, 256, 3)).clip(0, 255).astype(np.uint8)
    scores = []
    for height in (256, 106):
        path = tmp_path / f"{height}.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"crf": "10"})
            stream.width, stream.height, stream.pix_fmt = 256, height, "yuv420p"
            picture = np.ascontiguousarray(texture[:height])
            for _ in range(5):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
        scores.append(_build([path], tmp_path / f"d{height}", subject="frame")["exposure"][0])
    assert scores[0] == pytest.approx(scores[1], abs=0.1)


def test_a_face_that_stands_still_for_long_keeps_its_track(tmp_path: Path) -> None:
    """Five seconds without motion, then a slow pan: unchanged frames are no gap."""
    portrait = np.repeat(np.repeat(portraits()[0], 2, axis=0), 2, axis=1)
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "fast", "g": "500"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for i in range(175):
            x = 100 + max(0, i - 125) * 2
            picture = np.ascontiguousarray(portrait[100:460, x : x + 640])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    build([path], tmp_path / "d", workers=0)
    dataset = open_dataset(tmp_path / "d")
    assert (dataset.frames()["outcome"] == "unchanged").sum() >= 8
    samples = dataset.samples()
    assert samples["seconds"].max() > 5.5
    assert samples["track"].n_unique() == 1


def test_tracks_hold_at_any_sampling_step(demo_films: list[Path], tmp_path: Path) -> None:
    samples = _build(demo_films[1:], tmp_path / "d", sampling=Sampling(every=1.0))
    assert samples["track"].n_unique() == samples["shot"].n_unique()
