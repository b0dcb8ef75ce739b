"""How near faces are of one person and of two, and the limits that follow for grouping them.

    python benchmarks/identity.py [--embedder dlib] [--json benchmarks/results/identity.json]

Films are composed of disjoint stretches of clips in which who is who is certain: nine people alone
in their clips, and six who keep their seats around a table. Half of the films have the odd
stretches and half the even ones, each graded anew (light, contrast, colour, sharpness, framing)
and encoded at its own quality. They are built and their tracks turned into vectors as an analysis
does it.

The limit within a film is the middle of the limits whose mean adjusted Rand index, over the films,
is within 0.01 of the best. The limit across films, on the distance of centroids, is the middle
between the 99th percentile of one person in two films and the first percentile of two people; where
these overlap, the first percentile of two people. That a limit holds for others is shown by drawing
half of the people, choosing by them, and scoring the other half.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score, roc_curve

from cinemotion.engine.executor import InlineExecutor
from cinemotion.faces.identity import open_embedder
from cinemotion.film.characters import group_tracks
from cinemotion.flows.analyzing.footage import take_footage
from cinemotion.flows.analyzing.people import describe_tracks, pairs_apart, track_identities
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.analyzing.sightings import read_sightings
from common import print_table, shared, write_json

ALONE = (
    *("acted-angry", "acted-disgust", "acted-fear", "acted-happy", "acted-neutral"),
    *("acted-sadness", "acted-surprise", "sad-to-happy", "single-face"),
)
SEATS = {
    "father": (179, 264),
    "boy": (141, 319),
    "girl": (293, 274),
    "sister": (397, 257),
    "grandmother": (503, 161),
    "grandfather": (713, 253),
}
"""Where the middle of each one's face is in ``family-dinner``, in pixels of the clip."""

SEAT = 62  # pixels that somebody may be from there
SIZE = (640, 480)
STRETCHES, SHORTEST, LONGEST = 4, 20, 40  # of a clip; frames of one
FILMS = 4
LIMITS = np.round(np.arange(0.20, 1.30, 0.02), 2)
DRAWS = 40
CLOSE = 0.01


@dataclass(frozen=True)
class Shown:
    """A stretch as it lies in a film: its first frame, its clip, and frame to canvas pixels."""

    first: int
    clip: str
    scale: float
    move: tuple[float, float]


@dataclass(frozen=True)
class Told:
    """The tracks of a film: vectors, whether they may found a person, who, who is beside whom."""

    vectors: np.ndarray
    trusted: np.ndarray
    people: np.ndarray
    apart: list[tuple[int, int]]

    def only(self, people: Sequence[str]) -> Told:
        """The tracks of some people."""
        rows = np.flatnonzero(np.isin(self.people, people))
        place = {int(row): at for at, row in enumerate(rows)}
        apart = [(place[a], place[b]) for a, b in self.apart if a in place and b in place]
        return Told(self.vectors[rows], self.trusted[rows], self.people[rows], apart)

    def grouped(self, limit: float) -> list[str]:
        """A name for the group of each track; unknown tracks are a person each."""
        groups = group_tracks(self.vectors, limit=limit, apart=self.apart, trusted=self.trusted)
        return [f"unknown {at}" if g < 0 else str(g) for at, g in enumerate(groups.tolist())]


