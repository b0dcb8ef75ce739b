from __future__ import annotations

import csv
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image as Pillow

from cinemotion.core.errors import CinemotionError
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.dataset import open_dataset
from cinemotion.flows.auditing import scan as audit_scan
from cinemotion.flows.auditing.audit import audit
from cinemotion.flows.auditing.gallery import open_gallery
from cinemotion.flows.auditing.scan import scan
from cinemotion.flows.auditing.stakes import find_stakes
from cinemotion.flows.auditing.twins import count_groups, find_twins
from cinemotion.flows.importing.ingest import import_dataset
from twinned import PLANTED, draw, plant, resemble, save


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("audit") / "faces")


def test_what_was_planted_is_found(planted: Path) -> None:
    report = audit(planted)
    assert report.exact == PLANTED
    assert report.near == PLANTED | {
        "groups": 4,
        "copies": 6,
        "groups_across_splits": 3,
        "groups_of_different_pixels": 1,
        "test_images_with_training_twin": 3,
    }
    assert [part.name for part in report.parts] == ["train", "val", "test"]
    assert [part.classes for part in report.parts] == [
        {"happy": 4, "sad": 3},
        {"happy": 1, "sad": 1},
        {"happy": 3, "sad": 2},
    ]
    assert {row.name for row in report.unreadable} == {
        "Training/happy/words.jpg",
        "test/sad/cut.png",
    }
    assert all(row.reason for row in report.unreadable)
    assert (report.blank, report.ignored, report.test_part) == (2, 1, "test")


def test_the_accuracy_at_stake_is_told_for_every_two_parts(planted: Path) -> None:
    stakes = [
        (s.part, s.known, s.pictures, s.exact, s.near, s.same_label) for s in audit(planted).stakes
    ]
    assert stakes == [
        ("test", "train", 5, 2, 3, 3),
        ("val", "train", 2, 1, 1, 1),
        ("test", "val", 5, 0, 0, 0),
    ]


def test_pairs_name_both_pictures_and_how_many_there_are(planted: Path) -> None:
    shelves = {(shelf.sort, shelf.exact): shelf for shelf in audit(planted, pairs=1).shelves}
    assert {key: shelf.total for key, shelf in shelves.items()} == {
        ("across", True): 3,
        ("across", False): 1,
        ("conflict", True): 1,
        ("inside", True): 3,
    }
    assert all(len(shelf.pairs) == 1 for shelf in shelves.values())
    [conflict] = shelves["conflict", True].pairs
    assert conflict.conflict and conflict.distance == 0
    assert {conflict.first.name, conflict.second.name} == {
        "Training/happy/3.png",
        "Training/Sadness/3.png",
    }
    [near] = shelves["across", False].pairs
    assert (near.first.name, near.second.name) == ("test/sad/4.png", "Training/Sadness/4.png")


def test_without_training_there_is_no_accuracy_at_stake(tmp_path: Path) -> None:
    save(tmp_path / "d/happy/1.png", draw(1))
    save(tmp_path / "d/happy/2.png", draw(1))
    report = audit(tmp_path / "d")
    assert (report.exact["groups"], report.exact["test_images_with_training_twin"]) == (1, 0)
    assert report.test_part is None and not report.stakes and not report.leaks


def test_validation_is_the_test_where_there_is_none(planted: Path, tmp_path: Path) -> None:
    shutil.copytree(planted, tmp_path / "d")
    shutil.rmtree(tmp_path / "d/test")
    report = audit(tmp_path / "d")
    assert (report.test_part, report.exact["test_images_with_training_twin"]) == ("val", 1)


def test_the_limits_of_nearness_are_the_users(planted: Path) -> None:
    # The likeness differs in one bit of dHash.
    assert audit(planted, near=Nearness(phash=0, dhash=1)).near["groups"] == 4
    assert audit(planted, near=Nearness(phash=0, dhash=0)).near["groups"] == 3


