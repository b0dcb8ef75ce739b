"""Do all exports of an analysis tell the same instants? Each is read by somebody else's reader.

    python benchmarks/exporttimes.py [--json benchmarks/results/exporttimes.json]

Films of a variable rate, with a delayed start, with an edit list. What is compared: borders of
shots and of expressions, and turning points; of films that are written, when each picture appears.
The shots themselves are compared with when PyAV says that pictures appear.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import opentimelineio as otio
import polars as pl
import pympi
import srt
import webvtt

from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.annotate import annotate
from cinemotion.flows.analyzing.marks import Mark, expression_marks, shot_marks, tiers, turn_marks
from cinemotion.flows.analyzing.player import write_player_film
from common import print_table, shared, write_json

FILMS = (
    "footage/thriller-vfr.mp4",
    "footage/face-then-none-vfr-hevc.mov",
    "footage/concert.mp4",
    "odd/delayed-start.mp4",
    "odd/edit-list.mov",
)
HEAD = ("film", "export", "reader", "instants", "largest difference, ms", "in pictures")

Instants = list[Fraction]
"""Seconds on the player's clock."""

Pair = tuple[Fraction, Fraction]
"""What we meant, and what a reader says."""


@dataclass(frozen=True, slots=True)
class Row:
    """One export of one film."""

    film: str
    export: str
    reader: str
    instants: int
    milliseconds: float
    pictures: float


def pictures(path: Path) -> Instants:
    """When each picture appears, as PyAV decodes it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [Fraction(frame.pts) * stream.time_base for frame in container.decode(stream)]


def borders(marks: Iterable[Mark]) -> Instants:
    return [edge for mark in marks for edge in (mark.start, mark.end)]


def told(analysis: Analysis) -> Instants:
    """All that has a tier: shots, expressions, and when each turning point begins."""
    marks = [mark for tier in tiers(analysis).values() for mark in tier]
    return [edge for mark in marks for edge in dict.fromkeys((mark.start, mark.end))]


def of_shots(analysis: Analysis, out: Path) -> Iterable[Pair]:
    """Where shots begin: the time of the picture that PyAV decodes in that place."""
    times = pictures(analysis.footage.path)
    rows = analysis.seen.shots["start_frame"].to_list()
    return zip(
        [mark.start for mark in shot_marks(analysis)], [times[at] for at in rows], strict=True
    )


def of_tables(analysis: Analysis, out: Path) -> Iterable[Pair]:
    table = pl.read_csv(out / "shots.csv")
    found = table.select("start", "end").to_numpy().ravel().tolist()
    return zip(borders(shot_marks(analysis)), map(Fraction, found), strict=True)


def of_subtitles(analysis: Analysis, found: Iterable[float]) -> Iterable[Pair]:
    """Borders in order: those of two people at once are one."""
    marks = [mark for person in analysis.people for mark in expression_marks(analysis, person)]
    meant = {round(1000 * edge): edge for edge in borders(marks)}
    edges = map(Fraction, sorted(set(found)))
    return zip([meant[at] for at in sorted(meant)], edges, strict=True)


def of_srt(analysis: Analysis, out: Path) -> Iterable[Pair]:
    cues = srt.parse((out / "film.srt").read_text(encoding="utf-8"))
    edges = [edge.total_seconds() for cue in cues for edge in (cue.start, cue.end)]
    return of_subtitles(analysis, edges)


def of_vtt(analysis: Analysis, out: Path) -> Iterable[Pair]:
    captions = webvtt.read(str(out / "film.vtt"))
    return of_subtitles(analysis, [_clock(e) for c in captions for e in (c.start, c.end)])


def _clock(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return float(3600 * int(hours) + 60 * int(minutes) + Fraction(seconds))


def of_elan(analysis: Analysis, out: Path) -> Iterable[Pair]:
    read = pympi.Elan.Eaf(str(out / "film.eaf"))
    found = []
    for name, marks in tiers(analysis).items():
        rows = sorted(read.get_annotation_data_for_tier(name))
        points = [mark.start == mark.end for mark in marks]
        for (start, end, *_), point in zip(rows, points, strict=True):
            found += [Fraction(edge, 1000) for edge in ((start,) if point else (start, end))]
    return zip(told(analysis), found, strict=True)


def of_praat(analysis: Analysis, out: Path) -> Iterable[Pair]:
    read = pympi.Praat.TextGrid(str(out / "film.TextGrid"))
    found: list[float] = []
    for name in tiers(analysis):
        tier = read.get_tier(name)
        if tier.tier_type == "TextTier":
            found += [at for at, _ in tier.get_intervals()]
        else:
            found += [e for start, end, text in tier.get_intervals() if text for e in (start, end)]
    return zip(told(analysis), map(Fraction, found), strict=True)


def of_timeline(analysis: Analysis, out: Path) -> Iterable[Pair]:
    timeline = otio.adapters.read_from_file(str(out / "film.otio"))
    zero = timeline.global_start_time
    found, meant = [], borders(shot_marks(analysis))
    for person in analysis.people:
        meant += borders(expression_marks(analysis, person))
    for track in timeline.tracks:
        for clip in track.find_clips():
            span = clip.transformed_time_range(clip.trimmed_range(), timeline.tracks)
            assert clip.trimmed_range().start_time == span.start_time + zero
            found += [_exact(span.start_time + zero), _exact(span.end_time_exclusive() + zero)]
    for person in (analysis.film, *analysis.people):
        meant += [mark.start for mark in turn_marks(analysis, person)]
    found += [_exact(m.marked_range.start_time + zero) for m in timeline.tracks.markers]
    return zip(meant, found, strict=True)


def _exact(time: otio.opentime.RationalTime) -> Fraction:
    """Seconds, where the rate is one that a float holds or one over 1001."""
    rate = Fraction(time.rate).limit_denominator(1001)
    return Fraction(time.value) / rate


def of_edl(analysis: Analysis, out: Path) -> Iterable[Pair]:
    text = (out / "film.edl").read_text(encoding="utf-8")
    stated = re.search(r"^\* RATE: \S+ fps \((\S+)\)", text, re.MULTILINE)
    assert stated
    rate = Fraction(stated[1])

    def seconds(code: otio.opentime.RationalTime) -> Fraction:
        return Fraction(round(code.value)) / rate

    read = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    pairs: list[Pair] = []
    for mark, clip in zip(shot_marks(analysis), read.find_clips(), strict=True):
        span = clip.source_range or clip.available_range()
        pairs += [(mark.start, seconds(span.start_time))]
        pairs += [(mark.end, seconds(span.end_time_exclusive()))]
    # The reader of EDL passes over drop-frame locators; its clock does not.
    locators = [
        seconds(otio.opentime.from_timecode(code, float(rate)))
        for code in re.findall(r"^\* LOC: (\S+)", text, re.MULTILINE)
    ]
    marks = [mark for person in analysis.people for mark in expression_marks(analysis, person)]
    for person in (analysis.film, *analysis.people):
        marks += turn_marks(analysis, person)
    return [*pairs, *zip(sorted(mark.start for mark in marks), locators, strict=True)]


def of_annotated(analysis: Analysis, out: Path) -> Iterable[Pair]:
    annotate(analysis, out / "annotated.mp4")
    return zip(pictures(analysis.footage.path), pictures(out / "annotated.mp4"), strict=True)


def of_player(analysis: Analysis, out: Path) -> Iterable[Pair]:
    """The film beside the page; a picture that only fills its beginning is not the film's."""
    film = write_player_film(analysis, out)
    meant, found = pictures(analysis.footage.path), pictures(out / film.name)
    return zip(meant, [at + film.zero for at in found[-len(meant) :]], strict=True)


