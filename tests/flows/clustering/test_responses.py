from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, UnreadableImageError
from cinemotion.flows.clustering.responses import draw_responses, find_responses, write_responses
from cinemotion.numpynet import Conv2D, Dense, Flatten, ReLU, Sequential, classic
from frozen import drawn, png


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    path.write_bytes(png(3, 40, 32))
    return path


def test_every_layer_of_classic_answers(picture: Path, tmp_path: Path) -> None:
    rows = write_responses(picture, tmp_path / "out.png")
    assert len(rows) == 9
    assert rows[0] == {"name": "conv2d_1", "height": 222, "width": 222, "maps": 5}
    assert rows[-1] == {"name": "maxpool2d_3", "height": 26, "width": 26, "maps": 5}
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_the_maps_are_those_of_the_network() -> None:
    image, net = drawn(1, 224, 224), classic()
    maps = dict(find_responses(image, net))
    grey = image[1:-1, 1:-1].astype(np.float64).mean(axis=2) / 255
    np.testing.assert_allclose(maps["conv2d_1"][..., 1], grey, atol=1e-5)  # the identity
    flat = net.features(image[None].astype(np.float32) / 255, "relu_2")[0]
    np.testing.assert_array_equal(maps["relu_2"], flat)


def test_each_map_is_scaled_around_zero() -> None:
    layers = [("a", np.stack([np.full((4, 4), -2.0), np.zeros((4, 4))], axis=2, dtype=np.float32))]
    figure = draw_responses(drawn(1), layers)
    ranges = [axes.images[0].get_clim() for axes in figure.axes if axes.images]
    assert ranges[1:] == [(-2.0, 2.0), (-1.0, 1.0)]


def test_layers_with_many_maps_show_the_first_and_say_so(picture: Path, tmp_path: Path) -> None:
    layers = [Conv2D(20, padding="same"), ReLU(), Flatten(), Dense(3)]
    Sequential(layers, (16, 16, 1), seed=0).save(tmp_path / "net.npz")
    rows = write_responses(picture, tmp_path / "out.svg", model=tmp_path / "net.npz")
    assert [row["name"] for row in rows] == ["conv2d_1", "relu_1"]  # then there are no maps
    image = drawn(1, 16, 16)
    figure = draw_responses(image, find_responses(image, Sequential.load(tmp_path / "net.npz")))
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "conv2d_1\n8 of 20 maps\n16 × 16" in words


def test_what_cannot_be_answered(picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    (tmp_path / "text.png").write_text("no picture")
    for missing in ("text.png", "absent.png"):
        with pytest.raises(UnreadableImageError, match=missing):
            write_responses(tmp_path / missing, out)
    with pytest.raises(BadInputError, match="as a network"):
        write_responses(picture, out, model=picture)
    Sequential([Flatten(), Dense(3)], (8, 8, 3), seed=0).save(tmp_path / "flat.npz")
    with pytest.raises(BadInputError, match="no layer of the network answers with maps"):
        write_responses(picture, out, model=tmp_path / "flat.npz")
    Sequential([Dense(3)], (8,), seed=0).save(tmp_path / "rows.npz")
    with pytest.raises(BadInputError, match="needed is one of pictures"):
        write_responses(picture, out, model=tmp_path / "rows.npz")
    assert not out.exists()
