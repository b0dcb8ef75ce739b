from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.sources.classes import Classes, read_class_map
from cinemotion.dataset.sources.fer2013 import parse_pixels
from cinemotion.dataset.sources.ferplus import open_ferplus
from cinemotion.dataset.sources.layout import class_of
from cinemotion.dataset.sources.limits import Limits
from cinemotion.dataset.sources.registry import open_source
from cinemotion.dataset.sources.source import Ballot
from sourced import FACES, face, fill, zipped

FERPLUS_HEAD = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
)


def labels(path: Path) -> dict[str, str | None]:
    return {member.name: member.label for member in open_source(path).members(set())}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("a.png", None),
        ("train/a.png", None),
        ("Validation/a.png", None),
        ("train/Happy/a.png", "Happy"),
        ("faces/v2/train/Happy/a.png", "Happy"),
        ("Happy.zip/a.png", "Happy"),
        ("Happy.ZIP/Glad/a.png", "Glad"),
        ("Happy.zip/train/a.png", None),
        ("train_images/a.png", None),
        ("happy/TRAIN_SET/a.png", None),
        ("testimony/a.png", "testimony"),
    ],
)
def test_the_class_is_the_last_folder(name: str, label: str | None) -> None:
    assert class_of(name) == label


@pytest.mark.parametrize("zip", [False, True])
def test_classes_may_come_before_the_splits(tmp_path: Path, zip: bool) -> None:
    names = ("happy/train/a.png", "sad/test_set/b.png", "sad/c.png", "d.png")
    files = {f"cf/{name}": face(i) for i, name in enumerate(names)}
    path = fill(tmp_path, {"x.zip": zipped(files)} if zip else files) / ("x.zip" if zip else "")
    assert list(labels(path).values()) == (
        ["happy", "sad", "sad", "cf"] if zip else ["cf", "happy", "sad", "sad"]
    )
    assert open_source(path).remarks.notices == [
        "the classes are the folders above train, test and so on"
    ]


def test_splits_of_one_folder_are_not_in_a_class(tmp_path: Path) -> None:
    root = fill(tmp_path, {"fer/train/a.png": face(0), "fer/test/b.png": face(1)})
    assert set(labels(root).values()) == {None}
    assert open_source(root).remarks.notices == []


def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no pictures")
    with pytest.raises(BadInputError, match=r"holds no picture \(1 other files\)"):
        open_source(tmp_path)


