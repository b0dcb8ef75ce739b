from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.curate.hashes import fingerprint
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.levels import levels
from cinemotion.dataset.store import Store
from cinemotion.dataset.votes import Votes
from cinemotion.flows.importing import intake
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.importing.ledger import default_name
from sourced import FACES, face, fill, zipped

FERPLUS_HEAD = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
)
CLIPS = {f"{c}/{c.upper()}_01_{i:04}.png": face(i) for c in ("Angry", "Sad") for i in range(6)}


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    return fill(tmp_path / "faces", FACES)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "dataset"


def votes(out: Path) -> dict[str, list[tuple[str, str, int]]]:
    """By member: annotator, label and count of the votes that stand."""
    members = dict(open_dataset(out).samples().select("id", "member").iter_rows())
    found: dict[str, list[tuple[str, str, int]]] = {}
    for row in Votes(out).current().iter_rows(named=True):
        assert row["source"] == "import"
        found.setdefault(members[row["sample"]], []).append(
            (row["annotator"], row["label"], row["count"])
        )
    return {member: sorted(said) for member, said in found.items()}


def contents(out: Path) -> dict[str, Any]:
    """All that an import leaves, in no order."""
    store = Store.open(out)
    tables = {name: store.read(name).to_pylist() for name in ("stills", "facts", "fingerprints")}
    sorted_rows = {n: sorted(rows, key=lambda row: str(row["id"])) for n, rows in tables.items()}
    return sorted_rows | {"sources": store.read("sources").to_pylist(), "votes": votes(out)}


def test_every_file_becomes_a_sample(faces: Path, out: Path) -> None:
    report = import_dataset(faces, out, rights="mine")
    assert (report.status, report.name, report.kind) == ("imported", "faces", "folder")
    assert (report.members, report.added, report.unreadable, report.votes) == (4, 4, 1, 4)
    assert report.classes == {"happy": 2, "sad": 2}
    assert report.names == {"Happy": "happy", "SAD": "sad"}
    assert list(report.reasons) == ["SAD/broken.png"]
    dataset = open_dataset(out)
    samples = dataset.samples()
    assert samples["id"].to_list() == [hash_json(["faces", name]) for name in samples["member"]]
    assert samples["member"].to_list() == sorted(FACES)
    broken = samples.filter(member="SAD/broken.png").row(0, named=True)
    assert broken["status"] == "rejected"
    assert broken["reason"] == "unreadable: not a picture file of a known kind"
    kept = samples.filter(status="kept")
    assert kept["quality"].is_between(0, 1).all() and kept["size"].to_list() == [24 / 128] * 3
    assert dataset.encoded(kept["id"].to_list()) == [FACES[name] for name in kept["member"]]
    assert votes(out) == {
        name: [("import:faces", "happy" if "Happy" in name else "sad", 1)] for name in FACES
    }
    source = dataset.sources().row(0, named=True)
    assert (source["members"], source["samples"], source["unreadable"]) == (4, 3, 1)
    assert (source["rights"], source["path"]) == ("mine", str(faces.resolve()))


def test_fingerprints_are_those_of_the_stored_pictures(faces: Path, out: Path) -> None:
    import_dataset(faces, out)
    dataset = open_dataset(out)
    prints = dataset.table("fingerprints")
    assert prints.height == 3
    expected = fingerprint(dataset.images(prints["id"].to_list()))
    assert prints["pixels"].to_list() == expected.pixels
    assert np.array_equal(prints["phash"], expected.phash)
    assert np.array_equal(prints["dhash"], expected.dhash)


def test_pixel_twins_stay_two_rows(tmp_path: Path, out: Path) -> None:
    root = fill(tmp_path / "x", {"Happy/a.png": face(0), "Sad/a.png": face(0)})
    import_dataset(root, out)
    import_dataset(root, out, name="again")
    samples = open_dataset(out).samples()
    assert samples.height == samples["id"].n_unique() == 4
    assert open_dataset(out).table("fingerprints")["pixels"].n_unique() == 1


def test_ids_do_not_depend_on_the_machine_or_the_order(faces: Path, tmp_path: Path) -> None:
    for name, data in {"a": FACES, "b": dict(reversed(FACES.items()))}.items():
        path = tmp_path / name / "faces.zip"
        fill(path.parent, {"faces.zip": zipped(data)})
        import_dataset(path, tmp_path / f"out-{name}")
    import_dataset(faces, tmp_path / "out-c")
    first, second, third = (
        open_dataset(tmp_path / f"out-{name}").samples().select("id", "member") for name in "abc"
    )
    assert first.equals(second) and first.equals(third)


