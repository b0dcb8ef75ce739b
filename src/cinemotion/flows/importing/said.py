"""What a source says about its pictures, as votes.

votes_of(id, member.ballots, "faces", Classes())     # [Vote(id, "happy", "import:faces", "import")]
"""

from __future__ import annotations

from collections.abc import Iterable

from cinemotion.dataset.sources.classes import Classes
from cinemotion.dataset.sources.source import Ballot
from cinemotion.dataset.votes import Vote


def votes_of(id: str, ballots: Iterable[Ballot], name: str, classes: Classes) -> list[Vote]:
    """The votes on one sample.

    Args:
        id: The sample.
        ballots: What the source says about it.
        name: The source's name; it votes where a ballot names nobody.
        classes: Turns class names into labels.
    """
    return [
        Vote(
            id,
            classes.label(ballot.label),
            ballot.annotator or f"import:{name}",
            "import",
            count=ballot.count,
        )
        for ballot in ballots
    ]
