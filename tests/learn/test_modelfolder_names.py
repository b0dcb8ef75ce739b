from __future__ import annotations

import pytest

from cinemotion.learn.modelfolder import is_convention, name_of_labels


@pytest.mark.parametrize(
    ("annotators", "name"),
    [
        (["fer2013"], "fer2013"),
        (["model:compact-v1:0a1b"], "model:compact-v1:0a1b"),
        ([], None),
        (["anna", "ben"], None),
        (["labels"], None),
        (["mean"], None),
    ],
)
def test_labels_are_called_by_their_only_annotator(annotators: list[str], name: str | None) -> None:
    assert name_of_labels(annotators) == name


@pytest.mark.parametrize(
    ("name", "can"),
    [("fer2013", True), ("", False), ("a:b", False), ("labels", False), ("mean", False)],
)
def test_what_follows_the_colon_is_one_name(name: str, can: bool) -> None:
    assert is_convention(name) == can