@pytest.mark.parametrize("name", ["x.csv", "x.bin", "x.parquet", "x.zip", "x.tar", "absent"])
def test_what_is_no_source_is_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name != "absent":
        path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(BadInputError) as caught:
        open_source(path)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_links_inside_a_folder_are_followed_and_others_refused(tmp_path: Path) -> None:
    root = fill(tmp_path / "faces", {"Happy/a.png": face(0)})
    (root / "Sad").mkdir()
    (root / "Sad" / "b.png").symlink_to(root / "Happy" / "a.png")
    (root / "loop").symlink_to(root)
    assert labels(root) == {"Happy/a.png": "Happy", "Sad/b.png": "Sad"}
    (tmp_path / "secret.png").write_bytes(face(1))
    (root / "Sad" / "c.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BadInputError, match=r"c\.png is a link that leads out"):
        open_source(root)


def test_names_that_are_no_text_are_spelled_out(tmp_path: Path) -> None:
    root = fill(tmp_path / "faces", {"Happy/a.png": face(0)})
    Path(os.fsdecode(os.fsencode(root / "Happy") + b"/\xff.png")).write_bytes(face(1))
    source = open_source(root)
    assert source.names() == ["Happy/\\xff.png", "Happy/a.png"]
    assert [member.data for member in source.members(set())] == [face(1), face(0)]


def test_files_that_cannot_be_read_are_problems(tmp_path: Path) -> None:
    root = fill(tmp_path / "faces", {"Happy/a.png": face(0), "Happy/big.png": bytes(2000)})
    os.mkfifo(root / "Happy" / "pipe.png")
    (root / "Happy" / "gone.png").symlink_to(root / "nothing.png")
    problems = {
        m.name: m.problem for m in open_source(root, Limits(member_bytes=1999)).members(set())
    }
    assert problems["Happy/a.png"] is None
    assert problems["Happy/pipe.png"] == problems["Happy/gone.png"] == "no regular file"
    assert "2000 bytes" in str(problems["Happy/big.png"])


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("zip", [False, True])
def test_imagefolder_metadata_says_the_label(tmp_path: Path, kind: str, zip: bool) -> None:
    rows = [
        {"file_name": "a.png", "label": "Joy"},
        {"file_name": "deep/b.png", "label": "sad"},
        {"file_name": "none.png", "label": "sad"},
        {"file_name": "c.png", "label": None},
    ]
    if kind == "csv":
        data = "file_name,label\n" + "".join(f"{r['file_name']},{r['label'] or ''}\n" for r in rows)
    elif kind == "jsonl":
        data = "".join(json.dumps(row) + "\n" for row in rows)
    files = {
        f"train/{name}.png": face(i) for i, name in enumerate(["a", "deep/b", "c", "unlisted"])
    }
    if kind == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        files["train/metadata.parquet"] = sink.getvalue().to_pybytes()
    else:
        files[f"train/metadata.{kind}"] = data.encode()
    path = (
        fill(tmp_path, {"x.zip": zipped(files)}) / "x.zip" if zip else fill(tmp_path / "x", files)
    )
    source = open_source(path)
    assert source.kind == "imagefolder"
    members = {member.name: member for member in source.members(set())}
    assert {name: member.label for name, member in members.items()} == {
        **{"train/a.png": "Joy", "train/deep/b.png": "sad", "train/none.png": "sad"},
        **{"train/c.png": None, "train/unlisted.png": None},
    }
    assert "not there" in str(members["train/none.png"].problem)
    assert "1 pictures that the metadata files do not list" in source.remarks.notices[0]
    assert set(source.names()) == set(members)
    assert source.remarks.left_out == []


def test_a_csv_that_is_no_metadata_changes_nothing(tmp_path: Path) -> None:
    root = fill(tmp_path, {"Happy/a.png": face(0), "metadata.csv": b"name,size\na,1\n"})
    assert labels(root) == {"Happy/a.png": "Happy"}
    assert open_source(root).remarks.left_out == ["metadata.csv"]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"{not json}\n", b"[1]\n"])
def test_bad_metadata_is_one_line(tmp_path: Path, data: bytes) -> None:
    root = fill(tmp_path, {"a.png": face(0), "metadata.jsonl": data})
    with pytest.raises(BadInputError, match=r"metadata\.jsonl"):
        open_source(root)


def test_pixels_are_parsed_as_numbers() -> None:
    values = np.random.default_rng(0).integers(0, 256, 48 * 48)
    assert np.array_equal(parse_pixels(" ".join(map(str, values))).ravel(), values)
    assert parse_pixels("  7   08 255 0 ").tolist() == [[7, 8], [255, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(("1 2 3", "square"), ("", "square"), ("256 1 1 1", "above"), ("1000 1 1 1", "above")),
        *(("1 2 x 4", "no numbers"), ("1 2 -3 4", "no numbers"), ("1 2 3.0 4", "no numbers")),
    ],
)
def test_bad_pixels_are_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_pixels(text)


