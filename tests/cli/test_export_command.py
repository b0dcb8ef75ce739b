from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cinemotion.cli import export
from cinemotion.core.errors import BadInputError, DatasetError
from frozen import Sample, drawn, file, frozen, usual


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    odd = Sample("w.webp", file(drawn(70), "WEBP", quality=95), {"happy": 1}, "val")
    return frozen(tmp_path_factory.mktemp("dataset") / "d", [*usual(), odd]).path


def run(*arguments: str) -> str:
    app = typer.Typer()
    export.register(app)
    result = CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


def test_it_exports_class_folders_and_says_what(dataset: Path, tmp_path: Path) -> None:
    said = run(f"{dataset}@v1", str(tmp_path / "out"))
    assert (tmp_path / "out" / "train" / "happy").is_dir()
    lines = [line.split() for line in said.splitlines()]
    assert lines[0] == ["split", "angry", "happy", "all"]
    assert lines[1] == ["train", "6", "6", "12"]
    assert "left out: 1 rejected, 2 without a class" in said
    assert said.splitlines()[-1] == f"folders: {tmp_path / 'out'}"


def test_json_is_one_document(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = json.loads(run(f"{dataset}@v1", str(out), "--format", "webdataset", "--json"))
    assert said["counts"]["train"] == {"angry": 6, "happy": 6}
    assert said["counts"]["val"] == {"angry": 3, "happy": 4}
    assert said["left_out"] == {"rejected": 1, "without a class": 2}
    assert (said["format"], said["out"], said["made_png"]) == ("webdataset", str(out), 1)
    assert len(said["version"]) == 64


def test_the_size_of_shards_is_in_megabytes(tmp_path: Path) -> None:
    samples = [Sample(f"{i}.png", noisy(i), {"happy": 1}) for i in range(3)]
    frozen(tmp_path / "d", samples)
    run(f"{tmp_path / 'd'}@v1", str(tmp_path / "out"), "--format", "webdataset", "--shard-mb", "1")
    assert len(list((tmp_path / "out").glob("*.tar"))) == 3


def noisy(seed: int) -> bytes:
    import numpy as np

    from cinemotion.dataset.images import encode_image

    image = np.random.default_rng(seed).integers(0, 256, (480, 480, 3), np.uint8)
    return encode_image(image, "png")


def test_a_dataset_without_a_version_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"names no version; write .*@TAG"):
        run(str(dataset), str(tmp_path / "out"))
    with pytest.raises(DatasetError, match="no version 'v7'"):
        run(f"{dataset}@v7", str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []
