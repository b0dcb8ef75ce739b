"""The pictures of a split at one size, exactly as Keras' ``image_dataset_from_directory`` gives.

    for rows, pictures in from_store(content, "train", places, (48, 48)): …
    for rows, pictures in from_directory(folder, classes, places, (48, 48)): …

Keras decodes with ``tf.io.decode_image`` to three channels and resizes with ``tf.image.resize``,
bilinear with half-pixel centres and without antialiasing; the pictures stay float32, 0 to 255.
Both ways use the same two functions on the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.errors import DatasetError, MissingExtraError
from cinemotion.core.types import Floats
from cinemotion.dataset.export.content import Content
from cinemotion.dataset.export.shards import batches
from cinemotion.learn.order import Rows

Size = tuple[int, int]
"""Height and width, in pixels."""

_CHUNK = 32


def from_store(
    content: Content, split: str, places: Mapping[str, int], size: Size
) -> Iterator[tuple[Rows, Floats]]:
    """Read, check, decode and resize the pictures of a split, some at a time.

    Args:
        content: What the version exports.
        split: The side.
        places: The row of each sample, by id.
        size: What to resize to.
    """
    tf = need_tensorflow()

    def files() -> Iterator[tuple[list[int], list[bytes]]]:
        for items in batches(content.items(split), _CHUNK):
            yield [places[item.id] for item in items], [item.picture.data for item in items]

    def decode(row: Any, data: Any) -> tuple[Any, Any]:
        picture = tf.io.decode_image(data, channels=3, expand_animations=False)
        picture = tf.image.resize(picture, size, method="bilinear")
        picture.set_shape((*size, 3))
        return row, picture

    spec = (tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.string))
    pictures = tf.data.Dataset.from_generator(files, output_signature=spec).unbatch()
    pictures = pictures.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(_CHUNK).prefetch(1)
    yield from pictures.as_numpy_iterator()


def from_directory(
    folder: Path, classes: Sequence[str], places: Mapping[str, int], size: Size
) -> Iterator[tuple[Rows, Floats]]:
    """Let Keras read the class folders of a split, some pictures at a time.

    Args:
        folder: The split's folder of a ``folders`` export.
        classes: The ordered classes.
        places: The row of each sample, by id.
        size: What to resize to.

    Raises:
        DatasetError: The folder does not hold exactly these samples.
    """
    keras = need_tensorflow().keras
    found = keras.utils.image_dataset_from_directory(
        str(folder),
        class_names=list(classes),
        batch_size=_CHUNK,
        image_size=size,
        shuffle=False,
        data_format="channels_last",
        verbose=False,
    )
    names = [Path(path).stem for path in found.file_paths]
    if sorted(names) != sorted(places):
        raise DatasetError(f"{folder} was changed after it was exported; remove it, it is a cache")
    rows = np.array([places[name] for name in names], np.int64)
    for i, (pictures, _) in enumerate(found.as_numpy_iterator()):
        yield rows[i * _CHUNK : (i + 1) * _CHUNK], pictures


def need_tensorflow() -> Any:
    """TensorFlow, imported on first use.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import tensorflow
    except ImportError as error:
        raise MissingExtraError("tensorflow", "train") from error
    return tensorflow
