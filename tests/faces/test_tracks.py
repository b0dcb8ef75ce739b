"""Tracks: what must always hold, drawn cases, and real clips."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinemotion.faces.detector import open_detector
from cinemotion.faces.tracks import link_tracks

POINTS = np.array([[0.3, -0.3], [-0.3, -0.3], [0.0, 0.0], [0.25, 0.35], [-0.25, 0.35]])


class Rows(NamedTuple):
    frame: np.ndarray
    shot: np.ndarray
    seconds: np.ndarray
    boxes: np.ndarray
    landmarks: np.ndarray

    def __getitem__(self, index: object) -> Rows:  # type: ignore[override]
        return Rows(*(np.asarray(column)[index] for column in tuple(self)))


def faces(*rows: tuple[int, int, float, float, float, float]) -> Rows:
    """Faces from frame, shot, seconds, centre x and y, and size."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    centre, size = table[:, 3:5], table[:, 5:]
    return Rows(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2],
        np.hstack([centre - size / 2, centre + size / 2]).astype(np.float32),
        (centre[:, None] + POINTS * size[:, None]).astype(np.float32),
    )


@st.composite
def films(draw: st.DrawFn) -> Rows:
    """Random films: frames at growing times, shots that only go on, some faces in each."""
    rows, seconds, shot = [], 0.0, 0
    for frame in range(draw(st.integers(0, 12))):
        seconds += draw(st.sampled_from([0.04, 0.2, 0.5, 1.9, 2.1]))
        shot += draw(st.sampled_from([0, 0, 0, 1]))
        for _ in range(draw(st.integers(0, 4))):
            x, y = draw(st.integers(0, 300)), draw(st.integers(0, 100))
            rows.append((2 * frame, shot, seconds, x, y, draw(st.sampled_from([30, 45, 90]))))
    return faces(*dict.fromkeys(rows))


