"""Exports are read by those for whom they are made."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.versions import Version
from cinemotion.flows.versions.export import export
from frozen import Sample, drawn, file, frozen, usual

CLASSES = ("angry", "disgust", "happy")  # nobody is disgusted


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    odd = [
        Sample("p.png", file(drawn(50), "PNG", "P"), {"happy": 1}, "train"),
        Sample("w.webp", file(drawn(51), "WEBP", quality=95), {"angry": 1}, "val"),
        Sample("l.png", file(drawn(52), "PNG", "L"), {"happy": 1}, "test"),
        Sample("b.bmp", file(drawn(53), "BMP"), {"angry": 1}, "train"),
    ]
    folder = tmp_path_factory.mktemp("dataset") / "d"
    return frozen(folder, [*usual(), *odd], classes=CLASSES)


@pytest.fixture(scope="module")
def pixels(version: Version) -> dict[str, Any]:
    """Label and picture of every exported sample, by id."""
    rows = version.samples().drop_nulls("split")
    rows = rows.filter(rows["label"].is_in(CLASSES))
    images = version.images(rows["id"].to_list())
    return {
        id: (split, label, image)
        for id, split, label, image in zip(
            rows["id"], rows["split"], rows["label"], images, strict=True
        )
    }


def test_keras_reads_folders(version: Version, pixels: dict[str, Any], tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    report = export(version.path, "v1", tmp_path / "out")
    assert report.made == 3
    for split in ("train", "val", "test"):
        found = keras.utils.image_dataset_from_directory(
            tmp_path / "out" / split, image_size=(24, 24), shuffle=False, batch_size=4
        )
        assert found.class_names == list(CLASSES)
        images = np.concatenate([x.numpy() for x, _ in found])
        labels = np.concatenate([y.numpy() for _, y in found])
        assert len(images) == len(found.file_paths)
        for image, label, path in zip(images, labels, found.file_paths, strict=True):
            side, name, expected = pixels[Path(path).stem]
            assert (side, name) == (split, CLASSES[label])
            np.testing.assert_array_equal(image, expected)
    assert sum(len(list(p.iterdir())) for p in (tmp_path / "out").glob("*/*/")) == len(pixels)


def test_datasets_reads_huggingface(
    version: Version,
    pixels: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    export(version.path, "v1", tmp_path / "out", format="huggingface", shard_bytes=20_000)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "validation", "test"}
    assert loaded["train"].features["label"].names == list(CLASSES)
    seen = {}
    for split, rows in loaded.items():
        for row in rows:
            label = rows.features["label"].int2str(row["label"])
            seen[row["id"]] = (split.replace("validation", "val"), label)
            expected = pixels[row["id"]][2]
            np.testing.assert_array_equal(np.asarray(row["image"].convert("RGB")), expected)
            assert sum(row["distribution"]) == pytest.approx(1)
    assert seen == {id: (split, label) for id, (split, label, _) in pixels.items()}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # it leaves shards open
def test_webdataset_reads_shards(version: Version, pixels: dict[str, Any], tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    export(version.path, "v1", tmp_path / "out", format="webdataset", shard_bytes=20_000)
    seen = {}
    for split in ("train", "val", "test"):
        shards = sorted(str(path) for path in (tmp_path / "out").glob(f"{split}-*.tar"))
        assert len(shards) > 1
        for sample in webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8"):
            seen[sample["__key__"]] = (split, CLASSES[sample["cls"]])
            assert sample["json"]["label"] == CLASSES[sample["cls"]]
            np.testing.assert_array_equal(sample["png"], pixels[sample["__key__"]][2])
    gc.collect()  # as long as the warning is filtered
    assert seen == {id: (split, label) for id, (split, label, _) in pixels.items()}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # it leaves files open
def test_pycocotools_reads_coco(version: Version, pixels: dict[str, Any], tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    out = tmp_path / "out"
    export(version.path, "v1", out, format="coco")
    seen = {}
    for split in ("train", "val", "test"):
        found = coco.COCO(str(out / "annotations" / f"instances_{split}.json"))
        names = {category["id"]: category["name"] for category in found.loadCats(found.getCatIds())}
        assert list(names.values()) == list(CLASSES)
        for image in found.loadImgs(found.getImgIds()):
            [annotation] = found.loadAnns(found.getAnnIds(imgIds=image["id"]))
            seen[image["sample"]] = (split, names[annotation["category_id"]])
            picture = decode_image((out / split / image["file_name"]).read_bytes())
            assert annotation["bbox"] == [0, 0, picture.shape[1], picture.shape[0]]
            np.testing.assert_array_equal(picture, pixels[image["sample"]][2])
    assert seen == {id: (split, label) for id, (split, label, _) in pixels.items()}


def test_polars_reads_parquet(version: Version, pixels: dict[str, Any], tmp_path: Path) -> None:
    import polars as pl

    export(version.path, "v1", tmp_path / "out", format="parquet")
    found = pl.read_parquet(tmp_path / "out" / "*.parquet", include_file_paths="path")
    for row in found.iter_rows(named=True):
        split, label, image = pixels[row["id"]]
        assert (Path(row["path"]).stem, row["label"], row["class"]) == (
            split,
            label,
            CLASSES.index(label),
        )
        np.testing.assert_array_equal(decode_image(row["image"]), image)
    assert found["id"].n_unique() == found.height == len(pixels)


def test_an_unknown_version_is_one_line(version: Version, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no version 'v9'"):
        export(version.path, "v9", tmp_path / "out")


def test_a_class_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    version = frozen(tmp_path / "d", [Sample("a.png", file(drawn(1), "PNG"), {"../up": 1})])
    with pytest.raises(BadInputError, match="cannot be the name of a folder"):
        export(version.path, "v1", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"d"}
