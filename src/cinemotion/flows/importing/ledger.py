"""What a dataset knows of one source: which members are in, and whether an import is complete.

    with Ledger(store, "faces", source).held() as ledger:
        skip = ledger.begin()              # names of members that are in already
        ledger.commit(batch)
        ledger.finish(rights="CC BY 4.0")  # writes the mark

Lance commits a table at a time, so the row of ``facts`` is written last for a sample, and the row
of ``sources`` last for an import. While one runs, a claim (a file under ``.locks``) says which
members it adds and what the source looked like: the next run goes on if that still holds, or else
removes what the stopped one left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl
import pyarrow as pa
from filelock import FileLock, Timeout

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_bytes
from cinemotion.dataset.grouping import FRAME, LEVELS, Grouping
from cinemotion.dataset.sources.source import Source
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import SOURCES
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.importing.intake import Batch

Status = Literal["imported", "continued", "grown", "noted", "known"]

_IDS_PER_DELETE = 2000
_GROUPS = (*LEVELS, FRAME)


class Ledger:
    """The book of one source in a dataset; see the module's docstring.

    Args:
        store: The dataset.
        name: The source's name in it.
        source: The source, opened.
    """

    def __init__(self, store: Store, name: str, source: Source) -> None:
        self._store = store
        self._name = name
        self._source = source
        key = hash_bytes(name.encode())[:32]
        self._claim = store.path / ".locks" / f"import-{key}.json"
        self._lock = FileLock(store.path / ".locks" / f"import-{key}.lock")
        self.status: Status = "imported"

    @contextmanager
    def held(self) -> Iterator[Self]:
        """Keep other imports of this name out.

        Raises:
            BadInputError: Another one is running.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise BadInputError(
                f"another import of {self._name!r} into {self._store.path} is running; wait for "
                "it, or give this one another --name"
            ) from error
        try:
            yield self
        finally:
            self._lock.release()

    @property
    def settled(self) -> list[str]:
        """Names of the members of the finished import; none where there is none."""
        if self.mark is None:
            return []
        added = set(self._read_claim().get("adds", ()))
        return [name for name in self._known["member"] if name not in added]

    @cached_property
    def mark(self) -> dict[str, Any] | None:
        """The row of the finished import, if there is one."""
        rows = self._store.read("sources", where=f"name = {_quoted(self._name)}").to_pylist()
        return rows[0] if rows else None

    def begin(self) -> set[str]:
        """Check the source against what is there, clear left-overs, and claim what is new.

        Returns:
            The names of members that need not be read.

        Raises:
            BadInputError: Something else was imported under this name.
        """
        settled = self.settled
        if self.mark is not None and (
            self.mark["kind"] != self._source.kind
            or self.mark["digest"] != self._source.digest(settled)
        ):
            raise BadInputError(
                f"{self._store.path} holds another source named {self._name!r}, or this one has "
                f"changed since (imported from {self.mark['path']}); give this one another --name"
            )
        self._clear_leftovers(set(settled))
        done = set(self._known["member"])
        if self.mark is not None and done.issuperset(self._source.names()):
            self.status = "known"
            return done
        self.status = "continued" if len(done) > len(settled) else "imported"
        if self.mark is not None:
            self.status = "grown"
        old = set(settled)
        adds = [name for name in self._source.names() if name not in old]
        self._write_claim({"state": self._source.state(), "adds": adds})
        return done

    def check_groups(self, grouping: Grouping | None) -> None:
        """Make sure that members imported before are grouped as the others are going to be.

        Raises:
            BadInputError: They were grouped by another pattern.
        """
        for row in self._known.iter_rows(named=True):
            old = {level: row[level] for level in _GROUPS if row[level] is not None}
            new = grouping.groups(row["member"]) if grouping else {}
            if old != new:
                raise BadInputError(
                    f"{row['member']} was imported with the groups {old or 'none'}, the pattern "
                    f"now gives {new or 'none'}; use the same --group-pattern as then, or give "
                    "this import another --name"
                )

    def commit(self, batch: Batch, votes: Sequence[Vote]) -> int:
        """Write rows and votes; returns how many votes are new."""
        tables = batch.tables()
        facts = tables.pop("facts")
        for table, rows in tables.items():
            self._store.append(table, rows)
        added = Votes(self._store.path).add(votes)
        self._store.append("facts", facts)
        return added

    def finish(self, rights: str | None) -> dict[str, Any]:
        """Write the mark, and return it."""
        self._forget()
        unreadable = self._known["width"].null_count()
        row = {
            "name": self._name,
            "kind": self._source.kind,
            "path": str(self._source.path.resolve()),
            "digest": self._source.digest(self._known["member"].to_list()),
            "rights": rights or (self.mark or {}).get("rights"),
            "members": self._known.height,
            "samples": self._known.height - unreadable,
            "unreadable": unreadable,
        }
        self._store.replace("sources", pa.Table.from_pylist([row], SOURCES), key="name")
        self._claim.unlink(missing_ok=True)
        return row

    @cached_property
    def _known(self) -> pl.DataFrame:
        columns = ["id", "member", "width", *_GROUPS]
        rows = self._store.read("stills", columns, f"source = {_quoted(self._name)}")
        return pl.DataFrame(rows)

    def _clear_leftovers(self, settled: set[str]) -> None:
        """Remove what a stopped run left: halves of samples, or all where the source changed."""
        claim = self._read_claim()
        old = pl.DataFrame({"member": list(settled)}, schema={"member": pl.String})
        new = self._known.join(old, on="member", how="anti")
        if claim.get("state") == self._source.state():
            facts = pl.DataFrame(self._store.read("facts", ["id"]))
            new = new.join(facts, on="id", how="anti")
        ids = new["id"].to_list()
        for start in range(0, len(ids), _IDS_PER_DELETE):
            part = ", ".join(map(_quoted, ids[start : start + _IDS_PER_DELETE]))
            # The stills go last: they are what tells the next run that there is something left.
            for table in ("facts", "fingerprints", "stills"):
                self._store.delete(table, f"id IN ({part})")
        if ids:
            self._forget()

    def _read_claim(self) -> dict[str, Any]:
        try:
            claim: dict[str, Any] = json.loads(self._claim.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # none, or lost: what is without a mark is done again
        return claim

    def _write_claim(self, claim: dict[str, Any]) -> None:
        draft = self._claim.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(claim), encoding="utf-8")
        draft.replace(self._claim)

    def _forget(self) -> None:
        """Look at the table again when it is next asked for."""
        self.__dict__.pop("_known", None)


def source_mark(store: Store, name: str) -> dict[str, Any] | None:
    """The row of a finished import, if there is one."""
    rows = store.read("sources", where=f"name = {_quoted(name)}").to_pylist()
    return rows[0] if rows else None


def default_name(path: Path) -> str:
    """A source's name where none is given: the file's or folder's, without suffixes."""
    resolved = path.resolve()
    return resolved.name if path.is_dir() else resolved.stem.removesuffix(".tar")


def _quoted(text: str) -> str:
    """Text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
