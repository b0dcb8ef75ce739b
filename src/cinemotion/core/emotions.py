"""The classes of expression, their order, and the names under which they come.

    canonical("Surprised")     # "surprise"
    canonical("ANGRY_02")      # None: not a name that is known
    EMOTIONS.index("happy")    # 3, as in FER2013

The order is FER2013's. ``unknown`` and ``not_a_face`` are answers, not classes: what carries
them stays in a dataset and outside its class folders.
"""

from __future__ import annotations

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
CONTEMPT = "contempt"
UNKNOWN = "unknown"
NOT_A_FACE = "not_a_face"
ANSWERS = (UNKNOWN, NOT_A_FACE)

# The number in the ``emotion`` column of FER2013's CSV is the index here.
FER2013 = EMOTIONS
# The ten columns of votes in FER+'s CSV, in their order there.
FERPLUS = (
    *("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", CONTEMPT),
    *(UNKNOWN, NOT_A_FACE),
)
# The number of an AffectNet annotation is the index here; 8 to 10 are its none, uncertain, no face.
AFFECTNET = (
    *("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", CONTEMPT),
    *(UNKNOWN, UNKNOWN, NOT_A_FACE),
)
# The number of a CK+ annotation is the index here.
CKPLUS = ("neutral", "angry", CONTEMPT, "disgust", "fear", "happy", "sad", "surprise")

_WORDINGS = {
    "angry": "anger angriness mad furious rage",
    "disgust": "disgusted disgusting",
    "fear": "fearful afraid scared frightened",
    "happy": "happiness joy joyful smile smiling",
    "sad": "sadness unhappy sorrow",
    "surprise": "surprised astonished astonishment",
    "neutral": "calm",
    CONTEMPT: "contemptuous scorn",
    UNKNOWN: "uncertain unsure undecided",
    NOT_A_FACE: "nf no_face non_face notface notaface",
}
_NAMES = {word: name for name, wordings in _WORDINGS.items() for word in (name, *wordings.split())}


def canonical(name: str) -> str | None:
    """The pinned name for a class name in any case and wording, or ``None`` where it is unknown."""
    return _NAMES.get(plain(name))


def plain(name: str) -> str:
    """A class name as we keep it: case folded, words joined by one underscore each."""
    words = "".join(char if char.isalnum() else " " for char in name.casefold()).split()
    return "_".join(words)


def in_order(names: set[str]) -> tuple[str, ...]:
    """Class names in the pinned order, then contempt, then the others alphabetically."""
    pinned = (*EMOTIONS, CONTEMPT)
    return (*(name for name in pinned if name in names), *sorted(names.difference(pinned)))
