"""Annotations of stretches of film, as files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.rangefiles import read_ranges
from cinemotion.dataset.ranges import Range, films_named
from cinemotion.dataset.timecodes import read_span, read_time

F = Fraction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", F(12)),
        ("12.5", F(25, 2)),
        ("0.1", F(1, 10)),
        ("1:02.040", F(62040, 1000)),
        ("00:01:02.040", F(62040, 1000)),
        ("00:01:02,040", F(62040, 1000)),
        ("2:00:00", F(7200)),
        (" 7 ", F(7)),
    ],
)
def test_times_are_exact(text: str, expected: Fraction) -> None:
    assert read_time(text) == (expected, "seconds")


def test_frames() -> None:
    assert read_time("f123") == (F(123), "frames")
    assert read_time("123", frames=True) == (F(123), "frames")
    assert read_span("00:01", "00:02", frames=True)[2] == "seconds"
    with pytest.raises(BadInputError, match="no frame"):
        read_time("1.5", frames=True)
    with pytest.raises(BadInputError, match="'f1' is in frames and '2' in seconds"):
        read_span("f1", "2")


@pytest.mark.parametrize("text", ["", "-1", "1e3", "nan", "1:2:3:4", "00:61:00", "1:75", "f", "½"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="no time"):
        read_time(text)


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        "a.csv",
        "\ufeffFilm,start,end,label,character\n"
        'First,1.5,00:01:00,happy,\n\n"First, again",f10,f20,sad,Ellen\n',
    )
    assert read_ranges(path) == [
        Range("First", F(3, 2), F(60), "happy"),
        Range("First, again", F(10), F(20), "sad", "Ellen", "frames"),
    ]
    named = read_ranges(path, film="Other", annotator="anna")
    assert {(said.film, said.annotator) for said in named} == {("Other", "anna")}


def test_csv_in_frames_and_without_a_film(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "start,end,label,annotator\n0,5,happy,ben\n")
    assert read_ranges(path, film="First", frames=True) == [
        Range("First", F(0), F(5), "happy", unit="frames", annotator="ben")
    ]
    with pytest.raises(BadInputError, match="lacks the column film"):
        read_ranges(path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("First,1,soon,happy", "line 3: 'soon' is no time"),
        ("First,5,5,happy", "line 3: a range is"),
        ("First,6,5,happy", "line 3: a range is"),
        ("First,f1,5,happy", "line 3: 'f1' is in frames"),
        ("First,1,2,", "line 3: a range needs"),
        (",1,2,happy", "line 3: a range needs"),
        ("First,1,2", "line 3: 3 cells, but 4 columns"),
        ('First,1,2,"happy', "cannot read"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, reason: str) -> None:
    path = _write(tmp_path, "a.csv", f"film,start,end,label\nFirst,1,2,happy\n{row}\n")
    with pytest.raises(BadInputError, match=reason):
        read_ranges(path)


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"expected one of: \.csv, \.eaf, \.srt, \.vtt"):
        read_ranges(_write(tmp_path, "a.txt", ""))
    with pytest.raises(BadInputError, match="cannot read"):
        read_ranges(tmp_path / "missing.csv")
    (tmp_path / "latin.csv").write_bytes(b"film,start,end,label\nAm\xe9lie,1,2,happy\n")
    with pytest.raises(BadInputError, match="UTF-8"):
        read_ranges(tmp_path / "latin.csv")
    with pytest.raises(BadInputError, match="names: nothing"):
        read_ranges(_write(tmp_path, "empty.csv", ""))
    with pytest.raises(BadInputError, match="twice"):
        read_ranges(_write(tmp_path, "twice.csv", "film,start,end,label,label\n"))


_SRT = """1
00:00:01,000 --> 00:00:02,500
ELLEN: Happy

