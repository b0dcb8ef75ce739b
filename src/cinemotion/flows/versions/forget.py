"""Forget a film or an import: what it left in a dataset is gone from the disk.

    plan = plan_forgetting("dataset", "Nosferatu")     # what would go; nothing is touched
    forgotten = forget("dataset", "Nosferatu")
    forgotten.samples, forgotten.versions              # 1204, {"3f…": 1180}

Gone are pictures, frames, shots, hashes, features, votes with their history, ranges, the rows of
the split and caches. Frozen versions keep the ids, lose the names and pictures, and say how many
samples were redacted. A plan is written down first: where the work is cut short, running it again
(or forgetting anything else) completes it.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cinemotion.core.errors import DatasetError
from cinemotion.core.hashing import hash_bytes
from cinemotion.dataset.assignment import read_assignment, write_assignment
from cinemotion.dataset.erasure import conditions_on, erase
from cinemotion.dataset.manifest import put_json, redact, without
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import version_ids, versions_lock
from cinemotion.dataset.votes import Votes
from cinemotion.flows.versions.doomed import Forgetting, find_doomed, plan_file, unfinished

_OF_FILM = ("crops", "facts", "frames", "segments", "shots", "films", "cast")
_OF_SAMPLE = ("crops", "stills", "origins", "facts", "fingerprints", "duplicates", "features")


def plan_forgetting(dataset: Path | str, name: str) -> Forgetting:
    """Find out what a name stands for, and which samples that are.

    Args:
        dataset: The dataset's folder.
        name: The film's id, the beginning of one, its title or file name; the name of an import;
            or the name of a film that an import's group pattern found.

    Raises:
        BadInputError: The name stands for nothing, or for several films.
    """
    store = Store.open(Path(dataset))
    left_over = unfinished(store)
    if left_over is not None and left_over.asked == name:
        return left_over
    return find_doomed(store, name)


def forget(dataset: Path | str, name: str) -> Forgetting:
    """Remove what a name stands for; see the module's docstring.

    Raises:
        BadInputError: The name stands for nothing, or for several films.
        DatasetError: Another process works on the film or reads the votes.
    """
    store = Store.open(Path(dataset))
    with versions_lock(store):
        left_over = unfinished(store)
        if left_over is not None:
            with _held(store, left_over):
                done = _carry_out(store, left_over)
            if left_over.asked == name:
                return done
        with _held(store, find_doomed(store, name)):
            plan = find_doomed(store, name)
            put_json(store.path, plan_file(store), dataclasses.asdict(plan))
            return _carry_out(store, plan)


def _carry_out(store: Store, plan: Forgetting) -> Forgetting:
    """Remove everything that is planned; every step may be repeated."""
    samples = set(plan.samples)
    names = {*plan.films, *plan.sources}
    counts = {id: redact(store.path, id, samples, names) for id in version_ids(store.path)}
    votes = Votes(store.path).forget(plan.samples, plan.ranges)
    _forget_assignment(store, samples)
    erase(store, _conditions(plan))
    for path in _left_overs(store):
        _remove(path)
    plan_file(store).unlink(missing_ok=True)
    versions = {id: count for id, count in counts.items() if count}
    return dataclasses.replace(plan, votes=votes, versions=versions)


def _conditions(plan: Forgetting) -> dict[str, list[str]]:
    """SQL conditions on what goes, by table."""
    doomed: dict[str, list[str]] = {
        table: conditions_on("id", plan.samples) for table in _OF_SAMPLE
    }
    # Twins whose keeper is gone are nobody's twins until the next dedup.
    doomed["duplicates"] += conditions_on("keeper", plan.samples)
    for table in _OF_FILM:
        doomed.setdefault(table, []).extend(conditions_on("film", plan.films))
    doomed["sources"] = conditions_on("name", plan.sources)
    return doomed


def _forget_assignment(store: Store, samples: set[str]) -> None:
    found = read_assignment(store)
    if found is not None:
        table, settings = found
        write_assignment(store, without(table, samples), settings)


def _left_overs(store: Store) -> list[Path]:
    """What else may tell of anything: caches, the note of dedup, drafts and claims.

    Beside locks, ``.locks`` holds what is not finished, or was left by a kill. A command that is
    just writing there fails with a line and can be run again.
    """
    unfinished = [
        path
        for path in (store.path / ".locks").iterdir()
        if path.suffix != ".lock" and path != plan_file(store)
    ]
    return [store.path / "cache", store.path / "dedup.json", *unfinished]


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(
            f"cannot remove {path}: {error}; make it removable and run the same command again"
        ) from error


@contextmanager
def _held(store: Store, plan: Forgetting) -> Iterator[None]:
    """Keep builds of the films and imports of the sources out meanwhile."""
    names = [f"import-{hash_bytes(name.encode())[:32]}" for name in plan.sources]
    imports = [FileLock(store.path / ".locks" / f"{name}.lock") for name in names]
    locks = [*(store.film_lock(film) for film in plan.films), *imports]
    try:
        for lock in locks:
            lock.acquire(timeout=0)
        yield
    except Timeout as error:
        raise DatasetError(
            f"a build or import works on {plan.asked!r} in {store.path}; wait for it to end, then "
            "run the same command again"
        ) from error
    finally:
        for lock in locks:
            if lock.is_locked:
                lock.release()
                Path(lock.lock_file).unlink(missing_ok=True)
