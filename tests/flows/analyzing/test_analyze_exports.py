"""What other programs read of an analysis; each file is read back by somebody else's reader."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import polars as pl
import pympi
import pytest
import srt
import webvtt

from cinemotion.core.errors import MissingExtraError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.eaf import write_eaf
from cinemotion.flows.analyzing.edl import write_edl
from cinemotion.flows.analyzing.exports import EXPORTS, write_exports
from cinemotion.flows.analyzing.marks import expression_marks, shot_marks, tiers, turn_marks
from cinemotion.flows.analyzing.spans import LEAST_SECONDS, expression_spans
from cinemotion.flows.analyzing.subtitles import cues
from cinemotion.flows.analyzing.timeline import write_timeline
from cinemotion.flows.labelling.groups import group_keys

Analysed = tuple[Path, Analysis]


def test_spans_are_what_the_arc_says(analysed: Analysed) -> None:
    _, analysis = analysed
    for person in analysis.people:
        spans = expression_spans(person, analysis.classes)
        assert spans
        arc = person.arc
        inside = [any(span.start <= at < span.end for span in spans) for at in arc.seconds.tolist()]
        assert inside == arc.seen.tolist()
        for span in spans:
            rows = (arc.seconds >= span.start) & (arc.seconds < span.end)
            if span.end - span.start >= 2 * LEAST_SECONDS:
                top = arc.mean[rows].argmax(axis=1)
                assert analysis.classes[max(set(top), key=top.tolist().count)] == span.label
            assert 0 < span.share <= 1


def test_srt_and_webvtt_are_read_alike(analysed: Analysed) -> None:
    out, analysis = analysed
    ours = cues(analysis)
    theirs = list(srt.parse((out / "film.srt").read_text(encoding="utf-8")))
    assert [(cue.start, cue.end, cue.content) for cue in theirs] == [
        (timedelta(milliseconds=start), timedelta(milliseconds=end), text)
        for start, end, text in ours
    ]
    captions = webvtt.read(str(out / "film.vtt"))
    assert [(c.start, c.end) for c in captions] == [
        (_clock(start), _clock(end)) for start, end, _ in ours
    ]
    assert all(end > start for start, end, _ in ours)
    assert all(a[1] <= b[0] for a, b in pairwise(ours))


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def test_elan_reads_shots_and_characters(analysed: Analysed, tmp_path: Path) -> None:
    out, analysis = analysed
    found = pympi.Elan.Eaf(str(out / "film.eaf"))
    names = {"shots", "scenes", *(person.name for person in analysis.people)}
    assert names <= set(found.get_tier_names())
    assert analysis.scenes
    scenes = sorted(found.get_annotation_data_for_tier("scenes"))
    assert [(start, end) for start, end, *_ in scenes] == [
        (round(1000 * scene.start), round(1000 * scene.end)) for scene in analysis.scenes
    ]
    assert [text.split(":")[0] for *_, text in scenes] == [
        f"scene {number}" for number in range(1, len(scenes) + 1)
    ]
    shots = found.get_annotation_data_for_tier("shots")
    assert [(start, end) for start, end, *_ in shots] == [
        (round(1000 * start), round(1000 * end))
        for start, end in analysis.seen.shots.select("start", "end").iter_rows()
    ]
    for person in analysis.people:
        rows = sorted(found.get_annotation_data_for_tier(person.name))
        assert [(start, end, label) for start, end, label, *_ in rows] == [
            (round(1000 * mark.start), round(1000 * mark.end), mark.text)
            for mark in expression_marks(analysis, person)
        ]
    write_eaf(analysis, out / "again.eaf")
    assert (out / "again.eaf").read_bytes() == (out / "film.eaf").read_bytes()
    (out / "again.eaf").unlink()


def test_the_dataset_knows_the_characters(analysed: Analysed) -> None:
    out, analysis = analysed
    keys = group_keys(open_dataset(out / "dataset"))
    samples = open_dataset(out / "dataset").samples().select("id", "track")
    named = keys.drop("track").join(samples, on="id").drop_nulls("character")
    for person in analysis.people:
        mine = named.filter(pl.col("track").is_in(person.tracks))
        assert mine.height and mine["character"].n_unique() == 1
    assert named["character"].n_unique() == len(analysis.people)


def test_marks_are_within_what_is_on_screen(analysed: Analysed) -> None:
    """An arc reaches over a cut; what is told of a character does not."""
    _, analysis = analysed
    for person in analysis.people:
        marks = expression_marks(analysis, person)
        spans = expression_spans(person, analysis.classes)
        assert [mark.text for mark in marks] == [span.label for span in spans]
        faces = analysis.seen.faces.filter(pl.col("track").is_in(person.tracks))
        since = (faces["until"] - faces["stretch"]).to_list()
        for mark in marks:  # no start and no end is where nobody is seen
            shown = [s - 1e-9 <= mark.start < u for s, u in zip(since, faces["until"], strict=True)]
            assert any(shown), mark
        assert all(first.end <= then.start for first, then in pairwise(marks))
        assert marks[-1].end <= faces["until"].max()
        read = faces["quality"] > 0
        for start, end in zip(
            pl.Series(since).filter(read), faces["until"].filter(read), strict=True
        ):
            for at in (start + 1e-6, (start + end) / 2, end - 1e-6):  # all of it is told of
                assert any(mark.start <= at < mark.end for mark in marks), (person.id, at)


def test_praat_reads_shots_and_characters(analysed: Analysed) -> None:
    out, analysis = analysed
    read = pympi.Praat.TextGrid(str(out / "film.TextGrid"))
    told = tiers(analysis)
    assert [name for _, name in read.get_tier_name_num()] == list(told)
    for name, marks in told.items():
        tier = read.get_tier(name)
        rows = list(tier.get_intervals())
        if tier.tier_type == "TextTier":
            assert [(at, text) for at, text in rows] == [
                (pytest.approx(float(mark.start)), mark.text) for mark in marks
            ]
            continue
        assert rows[0][0] == 0 and rows[-1][1] == pytest.approx(float(analysis.seen.exact_end))
        assert all(first[1] == then[0] for first, then in pairwise(rows))
        assert [row for row in rows if row[2]] == [
            (pytest.approx(float(mark.start)), pytest.approx(float(mark.end)), mark.text)
            for mark in marks
        ]


def test_an_editor_reads_the_timeline(analysed: Analysed) -> None:
    otio = pytest.importorskip("opentimelineio")
    out, analysis = analysed
    timeline = otio.adapters.read_from_file(str(out / "film.otio"))
    names = [track.name for track in timeline.tracks]
    assert names == ["shots", *(person.name for person in analysis.people)]
    told = [shot_marks(analysis)]
    told += [expression_marks(analysis, person) for person in analysis.people]
    half = 0.5 / 24
    for track, marks in zip(timeline.tracks, told, strict=True):
        clips = track.find_clips()
        assert [clip.name for clip in clips] == [mark.text for mark in marks]
        for clip, mark in zip(clips, marks, strict=True):
            inside = clip.range_in_parent()
            assert inside.start_time == clip.source_range.start_time  # the film's own clock
            assert inside.start_time.to_seconds() == pytest.approx(float(mark.start), abs=half)
            end = inside.end_time_exclusive().to_seconds()
            assert end == pytest.approx(float(mark.end), abs=half)
            assert clip.media_reference.target_url == analysis.footage.path.resolve().as_uri()
    turns = [m for p in (analysis.film, *analysis.people) for m in turn_marks(analysis, p)]
    markers = timeline.tracks.markers
    assert [m.name.split(": ")[1] for m in markers] == [mark.text for mark in turns]


def test_an_editor_reads_the_edit_list(analysed: Analysed) -> None:
    otio = pytest.importorskip("opentimelineio")
    pytest.importorskip("otio_cmx3600_adapter")
    out, analysis = analysed
    text = (out / "film.edl").read_text(encoding="utf-8")
    told = analysis.summary()["timecode"]
    rate = Fraction(*told["rate"])
    assert f"* RATE: {told['words']}" in text
    assert f"FCM: {'DROP' if told['drop_frame'] else 'NON-DROP'} FRAME" in text
    read = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    clips = list(read.find_clips())
    half = float(1 / rate / 2)
    for clip, mark in zip(clips, shot_marks(analysis), strict=True):
        assert clip.name == analysis.footage.path.name
        start = Fraction(clip.source_range.start_time.value) / rate
        assert float(start) == pytest.approx(float(mark.start), abs=half)
    marks = [
        (mark.start, f"{person.name}: {mark.text}")
        for person in analysis.people
        for mark in expression_marks(analysis, person)
    ]
    markers = [marker for clip in clips for marker in clip.markers if marker.color == "GREEN"]
    for marker, (at, words) in zip(markers, sorted(marks), strict=True):
        assert marker.name.startswith(words)
        found = Fraction(marker.marked_range.start_time.value) / rate
        assert float(found) == pytest.approx(float(at), abs=half)


def test_each_locator_is_in_its_event(analysed: Analysed) -> None:
    out, analysis = analysed
    write_edl(analysis, out / "again.edl")
    assert (out / "again.edl").read_bytes() == (out / "film.edl").read_bytes()
    (out / "again.edl").unlink()
    events = re.split(r"^\d{3}  ", (out / "film.edl").read_text(encoding="utf-8"), flags=re.M)[1:]
    assert len(events) == analysis.seen.shots.height
    for event in events:
        _, _, _, start, end, *_ = event.splitlines()[0].split()
        for code in re.findall(r"\* LOC: (\S+)", event):
            assert start <= code < end


def test_without_opentimelineio_the_rest_is_written_and_it_is_said(
    analysed: Analysed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, analysis = analysed
    (tmp_path / "film.otio").write_text("of an earlier analysis")
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    write_exports(analysis, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"film.srt", "film.vtt", *EXPORTS}
    assert "cinemotion[otio]" in analysis.summary()["left_out"]["film.otio"]
    with pytest.raises(MissingExtraError, match="opentimelineio"):
        write_timeline(analysis, tmp_path / "film.otio")


@pytest.mark.parametrize(
    "name", ["film.srt", "film.vtt", "film.eaf", "film.edl", "film.TextGrid", "analysis.json"]
)
def test_files_hold_no_path_of_ours_but_the_film(report: Path, name: str) -> None:
    text = (report / name).read_text(encoding="utf-8")
    assert str(report) not in text
