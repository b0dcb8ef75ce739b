"""An audit as a page to look at: the verdict in words, the figures, and the pictures themselves.

    write_audit(audit("fer"), ["fer"], Path("audit.html"))

The pictures of the pairs are read again for it, and only they; see ``flows/looking/page.py`` for
what pages have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinemotion import __version__
from cinemotion.core.errors import UnreadableImageError
from cinemotion.dataset.pictures import take_picture
from cinemotion.flows.auditing.gallery import Gallery, open_gallery
from cinemotion.flows.auditing.pairs import Pair, Shelf, Side
from cinemotion.flows.auditing.report import AuditReport
from cinemotion.flows.looking.page import picture_uri, render, write_page

_LISTED = 200  # unreadable files named on the page
_TONES = 5  # colours of parts in page.css

_ROWS = (
    ("groups", "groups of twins"),
    ("copies", "extra copies in them"),
    ("groups_across_splits", "groups that lie in more than one part"),
    ("groups_with_conflicting_labels", "groups whose labels differ"),
)
_HOT = ("groups_across_splits", "groups_with_conflicting_labels", "test_images_with_training_twin")

_TITLES = {
    ("across", True): "Identical pictures in two parts",
    ("across", False): "Near twins in two parts",
    ("conflict", True): "Identical pictures, different labels",
    ("conflict", False): "Near twins, different labels",
    ("inside", True): "Identical pictures inside a part",
    ("inside", False): "Near twins inside a part",
}
_NOTES = {
    "across": "Each picture of the one part with its closest twin in the other; first those "
    "whose labels differ.",
    "conflict": "One pair of each group.",
    "inside": "Each further picture of a group with the group's first one in that part.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it all comes to: a tone (``good``, ``warn``, ``bad``), a figure, some sentences."""

    tone: str
    figure: str
    lines: tuple[str, ...]


def write_audit(report: AuditReport, targets: Sequence[Path | str], out: Path) -> None:
    """Write an audit's page in one step.

    Args:
        report: The audit.
        targets: What was audited, to read the pictures of the pairs again.
        out: The HTML file; replaced where it is there.

    Raises:
        BadInputError: The file cannot be written.
    """
    uris, notes = _reread(open_gallery(targets), report)
    tones = {part.name: f"of-{min(i, _TONES - 1)}" for i, part in enumerate(report.parts)}
    unlabelled = [None] if any(None in part.classes for part in report.parts) else []
    balance = [*report.classes, *unlabelled]
    html = render(
        "audit.html",
        version=__version__,
        report=report,
        title=Path(report.target).name or report.target,
        pictures=sum(part.readable + part.unreadable for part in report.parts),
        verdict=judge_words(report),
        rows=(*_ROWS, ("test_images_with_training_twin", _tested(report))),
        hot=_HOT,
        shelves=[_shelf(shelf, uris, notes) for shelf in report.shelves],
        notes=notes,
        tones=tones,
        balance=balance,
        tallest=max((part.share(name) for part in report.parts for name in balance), default=0),
        listed=_LISTED,
    )
    write_page(html, out)


def judge_words(report: AuditReport) -> Verdict:
    """The verdict of an audit in words; the command line prints the same.

    The figure and the first line are one sentence.
    """
    faults = _faults(report)
    stake = report.test_stake
    calm = "warn" if faults else "good"
    if len(report.parts) == 1:
        copies = f"extra copies, exact or near, in one part ({report.exact['copies']:,} exact)."
        return Verdict(calm, f"{report.near['copies']:,}", (copies, *faults))
    if stake is None:
        known = sum(stake.near for stake in report.stakes)
        line = "pictures have a twin in another part."
        return Verdict("bad" if known else calm, f"{known:,}", (line, *faults))
    figure, of = f"{100 * stake.share('near'):.1f} %", f"of the {stake.part} pictures"
    line = f"{of} ({stake.near:,} of {stake.pictures:,}) have a twin in {stake.known}"
    if not stake.near:
        others = ("Other parts share twins, see below.",) if report.leaks else ()
        return Verdict("warn" if others else calm, "0 %", (f"{line}.", *others, *faults))
    line += f": {stake.exact:,} exact, {stake.near - stake.exact:,} near."
    remembered = (
        f"A model that only remembers gets {stake.same_label:,} of them right without having "
        "learned anything about new faces."
    )
    return Verdict("bad", figure, (line, remembered, *faults))


def _faults(report: AuditReport) -> tuple[str, ...]:
    """What else is wrong."""
    lines = []
    if conflicts := report.exact["groups_with_conflicting_labels"]:
        lines.append(f"{_number(conflicts, 'group')} of identical pictures carry different labels.")
    if report.unreadable:
        lines.append(f"{_number(len(report.unreadable), 'file')} cannot be read.")
    return tuple(lines)


def _tested(report: AuditReport) -> str:
    stake = report.test_stake
    part, known = (stake.part, stake.known) if stake else ("test", "train")
    return f"{part} pictures with a twin in {known}"


def _number(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _reread(gallery: Gallery, report: AuditReport) -> tuple[dict[str, str], dict[str, str]]:
    """Of what the page shows, by name: data URIs of the pictures, and notes on their origin."""
    sides = [side for shelf in report.shelves for pair in shelf.pairs for side in _sides(pair)]
    shown = {side.name for side in sides}
    listed = {row.name for row in report.unreadable[:_LISTED]}
    uris, notes = {}, {}
    for exhibit in gallery.exhibits(shown | listed):
        if exhibit.note is not None:
            notes[exhibit.name] = exhibit.note
        if exhibit.name in shown:
            # One that changed since it was scanned has no picture; the page says so.
            with suppress(UnreadableImageError):
                uris[exhibit.name] = picture_uri(take_picture(exhibit.data).image)
    return uris, notes


def _sides(pair: Pair) -> tuple[Side, Side]:
    return pair.first, pair.second


def _shelf(shelf: Shelf, uris: dict[str, str], notes: dict[str, str]) -> dict[str, Any]:
    return {
        "title": _TITLES[shelf.sort, shelf.exact],
        "note": _NOTES[shelf.sort],
        "total": shelf.total,
        "more": shelf.total - len(shelf.pairs),
        "pairs": [
            {
                "exact": shelf.exact,
                "distance": pair.distance,
                "conflict": pair.conflict,
                "sides": [_side(side, uris, notes) for side in _sides(pair)],
            }
            for pair in shelf.pairs
        ],
    }


def _side(side: Side, uris: dict[str, str], notes: dict[str, str]) -> dict[str, Any]:
    return {
        "name": side.name,
        "note": notes.get(side.name),
        "part": side.part,
        "label": side.label,
        "uri": uris.get(side.name),
        "alt": f"{side.name}, {side.part}, {side.label or 'no label'}",
    }