def test_frames_of_a_clip_get_one_key(tmp_path: Path, out: Path) -> None:
    report = import_dataset(fill(tmp_path / "x", CLIPS), out)
    assert report.grouping is not None and report.grouping.guessed
    assert report.coverage is not None and report.coverage.values == {"clip": 2}
    samples = open_dataset(out).samples()
    assert samples["frame"].to_list() == [*range(6), *range(6)]
    assert levels(open_dataset(out))["shot"].n_unique() == 2


def test_a_group_pattern_is_asked_for_or_turned_off(tmp_path: Path) -> None:
    root = fill(tmp_path / "x", CLIPS)
    report = import_dataset(root, tmp_path / "a", group_pattern="none")
    assert report.grouping is None
    assert open_dataset(tmp_path / "a").samples()["clip"].null_count() == len(CLIPS)
    import_dataset(root, tmp_path / "b", group_pattern=r"^(?P<film>\w+)/")
    assert set(open_dataset(tmp_path / "b").samples()["film"]) == {"Angry", "Sad"}
    with pytest.raises(BadInputError, match="fits none"):
        import_dataset(root, tmp_path / "c", group_pattern=r"(?P<film>nothing)")
    assert not (tmp_path / "c").exists()


def test_importing_again_does_nothing(faces: Path, out: Path) -> None:
    import_dataset(faces, out)
    before = contents(out)
    report = import_dataset(faces, out)
    assert (report.status, report.added, report.unreadable) == ("known", 0, 1)
    assert contents(out) == before


def test_importing_again_with_other_rights_notes_them(faces: Path, out: Path) -> None:
    import_dataset(faces, out)
    before = contents(out)
    for rights, said in (("mine", "'mine', before: none"), ("CC BY", "'CC BY', before: 'mine'")):
        report = import_dataset(faces, out, rights=rights)
        assert (report.status, report.added) == ("noted", 0)
        assert report.notices == [f"the rights note is now {said}"]
        assert import_dataset(faces, out, rights=rights).status == "known"
    assert import_dataset(faces, out).status == "known"
    before["sources"][0]["rights"] = "CC BY"
    assert contents(out) == before


def test_importing_again_with_another_class_map_is_refused(faces: Path, out: Path) -> None:
    import_dataset(faces, out, class_map={"happy": "amused"})
    before = contents(out)
    with pytest.raises(BadInputError, match="imported as amused, the classes now say sad; use"):
        import_dataset(faces, out, class_map={"happy": "sad"})
    assert import_dataset(faces, out).status == "known"  # nothing else was asked for
    again = import_dataset(faces, out, class_map={"HAPPY": "Amused", "grief": "sad"})
    assert again.status == "known" and "'grief'" in again.notices[0]
    fill(faces, {"Happy/new.png": face(70)})
    with pytest.raises(BadInputError, match="imported as amused, the classes now say happy"):
        import_dataset(faces, out)
    assert contents(out) == before
    assert import_dataset(faces, out, class_map={"happy": "amused"}).added == 1


def test_a_class_map_of_votes_is_compared_too(tmp_path: Path, out: Path) -> None:
    order = {"votes_order": "happiness,contempt"}
    columns = {"image": [face(0)], "votes": pa.array([[3, 7]], pa.list_(pa.int8()))}
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(columns).replace_schema_metadata(order), path)
    import_dataset(path, out)
    assert import_dataset(path, out, class_map={"happiness": "happy"}).status == "known"
    with pytest.raises(BadInputError, match="imported as contempt, the classes now say unknown"):
        import_dataset(path, out, class_map={"contempt": "unknown"})


def test_importing_again_with_another_pattern_is_refused(tmp_path: Path, out: Path) -> None:
    root = fill(tmp_path / "x", CLIPS)
    import_dataset(root, out)
    for pattern in ("none", r"(?P<film>\w+)/"):
        with pytest.raises(BadInputError, match=r"with the groups .*ANGRY_01.*another --name"):
            import_dataset(root, out, group_pattern=pattern)
    same = r"(?P<clip>[A-Z]+_\d+)_(?P<frame>\d+)"  # in other words
    assert import_dataset(root, out, group_pattern=same).status == "known"


