"""The page of results says what figures are of; files that do not say so are printed too."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = {
    "ablation": {
        "case": {"ferplus": {m: {"mean": 0.5, "sd": 0.1} for m in ("accuracy", "macro_f1")}}
    },
    "protocols": {"course": {"naive": 0.8, "honest": 0.1}},
    "transfer": {"random": {"ferplus": [0.4, 0.5]}},
}
RUN = {"epochs": 12, "seeds": [0, 1], "settings": {"model": "mini", "size": 48}}


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module


@pytest.mark.parametrize("name", FIGURES)
def test_a_table_has_above_it_what_was_run(name: str, benchmark: Any) -> None:
    write = benchmark("report").WRITERS[name]
    old, new = write(FIGURES[name]), write(FIGURES[name] | {"run": RUN})
    line = "Run with epochs: 12; seeds: 0, 1; settings: model mini, size 48."
    assert new == f"{line}\n\n{old}" and old.startswith("| ")


@pytest.mark.parametrize("name", FIGURES)
def test_the_files_say_what_was_run(name: str) -> None:
    file = ROOT / "benchmarks" / "results" / f"{name}.json"
    run = json.loads(file.read_text(encoding="utf-8"))["result"]["run"]
    assert run["epochs"] and run["seeds"]


def test_a_run_on_a_fifth_is_described(benchmark: Any) -> None:
    pytest.importorskip("tensorflow")
    fifth: ModuleType = benchmark("fifth")
    arguments = argparse.Namespace(share=0.2, epochs=3, seeds=2)
    runs = {"all": fifth.Measured({}, 4772, {"ferplus": 3553})}
    found = fifth.described({"model": "mini"}, arguments, runs)
    assert found["seeds"] == [0, 1] and found["epochs"] == 3
    assert found["pictures learned from"] == {"all": 4772}
    assert found["pictures asked"] == {"ferplus": 3553}
