"""``cinemotion dedup``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from cinemotion.cli import curate
from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.curate.neighbours import MOST_BITS, Nearness
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.features import FeatureStore
from cinemotion.dataset.store import Store
from smallsets import Still, add_stills
from twinned import draw

app = typer.Typer()
curate.register(app)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    one, two = draw(1), draw(2)
    patched = one.copy()
    patched[:6, :6] = 255  # 4 bits of pHash, 1 of dHash
    stills = [
        Still("1.png", one, track="x"),
        Still("1-copy.png", one, source="more"),
        Still("1-like.png", patched, track="x"),
        Still("2.png", two, track="x"),
    ]
    store = Store.create(tmp_path / "d")
    add_stills(store, stills, votes=False)
    return Dataset(store)


def test_it_says_what_it_rejected(dataset: Dataset) -> None:
    done = run(dataset.path)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == "title samples kept exact_twin near_twin track_limit".split()
    assert lines[3:] == [
        "equal pixels: 1 copies in 1 groups, 1 of them across films",
        "near twins (pHash ≤ 6, dHash ≤ 10 bits): 1 copies in 1 groups, 1 of them across films",
        "2 of 4 samples kept",
    ]
    assert dataset.samples().filter(status="kept").height == 2


def test_options_reach_the_search(dataset: Dataset) -> None:
    options = ("--phash", 0, "--dhash", 0, "--per-track", 1, "--dry-run")
    report = json.loads(run(dataset.path, *options, "--json").stdout)
    assert report["dry_run"] is True
    assert report["settings"] == {"phash": 0, "dhash": 0, "min_deviation": 5.0, "per_track": 1}
    assert report["exact"] == {"groups": 1, "copies": 1, "across_films": 1}
    assert report["near"]["copies"] == 0 and report["track_limit"] == 1
    # Of track x one is kept, and 1 is also the copy of a sample elsewhere.
    assert (report["samples"], report["kept"]) == (4, 2)
    told = run(dataset.path, *options).stdout.splitlines()
    assert told[-2:] == [
        "over 1 of a track: 1 samples",
        "2 of 4 samples would be kept; nothing was written",
    ]
    assert dataset.samples().filter(status="kept").height == 4


def test_stored_vectors_have_the_last_word(dataset: Dataset) -> None:
    samples = dataset.samples()
    ids = samples["id"].to_list()
    far = samples["member"].is_in(["1-like.png"]).to_list()  # another face than the others
    vectors = np.array([[0, 1] if other else [1, 0] for other in far], np.float32)
    vectors[samples["member"].to_list().index("2.png")] = 0  # has no direction: as if not there
    id = FeatureStore(dataset.path).add({"name": "faces"}, ids, vectors, spec="onnx:f.onnx")
    for name in ("onnx:f.onnx", id[:6]):
        done = run(dataset.path, "--embedding", name, "--cosine", 0.3, "--dry-run")
        assert "near twins (pHash ≤ 6, dHash ≤ 10 bits, cosine distance ≤ 0.3): 0 " in done.stdout
    report = json.loads(
        run(dataset.path, "--embedding", id, "--cosine", 1.2, "--json", "--dry-run").stdout
    )
    assert report["near"]["copies"] == 1
    assert report["settings"]["embedding"] == f"faces-{id}"
    FeatureStore(dataset.path).add({"name": "b"}, ids, vectors, spec="onnx:f.onnx")
    with pytest.raises(BadInputError, match=f"2 sets of vectors 'onnx:f.onnx'; .*{id}"):
        run(dataset.path, "--embedding", "onnx:f.onnx", "--cosine", 0.3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--embedding", "hog", "--cosine", 0.3), r"no vectors 'hog', only: none; .*--with hog$"),
        (("--embedding", "hog"), "--embedding came alone; give both"),
        (("--cosine", 0.3), "--cosine came alone; give both"),
    ],
)
def test_vectors_must_be_there(dataset: Dataset, options: tuple[object, ...], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        run(dataset.path, *options)


def test_help_names_the_defaults_and_the_limits_fit() -> None:
    help = {
        option: parameter.help
        for parameter in typer.main.get_command(app).params
        for option in parameter.opts
        if isinstance(parameter, typer.core.TyperOption)
    }
    assert f"[default: {Nearness().phash}]" in str(help["--phash"])
    assert f"[default: {Nearness().dhash}]" in str(help["--dhash"])
    assert run("d", "--phash", MOST_BITS + 1).exit_code == 2


def test_there_must_be_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no cinemotion dataset"):
        run(tmp_path)
