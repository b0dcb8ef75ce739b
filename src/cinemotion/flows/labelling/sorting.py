"""Sort by hand: write samples into class folders, take back what was moved between them.

    export_folder(Path("dataset"), Path("sorting"))      # sorting/happy/3f….png, …
    # drag files from folder to folder
    import_folder(Path("dataset"), Path("sorting"), annotator="anna")

Files are found again by the id in their names, so a file manager may add to it ("… (1).png").
``exported.csv`` remembers where each file was put: what lies elsewhere now was moved.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from cinemotion.core.emotions import ANSWERS, EMOTIONS
from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.images import decode_image, encode_image
from cinemotion.dataset.sheets import read_sheet
from cinemotion.dataset.votes import UNLABELLED, Vote, Votes
from cinemotion.flows.labelling.labels import current_votes, resolve_labels
from cinemotion.flows.labelling.wording import Wording

RECORD = "exported.csv"
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK = 256
_ID = re.compile(r"[0-9a-f]{16,64}")
# What some file system does not take in a name, and our own escape.
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*%]|^\.|[. ]$')
_LITTER = {"thumbs.db", "desktop.ini", RECORD}


@dataclass(frozen=True, slots=True)
class Sorted:
    """What came of a sorted folder.

    Attributes:
        files: How many files were matched with a sample.
        moved: How many of them lie in another folder than they were put.
        added: How many votes were added.
        notices: What the user should know, one line each.
    """

    files: int
    moved: int
    added: int
    notices: list[str] = field(default_factory=list)


def export_folder(
    dataset: Path, out: Path, *, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Write the kept samples as ``<class>/<id>.png``, in one step.

    Args:
        dataset: The dataset's folder.
        out: The folder to write; it must be new or empty.
        progress: Called with how many of how many are written.

    Returns:
        How many samples lie in each folder.

    Raises:
        BadInputError: ``out`` is a file or holds something.
    """
    opened = open_dataset(dataset)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError(f"{out} is not empty; name a new folder to sort in")
    places = _places(opened)
    draft = out.parent / f".{out.name}.draft-{os.getpid()}"
    try:
        _write(opened, places, draft, progress)
        if out.exists():
            out.rmdir()
        draft.replace(out)
    except OSError as error:
        raise DatasetError(f"cannot write {out}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    counts = places.group_by("folder").len().sort("folder")
    return dict(counts.rows())


def import_folder(
    dataset: Path, folder: Path, *, annotator: str, everything: bool = False
) -> Sorted:
    """Turn the folders that files were moved to into votes.

    A file that was moved to ``unlabelled`` is no vote; what the annotator said of it before is
    taken back.

    Args:
        dataset: The dataset's folder.
        folder: A folder as :func:`export_folder` writes it.
        annotator: Who sorted it.
        everything: Whether files that were left where they are count too, as confirmed.

    Raises:
        BadInputError: It is no such folder, or a sample lies in two class folders.
    """
    opened = open_dataset(dataset)
    if not folder.is_dir():
        raise BadInputError(f"{folder} is no folder; name one that export-folder wrote")
    wording, notices = Wording(), []
    before = _record(folder) or dict(_places(opened).select("id", "label").rows())
    found, strays = _found(folder, set(opened.samples()["id"]), set(before.values()), wording)
    if not found:
        raise BadInputError(
            f"no file in the class folders of {folder} has the id of a sample in its name; "
            "expected CLASS/ID.png as export-folder writes them"
        )
    if strays:
        notices.append(
            f"{len(strays)} files have no id of a sample in their name, or lie in no class "
            f"folder, and were left out; the first is {strays[0]}"
        )
    moved = {id for id, label in found.items() if label != before.get(id, UNLABELLED)}
    chosen = found if everything else {id: found[id] for id in sorted(moved)}
    votes = _votes(chosen, _said(opened, annotator), annotator)
    added = Votes(opened.path).add(votes)
    return Sorted(len(found), len(moved), added, notices + wording.notices())


def _places(dataset: Dataset) -> pl.DataFrame:
    """Where each kept sample belongs: ``id``, ``label``, ``folder``."""
    kept = dataset.samples().filter(pl.col("status") == "kept").select("id")
    labels = resolve_labels(dataset).select("id", pl.col("label").fill_null(UNLABELLED))
    names = {label: folder_name(label) for label in labels["label"].unique()}
    folder = pl.col("label").replace_strict(names, return_dtype=pl.String)
    return kept.join(labels, on="id").with_columns(folder=folder).sort("id")


def folder_name(label: str) -> str:
    """A label as the name of a folder, on any file system."""
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", label)


def _write(
    dataset: Dataset,
    places: pl.DataFrame,
    draft: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    for name in {*EMOTIONS, *ANSWERS, UNLABELLED, *places["folder"]}:
        (draft / name).mkdir(parents=True)
    for start in range(0, places.height, _CHUNK):
        chunk = places[start : start + _CHUNK]
        images = dataset.encoded(chunk["id"].to_list())
        for id, folder, data in zip(chunk["id"], chunk["folder"], images, strict=True):
            png = data if data.startswith(_PNG) else encode_image(decode_image(data), "png")
            (draft / folder / f"{id}.png").write_bytes(png)
        if progress is not None:
            progress(start + chunk.height, places.height)
    with (draft / RECORD).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["sample", "label"])
        writer.writerows(places.select("id", "label").rows())


def _found(
    folder: Path, ids: set[str], labels: set[str], wording: Wording
) -> tuple[dict[str, str], list[Path]]:
    """The label of each sample by the folder that its file lies in, and files of no sample."""
    found: dict[str, str] = {}
    strays = []
    for path in _files(folder):
        inside = path.relative_to(folder)
        id = next((id for id in _ID.findall(path.stem.casefold()) if id in ids), None)
        if id is None or len(inside.parts) != 2:
            strays.append(inside)
            continue
        name = unquote(inside.parts[0])
        label = name if name in labels else wording.pin(name)
        if found.setdefault(id, label) != label:
            raise BadInputError(
                f"sample {id} lies in the folders {found[id]} and {label} of {folder}; "
                "leave it in one"
            )
    return found, strays


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name.casefold() not in _LITTER:
            yield path


def _record(folder: Path) -> dict[str, str] | None:
    """Where the export put each sample; ``None`` where the record is gone."""
    path = folder / RECORD
    if not path.exists():
        return None
    return {row["sample"]: row["label"] for _, row in read_sheet(path, ["sample", "label"])}


def _said(dataset: Dataset, annotator: str) -> dict[str, str | None]:
    """What an annotator says of each sample now; ``None`` where that is not one plain label."""
    votes, _ = current_votes(dataset, annotators=[annotator])
    plain = (pl.len() == 1) & (pl.col("count").sum() == 1) & (pl.col("source").first() == "human")
    said = votes.group_by("sample").agg(label=pl.when(plain).then(pl.col("label").first()))
    return dict(said.iter_rows())


def _votes(chosen: dict[str, str], said: dict[str, str | None], annotator: str) -> list[Vote]:
    return [
        Vote(id, label, annotator)
        for id, label in chosen.items()
        if said.get(id, UNLABELLED) != label
    ]
