"""Features as a file for other tools: Parquet, or NumPy's ``.npz``.

    check_out(Path("hog.npz"))                  # before the work: a name that will do?
    write_features(Path("hog.npz"), store, id, samples)

Rows go through memory some thousand at a time. Parquet has the columns ``id``, ``label``,
``split`` and ``vector`` (a list of float32); an ``.npz`` has arrays of these names, the texts
empty where there is none, and needs no pickle.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.core.writing import replacing
from cinemotion.dataset.features import FeatureStore

_ROWS = 4096
_TEXTS = ("id", "label", "split")


def check_out(out: Path) -> None:
    """Refuse a file that could not be written later.

    Raises:
        BadInputError: Its name ends otherwise than in ``.parquet`` or ``.npz``, or its folder
            does not exist.
    """
    if out.suffix not in (".parquet", ".npz"):
        raise BadInputError(f"{out} is no file that features go into; write OUT.parquet or OUT.npz")
    if not out.parent.is_dir():
        raise BadInputError(f"{out.parent} is no folder; make it first, or name another --out")


def write_features(out: Path, store: FeatureStore, id: str, samples: pl.DataFrame) -> None:
    """Write the vectors of samples into a file, in one step.

    Args:
        out: ``.parquet`` or ``.npz``.
        store: Where the features are.
        id: The feature set.
        samples: ``id``, ``label`` and ``split``; each with a vector.

    Raises:
        BadInputError: The file cannot be written.
    """
    write = _write_parquet if out.suffix == ".parquet" else _write_npz
    with replacing(out) as draft:
        write(draft, store, id, samples)


def _parts(store: FeatureStore, id: str, samples: pl.DataFrame) -> Iterator[Floats]:
    for part in samples.iter_slices(_ROWS):
        yield store.read(id, part["id"].to_list())


def _write_parquet(path: Path, store: FeatureStore, id: str, samples: pl.DataFrame) -> None:
    dimensions = store.describe(id).dimensions
    vector = pa.list_(pa.float32(), dimensions)
    schema = pa.schema([*((name, pa.string()) for name in _TEXTS), ("vector", vector)])
    with pq.ParquetWriter(path, schema) as file:
        for part in samples.iter_slices(_ROWS):
            values = store.read(id, part["id"].to_list())
            texts = [pa.array(part[name].to_list(), pa.string()) for name in _TEXTS]
            vectors = pa.FixedSizeListArray.from_arrays(values.ravel(), dimensions)
            file.write_table(pa.table([*texts, vectors], schema=schema))


def _write_npz(path: Path, store: FeatureStore, id: str, samples: pl.DataFrame) -> None:
    shape = (samples.height, store.describe(id).dimensions)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with zipfile.ZipFile(path, "w") as archive:
        for name in _TEXTS:
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(
                    file, np.array(samples[name].fill_null("").to_list(), str)
                )
        with archive.open("vector.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, header)
            for values in _parts(store, id, samples):
                file.write(values.tobytes())
