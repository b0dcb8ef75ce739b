from __future__ import annotations

from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.flows.analyzing.cast import Member, fingerprint, read_cast, write_cast

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


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c02,,3", "track 3 is in c01 already"),
        ("c02,,99", "no track 99"),
        ("c02,,7-4", "names no tracks"),
        ("c02,,1 to 4", "names no tracks"),
        ("c02,,0-99999999999", "names no tracks"),
        (",,5", "needs an id"),
        ("c02,,5,more", "cells"),
    ],
)
def test_bad_rows_are_named_with_their_line(tmp_path: Path, row: str, said: str) -> None:
    path = sheet(tmp_path / "c.csv", "c01,,0 3", row)
    with pytest.raises(BadInputError, match=said) as caught:
        read_cast(path, TRACKS)
    assert "line 3" in str(caught.value) and "\n" not in str(caught.value)
