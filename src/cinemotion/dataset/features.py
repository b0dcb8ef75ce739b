"""Feature sets: a vector for each sample, below the dataset in ``features/``.

    store = FeatureStore("dataset")
    id = store.add(recipe, ids, vectors)            # one atomic commit
    store.known(id)                                 # {"3f…", …}
    store.read(id, ids)                             # float32 (n, d), in the order asked for
    [found.spec for found in store.list()]          # ["hog", "onnx:faces.onnx"]

A set is a Lance table named by the id of its recipe, with the columns ``id``, an embedding named
``<name>-<recipe id>``, and ``reason``: null, or why there is no vector (which is then all NaN).
It is keyed by sample, so that versions share what they have in common. Only appended to; where a
sample comes twice (it failed, and did not later), the row with a vector counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lance
import numpy as np
import polars as pl
import pyarrow as pa
from filelock import FileLock, Timeout

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Floats
from cinemotion.dataset.manifest import put_json, read_json
from cinemotion.dataset.store import Store

PART_OF_ID = re.compile(r"[0-9a-f]{4,12}")
"""What may be the id of a feature set, or the beginning of one."""

_ID_DIGITS = 12
_READ_ROWS = 8192
# A commit is a file; where there are many, they are merged.
_MAX_FRAGMENTS = 64
_BYTES_PER_FRAGMENT = 256 * 1024 * 1024


def feature_id(recipe: Mapping[str, Any]) -> str:
    """The id of a recipe: 12 hexadecimal digits."""
    return hash_json(dict(recipe))[:_ID_DIGITS]


def feature_tables(dataset: Path) -> list[Path]:
    """The tables of all feature sets of a dataset."""
    return sorted((dataset / "features").glob("*.lance"))


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """What is known of a feature set.

    Attributes:
        id: That of its recipe.
        spec: How it was asked for, as in ``onnx:faces.onnx``.
        dimensions: The length of a vector.
        recipe: All that the numbers depend on; ``name`` is the extractor's.
    """

    id: str
    spec: str
    dimensions: int
    recipe: dict[str, Any]

    @property
    def column(self) -> str:
        """The name of its embedding column."""
        return f"{self.recipe['name']}-{self.id}"


class FeatureStore:
    """The feature sets of a dataset; see the module's docstring.

    Args:
        path: The dataset's folder.

    Raises:
        DatasetError: It holds no dataset.
    """

    def __init__(self, path: Path | str) -> None:
        self._store = Store.open(Path(path))

    @property
    def path(self) -> Path:
        """The dataset's folder."""
        return self._store.path

    def add(
        self,
        recipe: Mapping[str, Any],
        ids: Sequence[str],
        vectors: Floats,
        *,
        reasons: Sequence[str | None] | None = None,
        spec: str | None = None,
        forgotten: Callable[[], Collection[str]] = frozenset,
    ) -> str:
        """Add vectors in one atomic commit.

        Args:
            recipe: What they depend on; ``name`` is the extractor's.
            ids: The samples.
            vectors: float32 ``(n, d)``, a row for each id.
            reasons: Why a sample has no vector, else ``None``; its row is not looked at.
            spec: How the extractor was asked for; its name where that is all.
            forgotten: Gives samples to leave out. It is asked when no ``forget`` can run any
                more, so that what one removed meanwhile does not come back.

        Returns:
            The id of the recipe.

        Raises:
            BadInputError: The vectors do not match the ids, the set, or are not finite.
            DatasetError: The set cannot be written.
        """
        id = feature_id(recipe)
        why = [None] * len(ids) if reasons is None else list(reasons)
        lost = np.array([reason is not None for reason in why], bool)
        if vectors.ndim != 2 or not len(ids) == len(why) == len(vectors):
            raise BadInputError(
                f"features need one vector for each of {len(ids)} ids, float32 (n, d); got an "
                f"array of shape {vectors.shape}"
            )
        if not np.isfinite(vectors[~lost]).all():
            raise BadInputError(f"features {recipe['name']} hold numbers that are not finite")
        values = np.where(lost[:, None], np.float32(np.nan), vectors).astype(np.float32)
        with self._store.still():
            entry = self._admit(
                FeatureSet(id, spec or recipe["name"], vectors.shape[1], {**recipe})
            )
            gone = forgotten()
            said = self.failed(id) if lost.any() else {}  # need not be said again
            left = np.array(
                [
                    sample not in gone and (reason is None or said.get(sample) != reason)
                    for sample, reason in zip(ids, why, strict=True)
                ],
                bool,
            )
            if left.any():
                embedding = pa.FixedSizeListArray.from_arrays(values.ravel(), entry.dimensions)
                columns = [pa.array(ids, pa.string()), embedding, pa.array(why, pa.string())]
                rows = pa.table(columns, names=["id", entry.column, "reason"])
                self._append(entry, rows.filter(pa.array(left)))
        return id

    def known(self, id: str) -> set[str]:
        """The samples that have a vector in a set; none where there is no such set."""
        return set(_places(self._open(id))["id"]) if self._has(id) else set()

    def failed(self, id: str) -> dict[str, str]:
        """Why samples have no vector, by sample."""
        if not self._has(id):
            return {}
        table = self._open(id)
        rows = _reasons(table).filter(pl.col("reason").is_not_null())
        left = rows.join(_places(table), on="id", how="anti")
        return dict(left.select("id", "reason").iter_rows())

    def read(self, id: str, ids: Sequence[str]) -> Floats:
        """Vectors of samples: float32 ``(n, d)``, in the order asked for.

        Raises:
            DatasetError: There is no such set, or a sample has no vector in it.
        """
        entry = self.describe(id)
        try:
            return self._read(entry, ids)
        except (OSError, ValueError):
            # Another process may have merged files between our look and our read: once more.
            try:
                return self._read(entry, ids)
            except (OSError, ValueError) as error:
                line = " ".join(str(error).split())[:300]
                raise DatasetError(f"cannot read {self._folder(id)}: {line}") from error

    def describe(self, id: str) -> FeatureSet:
        """What is known of a set.

        Raises:
            DatasetError: There is none with this id.
        """
        path = self._file(id)
        if not path.exists():
            raise DatasetError(f"{self.path} has no feature set {id}")
        content = read_json(path)
        return FeatureSet(id, content["spec"], content["dimensions"], content["recipe"])

    def list(self) -> list[FeatureSet]:
        """All sets, by id."""
        files = sorted((self.path / "features").glob("*.json"))
        return [self.describe(file.stem) for file in files if self._has(file.stem)]

    def named(self, name: str) -> Sequence[FeatureSet]:
        """The feature sets that were asked for so; else those whose id is, or begins with, this."""
        sets = self.list()
        found = [entry for entry in sets if entry.spec == name]
        if not found and PART_OF_ID.fullmatch(name):
            found = [entry for entry in sets if entry.id.startswith(name)]
        return found

    @contextmanager
    def working(self, id: str) -> Iterator[None]:
        """Keep other processes from computing the same set meanwhile.

        Raises:
            DatasetError: One does already.
        """
        lock = FileLock(self.path / ".locks" / f"features-{id}.lock")
        try:
            with lock.acquire(timeout=0):
                yield
        except Timeout as error:
            raise DatasetError(
                f"another process computes these features in {self.path}; wait for it to end"
            ) from error

    def _admit(self, entry: FeatureSet) -> FeatureSet:
        """Write down what a set is, or what was written down of it already."""
        if not self._file(entry.id).exists():
            content = {"spec": entry.spec, "dimensions": entry.dimensions, "recipe": entry.recipe}
            put_json(self.path, self._file(entry.id), content)
            return entry
        known = self.describe(entry.id)
        if known.dimensions != entry.dimensions:
            raise BadInputError(
                f"features {entry.id} have {known.dimensions} dimensions, got {entry.dimensions}"
            )
        return known

    def _append(self, entry: FeatureSet, rows: pa.Table) -> None:
        folder = str(self._folder(entry.id))
        mode = "append" if self._has(entry.id) else "create"
        table = lance.write_dataset(rows, folder, mode=mode)
        if len(table.get_fragments()) > _MAX_FRAGMENTS:
            size = max(1, _BYTES_PER_FRAGMENT // (4 * entry.dimensions))
            table.optimize.compact_files(target_rows_per_fragment=size)
            self._open(entry.id).cleanup_old_versions(older_than=timedelta(0))

    def _read(self, entry: FeatureSet, ids: Sequence[str]) -> Floats:
        table = self._open(entry.id)
        rows = pl.DataFrame({"id": ids}, schema={"id": pl.String}).join(
            _places(table), on="id", how="left", maintain_order="left"
        )["row"]
        if missing := rows.null_count():
            raise DatasetError(
                f"features {entry.spec} ({entry.id}) lack {missing} of {len(ids)} samples; compute "
                f"them with: cinemotion features {self.path}@VERSION --with {entry.spec}"
            )
        places = rows.to_numpy()
        order = np.argsort(places)
        found = np.empty((len(ids), entry.dimensions), np.float32)
        for at in range(0, len(ids), _READ_ROWS):
            part = order[at : at + _READ_ROWS]
            column = table.take(places[part].tolist(), columns=[entry.column])[entry.column]
            values = column.combine_chunks().flatten().to_numpy()
            found[part] = values.reshape(-1, entry.dimensions)
        return found

    def _open(self, id: str) -> lance.LanceDataset:
        return lance.dataset(str(self._folder(id)))

    def _has(self, id: str) -> bool:
        return any((self._folder(id) / "_versions").glob("*.manifest"))

    def _folder(self, id: str) -> Path:
        return self.path / "features" / f"{id}.lance"

    def _file(self, id: str) -> Path:
        return self.path / "features" / f"{id}.json"


def _reasons(table: lance.LanceDataset) -> pl.DataFrame:
    """``id`` and ``reason`` of all rows, in their order."""
    frame = pl.from_arrow(table.to_table(["id", "reason"]))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _places(table: lance.LanceDataset) -> pl.DataFrame:
    """``id`` and ``row`` of the samples that have a vector."""
    rows = _reasons(table).with_row_index("row").filter(pl.col("reason").is_null())
    return rows.select("id", "row").unique("id", keep="last")
