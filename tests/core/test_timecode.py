from __future__ import annotations

from fractions import Fraction

import pytest

from cinemotion.core.timecode import STANDARD, Rate, fit_rate

NTSC = Rate(Fraction(30000, 1001))
FILM = Rate(Fraction(24000, 1001))


def slowly(rate: Rate, frames: int) -> list[str]:
    """Timecodes by counting them off one by one, as the standard words it."""
    hours = minutes = seconds = number = 0
    found = []
    for _ in range(frames):
        found.append(f"{hours:02}:{minutes:02}:{seconds:02}{';' if rate.drop else ':'}{number:02}")
        number += 1
        if number == rate.nominal:
            number, seconds = 0, seconds + 1
        if seconds == 60:
            seconds, minutes = 0, minutes + 1
            if rate.drop and minutes % 10:
                number = rate.nominal // 15
        if minutes == 60:
            minutes, hours = 0, hours + 1
    return found


@pytest.mark.parametrize("rate", STANDARD, ids=lambda rate: rate.name)
def test_timecode_is_what_counting_gives(rate: Rate) -> None:
    frames = rate.nominal * 60 * 11 + 5
    told = slowly(rate, frames)
    assert [rate.timecode(frame) for frame in range(frames)] == told


@pytest.mark.parametrize("rate", STANDARD, ids=lambda rate: rate.name)
def test_others_count_alike(rate: Rate) -> None:
    time = pytest.importorskip("opentimelineio").opentime
    for frame in range(0, rate.nominal * 3600 * 23, 99_991):
        told = time.RationalTime(frame, float(rate.exact))
        assert rate.timecode(frame) == told.to_timecode(float(rate.exact), rate.drop)


def test_an_hour_of_drop_frame_is_an_hour() -> None:
    assert NTSC.timecode(NTSC.frame_at(3600)) == "01:00:00;00"
    assert FILM.timecode(FILM.frame_at(3600)) == "00:59:56:10"  # 3.6 s behind, as it must be
    assert NTSC.timecode(NTSC.frame_at(24 * 3600)) == "00:00:00;03"  # 86 ms a day stay


@pytest.mark.parametrize("rate", STANDARD, ids=lambda rate: rate.name)
def test_the_nearest_frame_is_within_half_a_frame(rate: Rate) -> None:
    for seconds in (0, 0.1, 7.77, 3599.999, 86399.5):
        away = abs(rate.seconds_of(rate.frame_at(seconds)) - Fraction(seconds))
        assert away <= 1 / rate.exact / 2


@pytest.mark.parametrize("rate", STANDARD, ids=lambda rate: rate.name)
@pytest.mark.parametrize("tick", [Fraction(1, 90000), Fraction(1, 1000)], ids=["90 kHz", "ms"])
def test_a_film_of_a_standard_rate_has_it(rate: Rate, tick: Fraction) -> None:
    times = [Fraction(7, 5) + frame / rate.exact for frame in range(0, 4000, 7)]
    ticked = [round(at / tick) * tick for at in times]
    assert fit_rate(ticked, tick, rate.exact) == (rate, True)


def test_pictures_that_are_held_leave_the_rate_as_it_is() -> None:
    times = [frame / FILM.exact for frame in (0, 1, 3, 4, 6, 900, 5001)]
    assert fit_rate(times, Fraction(1, 24000), Fraction(16)) == (FILM, True)


def test_a_film_of_any_times_has_none_and_gets_one_that_is_fast_enough() -> None:
    times = [Fraction(n * n % 97 + 40 * n, 1000) for n in range(50)]
    rate, fits = fit_rate(times, Fraction(1, 1000), Fraction(262, 10))
    assert (rate, fits) == (Rate(Fraction(30)), False)
    assert fit_rate(times, Fraction(1, 1000), Fraction(240)) == (STANDARD[-1], False)


def test_a_rate_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Rate(Fraction(0))
