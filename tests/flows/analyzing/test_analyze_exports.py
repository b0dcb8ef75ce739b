"""What other programs read of an analysis; each file is read back by somebody else's reader."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pympi
import pytest
import srt
import webvtt

from cinemotion.dataset.dataset import open_dataset
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.eaf import write_eaf
from cinemotion.flows.analyzing.spans import LEAST_SECONDS, expression_spans
from cinemotion.flows.analyzing.subtitles import cues
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
    names = {"shots", *(person.name for person in analysis.people)}
    assert names <= set(found.get_tier_names())
    shots = found.get_annotation_data_for_tier("shots")
    assert [(start, end) for start, end, *_ in shots] == [
        (round(1000 * start), round(1000 * end))
        for start, end in analysis.seen.shots.select("start", "end").iter_rows()
    ]
    for person in analysis.people:
        rows = sorted(found.get_annotation_data_for_tier(person.name))
        spans = expression_spans(person, analysis.classes)
        assert [(start, end, label) for start, end, label, *_ in rows] == [
            (round(1000 * span.start), round(1000 * span.end), span.label) for span in spans
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


@pytest.mark.parametrize("name", ["film.srt", "film.vtt", "film.eaf", "analysis.json"])
def test_files_hold_no_path_of_ours_but_the_film(report: Path, name: str) -> None:
    text = (report / name).read_text(encoding="utf-8")
    assert str(report) not in text
