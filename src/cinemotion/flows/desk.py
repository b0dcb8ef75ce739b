"""The desk: takes a film in, says what is still to be done of it, signs it off.

    work = desk.take(entry, film)          # None: built before, or another build has it
    for job in work.jobs("samples"): ...
    desk.finish(work)

All that makes a build resumable and safe beside another build is here: films are known by
their content, locked while they are worked on, and left-overs of a killed run are removed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
from filelock import FileLock, Timeout

from cinemotion.core.hashing import hash_file
from cinemotion.core.types import Film
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import FILMS, owned
from cinemotion.flows.catalogue import FilmEntry
from cinemotion.flows.segment import SegmentJob
from cinemotion.recipes import BuildRecipe
from cinemotion.video.segments import Segment, plan_segments

if TYPE_CHECKING:
    from cinemotion.flows.join import FilmSummary

_STAMP = ("bytes", "mtime_ns", "inode")
_COUNTS = ("frames", "errors", "failed_segments", "shots", "samples", "kept", "unchanged")


@dataclass(slots=True)
class FilmWork:
    """A film on the desk: what it is, and which segments are still to be done."""

    entry: FilmEntry
    film: Film
    film_id: str
    recipe: BuildRecipe
    recipe_id: str
    segments: list[Segment]
    committed: set[tuple[str, int]]
    lock: FileLock
    targets: dict[int, tuple[int, ...]] | None = None
    waiting: set[int] = field(default_factory=set)

    def jobs(self, stage: Literal["signals", "samples"]) -> Iterator[SegmentJob]:
        """The jobs that this stage still needs; each also waits in ``waiting``."""
        todo = [s for s in self.segments if (stage, s.index) not in self.committed]
        if stage == "samples" and self.targets is not None:
            todo = [segment for segment in todo if segment.index in self.targets]
        self.waiting = {segment.index for segment in todo}
        resets = frozenset(s.start for s in self.segments if s.start is not None)
        for segment in todo:
            targets: tuple[int, ...] | None = None
            if stage == "signals":
                targets = ()
            elif self.targets is not None:
                targets = self.targets[segment.index]
            yield SegmentJob(
                film=self.film,
                film_id=self.film_id,
                index=segment.index,
                start=segment.start,
                end=segment.end,
                recipe=self.recipe,
                recipe_id=self.recipe_id,
                resets=resets,
                targets=targets,
            )


class FilmDesk:
    """Takes films in and signs them off; see the module's docstring.

    Args:
        store: The dataset.
        recipe: The settings.
        recipe_id: Their id.
        rehash: Read files whose size and times are unchanged all the same.
    """

    def __init__(self, store: Store, recipe: BuildRecipe, recipe_id: str, *, rehash: bool) -> None:
        self._store = store
        self._recipe = recipe
        self._recipe_id = recipe_id
        self._rehash = rehash
        self._known: list[dict[str, Any]] = store.read("films").to_pylist()

    def built(self, entry: FilmEntry) -> dict[str, Any] | None:
        """The row of a film that was built before, told by its path, size, time and inode."""
        if self._rehash:
            return None
        stamp = _stamp(entry.path)
        for row in self._known:
            same = row["path"] == str(entry.path) and all(row[k] == stamp[k] for k in _STAMP)
            if same and row["recipe"] == self._recipe_id and _is_finished(row):
                return row
        return None

    def take(self, entry: FilmEntry, film: Film, *, wait: bool) -> FilmWork | dict[str, Any] | None:
        """Take a film in.

        Args:
            entry: The film and the notes on it.
            film: What the probe found.
            wait: Wait for another build that works on this film.

        Returns:
            The work to do; or the film's row, where it was built before (perhaps from another
            path, since films are known by their content); or ``None``: another build has it.
        """
        film_id = self._identify(entry.path)
        lock = self._store.film_lock(film_id)
        try:
            lock.acquire(timeout=-1 if wait else 0)
        except Timeout:
            return None
        where = owned(film_id, self._recipe_id)
        rows = [row for row in self._store.read("films", where=where).to_pylist()]
        if rows and _is_finished(rows[0]):
            lock.release()
            return self._moved(rows[0], entry)
        segments = plan_segments(film, _segment_seconds(self._recipe))
        committed = self._clear_leftovers(where)
        return FilmWork(
            entry, film, film_id, self._recipe, self._recipe_id, segments, committed, lock
        )

    def finish(self, work: FilmWork) -> dict[str, Any]:
        """Join a film whose segments are all committed, and write its row, the last mark."""
        from cinemotion.flows.join import join_film  # see preload_join

        summary = join_film(self._store, work.film, work.film_id, work.recipe, work.recipe_id)
        row = self._row(work.entry, work.film_id) | _verdict(summary, work.film)
        self._store.replace("films", pa.Table.from_pylist([row], FILMS), key=["film", "recipe"])
        work.lock.release()
        return row

    def fail(self, entry: FilmEntry, reason: str) -> dict[str, Any]:
        """Record that nothing could be had of a film."""
        row = self._row(entry, self._identify(entry.path)) | {
            "status": "failed",
            "reason": reason,
            "seconds": 0.0,
            **dict.fromkeys(_COUNTS, 0),
        }
        self._store.replace("films", pa.Table.from_pylist([row], FILMS), key=["film", "recipe"])
        return row

    def _identify(self, path: Path) -> str:
        stamp = _stamp(path)
        for row in self._known:
            same = row["path"] == str(path) and all(row[key] == stamp[key] for key in _STAMP)
            if same and not self._rehash:
                return str(row["film"])
        return hash_file(path)

    def _moved(self, row: dict[str, Any], entry: FilmEntry) -> dict[str, Any]:
        """The row of a film built before; it follows a file that was moved or touched."""
        if row["path"] == str(entry.path) or not Path(row["path"]).exists():
            row = row | {"path": str(entry.path)} | _stamp(entry.path)
            self._store.replace("films", pa.Table.from_pylist([row], FILMS), key=["film", "recipe"])
        return row

    def _clear_leftovers(self, where: str) -> set[tuple[str, int]]:
        """Remove what no mark vouches for; return the marks: stage and segment number."""
        # A segment that failed is tried again by a later run.
        self._store.delete("segments", f"{where} AND failed IS NOT NULL")
        marks = self._store.read("segments", ["stage", "segment"], where).to_pylist()
        committed = {(mark["stage"], mark["segment"]) for mark in marks}
        done = ", ".join(str(number) for stage, number in sorted(committed) if stage == "samples")
        leftover = f"{where} AND segment NOT IN ({done})" if done else where
        for table in ("crops", "facts", "frames"):
            self._store.delete(table, leftover)
        return committed

    def _row(self, entry: FilmEntry, film_id: str) -> dict[str, Any]:
        return {
            "film": film_id,
            "recipe": self._recipe_id,
            "path": str(entry.path),
            **_stamp(entry.path),
            "title": entry.title,
            "edition": entry.edition,
            "group": entry.group,
            "rights": entry.rights,
        }


def preload_join() -> None:
    """Load what the join needs, half a second's worth, while the workers have the work."""
    threading.Thread(target=import_module, args=("cinemotion.flows.join",), daemon=True).start()


