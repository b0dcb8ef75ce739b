"""``cinemotion samples``: imports without a film, and films that were analysed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cinemotion.__main__ import run
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.tables import CAST
from filmed import add_film, filmed


def listed(dataset: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["samples", str(dataset), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_imported_pictures_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "faces" / "happy"
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    (folder / "one.png").write_bytes(encode_image(pixels, "png"))
    (folder / "torn.png").write_bytes(b"\x89PNG")
    assert run(["import", str(tmp_path / "faces"), "--out", str(tmp_path / "d")]) == 0
    rows = {row["member"]: row for row in listed(tmp_path / "d", capsys)}
    assert set(rows) == {"happy/one.png", "happy/torn.png"}
    for row in rows.values():
        assert row["landmarks"] is row["crop_landmarks"] is row["time_base"] is None
    assert run(["samples", str(tmp_path / "d")]) == 0
    out = capsys.readouterr().out
    assert "unreadable" in out and "who" not in out.split()


def test_analysed_films_say_who_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = filmed(tmp_path / "d")
    add_film(store, "a" * 64, {"c01": (1, 0, 0), "c02": (0, 1, 0)})
    add_film(store, "b" * 64, {"c01": (1, 0, 0)})
    said = {("a" * 64, "c01"): (None, "p0001"), ("b" * 64, "c01"): ("Anna", "p0001")}
    cast = []
    for row in store.read("cast").to_pylist():
        name, person = said.get((row["film"], row["character"]), (None, None))
        cast.append(row | {"name": name, "person": person})
    store.overwrite("cast", pa.Table.from_pylist(cast, CAST))
    found = {
        (row["film"][0], row["character"], row["name"], row["person"])
        for row in listed(tmp_path / "d", capsys)
    }
    # One person with one name has it in all films.
    assert found == {
        ("a", "c01", "Anna", "p0001"),
        ("a", "c02", None, None),
        ("b", "c01", "Anna", "p0001"),
    }
    assert run(["samples", str(tmp_path / "d")]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert "who" in head.split()
    names = [name for line in lines for name in ("Anna", "c01", "c02") if name in line.split()]
    assert len(names) == len(lines) == 30
    assert (names.count("Anna"), names.count("c02")) == (20, 10)  # the name, where there is one
