"""Take in what people say: a file of votes or of time ranges, or a single vote.

    report = import_labels(Path("dataset"), Path("nosferatu.csv"), annotator="anna")
    report.added, report.known, report.notices
    add_vote(Path("dataset"), "3f…", "happy", annotator="anna")

A CSV with a column ``sample`` holds votes (``sample,label[,annotator][,confidence][,count]``);
every other file holds ranges (``dataset/rangefiles.py``). All of a file is taken in, or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.rangefiles import ANYBODY, read_ranges
from cinemotion.dataset.ranges import Range, films_named
from cinemotion.dataset.sheets import columns_of, read_sheet
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.labels import current_votes, resolve_labels
from cinemotion.flows.labelling.spans import Reach, spread_ranges
from cinemotion.flows.labelling.wording import Wording


@dataclass(frozen=True, slots=True)
class Intake:
    """What came of an import.

    Attributes:
        kind: ``votes`` or ``ranges``.
        added: How many were added.
        known: How many stood already, and were not added again.
        notices: What the user should know, one line each.
        reaches: What each range of the file reaches in the dataset as it is now.
    """

    kind: str
    added: int
    known: int
    notices: list[str] = field(default_factory=list)
    reaches: list[Reach] = field(default_factory=list)


def import_labels(
    dataset: Path,
    file: Path,
    *,
    film: str | None = None,
    annotator: str | None = None,
    frames: bool = False,
) -> Intake:
    """Add the votes or ranges of a file to a dataset.

    Args:
        dataset: The dataset's folder.
        file: ``.csv``, ``.eaf``, ``.srt`` or ``.vtt``.
        film: The film that ranges are about, in place of the one that the file names.
        annotator: Who says so, in place of whom the file names.
        frames: Whether plain numbers in a CSV of ranges are ordinals of frames.

    Raises:
        BadInputError: The file, or a row of it, cannot be used; nothing was added.
        DatasetError: There is no dataset, or its votes cannot be written.
    """
    opened = open_dataset(dataset)
    if file.suffix.lower() == ".csv" and "sample" in columns_of(file):
        if film is not None or frames:
            raise BadInputError(f"{file} names samples; --film and --frames are for time ranges")
        return _import_votes(opened, file, annotator)
    ranges = read_ranges(file, film=film, annotator=annotator, frames=frames)
    return _import_ranges(opened, file, ranges)


def add_vote(dataset: Path, sample: str, label: str, *, annotator: str = ANYBODY) -> Intake:
    """Add one vote.

    Args:
        dataset: The dataset's folder.
        sample: The sample's id, or a beginning of it that no other one shares.
        label: A class, ``unknown``, ``not_a_face``, or ``unlabelled`` to take a vote back.
        annotator: Who says so.

    Raises:
        BadInputError: No sample or several have this id, or the label is none.
    """
    opened = open_dataset(dataset)
    matching = [id for id in opened.samples()["id"] if id.startswith(sample.casefold())]
    if len(matching) != 1:
        raise BadInputError(
            f"{len(matching) or 'no'} samples of {dataset} have an id that begins with "
            f"{sample!r}; give more digits of one that exists (cinemotion samples {dataset} lists "
            "them)"
        )
    wording = Wording()
    added = Votes(opened.path).add([Vote(matching[0], wording.pin(label), annotator)])
    return Intake("votes", added, 1 - added, wording.notices())


def _import_votes(dataset: Dataset, file: Path, annotator: str | None) -> Intake:
    wording = Wording()
    votes = list(_read_votes(file, set(dataset.samples()["id"]), annotator, wording))
    if not votes:
        raise BadInputError(f"{file} holds no vote; expected a row for each below the header")
    added = Votes(dataset.path).add(votes)
    return Intake("votes", added, len(votes) - added, wording.notices())


def _read_votes(
    file: Path, known: Collection[str], annotator: str | None, wording: Wording
) -> Iterable[Vote]:
    for line, row in read_sheet(file, ["sample", "label"]):
        try:
            sample = row["sample"].casefold()
            if sample not in known:
                raise BadInputError(f"the dataset has no sample {row['sample']!r}")
            yield Vote(
                sample,
                wording.pin(row["label"]),
                annotator or row.get("annotator") or ANYBODY,
                confidence=_number(row.get("confidence")),
                count=_count(row.get("count")),
            )
        except BadInputError as error:
            raise BadInputError(f"{file}, line {line}: {error}; nothing was imported") from error


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise BadInputError(f"{text!r} is no confidence; expected a number in [0, 1]") from None


def _count(text: str | None) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadInputError(f"{text!r} is no count; expected a whole number from 1")
    return int(text) if text else 1


def _import_ranges(dataset: Dataset, file: Path, ranges: list[Range]) -> Intake:
    if not ranges:
        raise BadInputError(f"{file} holds no range; expected at least one")
    wording = Wording()
    ranges = [replace(said, label=wording.pin(said.label)) for said in ranges]
    films = dataset.films().select("film", "title", "path").to_dicts()
    for name in dict.fromkeys(said.film for said in ranges):
        found = films_named(name, films)
        if len(found) > 1:
            raise BadInputError(
                f"{name!r} in {file} stands for {len(found)} films; name one by the beginning of "
                f"its id: {', '.join(id[:12] for id in found)}; nothing was imported"
            )
    added = Votes(dataset.path).add_ranges(ranges)
    _, reaches = spread_ranges(dataset, [(0, said) for said in ranges])
    notices = [*wording.notices(), *range_notices(reaches, _imported(dataset))]
    return Intake("ranges", added, len(ranges) - added, notices, reaches)


def range_notices(reaches: Iterable[Reach], imported: Collection[str]) -> list[str]:
    """What is not as a user would expect of ranges, one line each.

    Args:
        reaches: What the ranges reach.
        imported: Names of films that are there as imported pictures alone, case folded.
    """
    reaches = list(reaches)
    notices = []
    waiting = dict.fromkeys(reach.range.film for reach in reaches if not reach.films)
    for name in waiting:
        if name.casefold() in imported:
            notices.append(
                f"of {name!r} there are imported pictures, which no range reaches; label them with "
                "votes (a CSV with a column sample) or labels export-folder, or build the film"
            )
        else:
            notices.append(f"no film is named {name!r} yet; its ranges wait until one is built")
    empty = [reach for reach in reaches if reach.films and not reach.samples + reach.ambiguous]
    if empty:
        notices.append(f"{len(empty)} ranges hold no sample of their film")
    crowded = sum(reach.ambiguous for reach in reaches)
    if crowded:
        notices.append(
            f"{crowded} frames in ranges that name a character show several faces, and nobody "
            "knows yet whose is meant; they get no label from them"
        )
    return notices


def _imported(dataset: Dataset) -> set[str]:
    """Films of imported pictures, by id, name of the group pattern, or title; case folded."""
    stills = dataset.samples().filter(pl.col("source").is_not_null())
    names = pl.concat([stills["film"], stills["title"]]).drop_nulls().unique()
    return {name.casefold() for name in names}


def list_labels(dataset: Dataset) -> list[dict[str, Any]]:
    """The samples that somebody voted on: ``id``, ``label``, ``distribution``, ``annotators``."""
    votes, _ = current_votes(dataset)
    who = votes.group_by("sample").agg(annotators=pl.col("annotator").unique().sort())
    rows = resolve_labels(dataset).join(who, left_on="id", right_on="sample", how="left")
    rows = rows.with_columns(pl.col("annotators").fill_null(pl.lit([], pl.List(pl.String))))
    return rows.filter(pl.col("distribution").list.len() > 0).to_dicts()


def list_ranges(dataset: Dataset) -> list[dict[str, Any]]:
    """All ranges, in the order they were added, and what each reaches in the dataset now."""
    _, reaches = spread_ranges(dataset, Votes(dataset.path).ranges())
    imported = _imported(dataset)
    return [
        {
            "film": reach.range.film,
            "films": list(reach.films),
            "start": str(reach.range.start),
            "end": str(reach.range.end),
            "unit": reach.range.unit,
            "label": reach.range.label,
            "character": reach.range.character,
            "annotator": reach.range.annotator,
            "samples": reach.samples,
            "ambiguous": reach.ambiguous,
            "note": " ".join(range_notices([reach], imported)),
        }
        for reach in reaches
    ]
