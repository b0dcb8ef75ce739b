"""A network: layers one after another.

    net = Sequential([Conv2D(16), ReLU(), MaxPool2D(), Flatten(), Dense(7)], (48, 48, 1), seed=0)
    print(net.summary())
    history = net.fit(x, labels, epochs=10, validation=(vx, vlabels))
    net.predict(vx)                           # probabilities, (n, 7)
    net.features(vx, layer="relu_1")          # what a layer says
    net.save("net.npz"); Sequential.load("net.npz")

``training.py`` has the loop behind ``fit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.activations import ReLU, Softmax, softmax
from cinemotion.numpynet.layers.base import Layer
from cinemotion.numpynet.layers.pooling import MaxPool2D
from cinemotion.numpynet.saving import load_network, save_network

if TYPE_CHECKING:
    from cinemotion.numpynet.training import EpochReport


class Sequential:
    """A network of layers one after another, with weights drawn when it is made.

    Args:
        layers: In order; each may be in one network only. They get names such as ``conv2d_1``.
        input_shape: Height, width and channels of a picture; height and width may be None as long
            as no layer needs to know them.
        seed: Of the weights and of dropout.

    Raises:
        ValueError: There is no layer, or one does not take what comes out of the one before.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, *, seed: int = 0) -> None:
        if not layers:
            raise ValueError("a network needs at least one layer")
        self.layers = list(layers)
        self.input_shape = tuple(input_shape)
        self.seed = seed
        rng = np.random.default_rng(seed)
        shape, kinds = self.input_shape, dict[str, int]()
        for layer in self.layers:
            kind = type(layer).__name__.lower()
            kinds[kind] = kinds.get(kind, 0) + 1
            layer.name = f"{kind}_{kinds[kind]}"
            layer.build(shape, rng)
            shape = layer.output_shape(shape)
        self.output_shape = shape

    def forward(self, x: Array, training: bool = False) -> Array:
        """What comes out of the last layer.

        Args:
            x: ``(n, H, W, C)``, floats; converted to the weights' type.
            training: See :meth:`.Layer.forward`.

        Raises:
            ValueError: The pictures do not fit the network's input.
        """
        x = self._check(x)
        for layer in self.layers if training else _cheapest(self.layers):
            x = layer.forward(x, training)
        return x

    def backward(self, grad: Array) -> None:
        """Fill every layer's ``grads``, given the loss' derivative by the output.

        Nobody asks for the derivative by the pictures; the first layer does not work it out.
        """
        current: Array | None = grad
        for i, layer in reversed(list(enumerate(self.layers))):
            assert current is not None
            current = layer.backward(current, need_input=i > 0)

    def predict(self, x: Array, *, batch_size: int = 64) -> Array:
        """Probabilities of the classes, ``(n, k)``; rows sum to 1.

        Args:
            x: ``(n, H, W, C)``.
            batch_size: Pictures at a time.
        """
        outputs = self._batched(x, len(self.layers), batch_size)
        return outputs if isinstance(self.layers[-1], Softmax) else softmax(outputs)

    def features(self, x: Array, layer: int | str = -1, *, batch_size: int = 64) -> Array:
        """What comes out of one layer.

        Args:
            x: ``(n, H, W, C)``.
            layer: Its place, from the end where negative, or its name.
            batch_size: Pictures at a time.

        Raises:
            ValueError: There is no such layer.
        """
        return self._batched(x, self.place(layer) + 1, batch_size)

    def responses(self, x: Array) -> Iterator[tuple[str, Array]]:
        """The name and the output of every layer in turn, for a batch ``(n, H, W, C)``."""
        x = self._check(x)
        for layer in self.layers:
            x = layer.forward(x)
            yield layer.name, x

    def place(self, layer: int | str) -> int:
        """The place of a layer, 0 and up.

        Raises:
            ValueError: There is no such layer.
        """
        names = [each.name for each in self.layers]
        if isinstance(layer, str):
            if layer not in names:
                raise ValueError(f"no layer {layer!r}; there are: {', '.join(names)}")
            return names.index(layer)
        if not -len(names) <= layer < len(names):
            raise ValueError(f"no layer {layer}; there are {len(names)}: {', '.join(names)}")
        return layer % len(names)

    def fit(
        self,
        x: Array,
        targets: Array,
        *,
        on_epoch: Callable[[EpochReport], None] | None = None,
        **options: Any,
    ) -> list[EpochReport]:
        """Train; see :func:`cinemotion.numpynet.training.fit` for the options.

        Args:
            x: ``(n, H, W, C)``.
            targets: Class numbers, integers ``(n,)``, or shares of classes ``(n, k)``.
            on_epoch: Called with a report after every epoch, such as ``ProgressBar()``.
            options: ``epochs``, ``batch_size``, ``optimiser``, ``schedule``, ``validation``,
                ``patience``, ``augment``, ``smoothing``, ``seed``.

        Returns:
            The reports, one per epoch.
        """
        from cinemotion.numpynet.training import fit

        return fit(self, x, targets, on_epoch=on_epoch, **options)

    def summary(self) -> str:
        """A table: every layer's name, what comes out of it, and its number of weights."""
        lines = [f"{'layer':<22}{'output':<22}{'weights':>10}", "-" * 54]
        shape = self.input_shape
        for layer in self.layers:
            shape = layer.output_shape(shape)
            sizes = " × ".join("any" if size is None else str(size) for size in shape)
            count = sum(weight.size for weight in layer.params.values())
            lines.append(f"{layer.name:<22}{sizes:<22}{count:>10,}")
        return "\n".join([*lines, "-" * 54, f"{'all':<44}{self.weights:>10,}"])

    @property
    def weights(self) -> int:
        """How many numbers are trained."""
        return sum(weight.size for layer in self.layers for weight in layer.params.values())

    def astype(self, dtype: type[np.floating]) -> Sequential:
        """The same network, its weights in place of another type; give it pictures of that type.

        Args:
            dtype: ``np.float32``, or ``np.float64`` to look at derivatives closely.
        """
        for layer in self.layers:
            for arrays in (layer.params, layer.state):
                arrays.update({name: a.astype(dtype) for name, a in arrays.items()})
        return self

    def save(self, path: Path | str) -> None:
        """Write layers and weights into one ``.npz`` file, in one step.

        Raises:
            ValueError: The file's name has another ending.
        """
        save_network(self.layers, self.input_shape, self.seed, Path(path))

    @classmethod
    def load(cls, path: Path | str) -> Sequential:
        """Read a network that :meth:`save` wrote; nothing in the file is executed.

        Raises:
            ValueError: It is not such a file.
            OSError: It cannot be read.
        """
        saved = load_network(Path(path))
        net = cls(saved.layers, saved.input_shape, seed=saved.seed)
        saved.put_weights(net.layers)
        return net

    def _batched(self, x: Array, layers: int, batch_size: int) -> Array:
        """The output of the first so many layers, a few pictures at a time."""
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        x = self._check(x)
        out = []
        for at in range(0, max(len(x), 1), batch_size):
            part = x[at : at + batch_size]
            for layer in _cheapest(self.layers[:layers]):
                part = layer.forward(part)
            out.append(part)
        return out[0] if len(out) == 1 else np.concatenate(out)

    def _check(self, x: Array) -> Array:
        """The pictures in the weights' type, if they fit."""
        wanted = self.input_shape
        if x.ndim != len(wanted) + 1 or any(
            want not in (None, size) for want, size in zip(wanted, x.shape[1:], strict=True)
        ):
            raise ValueError(
                f"the network takes pictures (n, {', '.join(str(w or 'any') for w in wanted)}), "
                f"got an array of shape {x.shape}"
            )
        if not np.issubdtype(x.dtype, np.floating):
            raise ValueError(
                f"the network takes floats, usually 0 to 1, got {x.dtype}; "
                "pictures in levels want x.astype(np.float32) / 255"
            )
        return x.astype(self.dtype, copy=False)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the weights; float32 where there are none."""
        weights = (weight.dtype for layer in self.layers for weight in layer.params.values())
        return next(weights, np.dtype(np.float32))


def _cheapest(layers: Sequence[Layer]) -> list[Layer]:
    """The order in which a forward pass without a backward pass goes through layers.

    The greatest of several numbers stays the greatest after ReLU: done after max pooling, ReLU
    gives the same for a fraction of the numbers.
    """
    order = list(layers)
    for i, (first, second) in enumerate(pairwise(layers)):
        if isinstance(first, ReLU) and isinstance(second, MaxPool2D):
            order[i : i + 2] = second, first
    return order
