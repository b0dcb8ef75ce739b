"""Import pictures that somebody else cut: folders, archives, CSV and Parquet tables.

    report = import_dataset("faces.zip", "dataset", class_map={"joy": "happy"})
    report.added, report.unreadable, report.classes

Every member becomes a sample, readable or not; its id is a hash of its origin, so that pixel
twins stay two rows. The row of ``sources`` is the mark that an import is complete. A run that was
stopped goes on where it was; a folder that grew gives its new members; anything else under a name
that is taken is refused, and so are another class map or group pattern than the first time
(:mod:`.again`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_file
from cinemotion.dataset.grouping import Coverage, Grouping, cover, guess_grouping, parse_grouping
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.sources.classes import Classes
from cinemotion.dataset.sources.ferplus import FerPlus, open_ferplus
from cinemotion.dataset.sources.registry import open_source
from cinemotion.dataset.sources.source import Source
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import SOURCES
from cinemotion.dataset.votes import Vote
from cinemotion.flows.importing.again import check_labels, note_rights
from cinemotion.flows.importing.ferplus import add_ferplus
from cinemotion.flows.importing.intake import Batch, Naming, take_in
from cinemotion.flows.importing.ledger import Ledger, Status, default_name, source_mark
from cinemotion.flows.importing.said import votes_of

Progress = Callable[[int, int], None]
"""Called with how many members are done and how many there are to do."""

AUTO, NONE = "auto", "none"
"""Group patterns that are no patterns: guess one, use none."""

_REASONS = 20  # unreadable members that a report names


@dataclass(slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        out: The dataset.
        name: The source's name in it.
        kind: What kind of source it is.
        status: ``imported``; ``continued`` (an earlier run was stopped); ``grown`` (new members
            of a folder); ``noted`` (only the rights note is new); ``known`` (nothing to do).
        members: Members of the source, all of them.
        added: Samples that this run added, readable or not.
        unreadable: Members, of all, that could not be read.
        reasons: Some of those of this run: member → why.
        votes: Votes that this run added.
        classes: Label → samples of this run.
        names: Class name as it came → label.
        kept: Labels that are no pinned emotion → the class names that became each.
        left_out: Files that are no pictures.
        grouping: The pattern of film, clip and so on; ``None`` without one.
        coverage: What the pattern made of the names.
        notices: Sentences that a user should read.
    """

    out: Path
    name: str
    kind: str
    status: Status = "imported"
    members: int = 0
    added: int = 0
    unreadable: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    votes: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    grouping: Grouping | None = None
    coverage: Coverage | None = None
    notices: list[str] = field(default_factory=list)


