"""What a model is trained with, of a frozen version: two sides, their pictures and labels.

data = training_data(version, recipe, sides=Sides(("train",), "val"))
data.train.read(rows), data.train.shares
data.develop.shares, data.classes

Labels of other versions of the same samples can be learned beside them: ``data.train.also``.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Floats
from cinemotion.dataset.export.content import Content, Progress
from cinemotion.dataset.versions import Version
from cinemotion.learn.cache import cached_pictures
from cinemotion.learn.order import Rows
from cinemotion.learn.picturefile import Pictures
from cinemotion.learn.sides import hard_labels, side_rows, soft_labels
from cinemotion.learn.training.recipe import TrainRecipe
from cinemotion.learn.training.targets import one_hot

_MEASURED = 256  # development pictures that are read at once


@dataclass(frozen=True, slots=True)
class Sides:
    """Which sides of a version are learned from, and which one choices are made on."""

    train: tuple[str, ...] = ("train",)
    develop: str = "val"


class Samples:
    """Samples with pictures of one size.

    Args:
        files: The pictures of each side.
        rows: The samples, side after side: ``id``, ``film`` (null where it is of none), ``part``
            (the number of the side) and ``row`` (its place in the side's file).
        shares: Labels, float32 ``(n, classes)``, rows sum to 1.

    Attributes:
        also: By name, labels of other versions, as ``shares``; zeros where there is none.
    """

    def __init__(self, files: Sequence[Pictures], rows: pl.DataFrame, shares: Floats) -> None:
        self.ids: list[str] = rows["id"].to_list()
        self.films: list[str | None] = rows["film"].to_list()
        self.shares = shares
        self.also: dict[str, Floats] = {}
        self._files = files
        self._part = rows["part"].to_numpy()
        self._row = rows["row"].to_numpy()

    def __len__(self) -> int:
        return len(self.ids)

    def read(self, rows: Rows) -> Floats:
        """Pictures, float32 ``(m, H, W, 3)``, 0 to 255, of rows ``(m,)``."""
        parts, places = self._part[rows], self._row[rows]
        if (parts == parts[0]).all():
            whole: Floats = self._files[parts[0]].read(places)
            return whole
        out = np.empty((len(rows), *self._files[0].shape[1:]), np.float32)
        for part in np.unique(parts):
            out[parts == part] = self._files[part].read(places[parts == part])
        return out

    def read_range(self, start: int, stop: int) -> Floats:
        """The same of rows ``[start, stop)``."""
        return self.read(np.arange(start, stop))


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Two sides of a version.

    Attributes:
        classes: The ordered classes.
        train: What is learned from.
        develop: What choices are made on.
        left_out: How many training samples were left out.
        digest: Of all that the numbers depend on.
    """

    classes: tuple[str, ...]
    train: Samples
    develop: Samples
    left_out: int
    digest: str


def training_data(
    version: Version,
    recipe: TrainRecipe,
    *,
    sides: Sides | None = None,
    without: Container[str] = frozenset(),
    share: float = 1.0,
    also: Mapping[str, Version] | None = None,
    progress: Progress | None = None,
) -> TrainingData:
    """Read what a recipe needs of a version, and resize pictures where that was not done yet.

    Args:
        version: The version.
        recipe: Its ``size``, ``labels`` and ``seed`` count.
        sides: Which sides; without it, train and val.
        without: Samples that are not learned from.
        share: Of each class, so many of the training samples, drawn by the recipe's seed.
        also: By name, versions whose labels of the same samples are learned too.
        progress: Told about pictures that are resized.

    Raises:
        BadInputError: A side or a class is empty, or another version has other samples or classes.
        DatasetError: A picture is not what was frozen.
    """
    sides = sides or Sides()
    content = Content(version, progress)
    absent = [side for side in (*sides.train, sides.develop) if side not in content.splits]
    if absent:
        raise BadInputError(
            f"{version.path} has no side {absent[0]!r} in this version, it has "
            f"{', '.join(content.splits)}; split and freeze it with one, for instance: "
            f"cinemotion split {version.path} --ratios 70/20/10"
        )
    train = _samples(content, sides.train, recipe)
    kept = [place for place, id in enumerate(train.ids) if id not in without]
    left_out = len(train) - len(kept)
    kept = _some(train.shares, np.array(kept, np.int64), share, recipe.seed).tolist()
    train = _part(train, kept)
    develop = _samples(content, (sides.develop,), recipe)
    _refuse_empty(content.classes, train)
    known: list[object] = [version.id, train.ids, develop.ids, recipe.size, recipe.labels]
    for name, other in (also or {}).items():
        labels = _labels_of(Content(other), content.classes, recipe)
        for samples in (train, develop):
            samples.also[name] = _aligned(labels, samples.ids, len(content.classes))
        if not all(samples.also[name].any() for samples in (train, develop)):
            raise BadInputError(
                f"the version {other.id[:12]} given as {name!r} labels none of the samples of "
                f"{version.id[:12]} to learn from, or none to choose on"
            )
        known.append([name, other.id])
    digest = hash_json(known)
    return TrainingData(content.classes, train, develop, left_out, digest)


def _samples(content: Content, sides: Sequence[str], recipe: TrainRecipe) -> Samples:
    files: list[Pictures] = []
    tables: list[pl.DataFrame] = []
    shares: list[Floats] = []
    for part, side in enumerate(sides):
        rows = side_rows(content, side)
        size = (recipe.size, recipe.size)
        path = cached_pictures(content, side, rows["id"].to_list(), size, "area")
        files.append(Pictures(path, batch_size=max(recipe.batch_size, _MEASURED)))
        if recipe.labels == "soft":
            shares.append(soft_labels(content, rows))
        else:
            shares.append(one_hot(hard_labels(rows), len(content.classes)))
        table = rows.select("id", "film").with_row_index("row")
        tables.append(table.with_columns(part=pl.lit(part), row=pl.col("row").cast(pl.Int64)))
    return Samples(files, pl.concat(tables), np.concatenate(shares))


def _labels_of(content: Content, classes: Sequence[str], recipe: TrainRecipe) -> dict[str, Floats]:
    """The labels of all samples of a version, among the classes of another one."""
    strange = [name for name in content.classes if name not in classes]
    if strange:
        raise BadInputError(
            f"a version that is learned too has the classes {', '.join(strange)}, which the first "
            f"one has not; it has {', '.join(classes)}"
        )
    places = [classes.index(name) for name in content.classes]
    found: dict[str, Floats] = {}
    for side in content.splits:
        rows = side_rows(content, side)
        soft = recipe.labels == "soft"
        own = soft_labels(content, rows) if soft else one_hot(hard_labels(rows), len(places))
        wide = np.zeros((len(own), len(classes)), np.float32)
        wide[:, places] = own
        found |= dict(zip(rows["id"].to_list(), wide, strict=True))
    return found


def _aligned(labels: Mapping[str, Floats], ids: Sequence[str], classes: int) -> Floats:
    none = np.zeros(classes, np.float32)
    return np.stack([labels.get(id, none) for id in ids])


def _part(samples: Samples, kept: Sequence[int]) -> Samples:
    rows = np.array(kept, np.int64)
    table = pl.DataFrame(
        {
            "id": [samples.ids[row] for row in kept],
            "film": [samples.films[row] for row in kept],
            "part": samples._part[rows],
            "row": samples._row[rows],
        }
    )
    return Samples(samples._files, table, samples.shares[rows])


def _some(shares: Floats, kept: Rows, share: float, seed: int) -> Rows:
    """A share of the rows of each class, in their order."""
    if share >= 1:
        return kept
    random = np.random.default_rng([seed, 1])
    classes = shares[kept].argmax(axis=1)
    drawn = []
    for number in np.unique(classes):
        rows = random.permutation(kept[classes == number])
        drawn.append(rows[: max(1, round(share * len(rows)))])
    return np.sort(np.concatenate(drawn))


def _refuse_empty(classes: Sequence[str], train: Samples) -> None:
    found = np.bincount(train.shares.argmax(axis=1), minlength=len(classes))
    empty = [name for name, count in zip(classes, found, strict=True) if not count]
    if empty:
        raise BadInputError(
            f"there is no sample of {', '.join(empty)} to learn from; label more, or freeze with "
            "--classes and those that there are"
        )