def test_a_folder_that_grew_gives_its_new_members(tmp_path: Path, out: Path) -> None:
    root = fill(tmp_path / "x", CLIPS)
    import_dataset(root, out, rights="mine")
    new = {f"Sad/later{i}.png": face(50 + i) for i in range(9)}
    report = import_dataset(fill(root, new), out)  # no guess would fit all these names
    assert (report.status, report.added, report.members) == ("grown", 9, 21)
    samples = open_dataset(out).samples()
    assert samples["clip"].null_count() == 9
    assert open_dataset(out).sources().row(0, named=True)["members"] == 21
    assert open_dataset(out).sources().row(0, named=True)["rights"] == "mine"
    assert import_dataset(root, out).status == "known"


def test_a_folder_that_grew_keeps_its_pattern(tmp_path: Path, out: Path) -> None:
    root = fill(tmp_path / "x", CLIPS)
    import_dataset(root, out, group_pattern=r"(?P<clip>\w+)/")
    fill(root, {"Sad/SAD_01_0009.png": face(60)})
    with pytest.raises(BadInputError, match="same --group-pattern as then"):
        import_dataset(root, out)
    assert import_dataset(root, out, group_pattern=r"(?P<clip>\w+)/").added == 1


@pytest.mark.parametrize("change", ["edited", "removed", "moved", "another kind"])
def test_another_source_of_the_same_name_is_refused(
    tmp_path: Path, faces: Path, out: Path, change: str
) -> None:
    import_dataset(faces, out)
    before = contents(out)
    other = faces
    if change == "edited":
        fill(faces, {"SAD/c.png": face(77)})
    elif change == "removed":
        (faces / "SAD" / "c.png").unlink()
    elif change == "moved":
        (faces / "SAD" / "c.png").rename(faces / "Happy" / "c.png")
    else:
        other = fill(tmp_path, {"faces.zip": zipped(FACES)}) / "faces.zip"
    with pytest.raises(BadInputError, match="another --name"):
        import_dataset(other, out)
    assert contents(out) == before
    assert import_dataset(other, out, name="second").status == "imported"


@pytest.mark.parametrize(
    ("path", "name"), [("v1.2 faces.zip", "v1.2 faces"), ("x.tar.gz", "x"), ("a/b/..", "a")]
)
def test_a_source_is_named_after_its_file(path: str, name: str) -> None:
    assert default_name(Path(path)) == name


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
def test_names_must_be_printable(faces: Path, out: Path, name: str) -> None:
    with pytest.raises(BadInputError, match="--name"):
        import_dataset(faces, out, name=name)


def test_quotes_in_names_are_only_text(faces: Path, out: Path) -> None:
    for name in ("a", "it's", "x' OR '1'='1"):
        assert import_dataset(faces, out, name=name).status == "imported"
        assert import_dataset(faces, out, name=name).status == "known"
    assert open_dataset(out).samples().height == 3 * len(FACES)


class StoppedError(Exception):
    pass


@pytest.fixture
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_COMMIT_ROWS", 4)
    monkeypatch.setattr(intake, "_CHUNK_MEMBERS", 2)