def compose(out: Path, seed: int) -> list[Shown]:
    """Write a film of every second stretch of the clips, graded by chance."""
    rng = np.random.default_rng(seed)
    parts = []
    for clip in (*ALONE, "family-dinner"):
        with av.open(str(shared() / "footage" / f"{clip}.mp4")) as film:
            frames = list(film.decode(video=0))
        count = max(2, min(STRETCHES, len(frames) // SHORTEST))
        borders = np.linspace(0, len(frames), count + 1).astype(int)
        for at in range(seed % 2, count, 2):
            taken = frames[borders[at] : min(borders[at + 1], borders[at] + LONGEST)]
            parts.append((clip, [frame.to_ndarray(format="rgb24") for frame in taken]))
    shown, at = [], 0
    options = {"crf": str(int(rng.integers(20, 33))), "preset": "veryfast"}
    with av.open(str(out), "w") as film:
        stream = film.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, 25)
        for place in _order([clip for clip, _ in parts], rng):
            clip, frames = parts[place]
            height, width = frames[0].shape[:2]
            zoom = rng.uniform(0.8, 1.2) if clip != "family-dinner" else rng.uniform(1.0, 1.1)
            scale = zoom * min(SIZE[0] / width, SIZE[1] / height)
            spare = np.array(SIZE) - scale * np.array([width, height])
            move = spare / 2 + rng.uniform(-12, 12, 2)
            look = {
                "gamma": rng.uniform(0.7, 1.5),
                "contrast": rng.uniform(0.75, 1.25),
                "colour": rng.uniform(0.82, 1.12, 3),
                "blur": rng.uniform(0.0, 1.2),
            }
            shown.append(Shown(at, clip, scale, (float(move[0]), float(move[1]))))
            matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]])
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(graded(frame, matrix, look), "rgb24")
                picture.pts = at
                film.mux(stream.encode(picture))
                at += 1
        film.mux(stream.encode())
    return shown


def _order(clips: list[str], rng: np.random.Generator) -> list[int]:
    """An order by chance in which no clip follows itself: a cut between them could be none."""
    left, order = [int(at) for at in rng.permutation(len(clips))], []
    while left:
        fresh = [at for at in left if not order or clips[at] != clips[order[-1]]] or left
        order.append(fresh[0])
        left.remove(fresh[0])
    return order


def graded(frame: np.ndarray, matrix: np.ndarray, look: dict[str, Any]) -> np.ndarray:
    """A frame on the film's canvas, in another light."""
    area = cv2.INTER_AREA if matrix[0, 0] < 1 else cv2.INTER_LINEAR
    image = cv2.warpAffine(frame, matrix, SIZE, flags=area)
    if look["blur"] > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), look["blur"])
    values = (np.arange(256)[:, None] / 255) ** look["gamma"] * look["colour"]
    values = (values - 0.5) * look["contrast"] + 0.5
    table = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]))


def read(film: Path, shown: list[Shown], embedder: str, dataset: Path) -> Told:
    """Build a film; the vectors of its tracks, and who they are."""
    recipe = AnalyzeRecipe()
    [footage] = take_footage([film], dataset, recipe.build, executor=InlineExecutor())
    seen = read_sightings(footage)
    tracks = describe_tracks(seen)
    vectors = track_identities(
        dataset, seen.faces, tracks, open_embedder(embedder), recipe.people.frames
    )
    numbers = tracks["track"].to_list()
    who = np.array([_who(seen.faces.filter(pl.col("track") == each), shown) for each in numbers])
    keep = np.flatnonzero((who != "") & np.isfinite(vectors).all(axis=1))
    trusted = tracks["quality"].to_numpy() >= recipe.people.least_quality
    told = Told(vectors, trusted, who, pairs_apart(seen, numbers))
    place = {int(row): at for at, row in enumerate(keep)}
    apart = [(place[a], place[b]) for a, b in told.apart if a in place and b in place]
    return Told(vectors[keep], trusted[keep], who[keep], apart)


def _who(faces: pl.DataFrame, shown: list[Shown]) -> str:
    """Who a track shows; nobody where it crosses a cut or is at no seat."""
    starts = np.array([part.first for part in shown])
    parts = np.unique(np.searchsorted(starts, faces["frame"].to_numpy(), side="right") - 1)
    if len(parts) != 1:
        return ""
    part = shown[int(parts[0])]
    if part.clip != "family-dinner":
        return part.clip
    box = faces["box"].to_numpy().mean(axis=0)
    middle = (box.reshape(2, 2).mean(axis=0) - part.move) / part.scale
    away = {name: float(np.hypot(*(middle - place))) for name, place in SEATS.items()}
    name = min(away, key=lambda each: away[each])
    return name if away[name] < SEAT else ""


