"""Files of votes and ranges taken in: all of a file, or nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.votes import Votes
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.labelling.annotate import add_vote, import_labels, list_labels, list_ranges
from labelled import Face, make_dataset, sample_id
from sourced import face, fill


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    faces = [Face(f"s{n}", 25 * n, frame=25 * n) for n in range(4)]
    faces += [Face("s4", 100, frame=100), Face("s5", 100, frame=100)]
    return make_dataset(tmp_path / "d", faces=faces, stills=["a", "b"])


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_votes_in_a_csv(dataset: Dataset, tmp_path: Path) -> None:
    a, b = sample_id("a"), sample_id("b")
    file = _write(
        tmp_path,
        "votes.csv",
        f"sample,label,annotator,confidence,count\n{a.upper()},Surprised,anna,0.5,\n"
        f"{b},Deep Thought,,,3\n{b},NF,anna,,\n",
    )
    intake = import_labels(dataset.path, file)
    assert (intake.kind, intake.added, intake.known) == ("votes", 3, 0)
    assert len(intake.notices) == 1 and "'deep_thought'" in intake.notices[0]
    columns = ["sample", "label", "annotator", "confidence", "count", "source"]
    assert sorted(Votes(dataset.path).table().select(columns).rows()) == sorted(
        [
            (a, "surprise", "anna", 0.5, 1, "human"),
            (b, "deep_thought", "human", None, 3, "human"),
            (b, "not_a_face", "anna", None, 1, "human"),
        ]
    )
    again = import_labels(dataset.path, file)
    assert (again.added, again.known) == (0, 3)
    assert import_labels(dataset.path, file, annotator="ben").added == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nothing,happy,,", "line 3: the dataset has no sample 'nothing'"),
        ("{b},,,", "line 3: '' is no label"),
        ("{b},!?,,", r"line 3: '!\?' is no label"),
        ("{b},happy,high,", "line 3: 'high' is no confidence"),
        ("{b},happy,1.5,", "line 3: a vote's confidence"),
        ("{b},happy,,0", "line 3: a vote's count"),
        ("{b},happy,,-1", "line 3: '-1' is no count"),
        ("{a},happy,0.5,", "human votes twice for happy"),
    ],
)
def test_a_bad_row_adds_nothing(dataset: Dataset, tmp_path: Path, row: str, reason: str) -> None:
    a, b = sample_id("a"), sample_id("b")
    text = "sample,label,confidence,count\n{a},happy,,\n" + row + "\n"
    file = _write(tmp_path, "votes.csv", text.format(a=a, b=b))
    with pytest.raises(BadInputError, match=reason):
        import_labels(dataset.path, file)
    assert Votes(dataset.path).table().is_empty()


def test_options_of_ranges_do_not_go_with_votes(dataset: Dataset, tmp_path: Path) -> None:
    file = _write(tmp_path, "votes.csv", f"sample,label\n{sample_id('a')},happy\n")
    with pytest.raises(BadInputError, match="for time ranges"):
        import_labels(dataset.path, file, film="First")
    with pytest.raises(BadInputError, match="no vote"):
        import_labels(dataset.path, _write(tmp_path, "votes.csv", "sample,label\n"))


def test_ranges(dataset: Dataset, tmp_path: Path) -> None:
    text = "film,start,end,label,character\nFirst,0,00:00:02,Anger,\nFirst,4,5,sad,Ellen\n"
    text += "First,90,91,sad,\nSecond,0,1,bored,\n"
    file = _write(tmp_path, "ranges.csv", text)
    intake = import_labels(dataset.path, file, annotator="anna")
    assert (intake.kind, intake.added, intake.known) == ("ranges", 4, 0)
    assert [reach.samples for reach in intake.reaches] == [2, 0, 0, 0]
    assert [line.split(";")[0] for line in intake.notices] == [
        "'bored' is no emotion that we know",
        "no film is named 'Second' yet",
        "1 ranges hold no sample of their film",
        "1 frames in ranges that name a character show several faces, and nobody knows yet whose "
        "is meant",
    ]
    assert import_labels(dataset.path, file, annotator="anna").known == 4
    assert [row["label"] for row in list_labels(dataset)] == ["angry", "angry"]
    assert [row["annotators"] for row in list_labels(dataset)] == [["anna"]] * 2
    rows = list_ranges(dataset)
    assert [(r["film"], r["start"], r["end"], r["samples"]) for r in rows] == [
        ("First", "0", "2", 2),
        ("First", "4", "5", 0),
        ("First", "90", "91", 0),
        ("Second", "0", "1", 0),
    ]
    assert rows[1]["ambiguous"] == 1 and rows[3]["films"] == [] and "wait" in rows[3]["note"]


def test_ranges_of_an_imported_film_say_how_to_label_it(tmp_path: Path) -> None:
    frames = {f"film0/{i:04}.png": face(i) for i in range(4)}
    pattern = r"(?P<film>\w+)/(?P<frame>\d+)"
    import_dataset(fill(tmp_path / "lo", frames), tmp_path / "d", group_pattern=pattern)
    ranges = tmp_path / "ranges.csv"
    ranges.write_text("film,start,end,label\nFilm0,f0,f3,surprise\nother,f0,f3,sad\n")
    intake = import_labels(tmp_path / "d", ranges)
    told = [
        r"of 'Film0' there are imported pictures, which no range reaches; label .* column sample",
        r"no film is named 'other' yet; its ranges wait until one is built",
    ]
    for said, notice in zip(told, intake.notices, strict=True):
        assert re.match(said, notice)
    rows = list_ranges(open_dataset(tmp_path / "d"))
    assert [row["note"] for row in rows] == intake.notices


def test_a_film_name_that_is_not_clear_is_refused(tmp_path: Path) -> None:
    films = {"f1": ("Same", "/a.mkv"), "f2": ("Same", "/b.mkv")}
    dataset = make_dataset(tmp_path / "d", faces=[Face("s", 0)], films=films)
    file = _write(tmp_path, "r.csv", "film,start,end,label\nSame,0,1,happy\n")
    with pytest.raises(BadInputError, match=r"'Same' in .* stands for 2 films"):
        import_labels(dataset.path, file)
    assert import_labels(dataset.path, file, film="a.mkv").added == 1


def test_ranges_that_are_none_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no range"):
        import_labels(dataset.path, _write(tmp_path, "r.csv", "film,start,end,label\n"))
    bad = _write(tmp_path, "r.csv", "film,start,end,label\nFirst,0,1,happy\nFirst,0,1,!\n")
    with pytest.raises(BadInputError, match="line 3: '!' is no label"):
        import_labels(dataset.path, bad)
    assert Votes(dataset.path).ranges() == []


def test_one_vote(dataset: Dataset) -> None:
    a = sample_id("a")
    assert add_vote(dataset.path, a[:10], "Joy", annotator="anna").added == 1
    assert add_vote(dataset.path, a, "happy", annotator="anna").known == 1
    assert add_vote(dataset.path, a, "unlabeled", annotator="anna").added == 1
    assert Votes(dataset.path).current().is_empty()
    with pytest.raises(BadInputError, match="no sample"):
        add_vote(dataset.path, "xyz", "happy")
    with pytest.raises(BadInputError, match="8 samples"):
        add_vote(dataset.path, "", "happy")