def test_a_zip_of_the_folder_gives_the_same_figures(planted: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", planted)
    packed, unpacked = audit(archive), audit(planted)
    assert (packed.exact, packed.near) == (unpacked.exact, unpacked.near)
    assert packed.parts == unpacked.parts and packed.kind == "zip"


def test_blank_pictures_are_twins_only_where_they_are_equal(tmp_path: Path) -> None:
    for number, level in enumerate((0, 0, 1, 255)):
        save(tmp_path / f"d/{number}.png", np.full((48, 48, 3), level, np.uint8))
    save(tmp_path / "d/picture.png", draw(1))
    report = audit(tmp_path / "d")
    assert (report.exact["copies"], report.near["copies"], report.blank) == (1, 1, 4)


def test_fer2013_as_csv(tmp_path: Path) -> None:
    grey = [draw(seed)[..., 0] for seed in (1, 2, 3)]
    rows = [(3, 0, "Training"), (4, 1, "Training"), (3, 0, "PublicTest"), (0, 0, "PrivateTest")]
    with (tmp_path / "fer2013.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["emotion", "pixels", "Usage"])
        for emotion, picture, usage in rows:
            table.writerow([emotion, " ".join(map(str, grey[picture].ravel())), usage])
    report = audit(tmp_path / "fer2013.csv")
    assert report.exact["groups"] == report.exact["groups_with_conflicting_labels"] == 1
    assert [part.classes for part in report.parts] == [
        {"happy": 1, "sad": 1},
        {"happy": 1},
        {"angry": 1},
    ]
    assert [(s.part, s.exact, s.same_label) for s in report.stakes] == [
        ("test", 1, 0),
        ("val", 1, 1),
        ("test", 1, 0),
    ]


def _table(path: Path, planted: Path, names: list[str], **columns: list[str]) -> None:
    data = [(planted / name).read_bytes() for name in names]
    pl.DataFrame({"image": data, "label": ["happy"] * len(names), **columns}).write_parquet(path)


def test_parquet_parts_come_from_a_column_or_from_the_files_names(
    planted: Path, tmp_path: Path
) -> None:
    names = ["Training/happy/1.png", "test/happy/1.png", "test/sad/6.png"]
    _table(
        tmp_path / "all.parquet", planted, names, usage=["Training", "PrivateTest", "PrivateTest"]
    )
    _table(tmp_path / "train.parquet", planted, names[:1])
    _table(tmp_path / "test-00000-of-00001.parquet", planted, names[1:])
    one = audit(tmp_path / "all.parquet")
    two = audit([tmp_path / "train.parquet", tmp_path / "test-00000-of-00001.parquet"])
    assert one.exact == two.exact
    assert (one.exact["test_images_with_training_twin"], one.exact["test_images"]) == (1, 2)
    assert len(two.shelves[0].pairs) == 1
    shown = {two.shelves[0].pairs[0].first.name, two.shelves[0].pairs[0].second.name}
    again = open_gallery([tmp_path / "train.parquet", tmp_path / "test-00000-of-00001.parquet"])
    assert {exhibit.name for exhibit in again.exhibits(shown)} == shown


@pytest.fixture
def stored(planted: Path, tmp_path: Path) -> Path:
    """A dataset of the planted pictures, split as their folders were."""
    from cinemotion.dataset.assignment import write_assignment

    import_dataset(planted, tmp_path / "d", name="faces", group_pattern="none")
    dataset = open_dataset(tmp_path / "d")
    sides = {"Training": "train", "valid": "val", "test": "test"}
    rows = (
        dataset.samples()
        .filter(pl.col("status") == "kept")
        .select(
            "id",
            key="id",
            split=pl.col("member").str.split("/").list.first().replace_strict(sides),
            reason=pl.lit(None, pl.String),
        )
    )
    write_assignment(dataset.store, rows, {"level": None})
    return tmp_path / "d"


def test_a_dataset_is_audited_by_its_split(planted: Path, stored: Path) -> None:
    before = _state(stored)
    report, folder = audit(stored), audit(planted)
    assert (report.exact, report.near, report.kind) == (folder.exact, folder.near, "dataset")
    assert [part.classes for part in report.parts] == [
        *(part.classes for part in folder.parts),
        {},  # of the unassigned ones, which are the unreadable ones
    ]
    # A file that could not be read has no side, and its reason is told without our prefix.
    assert sorted(row.reason for row in report.unreadable) == sorted(
        row.reason for row in folder.unreadable
    )
    assert _state(stored) == before


def _state(dataset: Path) -> dict[Path, int]:
    """When each file was written; apart from locks and the journal of SQLite."""
    files = [path for path in dataset.rglob("*") if ".locks" not in path.parts and path.is_file()]
    kept = [path for path in files if not path.name.startswith("votes.sqlite-")]
    return {path: path.stat().st_mtime_ns for path in kept}


def test_a_frozen_version_is_audited_as_it_was(stored: Path) -> None:
    from cinemotion.flows.versions.freeze import freeze

    freeze(stored, tag="v1", allow_leakage="planted on purpose")
    report = audit(f"{stored}@v1")
    assert report.kind == "version"
    assert report.exact["test_images_with_training_twin"] == 2
    assert report.near["test_images_with_training_twin"] == 3


@pytest.mark.parametrize("seed", range(4))
def test_figures_equal_those_of_brute_force(seed: int, tmp_path: Path) -> None:
    """Against every pair of pictures, compared one by one."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in range(60):
        image = draw(int(rng.integers(12)))
        for _ in range(int(rng.integers(3))):
            image = resemble(image, int(rng.integers(3)))
        part, label = rng.choice(["train", "val", "test"]), rng.choice(["happy", "sad"])
        save(tmp_path / f"d/{part}/{label}/{number}.png", image)
        pictures.append((part, label, image.tobytes()))
    near = Nearness()
    scanned = scan(open_gallery([tmp_path / "d"]))
    twins = find_twins(scanned, near)
    groups: dict[bytes, list[tuple[str, str]]] = {}
    for part, label, data in pictures:
        groups.setdefault(data, []).append((part, label))
    several = [members for members in groups.values() if len(members) > 1]
    assert count_groups(twins, "exact") == {
        "groups": len(several),
        "copies": sum(len(members) - 1 for members in several),
        "groups_across_splits": sum(len({part for part, _ in g}) > 1 for g in several),
        "groups_with_conflicting_labels": sum(len({label for _, label in g}) > 1 for g in several),
        "groups_of_different_pixels": 0,
    }
    rows = twins.to_dicts()
    for stake in find_stakes(twins, near):
        held = [row for row in rows if row["part"] == stake.part]
        learned = [row for row in rows if row["part"] == stake.known]
        bits = {
            row["row"]: [b for other in learned if (b := _bits(row, other, near)) is not None]
            for row in held
        }
        assert stake.near == sum(bool(found) for found in bits.values())
        assert dict(stake.pairs.select("row", "distance").rows()) == {
            row: min(found) for row, found in bits.items() if found
        }


def _bits(a: dict[str, int], b: dict[str, int], near: Nearness) -> int | None:
    """Bits of pHash between two pictures, or ``None`` where they are no twins."""
    phash, dhash = ((a[name] ^ b[name]).bit_count() for name in ("phash", "dhash"))
    close = phash <= near.phash and dhash <= near.dhash
    return phash if close or a["pixels"] == b["pixels"] else None


def test_members_of_a_near_group_are_near_its_first(tmp_path: Path) -> None:
    """A long pan is several groups, though each picture is near to the next one."""
    a, b = draw(1).astype(float), draw(2).astype(float)
    for step in range(60):
        mixed = (a * (59 - step) + b * step) / 59
        save(tmp_path / f"d/train/happy/{step:02d}.png", mixed.astype(np.uint8))
    report = audit(tmp_path / "d")
    assert report.near["groups"] > 1
    assert report.near["copies"] > 30


def test_a_clump_across_parts_is_counted_without_comparing_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from cinemotion.flows.auditing import stakes as audit_stakes

    for part in ("train", "test"):
        for number in range(20):
            image = resemble(draw(1), number + (100 if part == "test" else 0))
            save(tmp_path / f"d/{part}/happy/{number}.png", image)
    exact = audit(tmp_path / "d").stakes[0]
    monkeypatch.setattr(audit_stakes, "_CLUMP", 0)
    monkeypatch.setattr(audit_stakes, "_COLUMNS", 2)
    quick = audit(tmp_path / "d").stakes[0]
    assert quick.near == exact.near == 20


def test_memory_is_bounded_by_a_few_pictures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit_scan, "usable_cores", lambda: 1)
    monkeypatch.setattr(audit_scan, "_PIXEL_BYTES", 1 << 20)
    for number in range(24):  # 3 MB each when decoded
        large = np.kron(draw(number)[:40, :40], np.ones((25, 25, 1), np.uint8))
        save(tmp_path / f"d/{number}.png", large)
    gallery = open_gallery([tmp_path / "d"])
    scan(gallery)  # what is loaded once is not ours to count
    tracemalloc.start()
    table = scan(gallery)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table["pixels"].n_unique() == 24
    assert peak < 36e6  # all of them would be 72 MB


def test_transparent_deep_and_turned_pictures_are_compared_as_people_see_them(
    tmp_path: Path,
) -> None:
    image = draw(1)
    opaque = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    save(tmp_path / "d/train/happy/plain.png", image)
    save(tmp_path / "d/test/happy/alpha.png", opaque)
    turned = Pillow.fromarray(np.rot90(image))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    turned.save(tmp_path / "d/test/happy/turned.png", exif=exif)
    assert audit(tmp_path / "d").exact["test_images_with_training_twin"] == 2


@pytest.mark.parametrize("name", ["nothing", "empty", "words.txt", "empty@v1"])
def test_what_cannot_be_audited_is_one_clear_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text("words")
    with pytest.raises(CinemotionError) as error:
        audit(tmp_path / name)
    assert "\n" not in str(error.value) and str(tmp_path) in str(error.value)


def test_file_names_need_not_be_text(tmp_path: Path) -> None:
    save(tmp_path / "d/train/happy/a.png", draw(1))
    strange = tmp_path / "d/test/happy" / b"\xff.png".decode("utf-8", "surrogateescape")
    save(strange, draw(1))
    report = audit(tmp_path / "d")
    assert report.exact["test_images_with_training_twin"] == 1
    assert report.shelves[0].pairs[0].first.name == "test/happy/\\xff.png"
