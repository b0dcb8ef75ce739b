from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumafilms import (
    Film,
    begins,
    dissolve,
    fade_in,
    fade_out,
    flat,
    scene,
    shots_of,
    signals_of,
    with_sprite,
    world,
)

from cinemotion.core.errors import BadRecipeError
from cinemotion.video import valleys
from cinemotion.video.shots import find_shots
from cinemotion.video.signals import SignalRecorder, Signals
from cinemotion.video.transitions import ShotSettings

RATES = (10, 24, 60)
MOTIONS: dict[str, dict[str, object]] = {
    "still": {},
    "pan": {"speed": (0, 4)},
    "tilt": {"speed": (3, 0)},
    "zoom": {"zoom": 0.985},
    "shake": {"shake": 2.0},
    "grain": {"grain": 12.0},
    "dark": {"levels": (2, 40), "grain": 2.0},
}


# ---------------------------------------------------------------- hard cuts


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("motion", MOTIONS)
def test_a_cut_is_found_at_its_frame(motion: str, rate: int) -> None:
    parts = [scene(seed, 30, **MOTIONS[motion]) for seed in range(3)]  # type: ignore[arg-type]
    assert begins(shots_of(*parts, rate=rate)) == [("cut", 30), ("cut", 60)]


def test_short_shots_are_found() -> None:
    lengths = [30, 6, 5, 8, 30]
    parts = [scene(seed, n, speed=(0, 1)) for seed, n in enumerate(lengths)]
    assert begins(shots_of(*parts)) == [("cut", 30), ("cut", 36), ("cut", 41), ("cut", 49)]


def test_of_boundaries_too_close_the_first_stands() -> None:
    parts = [scene(1, 30), scene(2, 2), scene(3, 30)]
    assert begins(shots_of(*parts)) == [("cut", 30)]


def test_a_cut_between_flat_frames_is_found_by_its_step_of_light() -> None:
    assert begins(shots_of(flat(30, 60), flat(30, 150))) == [("cut", 30)]


def test_a_cut_to_black_and_a_cut_from_black_are_cuts() -> None:
    shots = shots_of(scene(1, 40), flat(30), scene(2, 40))
    assert begins(shots) == [("cut", 40), ("cut", 70)]


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("n", [1, 3])
def test_a_cut_through_a_few_empty_frames_is_one_cut_at_the_first(n: int, level: float) -> None:
    assert begins(shots_of(scene(1, 40), flat(n, level), scene(2, 40))) == [("cut", 40)]


def test_a_cut_with_one_mixed_frame_is_one_cut() -> None:
    a, b = scene(1, 40), scene(2, 40)
    assert begins(shots_of(a, (a[-1:] + b[:1]) / 2, b)) in ([("cut", 40)], [("cut", 41)])


