"""Enlarge a scarce training side: class folders with changed copies beside the originals.

    report = augment("faces@v1", "out", AugmentSettings(policy="film", copies=4, seed=1))
    report.added["train"]["happy"]

The folder is an export as class folders, and every other side of it is exactly that. A copy
follows from the version's id, the policy, the seed, its number and the sample's id alone (and
from the size, where one is asked for): not from the other samples, nor from their order. See
``docs/augmentation.md``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.export.card import NAME as CARD
from cinemotion.dataset.export.card import write_card
from cinemotion.dataset.export.content import Content, Progress
from cinemotion.dataset.export.croissant import NAME as CROISSANT
from cinemotion.dataset.export.croissant import describe
from cinemotion.dataset.export.folders import write_folders
from cinemotion.dataset.export.table import NAME as SAMPLES
from cinemotion.dataset.export.write import SHARD_BYTES, published
from cinemotion.dataset.images import decode_image, encode_image
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import open_version
from cinemotion.flows.augmenting.settings import AugmentSettings, check_sides
from cinemotion.flows.augmenting.sheet import check_preview, write_preview
from cinemotion.flows.augmenting.table import CopyTable, describe_copies, read_rows
from cinemotion.flows.augmenting.words import with_copies
from cinemotion.learn.optional import needs

if TYPE_CHECKING:
    from cinemotion.learn.augmenting.alone import Alone


@dataclass(frozen=True, slots=True)
class AugmentReport:
    """What was written.

    Attributes:
        out: The folder.
        version: The id of the version.
        settings: How the copies were made.
        counts: Samples by split and class.
        added: Copies by enlarged split and class.
        left_out: Samples of the version that are not in it, by why.
        made: How many originals were turned into PNG, as in an export.
    """

    out: Path
    version: str
    settings: AugmentSettings
    counts: dict[str, dict[str, int]]
    added: dict[str, dict[str, int]]
    left_out: dict[str, int]
    made: int


def augment(
    reference: str,
    out: Path | str,
    settings: AugmentSettings | None = None,
    *,
    sheet: Path | None = None,
    progress: Progress | None = None,
) -> AugmentReport:
    """Write a version as class folders, in one step, its training side enlarged.

    Args:
        reference: ``DATASET@VERSION``.
        out: The folder to write; new or empty.
        settings: How; the default policy where there are none.
        sheet: A PNG file to draw some originals and their copies on.
        progress: Told how many pictures of how many are written.

    Raises:
        BadInputError: The version has no such side, or something cannot be written; ``out`` is
            not empty.
        DatasetError: There is no such version, nothing to copy in it, or it is damaged.
        MissingExtraError: Keras is not installed.
        StorageFullError: No space is left; nothing is kept.
    """
    settings = settings or AugmentSettings()
    content = Content(open_version(*need_version(reference)))
    check_sides(content, settings)
    if sheet is not None:
        check_preview(sheet)
    counts = {side: content.counts[side] for side in settings.train}
    parents = sum(sum(classes.values()) for classes in counts.values())
    if not parents:
        raise DatasetError(
            f"version {content.version.id[:12]} has no kept sample with a class on "
            f"{', '.join(settings.train)}; label and split the dataset, and freeze it again"
        )
    exported = content.rows.height
    total = exported + parents * settings.copies

    def told(done: int) -> None:
        if progress is not None:
            progress(done, total)

    content.progress = lambda done, _: told(done)
    target = Path(out)
    with published(target) as folder:
        changing = _open(settings.policy)
        layout = write_folders(content, folder, shard_bytes=SHARD_BYTES)
        for made in _write_copies(changing, content.version.id, folder, settings):
            told(exported + made)
        layout = describe_copies(layout, folder)
        document = json.dumps(describe(content, layout), indent=2, ensure_ascii=False)
        (folder / CROISSANT).write_text(document + "\n", encoding="utf-8")
        card = with_copies(write_card(content, layout), settings, total - exported)
        (folder / CARD).write_text(card, encoding="utf-8")
    if sheet is not None:
        write_preview(target, sheet, title=f"{settings.policy}, seed {settings.seed}")
    added = {
        side: {label: n * settings.copies for label, n in classes.items()}
        for side, classes in counts.items()
    }
    return AugmentReport(
        target, content.version.id, settings, content.counts, added, content.left_out, content.made
    )


def _write_copies(
    changing: Alone, version: str, folder: Path, settings: AugmentSettings
) -> Iterator[int]:
    """Write the copies of all pictures in the folder whose side is enlarged, and their table.

    Yields:
        How many are written, after those of each picture.
    """
    size = (settings.size, settings.size) if settings.size else None
    written = 0
    with CopyTable(folder, settings) as table:
        for parent in read_rows(folder / SAMPLES):
            if parent["split"] not in settings.train:
                continue
            image = decode_image((folder / parent["file"]).read_bytes())
            for copy in range(1, settings.copies + 1):
                key = [version, settings.policy, settings.seed, copy, parent["id"]]
                data = encode_image(changing(image, key, size), "png")
                file = f"{parent['split']}/{parent['label']}/{parent['id']}-aug{copy}.png"
                (folder / file).write_bytes(data)
                table.add_copy(parent, copy, file, data)
            written += settings.copies
            yield written


def _open(policy: str) -> Alone:
    """The policy, on a quiet TensorFlow that computes alike on more kinds of processors.

    oneDNN chooses its ways by the processor, and their last bits differ. Where TensorFlow is
    loaded already, it stays as it is.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with needs("keras", "train"):
        from cinemotion.learn.augmenting.alone import Alone
    return Alone(policy)
