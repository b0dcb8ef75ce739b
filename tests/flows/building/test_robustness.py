"""Kills, interruptions, full disks, two builds at once: nothing committed is ever lost."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import lance
import numpy as np
import psutil
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from cinemotion import BuildRecipe, build, open_dataset
from cinemotion.core.errors import StorageFullError
from cinemotion.dataset.dataset import Dataset
from cinemotion.engine.executor import Report
from cinemotion.flows.building import segment
from cinemotion.flows.looking.demo import portraits
from cinemotion.recipes import Sampling


def _start(films: list[Path], out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cinemotion", "build", *map(str, films), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", "2", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _finish(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out.decode(), err.decode()


def _assert_same(left: Dataset, right: Dataset) -> None:
    assert_frame_equal(left.samples(), right.samples())
    assert_frame_equal(left.frames(), right.frames())
    assert_frame_equal(left.shots(), right.shots())
    stamps = ["mtime_ns", "inode"]
    assert_frame_equal(left.films().drop(stamps), right.films().drop(stamps))


@pytest.fixture(scope="module")
def undisturbed(demo_dataset: Path) -> Dataset:
    return open_dataset(demo_dataset)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Dataset]:
    """Two short films, and what an undisturbed build makes of them."""
    folder = tmp_path_factory.mktemp("short")
    films = [_film_with_many_key_frames(folder / f"{n}.mp4", frames=n) for n in (60, 50)]
    build(films, folder / "d", workers=0)
    return films, open_dataset(folder / "d")


@pytest.mark.slow
def test_killed_at_random_moments_and_restarted(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path
) -> None:
    chance = random.Random(7)
    for _ in range(6):
        process = _start(demo_films, tmp_path / "d")
        try:
            process.wait(timeout=chance.uniform(0.3, 3.5))
        except subprocess.TimeoutExpired:
            process.kill()
        _finish(process)
    code, _, err = _finish(_start(demo_films, tmp_path / "d"))
    assert code == 0, err
    _assert_same(open_dataset(tmp_path / "d"), undisturbed)


def test_killed_between_two_commits(
    short: tuple[list[Path], Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every single write is made the last one, in turn: the worst moments there are."""
    films, undisturbed = short
    real = lance.write_dataset
    for last in range(100):
        left = iter(range(last))

        def stops(*args: Any, _left: Any = left, **kwargs: Any) -> Any:
            if next(_left, None) is None:
                raise _StandInForAKillError
            return real(*args, **kwargs)

        monkeypatch.setattr(lance, "write_dataset", stops)
        try:
            build(films[:1], tmp_path / str(last), workers=0)
        except _StandInForAKillError:
            pass
        else:
            break  # the build needed no more writes than that
        monkeypatch.setattr(lance, "write_dataset", real)
        build(films, tmp_path / str(last), workers=0)
        _assert_same(open_dataset(tmp_path / str(last)), undisturbed)
    assert last >= 6


