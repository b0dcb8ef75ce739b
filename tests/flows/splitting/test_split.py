from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.deduplication import write_twins
from cinemotion.dataset.levels import LEVELS, levels
from cinemotion.dataset.store import Store
from cinemotion.flows.curating.dedup import dedup
from cinemotion.flows.curating.fingerprints import ensure_fingerprints
from cinemotion.flows.splitting.split import split
from cinemotion.flows.versions.proof import PROMISES
from smallsets import Still, add_stills, make_set, noise, table

CLASSES = ("angry", "happy", "sad")


def films(count: int, each: int = 6, first: int = 0, **more: Any) -> list[Still]:
    """Pictures of films of two clips each, all different, three classes."""
    return [
        Still(
            f"film{film:03}_{i:03}.png",
            noise(1000 * film + i),
            label=CLASSES[i % 3],
            film=f"Film {film:03}",
            clip=f"{i // 3:02}",
            **more,
        )
        for film in range(first, first + count)
        for i in range(each)
    ]


def unsplit(path: Path, stills: list[Still]) -> Store:
    store = Store.create(path)
    add_stills(store, stills)
    return store


def sides(store: Store) -> dict[str, str | None]:
    found = read_assignment(store)
    assert found is not None
    return dict(found[0].select("id", "split").iter_rows())


def by_member(store: Store, stills: list[Still]) -> dict[str, str | None]:
    chosen = sides(store)
    return {still.member: chosen.get(still.id) for still in stills}


def leaks(store: Store, level: str | None, near: Nearness | None = None) -> list[str]:
    """Every pair that must not be on two sides and is, compared one by one."""
    near = near or Nearness()
    dataset = open_dataset(store.path)
    chosen = pl.DataFrame(
        [(id, side) for id, side in sides(store).items() if side is not None],
        schema={"id": pl.String, "side": pl.String},
        orient="row",
    )
    joined = chosen.join(levels(dataset), on="id").join(ensure_fingerprints(dataset), on="id")
    found = []
    rows = joined.to_dicts()
    for i, a in enumerate(rows):
        for b in rows[:i]:
            if a["side"] == b["side"]:
                continue
            found += [name for name in PROMISES.get(level or "", ()) if _same(a, b, name)]
            seen = min(a["deviation"], b["deviation"]) >= near.min_deviation
            distances = [(a[name] ^ b[name]).bit_count() for name in ("phash", "dhash")]
            if _same(a, b, "pixels") or (
                seen and distances[0] <= near.phash and distances[1] <= near.dhash
            ):
                found.append("twin")
    return found


def _same(a: dict[str, Any], b: dict[str, Any], name: str) -> bool:
    return a[name] is not None and a[name] == b[name]


def test_a_split_by_film_keeps_films_together_and_meets_the_ratios(tmp_path: Path) -> None:
    stills = films(20)
    store = unsplit(tmp_path / "d", stills)
    report = split(open_dataset(store.path), group="film")
    assert (report.level, report.groups, report.samples) == ("film", 20, 120)
    assert report.columns[0]["class"] is None
    got = {name: side["got"] for name, side in report.columns[0]["sides"].items()}
    assert got == {"train": 84, "val": 24, "test": 12}
    assert [column["class"] for column in report.columns[1:]] == list(CLASSES)
    assert report.deviation == pytest.approx(0) and report.optimal
    assert leaks(store, "film") == []
    assert set(sides(store)) == {still.id for still in stills}


def test_rejected_samples_and_answers_that_are_no_class_do_not_count(tmp_path: Path) -> None:
    stills = films(6)
    stills[0].status, stills[0].reason = "rejected", "blurred"
    stills[1].label = "unknown"
    stills[2].label = None
    store = unsplit(tmp_path / "d", stills)
    report = split(open_dataset(store.path), group="film")
    assert report.samples == 35
    assert sum(column["total"] for column in report.columns[1:]) == 33
    assert stills[0].id not in sides(store)
    assert sides(store)[stills[1].id] == sides(store)[stills[3].id]


def test_auto_takes_the_coarsest_level_that_allows_the_ratios(tmp_path: Path) -> None:
    many = split(open_dataset(unsplit(tmp_path / "many", films(10)).path))
    assert (many.level, many.refused) == ("film", [])
    few = split(open_dataset(unsplit(tmp_path / "few", films(2, each=30)).path))
    assert few.level == "shot"
    assert few.refused[0]["level"] == "film" and "2 groups miss" in few.refused[0]["why"]


