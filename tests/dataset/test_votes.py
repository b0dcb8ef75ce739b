"""Votes: append-only, safe between processes, and really gone when forgotten."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.votes import FILE, Vote, Votes


def _said(votes: Votes, **options: object) -> list[tuple[str, str, str, int]]:
    table = votes.current(**options)  # type: ignore[arg-type]
    return sorted(table.select("sample", "annotator", "label", "count").rows())


def test_a_later_vote_supersedes_and_history_stays(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    assert votes.high_water() == 0 and votes.table().is_empty() and votes.ranges() == []
    assert votes.add([Vote("s1", "happy", "anna"), Vote("s2", "sad", "anna", confidence=0.5)]) == 2
    first = votes.high_water()
    assert votes.add([Vote("s1", "sad", "anna"), Vote("s1", "fear", "ben", source="model")]) == 2
    assert _said(votes) == [
        ("s1", "anna", "sad", 1),
        ("s1", "ben", "fear", 1),
        ("s2", "anna", "sad", 1),
    ]
    assert _said(votes, upto=first) == [("s1", "anna", "happy", 1), ("s2", "anna", "sad", 1)]
    assert _said(votes, annotators=["ben"]) == [("s1", "ben", "fear", 1)]
    assert votes.table().height == 4 and votes.table(first).height == 2
    row = votes.table().filter(sample="s2").row(0, named=True)
    assert row["confidence"] == 0.5 and row["source"] == "human" and row["time"].endswith("+00:00")


def test_counts_of_one_call_belong_together(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    raters = [Vote("s1", "happy", "ferplus", "import", None, 7)]
    raters += [Vote("s1", "sad", "ferplus", "import", None, 3)]
    assert votes.add(raters) == 2
    assert votes.add(reversed(raters)) == 0  # the same again
    assert votes.add(raters[:1]) == 1  # another ballot: sad is gone
    assert _said(votes) == [("s1", "ferplus", "happy", 7)]
    assert votes.add([raters[0], raters[0]]) == 1  # two rows of one label add up
    assert _said(votes) == [("s1", "ferplus", "happy", 14)]


def test_only_what_changed_is_added_again(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    assert votes.add([Vote("s1", "happy", "a"), Vote("s2", "sad", "a")]) == 2
    mark = votes.high_water()
    assert votes.add([Vote("s1", "happy", "a"), Vote("s2", "sad", "a")]) == 0
    assert votes.high_water() == mark
    assert votes.add([Vote("s1", "happy", "a"), Vote("s2", "fear", "a")]) == 1
    assert votes.add([Vote("s2", "sad", "a")]) == 1  # what was said before the last time is news
    assert votes.add([]) == 0


def test_unlabelled_takes_a_vote_back(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "happy", "a"), Vote("s1", "sad", "b")])
    votes.add([Vote("s1", "unlabelled", "a")])
    assert _said(votes) == [("s1", "b", "sad", 1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"sample": ""},
        {"label": ""},
        {"annotator": ""},
        {"source": "hearsay"},
        {"confidence": 1.5},
        {"confidence": float("nan")},
        {"count": 0},
    ],
)
def test_a_vote_checks_itself(fields: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        Vote(**({"sample": "s", "label": "l", "annotator": "a"} | fields))  # type: ignore[arg-type]


def test_contradictory_rows_are_refused_and_add_nothing(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    rows = [Vote("s1", "happy", "a"), Vote("s1", "happy", "a", confidence=0.5)]
    with pytest.raises(BadInputError, match="votes twice for happy on sample s1"):
        votes.add(rows)
    assert votes.table().is_empty()


def test_ranges_hold_until_something_else_is_said_of_their_stretch(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    fear = Range("film", Fraction(1001, 30000), Fraction(10), "fear", "Ellen", annotator="anna")
    calm = Range("film", Fraction(5), Fraction(6), "neutral", "Ellen", annotator="anna")
    far = Range("film", Fraction(50), Fraction(60), "sad", annotator="anna")
    assert votes.add_ranges([fear, fear]) == 1
    assert votes.add_ranges([fear, far]) == 1
    assert votes.add_ranges([calm]) == 1
    assert votes.add_ranges([fear, far]) == 1  # fear again, after calm; far stands
    assert [said for _, said in votes.ranges()] == [fear, far, calm, fear]
    batches = [batch for batch, _ in votes.ranges()]
    assert batches == sorted(batches) and votes.high_water() == batches[-1]
    assert [said for _, said in votes.ranges(batches[1])] == [fear, far]


def test_votes_and_ranges_share_one_mark(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "happy", "a")])
    mark = votes.high_water()
    votes.add_ranges([Range("film", Fraction(0), Fraction(1), "sad")])
    assert votes.high_water() > mark
    assert votes.ranges(mark) == []


def test_rows_cannot_be_changed(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "happy", "a")])
    votes.add_ranges([Range("film", Fraction(0), Fraction(1), "sad")])
    db = sqlite3.connect(votes.path)
    for table in ("votes", "ranges", "batches"):
        for statement in (f"UPDATE {table} SET rowid = rowid", f"DELETE FROM {table}"):
            if table == "votes":
                statement = statement.replace("rowid = rowid", "label = 'sad'")
            with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
                db.execute(statement)
    db.close()


def test_forget_leaves_no_byte(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "superseded-label", "a"), Vote("s2", "sad", "a")])
    votes.add([Vote("s1", "later-label", "a")])
    votes.add_ranges([Range("secret-film", Fraction(0), Fraction(1), "fear", "secret-person")])
    votes.add_ranges([Range("other-film", Fraction(0), Fraction(1), "fear")])
    mark = votes.high_water()
    assert votes.forget(["s1", "s9"], ["secret-film"]) == 3
    assert votes.table()["sample"].to_list() == ["s2"]
    assert [said.film for _, said in votes.ranges()] == ["other-film"]
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for gone in (b"superseded-label", b"later-label", b"secret"):
        assert gone not in left
    assert b"other-film" in left
    votes.add([Vote("s3", "sad", "a")])
    assert votes.high_water() == mark + 1  # numbers are not used twice
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        sqlite3.connect(votes.path).execute("DELETE FROM votes")


def test_forget_nothing_where_nobody_voted(tmp_path: Path) -> None:
    assert Votes(tmp_path).forget(["s1"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_forget_while_somebody_reads_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cinemotion.dataset.ballots._PATIENCE", 0.2)
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "happy", "a"), Vote("s2", "happy", "a")])
    reader = sqlite3.connect(votes.path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM votes").fetchall()
    with pytest.raises(DatasetError, match="run the same command again"):
        votes.forget(["s1"])
    reader.close()
    assert votes.forget(["s1"]) in (0, 1)  # what was deleted stays deleted; the log is emptied now
    assert votes.table()["sample"].to_list() == ["s2"]


def test_a_damaged_or_newer_file_is_one_clear_line(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.path.write_bytes(b"this is not a database at all, not even nearly one" * 100)
    with pytest.raises(DatasetError, match="no readable database"):
        votes.table()
    with pytest.raises(DatasetError, match="no readable database"):
        votes.add([Vote("s1", "happy", "a")])
    votes.path.unlink()
    db = sqlite3.connect(votes.path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(DatasetError, match="format 99"):
        votes.high_water()
    with pytest.raises(DatasetError, match="format 99"):
        votes.add([Vote("s1", "happy", "a")])


def test_a_file_that_a_kill_left_empty_is_no_votes(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.path.touch()
    assert votes.high_water() == 0 and votes.table().is_empty() and votes.ranges() == []
    assert votes.add([Vote("s1", "happy", "a")]) == 1


def test_reading_makes_and_changes_no_file(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.table()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_can_be_read(tmp_path: Path) -> None:
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "happy", "a")])
    tmp_path.chmod(0o555)
    try:
        assert votes.table().height == 1
        with pytest.raises(DatasetError):
            votes.add([Vote("s2", "happy", "a")])
    finally:
        tmp_path.chmod(0o755)


def test_a_file_system_without_shared_memory_falls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cinemotion.dataset.ballots._prefer_write_ahead", lambda db: None)
    votes = Votes(tmp_path)
    votes.add([Vote("s1", "happy", "a")])
    mode = sqlite3.connect(votes.path).execute("PRAGMA journal_mode").fetchone()[0]
    assert mode == "delete"
    assert votes.table().height == 1 and votes.forget(["s1"]) == 1


_VOTER = """
import sys
from pathlib import Path
from cinemotion.dataset.votes import Vote, Votes
votes, name = Votes(Path(sys.argv[1])), sys.argv[2]
for i in range(int(sys.argv[3])):
    votes.add([Vote(f"s{i}", "happy", name), Vote(f"t{i}", "sad", name)])
    print(i, flush=True)
