"""Who says what about which sample: votes, in SQLite, only ever added to.

    votes = Votes(dataset.path)
    votes.add([Vote("3f…", "happy", "anna"), Vote("9c…", "sad", "anna", confidence=0.6)])
    mark = votes.high_water()
    votes.current(mark)              # Polars: the votes that stood then

What an annotator says about a sample in one call belongs together (FER+ gives counts for several
labels at once) and takes the place of what that annotator said about it before; the history
stays. A vote for ``unlabelled`` takes back the earlier one and says nothing instead.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.ballots import erase, reading, writing
from cinemotion.dataset.ranges import Range

FILE = "votes.sqlite"
UNLABELLED = "unlabelled"
Source = Literal["human", "import", "model"]
SOURCES = ("human", "import", "model")

VOTES = pl.Schema(
    {
        "batch": pl.Int64(),
        "sample": pl.String(),
        "label": pl.String(),
        "annotator": pl.String(),
        "source": pl.String(),
        "confidence": pl.Float64(),
        "count": pl.Int64(),
        "time": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Vote:
    """What an annotator says about a sample.

    Attributes:
        sample: The sample's id.
        label: A class, ``unknown``, ``not_a_face``, or ``unlabelled`` to take a vote back.
        annotator: Who says so.
        source: ``human`` (made for this dataset), ``import`` (came with the pictures) or
            ``model``.
        confidence: In [0, 1], or ``None`` where it was not said.
        count: How many raters said so, for annotators that stand for several.
    """

    sample: str
    label: str
    annotator: str
    source: Source = "human"
    confidence: float | None = None
    count: int = 1

    def __post_init__(self) -> None:
        if not self.sample or not self.label or not self.annotator:
            raise BadInputError("a vote needs a sample, a label and an annotator")
        if self.source not in SOURCES:
            raise BadInputError(f"a vote's source is one of {', '.join(SOURCES)}: {self.source!r}")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise BadInputError(f"a vote's confidence is in [0, 1], got {self.confidence}")
        if self.count < 1:
            raise BadInputError(f"a vote's count is 1 or more, got {self.count}")


class Votes:
    """The votes and time ranges of a dataset; safe to use from several processes at once.

    Args:
        path: The dataset's folder. The file in it is made by the first vote.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / FILE

    def add(self, votes: Iterable[Vote]) -> int:
        """Add votes in one atomic batch, leaving out what their annotators say already.

        Returns:
            How many were added.

        Raises:
            BadInputError: Two votes of one annotator for the same label of a sample differ in
                source or confidence.
        """
        ballots = _ballots(votes)
        if not ballots:
            return 0
        with writing(self.path) as db:
            db.execute("CREATE TEMP TABLE asked (sample TEXT, annotator TEXT)")
            db.executemany("INSERT INTO asked VALUES (?, ?)", ballots)
            known: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
            for sample, annotator, label, *rest in db.execute(_LATEST):
                known[sample, annotator][label] = tuple(rest)
            rows = [
                (*pair, label, *rest)
                for pair in sorted(ballots)  # in the order of the table, which is faster
                if known.get(pair) != (ballot := ballots[pair])
                for label, rest in ballot.items()
            ]
            if rows:
                batch = _begin_batch(db)
                db.executemany(
                    "INSERT INTO votes (batch, sample, annotator, label, source, confidence, "
                    f"count) VALUES ({batch}, ?, ?, ?, ?, ?, ?)",
                    rows,
                )
        return len(rows)

    def add_ranges(self, ranges: Iterable[Range]) -> int:
        """Add ranges in one atomic batch, leaving out those that hold already.

        Returns:
            How many were added.
        """
        asked = list(dict.fromkeys(ranges))
        if not asked:
            return 0
        with writing(self.path) as db:
            known = _ranges(db, None)
            new = [range for range in asked if not _holds(range, known)]
            if new:
                batch = _begin_batch(db)
                db.executemany(
                    "INSERT INTO ranges (batch, film, unit, start, stop, label, character, "
                    f"annotator) VALUES ({batch}, ?, ?, ?, ?, ?, ?, ?)",
                    [_range_row(range) for range in new],
                )
        return len(new)

    def table(self, upto: int | None = None) -> pl.DataFrame:
        """The whole history of votes, or up to a mark, by sample, annotator, batch and label.

        Columns: ``batch``, ``sample``, ``label``, ``annotator``, ``source``, ``confidence``,
        ``count``, ``time`` (UTC, ISO 8601).
        """
        schema = {name: VOTES[name] for name in _SAID}
        parts, times = [pl.DataFrame(schema=schema)], []
        with reading(self.path) as db:
            if db is not None:
                times = db.execute("SELECT id, time FROM batches").fetchall()
                cursor = db.execute(_HISTORY, (upto, upto))
                while rows := cursor.fetchmany(_CHUNK):
                    columns = zip(_SAID, zip(*rows, strict=True), strict=True)
                    parts.append(pl.DataFrame(dict(columns), schema=schema))
        # Joined here and not by SQLite, which takes longer for it than for all the rest.
        batches = pl.DataFrame(times, {"batch": pl.Int64, "time": pl.String}, orient="row")
        return pl.concat(parts).join(batches, on="batch", how="left", maintain_order="left")

    def current(
        self, upto: int | None = None, annotators: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The votes that stand: of each annotator and sample, the latest batch.

        Args:
            upto: A mark of :meth:`high_water`; without it, now.
            annotators: Whose votes count; without it, everybody's.
        """
        table = self.table(upto)
        if annotators is not None:
            table = table.filter(pl.col("annotator").is_in(list(annotators)))
        return latest(table)

    def ranges(self, upto: int | None = None) -> list[tuple[int, Range]]:
        """All time ranges with the number of their batch, in the order they were added."""
        with reading(self.path) as db:
            return [] if db is None else _ranges(db, upto)

    def high_water(self) -> int:
        """The number of the last committed batch of votes or ranges; 0 where there is none."""
        with reading(self.path) as db:
            return 0 if db is None else int(db.execute(_HIGH_WATER).fetchone()[0])

    def forget(self, samples: Iterable[str], films: Iterable[str] = ()) -> int:
        """Delete the votes on samples and the ranges of films for good, history included.

        Args:
            samples: Ids of samples.
            films: Names of films as the ranges give them (see ``Range.film``).

        Returns:
            How many votes and ranges went.
        """
        if not self.path.exists():
            return 0
        return erase(
            self.path,
            [
                ("DELETE FROM votes WHERE sample = ?", [(sample,) for sample in samples]),
                ("DELETE FROM ranges WHERE film = ?", [(film,) for film in films]),
            ],
        )


def latest(votes: pl.DataFrame) -> pl.DataFrame:
    """Of each annotator and sample, the votes of the latest batch, without what it takes back."""
    return votes.filter(
        pl.col("batch") == pl.col("batch").max().over("sample", "annotator"),
        pl.col("label") != UNLABELLED,
    )


_CHUNK = 10_000  # rows that are tuples at a time: many more keep the garbage collector busy
_SAID = ("batch", "sample", "label", "annotator", "source", "confidence", "count")
_HISTORY = f"""
SELECT {", ".join(_SAID)} FROM votes WHERE ? IS NULL OR batch <= ?
ORDER BY sample, annotator, batch, label
"""
_LATEST = """
SELECT sample, annotator, label, source, confidence, count
FROM votes JOIN (
    SELECT sample, annotator, max(batch) AS batch
    FROM votes JOIN asked USING (sample, annotator) GROUP BY sample, annotator
) USING (sample, annotator, batch)
"""
_HIGH_WATER = "SELECT coalesce(max(id), 0) FROM batches"


def _ballots(votes: Iterable[Vote]) -> dict[tuple[str, str], dict[str, Any]]:
    """By sample and annotator: label → (source, confidence, count)."""
    ballots: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for vote in votes:
        ballot = ballots[vote.sample, vote.annotator]
        source, confidence, count = ballot.get(vote.label, (vote.source, vote.confidence, 0))
        if (source, confidence) != (vote.source, vote.confidence):
            raise BadInputError(
                f"{vote.annotator} votes twice for {vote.label} on sample {vote.sample}, with "
                "another source or confidence; give one vote"
            )
        ballot[vote.label] = (source, confidence, count + vote.count)
    return ballots


def _begin_batch(db: sqlite3.Connection) -> int:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    row = db.execute("INSERT INTO batches (time) VALUES (?) RETURNING id", (now,)).fetchone()
    return int(row[0])


def _range_row(range: Range) -> tuple[str | None, ...]:
    start, end = str(range.start), str(range.end)
    return (range.film, range.unit, start, end, range.label, range.character, range.annotator)


def _ranges(db: sqlite3.Connection, upto: int | None) -> list[tuple[int, Range]]:
    rows = db.execute(
        "SELECT batch, film, start, stop, label, character, unit, annotator FROM ranges "
        "WHERE ? IS NULL OR batch <= ? ORDER BY id",
        (upto, upto),
    )
    return [
        (batch, Range(film, Fraction(start), Fraction(stop), *rest))
        for batch, film, start, stop, *rest in rows
    ]


def _holds(range: Range, known: list[tuple[int, Range]]) -> bool:
    """Whether the same was said already, and nothing else since about that stretch."""
    of_same = [(b, r) for b, r in known if (r.film, r.annotator) == (range.film, range.annotator)]
    said = max((batch for batch, other in of_same if other == range), default=None)
    return said is not None and not any(
        batch > said and other.overlaps(range) for batch, other in of_same
    )
