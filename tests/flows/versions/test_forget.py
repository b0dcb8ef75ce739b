"""Forgetting is proved on bytes: every file of the dataset is searched for what must be gone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset import erasure
from cinemotion.dataset.assignment import read_assignment, write_assignment
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.deduplication import write_twins
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import open_version
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.versions import forget as module
from cinemotion.flows.versions.forget import forget, plan_forgetting
from cinemotion.flows.versions.freeze import freeze
from cinemotion.video.thumbnail import BYTES
from smallsets import NEAR, Still, add_stills, make_set, noise, simple, table

FILM, OTHER = "f1" * 32, "f2" * 32
TITLE = "Der Verlorene Film"
PATH = "/somewhere/verlorener-film.mkv"
RECIPE = "4ec19e"
SHOT = 24


def _crop(film: str, number: int) -> dict[str, object]:
    image = np.random.default_rng([film == FILM, number]).integers(0, 256, (24, 24, 3), np.uint8)
    return {
        "id": f"{film[:2]}{number:062}",
        "film": film,
        "recipe": RECIPE,
        "segment": 0,
        "pts": number,
        "time_base_num": 1,
        "time_base_den": SHOT,
        "seconds": number / SHOT,
        "image": encode_image(image, "png"),
    }


def _colours(film: str, number: int) -> bytes:
    """The thumbnail of a frame, which is nowhere else."""
    return np.random.default_rng([7, film == FILM, number]).bytes(BYTES)


def _film_rows(film: str, title: str, path: str, n: int = 6) -> dict[str, pa.Table]:
    owner = {"film": film, "recipe": RECIPE, "segment": 0}
    crops = [_crop(film, i) for i in range(n)]
    facts = [owner | {"id": c["id"], "shot": 0, "track": 0, "status": "kept"} for c in crops]
    shot = {"shot": 0, "start_pts": 0, "end_pts": n, "time_base_num": 1, "time_base_den": SHOT}
    notes = {"title": title, "path": path, "rights": f"all of {title}", "group": title}
    rows = {
        "crops": crops,
        "facts": facts,
        "frames": [owner | {"pts": i, "colours": _colours(film, i)} for i in range(n)],
        "segments": [owner | {"stage": "samples", "signals": b"signals of " + title.encode()}],
        "shots": [owner | shot],
        "films": [owner | notes | {"status": "done"}],
    }
    return {name: pa.Table.from_pylist(r, table(name, []).schema) for name, r in rows.items()}


def _add_film(store: Store, film: str, title: str, path: str, side: str) -> None:
    for name, rows in _film_rows(film, title, path).items():
        store.append(name, rows)
    ids = [str(_crop(film, i)["id"]) for i in range(6)]
    rows = pl.DataFrame({"id": ids, "key": [title] * 6, "split": [side] * 6, "reason": [None] * 6})
    rows = rows.with_columns(pl.col("reason").cast(pl.String))
    found = read_assignment(store)
    old = [found[0].filter(~pl.col("id").is_in(ids))] if found else []
    write_assignment(store, pl.concat([*old, rows]), {"level": "film", "near": NEAR})
    Votes(store.path).add([Vote(id, "sad", "anna") for id in ids])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = make_set(tmp_path / "d", simple(), level="film")
    _add_film(store, FILM, TITLE, PATH, "train")
    _add_film(store, OTHER, "Another", "/somewhere/another.mkv", "val")
    votes = Votes(store.path)
    votes.add_ranges([Range(TITLE, Fraction(0), Fraction(1, 8), "fear", annotator="ben")])
    (store.path / "cache" / "export").mkdir(parents=True)
    (store.path / "cache" / "export" / "picture.png").write_bytes(_marker(0))
    (store.path / ".locks" / "draft-left-1").write_text(TITLE)
    (store.path / ".locks" / "import-0.json").write_text(TITLE)
    write_twins(store, pl.from_arrow(store.read("duplicates")), {}, {f"{FILM}/{RECIPE}": 6})
    return store


def _marker(number: int) -> bytes:
    """Bytes from the middle of a crop's file, which are nowhere else."""
    data = _crop(FILM, number)["image"]
    assert isinstance(data, bytes)
    return data[200:264]


