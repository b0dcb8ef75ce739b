from __future__ import annotations

import pytest

from cinemotion.core import emotions
from cinemotion.core.emotions import canonical, in_order, plain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("ANGRY", "angry"), ("Surprised", "surprise"), ("sadness", "sad"), ("Joy", "happy")),
        *(("Not a face", "not_a_face"), ("NF", "not_a_face"), ("Unknown", "unknown")),
        *(("  Happy-ness", None), ("ANGRY_02", None), ("", None), ("wut", None)),
    ],
)
def test_names_in_any_case_and_wording(name: str, expected: str | None) -> None:
    assert canonical(name) == expected


@pytest.mark.parametrize("table", ["FER2013", "FERPLUS", "AFFECTNET", "CKPLUS"])
def test_every_table_holds_pinned_names(table: str) -> None:
    assert all(canonical(name) == name for name in getattr(emotions, table))


def test_order_is_pinned_then_contempt_then_the_alphabet() -> None:
    assert in_order({"zeal", "neutral", "contempt", "angry", "bored"}) == (
        *("angry", "neutral", "contempt", "bored", "zeal"),
    )


def test_plain_names_make_one_folder_name() -> None:
    assert plain("  Very -- Äºngry!! ") == "very_äºngry"
