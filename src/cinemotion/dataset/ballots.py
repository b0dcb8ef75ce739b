"""The SQLite file behind the votes: its schema, and how it is opened.

    with writing(path) as db:          # one transaction; committed at the end, or not at all
        db.execute("INSERT INTO …")
    with reading(path) as db:          # read-only; None where nobody has voted yet
        …

Every transaction that adds something is a *batch*; batches are numbered in the order in which
they were committed, as SQLite lets one writer in at a time. A reader who knows the number of the
last batch can ask for the votes as they stood then. Rows are never changed: triggers refuse it.

The journal is a write-ahead log where the file system allows one, so that readers and a writer
do not wait for each other; elsewhere it is SQLite's default.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cinemotion.core.errors import DatasetError, StorageFullError

FORMAT = 1
_PATIENCE = 60.0  # seconds that a process waits for another one's transaction
_BETWEEN = 2.0  # and for the files beside the database, which others make and remove

_TABLES = """
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- a number is never used twice
    time TEXT NOT NULL                     -- UTC, ISO 8601
);
CREATE TABLE votes (
    sample TEXT NOT NULL,
    annotator TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES batches (id),
    label TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('human', 'import', 'model')),
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    count INTEGER NOT NULL CHECK (count >= 1),
    PRIMARY KEY (sample, annotator, batch, label)
) WITHOUT ROWID;
CREATE TABLE ranges (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batches (id),
    film TEXT NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN ('seconds', 'frames')),
    start TEXT NOT NULL,                   -- an exact fraction such as 1001/30000
    stop TEXT NOT NULL,
    label TEXT NOT NULL,
    character TEXT,
    annotator TEXT NOT NULL
);
"""
_GUARDED = ("batches", "votes", "ranges")


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one transaction, making it where there is none.

    Raises:
        DatasetError: It cannot be written, another process holds it for too long, or a newer
            version of cinemotion made it.
        StorageFullError: No space is left.
    """
    with _translated(path), closing(sqlite3.connect(path, timeout=_PATIENCE)) as db:
        db.isolation_level = None
        _prefer_write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")  # what was committed survives a power cut
        db.execute("BEGIN IMMEDIATE")
        try:
            _prepare(db, path)
            yield db
        except BaseException:
            if db.in_transaction:  # some errors, such as a full disk, have ended it already
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the file read-only, in one state; gives ``None`` where nobody has voted yet.

    Raises:
        DatasetError: It cannot be read, or a newer version of cinemotion made it.
    """
    if not path.exists():
        yield None
        return
    with _translated(path), closing(_open_readonly(path)) as db:
        db.execute("BEGIN")
        yield db if _format(db, path) else None


def erase(path: Path, statements: list[tuple[str, list[tuple[str, ...]]]]) -> int:
    """Delete rows for good: their bytes are overwritten, in the file and in its log.

    Args:
        path: The file.
        statements: ``DELETE`` statements, each with the rows of parameters to run it on.

    Returns:
        How many rows went.
    """
    with _translated(path), closing(sqlite3.connect(path, timeout=_PATIENCE)) as db:
        db.isolation_level = None
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        _prepare(db, path)
        before = db.total_changes
        for table in _GUARDED:
            db.execute(f"DROP TRIGGER {table}_delete")
        for statement, parameters in statements:
            db.executemany(statement, parameters)
        gone = db.total_changes - before
        _guard(db)
        db.execute("COMMIT")
        db.execute("VACUUM")
        if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise DatasetError(
                f"{path} is being read by another process, so that its log could not be emptied; "
                "run the same command again when that is done"
            )
    return gone


def _prefer_write_ahead(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            return  # the file system has no shared memory, or another process is just doing it


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables in a new file; we hold the write lock."""
    if _format(db, path):
        return
    for statement in _TABLES.split(";"):
        db.execute(statement)
    _guard(db)
    db.execute(f"PRAGMA user_version = {FORMAT}")


def _guard(db: sqlite3.Connection) -> None:
    for table in _GUARDED:
        for verb in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are only ever added to'); END"
            )


def _format(db: sqlite3.Connection, path: Path) -> int:
    """The format of the file's tables; 0 where it has none yet."""
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > FORMAT:
        raise DatasetError(
            f"{path} has votes of format {found}, this version reads up to {FORMAT}; use the "
            "version of cinemotion that wrote it"
        )
    return found


def _open_readonly(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    until = time.monotonic() + _BETWEEN
    while True:
        try:
            return _opened(address)
        except sqlite3.OperationalError:
            # A log needs a file beside it, even to read; where the folder is read-only and no log
            # is open, nobody can be writing. https://sqlite.org/wal.html#read_only_databases
            logged = path.with_name(path.name + "-wal").exists()
            if not (logged or os.access(path.parent, os.W_OK)):
                return sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
            # The last process of several that wrote is just removing these files, or the first
            # one making them.
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _opened(address: str) -> sqlite3.Connection:
    db = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)
    try:
        db.execute("PRAGMA schema_version").fetchone()
    except BaseException:  # a damaged file, for instance
        db.close()
        raise
    return db


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what SQLite says into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        code = error.sqlite_errorcode if hasattr(error, "sqlite_errorcode") else None
        if code == sqlite3.SQLITE_FULL:
            raise StorageFullError(
                f"no space left while writing {path}; free some and run the same command again: "
                "everything committed so far is kept"
            ) from error
        if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise DatasetError(
                f"{path} was held by another process for more than {_PATIENCE:.0f} seconds; run "
                "the same command again"
            ) from error
        if code is not None and code & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise DatasetError(
                f"{path} is no readable database of votes ({error}); restore it from a copy"
            ) from error
        raise DatasetError(f"cannot use {path}: {error}") from error
