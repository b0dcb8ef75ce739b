"""Annotations made in ELAN (``.eaf``): a tier per character, a value per stretch of time.

    read_elan(Path("nosferatu.eaf"), film=None, anybody="human")

The character is the tier's participant, or else the tier's own name, unless that is a general
word such as ``default`` or ``emotion``: then every face is meant. The film is the file's first
media file. Annotations that depend on a parent's take its times.

Source: ELAN Annotation Format, schema 3.0 (https://www.mpi.nl/tools/elan/EAFv3.0.xsd). Read with
the standard library: the files are small and plain, and document type declarations, which could
name or multiply entities, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.ranges import Range

_GENERAL = {"default", "emotion", "emotions", "expression", "expressions", "label", "labels"}
_MOST_BYTES = 64 * 1024 * 1024
_MOST_PARENTS = 32


def read_elan(path: Path, film: str | None, *, anybody: str) -> list[Range]:
    """The annotations of all tiers.

    Args:
        path: The ``.eaf`` file.
        film: The film, in place of the one that the file names.
        anybody: The annotator of tiers that name none.

    Raises:
        BadInputError: It is no such file, or an annotation has no time, no value or no film.
    """
    root = _parse(path)
    head = root.find("HEADER")
    if root.tag != "ANNOTATION_DOCUMENT" or head is None:
        raise BadInputError(f"{path} is no ELAN file: it begins with {root.tag!r}")
    if head.get("TIME_UNITS", "milliseconds") != "milliseconds":
        raise BadInputError(f"{path} counts in {head.get('TIME_UNITS')}; expected milliseconds")
    film = film or _media_name(head)
    if not film:
        raise BadInputError(f"{path} names no media file; add --film")
    media = head.find("MEDIA_DESCRIPTOR")
    origin = 0 if media is None else _milliseconds(path, media.get("TIME_ORIGIN", "0"))
    times = {
        id: (Fraction(start + origin, 1000), Fraction(end + origin, 1000))
        for id, (start, end) in _times(path, root).items()
    }
    return [said for tier in root.iter("TIER") for said in _tier(path, tier, times, film, anybody)]


def _tier(
    path: Path,
    tier: Element,
    times: Mapping[str, tuple[Fraction, Fraction]],
    film: str,
    anybody: str,
) -> Iterator[Range]:
    name = tier.get("TIER_ID", "")
    character = tier.get("PARTICIPANT") or (None if name.casefold() in _GENERAL else name)
    annotator = tier.get("ANNOTATOR") or anybody
    for item in tier.iterfind("ANNOTATION/*"):
        id = item.get("ANNOTATION_ID", "")
        label = (item.findtext("ANNOTATION_VALUE") or "").strip()
        place = f"{path}, tier {name!r}, annotation {id}"
        if id not in times or not label:
            lack = "value" if id in times else "time"
            raise BadInputError(f"{place}: it has no {lack}; nothing was imported")
        try:
            yield Range(film, *times[id], label, character, annotator=annotator)
        except BadInputError as error:
            raise BadInputError(f"{place}: {error}; nothing was imported") from error


def _times(path: Path, root: Element) -> dict[str, tuple[int, int]]:
    """The start and end of every annotation that has them, milliseconds."""
    slots = {}
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        value = slot.get("TIME_VALUE")
        if value is not None:
            slots[slot.get("TIME_SLOT_ID", "")] = _milliseconds(path, value)
    times = {}
    for item in root.iter("ALIGNABLE_ANNOTATION"):
        ends = (item.get("TIME_SLOT_REF1", ""), item.get("TIME_SLOT_REF2", ""))
        if all(end in slots for end in ends):
            times[item.get("ANNOTATION_ID", "")] = (slots[ends[0]], slots[ends[1]])
    parents = {
        item.get("ANNOTATION_ID", ""): item.get("ANNOTATION_REF", "")
        for item in root.iter("REF_ANNOTATION")
    }
    for id in parents:
        parent = id
        for _ in range(_MOST_PARENTS):
            parent = parents.get(parent, parent)
        if parent in times:
            times[id] = times[parent]
    return times


def _milliseconds(path: Path, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise BadInputError(f"{path}: {text!r} is no time in milliseconds; nothing was imported")
    return int(text)


def _media_name(head: Element) -> str:
    """The file name of the first media file; folders differ between machines."""
    for media in head.iterfind("MEDIA_DESCRIPTOR"):
        address = unquote(media.get("MEDIA_URL") or media.get("RELATIVE_MEDIA_URL") or "")
        if name := address.replace("\\", "/").rpartition("/")[2]:
            return name
    return ""


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadInputError("it declares a document type, which no ELAN file does")


def _parse(path: Path) -> Element:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInputError(f"it has more than {_MOST_BYTES // 2**20} MiB")
        parser = ElementTree.XMLParser(target=_NoDoctype())
        root = ElementTree.parse(path, parser).getroot()
    except (OSError, ElementTree.ParseError, BadInputError) as error:
        raise BadInputError(f"cannot read the ELAN file {path}: {error}") from error
    if root is None:
        raise BadInputError(f"the ELAN file {path} is empty")
    return root
