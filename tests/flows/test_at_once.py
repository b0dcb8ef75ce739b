"""Real processes that vote, freeze and curate one dataset at the same time."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import pytest

from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.identity import exact_shares
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import open_version, read_head, read_tags
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.labels import resolve_labels
from cinemotion.flows.versions.freeze import freeze
from smallsets import make_set, simple, table

ROUNDS = 12
LABELS = ("sad", "fear", "happy")


def vote_and_freeze(path: Path, name: str) -> None:
    """What one process does: a batch of votes, now and then a version."""
    ids = [still.id for still in simple()]
    for turn in range(ROUNDS):
        label = LABELS[turn % len(LABELS)]
        Votes(path).add(Vote(id, label, f"{name}{turn}") for id in ids[turn % 3 :: 3])
        if turn % 4 == 3:
            freeze(path, tag=f"{name}{turn}")


def flip_twins(path: Path, name: str) -> None:
    """What another does: find twins, and take it back, as deduplication might."""
    stills = simple()
    twins = [
        {"id": still.id, "keeper": stills[0].id, "kind": "exact", "distance": 0}
        for still in (stills[0], stills[3])
    ]
    for turn in range(2 * ROUNDS):
        Store.open(path).overwrite("duplicates", table("duplicates", twins if turn % 2 else []))


@pytest.mark.slow
def test_votes_and_versions_at_once_lose_nothing(tmp_path: Path) -> None:
    path = make_set(tmp_path / "d", simple()).path
    spawn = get_context("spawn")
    jobs = [(vote_and_freeze, "anna"), (vote_and_freeze, "ben"), (flip_twins, "")]
    workers = [spawn.Process(target=job, args=(path, name)) for job, name in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]

    history = Votes(path).table()
    assert history.filter(history["source"] == "human").height == 2 * ROUNDS * 4
    assert len(read_tags(path)) == 2 * ROUNDS // 4
    for tag in read_tags(path):
        _assert_consistent(path, tag)
    chain = []
    head = read_head(path)
    while head is not None:
        chain.append(head)
        head = open_version(path, head).record["parent"]
    assert sorted(set(chain)) == sorted({to["id"] for to in read_tags(path).values()})


def _assert_consistent(path: Path, tag: str) -> None:
    """Every label of a version is what the votes up to its mark say, with its twins or without."""
    version = open_version(path, tag)
    statuses = dict(version.samples().select("id", "status").iter_rows())
    pooled = statuses[simple()[3].id] == "rejected"
    twins = {True: [("exact", simple()[3].id, simple()[0].id)], False: []}[pooled]
    rows = [{"id": id, "keeper": keeper, "kind": kind} for kind, id, keeper in twins]
    store = Store.open(path)
    store.overwrite("duplicates", table("duplicates", rows))
    wanted = resolve_labels(open_dataset(path), upto=version.record["votes"])
    found = version.samples()
    assert found["label"].to_list() == wanted["label"].to_list()
    shares = [
        [[pair["label"], str(pair["share"])] for pair in row] for row in wanted["distribution"]
    ]
    labels = version.record["labels"]
    held = [exact_shares(labels, row) for row in found["distribution"]]
    assert [[label for label, _ in row] for row in shares] == [
        [label for label, _ in row or []] for row in held
    ]
