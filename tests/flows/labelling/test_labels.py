"""From votes and ranges to labels."""

from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.labels import characters_from_ranges, resolve_labels
from cinemotion.flows.labelling.spans import spread_ranges
from labelled import Face, film_id, make_dataset, sample_id


def _vote(name: str, label: str, annotator: str = "anna", **fields: object) -> Vote:
    return Vote(sample_id(name), label, annotator, **fields)  # type: ignore[arg-type]


def _label(dataset: Dataset, name: str, **options: object) -> str | None:
    table = resolve_labels(dataset, **options)  # type: ignore[arg-type]
    return table.filter(id=sample_id(name))["label"].item()


def _shares(dataset: Dataset, name: str, **options: object) -> dict[str, float]:
    table = resolve_labels(dataset, **options)  # type: ignore[arg-type]
    pairs = table.filter(id=sample_id(name))["distribution"].item()
    return {pair["label"]: pair["share"] for pair in pairs}


def test_every_sample_has_a_row(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["b", "a"])
    table = resolve_labels(dataset)
    assert table["id"].to_list() == sorted([sample_id("a"), sample_id("b")])
    assert table["label"].to_list() == [None, None]
    assert table["distribution"].to_list() == [[], []]
    struct = pl.Struct({"label": pl.String(), "share": pl.Float64()})
    assert table.schema == {
        "id": pl.String(),
        "label": pl.String(),
        "distribution": pl.List(struct),
    }


def test_the_largest_share_wins_and_a_tie_has_no_label(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["a", "b", "c"])
    votes = Votes(dataset.path)
    votes.add([_vote("a", "sad", who) for who in "xy"] + [_vote("a", "happy", "z")])
    votes.add([_vote("b", "unknown", "x"), _vote("b", "happy", "y")])
    votes.add([_vote("c", "not_a_face", "x", count=9), _vote("c", "happy", "x")])
    assert _label(dataset, "a") == "sad"
    assert _shares(dataset, "a") == {"happy": pytest.approx(1 / 3), "sad": pytest.approx(2 / 3)}
    assert _label(dataset, "b") is None
    assert _shares(dataset, "b") == {"happy": 0.5, "unknown": 0.5}
    assert _label(dataset, "c") == "not_a_face"
    assert _shares(dataset, "c") == {"happy": 0.1, "not_a_face": 0.9}
    assert _label(dataset, "a", annotators=["z"]) == "happy"


def test_a_vote_weighs_its_confidence(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["a", "b"])
    votes = Votes(dataset.path)
    votes.add([_vote("a", "sad", "x", confidence=0.25), _vote("a", "happy", "y", confidence=0.75)])
    votes.add([_vote("b", "sad", "x", confidence=0.0)])
    assert _shares(dataset, "a") == {"happy": 0.75, "sad": 0.25}
    assert _label(dataset, "b") is None and _shares(dataset, "b") == {}


def test_people_outrank_imports_and_imports_outrank_models(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["a"])
    votes = Votes(dataset.path)
    votes.add([_vote("a", "fear", "net", source="model")])
    assert _label(dataset, "a") == "fear"
    votes.add([_vote("a", "sad", "ferplus", source="import", count=10)])
    assert _shares(dataset, "a") == {"sad": 1.0}
    mark = votes.high_water()
    votes.add([_vote("a", "happy")])
    assert _shares(dataset, "a") == {"happy": 1.0}
    assert _label(dataset, "a", upto=mark) == "sad"
    assert _label(dataset, "a", annotators=["ferplus", "net"]) == "sad"
    votes.add([_vote("a", "unlabelled")])
    assert _label(dataset, "a") == "sad"