def pair_distances(films: list[Told]) -> tuple[np.ndarray, np.ndarray]:
    """Distances of tracks of one person in films of other stretches or of one, and of two."""
    same, other = [], []
    for a, b in combinations(range(len(films)), 2):
        between = np.linalg.norm(films[a].vectors[:, None] - films[b].vectors[None], axis=2)
        alike = films[a].people[:, None] == films[b].people[None]
        other.append(between[~alike])
        if a % 2 != b % 2:  # the same stretch in two looks would be too easy
            same.append(between[alike])
    for film in films:
        rows, columns = np.triu_indices(len(film.people), 1)
        between = np.linalg.norm(film.vectors[rows] - film.vectors[columns], axis=1)
        alike = film.people[rows] == film.people[columns]
        same.append(between[alike])
        other.append(between[~alike])
    return np.concatenate(same), np.concatenate(other)


def centroid_distances(films: list[Told]) -> tuple[np.ndarray, np.ndarray]:
    """Distances of people's mean vectors between films: of one person, and of two."""
    same, other = [], []
    means = [
        {name: film.vectors[film.people == name].mean(axis=0) for name in sorted({*film.people})}
        for film in films
    ]
    for a, b in combinations(range(len(films)), 2):
        for one, x in means[a].items():
            for two, y in means[b].items():
                away = float(np.linalg.norm(x - y))
                if one != two:
                    other.append(away)
                elif a % 2 != b % 2:
                    same.append(away)
    return np.array(same), np.array(other)


def agreement(films: list[Told]) -> np.ndarray:
    """Mean adjusted Rand index over films for each of LIMITS."""
    found = [
        [adjusted_rand_score(film.people, film.grouped(float(limit))) for limit in LIMITS]
        for film in films
    ]
    return np.mean(found, axis=0)


def chosen(scores: np.ndarray) -> float:
    """The rule: the middle of the limits that are nearly as good as the best, without a gap."""
    good = scores >= scores.max() - CLOSE
    first = last = int(scores.argmax())
    while first > 0 and good[first - 1]:
        first -= 1
    while last + 1 < len(good) and good[last + 1]:
        last += 1
    return float(np.round((LIMITS[first] + LIMITS[last]) / 2, 2))


def chosen_across(same: np.ndarray, other: np.ndarray) -> float:
    """The rule for centroids."""
    near, far = float(np.percentile(same, 99)), float(np.percentile(other, 1))
    return float(np.floor(100 * min((near + far) / 2, far)) / 100)


def pair_rates(film: Told, limit: float) -> tuple[int, int, int]:
    """Pairs of tracks that are joined, rightly joined, and to be joined."""
    rows, columns = np.triu_indices(len(film.people), 1)
    given = np.array(film.grouped(limit))
    ours, theirs = given[rows] == given[columns], film.people[rows] == film.people[columns]
    return int(ours.sum()), int((ours & theirs).sum()), int(theirs.sum())


def held_out(films: list[Told]) -> dict[str, Any]:
    """Choose by half of the people, score the other half, many times."""
    people = sorted({name for film in films for name in film.people})
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(DRAWS):
        drawn = [str(name) for name in rng.permutation(people)]
        half = len(drawn) // 2
        mine, others = drawn[:half], drawn[half:]
        limit = chosen(agreement([film.only(mine) for film in films]))
        left = [film.only(others) for film in films]
        score = np.mean([adjusted_rand_score(f.people, f.grouped(limit)) for f in left])
        joined, right, due = np.sum([pair_rates(film, limit) for film in left], axis=0)
        near = chosen_across(*centroid_distances([film.only(mine) for film in films]))
        same, other = centroid_distances(left)
        rows.append(
            (
                *(limit, score, right / max(1, joined), right / max(1, due)),
                *(near, (same <= near).mean(), (other <= near).mean()),
            )
        )
    names = (
        *("limit", "ARI of the others", "pair precision", "pair recall"),
        *("limit across films", "one person joined", "two people joined"),
    )
    table = np.array(rows, float)
    return {
        name: {
            "mean": float(column.mean()),
            "5 %": float(np.percentile(column, 5)),
            "95 %": float(np.percentile(column, 95)),
        }
        for name, column in zip(names, table.T, strict=True)
    }


