"""The training side grows by exactly what was asked for, and nothing else changes."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DatasetError, StorageFullError
from cinemotion.core.hashing import hash_file
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.versions import Version
from cinemotion.flows.augmenting.augment import AugmentReport, augment
from cinemotion.flows.augmenting.settings import AugmentSettings
from cinemotion.flows.versions.export import export
from cinemotion.learn.augment import AUGMENTATIONS, POLICIES
from frozen import Sample, drawn, file, frozen, png, usual

keras = pytest.importorskip("keras")

SETTINGS = AugmentSettings(policy="film", copies=3, seed=5)


def samples() -> list[Sample]:
    """The usual, another shape, a JPEG and a grey picture."""
    return [
        *usual(12),
        Sample("w.webp", file(drawn(51, 30, 26), "WEBP", quality=95), {"happy": 1}, "train"),
        Sample("j.jpg", file(drawn(52), "JPEG", quality=95), {"angry": 1}, "train"),
        Sample("l.png", file(drawn(53), "PNG", "L"), {"happy": 1}, "val"),
    ]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return frozen(tmp_path_factory.mktemp("dataset") / "d", samples())


@pytest.fixture(scope="module")
def plain(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plain") / "out"
    export(version.path, "v1", out)
    return out


@pytest.fixture(scope="module")
def enlarged(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("enlarged") / "out"
    augment(f"{version.path}@v1", out, SETTINGS)
    return out


def run(version: Version, out: Path, **options: object) -> AugmentReport:
    return augment(f"{version.path}@v1", out, AugmentSettings(**options))  # type: ignore[arg-type]


def hashes(folder: Path, keep: Callable[[Path], bool] = lambda _: True) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and keep(path)
    }


def pictures(folder: Path) -> dict[str, str]:
    return hashes(folder, lambda path: path.parent.parent.parent == folder)


def copies(folder: Path) -> dict[str, str]:
    return hashes(folder, lambda path: "-aug" in path.name)


def rows(out: Path, name: str = "augmented.csv") -> list[dict[str, str]]:
    with (out / name).open(newline="") as table:
        return list(csv.DictReader(table))


def test_only_the_training_side_grows_and_by_exactly_that(enlarged: Path, plain: Path) -> None:
    before, after = pictures(plain), pictures(enlarged)
    assert before.items() <= after.items()  # originals are as exported, to the byte
    new = set(after) - set(before)
    train = [Path(name) for name in before if name.startswith("train/")]
    assert new == {f"{path.parent}/{path.stem}-aug{n}.png" for path in train for n in range(1, 4)}
    assert len(train) == 8 and len(new) == 24


def test_other_sides_and_their_table_are_those_of_an_export(enlarged: Path, plain: Path) -> None:
    for side in ("val", "test"):
        assert hashes(enlarged / side) == hashes(plain / side) != {}
    assert hash_file(enlarged / "samples.csv") == hash_file(plain / "samples.csv")


def test_every_copy_has_a_row_and_a_parent_in_training(enlarged: Path, version: Version) -> None:
    table = rows(enlarged)
    assert {row["file"]: row["sha256"] for row in table} == copies(enlarged)
    frozen_as = {row["id"]: row for row in version.samples().iter_rows(named=True)}
    for row in table:
        parent = frozen_as[row["parent"]]
        assert (parent["split"], parent["status"]) == ("train", "kept")
        assert (row["split"], row["label"]) == ("train", parent["label"])
        assert version.classes[int(row["class"])] == row["label"]
        assert row["file"] == f"train/{row['label']}/{row['parent']}-aug{row['copy']}.png"
        assert (row["policy"], row["seed"]) == ("film", "5")
    assert set(Counter(row["parent"] for row in table).values()) == {3}


def test_copies_differ_from_their_original_and_from_each_other(enlarged: Path) -> None:
    originals = {row["id"]: row["file"] for row in rows(enlarged, "samples.csv")}
    for row in rows(enlarged):
        original = decode_image((enlarged / originals[row["parent"]]).read_bytes())
        copy = decode_image((enlarged / row["file"]).read_bytes())
        assert copy.shape == original.shape
        assert not np.array_equal(copy, original)
    assert len(set(copies(enlarged).values())) == 24


@pytest.mark.slow
def test_bytes_are_the_same_elsewhere(enlarged: Path, tmp_path: Path) -> None:
    """Another place, order of import, process, time zone and hash seed."""
    frozen(tmp_path / "other", samples()[::-1], tag="v1")
    code = (
        "import sys; from cinemotion.flows.augmenting.augment import AugmentSettings, augment\n"
        "augment(sys.argv[1], sys.argv[2], AugmentSettings('film', 3, 5))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    arguments = [f"{tmp_path / 'other'}@v1", str(tmp_path / "out")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=environment)
    assert hashes(tmp_path / "out") == hashes(enlarged)


def test_fewer_copies_are_the_first_of_more(
    enlarged: Path, version: Version, tmp_path: Path
) -> None:
    run(version, tmp_path / "out", policy="film", copies=1, seed=5)
    few, many = copies(tmp_path / "out"), copies(enlarged)
    assert len(few) == 8 and few.items() <= many.items()


@pytest.mark.parametrize("other", [{"seed": 6}, {"policy": "light"}])
def test_another_seed_or_policy_gives_other_copies(
    enlarged: Path, version: Version, tmp_path: Path, other: dict[str, object]
) -> None:
    run(version, tmp_path / "out", **{"policy": "film", "copies": 1, "seed": 5, **other})
    one, two = copies(tmp_path / "out"), copies(enlarged)
    assert all(one[name] != two[name] for name in one)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_picture_s_copies_do_not_depend_on_other_pictures(policy: str) -> None:
    from cinemotion.learn.augmenting.alone import Alone

    first, second, tall = drawn(1), drawn(2), drawn(3, 31, 25)
    lonely = Alone(policy)(first, ["a"])
    busy = Alone(policy)
    for image, key in ((second, "b"), (tall, "c"), (second, "d"), (tall, "a")):
        busy(image, [key])
    np.testing.assert_array_equal(busy(first, ["a"]), lonely)
    assert np.array_equal(lonely, first) == (policy == "none")


def test_only_some_shapes_stay_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    from cinemotion.learn.augmenting import alone

    monkeypatch.setattr(alone, "_SHAPES", 1)
    changing = alone.Alone("light")
    before = changing(drawn(1), 1)
    changing(drawn(2, 30, 30), 2)
    np.testing.assert_array_equal(changing(drawn(1), 1), before)


def test_every_generator_has_a_seed_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that a layer of Keras' hides: none is left as it was, none equals another."""
    from cinemotion.learn.augmenting.alone import Alone

    changing = Alone("strong")
    generators = [state for state in changing._states if "seed" in state.path]
    assert len(generators) == len(changing._states) > len(POLICIES["strong"])
    changing(drawn(1), ["a"])
    seeds = [int(np.asarray(state)[0]) for state in generators]
    assert len(set(seeds)) == len(seeds) and max(seeds) < 2**31