"""


def _voter(folder: Path, name: str, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _VOTER, str(folder), name, str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_vote_at_once_lose_no_vote(tmp_path: Path) -> None:
    voters = [_voter(tmp_path, f"a{n}", 40) for n in range(4)]
    seen = []
    votes = Votes(tmp_path)
    while any(voter.poll() is None for voter in voters):
        mark = votes.high_water()
        seen.append((mark, votes.table(mark).height))
    assert [voter.wait() for voter in voters] == [0] * 4
    for voter in voters:
        voter.communicate()
    assert votes.table().height == 4 * 40 * 2
    assert votes.high_water() == 4 * 40
    # What stood at a mark stands there for ever: nothing slips in below it later.
    assert all(height == 2 * mark == votes.table(mark).height for mark, height in seen)


def test_a_kill_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    voter = _voter(tmp_path, "anna", 100_000)
    assert voter.stdout is not None
    for _ in range(25):
        last = int(voter.stdout.readline())
    os.kill(voter.pid, signal.SIGKILL)
    rest = voter.communicate()[0].split()
    last = max([last, *map(int, rest[:-1])])
    votes = Votes(tmp_path)
    table = votes.table()
    assert table.height % 2 == 0  # whole batches only
    assert table.height >= 2 * (last + 1)
    assert votes.add([Vote("after", "happy", "ben")]) == 1
    assert (tmp_path / FILE).exists()
