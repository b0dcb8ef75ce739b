"""Convolution: what a kernel sees, for every place of a map.

    conv = Conv2D(16, 3, padding="same")
    conv.build((48, 48, 1), np.random.default_rng(0))
    conv.forward(x).shape                     # (n, 48, 48, 16)

Every window is laid out as a row of a matrix (``windows.py``); a convolution is then one matrix
product, and so are its derivatives. As everywhere in this field, the kernel is not flipped
(cross-correlation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.bands import band_matrix, block_size, correlate_strips, sum_bands
from cinemotion.numpynet.layers.base import Layer, need_maps
from cinemotion.numpynet.layers.channels import channel_sums, scale_channels
from cinemotion.numpynet.layers.windows import (
    check_padding,
    lay_out,
    pad_maps,
    pair,
    window_grid,
    window_view,
)
from cinemotion.numpynet.threads import copy_rows

Margins = tuple[tuple[int, int], tuple[int, int]]


class Conv2D(Layer):
    """A convolution over height and width.

    Args:
        filters: Channels that come out.
        kernel: Height and width of a kernel, or one number for both.
        stride: Steps down and to the right from window to window.
        padding: ``valid`` (windows inside the map) or ``same`` (padded with zeros, so that
            ``ceil(size / stride)`` windows fit).
        groups: The channels are cut into so many groups, each with kernels of its own.
        bias: Whether a number is added to every filter's answer.

    Weights: ``weight`` ``(kh, kw, C / groups, filters)``, drawn after He et al. 2015, and
    ``bias`` ``(filters,)``, zero.

    Raises:
        ValueError: Groups do not divide filters, or a number is not positive.
    """

    def __init__(
        self,
        filters: int,
        kernel: int | tuple[int, int] = 3,
        *,
        stride: int | tuple[int, int] = 1,
        padding: str = "valid",
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if filters < 1 or groups < 1 or filters % groups:
            raise ValueError(f"{groups} groups do not divide {filters} filters; choose a divisor")
        self.filters = filters
        self.kernel = pair(kernel, "kernel")
        self.stride = pair(stride, "stride")
        self.padding = check_padding(padding)
        self.groups = groups
        self.bias = bias
        self._kept: list[_Rows] = []
        self._margins: Margins = ((0, 0), (0, 0))
        self._input: tuple[int, ...] = ()

    def config(self) -> dict[str, Any]:
        return {
            "filters": self.filters,
            "kernel": list(self.kernel),
            "stride": list(self.stride),
            "padding": self.padding,
            "groups": self.groups,
            "bias": self.bias,
        }

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        channels = need_maps(self, shape)
        if channels % self.groups:
            raise ValueError(
                f"{self.groups} groups do not divide {channels} channels; choose a divisor"
            )
        kh, kw = self.kernel
        fan_in = kh * kw * channels // self.groups
        size = (kh, kw, channels // self.groups, self.filters)
        drawn = rng.standard_normal(size) * np.sqrt(2 / fan_in)
        self.params = {"weight": drawn.astype(np.float32)}
        if self.bias:
            self.params["bias"] = np.zeros(self.filters, np.float32)

    def output_shape(self, shape: Shape) -> Shape:
        height, width = (
            None if size is None else window_grid(size, kernel, stride, self.padding)[2]
            for size, kernel, stride in zip(shape[:2], self.kernel, self.stride, strict=True)
        )
        return height, width, self.filters

    def forward(self, x: Array, training: bool = False) -> Array:
        (top, bottom, _), (left, right, _) = (
            window_grid(size, kernel, stride, self.padding)
            for size, kernel, stride in zip(x.shape[1:3], self.kernel, self.stride, strict=True)
        )
        margins = (top, bottom), (left, right)
        kept = [
            _correlate(part, weight, margins, self.stride, keep=training)
            for part, weight in zip(self._by_group(x), self._weights(), strict=True)
        ]
        out = kept[0].out if self.groups == 1 else np.concatenate([k.out for k in kept], axis=3)
        if self.bias:
            scale_channels(out, None, self.params["bias"], out=out)
        if training:
            self._kept, self._margins, self._input = kept, margins, x.shape
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        parts = self._by_group(grad)
        kh, kw = self.kernel
        size = (kh, kw, self.params["weight"].shape[2], self.filters // self.groups)
        self.grads["weight"] = np.concatenate(
            [
                kept.weight_gradient(part, size, self.stride[1])
                for kept, part in zip(self._kept, parts, strict=True)
            ],
            axis=3,
        )
        self._kept = []
        if self.bias:
            self.grads["bias"] = channel_sums(grad)
        if not need_input:
            return None
        inputs = [
            _input_gradient(part, weight, self._input, self._margins, self.stride)
            for part, weight in zip(parts, self._weights(), strict=True)
        ]
        return inputs[0] if self.groups == 1 else np.concatenate(inputs, axis=3)

    def _by_group(self, maps: Array) -> list[Array]:
        return [maps] if self.groups == 1 else np.split(maps, self.groups, axis=3)

    def _weights(self) -> list[Array]:
        weight = self.params["weight"]
        return [weight] if self.groups == 1 else np.split(weight, self.groups, axis=3)


@dataclass(slots=True)
class _Rows:
    """A convolution's result and the windows that it came from.

    Attributes:
        out: ``(n, oh, ow, F)``.
        rows: The windows, ``(windows / block, kh * run)``; none where nobody asks for them.
        block: Neighbouring windows in a row.
        padded: How many windows a row of the map has with the last block filled up.
    """

    out: Array
    rows: Array
    block: int
    padded: int

    def weight_gradient(self, grad: Array, size: tuple[int, ...], stride: int) -> Array:
        """The derivative by the weight: every window times what came of it, summed."""
        grad = pad_maps(grad, (0, 0), (0, self.padded - grad.shape[2]))
        kh, filters = size[0], size[3]
        product = self.rows.T @ grad.reshape(len(self.rows), self.block * filters)
        return sum_bands(product.reshape(kh, -1, self.block * filters), size, stride)


def _correlate(
    x: Array, weight: Array, margins: Margins, stride: tuple[int, int], *, keep: bool = False
) -> _Rows:
    """Every window of padded maps times the kernel.

    Args:
        x: ``(n, H, W, C)``.
        weight: ``(kh, kw, C, F)``.
        margins: Zeros above and below, left and right.
        stride: Steps down and to the right.
        keep: Whether the windows are needed again.
    """
    (kh, kw, channels, filters), (sh, sw) = weight.shape, stride
    height = (x.shape[1] + sum(margins[0]) - kh) // sh + 1
    width = (x.shape[2] + sum(margins[1]) - kw) // sw + 1
    block = block_size(channels, filters, kw, width)
    blocks = -(-width // block)
    # The last block may reach beyond the map: it sees zeros there, and its answers are dropped.
    beyond = max(0, (blocks * block - 1) * sw + kw - x.shape[2] - sum(margins[1]))
    left, right = margins[1]
    padded = np.ascontiguousarray(pad_maps(x, margins[0], (left, right + beyond)))
    count = height, blocks
    if block > 1 and not keep:
        rows = padded[:0]
        out = correlate_strips(padded, weight, stride, count, block)
    else:
        windows = window_view(padded, (kh, kw), stride, count, block)
        rows = lay_out(windows, x.dtype, copy_rows).reshape(len(x) * height * blocks, -1)
        out = rows @ band_matrix(weight, sw, block).reshape(rows.shape[1], -1)
    out = out.reshape(len(x), height, blocks * block, filters)[:, :, :width]
    return _Rows(np.ascontiguousarray(out), rows, block, blocks * block)


def _input_gradient(
    grad: Array,
    weight: Array,
    shape: tuple[int, ...],
    margins: Margins,
    stride: tuple[int, int],
) -> Array:
    """The derivative by the input: a convolution again, with the kernel turned half around.

    An input pixel takes part in every window that covers it. Seen from the pixel, these windows
    lie in reverse order, and with a stride there are gaps between them, filled with zeros here.

    Args:
        grad: ``(n, oh, ow, F)``.
        weight: ``(kh, kw, C, F)``.
        shape: ``(n, H, W, ...)`` of the input.
        margins: As in the forward pass.
        stride: As in the forward pass.
    """
    kh, kw = weight.shape[:2]
    if stride != (1, 1):
        n, height, width, filters = grad.shape
        (sh, sw) = stride
        spread = np.zeros((n, (height - 1) * sh + 1, (width - 1) * sw + 1, filters), grad.dtype)
        spread[:, ::sh, ::sw] = grad
        grad = spread
    (top, _), (left, _) = margins
    # A margin of the input stands for windows that begin outside it; where the last windows end
    # before the map does, zeros stand for the windows that are not there.
    rows = (kh - 1 - top, shape[1] + top - grad.shape[1])
    columns = (kw - 1 - left, shape[2] + left - grad.shape[2])
    turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)
    return _correlate(grad, np.ascontiguousarray(turned), (rows, columns), (1, 1)).out
