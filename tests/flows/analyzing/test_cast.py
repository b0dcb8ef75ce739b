from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.flows.analyzing.cast import NAME, Member, fingerprint, read_cast, write_cast
from cinemotion.flows.analyzing.casting import Cast, count_notice, keep_edited
from cinemotion.flows.analyzing.settings import People

TRACKS = range(12)
MEMBERS = [Member("c01", "", (0, 3, 7), 12.5), Member("c02", "Ellen", (1, 2), 3.0)]


def sheet(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["character,name,tracks", *rows]) + "\n", encoding="utf-8")
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_cast(tmp_path / "c.csv", MEMBERS)
    found = read_cast(tmp_path / "c.csv", TRACKS)
    assert fingerprint(found) == fingerprint(MEMBERS)
    assert (tmp_path / "c.csv").read_text().splitlines()[1] == "c01,,12.50,0 3 7"


def test_names_joins_and_parts(tmp_path: Path) -> None:
    path = sheet(tmp_path / "c.csv", "c01,Ellen,0 3", "c02,,1-2; 5", "c09,Ellen,7", "new,,8")
    found = read_cast(path, TRACKS)
    assert [(m.id, m.name, m.tracks) for m in found] == [
        ("c01", "Ellen", (0, 3, 7)),
        ("c02", "", (1, 2, 5)),
        ("new", "", (8,)),
    ]
    assert fingerprint(found) != fingerprint(MEMBERS)


def test_a_name_is_one_line(tmp_path: Path) -> None:
    name = "Élise of the sea"
    path = sheet(tmp_path / "c.csv", 'élise-1,"Élise\n\n of  the \r\nsea",0', f"c02,{name},1")
    assert read_cast(path) == [Member("élise-1", name, (0, 1))]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c02,,3", "track 3 is in c01 already"),
        ("c02,,99", "no track 99"),
        ("c02,,7-4", "names no tracks"),
        ("c02,,1 to 4", "names no tracks"),
        ("c02,,0-99999999999", "names no tracks"),
        (",,5", "needs an id"),
        ("../../evil,,5", "letters, digits, - and _"),
        ("a/b,,5", "letters, digits, - and _"),
        (f"{'x' * 65},,5", "up to 64"),
        ("Film,,5", "the film's own rows"),
        ("overview,,5", "the film's own rows"),
        ("c02,,5,more", "cells"),
    ],
)
def test_bad_rows_are_named_with_their_line(tmp_path: Path, row: str, said: str) -> None:
    path = sheet(tmp_path / "c.csv", "c01,,0 3", row)
    with pytest.raises(BadInputError, match=said) as caught:
        read_cast(path, TRACKS)
    assert "line 3" in str(caught.value) and "\n" not in str(caught.value)


def test_an_edited_file_is_kept_where_another_replaces_it(tmp_path: Path) -> None:
    path, cast = tmp_path / NAME, Cast(MEMBERS, edited=False)
    assert keep_edited(tmp_path, cast) is None, "there is none"

    def wrote(by_people: bool) -> None:
        write_cast(path, MEMBERS)
        record = {"cast": fingerprint(MEMBERS), "edited": by_people}
        (tmp_path / "cast.json").write_text(json.dumps(record))

    other = Cast([Member("c01", "Nora", (1,))], edited=True)
    wrote(by_people=False)
    assert keep_edited(tmp_path, other) is None, "nobody touched it"
    wrote(by_people=True)
    assert keep_edited(tmp_path, Cast(MEMBERS[::-1], edited=True)) is None, "it says the same"
    assert keep_edited(tmp_path, other) == tmp_path / "characters.csv.bak"
    wrote(by_people=False)
    sheet(path, "c01,Eileen,0")
    assert keep_edited(tmp_path, other) == tmp_path / "characters.csv.bak1"
    sheet(path, "this is,no,9-1")
    assert keep_edited(tmp_path, cast) == tmp_path / "characters.csv.bak2"
    assert "Eileen" in (tmp_path / "characters.csv.bak1").read_text()


@pytest.mark.parametrize(
    ("people", "edited", "names", "why"),
    [
        ({"count": 1}, False, None, "asked for 1 characters, found 2: who is on screen at once"),
        ({"count": 9}, False, None, "no other face is good enough"),
        ({"count": 3, "embedder": "none"}, False, None, "each track is a person"),
        ({"count": 3}, True, None, "--recast"),
        ({"count": 3}, True, Path("mine.csv"), "mine.csv says who is who"),
    ],
)
def test_why_there_are_not_as_many_as_were_asked_for(
    people: dict, edited: bool, names: Path | None, why: str
) -> None:
    said = count_notice("A film", People(**people), Cast(MEMBERS, edited), names)
    assert said and why in said and said.startswith("A film: ")


def test_nothing_is_said_of_a_number_that_is_right() -> None:
    for count in (None, 2):
        assert count_notice("A film", People(count=count), Cast(MEMBERS, False), None) is None