def spread(same: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    """Distributions, ROC and the equal error rate."""
    truth = np.r_[np.ones(len(same)), np.zeros(len(other))]
    false, true, at = roc_curve(truth, -np.r_[same, other])
    equal = int(np.abs(false - (1 - true)).argmin())
    levels = (1, 5, 25, 50, 75, 95, 99)
    return {
        "pairs": {"one person": len(same), "two people": len(other)},
        "one person": {f"{p} %": float(np.percentile(same, p)) for p in levels},
        "two people": {f"{p} %": float(np.percentile(other, p)) for p in levels},
        "equal error rate": float((false[equal] + 1 - true[equal]) / 2),
        "at": float(-at[equal]),
        "true at false": {
            f"{share:g}": float(true[np.searchsorted(false, share, side="right") - 1])
            for share in (0.001, 0.01, 0.05)
        },
    }


def main() -> None:
    """Compose, build, choose, leave out."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--embedder", default="dlib")
    parser.add_argument("--films", type=int, default=FILMS)
    parser.add_argument("--keep", type=Path, help="A folder for the films, kept for another run.")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        folder = arguments.keep or Path(fresh)
        folder.mkdir(parents=True, exist_ok=True)
        films = []
        for seed in range(arguments.films):
            path = folder / f"film-{seed}.mp4"
            shown = compose(path, seed)
            films.append(read(path, shown, arguments.embedder, folder / "dataset"))
    scores = agreement(films)
    limit, best = chosen(scores), float(scores.max())
    pairs, centroids = pair_distances(films), centroid_distances(films)
    across = chosen_across(*centroids)
    joined, right, due = np.sum([pair_rates(film, limit) for film in films], axis=0)
    result = {
        "embedder": arguments.embedder,
        "films": len(films),
        "tracks": int(sum(len(film.people) for film in films)),
        "people": len({name for film in films for name in film.people}),
        "pairs": spread(*pairs),
        "centroids": spread(*centroids),
        "limit": limit,
        "limit across films": across,
        "best ARI": best,
        "ARI": float(scores[int(np.abs(LIMITS - limit).argmin())]),
        "ARI by limit": {
            f"{at:.2f}": float(score)
            for at, score in zip(LIMITS, scores, strict=True)
            if round(at * 100) % 10 == 0
        },
        "pair precision": int(right) / max(1, int(joined)),
        "pair recall": int(right) / max(1, int(due)),
        "held out": held_out(films),
    }
    show(result)
    write_json(arguments.json, "identity", result)


def show(result: dict[str, Any]) -> None:
    """Print the result."""
    for name in ("embedder", "films", "tracks", "people", "limit", "ARI", "best ARI"):
        print(f"{name}: {result[name]}")
    print(f"pairs: precision {result['pair precision']:.3f}, recall {result['pair recall']:.3f}")
    for what in ("pairs", "centroids"):
        told = result[what]
        print(f"\n{what}: EER {told['equal error rate']:.4f} at {told['at']:.3f}")
        print(f"true at false: {told['true at false']}")
        levels = list(told["one person"])
        rows = [[who, *(told[who][level] for level in levels)] for who in told["pairs"]]
        print_table(["distances of", *levels], rows)
    print(f"\nlimit across films: {result['limit across films']}")
    print_table(["limit", "ARI"], [[k, v] for k, v in result["ARI by limit"].items()])
    print("\nchosen by half of the people, scored on the other half")
    rows = [[name, *told.values()] for name, told in result["held out"].items()]
    print_table(["what", "mean", "5 %", "95 %"], rows)


if __name__ == "__main__":
    main()