def test_ctrl_c_right_after_any_write(
    short: tuple[list[Path], Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python delivers the signal as the write returns: the rows are in, we do not know it yet."""
    films, undisturbed = short
    real = lance.write_dataset
    for last in range(100):
        left = iter(range(last))

        def interrupted(*args: Any, _left: Any = left, **kwargs: Any) -> Any:
            real(*args, **kwargs)
            if next(_left, None) is None:
                raise KeyboardInterrupt

        monkeypatch.setattr(lance, "write_dataset", interrupted)
        try:
            build(films[:1], tmp_path / str(last), workers=0)
        except KeyboardInterrupt:
            pass
        else:
            break
        monkeypatch.setattr(lance, "write_dataset", real)
        build(films, tmp_path / str(last), workers=0)
        _assert_same(open_dataset(tmp_path / str(last)), undisturbed)
    assert last >= 6


def test_a_kill_while_the_dataset_is_made_leaves_nothing_in_the_way(
    demo_films: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "d" / ".locks").mkdir(parents=True)
    (tmp_path / "d" / ".locks" / "draft-cinemotion.json-123").write_text("{")
    [row] = build(demo_films[:1], tmp_path / "d", workers=0).films
    assert row["status"] == "done"


class _StandInForAKillError(BaseException):
    """Not an Exception, so that nothing of ours catches it."""


def test_ctrl_c_exits_with_130_and_the_same_command_goes_on(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path
) -> None:
    process = _start(demo_films, tmp_path / "d")
    deadline = time.monotonic() + 60
    while not (tmp_path / "d" / "recipes").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    code, _, err = _finish(process)
    assert code == 130
    assert err == "interrupted; the same command goes on from here\n"
    code, _, err = _finish(_start(demo_films, tmp_path / "d"))
    assert code == 0, err
    _assert_same(open_dataset(tmp_path / "d"), undisturbed)


def test_a_killed_worker_is_replaced(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path
) -> None:
    process = _start(demo_films, tmp_path / "d")
    deadline = time.monotonic() + 60
    children: list[psutil.Process] = []
    while not children and time.monotonic() < deadline:
        children = psutil.Process(process.pid).children()
        time.sleep(0.02)
    while not (tmp_path / "d" / "recipes").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    children[0].kill()
    code, _, err = _finish(process)
    assert code == 0, err
    _assert_same(open_dataset(tmp_path / "d"), undisturbed)


def test_a_segment_that_fails_twice_makes_the_film_partial_and_is_tried_again_later(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = BuildRecipe(sampling=Sampling(segment_seconds=1.0))
    real = segment.run_segment
    tries = []

    def fails(job: segment.SegmentJob, report: Report) -> segment.SegmentResult:
        if job.index == 1:
            tries.append(job.index)
            raise RuntimeError("struck by lightning")
        return real(job, report)

    film = _film_with_many_key_frames(tmp_path / "film.mp4")
    build([film], tmp_path / "calm", recipe=recipe, workers=0)
    monkeypatch.setattr(segment, "run_segment", fails)
    [row] = build([film], tmp_path / "d", recipe=recipe, workers=0).films
    assert len(tries) == 2
    assert row["status"] == "partial"
    assert "1 of" in row["reason"] and "struck by lightning" in row["reason"]
    partial = open_dataset(tmp_path / "d").samples()
    calm = open_dataset(tmp_path / "calm")
    assert 0 < len(partial) < len(calm.samples())
    monkeypatch.setattr(segment, "run_segment", real)
    [row] = build([film], tmp_path / "d", recipe=recipe, workers=0).films
    assert (row["status"], row["reason"]) == ("done", None)
    _assert_same(open_dataset(tmp_path / "d"), calm)


def _film_with_many_key_frames(path: Path, frames: int = 100) -> Path:
    portrait = portraits()[0]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "25", "preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(frames):
            picture = np.ascontiguousarray(portrait[:240, i : i + 320])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_reader_goes_on_while_the_dataset_is_compacted(
    demo_dataset: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo_dataset, tmp_path / "d")
    opened = open_dataset(tmp_path / "d")
    ids = opened.samples()["id"].to_list()
    before = opened.images(ids)
    for table in ("crops", "facts"):  # many small commits, then one compaction
        row = opened.store.read(table).slice(0, 1)
        for number in range(12):
            changed = row.set_column(0, "id", pa.array([f"more{number}"]))
            opened.store.append(table, changed)
    opened.store.compact()
    assert all((a == b).all() for a, b in zip(opened.images(ids), before, strict=True))
    assert len(opened.images(["more11"])) == 1


@pytest.mark.parametrize("more", [[], ["--per-shot", "8"], ["--keyframes"]], ids=str)
def test_two_builds_into_one_dataset_at_once(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path, more: list[str]
) -> None:
    calm = undisturbed
    if more:
        code, _, err = _finish(_start(demo_films, tmp_path / "calm", *more))
        assert code == 0, err
        calm = open_dataset(tmp_path / "calm")
    first = _start(demo_films, tmp_path / "d", *more)
    second = _start(demo_films[::-1], tmp_path / "d", *more)
    for process in (first, second):
        code, _, err = _finish(process)
        assert code == 0, err
    _assert_same(open_dataset(tmp_path / "d"), calm)


def test_two_builds_with_two_recipes_do_not_both_get_in(
    demo_films: list[Path], tmp_path: Path
) -> None:
    processes = [_start(demo_films[:1], tmp_path / "d", "--crop-size", n) for n in ("64", "96")]
    ends = [_finish(process) for process in processes]
    assert sorted(code for code, _, _ in ends) == [0, 2]
    [refusal] = [err for code, _, err in ends if code == 2]
    assert "recipe.crop.size: " in refusal
    assert len(open_dataset(tmp_path / "d").store.recipes()) == 1


def test_a_full_disk_stops_cleanly_and_the_build_goes_on_later(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lance.write_dataset
    room = iter([True, True, True])

    def full(*args: Any, **kwargs: Any) -> Any:
        if next(room, False):
            return real(*args, **kwargs)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lance, "write_dataset", full)
    with pytest.raises(StorageFullError, match="no space left"):
        build(demo_films, tmp_path / "d", workers=0)
    monkeypatch.setattr(lance, "write_dataset", real)
    build(demo_films, tmp_path / "d", workers=0)
    _assert_same(open_dataset(tmp_path / "d"), undisturbed)


@pytest.mark.skipif(os.getuid() != 0, reason="mounting a small file system needs root")
def test_a_really_full_disk_is_one_line(
    demo_films: list[Path], undisturbed: Dataset, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine cannot mount a small file system")
    try:
        code, _, err = _finish(_start(demo_films, small / "d"))
        assert code == 2, err
        assert "no space left" in err.lower()
        assert "Traceback" not in err
        assert err.count("\n") == 1
        grow = ["mount", "-o", "remount,size=100m", str(small)]
        subprocess.run(grow, check=True)
        code, _, err = _finish(_start(demo_films, small / "d"))
        assert code == 0, err
        _assert_same(open_dataset(small / "d"), undisturbed)
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("table", ["crops", "facts"])
def test_a_film_whose_table_was_removed_is_built_again(
    demo_films: list[Path], tmp_path: Path, table: str
) -> None:
    out = tmp_path / "d"
    build(demo_films[:1], out, workers=0)
    before = open_dataset(out).samples()
    shutil.rmtree(out / f"{table}.lance")
    report = build(demo_films[:1], out, workers=0)
    assert not report.films[0]["skipped"]
    assert_frame_equal(open_dataset(out).samples(), before)