2
00:00:03,000 --> 00:00:04,000
<i>sad</i>
HUTTER: fear
"""


def test_srt(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.srt", "\ufeff" + _SRT.replace("\n", "\r\n"))
    assert read_ranges(path, film="First") == [
        Range("First", F(1), F(5, 2), "Happy", "ELLEN"),
        Range("First", F(3), F(4), "sad"),
        Range("First", F(3), F(4), "fear", "HUTTER"),
    ]
    with pytest.raises(BadInputError, match="add --film"):
        read_ranges(path)
    with pytest.raises(BadInputError, match="--frames is for CSV"):
        read_ranges(path, film="First", frames=True)


def test_vtt(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        "a.vtt",
        "WEBVTT - emotions\n\nNOTE made by hand\n\nSTYLE\n::cue {}\n\n"
        "intro\n00:01.000 --> 00:02.000 align:start\n<v.loud Ellen>happy</v>\n",
    )
    assert read_ranges(path, film="First") == [Range("First", F(1), F(2), "happy", "Ellen")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1\nhello\n", "line 1: expected START"),
        ("1\n00:00:01,000 --> \nhappy\n", "line 1: '' is no time"),
        (_SRT + "\n3\n00:00:05,000 --> 00:00:04,000\nhappy\n", "line 10: a range is"),
        ("1\n00:00:01,000 --> 00:00:02,000\n", "line 1: the cue has no text"),
        ("1\n00:00:01,000 --> 00:00:02,000\nELLEN:\n", "line 1: a range needs"),
    ],
)
def test_a_bad_cue_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        read_ranges(_write(tmp_path, "a.srt", text), film="First")


_EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/films/My%20Film.mkv" MIME_TYPE="video/x-matroska"/>
    <PROPERTY NAME="lastUsedAnnotationId">5</PROPERTY>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/>
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2040"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="3000"/>
    <TIME_SLOT TIME_SLOT_ID="ts4"/>
  </TIME_ORDER>
  <TIER TIER_ID="Ellen" LINGUISTIC_TYPE_REF="default-lt">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>happy</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="second" PARTICIPANT="Hutter" ANNOTATOR="anna" PARENT_REF="Ellen">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a2" ANNOTATION_REF="a1">
      <ANNOTATION_VALUE> fear </ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="Default">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE>sad</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>
"""


def test_elan(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.eaf", _EAF)
    assert read_ranges(path) == [
        Range("My Film.mkv", F(1), F(51, 25), "happy", "Ellen"),
        Range("My Film.mkv", F(1), F(51, 25), "fear", "Hutter", annotator="anna"),
        Range("My Film.mkv", F(51, 25), F(3), "sad"),
    ]
    named = read_ranges(path, film="First", annotator="ben")
    assert {(said.film, said.annotator) for said in named} == {("First", "ben")}


def test_elan_media_may_begin_later(tmp_path: Path) -> None:
    text = _EAF.replace('MIME_TYPE="video', 'TIME_ORIGIN="250" MIME_TYPE="video')
    assert read_ranges(_write(tmp_path, "a.eaf", text))[0].start == F(5, 4)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('TIME_SLOT_REF2="ts3"', 'TIME_SLOT_REF2="ts4"', "annotation a3: it has no time"),
        ('TIME_SLOT_REF2="ts3"', 'TIME_SLOT_REF2="ts1"', "annotation a3: a range is"),
        ('ANNOTATION_REF="a1"', 'ANNOTATION_REF="a2"', "annotation a2: it has no time"),
        (">sad<", "> <", "annotation a3: it has no value"),
        ('TIME_VALUE="2040"', 'TIME_VALUE="-5"', "'-5' is no time in milliseconds"),
        ('TIME_UNITS="milliseconds"', 'TIME_UNITS="PAL-frames"', "counts in PAL-frames"),
        ('MEDIA_URL="file:///C:/films/My%20Film.mkv"', "", "add --film"),
        ("ANNOTATION_DOCUMENT", "html", "no ELAN file"),
        ("</TIER>", "", "cannot read the ELAN file"),
        ("<ANNOTATION_DOC", "<!DOCTYPE x [<!ENTITY a 'b'>]><ANNOTATION_DOC", "document type"),
        (
            "<ANNOTATION_DOC",
            "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><ANNOTATION_DOC",
            "document type",
        ),
    ],
)
def test_a_bad_elan_file_is_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in _EAF
    with pytest.raises(BadInputError, match=reason):
        read_ranges(_write(tmp_path, "a.eaf", _EAF.replace(old, new)))


def test_names_of_films() -> None:
    films = [
        {"film": "ab" * 32, "title": "Nosferatu", "path": "/films/nosferatu.1922.mkv"},
        {"film": "cd" * 32, "title": "NOSFERATU", "path": "C:\\films\\other.mkv"},
        {"film": "ef" * 32, "title": None, "path": None},
    ]
    assert films_named("Nosferatu", films) == ["ab" * 32]  # the exact one comes first
    assert films_named("nosferatu", films) == ["ab" * 32, "cd" * 32]  # not clear which
    assert films_named("other.mkv", films) == films_named("other", films) == ["cd" * 32]
    assert films_named("D:\\elsewhere\\Nosferatu.1922.mkv", films) == ["ab" * 32]
    assert films_named("ABABAB", films) == ["ab" * 32]
    assert films_named("abab", films) == films_named("None", films) == []
