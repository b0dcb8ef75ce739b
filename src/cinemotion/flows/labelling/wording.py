"""From labels as people write them to labels as a dataset keeps them.

labels = Wording()
labels.pin("Surprised")      # "surprise"
labels.pin("Bored stiff")    # "bored_stiff", kept as a class of its own
labels.notices()             # ["'bored_stiff' is no emotion that we know; …"]
"""

from __future__ import annotations

from collections import Counter

from cinemotion.core.emotions import ANSWERS, CONTEMPT, EMOTIONS, canonical, plain
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.votes import UNLABELLED

KNOWN = (*EMOTIONS, CONTEMPT, *ANSWERS, UNLABELLED)
_UNLABELLED = {UNLABELLED, "unlabeled", "no_label", "none"}


class Wording:
    """Pins labels to known names, and remembers those that it did not know."""

    def __init__(self) -> None:
        self._others: Counter[str] = Counter()

    def pin(self, label: str) -> str:
        """The name under which a label is kept.

        Raises:
            BadInputError: It holds no letter or digit.
        """
        name = canonical(label) or plain(label)
        if name in _UNLABELLED:
            return UNLABELLED
        if not name:
            raise BadInputError(f"{label!r} is no label; expected a word such as happy")
        if name not in KNOWN:
            self._others[name] += 1
        return name

    def notices(self) -> list[str]:
        """A line for every label that is no known emotion, most frequent first."""
        return [
            f"{name!r} is no emotion that we know; it is kept as a class of its own "
            f"({times} time{'s' if times > 1 else ''})"
            for name, times in self._others.most_common()
        ]
