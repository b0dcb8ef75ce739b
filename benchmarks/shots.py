"""How well the shot finder does on films whose transitions are known because we made them.

    CINEMOTION_SHARED=../shared/data python benchmarks/shots.py --films 24 --json shots.json

Shots of the shared clips are flipped, cropped, regraded, sped up, shaken, panned and zoomed,
flashed, made noisy, joined by cuts, dissolves (0.3 to 3 s) and fades (0.3 to 2 s each way), and
encoded with x264 at qualities from good to very poor. PySceneDetect's detectors see the same
decoded frames, if it is installed. A boundary counts as found when it is within one frame of a
cut, or within the extent of a dissolve or fade; every other boundary is false.
"""

from __future__ import annotations

import argparse
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from cinemotion.video.shots import find_shots
from cinemotion.video.signals import SignalRecorder
from common import print_table, shared, write_json

HEIGHT, WIDTH, RATE = 134, 240, 25
CLIPS: dict[str, list[tuple[int, int]]] = {
    **{
        f"acted-{emotion}.mp4": [(0, 150)]
        for emotion in ("angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise")
    },
    "anamorphic-sar-16-11.mp4": [
        (0, 70), (70, 170), (170, 301), (301, 421), (421, 484), (484, 628)
    ],
    "concert.mp4": [(0, 20), (20, 82), (82, 211), (211, 275)],
    "face-then-none-vfr-hevc.mov": [(0, 72), (73, 169)],
    "family-dinner.mp4": [(0, 498)],
    "multi-shot-720p.mp4": [(31, 179), (241, 330), (424, 526), (560, 650)],
    "sad-to-happy.mp4": [(0, 472)],
    "silent-film.mp4": [(0, 241)],
    "single-face.mp4": [(0, 72)],
    "station-crowd-1080p.mp4": [(0, 105)],
    "thriller-vfr.mp4": [(0, 60), (60, 140), (140, 160)],
}  # fmt: skip

KINDS = ("cut", "dissolve", "fade")

Frames = NDArray[np.uint8]  # (n, 134, 240), full-range luma
Reals = NDArray[np.float32]
Random = np.random.Generator
Shots = list[tuple[str, Frames]]  # name of the clip, frames


@dataclass(frozen=True)
class Known:
    """A transition that we made: its boundary, and its extent as ``[first, last]``."""

    kind: str
    boundary: float
    first: int
    last: int


@dataclass
class Score:
    """What one detector did on one group of films."""

    made: Counter[str] = field(default_factory=Counter)
    off: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    false: int = 0
    seconds: float = 0.0

    def add(self, truth: list[Known], boundaries: list[int]) -> None:
        """Match boundaries to the truth, nearest first, each once."""
        left = set(boundaries)
        for known in truth:
            self.made[known.kind] += 1
            slack = 1 if known.kind == "cut" else 0
            hits = [b for b in left if known.first - slack <= b <= known.last + slack]
            if hits:
                best = min(hits, key=lambda b: (abs(b - known.boundary), b))
                left.remove(best)
                self.off[known.kind].append(abs(best - known.boundary))
        self.false += len(left)

    def row(self) -> dict[str, Any]:
        """Recalls, precision and errors in frames."""
        hits = sum(len(off) for off in self.off.values())
        row: dict[str, Any] = {}
        for kind, off in self.off.items():
            row[f"{kind} recall"] = len(off) / max(self.made[kind], 1)
            row[f"{kind} off"] = float(np.mean(off)) if off else float("nan")
        row["false"] = self.false
        row["precision"] = hits / max(hits + self.false, 1)
        recall = hits / max(sum(self.made.values()), 1)
        row["F1"] = 2 * row["precision"] * recall / max(row["precision"] + recall, 1e-9)
        row["seconds"] = self.seconds
        return row


def load_shots(folder: Path) -> Shots:
    """All single shots of the clips, as luma of one size."""
    shots = []
    for name, ranges in CLIPS.items():
        with av.open(str(folder / name)) as container:
            container.streams.video[0].thread_type = "AUTO"
            luma = np.stack([_luma(frame) for frame in container.decode(video=0)])
        shots += [(name, luma[first:end]) for first, end in ranges]
    return shots


def _luma(frame: av.VideoFrame) -> Frames:
    """The Y plane in full range and in our size."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    small = cv2.resize(rows, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    full = small if frame.color_range == 2 else (small - 16) * (255 / 219)
    return np.clip(np.rint(full), 0, 255).astype(np.uint8)


def take(random: Random, shot: Frames, n: int) -> Reals:
    """N frames of a shot, there and back, with another look and another camera."""
    speed = int(random.choice([1, 1, 1, 2, 3]))
    index = random.integers(0, max(1, len(shot) - n * speed + 1)) + np.arange(n) * speed
    index %= 2 * (len(shot) - 1)
    clip = shot[np.where(index >= len(shot), 2 * (len(shot) - 1) - index, index)]
    if random.random() < 0.5:
        clip = clip[:, :, ::-1]
    gain, gamma = random.uniform(0.5, 1.1), random.uniform(0.7, 1.4)
    look = np.clip(255 * gain * (np.arange(256) / 255) ** gamma, 0, 255).astype(np.uint8)
    jolt = random.uniform(0.5, 3) if random.random() < 0.15 else 0.0
    pan = random.uniform(-2, 2, 2) if random.random() < 0.25 else np.zeros(2)
    zoom = random.uniform(1.35 if pan.any() else 1.02, 1.6)
    growth = random.uniform(-0.01, 0.01) if random.random() < 0.2 else 0.0
    corner = random.uniform(0, 1, 2)
    frames = np.empty((n, HEIGHT, WIDTH), np.float32)
    for i, image in enumerate(look[clip]):
        scale = max(1.02, zoom * (1 + growth * i))
        room = np.array([WIDTH, HEIGHT]) * (1 - 1 / scale)
        place = corner * room + pan * i + random.normal(size=2) * jolt
        x, y = room - np.abs(place % (2 * room) - room)  # back and forth within the picture
        window = np.array([[1 / scale, 0, x], [0, 1 / scale, y]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        frames[i] = cv2.warpAffine(
            image, window, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REFLECT
        )
    return frames


def flash(random: Random, frames: Reals) -> None:
    """Put one flash of one to five frames into a shot: brighter, white, or a spot of light."""
    length = int(random.integers(1, 6))
    at = int(random.integers(12, len(frames) - length - 15))
    kind = random.integers(3)
    for image in frames[at : at + length]:
        if kind == 0:
            image[:] = image * random.uniform(1.5, 4) + random.uniform(20, 120)
        elif kind == 1:
            image[:] = 255
        else:
            rows, columns = np.mgrid[:HEIGHT, :WIDTH]
            y, x = random.uniform(0, 1, 2) * (HEIGHT, WIDTH)
            spot = np.exp(-(((rows - y) / 60) ** 2) - ((columns - x) / 90) ** 2)
            image += spot * random.uniform(100, 255)
    np.clip(frames, 0, 255, out=frames)


def compose(random: Random, shots: Shots, count: int) -> tuple[Reals, list[Known]]:
    """A film of some shots, and its transitions."""
    parts: list[Reals] = []
    truth: list[Known] = []
    length, before = 0, ""
    for i in range(count):
        others = [shot for shot in shots if shot[0] != before]
        before, shot = others[int(random.integers(len(others)))]
        kind = str(random.choice(["cut", "cut", "dissolve", "fade"])) if i else "start"
        longest = {"dissolve": (1.5, 3.0), "fade": (1.0, 2.0)}.get(kind, (0.3, 0.3))
        blend = round(RATE * random.uniform(0.3, longest[int(random.random() < 0.3)]))
        n = round(RATE * random.uniform(1.5, 5)) + (80 if random.random() < 0.5 else 0)
        scene = take(random, shot, n + blend)
        if kind == "cut" and random.random() < 0.35:
            flash(random, scene)
        if kind == "start":
            parts, length = [scene], n + blend
            continue
        since = truth[-1].last + 1 if truth else 0
        blend = max(3, min(blend, length - since - 15))
        joint, known = join(random, parts[-1], scene, kind, blend)
        base = length - len(parts[-1])
        parts[-1:] = joint
        length = base + sum(map(len, joint))
        truth.append(Known(kind, base + known[0], base + known[1], base + known[2]))
    return np.concatenate(parts), truth


def join(
    random: Random, film: Reals, scene: Reals, kind: str, blend: int
) -> tuple[list[Reals], tuple[float, int, int]]:
    """Put a scene after another.

    Returns:
        The parts of both, the last of them free of the transition's first half; and the
        boundary, first and last frame of the transition, counted from the first part.
    """
    base = len(film)
    if kind == "cut":
        return [film, scene], (base, base, base)
    share = (np.arange(1, blend + 1, dtype=np.float32) / (blend + 1))[:, None, None]
    if kind == "dissolve":
        if random.random() < 0.25:
            share = share * share * (3 - 2 * share)
        scene[:blend] = film[-blend:] * (1 - share) + scene[:blend] * share
        return [film[:-blend], scene], (base - (blend + 1) / 2, base - blend, base - 1)
    hold = int(random.choice([1, 1, 2, 6, 21]))
    rise = max(3, round(blend * random.uniform(0.6, 1.4)))
    scene[:rise] *= (np.arange(1, rise + 1, dtype=np.float32) / (rise + 1))[:, None, None]
    film[-blend:] *= 1 - share
    dark = np.zeros((hold, HEIGHT, WIDTH), np.float32)
    return [film, dark, scene], (base + (hold - 1) / 2, base - blend, base + hold + rise - 1)


def encoded(random: Random, film: Reals) -> Frames:
    """The film with grain, after x264 at some quality, decoded again; limited range."""
    grain = float(random.choice([0, 0, 0, 3, 6]))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1  # the same bits on every machine
        stream.options = {"crf": str(random.choice([23, 30, 36, 42])), "preset": "veryfast"}
        for image in film:
            noisy = np.clip(image + grain * random.standard_normal(image.shape, np.float32), 0, 255)
            grey = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            grey[:HEIGHT] = np.rint(16 + noisy * (219 / 255))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="yuv420p")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        return np.stack([frame.to_ndarray()[:HEIGHT] for frame in container.decode(video=0)])


def ours(film: Frames) -> list[int]:
    """Boundaries of our shot finder."""
    recorder = SignalRecorder(full_range=False)
    for pts, luma in enumerate(film):
        recorder.add(pts, luma)
    shots = find_shots(recorder.finish(), Fraction(1, RATE), len(film))
    return [shot.start_frame for shot in shots[1:]]


def others() -> Iterator[tuple[str, Callable[[Frames], list[int]]]]:
    """PySceneDetect's detectors on luma, else at their defaults, where it is installed."""
    try:
        from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode
    except ImportError:
        return

    def run(make: Callable[..., Any], film: Frames) -> list[int]:
        detector, cuts, at = make(luma_only=True), [], FrameTimecode(0, float(RATE))
        for number, luma in enumerate(film):
            at = FrameTimecode(number, float(RATE))
            cuts += detector.process_frame(at, cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR))
        cuts += detector.post_process(at)
        return sorted({cut.frame_num for cut in cuts})

    for detector in (AdaptiveDetector, ContentDetector):
        yield f"PySceneDetect {detector.__name__}", partial(run, detector)


def main() -> None:
    """Compose, detect, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=24)
    parser.add_argument("--shots", type=int, default=13, help="in each film")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    material = load_shots(shared() / "footage")
    detectors = {"cinemotion": ours, **dict(others())}
    scores = {name: Score() for name in detectors}
    frames = 0
    for seed in range(options.films):
        random = np.random.default_rng(seed)
        film, truth = compose(random, material, options.shots)
        luma = encoded(random, film)
        frames += len(luma)
        for name, detect in detectors.items():
            since = time.perf_counter()
            boundaries = detect(luma)
            scores[name].seconds += time.perf_counter() - since
            scores[name].add(truth, boundaries)
    rows = {name: score.row() for name, score in scores.items()}
    made = dict(scores["cinemotion"].made)
    print(f"{options.films} films, {frames} frames, transitions made: {made}\n")
    print_table(["detector", *rows["cinemotion"]], [[k, *row.values()] for k, row in rows.items()])
    write_json(options.json, "shots", {"frames": frames, "made": made, "rows": rows})


if __name__ == "__main__":
    main()
