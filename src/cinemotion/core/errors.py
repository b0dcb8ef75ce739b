"""Every error that cinemotion raises on purpose.

    CinemotionError            one clear line; the command line exits with 2
    ├── BadInputError          what the user handed over cannot be used
    │   ├── UnreadableFilmError    not a film, no video in it, or damaged at the start
    │   ├── UnreadableImageError
    │   ├── BadRecipeError         a setting is unknown or out of range
    │   └── DivergedError          a training whose loss is no number any more
    ├── DatasetError           the dataset on disk cannot serve this call
    │   └── RecipeMismatchError    it was built with another recipe
    ├── MissingExtraError      an optional package is not installed
    ├── WeightsError           a weight file is missing or its hash is wrong
    └── StorageFullError       no space left; what was committed is safe

A message says what came, what was expected and what to do. Foreign errors are turned
into one of these at one border, with ``raise … from exc``.
"""

from __future__ import annotations


class CinemotionError(Exception):
    """Base of all errors that are meant for the user: a message of one line."""


class BadInputError(CinemotionError):
    """What the user handed over cannot be used."""


class UnreadableFilmError(BadInputError):
    """A file is not a film, has no video stream, or cannot be decoded at all."""


class UnreadableImageError(BadInputError):
    """A file is not an image that can be decoded."""


class BadRecipeError(BadInputError):
    """A recipe's key is unknown, or its value is out of range."""


class DivergedError(BadInputError):
    """The loss of a training is no number any more; the state before is kept."""


class DatasetError(CinemotionError):
    """The dataset on disk cannot serve this call."""


class RecipeMismatchError(DatasetError):
    """The dataset was built with another recipe."""


class MissingExtraError(CinemotionError):
    """An optional package is not installed; the message gives the pip line.

    Args:
        package: What could not be imported.
        extra: The extra of ``cinemotion`` that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed; get it with: pip install 'cinemotion[{extra}]'"
        )


class WeightsError(CinemotionError):
    """A weight file is missing, or it is not the file whose hash is pinned."""


class StorageFullError(CinemotionError):
    """No space is left on the device; everything committed so far is safe."""
