from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.clusterings import write_clustering
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import Version
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.from_clusters import label_clusters, list_clusters
from cinemotion.flows.labelling.labels import resolve_labels
from cinemotion.flows.versions.forget import forget
from frozen import Sample, frozen, png

ID = "abcdef012345"
# Cluster 0 has four samples, 1 has three, and one is noise.
CLUSTERS = (0, 0, 0, 0, 1, 1, 1, -1)


def _sample(i: int) -> Sample:
    return Sample(f"{i}.png", png(i), {"sad": 1} if i == 0 else {}, film=f"Film {i}")


@pytest.fixture
def version(tmp_path: Path) -> Version:
    made = frozen(tmp_path / "d", [_sample(i) for i in range(8)])
    rows = pl.DataFrame({"id": [_sample(i).id for i in range(8)], "cluster": CLUSTERS})
    write_clustering(made.path, ID, rows, {"id": ID, "settings": {"version": made.id}})
    return made


def _choices(folder: Path, *lines: str) -> Path:
    path = folder / "choices.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_from_the_template_to_votes(version: Version, tmp_path: Path) -> None:
    table = tmp_path / "choices.csv"
    assert list_clusters(version.path, ID[:6], table) == 3
    assert table.read_text() == "cluster,size,label\n0,4,\n1,3,\n-1,1,\n"
    table.write_text(table.read_text().replace("0,4,", "0,4,Surprised"))

    done = label_clusters(version.path, ID[:6], table)
    assert (done.clustering, done.annotator) == (ID, f"clusters:{ID}")
    assert (done.added, done.known, done.notices) == (4, 0, [])
    assert done.rows == [{"cluster": 0, "label": "surprise", "confidence": None, "samples": 4}]
    votes = Votes(version.path).current().filter(pl.col("source") == "model")
    assert set(votes["sample"]) == {_sample(i).id for i in range(4)}
    assert set(votes["label"]) == {"surprise"} and set(votes["confidence"]) == {None}


def test_a_human_outranks_the_cluster(version: Version, tmp_path: Path) -> None:
    label_clusters(version.path, ID, _choices(tmp_path, "cluster,label", "0,happy", "1,angry"))
    labels = dict(resolve_labels(open_dataset(version.path)).select("id", "label").rows())
    assert [labels[_sample(i).id] for i in (0, 1, 4, 7)] == ["sad", "happy", "angry", None]


def test_twice_adds_nothing_and_another_label_takes_the_place(
    version: Version, tmp_path: Path
) -> None:
    table = _choices(tmp_path, "cluster,label,confidence", "0,happy,0.8", "1,,", "-1,unknown,")
    assert label_clusters(version.path, ID, table).added == 5
    mark = Votes(version.path).high_water()
    again = label_clusters(version.path, ID, table)
    assert (again.added, again.known) == (0, 5)
    assert Votes(version.path).high_water() == mark
    assert label_clusters(version.path, ID, _choices(tmp_path, "cluster,label", "0,sad")).added == 4
    model = Votes(version.path).current(annotators=[f"clusters:{ID}"])
    assert sorted(model["label"]) == ["sad"] * 4 + ["unknown"]


@pytest.mark.parametrize("label", ["happy", "unlabelled"])
def test_a_dry_run_counts_and_writes_nothing(version: Version, tmp_path: Path, label: str) -> None:
    table = _choices(tmp_path, "cluster,label", f"0,{label}", "1,bored stiff")
    before = Votes(version.path).table()
    dry = label_clusters(version.path, ID, table, dry_run=True)
    assert Votes(version.path).table().equals(before)
    done = label_clusters(version.path, ID, table)
    assert (dry.added, dry.known, dry.rows, dry.notices) == (7, 0, done.rows, done.notices)
    assert done.added == 7 and "'bored_stiff' is no emotion" in done.notices[0]
    again = label_clusters(version.path, ID, table, dry_run=True)
    assert (again.added, again.known) == (0, 7)


def test_samples_that_were_forgotten_are_passed_over(version: Version, tmp_path: Path) -> None:
    Votes(version.path).add([Vote(_sample(1).id, "happy", "anna")])
    forget(version.path, "Film 1")
    done = label_clusters(version.path, ID, _choices(tmp_path, "cluster,label", "0,happy"))
    assert done.added == 3 and done.rows[0]["samples"] == 3
    assert done.notices == ["1 samples of the clustering are no longer in the dataset"]
    assert _sample(1).id not in set(Votes(version.path).table()["sample"])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["cluster,label", "7,happy"], r"line 2: no cluster '7'; there are 0, 1, -1"),
        (["cluster,label", "0,happy", "0,sad"], "line 3: cluster 0 is there twice"),
        (["cluster,size,label", "1,4,sad"], "line 2: cluster 1 has 3 samples, not 4"),
        (["cluster,label,confidence", "0,happy,much"], "'much' is no confidence"),
        (["cluster,label,confidence", "0,happy,1.5"], "'1.5' is no confidence"),
        (["cluster,label,confidence", "0,happy,nan"], "'nan' is no confidence"),
        (["cluster,label", "0,!"], "'!' is no label"),
        (["cluster,label"], "gives no cluster a label"),
        (["cluster,label", "0,", "1,"], "gives no cluster a label"),
        (["cluster,emotion", "0,happy"], "lacks the column label"),
    ],
)
def test_a_table_that_cannot_be_used(
    version: Version, tmp_path: Path, lines: list[str], words: str
) -> None:
    before = Votes(version.path).table()
    with pytest.raises(BadInputError, match=words) as error:
        label_clusters(version.path, ID, _choices(tmp_path, *lines))
    assert "\n" not in str(error.value)
    assert Votes(version.path).table().equals(before)


def test_clusters_of_another_dataset(version: Version, tmp_path: Path) -> None:
    other = frozen(tmp_path / "other", [Sample("x.png", png(70))])
    table = _choices(tmp_path, "cluster,label", "0,happy")
    with pytest.raises(DatasetError, match="no clusterings"):
        label_clusters(other.path, ID, table)
    shutil.copytree(version.path / "clusterings", other.path / "clusterings")
    with pytest.raises(BadInputError, match="belongs to another dataset"):
        label_clusters(other.path, ID, table)
    assert json.loads((other.path / "clusterings" / f"{ID}.json").read_text())["id"] == ID


def test_a_filled_table_is_never_replaced(version: Version, tmp_path: Path) -> None:
    table = _choices(tmp_path, "cluster,label", "0,happy")
    with pytest.raises(BadInputError, match="is there already"):
        list_clusters(version.path, ID, table)
    assert "0,happy" in table.read_text()
    with pytest.raises(BadInputError, match="cannot write"):
        list_clusters(version.path, ID, tmp_path / "absent" / "choices.csv")
