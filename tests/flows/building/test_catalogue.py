from __future__ import annotations

from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.flows.building.catalogue import list_films, unmatched_rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.mkv", "deep/c.mov", "notes.txt"):
        path = tmp_path / "films" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "films"


def test_folders_are_searched_and_nothing_is_said_without_a_catalogue(folder: Path) -> None:
    entries = list_films([folder], None)
    assert [entry.path.name for entry in entries] == ["a.mkv", "b.mp4", "c.mov"]
    assert [entry.notes for entry in entries] == [{}, {}, {}]


def test_the_first_row_that_matches_counts(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text(
        "path,title,edition,group,rights\n"
        f"{folder / 'a.mkv'},By path,,,\nb.mp4,By name,cut,g,mine\n"
        "*/c.mov,By pattern,,,\n*,Everything,,,\n"
    )
    titles = {entry.path.name: entry for entry in list_films([folder], table)}
    assert titles["a.mkv"].title == "By path"
    assert titles["b.mp4"].title == "By name"
    assert (titles["b.mp4"].edition, titles["b.mp4"].group, titles["b.mp4"].rights) == (
        "cut",
        "g",
        "mine",
    )
    assert titles["c.mov"].title == "By pattern"
    assert titles["c.mov"].edition is None


def test_a_path_may_be_meant_from_where_the_list_lies(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = folder / "films.csv"
    table.write_text("path,title\ndeep/c.mov,Deep\n../films/a.mkv,Up and down\n[b]*.mp4,Pattern\n")
    monkeypatch.chdir(folder.parent)
    for listed in (table, Path("films/films.csv"), Path("films/deep/../films.csv")):
        entries = list_films([Path("films")], listed)
        assert [entry.title for entry in entries] == ["Up and down", "Pattern", "Deep"]


def test_rows_about_no_film_are_named(folder: Path) -> None:
    table = folder / "films.csv"
    table.write_text("path,title\nc.mov,First\n*.mov,Hidden by the first\nd.mov,Typo\n")
    assert unmatched_rows(list_films([folder], table), table) == ["d.mov"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("path,titel\n", "column 'titel', which nobody reads; the columns there are: path, title"),
        ("titel,jahr\n", "needs a column 'path'"),
        (None, "cannot read"),
        (b"\xff\xfe\x00", "cannot read"),
    ],
)
def test_a_bad_catalogue_is_one_line(
    folder: Path, tmp_path: Path, content: str | bytes | None, expected: str
) -> None:
    table = tmp_path / "films.csv"
    if isinstance(content, bytes):
        table.write_bytes(content)
    elif content is not None:
        table.write_text(content)
    with pytest.raises(BadInputError, match=expected):
        list_films([folder], table)
