"""One segment of one film, from packets to encoded crops: what a worker process does.

    result = run_segment(SegmentJob(film, "ab…", 0, None, None, recipe, recipe_id), report)
    result.crops, result.frames, result.signals

The segment knows nothing of its neighbours. All that needs them (frame numbers, shots,
tracks) is joined afterwards from what is returned here, so that the result is the same
however the film is cut into segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Timestamp
from cinemotion.dataset.tables import CROPS, FACTS, FRAMES, QUALITY
from cinemotion.engine.executor import Report
from cinemotion.flows.building.jobs import SegmentJob, SegmentResult
from cinemotion.flows.building.subjects import Sample, open_subject
from cinemotion.video.reader import DecodedFrame, FilmReader
from cinemotion.video.sampling import Sampler, StillnessGate
from cinemotion.video.signals import LUMA_WIDTH, SignalRecorder

_PART = 16  # crops

cv2.setNumThreads(1)  # the processes are the parallelism


def run_segment(job: SegmentJob, report: Report) -> SegmentResult:
    """Decode a segment, look at its sampled frames, return rows.

    Args:
        job: What to do.
        report: Called with the film seconds that went by.
    """
    film, sampling = job.film, job.recipe.sampling
    keys_only = sampling.mode == "keyframes"
    sampler = Sampler(film.start, Fraction(str(sampling.every)), job.targets)
    gate = StillnessGate(enabled=sampling.skip_unchanged and job.targets is None, resets=job.resets)
    recorder = SignalRecorder(film.colour.full_range)
    rows = _Rows(job)
    step = max(1, round(film.coded_size[0] / LUMA_WIDTH))
    n_frames, end_pts = 0, 0
    with FilmReader(
        film,
        job.start,
        job.end,
        key_frames_only=keys_only,
        deblock_all=sampling.deblock == "all",
    ) as reader:
        for frame in _until_last(reader, job.targets):
            luma = np.ascontiguousarray(frame.luma(step))  # once for all that read it
            pts = frame.time.pts
            recorder.add(pts, luma)
            gate.follow(pts, luma)
            if sampler.wants(pts, frame.end.pts):
                if gate.is_still(luma):
                    rows.add_frame(frame.time, "unchanged", same_as_pts=gate.reference_pts)
                else:
                    rows.look_at(frame)
                    gate.refer(pts, luma)
            n_frames, end_pts = n_frames + 1, frame.end.pts
            report(float((frame.end.pts - pts) * film.time_base))
        if keys_only and n_frames and job.end is None:
            # What follows the last key frame was not decoded; the film goes on all the same.
            end_pts = max(end_pts, reader.last_end or end_pts)
        return SegmentResult(
            crops=rows.table(),
            facts=pa.Table.from_pylist(rows.facts, FACTS),
            frames=pa.Table.from_pylist(rows.frames, FRAMES),
            # In the second of two passes they would be a torso of what the first one has.
            signals=b"" if job.targets else recorder.finish().to_bytes(),
            n_frames=n_frames,
            end_pts=end_pts,
            errors=reader.errors,
            first_error=reader.first_error,
        )


def _until_last(reader: FilmReader, targets: tuple[int, ...] | None) -> Iterator[DecodedFrame]:
    """All frames; with targets none after the last of them, which saves decoding."""
    for frame in reader:
        yield frame
        if targets and frame.time.pts >= targets[-1]:
            return


@dataclass(slots=True)
class _Rows:
    """Collects the rows of a segment.

    Crops are put away in small parts while there are few: their bytes would else lie in memory
    three times at the end of a segment, as they came, as a table and as a message.
    """

    job: SegmentJob
    crops: list[dict[str, Any]] = field(default_factory=list)
    put_away: list[pa.RecordBatch] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)

    def look_at(self, frame: DecodedFrame) -> None:
        """Look at a frame and add what it yields."""
        look = open_subject(self.job.recipe).look(frame, self.job.film)
        found = "frame" if self.job.recipe.subject == "frame" else "faces"
        self.add_frame(
            frame.time,
            found if look.samples else "no_face",
            samples=len(look.samples),
            content=list(look.content),
            colours=look.colours.tobytes(),
        )
        for sample in look.samples:
            self._add_sample(frame.time, sample)

    def table(self) -> pa.Table:
        """All crops."""
        self._put_away()
        return pa.Table.from_batches(self.put_away, CROPS)

    def _put_away(self) -> None:
        self.put_away.append(pa.RecordBatch.from_pylist(self.crops, CROPS))
        self.crops.clear()

    def add_frame(self, time: Timestamp, outcome: str, **more: Any) -> None:
        """Add the row of a frame that the sampling chose."""
        row = {"pts": time.pts, "seconds": time.seconds, "outcome": outcome, "samples": 0}
        self.frames.append(self._owner() | row | more)

    def _add_sample(self, time: Timestamp, sample: Sample) -> None:
        whole = [round(float(value)) for value in sample.box]
        origin = [self.job.film_id, time.pts, str(time.time_base), whole, self.job.recipe_id]
        owner = {"id": hash_json(origin)[:32]} | self._owner()
        self.crops.append(
            owner
            | {
                "pts": time.pts,
                "time_base_num": time.time_base.numerator,
                "time_base_den": time.time_base.denominator,
                "seconds": time.seconds,
                "box": sample.box,
                "landmarks": sample.landmarks.ravel(),
                "crop_landmarks": sample.crop_landmarks.ravel(),
                "score": sample.score,
                "look": sample.look,
                "image": sample.image,
            }
        )
        if len(self.crops) == _PART:
            self._put_away()
        scores = {name: getattr(sample.quality, name) for name in QUALITY}
        self.facts.append(owner | scores | {"quality": sample.quality.overall, "status": "pending"})

    def _owner(self) -> dict[str, Any]:
        return {"film": self.job.film_id, "recipe": self.job.recipe_id, "segment": self.job.index}
