"""People are the same however the work was divided, and over films."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cinemotion.__main__ import run
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.levels import levels
from cinemotion.flows.analyzing import vectors
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.analyze import analyze


def told(analysis: Analysis) -> list[tuple[str, tuple[int, ...]]]:
    """Ids and tracks."""
    return [(person.id, person.tracks) for person in analysis.people]


def test_ids_do_not_depend_on_workers_or_batches(
    film: Path,
    analysed: tuple[Path, Analysis],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vectors, "_COMMIT", 2)  # two faces at a time, not all of them
    monkeypatch.setattr("cinemotion.faces.dlib_identity._BATCH", 1)
    [other] = analyze(film, tmp_path / "r", workers=2)
    assert told(other) == told(analysed[1]) and len(other.people) == 2
    assert np.array_equal(other.tracks["best"], analysed[1].tracks["best"])


def test_the_command_links_writes_and_reads(
    demo_films: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r"
    command = ["analyze", *map(str, demo_films), "--out", str(out), "--every", "0.5"]
    assert run([*command, "--workers", "0", "--json"]) == 0
    films = json.loads(capsys.readouterr().out)["films"]
    # It was done at the end of the analysis already.
    cast = open_dataset(out / "dataset").table("cast")
    assert cast["person"].null_count() == 0
    sheet = tmp_path / "persons.csv"
    assert run(["dataset", "cast", str(out / "dataset"), "--out", str(sheet), "--json"]) == 0
    persons = json.loads(capsys.readouterr().out)["persons"]
    roles = [role for person in persons for role in person["roles"]]
    assert len(roles) == sum(len(each["characters"]) for each in films)
    assert len(sheet.read_text(encoding="utf-8").splitlines()) == 1 + len(roles)
    # A named person keeps the name when a film is analysed again.
    text = sheet.read_text(encoding="utf-8").replace(f"{persons[0]['id']},,", "p0001,Somebody,")
    sheet.write_text(text, encoding="utf-8")
    assert run(["dataset", "cast", str(out / "dataset"), "--names", str(sheet)]) == 0
    assert "Somebody" in capsys.readouterr().out
    assert run([*command, "--workers", "0", "--window", "2"]) == 0
    assert "character/Somebody" in set(levels(open_dataset(out / "dataset"))["character"])
    assert run(["dataset", "cast", str(tmp_path / "nothing")]) == 2
    assert run(["dataset", "cast", str(out / "dataset"), "--limit", "-1"]) == 2


@pytest.mark.footage
def test_one_woman_in_two_films_is_one_person(footage: Path, tmp_path: Path) -> None:
    """A clip cut in two, the second half in another light and smaller, beside another actor."""
    av = pytest.importorskip("av")
    films = []
    for name, clip, first, last, gain in (
        ("one", "acted-happy", 0, 60, 1.0),
        ("two", "acted-happy", 80, 140, 0.7),
        ("other", "acted-fear", 0, 60, 1.0),
    ):
        path = tmp_path / f"{name}.mp4"
        with av.open(str(footage / f"{clip}.mp4")) as given, av.open(str(path), "w") as taken:
            stream = taken.add_stream("libx264", rate=25, options={"crf": "26"})
            stream.width = stream.height = 320
            stream.pix_fmt = "yuv420p"
            for number, frame in enumerate(given.decode(video=0)):
                if first <= number < last:
                    image = frame.reformat(320, 320).to_ndarray(format="rgb24")
                    image = np.clip(image * np.array([gain, gain, gain**0.5]), 0, 255)
                    new = av.VideoFrame.from_ndarray(image.astype(np.uint8), "rgb24")
                    taken.mux(stream.encode(new))
            taken.mux(stream.encode())
        films.append(path)
    analyses = analyze(films, tmp_path / "r", workers=0)
    assert [len(each.people) for each in analyses] == [1, 1, 1]
    keys = levels(open_dataset(tmp_path / "r" / "dataset")).drop_nulls("character")
    of = keys.group_by("film").agg(pl.col("character").unique()).rows()
    people = {film: set(who) for film, who in of}
    one, two, other = (people[each.footage.film] for each in analyses)
    assert one == two and len(one) == 1 and not one & other
