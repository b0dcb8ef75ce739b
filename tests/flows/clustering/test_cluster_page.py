from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.flows.clustering import pointmap
from cinemotion.flows.clustering.cluster import Clustering
from cinemotion.flows.clustering.cluster_page import write_report
from cinemotion.flows.looking.scripts import plotly_script
from pages import check_page
from reported import FILMS, reported


@pytest.fixture(scope="module")
def clustering(tmp_path_factory: pytest.TempPathFactory) -> Clustering:
    return reported(tmp_path_factory.mktemp("clusters") / "d", k="auto")


@pytest.fixture(scope="module")
def page(clustering: Clustering, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("page") / "clusters.html"
    write_report(clustering, out, projections=["pca", "lda"])
    return out.read_text(encoding="utf-8")


def _data(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    return json.loads(found[1])


def _words(page: str) -> str:
    bare = re.sub(r"(?s)<script.*?</script>|<style>.*?</style>|<[^>]+>", " ", page)
    return " ".join(bare.split())


def test_the_page_is_whole_and_loads_nothing(page: str) -> None:
    check_page(page, scripts=2)
    assert len(page) < 15_000_000


def test_the_policy_is_that_of_the_scripts_inside(page: str) -> None:
    for text in re.findall(r"(?s)<script>(.*?)</script>", page):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page[:2000]


def test_every_sample_has_a_point_a_crop_and_its_colours(page: str, clustering: Clustering) -> None:
    data = _data(page)
    assert [method["name"] for method in data["methods"]] == ["pca", "lda"]
    for points in data["points"].values():
        for dimensions, found in points.items():
            assert [len(axis) for axis in found["axes"]] == [48] * int(dimensions)
    assert len(data["crops"]) == len(data["captions"]) == 48
    assert all(crop.startswith("data:image/jpeg;base64,") for crop in data["crops"])
    assert list(data["colourings"]) == ["cluster", "emotion", "film", "split"]
    assert data["colourings"]["cluster"]["codes"] == clustering.clusters.tolist()
    assert set(data["colourings"]["film"]["names"]) == set(FILMS)
    assert "no label" in data["colourings"]["emotion"]["names"]
    assert data["curve"]["silhouette"][0] is None  # with one cluster it is not defined


def test_the_page_says_what_was_found(page: str, clustering: Clustering) -> None:
    words = _words(page)
    assert "The clusters follow the film most: AMI 1.00" in words
    assert "An expression shown is not an emotion felt" in words
    assert "All 48 samples." in words
    assert f"labels from-clusters {clustering.settings['version'][:-3]} {clustering.id}" in words
    for target in ("emotion", "film"):
        assert f"Samples per {target} (rows) and cluster (columns)" in words
    assert "No scores against the track: no sample has a track." in words


def test_every_cluster_shows_its_faces(page: str) -> None:
    shelves = re.findall(r'(?s)<article class="shelf">.*?</article>', page)
    assert len(shelves) == 3
    for shelf in shelves:
        assert "100 % D" in shelf or "100 % N" in shelf
        assert shelf.count("<img") == 12  # eight typical ones, four odd ones


def test_of_many_samples_some_are_drawn(
    clustering: Clustering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pointmap, "POINTS", 20)
    steps: list[tuple[int, int]] = []
    for name in ("a", "b"):
        write_report(
            clustering, tmp_path / name, progress=lambda done, of: steps.append((done, of))
        )
    first, again = ((tmp_path / name).read_text() for name in ("a", "b"))
    assert first == again
    assert "20 of the 48 samples, drawn by chance with seed 0." in _words(first)
    assert len(_data(first)["crops"]) == 20
    assert steps[-1] == (2, 2)


def test_crops_keep_to_their_budget(
    clustering: Clustering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(clustering, tmp_path / "large.html")
    large = sum(map(len, _data((tmp_path / "large.html").read_text())["crops"]))
    monkeypatch.setattr(pointmap, "_BUDGET", large - 1)
    write_report(clustering, tmp_path / "small.html")
    assert sum(map(len, _data((tmp_path / "small.html").read_text())["crops"])) < large


def test_no_third_dimension_is_said(tmp_path: Path) -> None:
    clustering = reported(tmp_path / "d", emotions=("angry", "happy", "sad"))
    write_report(clustering, tmp_path / "p.html", projections=["lda"])
    page = (tmp_path / "p.html").read_text()
    assert list(_data(page)["points"]["lda"]) == ["2"]
    assert "LDA has no third dimension here: LDA in 3 dimensions needs 4 classes" in _words(page)


def test_names_are_escaped(tmp_path: Path) -> None:
    evil = "</script><b>evil"
    write_report(reported(tmp_path / "d", films=(evil, "Dusk", "Noon")), tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text()
    check_page(page, scripts=2)
    assert "<b>evil" not in page
    assert evil in _data(page)["colourings"]["film"]["names"]


def test_what_cannot_be_written(
    clustering: Clustering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInputError, match="unknown projection 'mds'"):
        write_report(clustering, tmp_path / "p.html", projections=["mds"])
    with pytest.raises(BadInputError, match="cannot write"):
        write_report(clustering, tmp_path / "absent" / "p.html")
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    plotly_script.cache_clear()
    with pytest.raises(MissingExtraError, match=r"cinemotion\[cluster\]"):
        write_report(clustering, tmp_path / "p.html")
    assert not list(tmp_path.iterdir())