def test_twins_share_one_pool(tmp_path: Path) -> None:
    twins = [("b", "a", "exact"), ("c", "a", "near"), ("e", "d", "track")]
    dataset = make_dataset(tmp_path / "d", stills=list("abcde"), twins=twins)
    votes = Votes(dataset.path)
    votes.add([_vote("a", "happy"), _vote("b", "sad"), _vote("c", "sad"), _vote("e", "fear")])
    for name in "abc":
        assert _label(dataset, name) == "sad"
        assert _shares(dataset, name)["happy"] == pytest.approx(1 / 3)
    assert _label(dataset, "a", pooled=False) == "happy"
    # Another frame of the same track is another picture.
    assert _label(dataset, "d") is None and _label(dataset, "e") == "fear"


def test_votes_on_samples_that_are_gone_are_left_out(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["a"])
    Votes(dataset.path).add([_vote("gone", "happy"), _vote("a", "sad")])
    assert resolve_labels(dataset).select("id", "label").rows() == [(sample_id("a"), "sad")]


def test_the_order_of_votes_does_not_change_a_bit(tmp_path: Path) -> None:
    rng = random.Random(3)
    rows = [
        _vote(name, rng.choice(["sad", "happy", "fear"]), f"a{i}", confidence=rng.random())
        for name in "abcd"
        for i in range(9)
    ]
    tables = []
    for turn in range(3):
        dataset = make_dataset(tmp_path / str(turn), stills=list("abcd"))
        rng.shuffle(rows)
        half = len(rows) // 2
        Votes(dataset.path).add(rows[:half])
        Votes(dataset.path).add(rows[half:])
        tables.append(resolve_labels(dataset))
    assert tables[0].equals(tables[1]) and tables[0].equals(tables[2])
    total = tables[0]["distribution"].list.eval(pl.element().struct.field("share")).list.sum()
    assert total.to_list() == pytest.approx([1.0] * 4)


# One film at 30000/1001 frames a second: frame n is shown at n * 1001/30000 seconds.
_NTSC = (1001, 30000)


def _filmed(path: Path, frames: int = 10, **options: object) -> Dataset:
    faces = [Face(f"s{n}", n, base=_NTSC, frame=n) for n in range(frames)]
    return make_dataset(path, faces=faces, **options)  # type: ignore[arg-type]


def _reached(dataset: Dataset) -> list[int]:
    labelled = set(resolve_labels(dataset).drop_nulls("label")["id"])
    return [n for n in range(1000) if sample_id(f"s{n}") in labelled]


def test_a_range_is_half_open_and_exact(tmp_path: Path) -> None:
    tick = Fraction(*_NTSC)
    for name, start, end, expected in [
        ("ends", 3 * tick, 5 * tick, [3, 4]),
        ("just", 3 * tick + Fraction(1, 10**9), 5 * tick + Fraction(1, 10**9), [4, 5]),
        ("before", 3 * tick - Fraction(1, 10**9), 5 * tick - Fraction(1, 10**9), [3, 4]),
        ("inside", 3 * tick + tick / 4, 3 * tick + tick / 2, []),
    ]:
        dataset = _filmed(tmp_path / name)
        Votes(dataset.path).add_ranges([Range("First", start, end, "fear")])
        assert _reached(dataset) == expected, name


