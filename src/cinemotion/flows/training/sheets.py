"""How a training went, as a table and a picture: ``history.csv`` and ``history.png``."""

from __future__ import annotations

import csv
from pathlib import Path

from cinemotion.core.drawing import save_figure
from cinemotion.core.writing import replacing

History = list[dict[str, float]]


def write_history(folder: Path, history: History) -> None:
    """Write both files; they are replaced where they are there."""
    with replacing(folder / "history.csv") as draft, draft.open("w", newline="") as file:
        table = csv.DictWriter(file, list(history[0]))
        table.writeheader()
        table.writerows(history)
    _draw(folder / "history.png", history)


def _draw(path: Path, history: History) -> None:
    from matplotlib.figure import Figure

    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, score = figure.subplots(1, 2)
    loss.plot(epochs, [row["loss"] for row in history], label="training (augmented)")
    loss.plot(epochs, [row["dev_loss"] for row in history], label="development")
    loss.set(xlabel="epoch", ylabel="cross-entropy, nats")
    names = {
        "accuracy": "training accuracy (augmented)",
        "dev_accuracy": "development accuracy",
        "dev_macro_f1": "development macro-F1",
    }
    for name, label in names.items():
        score.plot(epochs, [row[name] for row in history], label=label)
    best = max(history, key=lambda row: row["dev_accuracy"])
    score.axvline(best["epoch"], color="grey", linestyle=":", label="kept")
    score.set(xlabel="epoch", ylim=(0, 1))
    for axes in (loss, score):
        axes.grid(alpha=0.3)
        axes.legend()
    save_figure(figure, path)