def _holding(folder: Path, marker: bytes) -> list[str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [str(path.relative_to(folder)) for path in files if marker in path.read_bytes()]


def _ids(film: str = FILM) -> list[str]:
    return [str(_crop(film, i)["id"]) for i in range(6)]


def _assert_gone(store: Store) -> None:
    for number in range(6):
        assert _holding(store.path, _marker(number)) == []
        assert _holding(store.path, _colours(FILM, number)[:64]) == []
    for text in (TITLE, PATH, FILM):
        assert _holding(store.path, text.encode()) == []
    allowed = ("versions/",)  # a version keeps the ids
    for id in _ids():
        left = [file for file in _holding(store.path, id.encode()) if not file.startswith(allowed)]
        assert left == []


@pytest.mark.parametrize("name", [FILM, FILM[:8], TITLE, Path(PATH).name, TITLE.lower()])
def test_no_byte_of_a_film_is_left(store: Store, name: str) -> None:
    version = freeze(store.path, tag="v1")
    assert _holding(store.path, _marker(3))
    assert _holding(store.path, _colours(FILM, 3)[:64])
    assert _holding(store.path, TITLE.encode())
    done = forget(store.path, name)
    assert (done.films, len(done.samples), done.versions) == ((FILM,), 6, {version.id: 6})
    _assert_gone(store)
    opened = open_dataset(store.path)
    assert opened.samples().height == 18
    assert len(opened.images(_ids(OTHER))) == 6
    assert Votes(store.path).current().filter(annotator="anna").height == 6


def test_a_frozen_version_says_so_and_keeps_its_id(store: Store) -> None:
    version = freeze(store.path, tag="v1")
    manifest = version.manifest()
    forget(store.path, FILM)
    version = open_version(store.path, "v1")
    assert version.manifest().equals(manifest)
    assert version.record["redacted"] == 6
    assert [film["title"] for film in version.record["films"]] == ["Another"]
    samples = {row["id"]: row for row in version.samples().iter_rows(named=True)}
    gone = samples[_ids()[0]]
    assert (gone["status"], gone["title"], gone["film"]) == ("redacted", None, None)
    assert samples[_ids(OTHER)[0]]["title"] == "Another"
    with pytest.raises(DatasetError, match=r"1 of 1 samples .* were forgotten"):
        version.images(_ids()[:1])


def test_an_import_is_forgotten_by_its_name(store: Store) -> None:
    add_stills(store, [Still("private.png", noise(70), source="holiday")])
    store.compact(0)
    done = forget(store.path, "holiday")
    assert (done.sources, len(done.samples)) == (("holiday",), 1)
    for text in (b"holiday", b"private.png"):
        assert _holding(store.path, text) == []
    assert open_dataset(store.path).samples().height == 24


def test_a_film_that_an_import_told_of_is_forgotten(store: Store) -> None:
    freeze(store.path, tag="v1")
    done = forget(store.path, "Film 1")
    assert len(done.samples) == 4
    assert _holding(store.path, b"Film 1") == []
    assert open_dataset(store.path).sources()["name"].to_list() == ["course"]


def test_twins_of_a_forgotten_keeper_are_free_again(tmp_path: Path) -> None:
    stills = simple()
    twin = Still("twin.png", stills[0].image, keeper=stills[0].id, source="other")
    store = make_set(tmp_path / "d", [*stills, twin])
    forget(store.path, "course")
    [row] = open_dataset(store.path).samples().to_dicts()
    assert (row["id"], row["status"], row["keeper"]) == (twin.id, "kept", None)
    assert _holding(store.path, stills[0].id.encode()) == []


def test_a_film_built_again_is_new(store: Store) -> None:
    version = freeze(store.path, tag="v1")
    forget(store.path, FILM)
    _add_film(store, FILM, TITLE, PATH, "train")
    write_twins(store, pl.from_arrow(store.read("duplicates")), {}, {})
    assert len(open_dataset(store.path).images(_ids())) == 6
    with pytest.raises(DatasetError, match="forgotten"):
        open_version(store.path, "v1").images(_ids())  # that they are back does not undo it
    Votes(store.path).add_ranges(
        [Range(TITLE, Fraction(0), Fraction(1, 8), "fear", annotator="ben")]
    )
    again = freeze(store.path, tag="v2")
    assert again.id == version.id  # freezing the same again does
    assert len(open_version(store.path, "v1").images(_ids())) == 6


STEPS = ("redact", "Votes.forget", "_forget_assignment", "erase", "_remove")


@pytest.mark.parametrize("step", STEPS)
def test_what_a_kill_cut_short_is_completed(
    store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    freeze(store.path, tag="v1")
    with monkeypatch.context() as patch:
        patch.setattr(f"{module.__name__}.{step}", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(store.path, TITLE)
    assert len(plan_forgetting(store.path, TITLE).samples) == 6
    with pytest.raises(DatasetError, match="was cut short"):
        freeze(store.path, tag="v2")
    assert len(forget(store.path, TITLE).samples) == 6
    _assert_gone(store)
    with pytest.raises(BadInputError, match="no film, import"):
        forget(store.path, TITLE)


def test_a_kill_between_two_tables_is_completed_by_the_next_forgetting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase_table = erasure._erase

    def killed(folder: Path, conditions: object) -> None:
        if folder.stem == "stills":
            raise KeyboardInterrupt
        erase_table(folder, conditions)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "_erase", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(store.path, TITLE)
    forget(store.path, "Another")
    _assert_gone(store)
    assert open_dataset(store.path).films().height == 0


def test_a_group_that_is_named_after_a_forgotten_film_gets_another_name(store: Store) -> None:
    found = read_assignment(store)
    assert found is not None
    tied = pl.when(pl.col("key") == "Another").then(pl.lit(TITLE)).otherwise("key")
    write_assignment(store, found[0].with_columns(key=tied, split=pl.lit("train")), found[1])
    freeze(store.path, tag="v1")
    forget(store.path, TITLE)
    _assert_gone(store)
    after = read_assignment(store)
    assert after is not None
    assert set(after[0]["key"]) == {"00", "01", "02", f"sample:{_ids(OTHER)[0]}"}


def test_a_name_must_be_known_and_clear(store: Store) -> None:
    with pytest.raises(
        BadInputError, match="has no film, import or film of an import named 'Nobody"
    ):
        forget(store.path, "Nobody")
    _add_film(store, "f3" * 32, TITLE, "/elsewhere/x.mkv", "val")
    with pytest.raises(BadInputError, match="stands for several"):
        forget(store.path, TITLE)
    assert open_dataset(store.path).samples().height == 30


def test_a_film_at_work_is_left_alone(store: Store) -> None:
    with store.film_lock(FILM), pytest.raises(DatasetError, match="a build or import works on"):
        forget(store.path, TITLE)
    assert open_dataset(store.path).samples().height == 24
    assert (store.path / ".locks" / f"{FILM}.lock").exists()


def test_a_cache_that_cannot_be_removed_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refuse)
        with pytest.raises(DatasetError, match=r"cannot remove .*cache"):
            forget(store.path, TITLE)
    forget(store.path, TITLE)
    _assert_gone(store)


def test_deleted_and_compacted_bytes_go_too(store: Store) -> None:
    """Rows that were deleted or rewritten earlier linger in old states of a table."""
    store.delete("crops", f"id = '{_ids()[0]}'")
    store.replace("films", store.read("films"), key=["film", "recipe"])
    forget(store.path, FILM)
    _assert_gone(store)


def test_what_a_kill_left_of_a_first_commit_goes_too(store: Store) -> None:
    left = store.path / "features" / "0123456789ab.lance" / "data" / "part.lance"
    left.parent.mkdir(parents=True)
    left.write_bytes(_ids()[0].encode())
    forget(store.path, FILM)
    _assert_gone(store)
