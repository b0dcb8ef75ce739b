"""What a model says about faces: in picture files, in folders, in datasets.

    for row in predict("compact-v1", ["still.jpg", "folder"]):
        row["path"], row["faces"][0]["label"], row["faces"][0]["probabilities"]["happy"]

Faces are found and turned upright first, unless the pictures are crops already. Samples of films
are crops of a known framing and are brought to the model's. Nothing that trains is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError, UnreadableImageError
from cinemotion.core.types import Faces, Image
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.pictures import read_image
from cinemotion.dataset.reference import split_reference
from cinemotion.dataset.sources.limits import is_picture
from cinemotion.faces.detector import Detector, open_detector
from cinemotion.faces.framing import Framing, cut_face, reframe
from cinemotion.learn.classifier import Classifier, open_classifier
from cinemotion.learn.scores import Reals

T = TypeVar("T")
Crops = Literal["detect", "given"]
Progress = Callable[[int, int], None]
"""Told how many pictures of how many are done."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture and the faces in it, brought to the model's framing.

    Attributes:
        path: Its file, or the id of a sample.
        boxes: Of each face, xyxy in pixels of the picture.
        pictures: Of each face, uint8 ``(H, W, 3)`` RGB.
        error: Why it cannot be read.
    """

    path: str
    boxes: list[list[float]]
    pictures: list[Image]
    error: str | None = None


def predict(
    model: str | Path,
    targets: Sequence[Path | str],
    *,
    crops: Crops = "detect",
    detector: str = "centerface",
    min_score: float = 0.5,
    progress: Progress | None = None,
) -> Iterator[dict[str, Any]]:
    """Let a model answer.

    Args:
        model: Its folder, or the name of one that comes with the package.
        targets: Picture files, folders of them (searched recursively), datasets
            (``DATASET`` or ``DATASET@VERSION``: their kept samples).
        crops: ``detect`` faces in picture files, or take each file as the ``given`` crop of one.
        detector: Name of the face detector.
        min_score: Faces below this score are left out.
        progress: Told how far it is.

    Yields:
        For each picture: ``path`` and ``faces``, each with ``box`` (xyxy, pixels), ``label`` (a
        class, or ``unknown`` where confidence is below the model's limit), ``confidence`` and
        ``probabilities`` by class; or ``path`` and ``error``.

    Raises:
        BadInputError: There is no such model or target, or nothing in it.
        WeightsError: The model's network is missing or not its own.
    """
    classifier = open_classifier(model, threads=usable_cores())
    card = classifier.card
    framing = Framing(card.margin, card.lift)
    found = [_open(Path(target), framing) for target in targets]
    total = sum(count for count, _ in found)
    if not total:
        raise BadInputError(f"no picture in {', '.join(map(str, targets))}")
    finder = None
    if crops == "detect" and any(isinstance(look, _Files) for _, look in found):
        finder = open_detector(detector, min_score=min_score, threads=usable_cores())
    looked = (seen for _, look in found for seen in look.pictures(finder, card.size))
    done = 0
    for batch in _batches(looked, _BATCH):
        yield from answer(classifier, batch)
        done += len(batch)
        if progress is not None:
            progress(done, total)


def answer(classifier: Classifier, looked: Iterable[Looked]) -> Iterator[dict[str, Any]]:
    """The rows of pictures, all of whose faces go through the network together."""
    seen = list(looked)
    probabilities = classifier([face for each in seen for face in each.pictures])
    labels = classifier.answers(probabilities)
    at = 0
    for each in seen:
        if each.error is not None:
            yield {"path": each.path, "error": each.error}
            continue
        faces = []
        for box in each.boxes:
            faces.append(_face(classifier, box, labels[at], probabilities[at]))
            at += 1
        yield {"path": each.path, "faces": faces}


def _face(
    classifier: Classifier, box: list[float], label: str, probabilities: Reals
) -> dict[str, Any]:
    return {
        "box": box,
        "label": label,
        "confidence": float(probabilities.max()),
        "probabilities": dict(zip(classifier.classes, probabilities.tolist(), strict=True)),
    }


class _Files:
    """Picture files."""

    def __init__(self, paths: Sequence[Path], framing: Framing) -> None:
        self._paths = paths
        self._framing = framing

    def pictures(self, finder: Detector | None, size: int) -> Iterator[Looked]:
        for path in self._paths:
            try:
                image = read_image(path)
            except UnreadableImageError as error:
                yield Looked(str(path), [], [], str(error))
                continue
            if finder is None:
                height, width = image.shape[:2]
                yield Looked(str(path), [[0.0, 0.0, float(width), float(height)]], [image])
                continue
            [faces] = finder.detect([image])
            yield Looked(str(path), faces.boxes.tolist(), self._cut(image, faces, size))

    def _cut(self, image: Image, faces: Faces, size: int) -> list[Image]:
        marked = zip(faces.landmarks, faces.boxes, strict=True)
        return [cut_face(image, points, box, size, self._framing) for points, box in marked]


class _Samples:
    """The kept samples of a dataset or version; crops of films are brought to the framing."""

    def __init__(self, path: Path, version: str | None, framing: Framing) -> None:
        # Half a second, for which nobody should wait who names a picture.
        from cinemotion.dataset.dataset import open_dataset

        self._framing = framing
        if version is None:
            dataset = open_dataset(path)
            samples, self._images = dataset.samples(), dataset.images
        else:
            frozen = open_dataset(path, version)
            samples, self._images = frozen.samples(), frozen.images
        kept = samples.filter(samples["status"] == "kept").sort("id")
        self.ids: list[str] = kept["id"].to_list()
        self._filmed = set(kept.filter(kept["source"].is_null())["id"])

    def pictures(self, finder: Detector | None, size: int) -> Iterator[Looked]:
        for ids in _batches(self.ids, _BATCH):
            for id, image in zip(ids, self._images(ids), strict=True):
                height, width = image.shape[:2]
                face = reframe(image, Framing(), self._framing) if id in self._filmed else image
                yield Looked(id, [[0.0, 0.0, float(width), float(height)]], [face])


def _open(target: Path, framing: Framing) -> tuple[int, _Files | _Samples]:
    """How many pictures a target has, and what reads them."""
    if target.is_file():  # whatever its name
        return 1, _Files([target], framing)
    folder, version = split_reference(str(target))
    if version is not None or is_dataset(target):
        samples = _Samples(folder, version, framing)
        return len(samples.ids), samples
    if target.is_dir():
        paths = sorted(path for path in target.rglob("*") if _shown(path.relative_to(target)))
        return len(paths), _Files(paths, framing)
    return 1, _Files([target], framing)


def _shown(path: Path) -> bool:
    """Whether a file in a folder is a picture that nobody hid."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return is_picture(path.name) and not hidden


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
