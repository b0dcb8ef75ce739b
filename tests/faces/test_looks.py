"""Looks of crops, and what they change in tracks."""

from __future__ import annotations

import numpy as np
import pytest

from cinemotion.faces.looks import BYTES, distances, look_of, telling
from cinemotion.faces.tracks import link_tracks

POINTS = np.array([[0.3, -0.3], [-0.3, -0.3], [0.0, 0.0], [0.25, 0.35], [-0.25, 0.35]])


def crop(person: int, *, light: float = 1.0, noise: int = 0) -> np.ndarray:
    """A drawn face: patches of light and colour that are a person's own."""
    rng = np.random.default_rng(person)
    patches = rng.uniform(20, 235, (6, 6, 3))
    image = np.kron(patches, np.ones((32, 32, 1))) * light
    image = image + np.random.default_rng(noise).normal(scale=6, size=image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def faces(
    *rows: tuple[int, float, float, int], shot: int = 0, size: float = 40
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Faces from frame, seconds, centre x and person: what `link_tracks` takes, and their looks."""
    frame = np.array([row[0] for row in rows])
    centre = np.array([[row[2], 80.0] for row in rows])
    columns = (
        frame,
        np.full(len(rows), shot),
        np.array([row[1] for row in rows], np.float64),
        np.hstack([centre - size / 2, centre + size / 2]).astype(np.float32),
        (centre[:, None] + POINTS * size).astype(np.float32),
    )
    return columns, np.stack([look_of(crop(row[3], noise=k)) for k, row in enumerate(rows)])


def test_one_face_is_near_in_other_light_and_two_are_far() -> None:
    looks = np.stack([look_of(crop(p, light=x)) for p in (1, 2, 3) for x in (1.0, 0.8, 0.6)])
    assert looks.shape == (9, BYTES) and looks.dtype == np.uint8
    away = distances(looks, looks)
    person = np.repeat([1, 2, 3], 3)
    same = person[:, None] == person[None]
    assert np.allclose(np.diag(away), 0) and np.allclose(away, away.T)
    assert away[same].max() < 0.75 < away[~same].min()
    assert distances(looks[:0], looks).shape == (0, 9)


def test_the_dark_tells_nothing() -> None:
    dark = np.random.default_rng(0).integers(0, 8, (192, 192, 3), dtype=np.uint8)
    assert telling(np.stack([look_of(dark), look_of(crop(1))])).tolist() == [False, True]
    # So that two faces in the dark are not joined over a distance.
    columns, looks = faces((0, 0.0, 100, 1), (1, 0.2, 180, 1))
    assert link_tracks(*columns, looks=looks).tolist() == [0, 0]
    looks[:] = look_of(dark)
    assert link_tracks(*columns, looks=looks).tolist() == [0, 1]


def test_who_rushes_past_is_one_track_where_looks_say_so() -> None:
    rush = [(k, 0.2 * k, 100 + 75 * k, 1) for k in range(8)]
    columns, looks = faces(*rush)
    assert link_tracks(*columns).max() == 7
    assert set(link_tracks(*columns, looks=looks)) == {0}


def test_who_comes_in_after_another_went_is_another_track() -> None:
    columns, looks = faces((0, 0.0, 100, 1), (8, 1.6, 130, 2))
    assert link_tracks(*columns).tolist() == [0, 0]
    assert link_tracks(*columns, looks=looks).tolist() == [0, 1]


@pytest.mark.parametrize(("person", "tracks"), [(1, [0, 0]), (2, [0, 1])])
def test_longer_gaps_are_bridged_for_who_looks_alike(person: int, tracks: list[int]) -> None:
    columns, looks = faces((0, 0.0, 100, 1), (20, 4.0, 110, person))
    assert link_tracks(*columns).tolist() == [0, 1]
    assert link_tracks(*columns, looks=looks).tolist() == tracks
    later = (columns[0], columns[1], np.array([0.0, 6.5]), *columns[3:])
    assert link_tracks(*later, looks=looks).tolist() == [0, 1]  # three times two seconds are over


def test_two_who_cross_between_samples_keep_their_tracks() -> None:
    # Where they stood, the other one stands: places alone would swap them.
    columns, looks = faces((0, 0, 100, 1), (0, 0, 124, 2), (1, 0.5, 121, 1), (1, 0.5, 103, 2))
    assert link_tracks(*columns).tolist() == [0, 1, 1, 0]
    assert link_tracks(*columns, looks=looks).tolist() == [0, 1, 0, 1]


def test_no_look_bridges_a_cut_or_joins_two_of_a_frame() -> None:
    columns, looks = faces((0, 0.0, 100, 1), (0, 0.0, 150, 1), (1, 0.2, 100, 1), (1, 0.2, 150, 1))
    assert link_tracks(*columns, looks=looks).tolist() == [0, 1, 0, 1]
    cut = (columns[0], np.array([0, 0, 1, 1]), *columns[2:])
    assert link_tracks(*cut, looks=looks).tolist() == [0, 1, 2, 3]


def test_the_order_of_the_rows_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    rows = [(k, 0.2 * k, float(rng.uniform(0, 400)), p) for k in range(15) for p in (1, 2, 3)]
    columns, looks = faces(*rows)
    track = link_tracks(*columns, looks=looks)
    assert len({*zip(columns[0], track, strict=True)}) == len(rows)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(rows))
        moved = link_tracks(*(column[order] for column in columns), looks=looks[order])
        np.testing.assert_array_equal(moved, track[order])


def test_looks_of_another_length_are_refused() -> None:
    columns, looks = faces((0, 0.0, 100, 1))
    with pytest.raises(ValueError, match="expected looks"):
        link_tracks(*columns, looks=looks[:, :5])