def test_auto_says_where_no_level_is_near_enough(tmp_path: Path) -> None:
    report = split(open_dataset(unsplit(tmp_path / "d", films(1)).path))
    assert report.level in LEVELS
    assert any("more than 0.05: no level stays within" in w for w in report.warnings)
    assert any("test is empty" in w for w in report.warnings)
    again = split(open_dataset(tmp_path / "d"))
    assert any("old groups keep their level" in w for w in again.warnings)


def test_without_any_level_samples_stand_alone_with_their_twins(tmp_path: Path) -> None:
    stills = [Still(f"{i}.png", noise(i // 2), label=CLASSES[i % 3]) for i in range(40)]
    store = unsplit(tmp_path / "d", stills)
    report = split(open_dataset(store.path))
    assert (report.level, report.groups, report.tied) == (None, 20, 40)
    assert "only twins are kept together" in report.warnings[0]
    assert leaks(store, None) == []


def test_a_sample_without_the_level_goes_by_a_finer_one(tmp_path: Path) -> None:
    stills = films(6)
    for still in stills[:6]:
        still.film = None
    store = unsplit(tmp_path / "d", stills)
    report = split(open_dataset(store.path), group="film")
    assert (report.groups, report.without) == (7, 6)
    assert any("6 samples lack a film" in w for w in report.warnings)
    nobody = split(open_dataset(store.path), group="scene", rebalance=True)
    assert any("no sample has a scene" in w for w in nobody.warnings)


def test_a_level_that_would_keep_nothing_together_is_one_line(tmp_path: Path) -> None:
    known = unsplit(tmp_path / "d", films(6))
    with pytest.raises(DatasetError, match=r"has a track .* it knows film, shot: choose one"):
        split(open_dataset(known.path), group="track")
    loose = unsplit(tmp_path / "e", [Still(f"{i}.png", noise(i)) for i in range(9)])
    with pytest.raises(DatasetError, match="it knows none: leave --group out"):
        split(open_dataset(loose.path), group="film")


def copied(stills: list[Still], name: str, *, fewer: int = 0) -> list[Still]:
    """The same films a little darker, under other names; of each film some are left out."""
    return [
        Still(
            f"{name}{still.member}",
            np.where(still.image > 8, still.image - 4, still.image).astype(np.uint8),
            label=still.label,
            film=f"{name}{still.film}",
            clip=still.clip,
        )
        for at, still in enumerate(stills)
        if at % 6 >= fewer
    ]


def film_sides(store: Store, stills: list[Still]) -> dict[str, set[str]]:
    chosen = by_member(store, stills)
    found: dict[str, set[str]] = {}
    for still in stills:
        side = chosen[still.member]
        if side is not None:
            assert still.film is not None
            found.setdefault(still.film.removeprefix("copy of "), set()).add(side)
    return found


def test_copies_of_a_film_stay_together_after_their_twins_were_rejected(tmp_path: Path) -> None:
    originals = films(10)
    stills = originals + copied(originals, "copy of ", fewer=2)
    store = unsplit(tmp_path / "d", stills)
    dedup(open_dataset(store.path))
    report = split(open_dataset(store.path), group="film", ratios=(50, 30, 20))
    found = film_sides(store, stills)
    assert len(found) == 10
    assert all(len(sides) == 1 for sides in found.values())
    assert report.deviation < 0.2


def test_one_picture_in_all_films_ties_nothing_once_it_was_found(tmp_path: Path) -> None:
    stills = films(10)
    for still in stills[::6]:
        still.image = stills[0].image  # a logo at the beginning of each
    store = unsplit(tmp_path / "d", stills)
    dedup(open_dataset(store.path))
    report = split(open_dataset(store.path), group="film")
    assert (report.groups, report.tied) == (10, 0)


def test_a_better_copy_takes_over_the_side_of_what_it_replaces(tmp_path: Path) -> None:
    stills = films(10)
    store = unsplit(tmp_path / "d", stills)
    before = split(open_dataset(store.path), group="film", ratios=(50, 30, 20))
    assert before.groups == 10
    old = film_sides(store, stills)
    copies = copied(stills, "copy of ")
    add_stills(store, copies)
    dedup(open_dataset(store.path))
    split(open_dataset(store.path), group="film", ratios=(50, 30, 20))
    assert film_sides(store, stills + copies) == old


@pytest.mark.parametrize(("each", "others", "lost"), [(1, 10, 1), (2, 1, 5)])
def test_a_new_film_that_replaces_pictures_of_two_sides_bridges_them(
    each: int, others: int, lost: int, tmp_path: Path
) -> None:
    stills = films(10)
    store = unsplit(tmp_path / "d", stills)
    split(open_dataset(store.path), group="film", ratios=(50, 30, 20))
    old = film_sides(store, stills)
    replaced = [
        still
        for side in ("train", "test")
        for still in [still for still in stills if old[str(still.film)] == {side}][:each]
    ]
    images = [still.image for still in replaced] + [noise(10**6 + i) for i in range(others)]
    medley = [
        Still(f"medley_{i}.png", image, film="medley", clip="00") for i, image in enumerate(images)
    ]
    add_stills(store, medley)
    twins = [(was.id, now.id) for was, now in zip(replaced, medley, strict=False)]
    rows = [(id, new, "exact", 0) for was, new in twins for id in (was, new)]
    table = pl.DataFrame(rows, schema=["id", "keeper", "kind", "distance"], orient="row")
    write_twins(store, table.cast({"distance": pl.Int32}), asdict(Nearness()), {})
    split(open_dataset(store.path), group="film", ratios=(50, 30, 20))
    # A few pictures of each side are taken out alone; where they are a good part of it, all goes.
    assert list(by_member(store, medley).values()).count(None) == lost
    assert leaks(store, "film") == []


def test_twins_tie_films_together(tmp_path: Path) -> None:
    stills = films(8)
    stills[7].image = stills[0].image  # film 1 shows a picture of film 0
    slightly = stills[13].image.copy()
    slightly[0, 0] += 1
    stills[19].image = slightly  # and film 3 nearly one of film 2
    store = unsplit(tmp_path / "d", stills)
    report = split(open_dataset(store.path), group="film")
    assert (report.groups, report.tied) == (6, 4)
    assert leaks(store, "film") == []
    assert report.largest["key"] == "film:film/Film 000"
    assert any("run cinemotion dedup first" in w for w in report.warnings)


def test_blank_pictures_tie_only_their_equals(tmp_path: Path) -> None:
    stills = films(6)
    for i, grey in ((0, 10), (6, 11), (12, 11)):
        stills[i].image = np.full((24, 24, 3), grey, np.uint8)
    report = split(open_dataset(unsplit(tmp_path / "d", stills).path), group="film")
    assert (report.groups, report.tied) == (5, 2)


def test_new_films_move_no_old_one(tmp_path: Path) -> None:
    old, new = films(7), films(6, first=7)
    store = unsplit(tmp_path / "d", old)
    split(open_dataset(store.path), group="film")
    before = sides(store)
    add_stills(store, new)
    report = split(open_dataset(store.path), group="film")
    after = sides(store)
    assert {id: after[id] for id in before} == before
    assert (report.stayed, report.placed, report.moved) == (7, 6, 0)
    assert set(after) - set(before) == {still.id for still in new}
    again = split(open_dataset(store.path), group="film", seed=5, ratios=(50, 30, 20))
    assert sides(store) == after
    assert any("settings differ" in w for w in again.warnings)


def test_rebalance_places_everything_anew(tmp_path: Path) -> None:
    stills = films(10)
    store = make_set(tmp_path / "d", stills, level="film")  # all in train
    report = split(open_dataset(store.path), rebalance=True)
    assert report.stayed == 0
    assert report.moved == 18  # 3 of 10 films
    assert report.columns[0]["sides"]["train"]["got"] == 42


def test_more_of_an_old_film_follows_it_even_where_all_it_had_is_rejected(tmp_path: Path) -> None:
    old = films(6, each=3)
    store = unsplit(tmp_path / "d", old)
    split(open_dataset(store.path), group="film")
    before = by_member(store, old)
    more = [Still(f"more{i}.png", noise(9000 + i), film=f"Film {i:03}") for i in range(6)]
    add_stills(store, more)
    gone = [{"id": s.id, "status": "rejected", "reason": "blurred"} for s in old[:3]]
    store.replace("facts", table("facts", gone), key="id")
    split(open_dataset(store.path), group="film")
    after = by_member(store, [*old, *more])
    for i in range(6):
        assert after[f"more{i}.png"] == before[f"film{i:03}_000.png"]
    assert after["film000_000.png"] is None


def placed(tmp_path: Path, count: int = 4) -> tuple[Store, list[Still], dict[str, str | None]]:
    """Films on two sides, one of each named."""
    old = films(count)
    store = unsplit(tmp_path / "d", old)
    split(open_dataset(store.path), group="film", ratios=(50, 50, 0))
    where = by_member(store, old)
    return store, old, where


def first_of(where: dict[str, str | None], stills: list[Still], side: str) -> Still:
    return next(still for still in stills if where[still.member] == side)


def test_a_new_twin_of_two_sides_is_rejected(tmp_path: Path) -> None:
    store, old, where = placed(tmp_path)
    a, b = (first_of(where, old, side) for side in ("train", "val"))
    new = films(1, first=50)
    new[0].image, new[1].image = a.image, b.image
    follower = Still("follower.png", a.image)
    add_stills(store, [*new, follower])
    report = split(open_dataset(store.path), group="film")
    after = by_member(store, [*old, *new, follower])
    assert {still.member: after[still.member] for still in old} == where
    # The new film hangs on one side; its twin of the other one is rejected.
    assert len(report.bridged) == 1
    assert report.bridged[0] in {new[0].id, new[1].id}
    side = after[new[2].member]
    assert {after[s.member] for s in new[2:]} == {side}
    assert after[follower.member] == "train"
    assert leaks(store, "film") == []
    found = read_assignment(store)
    assert found is not None
    row = found[0].filter(pl.col("id") == report.bridged[0]).row(0, named=True)
    assert (row["split"], row["reason"]) == (None, "bridges_splits")
    assert split(open_dataset(store.path), group="film").bridged == report.bridged


def test_a_chain_of_new_twins_between_two_sides_is_cut_once(tmp_path: Path) -> None:
    store, old, where = placed(tmp_path)
    a, b = (first_of(where, old, side) for side in ("train", "val"))
    chain = [
        Still("x.png", a.image, film="Between 1"),
        Still("y.png", noise(777), film="Between 1"),
        Still("z.png", noise(777), film="Between 2"),
        Still("w.png", b.image, film="Between 2"),
    ]
    add_stills(store, chain)
    report = split(open_dataset(store.path), group="film")
    assert len(report.bridged) == 1
    assert leaks(store, "film") == []
    assert by_member(store, old) == where


def test_twins_among_the_old_on_two_sides_ask_for_rebalance(tmp_path: Path) -> None:
    stills = films(4)
    stills[6].image = stills[0].image
    for still in stills[6:12]:
        still.split = "test"
    store = make_set(tmp_path / "d", stills, level="film")
    with pytest.raises(DatasetError, match="1 pairs of twins on two sides; --rebalance"):
        split(open_dataset(store.path), group="film")
    split(open_dataset(store.path), group="film", rebalance=True)
    assert leaks(store, "film") == []


def test_a_coarser_level_than_before_asks_for_rebalance(tmp_path: Path) -> None:
    store = unsplit(tmp_path / "d", films(2, each=30))
    split(open_dataset(store.path), group="shot")
    kept = sides(store)
    with pytest.raises(DatasetError, match=r"Film 00\d on two sides; --rebalance"):
        split(open_dataset(store.path), group="film")
    assert sides(store) == kept
    assert split(open_dataset(store.path)).level == "shot"  # auto keeps the level
    assert split(open_dataset(store.path), group="scene").level == "scene"  # by shots, as before
    assert sides(store) == kept


def test_folds_in_the_place_of_sides(tmp_path: Path) -> None:
    store = unsplit(tmp_path / "d", films(10))
    report = split(open_dataset(store.path), folds=5)
    assert report.sides == ["fold0", "fold1", "fold2", "fold3", "fold4"]
    assert [s["got"] for s in report.columns[0]["sides"].values()] == [12] * 5
    assert leaks(store, "film") == []
    found = read_assignment(store)
    assert found is not None and (found[1]["folds"], found[1]["ratios"]) == (5, None)
    with pytest.raises(DatasetError, match=r"is split into fold0, .* --rebalance"):
        split(open_dataset(store.path))


def test_the_record_of_a_split_says_how_and_not_what(tmp_path: Path) -> None:
    store = unsplit(tmp_path / "d", films(10))
    split(open_dataset(store.path), near=Nearness(phash=4, dhash=8, min_deviation=5.0))
    found = read_assignment(store)
    assert found is not None
    near = {"phash": 4, "dhash": 8, "min_deviation": 5.0}
    assert found[1] == {
        "level": "film",
        "ratios": [70, 20, 10],
        "folds": None,
        "seed": 0,
        "near": near,
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ratios": (70, 20, 20)}, "add up to 100.*got 70/20/20"),
        ({"ratios": (110, -10)}, "add up to 100"),
        ({"ratios": (40, 30, 20, 10)}, "add up to 100"),
        ({"ratios": ()}, "add up to 100"),
        ({"group": "actor"}, "unknown group 'actor'; choose one of: film"),
        ({"folds": 1}, "at least 2 folds"),
        ({"seed": -1}, "seed"),
        ({"tolerance": 2.0}, "tolerance"),
    ],
)
def test_bad_options_are_one_line(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    store = unsplit(tmp_path / "d", films(1))
    with pytest.raises(BadInputError, match=words):
        split(open_dataset(store.path), **options)
    assert read_assignment(store) is None


def test_a_dataset_without_a_kept_sample_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no kept sample"):
        split(open_dataset(Store.create(tmp_path / "d").path))


stills_of_chance = st.lists(
    st.tuples(
        st.integers(0, 14),  # picture: equal numbers are twins
        st.sampled_from([None, "a", "b", "c", "d", "e"]),  # film
        st.sampled_from([None, "1", "2"]),  # scene
        st.sampled_from([None, "Ann", "Bo"]),  # character
        st.sampled_from([None, "i", "j"]),  # clip
        st.sampled_from([None, "angry", "happy", "unknown"]),
    ),
    min_size=1,
    max_size=24,
)


@settings(max_examples=20, deadline=None)
@given(stills_of_chance, st.sampled_from([*LEVELS, "auto"]), st.floats(0, 1), st.booleans())
def test_nothing_leaks_at_once_or_in_two_steps(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[Any, ...]],
    level: str,
    share: float,
    folded: bool,
) -> None:
    stills = [
        Still(f"{i}.png", noise(p), label, None, film, scene, character, clip)
        for i, (p, film, scene, character, clip, label) in enumerate(drawn)
    ]
    store = unsplit(tmp_path_factory.mktemp("chance") / "d", stills[: 1 + int(share * len(drawn))])
    options: dict[str, Any] = {"group": level, "folds": 3 if folded else None}
    try:
        report = split(open_dataset(store.path), **options)
    except DatasetError as error:
        if "could be kept together" in str(error):  # no sample has the level
            return
        raise
    assert leaks(store, report.level) == []
    before = sides(store)
    if rest := stills[1 + int(share * len(drawn)) :]:
        add_stills(store, rest)
        try:
            report = split(open_dataset(store.path), **options)
        except DatasetError:  # new samples may join groups that are apart: said, not done
            assert sides(store) == before
            return
        after = sides(store)
        assert all(after[id] == side for id, side in before.items() if side is not None)
        assert leaks(store, report.level) == []


def test_the_last_dedup_decides_what_a_twin_is_and_late_samples_are_said(tmp_path: Path) -> None:
    stills = films(6)
    store = unsplit(tmp_path / "d", stills[:-6])
    dataset = open_dataset(store.path)
    dedup(dataset, near=Nearness(phash=2, dhash=3))
    assert split(dataset, group="film").warnings == []
    found = read_assignment(store)
    assert found is not None
    assert found[1]["near"] == {"phash": 2, "dhash": 3, "min_deviation": 5.0}
    add_stills(store, stills[-6:])
    warnings = split(open_dataset(store.path), group="film").warnings
    assert any("6 samples came in after the last cinemotion dedup" in line for line in warnings)
