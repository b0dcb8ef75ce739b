"""Self-contained HTML pages: one file, nothing that is fetched when it is opened.

    html = render("audit.html", report=report, ...)
    write_page(html, Path("audit.html"))
    source = picture_uri(image)           # "data:image/png;base64,…" for <img src>

The templates lie in ``templates/``; ``base.html`` holds the frame of every page and ``page.css``
its looks. Everything that is put into a template is escaped, whatever a file is called, and the
page's own policy (CSP) forbids scripts and requests, should a browser ever see one. A page that
needs scripts hands them to ``render``, and then these alone may run (``scripts.py``). A page may
play a film that lies beside it; nothing else is ever loaded. A new page is a template that extends
``base.html``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import jinja2
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Image
from cinemotion.core.writing import replacing
from cinemotion.flows.looking.scripts import embed_script, policy_for

_SIDE = 160  # pixels of a thumbnail's longer side: two for each one that is drawn
_QUALITY = 85  # of JPEG, in [0, 100]
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 9]


def render(
    template: str, *, scripts: Sequence[str] = (), film: str | None = None, **values: object
) -> str:
    """Fill in a template of ``templates/``; every value is escaped.

    Args:
        template: Its file name.
        scripts: Texts of the scripts that the page runs, in this order, after its content.
        film: The name of a film that lies beside the page and that it plays.
        values: What the template names.
    """
    texts = [embed_script(text) for text in scripts]
    filled = _environment().get_template(template)
    policy = policy_for(texts, film=film is not None)
    return filled.render(**values, scripts=texts, policy=policy, film=film)


def write_page(html: str, out: Path) -> None:
    """Write a page in one step.

    Raises:
        BadInputError: The file cannot be written.
    """
    with replacing(out) as draft:
        # A file name in a page need not be text: what UTF-8 cannot hold is spelled out.
        draft.write_bytes(html.encode("utf-8", "backslashreplace"))


def picture_uri(image: Image, side: int = _SIDE) -> str:
    """A picture as a data URI, made smaller where it is larger than ``side``, never larger.

    Small pictures lose nothing, so that exact twins look exactly alike.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        side: Pixels of the longer side at most.
    """
    if max(image.shape[:2]) > side:
        return jpeg_uri(image, side)
    # Most small ones are grey in three equal channels: one is a third of the bytes.
    grey = np.ptp(image, axis=2).max(initial=0) == 0
    pixels = image[..., 0] if grey else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return _uri("png", cv2.imencode(".png", pixels, _PNG)[1])


def jpeg_uri(image: Image, side: int, quality: int = _QUALITY) -> str:
    """A picture as the data URI of a JPEG, which is small whatever the picture.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        side: Pixels of the longer side at most; smaller pictures stay as they are.
        quality: Of JPEG, in [0, 100].
    """
    pixels = cv2.cvtColor(shrink(image, side), cv2.COLOR_RGB2BGR)
    return _uri("jpeg", cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def shrink(image: Image, side: int) -> Image:
    """A picture whose longer side is at most ``side`` pixels, by area; never a larger one."""
    height, width = image.shape[:2]
    if (scale := side / max(height, width)) >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _uri(kind: str, data: NDArray[np.uint8]) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode()}"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cinemotion.flows.looking", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = _count
    environment.filters["percent"] = _percent
    return environment


def _count(number: float) -> str:
    """1234567 as ``1,234,567``."""
    return f"{number:,.0f}"


def _percent(share: float | None) -> str:
    """A share in [0, 1] as people read it; little is never shown as nothing."""
    if share is None:
        return "–"
    if 0 < share < 0.001:
        return "<\u00a00.1\u00a0%"
    return f"{100 * share:.1f}\u00a0%"  # a number and its sign stay on one line
