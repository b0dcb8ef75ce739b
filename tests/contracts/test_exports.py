"""What every registered export format must do."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cinemotion.cli.export import Format
from cinemotion.core.errors import DatasetError
from cinemotion.dataset.export.write import EXPORTS, SHARD_BYTES, write_export
from cinemotion.dataset.versions import Version, open_version
from frozen import Sample, frozen, png, usual

Row = tuple[str, str, str, bytes]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return frozen(tmp_path_factory.mktemp("dataset") / "d", usual())


@pytest.fixture(params=sorted(EXPORTS))
def format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_command_line_offers_exactly_these() -> None:
    assert {format.value for format in Format} == set(EXPORTS)


def test_it_reports_what_it_wrote(version: Version, format: str, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = write_export(version, tmp_path / "out", format, progress=lambda *at: seen.append(at))
    assert report.counts == {
        "train": {"angry": 6, "happy": 6},
        "val": {"angry": 3, "happy": 3},
        "test": {"angry": 3, "happy": 3},
    }
    assert report.left_out == {"rejected": 1, "without a class": 2}
    assert report.made == 0
    assert seen[-1] == (24, 24)
    assert (report.version, report.format, report.out) == (version.id, format, tmp_path / "out")


def _folders(out: Path) -> Iterator[Row]:
    for path in out.glob("*/*/*"):
        yield path.stem, path.parts[-3], path.parts[-2], path.read_bytes()


def _webdataset(out: Path) -> Iterator[Row]:
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as tar:
            members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
            assert not any(member.mtime or member.uid or member.uname for member in tar)
        for name, data in members.items():
            id, suffix = name.split(".")
            if suffix == "png":
                facts = json.loads(members[f"{id}.json"])
                assert int(members[f"{id}.cls"]) == facts["class"]
                yield id, path.name.split("-")[0], facts["label"], data


def _coco(out: Path) -> Iterator[Row]:
    for path in (out / "annotations").iterdir():
        split = path.stem.removeprefix("instances_")
        document = json.loads(path.read_text())
        names = {category["id"]: category["name"] for category in document["categories"]}
        labels = {a["image_id"]: names[a["category_id"]] for a in document["annotations"]}
        for image in document["images"]:
            data = (out / split / image["file_name"]).read_bytes()
            yield image["sample"], split, labels[image["id"]], data


def _parquet(out: Path) -> Iterator[Row]:
    for path in out.glob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            yield row["id"], path.stem, row["label"], row["image"]


def _huggingface(out: Path) -> Iterator[Row]:
    for path in (out / "data").glob("*.parquet"):
        table = pq.read_table(path)
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        split = path.stem.split("-")[0].replace("validation", "val")
        for row in table.to_pylist():
            yield row["id"], split, features["label"]["names"][row["label"]], row["image"]["bytes"]


READERS = {
    "folders": _folders,
    "webdataset": _webdataset,
    "coco": _coco,
    "parquet": _parquet,
    "huggingface": _huggingface,
}


@pytest.mark.parametrize("shard_bytes", [1, 30_000, SHARD_BYTES])
def test_every_sample_comes_back_once_byte_for_byte(
    version: Version, format: str, tmp_path: Path, shard_bytes: int
) -> None:
    write_export(version, tmp_path / "out", format, shard_bytes=shard_bytes)
    back = list(READERS[format](tmp_path / "out"))
    assert sorted(back) == sorted(
        (s.id, str(s.split), max(s.votes, key=s.votes.__getitem__), s.data)
        for s in usual()
        if "clip" in s.name
    )


def test_two_exports_of_equal_versions_are_equal(
    version: Version, format: str, tmp_path: Path
) -> None:
    write_export(version, tmp_path / "one", format)
    # Elsewhere: another place, order, tag, process, locale, time zone and hash seed.
    again = frozen(tmp_path / "other", usual()[::-1], tag="final")
    assert again.id == version.id
    code = (
        "import sys; from pathlib import Path\n"
        "from cinemotion.dataset.export.write import write_export\n"
        "from cinemotion.dataset.versions import open_version\n"
        "write_export(open_version(sys.argv[1], 'final'), Path(sys.argv[2]), sys.argv[3])"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "other"), str(tmp_path / "two"), format],
        check=True,
        env=environment,
    )
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_nothing_names_this_machine(version: Version, format: str, tmp_path: Path) -> None:
    write_export(version, tmp_path / "out", format)
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert os.fsencode(str(tmp_path)) not in path.read_bytes()
            assert os.fsencode(str(version.path)) not in path.read_bytes()


def test_a_damaged_picture_ends_it_with_nothing_written(format: str, tmp_path: Path) -> None:
    version = frozen(tmp_path / "d", usual())
    sick = usual()[5]
    store = version.store
    rows = store.read("stills").to_pylist()
    for row in rows:
        if row["id"] == sick.id:
            row["image"] = png(12345)
    store.overwrite("stills", pa.Table.from_pylist(rows, store.read("stills").schema))
    with pytest.raises(DatasetError, match=f"sample {sick.id}.*not those that were frozen"):
        write_export(open_version(tmp_path / "d", "v1"), tmp_path / "out", format)
    assert {path.name for path in tmp_path.iterdir()} == {"d"}


# What its own dependencies say to it.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index")
def test_mlcroissant_validates_it_and_reads_the_samples(
    version: Version, format: str, tmp_path: Path
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    write_export(version, tmp_path / "out", format)
    described = mlcroissant.Dataset(tmp_path / "out" / "croissant.json")
    assert not described.metadata.ctx.issues.errors
    records = list(described.records("samples"))
    ids = {record["samples/id"].decode() for record in records}
    assert ids == {s.id for s in usual() if "clip" in s.name}
    classes = [record["classes/name"] for record in described.records("classes")]
    assert [str(name) for name in classes] == ["angry", "happy"]


def test_the_metadata_vouches_for_the_files(version: Version, format: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_export(version, out, format)
    document = json.loads((out / "croissant.json").read_text())
    found = contents(out)
    files = [part for part in document["distribution"] if part["@type"] == "cr:FileObject"]
    assert files
    for part in files:
        assert part["sha256"] == found[part["contentUrl"]]
    assert document["license"] == ["CC BY 4.0"]


def test_the_card_says_what_is_in_it(version: Version, format: str, tmp_path: Path) -> None:
    write_export(version, tmp_path / "out", format)
    card = (tmp_path / "out" / "README.md").read_text()
    assert version.id in card
    assert "| train | 6 | 6 | 12 |" in card
    assert "1 rejected, 2 without a class" in card
    assert "CC BY 4.0" in card
    assert "exact twins on two sides: 0" in card
    assert "An expression shown is not an emotion felt." in card


def test_folds_and_classes_without_samples(format: str, tmp_path: Path) -> None:
    samples = [
        Sample(f"{i}.png", png(i), {("happy", "sad")[i % 2]: 1}, f"fold{i}") for i in range(11)
    ]
    version = frozen(tmp_path / "d", samples, classes=("sad", "fear", "happy"))
    report = write_export(version, tmp_path / "out", format)
    assert list(report.counts) == [f"fold{i}" for i in range(11)]
    assert report.counts["fold10"] == {"sad": 0, "fear": 0, "happy": 1}


def test_a_version_without_labels_is_refused(format: str, tmp_path: Path) -> None:
    samples = [
        Sample("a.png", png(1), {"happy": 1}, status="rejected"),
        Sample("b.png", png(2), {}),
    ]
    version = frozen(tmp_path / "d", samples, classes=("happy",))
    with pytest.raises(DatasetError, match="no kept sample with a class"):
        write_export(version, tmp_path / "out", format)
    assert not (tmp_path / "out").exists()
