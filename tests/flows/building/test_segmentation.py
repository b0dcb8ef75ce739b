"""However a film is cut into segments, the rows are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cinemotion.flows.building import segment
from cinemotion.flows.building.jobs import SegmentJob, SegmentResult
from cinemotion.flows.building.segment import run_segment
from cinemotion.recipes import BuildRecipe, Sampling
from cinemotion.video.probe import probe
from cinemotion.video.segments import plan_segments
from cinemotion.video.signals import Signals

RECIPE = BuildRecipe(sampling=Sampling(segment_seconds=1.0, every=0.4))


class _Film:
    """A film, its reset points and the rows of one pass from end to end."""

    def __init__(self, path: Path) -> None:
        self.film = probe(path)
        planned = plan_segments(self.film, RECIPE.sampling.segment_seconds)
        self.borders = [s.start for s in planned if s.start is not None]
        self.whole = self.run([])

    def run(self, borders: Sequence[int]) -> tuple[pa.Table, pa.Table, pa.Table, Signals]:
        starts, ends = [None, *borders], [*borders, None]
        results = [self._run_one(a, b) for a, b in zip(starts, ends, strict=True)]
        return (
            pa.concat_tables([r.crops for r in results]),
            pa.concat_tables([r.facts for r in results]),
            pa.concat_tables([r.frames for r in results]),
            Signals.join([Signals.from_bytes(r.signals) for r in results]),
        )

    def _run_one(self, start: int | None, end: int | None) -> SegmentResult:
        job = SegmentJob(
            film=self.film,
            film_id="f",
            index=0,
            start=start,
            end=end,
            recipe=RECIPE,
            recipe_id="r",
            resets=frozenset(self.borders),
        )
        return run_segment(job, lambda _seconds: None)


def _check(film: _Film, data: st.DataObject) -> None:
    borders = data.draw(st.lists(st.sampled_from(film.borders), unique=True).map(sorted))
    crops, facts, frames, signals = film.run(borders)
    assert crops.equals(film.whole[0])
    assert facts.equals(film.whole[1])
    assert frames.equals(film.whole[2])
    assert signals.to_bytes() == film.whole[3].to_bytes()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> _Film:
    """A film with B-frames, a key frame every 13 frames, motion and a still second."""
    return _Film(_encode_moving(tmp_path_factory.mktemp("film") / "moving.mp4"))


def _encode_moving(path: Path) -> Path:
    import av
    import numpy as np

    from cinemotion.flows.looking.demo import portraits

    portrait = portraits()[0]
    options = {"g": "13", "bf": "3", "preset": "fast", "x264-params": "scenecut=0:open-gop=1"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(150):
            shift = 3 * min(i, 75)  # stands still after three seconds
            picture = np.ascontiguousarray(portrait[:240, shift : shift + 320])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_segmentation_of_a_drawn_film_gives_the_same_rows(
    drawn: _Film, data: st.DataObject
) -> None:
    assert len(drawn.borders) >= 4
    outcomes = drawn.whole[2]["outcome"].to_pylist()
    assert "faces" in outcomes
    assert "unchanged" in outcomes
    _check(drawn, data)


@pytest.mark.footage
@pytest.mark.parametrize("name", ["anamorphic-sar-16-11.mp4", "face-then-none-vfr-hevc.mov"])
def test_any_segmentation_of_a_real_film_gives_the_same_rows(footage: Path, name: str) -> None:
    film = _Film(footage / name)

    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        _check(film, data)

    if film.borders:
        check()
    else:
        pytest.skip(f"{name} has a single segment")


def test_crops_are_put_away_as_they_come(drawn: _Film, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "_PART", 2)
    [crops, *_] = drawn.run([])
    assert crops.equals(drawn.whole[0])
    sizes = [len(chunk) for chunk in crops.column("image").chunks]
    assert len(sizes) > 2 and max(sizes) == 2 and sum(sizes) == crops.num_rows


@pytest.mark.parametrize("stated", [None, 6.0, 60.0])
def test_key_frames_alone_end_with_the_last_packet_whatever_the_file_states(
    drawn: _Film, stated: float | None
) -> None:
    recipe = BuildRecipe(subject="frame", sampling=Sampling(mode="keyframes"))
    film = replace(drawn.film, duration=stated)
    job = SegmentJob(film, "f", 0, drawn.borders[-1], None, recipe, "r")
    result = run_segment(job, lambda _seconds: None)
    assert float((result.end_pts - film.start.pts) * film.time_base) == pytest.approx(6.0)
    assert result.errors == (1 if stated == 60.0 else 0)
