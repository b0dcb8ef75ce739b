from __future__ import annotations

import json

import pytest

from cinemotion.flows.looking.scripts import embed_json, embed_script, policy_for


def test_without_scripts_none_may_run() -> None:
    assert policy_for([]) == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_policy_names_exactly_our_scripts() -> None:
    # echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
    known = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    assert policy_for(["alert(1)"]).endswith(f"; script-src {known}")
    assert policy_for(["alert(1)", "alert(2)"]).count("sha256-") == 2


def test_line_ends_are_those_that_a_browser_hashes() -> None:
    assert embed_script("a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("text", ["x = '</SCRIPT>'", "<!-- x"])
def test_a_script_cannot_end_early(text: str) -> None:
    with pytest.raises(ValueError, match="must hold neither"):
        embed_script(text)


def test_data_cannot_end_early_either() -> None:
    value = {"name": "</script><script>alert(1)</script>", "é": [1.5, None]}
    text = embed_json(value)
    assert "<" not in text and json.loads(text) == value
    with pytest.raises(ValueError, match="Out of range"):
        embed_json(float("nan"))
