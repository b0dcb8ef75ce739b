"""What stands after the colon: nothing, or a model's file and a layer of it.

refuse_argument("hog", "")
model = find_model("onnx:MODEL.onnx", "faces.onnx#pool")
model.path, model.layer, model.sha256           # Path("faces.onnx"), "pool", "3f…"
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_file


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model's file.

    Attributes:
        path: Where it lies.
        layer: What is asked of it after ``#``, or empty.
        sha256: The hash of the file, 64 hexadecimal digits.
    """

    path: Path
    layer: str
    sha256: str


def refuse_argument(name: str, argument: str) -> None:
    """Refuse an argument where none is taken.

    Raises:
        BadInputError: There is one.
    """
    if argument:
        raise BadInputError(f"{name!r} takes nothing after a colon, got {name}:{argument}")


def find_model(usage: str, argument: str) -> ModelFile:
    """Find the file that an argument names.

    Args:
        usage: How the whole is written, for messages, as in ``onnx:MODEL.onnx``.
        argument: ``FILE`` or ``FILE#LAYER``; a file whose own name holds the sign is found too.

    Raises:
        BadInputError: No file is named, or it cannot be read.
    """
    if not argument:
        raise BadInputError(f"no model is named; write {usage}")
    path, layer = Path(argument), ""
    if "#" in argument and not path.exists():
        file, _, layer = argument.rpartition("#")
        path = Path(file)
    try:
        return ModelFile(path, layer, hash_file(path))
    except OSError as error:
        raise BadInputError(
            f"cannot read the model {path}: {error.strerror or error}; write {usage}"
        ) from error
