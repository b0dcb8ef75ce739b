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

from cinemotion.core.errors import DatasetError
from cinemotion.core.hashing import hash_file, hash_json
from cinemotion.core.types import Film
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import FILMS, owned
from cinemotion.flows.building.catalogue import FilmEntry
from cinemotion.flows.building.jobs import SegmentJob
from cinemotion.recipes import BuildRecipe
from cinemotion.video.segments import Segment, plan_segments

if TYPE_CHECKING:
    from cinemotion.flows.building.join import FilmSummary

# While the workers hold their memory; what is left is merged when they are gone.
_TOO_MANY_FRAGMENTS = 200
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
    targets: dict[int, tuple[int, ...]] | None = None
    waiting: set[int] = field(default_factory=set)

    def seconds_done(self, stage: str) -> float:
        """Film seconds whose segments an earlier run has committed."""
        done = [s for s in self.segments if (stage, s.index) in self.committed]
        return sum(self._seconds(segment) for segment in done)

    def _seconds(self, segment: Segment) -> float:
        start = self.film.start.pts if segment.start is None else segment.start
        whole = self.film.start.pts + round((self.film.duration or 0.0) / self.film.time_base)
        end = whole if segment.end is None else segment.end
        return max(0.0, float((end - start) * self.film.time_base))

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
        self._locks: dict[str, FileLock] = {}

    def release(self) -> None:
        """Let go of every film that is still held."""
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()

    def built(self, entry: FilmEntry) -> dict[str, Any] | None:
        """The row of a film that was built before, told by its path, size, time and inode."""
        for row in self._seen(entry):
            if row["recipe"] == self._recipe_id and self._is_built(row):
                self._forget_failures(entry)
                return self._noted(row, entry)
        return None

    def take(self, entry: FilmEntry, film: Film, *, wait: bool) -> FilmWork | dict[str, Any] | None:
        """Take a film in.

        Args:
            entry: The film and the notes on it.
            film: What the probe found.
            wait: Wait for another build that works on this film.

        Returns:
            The work to do; or the film's row, where it was built before (perhaps from another
            path, since films are known by their content; ``copy_of`` names that path where both
            files are there); or ``None``: another build has it.
        """
        film_id = self._identify(entry)
        lock = self._store.film_lock(film_id)
        try:
            lock.acquire(timeout=-1 if wait else 0)
        except Timeout:
            return None
        except OSError as error:
            raise DatasetError(f"cannot write {self._store.path}: {error}") from error
        where = owned(film_id, self._recipe_id)
        rows = [row for row in self._store.read("films", where=where).to_pylist()]
        if rows and self._is_built(rows[0]):
            lock.release()
            self._forget_failures(entry)
            return self._found(rows[0], entry)
        self._locks[film_id] = lock
        segments = plan_segments(film, _segment_seconds(self._recipe))
        committed = self._clear_leftovers(where)
        return FilmWork(entry, film, film_id, self._recipe, self._recipe_id, segments, committed)

    def finish(self, work: FilmWork) -> dict[str, Any]:
        """Join a film whose segments are all committed, and write its row, the last mark."""
        from cinemotion.flows.building.join import join_film  # see preload_join

        summary = join_film(self._store, work.film, work.film_id, work.recipe, work.recipe_id)
        row = self._row(work.entry, work.film_id) | _verdict(summary, work.film)
        if row["status"] != "failed":
            self._forget_failures(work.entry)
        self._write(row)
        self._store.compact(more_than=_TOO_MANY_FRAGMENTS)
        self._locks.pop(work.film_id).release()
        return row

    def fail(self, entry: FilmEntry, reason: str) -> dict[str, Any]:
        """Record that nothing could be had of a film; what was had of it before stays."""
        film_id = self._identify(entry)
        where = owned(film_id, self._recipe_id)
        row = self._row(entry, film_id) | {
            "status": "failed",
            "reason": reason,
            "seconds": 0.0,
            **dict.fromkeys(_COUNTS, 0),
        }
        if not any(_is_finished(old) for old in self._store.read("films", where=where).to_pylist()):
            self._write(row)
        return row

    def _is_built(self, row: dict[str, Any]) -> bool:
        """Whether a film is done and the tables with its samples are still there."""
        return _is_finished(row) and (row["samples"] == 0 or self._holds_samples())

    def _holds_samples(self) -> bool:
        return self._store.has("crops") and self._store.has("facts")

    def _seen(self, entry: FilmEntry) -> list[dict[str, Any]]:
        """The rows of this very file; none where it has to be read to know its content."""
        if self._rehash:
            return []
        stamp = _stamp(entry.path)
        rows = [row for row in self._known if _is_of(row, entry.name, stamp)]
        rows = [row for row in rows if row["film"] != _unread(entry)]
        return rows if len({row["film"] for row in rows}) == 1 else []

    def _identify(self, entry: FilmEntry) -> str:
        seen = self._seen(entry)
        if seen:
            return str(seen[0]["film"])
        try:
            if entry.path.is_file():  # reading a pipe or a device might never end
                film_id = hash_file(entry.path)
                self._outdate(entry, film_id)
                return film_id
        except OSError:
            pass
        return _unread(entry)

    def _outdate(self, entry: FilmEntry, film_id: str) -> None:
        """Where a file has another content at the same size, time and inode, its old rows lose it.

        The old content's rows and samples stay, as they do where a file is replaced by another.
        """
        stamp = _stamp(entry.path)
        for row in self._known:
            if row["film"] != film_id and _is_of(row, entry.name, stamp):
                row.update(dict.fromkeys(_STAMP, 0))
                self._write(row)

    def _forget_failures(self, entry: FilmEntry) -> None:
        """Remove what is said of earlier, unreadable contents of a file that is a film now."""
        for row in self._known:
            where = owned(row["film"], row["recipe"])
            mine = row["path"] == entry.name and row["recipe"] == self._recipe_id
            if mine and row["status"] == "failed":
                self._store.delete("films", f"{where} AND status = 'failed'")

    def _found(self, row: dict[str, Any], entry: FilmEntry) -> dict[str, Any]:
        """The row of a film built before; it follows a file that was moved or touched."""
        first = Path(row["path"])
        if row["path"] != entry.name and _is_of(row, row["path"], _stamp(first)):
            # What the first one is called holds; else it would be renamed at every run.
            return row | {"path": entry.name, "copy_of": row["path"]}
        row = row | {"path": entry.name} | _stamp(entry.path)
        self._write(row)
        return self._noted(row, entry)

    def _noted(self, row: dict[str, Any], entry: FilmEntry) -> dict[str, Any]:
        """The row with what is said of the film now."""
        if any(row[key] != value for key, value in entry.notes.items()):
            row = row | entry.notes
            self._write(row)
        return row

    def _write(self, row: dict[str, Any]) -> None:
        self._store.replace("films", pa.Table.from_pylist([row], FILMS), key=["film", "recipe"])

    def _clear_leftovers(self, where: str) -> set[tuple[str, int]]:
        """Remove what no mark vouches for; return the marks: stage and segment number."""
        # A segment that failed is tried again by a later run; so is one whose rows were removed.
        samples = self._store.read("frames", ["samples"], where)["samples"].to_pylist()
        lost = any(samples) and not self._holds_samples()
        self._store.delete("segments", where if lost else f"{where} AND failed IS NOT NULL")
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
            "path": entry.name,
            **_stamp(entry.path),
            "title": Path(entry.name).stem,
            **entry.notes,
        }


def preload_join() -> None:
    """Load what commits and the join need, half a second's worth, while the workers have work."""
    for module in ("lance", "cinemotion.flows.building.join"):
        threading.Thread(target=import_module, args=(module,), daemon=True).start()


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


def _unread(entry: FilmEntry) -> str:
    """The id of what cannot be read: known by its name, for want of content."""
    return hash_json(["unreadable", entry.name])


def _is_of(row: dict[str, Any], name: str, stamp: dict[str, int]) -> bool:
    """Whether a row is of a file that is there; the stamp of one that is not is all zeros."""
    same = row["path"] == name and all(row[key] == stamp[key] for key in _STAMP)
    return same and any(stamp.values())


def _stamp(path: Path) -> dict[str, int]:
    try:
        stat = path.stat()
    except OSError:
        return dict.fromkeys(_STAMP, 0)
    return {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino}
