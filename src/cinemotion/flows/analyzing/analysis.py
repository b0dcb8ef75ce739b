"""What an analysis of a film found, as plain data: what is printed, written and drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.film.arcs import Arc
from cinemotion.film.company import Pair
from cinemotion.film.turning import TurningPoint
from cinemotion.film.valence import valence
from cinemotion.flows.analyzing.footage import Footage
from cinemotion.flows.analyzing.leftout import left_out
from cinemotion.flows.analyzing.rates import rate_of
from cinemotion.flows.analyzing.scening import Scene
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.analyzing.sightings import Sightings
from cinemotion.learn.modelfolder import Card

Doubles = NDArray[np.float64]

SCHEMA = "cinemotion-analysis/1"
"""The name and version of the JSON document; see docs/analysis.md."""

UNCOLOURED = (
    "this film was built before the colours of frames were kept; another --dataset, or a new "
    "--out, builds it again"
)
"""Why there are no scenes, and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A character, or the film as a whole.

    Attributes:
        id: ``c01`` and so on; ``film`` for the whole.
        name: What to call it.
        tracks: The numbers of its tracks.
        screen_seconds: How long it is on screen.
        probabilities: float64 ``(k,)``, the mean of the tracks' votes; NaN where none has one.
        arc: Over time.
        turns: Where its expression becomes another.
        best: The sample that shows it best; ``None`` where there is none.
    """

    id: str
    name: str
    tracks: tuple[int, ...]
    screen_seconds: float
    probabilities: Doubles
    arc: Arc
    turns: list[TurningPoint]
    best: str | None

    @property
    def known(self) -> bool:
        """Whether there is any answer."""
        return bool(np.isfinite(self.probabilities).all())

    def dominant(self, classes: tuple[str, ...]) -> str | None:
        """The class that most of the votes went to."""
        return classes[int(self.probabilities.argmax())] if self.known else None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """All of it.

    Attributes:
        footage: Which film, in which dataset.
        recipe: How.
        card: The model's.
        seen: Who is on screen when.
        probabilities: float64 ``(n, k)``, the model's answers, row by row of ``seen.faces``.
        tracks: As ``people.describe_tracks`` gives them, and ``character`` (an id, or null).
        votes: float64 ``(t, k)``, row by row of ``tracks``; NaN where a track has none.
        film: The film as a whole.
        people: The characters, who is on screen the longest first.
        pairs: Who appears with whom.
        scenes: The scenes; ``None`` where the colours of its frames are not known.
    """

    footage: Footage
    recipe: AnalyzeRecipe
    card: Card
    seen: Sightings
    probabilities: Doubles
    tracks: pl.DataFrame
    votes: Doubles
    film: Person
    people: list[Person]
    pairs: list[Pair]
    scenes: list[Scene] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered classes."""
        return tuple(self.card.classes)

    @property
    def title(self) -> str:
        """What the film is called."""
        return str(self.footage.row["title"])

    @property
    def frames(self) -> int:
        """How many pictures the film has."""
        return int(self.footage.row["frames"] or 0)

    def named(self, probabilities: Doubles) -> dict[str, float] | None:
        """Probabilities by class; ``None`` where there are none."""
        if not np.isfinite(probabilities).all():
            return None
        return {
            name: round(float(value), 6)
            for name, value in zip(self.classes, probabilities, strict=True)
        }

    def summary(self) -> dict[str, Any]:
        """The JSON document; docs/analysis.md describes its fields."""
        row, seen = self.footage.row, self.seen
        covered = float(seen.faces.unique("pts")["stretch"].sum()) if seen.faces.height else 0.0
        unknown = self.tracks.filter(pl.col("character").is_null())
        return {
            "schema": SCHEMA,
            "film": {
                "title": self.title,
                "path": str(self.footage.path),
                "id": self.footage.film,
                "status": row["status"],
                "reason": row["reason"],
                "start": seen.start,
                "seconds": row["seconds"],
                "width": row["width"],
                "height": row["height"],
                "time_base": [seen.time_base.numerator, seen.time_base.denominator],
            },
            "dominant": self.film.dominant(self.classes),
            "probabilities": self.named(self.film.probabilities),
            "valence": self._valence(self.film),
            "coverage": {
                "seconds_with_faces": round(covered, 3),
                "share": round(covered / row["seconds"], 4) if row["seconds"] else 0.0,
                "frames_looked_at": seen.frames.height,
                "faces": seen.faces.height,
            },
            "turning_points": self._turns(self.film),
            "shots_per_minute": self._pace(),
            "shots": [
                {
                    "start": _instant(shot, "start"),
                    "end": _instant(shot, "end"),
                    "transition": shot["transition"],
                    "scale": shot["scale"],
                }
                for shot in seen.shots.iter_rows(named=True)
            ],
            "scenes": self._scenes(),
            "characters": [self._character(person) for person in self.people],
            "pairs": [
                {
                    "first": pair.first,
                    "second": pair.second,
                    "seconds": round(pair.seconds, 3),
                    "shots": pair.shots,
                    "correlation": None if pair.correlation is None else round(pair.correlation, 4),
                }
                for pair in self.pairs
            ],
            "unknown": {
                "tracks": unknown["track"].to_list(),
                "screen_seconds": round(float(unknown["screen_seconds"].sum()), 3),
            },
            "model": {
                "name": self.card.name,
                "sha256": self.card.hashes["model.onnx"],
                "classes": list(self.classes),
            },
            "settings": self.recipe.model_dump(mode="json"),
            "dataset": {"recipe": self.footage.recipe, "every": self.footage.every},
            "timecode": rate_of(seen, self.frames).summary(),
            "left_out": left_out(),
        }

    def _pace(self) -> float | None:
        seconds = self.footage.row["seconds"]
        return round(60 * self.seen.shots.height / seconds, 3) if seconds else None

    def _scenes(self) -> list[dict[str, Any]] | None:
        if self.scenes is None:
            return None
        shots = self.seen.shots.to_dicts()
        return [
            {
                "start": _instant(shots[scene.first], "start"),
                "end": _instant(shots[scene.last - 1], "end"),
                "shots": [scene.first, scene.last - 1],
                "shots_per_minute": _rounded(scene.shots_per_minute, 3),
                "separation": _rounded(scene.separation, 2),
                "characters": list(scene.characters),
                "dominant": scene.dominant(self.classes),
                "probabilities": self.named(scene.probabilities),
                "coverage": round(scene.coverage, 4),
            }
            for scene in self.scenes
        ]

    def _character(self, person: Person) -> dict[str, Any]:
        mine = self.tracks.filter(pl.col("track").is_in(person.tracks))
        return {
            "id": person.id,
            "name": person.name,
            "screen_seconds": round(person.screen_seconds, 3),
            "first_seen": round(float(mine["start"].min() or 0.0), 3),  # type: ignore[arg-type]
            "dominant": person.dominant(self.classes),
            "probabilities": self.named(person.probabilities),
            "valence": self._valence(person),
            "tracks": list(person.tracks),
            "turning_points": self._turns(person),
        }

    def _valence(self, person: Person) -> float | None:
        if not person.known:
            return None
        return round(float(valence(person.probabilities, self.classes)), 4)

    def _turns(self, person: Person) -> list[dict[str, Any]]:
        return [
            {
                "seconds": round(turn.seconds, 3),
                "change": round(turn.change, 4),
                "from": self.classes[int(turn.before.argmax())],
                "to": self.classes[int(turn.after.argmax())],
                "more": self.classes[int((turn.after - turn.before).argmax())],
                "less": self.classes[int((turn.after - turn.before).argmin())],
            }
            for turn in person.turns
        ]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _instant(shot: dict[str, Any], side: str) -> dict[str, Any]:
    return {
        "seconds": shot[side],
        "pts": shot[f"{side}_pts"],
        "frame": shot[f"{side}_frame"],
    }
