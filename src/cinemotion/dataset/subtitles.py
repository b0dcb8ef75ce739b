"""Annotations written as subtitles (SRT, WebVTT): a cue's text is ``label`` or ``NAME: label``.

    read_subtitles(Path("nosferatu.srt"), "Nosferatu", annotator="anna")

A cue may have several lines, one for each character. Sources: the SubRip format as VLC and FFmpeg
read it; WebVTT, W3C Candidate Recommendation 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.timecodes import read_span

_ARROW = "-->"
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")  # WebVTT's way to say who speaks
_TAG = re.compile(r"</?[^>]*>")
_NOT_CUES = ("WEBVTT", "NOTE", "STYLE", "REGION")


def read_subtitles(path: Path, film: str, *, annotator: str) -> list[Range]:
    """The ranges that the cues stand for.

    Args:
        path: An ``.srt`` or ``.vtt`` file in UTF-8.
        film: The film that they are about.
        annotator: Who says so.

    Raises:
        BadInputError: The file cannot be read, or a cue of it; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"cannot read {path}: {error}; it must be text in UTF-8") from error
    ranges = []
    for line, block in _blocks(text):
        try:
            ranges.extend(_cue(block, film, annotator))
        except BadInputError as error:
            raise BadInputError(f"{path}, line {line}: {error}; nothing was imported") from error
    return ranges


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not empty, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip():
            block.append(line.strip())
        elif block:
            yield number - len(block), block
            block = []


def _cue(block: list[str], film: str, annotator: str) -> list[Range]:
    at = next((i for i, line in enumerate(block[:2]) if _ARROW in line), None)
    if at is None:
        if block[0].split()[0] in _NOT_CUES:
            return []
        raise BadInputError(f"expected START {_ARROW} END, got {block[0]!r}")
    start, _, rest = block[at].partition(_ARROW)
    first, last, unit = read_span(start, (rest.split() or [""])[0])
    if not block[at + 1 :]:
        raise BadInputError("the cue has no text; expected a label")
    ranges = []
    for line in block[at + 1 :]:
        character, label = _who_and_what(line)
        ranges.append(Range(film, first, last, label, character, unit, annotator))
    return ranges


def _who_and_what(line: str) -> tuple[str | None, str]:
    voice = _VOICE.match(line)
    text = _TAG.sub("", line)
    before, colon, after = text.rpartition(":")
    character = voice[1] if voice else before
    return character.strip() or None, (after if colon else text).strip()