def _verdict(summary: FilmSummary, film: Film) -> dict[str, Any]:
    reasons = []
    if summary.errors:
        reasons.append(f"{summary.errors} pictures could not be decoded ({summary.first_error})")
    if summary.failed:
        reasons.append(
            f"{len(summary.failed)} of {summary.segments} segments failed ({summary.failed[0]}); "
            "the same command tries them again"
        )
    status = "failed" if not summary.frames else "partial" if reasons else "done"
    if not summary.frames:
        reasons = reasons or ["no picture could be decoded"]
    return {
        "status": status,
        "reason": "; ".join(reasons) or None,
        "seconds": summary.seconds,
        "frames": summary.frames,
        "errors": summary.errors,
        "failed_segments": len(summary.failed),
        "shots": summary.shots,
        "samples": summary.samples,
        "kept": summary.kept,
        "unchanged": summary.unchanged,
        "width": film.size[0],
        "height": film.size[1],
        "codec": film.codec,
        "content": summary.content,
    }


def _segment_seconds(recipe: BuildRecipe) -> float:
    """Length of a segment: longer where little of it is decoded, since opening costs the same."""
    sampling = recipe.sampling
    return sampling.segment_seconds * (4 if sampling.mode == "keyframes" else 1)


def _is_finished(row: dict[str, Any]) -> bool:
    return bool(row["status"] != "failed" and row["failed_segments"] == 0)


def _stamp(path: Path) -> dict[str, int]:
    stat = path.stat()
    return {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino}