def test_fer2013_rows_are_named_by_number(tmp_path: Path) -> None:
    grid = " ".join(map(str, range(64)))
    (tmp_path / "fer.csv").write_text(
        f" emotion, Usage, pixels\n3,Training,{grid}\n0,PrivateTest,{grid}\n"
        f",PublicTest,1 2\n9,x,{grid}\n"
    )
    members = list(open_source(tmp_path / "fer.csv").members(set()))
    assert [m.name for m in members] == [
        *("Training/0000000.png", "PrivateTest/0000001.png", "PublicTest/0000002.png"),
        "x/0000003.png",
    ]
    assert [m.label for m in members] == ["happy", "angry", None, "9"]
    assert members[0].ballots == (Ballot("happy", annotator="fer2013"),)
    assert decode_image(members[0].data)[:, :, 1].ravel().tolist() == list(range(64))
    assert members[2].problem == "2 pixels make no square"


def test_fer2013_without_emotion_and_usage(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("pixels\n" + " ".join(["9"] * 64) + "\n")
    [member] = open_source(tmp_path / "test.csv").members(set())
    assert (member.name, member.label, member.ballots) == ("0000000.png", None, ())


@pytest.mark.parametrize(
    "text", ["emotion,pixels\n", "emotion,pixels\n3\n", "emotion,pixels\n\xe9,1\n"]
)
def test_a_bad_fer2013_csv_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "fer.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInputError, match=r"fer\.csv"):
        open_source(tmp_path / "fer.csv")


def test_ferplus_votes_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "fer2013new.csv"
    path.write_text(
        FERPLUS_HEAD
        + "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0\nTraining,,0,0,0,0,0,0,0,0,0,10\n"
    )
    votes = open_ferplus(path)
    assert votes is not None
    first, second = votes.rows
    assert (first.usage, first.image) == ("Training", "fer0000000")
    assert first.counts == {"neutral": 4, "sad": 1, "angry": 3, "disgust": 2}
    assert (second.image, second.counts) == ("", {"not_a_face": 10})
    path.write_text(FERPLUS_HEAD + "Training,a.png,many,0,0,1,3,2,0,0,0,0\n")
    with pytest.raises(BadInputError, match="row 0: a count is no number"):
        open_ferplus(path)
    path.write_text("emotion,pixels\n")
    assert open_ferplus(path) is None


def _parquet(path: Path, columns: dict[str, Any], metadata: dict[str, str] | None = None) -> Path:
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_parquet_as_datasets_writes_it(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["Anger", "Joy"], "_type": "ClassLabel"}}}}
    images = [{"bytes": face(i), "path": f"../{i}.png"} for i in range(3)]
    images += [{"bytes": None, "path": "3.png"}]
    columns = {"image": images, "label": [1, 0, -1, 1]}
    path = _parquet(tmp_path / "x.parquet", columns, {"huggingface": json.dumps(features)})
    members = list(open_source(path).members(set()))
    assert [m.name for m in members] == ["00000000", "00000001", "00000002", "00000003"]
    assert [m.label for m in members] == ["Joy", "Anger", None, "Joy"]
    assert [m.data for m in members[:3]] == [face(i) for i in range(3)]
    assert members[3].problem == "the row holds no picture"


def test_parquet_votes_keep_their_raters(tmp_path: Path) -> None:
    order = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    columns = {
        "id": ["a", "b", "b"],
        "usage": ["Training", "PublicTest", "PublicTest"],
        "image": [face(i) for i in range(3)],
        "fer2013": ["happy", None, "sad"],
        "votes": pa.array([[0, 7, 0, 0, 0, 0, 0, 0, 1, 2], None, [0] * 10], pa.list_(pa.int8())),
    }
    source = open_source(_parquet(tmp_path / "x.parquet", columns, {"votes_order": order}))
    members = list(source.members(set()))
    assert [m.name for m in members] == [
        *("Training/a", "PublicTest/b-row00000001", "PublicTest/b-row00000002"),
    ]
    assert members[0].ballots == (
        Ballot("happy", 1, "fer2013"),
        Ballot("happiness", 7, "ferplus"),
        Ballot("unknown", 1, "ferplus"),
        Ballot("NF", 2, "ferplus"),
    )
    assert members[1].ballots == () and len(members[2].ballots) == 1
    assert "1 ids stand for several rows" in source.remarks.notices[0]


