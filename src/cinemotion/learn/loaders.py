"""Feed a split of a frozen version to a model.

    train = load_split(version, "train", (224, 224), batch_size=32, seed=1)
    model.fit(train, validation_data=load_split(version, "val", (224, 224), shuffle=False))
    train.class_names                              # the version's, in their order

The first call resizes the pictures into a cache below the dataset; afterwards every epoch has them
from there, in an order of its own. What is no larger than ``hold`` is held, and TensorFlow gathers
batches itself; the rest is read. Batches that are the same in every epoch are held as they are, and
handed out without a copy. The pictures are those of Keras' ``image_dataset_from_directory`` for the
same files, to the last bit.

Resuming: an epoch's order follows from seed and number alone. The iterators of one loader are the
epochs ``start_epoch``, ``start_epoch + 1`` and so on; the first leaves out ``start_step`` batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
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
Shuffle = bool | Literal["once"]

HOLD = 256 * 1024 * 1024
"""Bytes of pictures that a loader holds at most, if nothing else is said: 38,000 of 48 pixels."""

_AHEAD = 2  # batches that are read while the model works


def load_split(
    version: Version,
    split: str,
    image_size: Size,
    batch_size: int = 32,
    seed: int = 0,
    *,
    labels: Labels = "hard",
    shuffle: Shuffle = True,
    via: Via = "store",
    hold: int = HOLD,
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
        shuffle: ``True``: every epoch has an order of its own. ``"once"``: all have that of epoch
            0, as after ``.cache()``. ``False``: all go by class and id.
        via: How the cache is filled: from the ``store``, or by Keras from an exported
            ``directory``. The batches are the same.
        hold: Bytes to hold in memory at most. Where all epochs are alike and there is room,
            pictures are held as float32, ``12 * H * W`` each (TensorFlow then makes no ``.map()``
            of yours parallel by itself: give it ``num_parallel_calls``); else as the cache has
            them, if that fits; else they are read from it. The batches are the same.
        start_epoch: The number of the first epoch.
        start_step: How many batches of the first epoch to leave out.

    Returns:
        Pairs of pictures, float32 ``(b, H, W, 3)``, RGB, 0 to 255, and labels. It has
        ``class_names``.

    Raises:
        BadInputError: There is no version or it has no such split, or a number is out of range.
        DatasetError: A picture is not what was frozen.
        MissingExtraError: TensorFlow is not installed.
    """
    _check_version(version)
    height, width = _checked_size(image_size)
    _check_choice("labels", labels, get_args(Labels))
    _check_choice("via", via, get_args(Via))
    _check_shuffle(shuffle)
    _check_numbers(
        image_size=(min(height, width), 1),
        batch_size=(batch_size, 1),
        seed=(seed, 0),
        hold=(hold, 0),
        start_epoch=(start_epoch, 0),
        start_step=(start_step, 0),
    )
    content = Content(version)
    samples = side_rows(content, split)
    path = cached_pictures(content, split, samples["id"].to_list(), (height, width), via)
    targets = hard_labels(samples) if labels == "hard" else soft_labels(content, samples)
    n, alike = samples.height, shuffle is not True
    if alike and not start_step and 12 * height * width * n <= hold:
        whole = epoch_order(n, seed=seed, epoch=0) if shuffle else np.arange(n)
        loader = _held(path, targets, whole, batch_size)
        loader.class_names = list(content.classes)
        return loader
    epochs = itertools.count(start_epoch)

    def order() -> Rows:
        """The samples of the next epoch, one after another."""
        epoch = next(epochs)
        drawn = 0 if shuffle == "once" else epoch
        whole = epoch_order(n, seed=seed, epoch=drawn) if shuffle else np.arange(n)
        return whole[start_step * batch_size if epoch == start_epoch else 0 :]

    batches = _rows(order, batch_size)
    small = path.stat().st_size <= hold
    loader = (_gathered if small else _read)(batches, path, targets, batch_size).prefetch(_AHEAD)
    if not start_step:  # else the first epoch is shorter than the others
        loader = loader.apply(
            need_tensorflow().data.experimental.assert_cardinality(-(-n // batch_size))
        )
    loader.class_names = list(content.classes)
    return loader


def _rows(order: Callable[[], Rows], batch_size: int) -> tf.data.Dataset:
    """The rows of each batch, int64 ``(b,)``; Python is asked once per iterator, by ``order``."""
    tf = need_tensorflow()

    def table() -> tuple[Rows, Rows]:
        rows = order()
        padded = np.zeros((-(-len(rows) // batch_size), batch_size), np.int64)
        padded.flat[: len(rows)] = rows
        lengths = np.full(len(padded), batch_size, np.int64)
        lengths[-1:] -= padded.size - len(rows)
        return padded, lengths

    def batches(_: Any) -> Any:
        padded, lengths = tf.numpy_function(table, [], (tf.int64, tf.int64))
        padded.set_shape((None, batch_size))
        lengths.set_shape((None,))
        return tf.data.Dataset.from_tensor_slices((padded, lengths))

    return tf.data.Dataset.range(1).flat_map(batches)


def _read(
    batches: tf.data.Dataset, path: Path, targets: NDArray[Any], batch_size: int
) -> tf.data.Dataset:
    """Batches from a file."""
    tf = need_tensorflow()
    pictures, labels = Pictures(path, batch_size=batch_size), tf.constant(targets)

    def batch(padded: Any, length: Any) -> tuple[Any, Any]:
        rows = padded[:length]
        read = tf.numpy_function(pictures.read, [rows], tf.float32)
        read.set_shape((None, *pictures.shape[1:]))
        return read, tf.gather(labels, rows)

    return batches.map(batch)


def _gathered(
    batches: tf.data.Dataset, path: Path, targets: NDArray[Any], batch_size: int
) -> tf.data.Dataset:
    """The same of a file that is held: without a call of Python for each batch."""
    tf = need_tensorflow()
    pictures, labels = _taken_over(load_pictures(path)), tf.constant(targets)

    def batch(padded: Any, length: Any) -> tuple[Any, Any]:
        rows = padded[:length]
        return tf.cast(tf.gather(pictures, rows), tf.float32), tf.gather(labels, rows)

    return batches.map(batch)


def _held(path: Path, targets: NDArray[Any], rows: Rows, batch_size: int) -> tf.data.Dataset:
    """Batches that are the same in every epoch: parts of one array.

    Nothing is called for a batch, and where its pictures begin at a multiple of 64 bytes, nothing
    is copied.
    """
    tf = need_tensorflow()
    full, rest = divmod(len(rows), batch_size)

    def cut(whole: Any) -> tuple[Any, Any]:
        """The full batches, and the smaller one, if there is one."""
        first = tf.reshape(whole[: full * batch_size], (full, batch_size, *whole.shape[1:]))
        # Another length even of none, so that the loader promises no length of batches.
        last = (1, rest) if rest else (0, batch_size + 1)
        return first, tf.reshape(whole[full * batch_size :], (*last, *whole.shape[1:]))

    with tf.device("CPU"):  # where there is a GPU, all pictures would go there and back
        whole = _taken_over(load_pictures(path, rows)), tf.constant(targets[rows])
        first, last = zip(*map(cut, whole), strict=True)
        slices = tf.data.Dataset.from_tensor_slices
        batches = slices(first).concatenate(slices(last))
    options = tf.data.Options()
    # There is nothing to make better here, and looking for it copies all pictures.
    options.experimental_optimization.apply_default_optimizations = False
    return batches.with_options(options)


def _taken_over(pictures: NDArray[Any]) -> Any:
    """An array as a tensor; ``tf.constant()`` would hold a second copy."""
    return need_tensorflow().experimental.dlpack.from_dlpack(pictures.__dlpack__())


def _check_version(version: object) -> None:
    """Refuse a dataset as it is now: its samples have no split and no classes for good."""
    if not isinstance(version, Version):
        raise BadInputError(
            f"version must be a frozen version, got a {type(version).__name__}; open one with "
            "open_dataset(PATH, version='v1'), cinemotion freeze makes it"
        )


def _checked_size(size: object) -> Size:
    """Height and width, if that is what came."""
    match size:
        case (int() | np.integer() as height, int() | np.integer() as width):
            return int(height), int(width)
    raise BadInputError(
        f"image_size must be height and width in pixels, such as (64, 64), got {size!r}"
    )


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise BadInputError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _check_shuffle(value: object) -> None:
    if not (isinstance(value, bool) or value == "once"):
        raise BadInputError(f"shuffle must be True, False or 'once', got {value!r}")


def _check_numbers(**numbers: tuple[int, int]) -> None:
    """Refuse a number below the least that it may be."""
    for name, (value, least) in numbers.items():
        if value < least:
            raise BadInputError(f"{name} must be at least {least}, got {value}")
