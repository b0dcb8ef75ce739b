"""Feed a split of a frozen version to a model.

    train = load_split(version, "train", (224, 224), batch_size=32, seed=1)
    model.fit(train, validation_data=load_split(version, "val", (224, 224), shuffle=False))
    train.class_names                              # the version's, in their order

The first call resizes the pictures into a cache below the dataset; afterwards every epoch reads
them from there, in an order of its own, without holding them in memory; a small cache is held, and
TensorFlow gathers batches itself. The pictures are those of Keras'
``image_dataset_from_directory`` for the same files, to the last bit.

Resuming: an epoch's order follows from seed and number alone. The iterators of one loader are the
epochs ``start_epoch``, ``start_epoch + 1`` and so on; the first leaves out ``start_step`` batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.dataset.export.content import Content
from cinemotion.dataset.versions import Version
from cinemotion.learn.cache import Via, cached_pictures
from cinemotion.learn.order import Rows, epoch_order
from cinemotion.learn.picturefile import Pictures, load_pictures
from cinemotion.learn.resizing import Size, need_tensorflow
from cinemotion.learn.sides import hard_labels, side_rows, soft_labels

if TYPE_CHECKING:
    import tensorflow as tf

Labels = Literal["hard", "soft"]

_AHEAD = 2  # batches that are read while the model works
_SMALL = 64 * 1024 * 1024  # bytes of a cache that is held in memory: 9,700 pictures of 48 pixels


def load_split(
    version: Version,
    split: str,
    image_size: Size,
    batch_size: int = 32,
    seed: int = 0,
    *,
    labels: Labels = "hard",
    shuffle: bool = True,
    via: Via = "store",
    start_epoch: int = 0,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of one side of a version.

    Args:
        version: The version.
        split: ``train``, ``val``, ``test``, ``fold0`` and so on.
        image_size: Height and width to resize to, in pixels; the ratio of sides is not kept.
        batch_size: Pictures in a batch; the last one of an epoch may be smaller.
        seed: Of the orders of the epochs, not negative.
        labels: ``hard``: int32 ``(b,)``, a class' place in ``version.classes``; ``soft``: float32
            ``(b, classes)``, the shares of votes among the classes, sum 1.
        shuffle: Whether every epoch has an order of its own; otherwise all go by class and id.
        via: How the cache is filled: from the ``store``, or by Keras from an exported
            ``directory``. The batches are the same.
        start_epoch: The number of the first epoch.
        start_step: How many batches of the first epoch to leave out.

    Returns:
        Pairs of pictures, float32 ``(b, H, W, 3)``, RGB, 0 to 255, and labels. It has
        ``class_names``.

    Raises:
        BadInputError: The version has no such split, or a number is out of range.
        DatasetError: A picture is not what was frozen.
        MissingExtraError: TensorFlow is not installed.
    """
    _check_choice("labels", labels, get_args(Labels))
    _check_choice("via", via, get_args(Via))
    _check_numbers(
        image_size=(min(image_size), 1),
        batch_size=(batch_size, 1),
        seed=(seed, 0),
        start_epoch=(start_epoch, 0),
        start_step=(start_step, 0),
    )
    content = Content(version)
    rows = side_rows(content, split)
    path = cached_pictures(content, split, rows["id"].to_list(), image_size, via)
    targets = hard_labels(rows) if labels == "hard" else soft_labels(content, rows)
    epochs = itertools.count(start_epoch)

    def order() -> Rows:
        """The samples of the next epoch, one after another."""
        epoch = next(epochs)
        n = rows.height
        whole = epoch_order(n, seed=seed, epoch=epoch) if shuffle else np.arange(n)
        return whole[start_step * batch_size if epoch == start_epoch else 0 :]

    small = path.stat().st_size <= _SMALL
    loader = (_gathered if small else _read)(path, targets, order, batch_size)
    if not start_step:  # else the first epoch is shorter than the others
        loader = loader.apply(
            need_tensorflow().data.experimental.assert_cardinality(-(-rows.height // batch_size))
        )
    loader.class_names = list(content.classes)
    return loader


def _read(
    path: Path, targets: NDArray[Any], order: Callable[[], Rows], batch_size: int
) -> tf.data.Dataset:
    """Batches from a file, some of them in advance; ``order`` is asked once per iterator."""
    tf = need_tensorflow()
    pictures = Pictures(path, batch_size=batch_size)

    def batches() -> Iterator[tuple[Floats, NDArray[Any]]]:
        rows = order()
        for at in range(0, len(rows), batch_size):
            part = rows[at : at + batch_size]
            yield pictures.read(part), targets[part]

    spec = (
        tf.TensorSpec((None, *pictures.shape[1:]), tf.float32),
        tf.TensorSpec((None, *targets.shape[1:]), targets.dtype),
    )
    return tf.data.Dataset.from_generator(batches, output_signature=spec).prefetch(_AHEAD)


def _gathered(
    path: Path, targets: NDArray[Any], order: Callable[[], Rows], batch_size: int
) -> tf.data.Dataset:
    """The same of a file that is held: without a call of Python for each batch."""
    tf = need_tensorflow()
    pictures, labels = tf.constant(load_pictures(path)), tf.constant(targets)

    def orders() -> Iterator[Rows]:
        yield order()

    def batch(rows: Any) -> tuple[Any, Any]:
        return tf.cast(tf.gather(pictures, rows), tf.float32), tf.gather(labels, rows)

    spec = tf.TensorSpec((None,), tf.int64)
    return (
        tf.data.Dataset.from_generator(orders, output_signature=spec)
        .flat_map(tf.data.Dataset.from_tensor_slices)
        .batch(batch_size)
        .map(batch, num_parallel_calls=usable_cores())
        .prefetch(_AHEAD)
    )


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise BadInputError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _check_numbers(**numbers: tuple[int, int]) -> None:
    """Refuse a number below the least that it may be."""
    for name, (value, least) in numbers.items():
        if value < least:
            raise BadInputError(f"{name} must be at least {least}, got {value}")
