from __future__ import annotations

import numpy as np
import pytest

from cinemotion.film.company import LEAST_SECONDS, company
from cinemotion.film.scale import SCALES, scale


def test_scales_go_from_near_to_far() -> None:
    assert [scale(share) for share in (0.9, 0.45, 0.3, 0.2, 0.12, 0.07, 0.02)] == [
        name for name, _ in SCALES
    ]
    for name, least in SCALES:
        assert scale(least) == name
    for wrong in (-0.1, float("nan")):
        with pytest.raises(ValueError, match="0 or more"):
            scale(wrong)


def test_pairs_are_counted_by_what_they_share() -> None:
    step = 0.2
    time = np.arange(0, 20, step)
    wave = np.sin(time)
    hidden = np.where(time < LEAST_SECONDS - 1, wave, np.nan)
    pairs = company(
        {"a": {0, 1, 2}, "b": {1, 2}, "c": {2}, "d": {7}},
        {
            "a": {1: 0.2, 2: 0.2, 3: 0.4},
            "b": {2: 0.2, 3: 0.4, 9: 0.2},
            "c": {3: 0.4},
            "d": {50: 0.2},
        },
        {"a": wave, "b": -wave, "c": hidden, "d": wave},
        step,
    )
    assert [(pair.first, pair.second, pair.shots) for pair in pairs] == [
        ("a", "b", 2),
        ("a", "c", 1),
        ("b", "c", 1),
    ]
    assert [pair.seconds for pair in pairs] == pytest.approx([0.6, 0.4, 0.4])
    assert pairs[0].correlation == pytest.approx(-1)
    assert pairs[1].correlation is None  # too short
    flat = company({"a": {0}, "b": {0}}, {"a": {}, "b": {}}, {"a": wave, "b": wave * 0}, step)
    assert flat[0].correlation is None and flat[0].seconds == 0
