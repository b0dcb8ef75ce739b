"""The network in NumPy beside a plain loop, ONNX Runtime and Keras.

    python benchmarks/numpynet.py [--only-speed] [--save MODEL.npz] [--json OUT]

One run: the ``classic`` network on a 512 × 512 picture in all four, taking turns, the answers
compared; then a small network is trained on FER2013, for half an hour on two cores, and an epoch of
the same network is timed in Keras.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from common import print_table, shared, write_json

SIDE = 512
ROUNDS = 40
BATCH = 64
EPOCHS = 13


def loop_convolution(x: Any, weight: Any) -> Any:
    """What a first notebook does: a Python loop over places, filters and channels."""
    height, width, channels = x.shape
    filters = weight.shape[3]
    height, width = height - 2, width - 2
    out = np.zeros((height, width, filters))
    for f in range(filters):
        for c in range(channels):
            kernel = weight[:, :, c, f]
            for i in range(height):
                for j in range(width):
                    out[i, j, f] += np.sum(x[i : i + 3, j : j + 3, c] * kernel)
    return out


def loop_pool(x: Any) -> Any:
    height, width, channels = x.shape
    out = np.zeros((height // 2, width // 2, channels))
    for c in range(channels):
        for i in range(height // 2):
            for j in range(width // 2):
                out[i, j, c] = np.max(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c])
    return out


def loop_network(x: Any, weights: list[Any]) -> Any:
    for weight in weights:
        x = loop_pool(np.maximum(loop_convolution(x, weight), 0))
    return x


def milliseconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


def speed() -> dict[str, Any]:
    """All four on the same picture with the same arbitrary weights, taking turns."""
    import keras
    import onnxruntime
    import tensorflow as tf

    from cinemotion.learn.kerasnet import to_keras
    from cinemotion.learn.onnxnet import to_onnx
    from cinemotion.numpynet import classic

    rng = np.random.default_rng(0)
    x = rng.random((1, SIDE, SIDE, 3), dtype=np.float32)
    net = classic()
    for layer in net.layers:  # no filter is special: arbitrary numbers take the same time
        for name, weight in layer.params.items():
            layer.params[name] = rng.standard_normal(weight.shape).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    session = onnxruntime.InferenceSession(to_onnx(net).SerializeToString(), options)
    model = to_keras(net)
    graph = tf.function(lambda pictures: model(pictures, training=False))
    tensor = tf.constant(x)
    ways: dict[str, Callable[[], Any]] = {
        "numpynet": lambda: net.forward(x),
        "ONNX Runtime": lambda: session.run(None, {"pictures": x})[0],
        "Keras (tf.function)": lambda: graph(tensor).numpy(),
    }
    answers = {name: way() for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            way()  # the first after another one finds its data gone from the cache
            times[name].append(min(milliseconds(way) for _ in range(3)))
    start = time.perf_counter()
    reference = loop_network(x[0], [c.params["weight"] for c in net.layers if c.params])
    loop = (time.perf_counter() - start) * 1e3
    largest = np.abs(reference).max()
    medians = {name: statistics.median(each) for name, each in times.items()}
    ours = medians["numpynet"]
    return {
        "ms": {**medians, "plain loop": loop},
        "times_faster_than_the_loop": loop / ours,
        "speed_by_the_faster_of_the_others": min(v for k, v in medians.items() if k != "numpynet")
        / ours,
        "greatest_difference_by_largest": {
            name: float(np.abs(answer[0] - reference).max() / largest)
            for name, answer in answers.items()
        },
        "keras": keras.__version__,
        "rounds": ROUNDS,
    }


def read_fer(part: str) -> tuple[Any, Any]:
    """Pictures float32 ``(n, 48, 48, 1)`` in [0, 1] and FER2013's labels, where twins agree."""
    import cv2
    import pyarrow.parquet as pq

    from cinemotion.core.emotions import EMOTIONS

    rows = pq.read_table(shared() / "fer" / f"{part}.parquet", columns=["image", "fer2013"])
    pictures, labels = [], []
    for row in rows.to_pylist():
        if row["fer2013"] is not None:
            data = np.frombuffer(row["image"], np.uint8)
            pictures.append(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
            labels.append(EMOTIONS.index(row["fer2013"]))
    return np.stack(pictures)[..., None].astype(np.float32) / 255, np.array(labels)


def small_network() -> Any:
    from cinemotion.numpynet import (
        BatchNorm2D,
        Conv2D,
        Dense,
        Dropout,
        Flatten,
        MaxPool2D,
        ReLU,
        Sequential,
    )

    blocks = [
        (Conv2D(filters, padding="same", bias=False), BatchNorm2D(), ReLU(), MaxPool2D())
        for filters in (16, 32, 64, 128)
    ]
    head = [Flatten(), Dropout(0.3), Dense(7)]
    return Sequential([layer for block in blocks for layer in block] + head, (48, 48, 1))


def shift_and_flip(x: Any, rng: np.random.Generator) -> Any:
    """Mirrored by chance, and up to 3 pixels aside."""
    x = np.where(rng.random(len(x))[:, None, None, None] < 0.5, x[:, :, ::-1], x)
    down, right = rng.integers(-3, 4, 2)
    return np.ascontiguousarray(np.roll(x, (down, right), (1, 2)))


def training(save: Path | None) -> dict[str, Any]:
    """Train; the validation part is looked at once, at the end."""
    from cinemotion.learn.kerasnet import to_keras
    from cinemotion.numpynet import Adam, ProgressBar, cosine, evaluate

    x, y = read_fer("train")
    net = small_network()
    model = to_keras(net)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[:BATCH], y[:BATCH], batch_size=BATCH, verbose=0)  # traced before it is timed
    keras_seconds = milliseconds(lambda: model.fit(x, y, batch_size=BATCH, verbose=0)) / 1e3
    began = time.monotonic()
    reports = net.fit(
        x,
        y,
        epochs=EPOCHS,
        batch_size=BATCH,
        optimiser=Adam(2e-3),
        schedule=cosine(EPOCHS, warmup=1),
        augment=shift_and_flip,
        on_epoch=ProgressBar(),
    )
    took = (time.monotonic() - began) / 60
    loss, accuracy = evaluate(net, *read_fer("validation"))
    if save:
        net.save(save)
    return {
        "weights": net.weights,
        "epochs": len(reports),
        "minutes": took,
        "train_accuracy": reports[-1].accuracy,
        "validation_accuracy": accuracy,
        "validation_loss": loss,
        "seconds_an_epoch": statistics.median(r.seconds for r in reports),
        "seconds_an_epoch_keras": keras_seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-speed", action="store_true", help="leave training out")
    parser.add_argument("--save", type=Path, help="keep the trained network, as .npz")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    result: dict[str, Any] = {"speed": speed()}
    fast = result["speed"]
    print_table(
        ["network", "ms", "difference"],
        [[k, v, fast["greatest_difference_by_largest"].get(k)] for k, v in fast["ms"].items()],
    )
    print(f"{fast['times_faster_than_the_loop']:.0f} times faster than the plain loop")
    print(f"{fast['speed_by_the_faster_of_the_others']:.2f} of the faster of the others")
    if not given.only_speed:
        result["training"] = training(given.save)
        print_table(["what", "value"], [list(each) for each in result["training"].items()])
    write_json(given.json, "numpynet", result)


if __name__ == "__main__":
    main()