# ---------------------------------------------------------------- what is no cut


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "film",
    [
        pytest.param(scene(1, 80), id="still"),
        pytest.param(scene(2, 80, speed=(0, 14)), id="fast pan"),
        pytest.param(scene(3, 80, speed=(6, 6)), id="diagonal pan"),
        pytest.param(scene(4, 80, zoom=0.97), id="zoom in"),
        pytest.param(scene(5, 80, zoom=1.01), id="zoom out"),
        pytest.param(scene(6, 80, shake=5), id="shake"),
        pytest.param(scene(7, 80, grain=25), id="heavy grain"),
        pytest.param(scene(8, 80, levels=(0, 12), grain=6), id="grain in the dark"),
        pytest.param(flat(80, 90) + scene(9, 80, levels=(0, 1), grain=10), id="grey wall"),
        pytest.param(with_sprite(scene(10, 80), 60, 4), id="large object"),
        pytest.param(with_sprite(scene(11, 80), 70, 16), id="fast large object"),
        pytest.param(scene(12, 160, speed=(0, 6))[np.arange(80) // 2 * 2], id="pan on twos"),
        pytest.param(np.repeat(scene(13, 20, speed=(2, 9)), 4, axis=0), id="pan on fours"),
    ],
)
def test_motion_and_grain_are_no_boundary(film: Film, rate: int) -> None:
    assert begins(shots_of(film, rate=rate)) == []


def test_a_whip_pan_is_no_cut() -> None:
    picture = world(20)
    place = np.concatenate(
        [np.zeros(30), np.cumsum([8, 20, 40, 60, 60, 40, 20, 8]), np.full(30, 256)]
    )
    film = np.stack([picture[:90, int(x) : int(x) + 160] for x in place])
    assert begins(shots_of(film)) == []


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("flash", ["bright", "white", "spot", "black"])
def test_a_flash_is_no_cut(flash: str, n: int, rate: int) -> None:
    film = scene(21, 80, speed=(0, 1), levels=(10, 150))
    if flash == "bright":
        film[40 : 40 + n] = film[40 : 40 + n] * 2 + 60
    elif flash == "spot":
        rows, columns = np.mgrid[:90, :160]
        film[40 : 40 + n] += 240 * np.exp(-((rows - 40) ** 2 + (columns - 90) ** 2) / 1800)
    else:
        film[40 : 40 + n] = 255 if flash == "white" else 0
    assert begins(shots_of(film, rate=rate)) == []


def test_lightning_and_strobe_are_no_cuts() -> None:
    film = scene(22, 120, levels=(5, 90))
    film[[30, 31, 33, 36, 37]] *= 2.6
    film[60:100:4] = 255
    film[61:100:4] = 255
    assert begins(shots_of(film)) == []


def test_a_photo_flash_that_decays_is_no_cut() -> None:
    film = scene(23, 80, levels=(10, 120))
    for i in range(12):
        film[30 + i] += 240 * 0.7**i
    assert begins(shots_of(film)) == []


def test_a_flash_next_to_a_cut_leaves_the_cut() -> None:
    film = np.concatenate([scene(24, 40), scene(25, 40)])
    film[44:46] = 255
    assert begins(shots_of(film)) == [("cut", 40)]


def test_changes_of_light_are_no_boundary() -> None:
    still = scene(26, 100)
    switched = still.copy()
    switched[40:] *= 0.35
    dimmed = still * (1 - 0.6 * np.clip((np.arange(100) - 30) / 40, 0, 1))[:, None, None]
    blinking = still * np.where(np.arange(100) // 10 % 2, 1.0, 0.5)[:, None, None]
    for film in (switched, dimmed, blinking):
        assert begins(shots_of(film.astype(np.float32))) == []


def test_subtitles_are_no_boundary() -> None:
    film = scene(27, 120, speed=(0, 0.5))
    for start in (20, 60):
        film[start : start + 30, 74:84, 30:130:3] = 255
    fading = np.clip((np.arange(120) - 95) / 12, 0, 1)[:, None, None]
    film[:, 40:50, 30:130:2] = film[:, 40:50, 30:130:2] * (1 - fading) + 255 * fading
    assert begins(shots_of(film)) == []


# ---------------------------------------------------------------- fades


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.0])
def test_a_fade_through_black_begins_the_shot_at_the_darkest_frame(
    seconds: float, rate: int
) -> None:
    n = round(seconds * rate)
    first, second = scene(30, n + rate, speed=(0, 0.5)), scene(31, n + rate, speed=(0.5, 0))
    film = np.concatenate([fade_out(first, n), fade_in(second, n)[1:]])
    shots = shots_of(film, rate=rate)
    assert begins(shots) == [("fade", n + rate - 1)]
    start, end = shots[1].extent
    assert start == pytest.approx(rate, abs=max(1, 0.08 * n))
    assert end == pytest.approx(rate + 2 * n - 3, abs=max(1, 0.08 * n))


def test_of_equally_dark_frames_the_middle_one_begins_the_shot() -> None:
    shots = shots_of(fade_out(scene(32, 50), 20), flat(10), fade_in(scene(33, 50), 20))
    # Black from frame 49, the last of the fade, to 60, the first of the next.
    assert begins(shots) == [("fade", 54)]


def test_after_a_long_black_the_shot_begins_with_its_first_light() -> None:
    shots = shots_of(fade_out(scene(34, 50), 20), flat(50), fade_in(scene(35, 50), 20))
    assert begins(shots) == [("fade", 101)]


def test_a_fade_that_only_opens_or_closes_the_film_is_no_boundary() -> None:
    film = [flat(10), fade_in(scene(36, 100), 25), flat(0)]
    assert begins(shots_of(*film, fade_out(scene(36, 100), 25), flat(10))) == []


def test_a_cut_to_black_before_a_fade_in_is_a_cut_at_the_first_black_frame() -> None:
    shots = shots_of(scene(37, 40), flat(20), fade_in(scene(38, 60), 20))
    assert begins(shots) == [("cut", 40)]


def test_a_cut_from_black_after_a_fade_out_is_a_cut_at_the_first_lit_frame() -> None:
    shots = shots_of(fade_out(scene(39, 60), 20), flat(12), scene(40, 40))
    assert begins(shots) == [("cut", 72)]


def test_a_fade_between_dark_scenes_is_found() -> None:
    dark = {"levels": (1, 45)}
    film = np.concatenate(
        [fade_out(scene(41, 60, **dark), 20), fade_in(scene(42, 60, **dark), 20)[1:]]  # type: ignore[arg-type]
    )
    assert begins(shots_of(film)) == [("fade", 59)]


