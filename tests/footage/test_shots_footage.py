"""The shots of the shared clips; their README lists the cuts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from cinemotion.core.types import Shot
from cinemotion.video.shots import find_shots
from cinemotion.video.signals import LUMA_WIDTH, SignalRecorder

pytestmark = pytest.mark.footage

CUTS = {
    "concert.mp4": [20, 82, 211],
    "anamorphic-sar-16-11.mp4": [70, 170, 301, 421, 484],
    # One black frame, then another film; its name tells of the first half only.
    "face-then-none-vfr-hevc.mov": [72],
}
ONE_SHOT = [
    *(
        f"acted-{e}"
        for e in ("angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise")
    ),
    *("sad-to-happy", "family-dinner", "single-face", "station-crowd-1080p", "silent-film"),
    "no-face",
]


def shots_of(path: Path) -> list[Shot]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        step = max(1, round(stream.width / LUMA_WIDTH))
        recorder: SignalRecorder | None = None
        for frame in container.decode(stream):
            plane = frame.planes[0]
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            recorder = recorder or SignalRecorder(frame.color_range == ColorRange.JPEG)
            assert frame.pts is not None
            recorder.add(frame.pts, rows[step // 2 :: step, step // 2 : plane.width : step])
        time_base = stream.time_base
    assert recorder is not None
    assert time_base is not None
    signals = recorder.finish()
    return find_shots(signals, Fraction(time_base), int(signals.pts[-1]) + 1)


def begins(shots: list[Shot]) -> list[tuple[str, int]]:
    return [(shot.transition, shot.start_frame) for shot in shots[1:]]


@pytest.mark.parametrize("clip", CUTS)
def test_cuts_are_frame_exact(footage: Path, clip: str) -> None:
    assert begins(shots_of(footage / clip)) == [("cut", frame) for frame in CUTS[clip]]


def test_cuts_of_a_variable_rate_are_exact_in_time(footage: Path) -> None:
    shots = shots_of(footage / "thriller-vfr.mp4")
    assert [shot.transition for shot in shots] == ["start", "cut", "cut"]
    assert [shot.start.seconds for shot in shots[1:]] == pytest.approx([3.754, 8.759], abs=0.001)


def test_cuts_fades_and_a_dissolve_under_a_watermark(footage: Path) -> None:
    shots = shots_of(footage / "multi-shot-720p.mp4")
    # Frame 180 cuts to black. Frames 331-422 fade to black, hold it for more than a second
    # and come back at 394. Frame 691 lies in the fade that closes the clip: no shot begins.
    found = begins(shots)
    assert [found[0], found[1], found[2]] == [("cut", 30), ("cut", 180), ("fade", 394)]
    assert [kind for kind, _ in found[3:]] == ["dissolve"]
    assert found[3][1] == pytest.approx(543, abs=2)
    assert shots[3].extent[0] == pytest.approx(336, abs=8)
    assert shots[3].extent[1] == pytest.approx(420, abs=8)


def test_fades_without_a_cut(footage: Path) -> None:
    # A grey card that swells three times: black at 83-84 and 166-167, white between.
    found = begins(shots_of(footage / "fades.mp4"))
    assert [kind for kind, _ in found] == ["fade", "fade"]
    assert found[0][1] in (83, 84)
    assert found[1][1] in (166, 167)


@pytest.mark.parametrize("clip", ONE_SHOT)
def test_one_shot_stays_one(footage: Path, clip: str) -> None:
    assert begins(shots_of(footage / f"{clip}.mp4")) == []
