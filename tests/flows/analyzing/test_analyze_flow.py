from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.engine.executor import InlineExecutor
from cinemotion.film.company import Pair
from cinemotion.flows.analyzing.analysis import SCHEMA, Analysis
from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.footage import choose_films, take_footage
from cinemotion.flows.analyzing.gathering import _LoadsAhead
from cinemotion.flows.analyzing.settings import AnalyzeRecipe, People, load_analyze_recipe
from cinemotion.flows.analyzing.sightings import read_sightings
from cinemotion.flows.analyzing.tables import (
    arc_rows,
    face_rows,
    pair_rows,
    people_rows,
    scene_rows,
    track_rows,
)
from cinemotion.flows.building.build import build
from cinemotion.flows.building.watch import Quiet
from cinemotion.recipes import BuildRecipe, Sampling
from pages import check_page

RECIPE = AnalyzeRecipe()


def summary(out: Path) -> dict:
    return json.loads((out / "analysis.json").read_text(encoding="utf-8"))


def test_the_two_people_of_the_demo_are_two(report: Path) -> None:
    found = summary(report)
    assert found["schema"] == SCHEMA
    assert len(found["characters"]) == 2
    for character in found["characters"]:
        assert sum(character["probabilities"].values()) == pytest.approx(1, abs=1e-4)
        assert character["dominant"] in character["probabilities"]
        assert 0 < character["screen_seconds"] <= found["film"]["seconds"]
    assert found["dominant"] in found["model"]["classes"]
    starts = [shot["start"]["seconds"] for shot in found["shots"]]
    assert starts == sorted(starts) and len(starts) > 1
    owned = [track for character in found["characters"] for track in character["tracks"]]
    assert len(owned) == len(set(owned))


def test_tables_and_json_tell_the_same(report: Path) -> None:
    found = summary(report)
    classes = found["model"]["classes"]
    for name in ("faces", "tracks", "people", "arcs", "shots", "scenes", "pairs"):
        table = pl.read_parquet(report / f"{name}.parquet")
        text = pl.read_csv(report / f"{name}.csv", infer_schema_length=None)
        assert table.height == text.height and table.columns == text.columns
    faces = pl.read_parquet(report / "faces.parquet")
    assert faces.height == found["coverage"]["faces"]
    assert np.allclose(faces.select(classes).to_numpy().sum(axis=1), 1)
    tracks = pl.read_parquet(report / "tracks.parquet")
    for character in found["characters"]:
        mine = tracks.filter(pl.col("character") == character["id"])
        assert mine["track"].to_list() == character["tracks"]
        assert mine["screen_seconds"].sum() == pytest.approx(character["screen_seconds"], abs=2e-3)
        votes = mine.select(classes).drop_nulls().to_numpy().mean(axis=0)
        assert np.allclose(votes, list(character["probabilities"].values()), atol=1e-5)
    arcs = pl.read_parquet(report / "arcs.parquet")
    ids = {"film", *(character["id"] for character in found["characters"])}
    assert set(arcs["character"]) == ids
    assert (arcs["valence_low"] <= arcs["valence_high"]).all()
    people = pl.read_parquet(report / "people.parquet").to_dicts()
    for row, character in zip(people, found["characters"], strict=True):
        assert [row[name] for name in ("character", "name", "dominant", "tracks")] == [
            *(character[name] for name in ("id", "name", "dominant")),
            len(character["tracks"]),
        ]
        assert [row[name] for name in classes] == pytest.approx(
            list(character["probabilities"].values()), abs=1e-6
        )
        for name in ("screen_seconds", "valence"):
            assert row[name] == pytest.approx(character[name], abs=1e-3)
        # In one track at a time, a face is on screen as long as its tracks are.
        assert row["coverage"] == pytest.approx(row["screen_seconds"] / found["film"]["seconds"])
        assert row["start"] == pytest.approx(character["first_seen"], abs=1e-3)
        assert row["end"] <= found["film"]["seconds"] + 0.01 and row["faces"] > 0


def test_an_arc_is_where_its_character_is_on_screen(report: Path) -> None:
    faces = pl.read_parquet(report / "faces.parquet").filter(pl.col("quality") > 0)
    arcs = pl.read_parquet(report / "arcs.parquet")
    half = arcs["seconds"].unique().sort().diff().min() / 2 + 1e-6
    for (id,), mine in arcs.group_by("character"):
        shown = faces if id == "film" else faces.filter(pl.col("character") == id)
        until = shown["until"].to_numpy()
        since = until - shown["stretch"].to_numpy()
        for at in mine["seconds"].to_list():
            assert ((since < at + half) & (until > at - half)).any(), (id, at)