@pytest.mark.usefixtures("small_commits")
@pytest.mark.parametrize("commits", [0, 1, 2, 3, 5, 7, 12])  # of 4 times 3, and 1
def test_an_import_that_was_stopped_goes_on(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    root = fill(tmp_path / "x", CLIPS | {"Sad/SAD_01_0010.png": b"broken"})
    import_dataset(root, tmp_path / "whole")
    append, replace = Store.append, Store.replace
    left = [commits]

    def fail(write: Any) -> Any:
        def writing(*args: Any, **options: Any) -> None:
            if not left[0]:
                raise StoppedError
            left[0] -= 1
            write(*args, **options)

        return writing

    with monkeypatch.context() as patch:
        patch.setattr(Store, "append", fail(append))
        patch.setattr(Store, "replace", fail(replace))
        with pytest.raises(StoppedError):
            import_dataset(root, out)
    before = open_dataset(out).table("facts", ["id"]).height
    report = import_dataset(root, out)
    assert (report.added, before) == (13 - before, min(13, commits // 3 * 4))
    assert report.status == ("continued" if before else "imported")
    assert contents(out) == contents(tmp_path / "whole")
    assert import_dataset(root, out).status == "known"


@pytest.mark.usefixtures("small_commits")
@pytest.mark.parametrize("finished", [False, True])
def test_what_a_stopped_import_left_of_other_files_is_removed(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, finished: bool
) -> None:
    root = fill(tmp_path / "x", {"Happy/first.png": face(90)})
    if finished:
        import_dataset(root, out, group_pattern="none")
    fill(root, CLIPS)
    append, left = Store.append, [5]

    def writing(*args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StoppedError
        append(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "append", writing)
        with pytest.raises(StoppedError):
            import_dataset(root, out, group_pattern="none")
    fill(root, {name: face(300 + i) for i, name in enumerate(CLIPS)})
    report = import_dataset(root, out, group_pattern="none")
    assert (report.status, report.added) == (("grown", 12) if finished else ("imported", 13))
    import_dataset(root, tmp_path / "whole", group_pattern="none")
    assert contents(out) == contents(tmp_path / "whole")


def test_a_killed_process_leaves_what_the_next_one_needs(tmp_path: Path, out: Path) -> None:
    root = fill(tmp_path / "x", {f"Happy/{i:03}.png": face(i, 200) for i in range(60)})
    code = (
        "import sys\nfrom cinemotion.flows.importing import intake, ingest\n"
        "intake._COMMIT_ROWS, intake._CHUNK_MEMBERS = 4, 2\n"
        "ingest.import_dataset(sys.argv[1], sys.argv[2])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(root), str(out)])
    deadline = time.monotonic() + 60
    while not (out / "facts.lance" / "_versions").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    report = import_dataset(root, out)
    assert report.status == "continued" and 0 < report.added < 60
    import_dataset(root, tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def test_two_imports_of_one_name_take_turns(faces: Path, out: Path) -> None:
    import_dataset(faces, out)
    [lock] = (out / ".locks").glob("import-*.lock")
    with FileLock(lock), pytest.raises(BadInputError, match="another import of 'faces'"):
        import_dataset(faces, out)
    assert import_dataset(faces, out).status == "known"


def test_nothing_is_made_for_a_bad_source(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({"Happy/a.png": face(0), "../x.png": face(1)}))
    with pytest.raises(BadInputError, match="leads out of it"):
        import_dataset(path, out)
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_an_existing_dataset_is_added_to(tmp_path: Path, faces: Path, out: Path) -> None:
    import_dataset(faces, out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious")
    with pytest.raises(BadInputError, match="not empty"):
        import_dataset(faces, tmp_path / "full")
    assert import_dataset(fill(tmp_path / "more", CLIPS), out).added == len(CLIPS)
    assert open_dataset(out).sources()["name"].to_list() == ["faces", "more"]


def test_a_class_map_comes_before_the_pinned_names(faces: Path, out: Path) -> None:
    asked = {"happy": "amused", "grief": "sad"}
    report = import_dataset(faces, out, class_map=asked)
    assert report.classes == {"amused": 2, "sad": 2} and list(report.kept) == ["amused"]
    assert "'grief'" in report.notices[0]


def test_progress_is_told(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_CHUNK_MEMBERS", 5)
    seen: list[tuple[int, int]] = []
    root = fill(tmp_path / "x", CLIPS)
    import_dataset(root, out, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(5, 12), (10, 12), (12, 12)]


def fer2013(path: Path, rows: int = 4) -> Path:
    pixels = [
        " ".join(map(str, np.random.default_rng(i).integers(0, 256, 64))) for i in range(rows)
    ]
    lines = [
        f"{i % 7},{text},{'Training' if i < 3 else 'PublicTest'}" for i, text in enumerate(pixels)
    ]
    path.write_text("emotion,pixels,Usage\n" + "\n".join(lines) + "\n")
    return path


PLUS = (
    "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0\n"
    "Training,,0,0,0,0,0,0,0,0,0,10\n"  # no name: FER+ numbers on without it
    "Training,fer0000001.png,0,9,0,0,0,0,0,0,1,0\n"
    "PublicTest,fer0000002.png,0,0,0,0,0,0,0,10,0,0\n"
)


def test_ferplus_adds_votes_to_fer2013_by_row(tmp_path: Path, out: Path) -> None:
    import_dataset(fer2013(tmp_path / "fer2013.csv"), out)
    plus = tmp_path / "fer2013new.csv"
    plus.write_text(FERPLUS_HEAD + PLUS)
    report = import_dataset(plus, out, rights="MIT")
    assert (report.kind, report.status, report.votes) == ("ferplus", "imported", 8)
    said = votes(out)
    assert said["Training/0000000.png"] == [
        *(("fer2013", "angry", 1), ("ferplus", "angry", 3), ("ferplus", "disgust", 2)),
        *(("ferplus", "neutral", 4), ("ferplus", "sad", 1)),
    ]
    assert said["Training/0000001.png"][1:] == [("ferplus", "not_a_face", 10)]
    assert said["PublicTest/0000003.png"][1:] == [("ferplus", "contempt", 10)]
    assert import_dataset(plus, out).status == "known"
    assert import_dataset(plus, out, rights="CC BY").status == "noted"
    assert open_dataset(out).sources()["rights"].to_list() == [None, "CC BY"]
    assert open_dataset(out).sources()["kind"].to_list() == ["fer2013", "ferplus"]


def test_ferplus_adds_votes_by_name(tmp_path: Path, out: Path) -> None:
    root = fill(tmp_path / "x", {f"FER2013Train/fer{i:07}.png": face(i) for i in (1, 5)})
    import_dataset(root, out)
    plus = tmp_path / "fer2013new.csv"
    plus.write_text(FERPLUS_HEAD + PLUS)
    import_dataset(plus, out)
    said = votes(out)
    assert ("ferplus", "happy", 9) in said["FER2013Train/fer0000001.png"]
    assert [annotator for annotator, _, _ in said["FER2013Train/fer0000005.png"]] == ["import:x"]


def test_ferplus_needs_the_fer2013_that_it_is_about(tmp_path: Path, out: Path, faces: Path) -> None:
    plus = tmp_path / "fer2013new.csv"
    plus.write_text(FERPLUS_HEAD + PLUS)
    with pytest.raises(BadInputError, match=r"no dataset yet; import the FER2013 CSV .* first"):
        import_dataset(plus, out)
    import_dataset(faces, out)
    with pytest.raises(BadInputError, match="import FER2013 first"):
        import_dataset(plus, out)
    import_dataset(fer2013(tmp_path / "short.csv", rows=3), out)
    with pytest.raises(BadInputError, match="import FER2013 first"):
        import_dataset(plus, out)
    import_dataset(fer2013(tmp_path / "fer2013.csv"), out)
    plus.write_text(FERPLUS_HEAD + PLUS.replace("PublicTest", "PrivateTest"))
    with pytest.raises(BadInputError, match="row 3: usage PrivateTest, but PublicTest"):
        import_dataset(plus, out)
    assert open_dataset(out).sources().filter(kind="ferplus").is_empty()


@pytest.mark.footage
def test_the_course_dataset(shared: Path, out: Path) -> None:
    report = import_dataset(shared / "DLCV_SS25_Dataset.zip", out)
    assert (report.members, report.unreadable) == (156, 1)
    assert list(report.reasons) == ["Sad.zip/Sad/SAD_04_9001.png"]
    assert set(report.classes) == {"angry", "happy", "neutral", "sad", "surprise"}
    assert report.coverage is not None and report.coverage.values == {"clip": 5}
    samples = open_dataset(out).samples()
    assert samples.filter(clip="ANGRY_01")["frame"].is_in([0, 9000]).sum() == 2
    twins = open_dataset(out).table("fingerprints").group_by("pixels").agg(pl.len())
    assert twins.filter(pl.col("len") == 2).height == 5


@pytest.mark.footage
def test_shared_fer2013_keeps_both_kinds_of_votes(shared: Path, out: Path) -> None:
    report = import_dataset(shared / "fer" / "validation.parquet", out)
    assert (report.members, report.added, report.unreadable) == (3589, 3589, 0)
    assert report.kept == {} and report.classes["happy"] == 895
    said = votes(out)["PublicTest/fer0028638"]
    assert said == [
        *(("fer2013", "angry", 1), ("ferplus", "angry", 1), ("ferplus", "contempt", 4)),
        *(("ferplus", "neutral", 4), ("ferplus", "unknown", 1)),
    ]