def test_a_size_is_as_keras_loader_resizes(version: Version, tmp_path: Path) -> None:
    run(version, tmp_path / "out", policy="none", copies=1, size=16)
    found = keras.utils.image_dataset_from_directory(
        tmp_path / "out" / "train", image_size=(16, 16), shuffle=False, batch_size=32, verbose=False
    )
    [(loaded, labels)] = [(x.numpy(), y.numpy()) for x, y in found]
    assert found.class_names == ["angry", "happy"]
    by_name = dict(zip((Path(path).stem for path in found.file_paths), loaded, strict=True))
    assert len(by_name) == len(labels) == 16
    for row in rows(tmp_path / "out"):
        copy = decode_image((tmp_path / "out" / row["file"]).read_bytes())
        assert copy.shape == (16, 16, 3)
        if (tmp_path / "out" / row["file"]).with_name(f"{row['parent']}.jpg").exists():
            continue  # decoders of JPEG differ by some levels
        assert np.abs(copy - by_name[row["parent"]]).max() <= 0.51


def test_it_reports_what_it_wrote(version: Version, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    settings = AugmentSettings(copies=2)
    report = augment(
        f"{version.path}@v1", tmp_path / "out", settings, progress=lambda *at: seen.append(at)
    )
    assert report.counts["train"] == {"angry": 3, "happy": 5}
    assert report.added == {"train": {"angry": 6, "happy": 10}}
    assert report.left_out == {"rejected": 1, "without a class": 2}
    assert report.made == 1  # the WebP
    assert seen == sorted(seen) and seen[-1] == (31, 31)


def test_the_card_says_what_was_done(enlarged: Path) -> None:
    card = (enlarged / "README.md").read_text()
    places = [card.index(head) for head in ("## Samples", "## Augmented copies", "## Loading")]
    assert places == sorted(places)
    assert "24 pictures are no samples but changed copies of samples" in card
    assert "policy: `film` (flip, jitter, gamma" in card and "seed: 5" in card
    assert "| train | 3 | 5 | 8 |" in card


# What its own dependencies say to it.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index")
def test_croissant_describes_the_copies(enlarged: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    described = mlcroissant.Dataset(enlarged / "croissant.json")
    assert not described.metadata.ctx.issues.errors
    records = list(described.records("copies"))
    assert {record["copies/file"].decode() for record in records} == set(copies(enlarged))
    document = json.loads((enlarged / "croissant.json").read_text())
    [part] = [part for part in document["distribution"] if part["@id"] == "augmented.csv"]
    assert part["sha256"] == hash_file(enlarged / "augmented.csv")


def test_nothing_names_this_machine(enlarged: Path, version: Version) -> None:
    for path in enlarged.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert os.fsencode(str(enlarged.parent)) not in data
            assert os.fsencode(str(version.path)) not in data


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> Version:
    folded = [
        Sample(f"{i}.png", png(i), {("happy", "sad")[i // 3 % 2]: 1}, f"fold{i % 3}")
        for i in range(12)
    ]
    return frozen(tmp_path_factory.mktemp("folds") / "d", folded)


def test_folds_have_to_be_named(folds: Version, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"are fold0, fold1, fold2; .*--train fold0,fold1$"):
        run(folds, tmp_path / "out")
    with pytest.raises(BadInputError, match="no side 'fold7'"):
        run(folds, tmp_path / "out", train=("fold0", "fold7"))
    with pytest.raises(BadInputError, match="none is left to test on"):
        run(folds, tmp_path / "out", train=("fold0", "fold1", "fold2"))
    assert list(tmp_path.iterdir()) == []


def test_the_fold_left_out_is_not_touched(folds: Version, tmp_path: Path) -> None:
    export(folds.path, "v1", tmp_path / "plain")
    report = run(folds, tmp_path / "out", copies=2, train=("fold0", "fold1"))
    assert hashes(tmp_path / "out" / "fold2") == hashes(tmp_path / "plain" / "fold2")
    assert {row["split"] for row in rows(tmp_path / "out")} == {"fold0", "fold1"}
    assert set(report.added) == {"fold0", "fold1"}
    assert len(copies(tmp_path / "out")) == 16


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"policy": "magic"}, "no policy 'magic'; there are: none, brief"),
        ({"copies": 0}, "copies must be at least 1, got 0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"train": ()}, "no side to enlarge"),
        ({"train": ("train", "test")}, "test is never augmented"),
        ({"train": ("val",)}, "val is never augmented"),
    ],
)
def test_settings_check_themselves(options: dict[str, object], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        AugmentSettings(**options)  # type: ignore[arg-type]


def test_what_is_there_is_not_touched(version: Version, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    with pytest.raises(BadInputError, match="not an empty folder"):
        run(version, tmp_path / "thesis")
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.txt"]


def test_a_full_disk_ends_it_with_nothing_written(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        if "-aug2" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StorageFullError, match="nothing of it is kept"):
        run(version, tmp_path / "out", policy="none")
    assert list(tmp_path.iterdir()) == []


def test_a_side_without_labels_is_refused(tmp_path: Path) -> None:
    few = [
        Sample("a.png", png(1), {}, "train"),
        Sample("b.png", png(2), {"happy": 1}, "val"),
    ]
    version = frozen(tmp_path / "d", few)
    with pytest.raises(DatasetError, match="no kept sample with a class on train"):
        run(version, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_preview_shows_originals_beside_their_copies(version: Version, tmp_path: Path) -> None:
    augment(f"{version.path}@v1", tmp_path / "out", SETTINGS, sheet=tmp_path / "sheet.png")
    picture = decode_image((tmp_path / "sheet.png").read_bytes())
    assert min(picture.shape[:2]) > 300
    before = sorted(path.name for path in tmp_path.iterdir())
    for name, words in (("no/sheet.png", "in a folder that is there"), ("x.jpg", "ends in .png")):
        with pytest.raises(BadInputError, match=words):
            augment(f"{version.path}@v1", tmp_path / "two", SETTINGS, sheet=tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == before == ["out", "sheet.png"]


def test_the_docs_name_every_policy_and_augmentation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "augmentation.md").read_text(encoding="utf-8")
    for name, steps in POLICIES.items():
        assert f"| `{name}` | {', '.join(steps)}".rstrip() in text
    listed = re.findall(r"^\| `(\w+)` \|", text.partition("## Augmentations")[2], re.MULTILINE)
    assert listed == list(AUGMENTATIONS)