def test_a_name_stands_beside_its_id_in_all_tables(analysed: tuple[Path, Analysis]) -> None:
    _, analysis = analysed
    first, *others = analysis.people
    named = replace(analysis, people=[replace(first, name="Nora"), *others])
    for rows in (face_rows, track_rows, people_rows, arc_rows):
        told = dict(rows(named).select("character", "name").unique().drop_nulls().iter_rows())
        told.pop("film", None)
        assert told == {first.id: "Nora", **{person.id: person.id for person in others}}
    both = [Pair(first.id, others[0].id, 1.0, 1, None)]
    assert pair_rows(replace(named, pairs=both))["first_name"].to_list() == ["Nora"]
    assert any("Nora" in names.split("; ") for names in scene_rows(named)["names"])
    nobody = replace(analysis, people=[], pairs=[])
    assert people_rows(nobody).columns == people_rows(analysis).columns
    assert people_rows(nobody).schema == people_rows(analysis).schema


def test_every_face_is_in_its_shot_and_time(report: Path) -> None:
    shots = pl.read_parquet(report / "shots.parquet")
    faces = pl.read_parquet(report / "faces.parquet").join(shots, on="shot")
    assert ((faces["seconds"] >= faces["start"]) & (faces["seconds"] < faces["end"])).all()
    assert (faces["until"] <= faces["end"] + 1e-6).all()
    assert (faces["stretch"] >= faces["until"] - faces["seconds"] - 1e-6).all()