def test_a_folder_of_parquet_files_is_one_source(tmp_path: Path) -> None:
    for part, number in (("train-00000-of-00002", 0), ("train-00001-of-00002", 1), ("test", 2)):
        columns = {"image": [face(2 * number), face(2 * number + 1)], "label": ["happy", "sad"]}
        _parquet(tmp_path / f"{part}.parquet", columns)
    source = open_source(tmp_path)
    assert source.kind == "parquet"
    assert source.names() == [
        *("test/00000000", "test/00000001", "train/00000002", "train/00000003"),
        *("train/00000004", "train/00000005"),
    ]
    assert next(iter(source.members(set()))).data == face(4)


def test_parquet_without_pictures_is_refused(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "x.parquet", {"label": ["happy"], "size": [1]})
    with pytest.raises(BadInputError, match="no column of pictures"):
        open_source(path)
    columns = {"image": [face(0)], "label": [[1, 2]]}
    source = open_source(_parquet(tmp_path / "y.parquet", columns))
    assert "no labels were taken" in source.remarks.notices[0]
    path = _parquet(tmp_path / "z.parquet", {"image": pa.array([], pa.binary())})
    with pytest.raises(BadInputError, match="0 rows"):
        open_source(path)


def test_a_damaged_parquet_is_one_line(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "x.parquet", {"image": [face(i) for i in range(9)]})
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(BadInputError, match="cannot be read as Parquet"):
        open_source(path)


def test_class_names_become_labels() -> None:
    classes = Classes({"Joy ": "happiness", "sleepy": "Bored Face", "never": "sad"})
    found = [
        classes.label(name) for name in ("Surprised", "ANGER", "joy", "Sleepy", "Boredom", "??")
    ]
    assert found == ["surprise", "angry", "happy", "bored_face", "boredom", "class_3f3f"]
    assert classes.kept == ["bored_face", "boredom", "class_3f3f"]
    assert classes.unused == ["never"]
    assert classes.met["joy"] == "happy"


def test_class_maps_come_as_pairs_and_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("class,label\njoy,happy\n")
    (tmp_path / "b.toml").write_text('grief = "sad"\n')
    asked = ["rage=angry", str(tmp_path / "a.csv"), str(tmp_path / "b.toml")]
    assert read_class_map(asked) == {"rage": "angry", "joy": "happy", "grief": "sad"}


@pytest.mark.parametrize("item", ["joy", "=happy", "joy=", "absent.csv", "absent.toml"])
def test_a_bad_class_map_is_one_line(item: str) -> None:
    with pytest.raises(BadInputError, match=item):
        read_class_map([item])


def test_bad_class_map_files(tmp_path: Path) -> None:
    for name, text in {"a.csv": "class\njoy\n", "b.toml": "x = 1\n", "c.toml": "= ="}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(BadInputError, match=name):
            read_class_map([str(tmp_path / name)])


def test_the_faces_of_the_tests_are_all_there(tmp_path: Path) -> None:
    assert set(labels(fill(tmp_path, FACES))) == set(FACES)


def test_a_dataset_inside_the_folder_is_not_looked_into(tmp_path: Path) -> None:
    root = fill(
        tmp_path, {"Happy/a.png": face(0), "set/cinemotion.json": b"{}", "set/x/y.png": b""}
    )
    assert labels(root) == {"Happy/a.png": "Happy"}
    assert open_source(root).remarks.left_out == []


def test_names_of_a_table_cannot_lead_out(tmp_path: Path) -> None:
    columns = {"image": [face(0)], "id": ["/../../etc/./passwd"], "label": ["../.."]}
    [member] = open_source(_parquet(tmp_path / "x.parquet", columns)).members(set())
    assert member.name == "etc/passwd"
    assert Classes().label(str(member.label)) == "class_2e2e2f2e2e"
