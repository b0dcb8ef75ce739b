"""Pooling: a map made smaller by keeping the greatest, or the mean, of every window.

    MaxPool2D(2).forward(x).shape             # (n, H // 2, W // 2, C)

A window's numbers lie ``kh × kw`` apart in as many shifted views of the map; pooling goes through
these views, each at once for the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.base import Layer, need_maps
from cinemotion.numpynet.layers.windows import check_padding, pad_maps, pair, window_grid
from cinemotion.numpynet.memory import empty
from cinemotion.numpynet.threads import in_slices


class _Pool2D(Layer):
    """What both kinds share: windows and their views.

    Args:
        size: Height and width of a window, or one number for both.
        stride: Steps down and to the right; the window's size where None.
        padding: ``valid``, or ``same``: what lies outside the map does not count.
    """

    _outside = 0.0  # what stands in the margin

    def __init__(
        self,
        size: int | tuple[int, int] = 2,
        *,
        stride: int | tuple[int, int] | None = None,
        padding: str = "valid",
    ) -> None:
        super().__init__()
        self.size = pair(size, "size")
        self.stride = self.size if stride is None else pair(stride, "stride")
        self.padding = check_padding(padding)

    def config(self) -> dict[str, Any]:
        return {"size": list(self.size), "stride": list(self.stride), "padding": self.padding}

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        need_maps(self, shape)

    def output_shape(self, shape: Shape) -> Shape:
        sizes = zip(shape[:2], self.size, self.stride, strict=True)
        grid = [None if n is None else window_grid(n, k, s, self.padding)[2] for n, k, s in sizes]
        return *grid, shape[2]

    def _pad(self, x: Array) -> Array:
        """The maps with their margins; remembers where everything lies."""
        sizes = zip(x.shape[1:3], self.size, self.stride, strict=True)
        rows, columns = (window_grid(n, k, s, self.padding) for n, k, s in sizes)
        self._rows, self._columns, self._shape = rows, columns, x.shape
        return pad_maps(x, rows[:2], columns[:2], self._outside)

    def _views(self, padded: Array) -> Iterator[Array]:
        """For every place in a window the view of that place of all windows."""
        (kh, kw), (sh, sw) = self.size, self.stride
        height, width = self._rows[2], self._columns[2]
        for i in range(kh):
            for j in range(kw):
                yield padded[:, i : i + sh * height : sh, j : j + sw * width : sw]

    def _crop(self, padded: Array) -> Array:
        """What lies within the map."""
        _, height, width, _ = self._shape
        top, left = self._rows[0], self._columns[0]
        return padded[:, top : top + height, left : left + width]

    def _blank(self, dtype: Any) -> Array:
        n, height, width, channels = self._shape
        shape = (n, height + sum(self._rows[:2]), width + sum(self._columns[:2]), channels)
        return np.zeros(shape, dtype)


class MaxPool2D(_Pool2D):
    """The greatest of every window; its derivative goes to where the greatest was.

    Of equal ones to the first, as in TensorFlow. Arguments as for every pooling: ``size``,
    ``stride``, ``padding``.
    """

    _outside = -np.inf

    def forward(self, x: Array, training: bool = False) -> Array:
        padded = self._pad(x)
        if not training:
            return _greatest(padded, self.size, self.stride, (self._rows[2], self._columns[2]))
        views = list(self._views(padded))
        out = empty(views[0].shape, x.dtype)
        self._place = empty(out.shape, np.int16)

        def images(part: slice) -> None:
            best, place = out[part], self._place[part]
            best[...], place[...] = views[0][part], 0
            for i, view in enumerate(views[1:], start=1):
                np.copyto(place, i, where=view[part] > best)
                np.maximum(best, view[part], out=best)

        in_slices(images, len(x), out.size)
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        spread = self._blank(grad.dtype)
        views = list(self._views(spread))

        def images(part: slice) -> None:
            for i, view in enumerate(views):
                view[part] += grad[part] * (self._place[part] == i)

        in_slices(images, len(grad), grad.size)
        return self._crop(spread)


class AvgPool2D(_Pool2D):
    """The mean of every window, of what lies within the map. Arguments as for every pooling."""

    def forward(self, x: Array, training: bool = False) -> Array:
        views = self._views(self._pad(x))
        out = next(views).copy()
        for view in views:
            out += view
        self._counts = self._inside(x.dtype)
        out /= self._counts
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        spread = self._blank(grad.dtype)
        shares = grad / self._counts
        for view in self._views(spread):
            view += shares
        return self._crop(spread)

    def _inside(self, dtype: Any) -> Array:
        """How many of each window's places lie within the map, ``(oh, ow, 1)``."""
        counts = []
        for (before, _, count), kernel, stride, size in zip(
            (self._rows, self._columns), self.size, self.stride, self._shape[1:3], strict=True
        ):
            first = np.arange(count) * stride - before
            counts.append(np.minimum(first + kernel, size) - np.maximum(first, 0))
        product: Array = np.outer(*counts)[..., None].astype(dtype)
        return product


class GlobalAvgPool2D(Layer):
    """The mean of every channel over the whole map: vectors, whatever the size of the picture."""

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        need_maps(self, shape)

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[2],)

    def forward(self, x: Array, training: bool = False) -> Array:
        self._shape = x.shape
        out: Array = x.mean(axis=(1, 2))
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        _, height, width, _ = self._shape
        spread = np.broadcast_to(grad[:, None, None] / (height * width), self._shape)
        return np.ascontiguousarray(spread)


def _greatest(
    x: Array, size: tuple[int, int], stride: tuple[int, int], count: tuple[int, int]
) -> Array:
    """The greatest of every window: of its rows first, then of its columns.

    That is ``kh + kw`` comparisons in place of ``kh × kw``, the first ones along whole lines.
    """
    n, _, width, channels = x.shape
    out = empty((n, *count, channels), x.dtype)

    def rows(part: slice) -> None:
        tall = empty((n, part.stop - part.start, width, channels), x.dtype)
        steps = [slice(part.start * stride[0] + i, None, stride[0]) for i in range(size[0])]
        views = [x[:, step][:, : tall.shape[1]] for step in steps]
        _maximum(views, tall)
        _greatest_columns(tall, out[:, part], size[1], stride[1])

    in_slices(rows, count[0], x.size)
    return out


def _greatest_columns(x: Array, out: Array, size: int, stride: int) -> None:
    """The greatest of ``size`` neighbours in every line of ``(n, h, W, C)``, into ``out``.

    Every place is compared with its neighbours, also those between two windows: along a whole
    line that takes less time than going from window to window.
    """
    n, height, width, channels = x.shape
    lines = x.reshape(n, height, width * channels)
    places = (width - size + 1) * channels
    greatest = empty(lines.shape, x.dtype)
    _maximum(
        [lines[..., j * channels : j * channels + places] for j in range(size)],
        greatest[..., :places],
    )
    pixel = np.dtype((np.void, channels * x.itemsize))  # copied as a whole
    picked = greatest.view(pixel)[:, :, ::stride][:, :, : out.shape[2]]
    out.view(pixel)[..., 0] = picked


def _maximum(views: list[Array], out: Array) -> None:
    """The greatest of several arrays of one shape, number by number."""
    if len(views) == 1:
        out[...] = views[0]
        return
    np.maximum(views[0], views[1], out=out)
    for view in views[2:]:
        np.maximum(out, view, out=out)
