"""Clusters of a frozen version, and what they are compared with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.clusterings import clustering_ids, read_clustering
from cinemotion.flows.clustering.cluster import cluster
from cinemotion.flows.clustering.prepared import prepare
from cinemotion.flows.clustering.sweep import rank_runs, sweep
from cinemotion.flows.clustering.targets import choose_targets
from clustered import featured

TWO = {"features": "hand", "k": 2}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    return featured(tmp_path_factory.mktemp("clustered") / "d")


def test_what_the_features_show_is_what_the_clusters_follow(reference: str) -> None:
    """The vectors stand for the film: two films, and emotions that lie across them."""
    found = cluster(reference, **TWO)
    assert found.clusters.dtype == np.int64 and sorted(set(found.clusters.tolist())) == [0, 1]
    assert found.ids == sorted(found.ids) == found.table.samples["id"].to_list()
    assert found.scores["film"]["ami"].value == pytest.approx(1)
    assert found.scores["emotion"]["ami"].value < 0.2
    assert found.contingency["film"].drop("label").to_numpy().max() == 24
    assert found.shape["silhouette"] is not None and found.shape["silhouette"] > 0.8
    assert (found.sizes, found.noise, found.alike) == ([24, 24], 0, [])


def test_only_samples_with_a_class_count_against_the_emotion(reference: str) -> None:
    found = cluster(reference, **TWO)
    # Two of 48 have no vote, one was said to be no face.
    assert (found.counted["emotion"], found.counted["film"]) == (45, 48)
    assert set(found.contingency["emotion"]["label"]) == {"angry", "happy"}
    assert found.left_out == {
        "shot": "no sample has a shot",
        "track": "every sample has one of its own",
    }


def test_intervals_go_by_film_but_not_those_of_the_film_itself(reference: str) -> None:
    found = cluster(reference, **TWO)
    assert found.group_levels == {"emotion": "film", "film": None}
    assert found.scores["emotion"]["ari"].group_low is not None
    assert found.scores["film"]["ari"].group_low is None


def test_a_clustering_is_kept_and_found_again(reference: str) -> None:
    folder = Path(reference.rpartition("@")[0])
    found = cluster(reference, **TWO, seed=3)
    kept = read_clustering(folder, found.id[:5])
    assert kept.id == found.id
    assert kept.rows["id"].to_list() == found.ids
    np.testing.assert_array_equal(kept.rows["cluster"].to_numpy(), found.clusters)
    assert kept.record["settings"]["algorithm"] == "kmeans"
    assert kept.record["scores"]["film"]["ami"]["value"] == pytest.approx(1)
    text = (folder / "clusterings" / f"{found.id}.json").read_text()
    assert "Film" not in text and str(folder) not in text


def test_the_same_call_has_the_same_id_and_other_settings_another(reference: str) -> None:
    folder = Path(reference.rpartition("@")[0])
    first = cluster(reference, **TWO)
    before = clustering_ids(folder)
    again = cluster(reference, **TWO)
    assert (again.id, clustering_ids(folder)) == (first.id, before)
    np.testing.assert_array_equal(again.clusters, first.clusters)
    assert again.scores == first.scores
    assert cluster(reference, **TWO, scaling="none").id != first.id


def test_auto_chooses_and_shows_the_curve(reference: str) -> None:
    told: list[tuple[int, int]] = []
    found = cluster(reference, features="hand", progress=lambda *step: told.append(step))
    assert found.curve is not None and found.curve.k == 2 == len(found.sizes)
    assert found.settings["k"] == "auto"
    assert told[-1] == (len(found.curve.ks),) * 2
    assert json.loads(json.dumps(found.record()))["curve"]["k"] == 2


def test_algorithms_that_find_the_number_need_none(reference: str) -> None:
    found = cluster(reference, features="hand", algorithm="hdbscan")
    assert found.curve is None and found.settings["k"] is None
    assert len(found.sizes) == 2


def test_a_side_and_a_sample_of_it(reference: str) -> None:
    found = cluster(reference, **TWO, split="train", sample=10)
    assert len(found.ids) == 10
    assert set(found.table.samples["split"]) == {"train"}
    assert found.table.vectors.shape == found.scaled.shape == (10, 4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r: cluster(r, **TWO, split="test"), r"'test'; .* train \(24\), val \(24\); or"),
        (lambda r: cluster(r, features="hand", k=1), "--k 1: with fewer than two clusters"),
        (lambda r: cluster(r, features="hand", k=49), "k = 49 is more than the 48 samples"),
        (lambda r: cluster(r, **TWO, algorithm="dbscan"), "leave --k 2 out"),
        (lambda r: cluster(r, **TWO, against=["shot"]), "the shot: no sample has a shot"),
        (lambda r: cluster(r, **TWO, against=["cast"]), "'cast'; choose of: emotion, film"),
        (lambda r: cluster(r, **TWO, sample=0), "1 or more of the samples"),
        (lambda r: cluster(r, features="flat", k=2), "kmeans found one cluster in 48 samples"),
    ],
)
def test_what_cannot_be_is_one_line(
    reference: str, call: Callable[[str], object], words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        call(reference)


def test_nan_from_a_damaged_table_is_one_line(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = prepare(reference, "hand").table
    table.vectors[5, 2] = np.nan
    monkeypatch.setattr(
        "cinemotion.flows.clustering.prepared.load_features", lambda reference, name: table
    )
    with pytest.raises(BadInputError, match="1 of 48 samples hold NaN or infinity"):
        cluster(reference, **TWO)


def test_a_clustering_that_is_not_there_is_one_line(reference: str) -> None:
    folder = Path(reference.rpartition("@")[0])
    for name in ("0000", "", "xyz"):
        with pytest.raises(DatasetError, match=r"there are: .*cinemotion cluster makes one"):
            read_clustering(folder, name)


def test_a_sweep_has_a_row_per_run_and_ranks_their_means(reference: str) -> None:
    told: list[tuple[int, int]] = []
    runs = sweep(
        reference,
        features=["hand", "chance"],
        algorithms=["kmeans", "hdbscan"],
        seeds=2,
        k=2,
        against=["film", "emotion"],
        progress=lambda *step: told.append(step),
    )
    assert runs.height == 8 and told[-1] == (8, 8)
    assert runs.columns[:4] == ["rank", "features", "algorithm", "seed"]
    best = runs.filter(pl.col("rank") == 1)
    assert set(best["features"]) == {"hand"} and set(best["film_ari"]) == {1.0}
    ranked = rank_runs(runs)
    assert ranked.height == 4
    assert ranked["rank"].to_list()[0] == 1
    assert ranked["film_ari"].drop_nulls().is_sorted(descending=True)
    row = ranked.row(by_predicate=(pl.col("features") == "chance") & (pl.col("k") == 2), named=True)
    part = runs.filter(pl.col("features") == "chance", pl.col("algorithm") == "kmeans")
    assert row["film_ari"] == pytest.approx(part["film_ari"].mean())
    assert row["film_ari_low"] == part["film_ari_low"].min()
    assert row["emotion_ari_high"] == part["emotion_ari_group_high"].max()


def test_a_run_of_a_sweep_that_fails_is_a_row_with_a_reason(reference: str) -> None:
    runs = sweep(reference, features=["flat", "hand"], algorithms=["kmeans"], seeds=1, k=2)
    assert runs["features"].to_list() == ["hand", "flat"]
    assert runs["rank"].to_list() == [1, None]
    assert runs["reason"][0] is None and runs["reason"][1].startswith("kmeans found one cluster")
    assert rank_runs(runs).select("runs", "failed").rows() == [(1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"features": ["flat"], "algorithms": ["kmeans"]}, "no run came to an end; the first: no"),
        ({"features": [], "algorithms": ["kmeans"]}, "needs features, algorithms and 1 seed"),
        ({"features": ["hand"], "algorithms": ["kmeans"], "k": 1}, "fewer than two clusters"),
        (
            {"features": ["hand"], "algorithms": ["kmeans"], "against": ["shot"]},
            "no sample has a shot",
        ),
    ],
)
def test_a_sweep_that_cannot_be_is_one_line(
    reference: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        sweep(reference, **options)  # type: ignore[arg-type]


def test_without_labels_there_is_nothing_to_rank_by(tmp_path: Path) -> None:
    reference = featured(tmp_path / "d", labels=False)
    with pytest.raises(BadInputError, match=r"no sample has an emotion .*--against film"):
        sweep(reference, features=["hand"], algorithms=["kmeans"], k=2)
    ranked = sweep(reference, features=["hand"], algorithms=["kmeans"], k=2, against=["film"])
    assert ranked["film_ari"][0] == 1
    assert cluster(reference, **TWO).left_out["emotion"] == "no sample has an emotion"


def frame(**columns: list[str | None]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    empty = dict.fromkeys(("label", "film", "scene", "character", "shot", "track"), [None] * n)
    schema = dict.fromkeys((*empty, "id"), pl.String)
    return pl.DataFrame({**empty, "id": [str(i) for i in range(n)], **columns}, schema)


def test_groups_go_by_the_coarsest_level_that_tells_samples_apart() -> None:
    samples = frame(
        label=["happy", "sad", "happy", "sad"],
        film=["one"] * 4,
        shot=["a", "a", "b", None],
    )
    targets, left_out = choose_targets(samples, None)
    assert left_out["film"] == "all 4 samples that have a value have the same one"
    assert targets["emotion"].level == "shot"
    assert targets["emotion"].groups == ["a", "a", "b", "3"]
    assert targets["shot"].known.tolist() == [True, True, True, False]
    assert targets["shot"].groups is None


def test_a_clip_per_emotion_is_said_to_be_the_same(tmp_path: Path) -> None:
    found = cluster(featured(tmp_path / "d", confounded=True), **TWO)
    assert found.alike == ["film"]
