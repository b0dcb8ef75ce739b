from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cinemotion.engine.executor import Executor, InlineExecutor
from cinemotion.engine.processes import ProcessExecutor

HERE = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def _tasks_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture(params=["inline", "processes"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return InlineExecutor() if request.param == "inline" else ProcessExecutor(workers=2)


def test_outcomes_come_in_order_with_their_items(executor: Executor) -> None:
    seen: list[float] = []
    with executor as pool:
        outcomes = list(pool.run("tasks:square", range(7), lambda item, n: seen.append(n)))
    assert [(o.item, o.value, o.error) for o in outcomes] == [(i, i * i, None) for i in range(7)]


def test_a_failure_is_tried_twice_and_is_then_one_line(executor: Executor) -> None:
    with executor as pool:
        outcomes = list(pool.run("tasks:fail_on_three", range(5)))
    assert [o.value for o in outcomes] == [0, 1, 2, None, 4]
    assert outcomes[3].fate == "failed"
    assert outcomes[3].attempts == 2
    assert outcomes[3].error is not None
    assert outcomes[3].error.startswith("ValueError: three is bad (in fail_on_three, ")
    assert "\n" not in outcomes[3].error


def test_work_goes_on_after_a_rest(executor: Executor) -> None:
    with executor as pool:
        assert [o.value for o in pool.run("tasks:square", range(3))] == [0, 1, 4]
        pool.rest()
        assert [o.value for o in pool.run("tasks:square", range(3))] == [0, 1, 4]


def test_a_slow_first_unit_keeps_its_place() -> None:
    with ProcessExecutor(workers=2) as pool:
        assert [o.value for o in pool.run("tasks:slow_first", range(6))] == list(range(6))


def test_a_killed_worker_costs_one_attempt(tmp_path: Path) -> None:
    items = [(i, str(tmp_path / "killed")) for i in range(6)]
    with ProcessExecutor(workers=2) as pool:
        outcomes = list(pool.run("tasks:kill_once", items))
    assert [o.value for o in outcomes] == list(range(6))
    assert [o.attempts for o in outcomes] == [1, 1, 2, 1, 1, 1]


def test_a_worker_that_always_dies_is_an_outcome_and_the_rest_goes_on() -> None:
    with ProcessExecutor(workers=2) as pool:
        outcomes = list(pool.run("tasks:die_on_two", range(6)))
    assert [o.value for o in outcomes] == [0, 1, None, 3, 4, 5]
    assert outcomes[2].fate == "killed"
    assert outcomes[2].error == "its process ended with signal SIGSEGV: last words"


def test_a_stalled_worker_is_ended_and_the_rest_goes_on() -> None:
    with ProcessExecutor(workers=2, stall_seconds=1.5) as pool:
        outcomes = list(pool.run("tasks:hang_on_one", range(4)))
    assert [o.fate for o in outcomes] == ["done", "stalled", "done", "done"]
    assert "no sign of life for 1.5 s" in str(outcomes[1].error)


def test_a_slow_worker_that_reports_is_left_alone() -> None:
    with ProcessExecutor(workers=1, stall_seconds=1.5) as pool:
        outcomes = list(pool.run("tasks:slow_but_alive", [0]))
    assert outcomes[0].value == 0


def test_read_ahead_is_bounded(tmp_path: Path) -> None:
    items = [(i, str(tmp_path)) for i in range(50)]
    with ProcessExecutor(workers=2, read_ahead=4) as pool:
        outcomes = pool.run("tasks:note_start", items)
        for _ in range(3):
            next(outcomes)
        time.sleep(0.5)
        assert len(list(tmp_path.iterdir())) <= 3 + 4
        outcomes.close()  # type: ignore[attr-defined]


def test_leaving_the_pool_ends_its_processes() -> None:
    with ProcessExecutor(workers=2) as pool:
        pids = {o.value for o in pool.run("tasks:which_process", range(8))}
        assert os.getpid() not in pids
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_killed_parent_takes_its_workers_along(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from cinemotion.engine.processes import ProcessExecutor\n"
        "with ProcessExecutor(workers=1) as pool:\n"
        "    runs = pool.run('tasks:which_process', range(1))\n"
        "    print(next(runs).value, flush=True)\n"
        "    list(pool.run('tasks:hang_on_one', [1]))\n"
    )
    command = [sys.executable, str(script), HERE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    _, alive = psutil.wait_procs(_process(worker), timeout=10)
    assert not alive


def _process(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid)]
    except psutil.NoSuchProcess:
        return []


def test_a_busy_parent_does_not_take_its_workers_for_stalled() -> None:
    def items() -> Iterator[int]:
        yield 0
        time.sleep(3.0)  # hashing the next film, say
        yield 1

    with ProcessExecutor(workers=2, stall_seconds=1.0) as pool:
        outcomes = []
        for outcome in pool.run("tasks:slow_but_alive", items()):
            outcomes.append(outcome)
            time.sleep(2.0)
    assert [(o.fate, o.attempts) for o in outcomes] == [("done", 1), ("done", 1)]


def test_a_run_that_was_given_up_does_not_leak_into_the_next() -> None:
    with ProcessExecutor(workers=2) as pool:
        given_up = pool.run("tasks:slow_first", range(6))
        next(given_up)
        given_up.close()  # type: ignore[attr-defined]
        assert [o.value for o in pool.run("tasks:square", range(5))] == [0, 1, 4, 9, 16]


def test_workers_import_nothing_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('picked up from the current folder')")
    monkeypatch.chdir(tmp_path)
    with ProcessExecutor(workers=1) as pool:
        [outcome] = pool.run("tasks:loads_json", [3])
    assert outcome.value == 3


def _threads_of_the_template(preload: list[str]) -> tuple[int, bool]:
    """How many threads a template has, and whether its worker is a fork of it."""
    with ProcessExecutor(workers=1, preload=preload) as pool:
        worker = psutil.Process(next(pool.run("tasks:which_process", [0])).value)
        template = worker.parent()
        assert template is not None
        return template.num_threads(), "engine.template" in " ".join(worker.cmdline())


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_the_template_of_a_build_has_one_thread_so_that_it_can_be_forked() -> None:
    assert _threads_of_the_template(["cinemotion.flows.building.worker"]) == (1, True)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_template_with_threads_starts_fresh_interpreters() -> None:
    assert _threads_of_the_template(["starts_a_thread"]) == (2, False)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_killed_template_is_replaced() -> None:
    with ProcessExecutor(workers=1) as pool:
        first = psutil.Process(next(pool.run("tasks:which_process", [0])).value)
        template = first.parent()
        assert template is not None
        template.kill()
        template.wait()
        first.kill()
        assert next(pool.run("tasks:which_process", [0])).value != first.pid


def test_a_module_that_cannot_be_loaded_is_an_outcome() -> None:
    with ProcessExecutor(workers=1, preload=["no_such_module_of_ours"]) as pool:
        outcome = next(pool.run("tasks:square", [1]))
    assert outcome.fate == "killed"
    assert "No module named 'no_such_module_of_ours'" in str(outcome.error)


@pytest.mark.skipif(sys.platform != "linux", reason="the heap of glibc")
def test_a_worker_gives_back_what_a_unit_left_free() -> None:
    with ProcessExecutor(workers=1) as pool:
        held = [each.value for each in pool.run("tasks:hoard", ["", "hoard", ""])]
    assert held[1] - held[0] > 180e6  # nobody can give back while the unit is at work
    assert held[1] - held[2] > 80e6