def import_dataset(
    source: Path | str,
    out: Path | str,
    *,
    name: str | None = None,
    rights: str | None = None,
    class_map: Mapping[str, str] | None = None,
    group_pattern: str = AUTO,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a source of pictures into a dataset, or FER+'s votes on pictures that are there.

    Args:
        source: A folder, an archive, a CSV or a Parquet file; see ``docs/import.md``.
        out: The dataset's folder; an existing one is added to.
        name: The source's name, which is part of the samples' identity; its file's where ``None``.
        rights: A note on licence and rights, kept with the source.
        class_map: Class name → label, before the pinned names.
        group_pattern: A regular expression with groups named ``film``, ``scene``, ``character``,
            ``clip``, ``track`` or ``frame``, searched in members' names; ``auto`` guesses one
            where names show it, ``none`` uses none.
        progress: Told about how far it is.

    Raises:
        BadInputError: The source is none, unsafe or empty, its name is taken by another one, or
            it was imported with other labels or groups.
        DatasetError: ``out`` cannot be written.
    """
    path, folder = Path(source), Path(out)
    name = _checked_name(default_name(path) if name is None else name)
    if votes := open_ferplus(path):
        return _import_votes(votes, folder, name, rights)
    opened = open_source(path)
    asked = parse_grouping(group_pattern) if group_pattern not in (AUTO, NONE) else None
    if asked is not None:
        cover(asked, opened.names())  # a pattern that fits nothing ends it before a file is made
    store = Store.create(folder)
    with Ledger(store, name, opened).held() as ledger:
        done = ledger.begin()
        grouping = asked
        if group_pattern == AUTO:
            # More names must not change the guess under the members that are in.
            grouping = guess_grouping(ledger.settled or opened.names())
        classes = Classes(class_map)
        if ledger.status != "known" or group_pattern != AUTO:
            ledger.check_groups(grouping)
        if done and (ledger.status != "known" or class_map):
            check_labels(store, name, opened, done, classes)
        report = ImportReport(
            folder,
            name,
            opened.kind,
            status=ledger.status,
            members=len(opened.names()),
            left_out=opened.remarks.left_out,
            grouping=grouping,
            coverage=cover(grouping, opened.names()) if grouping else None,
            notices=list(opened.remarks.notices),
        )
        _note_rights(report, store, rights)
        _run(report, ledger, opened, done, classes, rights, progress)
    if report.added:
        store.compact()
    return report


def _run(
    report: ImportReport,
    ledger: Ledger,
    source: Source,
    done: set[str],
    classes: Classes,
    rights: str | None,
    progress: Progress | None,
) -> None:
    """Take in what is not done, and fill in the report."""
    if report.status in ("known", "noted"):
        assert ledger.mark is not None
        report.unreadable = ledger.mark["unreadable"]
        report.notices += _unused(classes)
        return
    counts: Counter[str] = Counter()
    measured = _counted(progress, report.members - len(done))
    for batch in take_in(source.members(done), Naming(report.name, report.grouping), measured):
        report.votes += ledger.commit(batch, _votes(batch, report.name, classes))
        report.added += len(batch.stills)
        counts.update(classes.label(row["label"]) for row in batch.stills if row["label"])
        for still, facts in zip(batch.stills, batch.facts, strict=True):
            if still["image"] is None and len(report.reasons) < _REASONS:
                report.reasons[still["member"]] = facts["reason"]
    mark = ledger.finish(rights)
    report.unreadable = mark["unreadable"]
    report.classes = dict(counts.most_common())
    report.names, report.kept = classes.met, classes.spellings
    report.notices += [*_unused(classes), *_merged(classes)]


def _unused(classes: Classes) -> list[str]:
    return [f"no picture has the class {name!r} of the class map" for name in classes.unused]


def _merged(classes: Classes) -> list[str]:
    return [
        f"the classes {', '.join(map(repr, names))} are one from now on, {label!r}; rename all but "
        "one in the source if they are not the same"
        for label, names in classes.merged.items()
    ]


def _note_rights(report: ImportReport, store: Store, rights: str | None) -> None:
    """Keep a rights note that is new to an import that was finished before, and say so."""
    mark = source_mark(store, report.name)
    notice = note_rights(store, mark, rights) if mark else None
    if notice:
        report.notices.append(notice)
        report.status = "noted" if report.status == "known" else report.status


def _counted(progress: Progress | None, total: int) -> Callable[[int], None] | None:
    """Turn "so many more" into "so many of so many"."""
    if progress is None:
        return None
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    return more


def _votes(batch: Batch, name: str, classes: Classes) -> list[Vote]:
    return [
        vote
        for id, ballots in batch.ballots.items()
        for vote in votes_of(id, ballots, name, classes)
    ]


def _import_votes(votes: FerPlus, out: Path, name: str, rights: str | None) -> ImportReport:
    """Add FER+'s votes to the FER2013 that is there."""
    if not is_dataset(out):
        raise BadInputError(
            f"{votes.path} holds votes and no pictures, and {out} is no dataset yet; import the "
            f"FER2013 CSV that they are about first: cinemotion import FER2013.csv --out {out}"
        )
    store = Store.open(out)
    report = ImportReport(out, name, "ferplus", members=len(votes.rows))
    digest = hash_file(votes.path)
    mark = source_mark(store, name)
    if mark is not None and (mark["kind"], mark["digest"]) != ("ferplus", digest):
        raise BadInputError(
            f"{out} holds another source named {name!r}; give this one another --name"
        )
    report.votes, samples = add_ferplus(store, votes)
    if mark is not None and not report.votes:
        report.status = "known"
        _note_rights(report, store, rights)
        return report
    row = {
        "name": name,
        "kind": "ferplus",
        "path": str(votes.path.resolve()),
        "digest": digest,
        "rights": rights or (mark or {}).get("rights"),
        "members": len(votes.rows),
        "samples": samples,
        "unreadable": 0,
    }
    store.replace("sources", pa.Table.from_pylist([row], SOURCES), key="name")
    return report


def _checked_name(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise BadInputError(f"a source needs a name of printable signs, got {name!r}; give --name")
    return name.strip()