def test_a_fade_through_white_begins_the_shot_at_the_whitest_frame() -> None:
    film = np.concatenate([fade_out(scene(43, 60), 15, 255), fade_in(scene(44, 60), 15, 255)[1:]])
    assert begins(shots_of(film)) == [("fade", 59)]


def test_a_night_scene_between_days_keeps_its_cuts() -> None:
    shots = shots_of(scene(45, 40), scene(46, 40, levels=(1, 20)), scene(47, 40))
    assert begins(shots) == [("cut", 40), ("cut", 80)]


# ---------------------------------------------------------------- dissolves


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("motion", ["still", "pan", "grain"])
def test_a_dissolve_begins_the_shot_at_its_midpoint(motion: str, seconds: float, rate: int) -> None:
    n = round(seconds * rate)
    speeds = {"still": 0.0, "pan": 16 / rate, "grain": 0.0}  # a tenth of the picture a second
    grain = 8.0 if motion == "grain" else 0.0
    parts = [scene(seed, n + 2 * rate, speed=(0, speeds[motion]), grain=grain) for seed in (50, 51)]
    shots = shots_of(dissolve(parts[0], parts[1], n), rate=rate)
    assert [kind for kind, _ in begins(shots)] == ["dissolve"]
    assert abs(shots[1].start_frame - (2 * rate + n / 2)) <= max(1.5, 0.06 * n)
    start, end = shots[1].extent
    tolerance = max(2, 0.2 * n)
    assert start == pytest.approx(2 * rate, abs=tolerance)
    assert end == pytest.approx(2 * rate + n - 1, abs=tolerance)


def test_an_eased_dissolve_is_found() -> None:
    film = dissolve(scene(52, 70), scene(53, 70), 25, lambda x: x * x * (3 - 2 * x))
    assert begins(shots_of(film)) in [[("dissolve", frame)] for frame in (56, 57, 58)]


def test_cuts_fades_and_dissolves_live_together() -> None:
    a, b, c, d = (scene(seed, 60, speed=(0, 1)) for seed in (54, 55, 56, 57))
    film = np.concatenate([dissolve(a, b, 20), fade_out(c, 15), fade_in(d, 15)[1:]])
    found = begins(shots_of(film))
    assert [kind for kind, _ in found] == ["dissolve", "cut", "fade"]
    assert found[0][1] == pytest.approx(50, abs=1)
    assert found[1:] == [("cut", 100), ("fade", 159)]


# ---------------------------------------------------------------- shots as a whole


def test_shots_cover_the_film_without_gaps() -> None:
    film = np.concatenate([scene(60, 30), scene(61, 30), scene(62, 30)])
    signals = signals_of(film, [1000 + 512 * i for i in range(90)])
    shots = find_shots(signals, Fraction(1, 12800), 1000 + 512 * 90)
    assert [(shot.start_frame, shot.end_frame) for shot in shots] == [(0, 30), (30, 60), (60, 90)]
    assert [shot.start.pts for shot in shots] == [1000, 1000 + 512 * 30, 1000 + 512 * 60]
    assert [shot.end for shot in shots[:-1]] == [shot.start for shot in shots[1:]]
    assert shots[-1].end.pts == 1000 + 512 * 90
    assert [shot.transition for shot in shots] == ["start", "cut", "cut"]
    assert [shot.extent for shot in shots] == [(0, 0), (30, 30), (60, 60)]


def test_variable_frame_rate_moves_no_boundary() -> None:
    film = np.concatenate([scene(63, 40), dissolve(scene(64, 60), scene(65, 60), 20)])
    steps = np.random.default_rng(0).choice([1000, 1001, 2002], len(film))
    signals = signals_of(film, list(np.cumsum(steps).tolist()))
    shots = find_shots(signals, Fraction(1, 24000), int(signals.pts[-1]) + 1000)
    assert [shot.transition for shot in shots] == ["start", "cut", "dissolve"]
    assert shots[1].start_frame == 40
    assert shots[2].start_frame == pytest.approx(90, abs=2)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_tiny_films_have_one_shot_or_none(n: int) -> None:
    shots = shots_of(scene(66, n)) if n else find_shots(Signals.empty(), Fraction(1, 25), 0)
    assert [(shot.start_frame, shot.end_frame) for shot in shots] == [(0, n)] * min(n, 1)


def test_an_end_before_the_last_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="must end after its last frame"):
        find_shots(signals_of(scene(67, 5)), Fraction(1, 25), 3)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(BadRecipeError, match="cut_novelty"):
        ShotSettings(cut_novelty=1.5)
    with pytest.raises(BadRecipeError, match="seconds"):
        ShotSettings(longest_flash=-1)


def test_a_longer_shortest_shot_keeps_fewer_boundaries() -> None:
    signals = signals_of(np.concatenate([scene(seed, 20) for seed in range(4)]))
    few = find_shots(signals, Fraction(1, 25), 80, settings=ShotSettings(shortest_shot=1.5))
    assert [shot.start_frame for shot in few] == [0, 40]