def test_the_page_is_one_file_that_says_what_it_cannot_say(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    check_page(page, scripts=2)
    assert "not what anybody feels" in page and "Russell and Mehrabian" in page
    assert len(page) < 15e6


def test_again_nothing_is_computed_and_everything_is_equal(
    report: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in report.iterdir() if path.is_file()}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("cinemotion.flows.analyzing.footage.build", never)
    monkeypatch.setattr("cinemotion.learn.classifier.Classifier.logits", never)
    monkeypatch.setattr("cinemotion.faces.dlib_identity.DlibIdentity.__call__", never)
    analyze(film, report, recipe=RECIPE, workers=0)
    after = {path.name: path.read_bytes() for path in report.iterdir() if path.is_file()}
    assert before == after


def test_an_edited_cast_is_the_truth_until_told_otherwise(
    report: Path, film: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    shutil.copytree(report, out)
    first = summary(out)
    ids = [character["id"] for character in first["characters"]]
    path = out / "characters.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"{ids[0]},,", f"{ids[0]},Eileen,"), encoding="utf-8")
    analyze(film, out, recipe=RECIPE, workers=0)
    assert summary(out)["characters"][0]["name"] == "Eileen"
    assert "Eileen" in (out / "report.html").read_text(encoding="utf-8")
    tracks = " ".join(str(t) for c in first["characters"] for t in c["tracks"])
    path.write_text(f"character,name,tracks\nx,Both,{tracks}\n", encoding="utf-8")
    for _ in range(2):  # it stays so
        [analysis] = analyze(film, out, recipe=RECIPE, workers=0)
        assert [person.name for person in analysis.people] == ["Both"]
    said: list[str] = []
    three = load_analyze_recipe(None, {"people.count": 3})
    analyze(film, out, recipe=three, workers=0, notice=said.append)
    assert len(said) == 1 and "asked for 3 characters, found 1" in said[0]
    analyze(film, out, recipe=RECIPE, workers=0, recast=True, notice=said.append)
    assert "kept in characters.csv.bak" in said[1]
    assert "Both" in (out / "characters.csv.bak").read_text(encoding="utf-8")
    assert summary(out)["characters"] == first["characters"]
    path.write_text("character,name,tracks\nx,Both,999\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="no track 999"):
        analyze(film, out, recipe=RECIPE, workers=0)


def test_what_a_run_does_not_write_any_more_is_removed(
    report: Path, film: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    shutil.copytree(report, out)
    sheet = out / "characters.csv"
    written = sheet.read_text(encoding="utf-8")
    sheet.write_text(written.replace("\nc01,", "\nnora,"), encoding="utf-8")
    analyze(film, out, workers=0, figures=True, video=True)
    assert (out / "figures" / "nora.png").exists() and (out / "film.mp4").exists()
    sheet.write_text(written, encoding="utf-8")
    analyze(film, out, workers=0, figures=True)
    assert {path.stem for path in (out / "figures").iterdir()} == {"overview", "film", "c01", "c02"}
    assert not (out / "film.mp4").exists() and film.exists()
    analyze(film, out, workers=0)
    assert not (out / "figures").exists()
    assert (out / "report.html").read_bytes() == (report / "report.html").read_bytes()


def test_a_film_that_was_built_often_enough_is_not_built_again(film: Path, tmp_path: Path) -> None:
    fine = BuildRecipe(sampling=Sampling(every=0.25))
    build(film, tmp_path / "d", recipe=fine, workers=0)

    def taken(every: float) -> tuple[float, bool]:
        recipe = RECIPE.build.model_copy(update={"sampling": Sampling(every=every)})
        [found] = take_footage([film], tmp_path / "d", recipe, executor=InlineExecutor())
        return found.every, found.reused

    assert taken(0.5) == (0.25, True)
    assert taken(0.25) == (0.25, True)
    assert taken(0.125) == (0.125, False)
    assert taken(0.2) == (0.125, True)  # the coarsest that is fine enough
    moved = shutil.copy(film, tmp_path / "moved.mp4")
    [found] = take_footage([Path(moved)], tmp_path / "d", fine)
    assert found.reused


def test_films_of_the_report_are_passed_over_in_a_search(
    report: Path, film: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "report"
    ours.mkdir()
    for place in (tmp_path / "a.mp4", ours / "film.mp4"):
        shutil.copy(film, place)

    assert choose_films([tmp_path], ours) == [tmp_path / "a.mp4"]
    assert choose_films([ours / "film.mp4"], ours) == [ours / "film.mp4"], "what is named is meant"
    with pytest.raises(BadInputError, match="the report's own folder"):
        choose_films([ours], ours)


def test_what_stands_still_is_on_screen_all_the_same(film: Path, tmp_path: Path) -> None:
    build(film, tmp_path / "d", recipe=RECIPE.build, workers=0)
    [footage] = take_footage([film], tmp_path / "d", RECIPE.build)
    seen = read_sightings(footage)
    still = pl.from_arrow(
        __import__("lance").dataset(str(tmp_path / "d" / "frames.lance")).to_table()
    )
    assert isinstance(still, pl.DataFrame)
    assert seen.frames.height == still.height
    assert seen.frames["stretch"].sum() == pytest.approx(seen.end - seen.start, abs=0.01)
    shown = still.filter(pl.col("samples") > 0)["pts"]
    copies = still.filter(pl.col("same_as_pts").is_in(shown.implode()))
    assert set(copies["pts"]) <= set(seen.faces["pts"])


def test_without_an_embedder_each_track_is_somebody(
    report: Path, film: Path, tmp_path: Path
) -> None:
    alone = AnalyzeRecipe(people=People(embedder="none"))
    shutil.copytree(report / "dataset", tmp_path / "d")  # it learns who is who
    [analysis] = analyze(film, tmp_path / "r", recipe=alone, dataset=tmp_path / "d", workers=0)
    assert all(len(person.tracks) == 1 for person in analysis.people)
    assert len(analysis.people) >= 2


def test_one_person_where_one_is_asked_for(report: Path, film: Path, tmp_path: Path) -> None:
    one = load_analyze_recipe(None, {"people.count": 1})
    assert one.build == RECIPE.build
    shutil.copytree(report / "dataset", tmp_path / "d")
    [analysis] = analyze(film, tmp_path / "r", recipe=one, dataset=tmp_path / "d", workers=0)
    assert len(analysis.people) == 1


def test_bad_input_is_one_line(film: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no model"):
        analyze(film, tmp_path / "r", recipe=AnalyzeRecipe(model="nothing"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="is a file"):
        analyze(film, tmp_path / "file")
    with pytest.raises(BadInputError, match="at even distances"):
        analyze(
            film,
            tmp_path / "r",
            recipe=AnalyzeRecipe(build=BuildRecipe(subject="frame")),
        )
    for wrong in ("analyze.toml", lambda: None):
        with pytest.raises(BadInputError, match="recipe must be an AnalyzeRecipe or a function"):
            analyze(film, tmp_path / "r", recipe=wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "r").exists()


def test_workers_that_wait_for_bad_input_are_sent_away(film: Path, tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(BadInputError, match="no model"):
        analyze(film, tmp_path / "r", recipe=AnalyzeRecipe(model="nothing"), workers=1)
    left = set(psutil.Process().children(recursive=True)) - before
    _, alive = psutil.wait_procs(list(left), timeout=10)
    assert alive == []


def test_what_comes_later_is_loaded_once_the_workers_are_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def load(name: str) -> None:
        asked.append(name)
        raise ImportError(name)  # is said where the module is needed, not here

    monkeypatch.setattr("cinemotion.flows.analyzing.gathering.import_module", load)
    said: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    before = set(threading.enumerate())
    watch = _LoadsAhead(Quiet())
    watch.begin(1, 10.0)
    assert asked == []
    for _ in range(3):
        watch.advance(1.0, 0)
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert sorted(asked) == ["cinemotion.flows.analyzing.reading", "ruptures"]
    assert said == []