@given(film=films(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_what_always_holds(film: Rows, seed: int) -> None:
    track = link_tracks(*film)
    assert track.dtype == np.int64
    assert track.shape == film.frame.shape
    # Two faces of one frame are two tracks.
    assert len(set(zip(film.frame, track, strict=True))) == len(track)
    for number in range(len(set(track))):
        rows = film[track == number]
        assert len(set(rows.shot)) == 1
        assert np.diff(np.sort(rows.seconds)).max(initial=0) <= 2.0
    # Numbers count from 0 in the order of first appearance.
    first = [film.frame[track == number].min() for number in range(len(set(track)))]
    assert first == sorted(first)
    # The order of the rows does not matter.
    order = np.random.default_rng(seed).permutation(len(track))
    np.testing.assert_array_equal(link_tracks(*film[order]), track[order])


@given(film=films())
@settings(max_examples=50, deadline=None)
def test_another_resolution_gives_the_same_tracks(film: Rows) -> None:
    larger = film._replace(boxes=film.boxes * 4, landmarks=film.landmarks * 4)
    np.testing.assert_array_equal(link_tracks(*larger), link_tracks(*film))


def test_no_face_no_track() -> None:
    assert link_tracks(*faces()).shape == (0,)


@pytest.mark.parametrize(("step", "move"), [(0.04, 15), (0.2, 25), (0.5, 38)])
def test_a_moving_face_stays_one_track(step: float, move: float) -> None:
    walk = faces(*((k, 0, k * step, 50 + k * move, 80, 40) for k in range(10)))
    assert link_tracks(*walk).tolist() == [0] * 10


@pytest.mark.parametrize(("step", "move"), [(0.04, 30), (0.5, 50), (1.5, 50)])
def test_a_jump_is_another_face(step: float, move: float) -> None:
    jump = faces((0, 0, 0, 50, 80, 40), (1, 0, step, 50 + move, 80, 40))
    assert link_tracks(*jump).tolist() == [0, 1]


def test_a_face_of_another_size_is_another_face() -> None:
    assert link_tracks(*faces((0, 0, 0, 80, 80, 40), (1, 0, 0.5, 80, 80, 90))).tolist() == [0, 1]


@pytest.mark.parametrize(("gap", "tracks"), [(1.9, [0, 0]), (2.0, [0, 0]), (2.1, [0, 1])])
def test_gaps_are_bridged_up_to_two_seconds(gap: float, tracks: list[int]) -> None:
    assert link_tracks(*faces((0, 0, 0, 80, 80, 40), (4, 0, gap, 82, 80, 40))).tolist() == tracks


def test_the_gap_is_an_option() -> None:
    film = faces((0, 0, 0, 80, 80, 40), (1, 0, 0.5, 80, 80, 40))
    assert link_tracks(*film, max_gap=0.4).tolist() == [0, 1]


def test_a_cut_ends_every_track() -> None:
    film = faces((0, 0, 0, 80, 80, 40), (1, 1, 0.04, 80, 80, 40))
    assert link_tracks(*film).tolist() == [0, 1]


def test_two_people_who_pass_nearby_keep_their_tracks() -> None:
    left = [(k, 0, k * 0.5, 100 + 5 * k, 80, 40) for k in range(8)]
    right = [(k, 0, k * 0.5, 190 - 5 * k, 80, 40) for k in range(8)]
    assert link_tracks(*faces(*left, *right)).tolist() == [0] * 8 + [1] * 8


def test_the_sum_of_costs_decides_not_the_nearest_first() -> None:
    # Both old faces are nearest to the middle one; the left one has to take the left.
    old = [(0, 0, 0, 100, 80, 40), (0, 0, 0, 130, 80, 40)]
    new = [(1, 0, 0.5, 80, 80, 40), (1, 0, 0.5, 117, 80, 40)]
    assert link_tracks(*faces(*old, *new)).tolist() == [0, 1, 0, 1]


def test_of_two_tracks_as_near_the_fresher_goes_on() -> None:
    film = faces(
        (0, 0, 0.0, 100, 80, 40),
        (1, 0, 0.5, 160, 80, 40),
        (2, 0, 1.0, 130, 80, 40),
    )
    assert link_tracks(*film).tolist() == [0, 1, 1]


def test_arrays_of_different_length_are_refused() -> None:
    film = faces((0, 0, 0, 80, 80, 40), (1, 0, 0.5, 80, 80, 40))
    with pytest.raises(ValueError, match="expected shapes"):
        link_tracks(film.frame, film.shot, film.seconds, film.boxes[:1], film.landmarks)


def sampled(path: Path, every: float, cuts: tuple[int, ...] = ()) -> Rows:
    """The faces of a clip, sampled every so many seconds; ``cuts`` are frame numbers."""
    # Linking is what is tested: with faces found as they were when its numbers were counted.
    detector = open_detector("centerface-float", min_score=0.5)
    columns: list[Rows] = []
    due = 0.0
    with av.open(str(path)) as container:
        for number, picture in enumerate(container.decode(video=0)):
            seconds = float(picture.pts * picture.time_base)
            if seconds < due:
                continue
            due = seconds + every - 1e-3
            [found] = detector.detect([picture.to_ndarray(format="rgb24")])
            n, shot = len(found), sum(number >= cut for cut in cuts)
            columns.append(
                Rows(
                    np.full(n, number),
                    np.full(n, shot),
                    np.full(n, seconds),
                    found.boxes,
                    found.landmarks,
                )
            )
    return Rows(*(np.concatenate(column) for column in zip(*columns, strict=True)))


@pytest.mark.footage
def test_people_who_sit_at_a_table_are_one_track_each(footage: Path) -> None:
    film = sampled(footage / "family-dinner.mp4", 0.5)
    track = link_tracks(*film)
    lengths = np.bincount(track)
    # Five of the seven face the camera nearly all the time, in forty samples.
    assert (lengths >= 30).sum() == 5
    for number in np.flatnonzero(lengths >= 30):
        x = film.boxes[track == number][:, [0, 2]].mean(axis=1)
        assert np.ptp(x) < 160
    assert lengths[lengths >= 30].sum() > 0.9 * len(track)


@pytest.mark.footage
def test_no_track_crosses_the_cuts_of_the_concert(footage: Path) -> None:
    film = sampled(footage / "concert.mp4", 0.2, cuts=(20, 82, 211))
    track = link_tracks(*film)
    assert set(film.shot) == {0, 1, 2, 3}
    for number in range(track.max() + 1):
        assert len(set(film.shot[track == number])) == 1
    singer = np.bincount(track[film.shot == 2]).argmax()
    assert (track == singer).sum() >= 0.9 * len(set(film.frame[film.shot == 2]))


@pytest.mark.footage
def test_one_woman_is_one_track_at_any_sampling(footage: Path) -> None:
    film = sampled(footage / "acted-surprise.mp4", 0.1)
    for every in (1, 2, 5, 15):
        seen = film[np.isin(film.frame, np.unique(film.frame)[::every])]
        assert set(link_tracks(*seen)) == {0}