PIECES = [
    flat(7),
    flat(9, 255),
    scene(68, 20, speed=(0, 30), grain=20),
    dissolve(scene(69, 25), scene(70, 25), 12),
    fade_out(scene(71, 12), 8),
    np.random.default_rng(0).uniform(0, 255, (6, 90, 160)).astype(np.float32),
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(range(len(PIECES))), min_size=1, max_size=5),
    st.lists(st.sampled_from([0, 1, 40, 9000]), min_size=1, max_size=4),
)
def test_whatever_comes_the_shots_cover_it(pieces: list[int], steps: list[int]) -> None:
    film = np.concatenate([PIECES[piece] for piece in pieces])
    pts = np.cumsum(np.resize(steps, len(film))).tolist()
    shots = find_shots(signals_of(film, pts), Fraction(1, 1000), pts[-1])
    assert [shots[0].start_frame, shots[-1].end_frame] == [0, len(film)]
    assert [shot.end_frame for shot in shots[:-1]] == [shot.start_frame for shot in shots[1:]]
    assert all(shot.start_frame < shot.end_frame for shot in shots)
    for shot in shots[1:]:
        assert 0 <= shot.extent[0] <= shot.extent[1] < len(film)


WHOLE = signals_of(
    np.concatenate(
        [
            dissolve(scene(70, 40, speed=(0, 1)), scene(71, 40, shake=1), 15),
            fade_out(scene(72, 30), 12),
            fade_in(scene(73, 40, grain=5), 12),
            scene(74, 20),
        ]
    )
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_segments_change_nothing(borders: list[int]) -> None:
    edges = [0, *sorted(borders), len(WHOLE)]
    parts = [
        Signals.from_bytes(
            Signals(
                WHOLE.pts[a:b], WHOLE.thumbs[a:b], WHOLE.mean[a:b], WHOLE.variance[a:b]
            ).to_bytes()
        )
        for a, b in pairwise(edges)
    ]
    joined = Signals.join(parts)
    end = len(WHOLE)
    assert find_shots(joined, Fraction(1, 25), end) == find_shots(WHOLE, Fraction(1, 25), end)


def test_an_encoded_film_gives_the_same_boundaries(tmp_path: Path) -> None:
    film = np.concatenate(
        [
            scene(80, 40, speed=(0, 2)),
            dissolve(scene(81, 50, shake=1), scene(82, 50), 16),
            fade_out(scene(83, 40), 15),
            fade_in(scene(84, 40, zoom=0.99), 15)[1:],
        ]
    )
    path = tmp_path / "film.mp4"
    _encode(path, film)
    recorder = SignalRecorder(full_range=False)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            assert frame.pts is not None
            recorder.add(frame.pts, rows[:, : plane.width])
        time_base = container.streams.video[0].time_base
    signals = recorder.finish()
    assert time_base is not None
    found = begins(find_shots(signals, time_base, int(signals.pts[-1]) + 1))
    assert [kind for kind, _ in found] == ["cut", "dissolve", "cut", "fade"]
    frames = [frame for _, frame in found]
    assert [frames[0], frames[2], frames[3]] == [40, 124, 163]
    assert frames[1] == pytest.approx(82, abs=1)


def _encode(path: Path, film: Film) -> None:
    luma = np.clip(16.5 + film * 219 / 255, 16, 235).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = film.shape[2], film.shape[1], "yuv420p"
        stream.options = {"crf": "30"}
        for image in luma:
            grey = np.full((film.shape[1] * 3 // 2, film.shape[2]), 128, np.uint8)
            grey[: film.shape[1]] = image
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="yuv420p")))
        container.mux(stream.encode())


@pytest.mark.parametrize("size", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_the_lightest_frame_before_is_that_of_a_filter(n: int, size: int) -> None:
    from scipy.ndimage import maximum_filter1d

    light = np.random.default_rng(n).random(n)
    padded = np.pad(light, size)
    wanted = maximum_filter1d(padded, size, origin=(size - 1) // 2)[size : size + n]
    np.testing.assert_array_equal(valleys._lightest(light, size), wanted)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 50])
def test_light_without_flashes_is_that_of_a_filter(n: int) -> None:
    from scipy.ndimage import median_filter

    thumbs = np.random.default_rng(n).integers(0, 256, (n, 12, 20), np.uint8)
    light = np.sqrt((thumbs.astype(np.int64) ** 2).reshape(n, -1).sum(axis=1) / 240)
    calm = median_filter(light, 2 * valleys.FLASH_FRAMES + 1)
    np.testing.assert_array_equal(valleys._light(thumbs), np.minimum(light, 1.25 * calm))
