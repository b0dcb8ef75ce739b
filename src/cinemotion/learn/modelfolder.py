"""A model as a folder: the network twice, its card, and how it was trained.

    MODEL/model.onnx      what answers: pictures (n, H, W, 3), 0 to 255, to logits
    MODEL/model.keras     the same, to train on
    MODEL/card.json       classes, calibration, data, recipe, measures, hashes, limits
    MODEL/README.md       the card in words
    MODEL/history.csv, history.png

    card = read_card(Path("model"))         # checked: the network is the one that is described

The card is written last: a folder with a card is complete. A name such as ``compact-v1`` stands
for a model inside the package. ``MODEL:CONVENTION`` asks a model that learned several sets of
labels to answer by one of them, ``MODEL:mean`` by all of them alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cinemotion.core.errors import BadInputError, WeightsError
from cinemotion.core.hashing import hash_file
from cinemotion.core.writing import replacing

CARD, ONNX, KERAS = "card.json", "model.onnx", "model.keras"
SHIPPED = Path(__file__).parent.parent / "models"
"""Where the models lie that come with the package."""

LABELS = "labels"
"""The name of labels that have no annotator of their own."""

MEAN = "mean"
"""The convention of a model with several sets of labels that no set decides alone."""

FORMAT = 2
"""Of the card; raised when its fields change their meaning. In 1, conventions had no ``heads``."""


Head = Annotated[int, Field(ge=0)]


class Convention(BaseModel):
    """A way to answer of a model that learned several sets of labels.

    Attributes:
        name: What it is asked for by.
        heads: Which sets decide, by the order of their logits; of several, the mean of the logits.
        temperature: What those are divided by.
        unknown_below: The confidence below which the answer is ``unknown``.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    heads: list[Head] = Field(min_length=1)
    temperature: float = Field(gt=0)
    unknown_below: float = Field(ge=0)