@given(
    first=st.fractions(0, 1, max_denominator=9_999),
    length=st.fractions(Fraction(1, 9_999), 1, max_denominator=9_999),
    base=st.sampled_from([(1001, 30000), (1, 25), (1, 90000), (1001, 24000)]),
)
@settings(max_examples=40, deadline=None)
def test_whole_ticks_say_the_same_as_exact_fractions(
    tmp_path_factory: pytest.TempPathFactory,
    first: Fraction,
    length: Fraction,
    base: tuple[int, int],
) -> None:
    step = max(1, base[1] // base[0] // 40)
    faces = [Face(f"s{n}", n * step, base=base) for n in range(80)]
    dataset = make_dataset(tmp_path_factory.mktemp("film") / "d", faces=faces)
    said = Range("First", first, first + length, "fear")
    table, _ = spread_ranges(dataset, [(1, said)])
    expected = {
        sample_id(f.name) for f in faces if first <= f.pts * Fraction(*base) < first + length
    }
    assert set(table["sample"]) == expected


def test_frames_are_ordinals(tmp_path: Path) -> None:
    faces = [Face(f"s{n}", 7 * n * n, frame=n) for n in range(6)]  # a variable rate
    faces.append(Face("s9", 20, recipe="r", frame=None))  # key frames only: no ordinal
    dataset = make_dataset(tmp_path / "d", faces=faces)
    frames = Range("First", Fraction(2), Fraction(4), "fear", unit="frames")
    Votes(dataset.path).add_ranges([frames])
    assert _reached(dataset) == [2, 3]


@pytest.mark.parametrize("name", ["First", "FIRST", "first.mkv", "first", "/films/first.mkv"])
def test_a_film_is_named_by_title_or_file(tmp_path: Path, name: str) -> None:
    dataset = _filmed(tmp_path / "d", 3)
    Votes(dataset.path).add_ranges([Range(name, Fraction(0), Fraction(9), "fear")])
    assert _reached(dataset) == [0, 1, 2]


def test_a_film_is_named_by_its_id_or_the_beginning_of_it(tmp_path: Path) -> None:
    dataset = _filmed(tmp_path / "d", 3)
    for length in (64, 12, 6):
        said = Range(film_id("f1")[:length], Fraction(0), Fraction(9), "fear")
        assert spread_ranges(dataset, [(1, said)])[1][0].samples == 3
    too_short = Range(film_id("f1")[:5], Fraction(0), Fraction(9), "fear")
    assert spread_ranges(dataset, [(1, too_short)])[1][0].films == ()


def test_a_range_waits_for_its_film_and_never_guesses(tmp_path: Path) -> None:
    said = Range("Second", Fraction(0), Fraction(9), "fear")
    dataset = _filmed(tmp_path / "d", 3)
    Votes(dataset.path).add_ranges([said])
    assert _reached(dataset) == []
    films = {"f1": ("Second", "/a/x.mkv")}
    later = _filmed(tmp_path / "e", 3, films=films)
    Votes(later.path).add_ranges([said])
    assert _reached(later) == [0, 1, 2]
    films = {"f1": ("Second", "/a/x.mkv"), "f2": ("Second", "/a/y.mkv")}
    both = _filmed(tmp_path / "f", 3, films=films)
    _, reaches = spread_ranges(both, [(1, said)])
    assert len(reaches[0].films) == 2 and reaches[0].samples == 0


def test_ranges_and_votes_of_one_annotator_supersede_each_other(tmp_path: Path) -> None:
    dataset = _filmed(tmp_path / "d", 3)
    votes = Votes(dataset.path)
    votes.add([_vote("s0", "happy")])
    votes.add_ranges([Range("First", Fraction(0), Fraction(9), "fear", annotator="anna")])
    votes.add([_vote("s2", "sad")])
    assert [_label(dataset, f"s{n}") for n in range(3)] == ["fear", "fear", "sad"]
    # What one batch says twice, in ranges that overlap, counts twice.
    halves = [Range("First", Fraction(0), Fraction(9), x, annotator="b") for x in ("sad", "fear")]
    votes.add_ranges([*halves, Range("First", Fraction(0), Fraction(1), "sad", annotator="b")])
    assert _shares(dataset, "s1", annotators=["b"]) == {"fear": 0.5, "sad": 0.5}


def test_a_range_with_a_character_reaches_a_lonely_face_only(tmp_path: Path) -> None:
    faces = [
        Face("s0", 0),
        Face("s1", 1),
        Face("s2", 1),  # two faces in one frame
        Face("s3", 2),
        Face("s4", 2, status="rejected"),  # one face and something that is none
        Face("s5", 3),
        Face("s6", 3),  # s6 is a near twin of s0: still a second face
        Face("s7", 4, status="rejected"),
    ]
    dataset = make_dataset(tmp_path / "d", faces=faces, twins=[("s6", "s0", "near")])
    said = Range("First", Fraction(0), Fraction(9), "fear", character="Ellen")
    Votes(dataset.path).add_ranges([said])
    _, reaches = spread_ranges(dataset, Votes(dataset.path).ranges())
    assert reaches[0].samples == 2 and reaches[0].ambiguous == 2
    own = resolve_labels(dataset, pooled=False).drop_nulls("label")["id"]
    assert set(own) == {sample_id("s0"), sample_id("s3")}
    names = characters_from_ranges(dataset)
    assert dict(names.rows()) == {sample_id("s0"): "Ellen", sample_id("s3"): "Ellen"}


def test_two_recipes_of_a_film_are_no_crowd(tmp_path: Path) -> None:
    faces = [Face("s0", 0), Face("s1", 0, recipe="other")]
    dataset = make_dataset(tmp_path / "d", faces=faces)
    said = Range("First", Fraction(0), Fraction(9), "fear", character="Ellen")
    _, reaches = spread_ranges(dataset, [(1, said)])
    assert reaches[0].samples == 2 and reaches[0].ambiguous == 0


def test_characters_in_doubt_are_left_out(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", faces=[Face("s0", 0), Face("s1", 25)])
    ranges = [
        Range("First", Fraction(0), Fraction(9), "fear", character="Ellen"),
        Range("First", Fraction(0), Fraction(1), "sad", character="Hutter", annotator="ben"),
    ]
    Votes(dataset.path).add_ranges(ranges)
    assert dict(characters_from_ranges(dataset).rows()) == {sample_id("s1"): "Ellen"}


class _Cast(Dataset):
    """A dataset that knows who is who."""

    def samples(self) -> pl.DataFrame:
        who = {sample_id("s1"): "ellen", sample_id("s2"): "hutter"}
        named = pl.col("id").replace_strict(who, default=None, return_dtype=pl.String)
        return super().samples().with_columns(name=named)


def test_known_characters_decide_whom_a_range_means(tmp_path: Path) -> None:
    # s1 and s2 share a frame, and are known; s3 and s4 do, and are not; s5 is alone.
    faces = [Face("s1", 0), Face("s2", 0), Face("s3", 1), Face("s4", 1), Face("s5", 2)]
    dataset = _Cast(make_dataset(tmp_path / "d", faces=faces).store)
    said = Range("First", Fraction(0), Fraction(9), "fear", character="Ellen")
    table, reaches = spread_ranges(dataset, [(1, said)])
    assert set(table["sample"]) == {sample_id("s1"), sample_id("s5")}
    assert reaches[0].ambiguous == 1


_VOTER = """
import sys
from pathlib import Path
from cinemotion.dataset.votes import Vote, Votes
ids = sys.argv[3:]
for i in range(30):
    label = ("happy", "sad")[i % 2]
    Votes(Path(sys.argv[1])).add([Vote(id, label, sys.argv[2]) for id in ids])
"""


def test_labels_at_a_mark_stay_while_others_vote(tmp_path: Path) -> None:
    names = list("abc")
    dataset = make_dataset(tmp_path / "d", stills=names)
    ids = [sample_id(name) for name in names]
    command = [sys.executable, "-c", _VOTER, str(dataset.path)]
    voters = [subprocess.Popen([*command, f"a{n}", *ids]) for n in range(3)]
    votes, seen = Votes(dataset.path), []
    while any(voter.poll() is None for voter in voters):
        mark = votes.high_water()
        seen.append((mark, resolve_labels(dataset, upto=mark)))
    assert [voter.returncode for voter in voters] == [0, 0, 0]
    assert any(0 < mark < 90 for mark, _ in seen)  # some of it was read in the middle
    assert all(labels.equals(resolve_labels(dataset, upto=mark)) for mark, labels in seen[::5])
    assert votes.high_water() == 90 and votes.table().height == 270
    assert resolve_labels(dataset)["label"].to_list() == ["sad"] * 3
