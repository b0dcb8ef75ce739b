from __future__ import annotations

import time

import pytest

from cinemotion.cli.training import Lines

ROW = {"loss": 1.0, "dev_accuracy": 0.5, "dev_macro_f1": 0.5, "seconds": 60.0}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """A watch for which each look at the clock comes half a minute after the one before."""
    seconds = iter(range(30, 100_000, 30))
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    return Lines()


def trained(lines: Lines, epochs: int) -> None:
    for epoch in range(1, epochs + 1):
        lines.step(epoch, epochs, 1, 1, 1.0)
        lines.epoch(ROW | {"epoch": epoch})


def test_of_one_run_the_epochs_are_said(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    trained(lines, 2)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("epoch 1/2: loss 1.0000") and second.endswith(", 0 min left")


def test_of_several_runs_it_is_said_which_and_the_time_left_is_that_of_all(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        lines.begin("fold", number, 3)
        trained(lines, 4)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said[3:5]] == [
        "fold 1 of 3, epoch 4/4",
        "fold 2 of 3, epoch 1/4",
    ]
    # An epoch takes half a minute here: after four, two runs of four are left.
    assert said[3].endswith(", 4 min left") and said[-1].endswith(", 0 min left")