class Card(BaseModel):
    """What a model is; the fields of ``card.json``.

    Attributes:
        format: :data:`FORMAT`.
        name: What people call it.
        model: The name of its architecture.
        classes: The ordered classes.
        size: Side of the pictures in pixels.
        margin: Side of the pictures in face sizes (``faces/framing.py``), as it was trained on.
        lift: How far the face's centre lies below the picture's, by the picture's side.
        heads: Which sets of labels decide the plain answer, by the order of their logits; the
            network gives those of one set after another.
        temperature: What the mean of their logits is divided by.
        unknown_below: The confidence below which the answer is ``unknown``.
        conventions: Other ways to answer, which are asked for by name.
        parameters: How many weights there are.
        data: Version, samples by side and class, what was left out.
        recipe: How it was trained.
        measures: By data set and name of the measure; ``develop`` is what choices were made on.
        libraries: Versions of what trained it.
        hashes: SHA-256 of the files beside the card.
        licence: Of the weights.
        use: What it is for.
        limits: What it cannot do and is not for.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: int = FORMAT
    name: str
    model: str
    classes: list[str] = Field(min_length=2)
    size: int = Field(ge=8)
    margin: float = Field(gt=0)
    lift: float = 0.0
    heads: list[Head] = Field(default_factory=lambda: [0], min_length=1)
    temperature: float = Field(gt=0)
    unknown_below: float = Field(ge=0)
    conventions: list[Convention] = Field(default_factory=list)
    parameters: int
    data: dict[str, Any]
    recipe: dict[str, Any]
    measures: dict[str, dict[str, Any]]
    libraries: dict[str, str]
    hashes: dict[str, str]
    licence: str
    use: str
    limits: list[str]

    @model_validator(mode="before")
    @classmethod
    def _of_format_1(cls, given: Any) -> Any:
        """In a card of format 1 the place of a convention says which head it is."""
        if isinstance(given, dict) and given.get("format") == 1:
            conventions = enumerate(given.get("conventions", []), start=1)
            numbered = [{"heads": [at], **each} for at, each in conventions]
            return given | {"format": FORMAT, "conventions": numbered}
        return given


def plain_by(card: Card, convention: str) -> Card:
    """The card of a model whose plain answer is that of a convention.

    Raises:
        BadInputError: It knows no such convention.
    """
    found = next((each for each in card.conventions if each.name == convention), None)
    if found is None:
        known = ", ".join(each.name for each in card.conventions) or "none but its own"
        raise BadInputError(
            f"{card.name} learned no labels {convention!r}; after the colon goes: {known}"
        )
    settings = found.model_dump(include={"heads", "temperature", "unknown_below"})
    return card.model_copy(update=settings)


def is_convention(name: str) -> bool:
    """Whether a set of labels can have this name: what follows the colon in ``MODEL:NAME``."""
    return bool(name) and ":" not in name and name not in (LABELS, MEAN)


def name_of_labels(annotators: Sequence[str]) -> str | None:
    """What labels of these annotators are called: by the only one, unless that means others."""
    [name] = annotators if len(annotators) == 1 else [LABELS]
    return None if name in (LABELS, MEAN) else name


def split_name(name: str | Path) -> tuple[str, str | None]:
    """``MODEL:CONVENTION`` as its two parts, or the whole and ``None``."""
    model, colon, convention = str(name).rpartition(":")
    if not colon or (Path(name) / CARD).is_file():
        return str(name), None
    return model, convention


def find_model(name: str | Path) -> Path:
    """The folder of a model: a path, or the name of one that comes with the package.

    Args:
        name: What follows a colon is no part of it, see :func:`split_name`.

    Raises:
        BadInputError: There is none.
    """
    name, _ = split_name(name)
    path = Path(name)
    if (path / CARD).is_file():
        return path
    shipped = SHIPPED / str(name).removeprefix("cinemotion/")
    if path.name and shipped.parent == SHIPPED and (shipped / CARD).is_file():
        return shipped
    known = ", ".join(shipped_models()) or "none"
    if path.is_dir():
        raise BadInputError(
            f"{path} holds no {CARD}: it is no model, or its training is not finished (run the "
            "same cinemotion train again)"
        )
    raise BadInputError(
        f"there is no model {str(name)!r}; give a folder that cinemotion train wrote, or one of "
        f"the shipped models: {known}"
    )


def shipped_models() -> list[str]:
    """The names of the models that come with the package."""
    return sorted(card.parent.name for card in SHIPPED.glob(f"*/{CARD}"))


def read_card(folder: Path) -> Card:
    """The card of a model whose network is the one that the card describes.

    Raises:
        BadInputError: The card is damaged or of a later version.
        WeightsError: The network is missing, or not the one that was described.
    """
    try:
        card = Card.model_validate_json((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        line = " ".join(str(error).split())[:200]
        raise BadInputError(f"{folder / CARD} is no model card ({line}); train it again") from error
    if card.format > FORMAT:
        raise BadInputError(
            f"{folder / CARD} has format {card.format}, this version of cinemotion reads up to "
            f"{FORMAT}; update it"
        )
    check_file(folder, card, ONNX)
    return card


def check_file(folder: Path, card: Card, name: str) -> Path:
    """The path of a model's file, which is the one that the card describes.

    Raises:
        WeightsError: It is missing, or another one.
    """
    path = folder / name
    if not path.is_file():
        raise WeightsError(f"{path} is missing; copy the whole folder of the model again")
    found, wanted = hash_file(path), card.hashes.get(name)
    if found != wanted:
        raise WeightsError(
            f"{path} is not the file of the card: its SHA-256 is {found[:16]}…, the card says "
            f"{str(wanted)[:16]}…; copy the model again"
        )
    return path


def write_card(folder: Path, card: Card) -> None:
    """Write a card: the folder is a model from now on."""
    text = json.dumps(card.model_dump(mode="json"), indent=2, ensure_ascii=False)
    with replacing(folder / CARD) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def hashes_of(folder: Path, names: tuple[str, ...] = (ONNX, KERAS)) -> dict[str, str]:
    """SHA-256 of files of a model."""
    return {name: hash_file(folder / name) for name in names if (folder / name).is_file()}
