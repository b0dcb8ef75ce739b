"""What the filters of a network answer to one picture, layer by layer.

    write_responses(Path("face.png"), Path("responses.png"))     # of the ``classic`` network
    figure = draw_responses(image, find_responses(image, net))     # of any other

A row per layer, a map per filter. Each map is scaled by itself: red is above zero, blue below and
white zero, so that an edge filter shows both sides of an edge, and a ReLU what it cuts away.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cinemotion.core.drawing import save_figure
from cinemotion.core.errors import BadInputError, UnreadableImageError
from cinemotion.core.types import Floats, Image
from cinemotion.dataset.pictures import take_picture
from cinemotion.learn.extractors.inputs import read_input
from cinemotion.numpynet import Sequential, classic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAPS = 8  # of a layer; the first ones
_INCH = 1.15  # of a map's side


def write_responses(
    image: Path, out: Path, *, model: Path | None = None
) -> list[dict[str, str | int]]:
    """Draw the responses to a picture into a file.

    Args:
        image: A picture file.
        out: The figure, ``.png`` or ``.svg``; replaced where it is there.
        model: A network that ``numpynet`` saved; without it, the ``classic`` one.

    Returns:
        Of every layer that has maps: ``name``, ``height``, ``width`` and ``maps``.

    Raises:
        UnreadableImageError: The picture cannot be read.
        BadInputError: The file holds no network of pictures, or ``out`` cannot be written.
    """
    picture = read_picture(image)
    layers = find_responses(picture, open_network(model))
    save_figure(draw_responses(picture, layers), out)
    rows = []
    for name, maps in layers:
        height, width, count = maps.shape
        rows.append({"name": name, "height": height, "width": width, "maps": count})
    return rows


def read_picture(path: Path) -> Image:
    """A picture file as uint8 ``(H, W, 3)`` RGB, upright.

    Raises:
        UnreadableImageError: It cannot be read, or is no picture.
    """
    try:
        return take_picture(path.read_bytes()).image
    except OSError as error:
        raise UnreadableImageError(f"cannot read {path}: {error.strerror or error}") from error
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{path}: {error}") from error


def open_network(model: Path | None) -> Sequential:
    """A saved network, or the ``classic`` one.

    Raises:
        BadInputError: The file holds no network.
    """
    if model is None:
        return classic()
    try:
        return Sequential.load(model)
    except (ValueError, OSError) as error:
        raise BadInputError(f"cannot use {model} as a network: {error}") from error


def find_responses(image: Image, net: Sequential) -> list[tuple[str, Floats]]:
    """The name and the maps of every layer that still has maps.

    Args:
        image: uint8 ``(H, W, 3)``, RGB; brought to the network's size, or to 224 pixels a side
            where it takes any, as features are.
        net: The network.

    Returns:
        Names, and float32 ``(h, w, c)``.

    Raises:
        BadInputError: The network takes something else than pictures, or answers without maps.
    """
    wanted = read_input((None, *net.input_shape), "the network")
    batch = wanted.batch([image]).astype(np.float32) / np.float32(255)
    maps = [(name, found[0]) for name, found in net.responses(batch) if found.ndim == 4]
    if not maps:
        raise BadInputError("no layer of the network answers with maps; expected a convolution")
    return maps


def draw_responses(image: Image, layers: Sequence[tuple[str, Floats]]) -> Figure:
    """The picture, and below it a row of maps for every layer.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        layers: What :func:`find_responses` gives.
    """
    from matplotlib.figure import Figure

    width = min(_MAPS, max(maps.shape[2] for _, maps in layers))
    size = (_INCH * width + 1.4, (_INCH + 0.1) * (len(layers) + 1))
    figure = Figure(size, layout="constrained")
    grid = figure.subplots(len(layers) + 1, width, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    grid[0, 0].imshow(image)
    _name(grid[0, 0], "the picture")
    for row, (name, maps) in zip(grid[1:], layers, strict=True):
        height, wide, count = maps.shape
        shown = f"{count} maps" if count <= width else f"{width} of {count} maps"
        _name(row[0], f"{name}\n{shown}\n{height} × {wide}")
        for axes, answer in zip(row, np.moveaxis(maps, 2, 0), strict=False):
            largest = float(np.abs(answer).max()) or 1.0
            axes.imshow(answer, cmap="RdBu_r", vmin=-largest, vmax=largest)
    return figure


def _name(axes: Axes, words: str) -> None:
    """Say what a row is, on the left of its first picture."""
    place = axes.transAxes
    axes.text(-0.1, 0.5, words, transform=place, ha="right", va="center", fontsize=8)
