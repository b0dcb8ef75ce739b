"""Scripts inside pages: those that we put there, pinned by their hashes, and no others.

    html = render("cluster.html", scripts=[plotly_script(), our_script("cluster.js")], …)

A page has no script unless it asks for one. What it asks for is written into the file itself, and
the page's policy (CSP) names the SHA-256 of exactly these texts: a browser runs nothing else, and
still sends no request. Data travel beside them as JSON, which no browser runs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from cinemotion.core.errors import MissingExtraError

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_FILM = "media-src 'self' file:"  # a page that is opened from a disk has no self in every browser


def our_script(name: str) -> str:
    """The text of a script of ``templates/``."""
    return (files("cinemotion.flows.looking") / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def plotly_script(extra: str = "cluster") -> str:
    """The text of plotly.js (MIT), 4.8 MB.

    Args:
        extra: The extra of ours that brings it, for the message where it is missing.

    Raises:
        MissingExtraError: plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ModuleNotFoundError as error:
        raise MissingExtraError("plotly", extra) from error
    return str(get_plotlyjs())


def policy_for(scripts: Sequence[str], *, film: bool = False) -> Markup:
    """The policy of a page with these scripts: nothing but them runs, nothing is fetched.

    Args:
        scripts: Their texts, as :func:`embed_script` prepared them.
        film: Whether the page may play a film from where it lies itself.
    """
    digests = (hashlib.sha256(text.encode()).digest() for text in scripts)
    hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    # Nothing in it needs escaping: our words, and base64.
    runs = ["script-src " + " ".join(hashes)] if hashes else []
    return Markup("; ".join([_POLICY, *([_FILM] if film else []), *runs]))


def embed_script(text: str) -> Markup:
    """A script as it stands between ``<script>`` and ``</script>``.

    Raises:
        ValueError: It holds what would end it early.
    """
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("a script inside a page must hold neither '</script' nor '<!--'")
    # As a browser reads it, which is what it hashes.
    return Markup(text.replace("\r\n", "\n").replace("\r", "\n"))


def embed_json(value: Any) -> Markup:
    """A JSON value as it stands in ``<script type="application/json">``."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))