READERS: dict[tuple[str, str], Callable[[Analysis, Path], Iterable[Pair]]] = {
    ("shots", "PyAV"): of_shots,
    ("shots.csv", "Polars"): of_tables,
    ("film.srt", "srt"): of_srt,
    ("film.vtt", "webvtt-py"): of_vtt,
    ("film.eaf", "pympi"): of_elan,
    ("film.TextGrid", "pympi"): of_praat,
    ("film.otio", "opentimelineio"): of_timeline,
    ("film.edl", "otio-cmx3600-adapter"): of_edl,
    ("--annotate", "PyAV"): of_annotated,
    ("--with-video", "PyAV"): of_player,
}


def compare(analysis: Analysis, out: Path) -> list[Row]:
    """Read every export back; a ``ValueError`` where one tells more or less than it should."""
    times = pictures(analysis.footage.path)
    rows = []
    for (export, reader), read in READERS.items():
        pairs = list(read(analysis, out))
        away = [abs(found - meant) for meant, found in pairs]
        shares = [d / _length(times, meant) for d, (meant, _) in zip(away, pairs, strict=True)]
        rows.append(
            Row(
                film=analysis.footage.path.name,
                export=export,
                reader=reader,
                instants=len(pairs),
                milliseconds=float(1000 * max(away, default=0)),
                pictures=float(max(shares, default=0)),
            )
        )
    return rows


def _length(times: Sequence[Fraction], at: Fraction) -> Fraction:
    """How long the picture is on screen that is seen at an instant."""
    place = min(max(bisect_right(times, at) - 1, 0), len(times) - 2)
    return times[place + 1] - times[place]


def main() -> None:
    """Analyse, read back and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    rates: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as work:
        for name in FILMS:
            out = Path(work) / Path(name).stem
            [analysis] = analyze(shared() / name, out)
            rows += compare(analysis, out)
            rates[Path(name).name] = analysis.summary()["timecode"]["words"]
    table = [
        [r.film, r.export, r.reader, r.instants, round(r.milliseconds, 3), round(r.pictures, 3)]
        for r in rows
    ]
    print_table(HEAD, table)
    for film, words in rates.items():
        print(f"{film}: {words}")
    document = {
        "rows": [dict(zip(HEAD, row, strict=True)) for row in table],
        "rates": rates,
    }
    write_json(options.json, "exporttimes", document)


if __name__ == "__main__":
    main()
