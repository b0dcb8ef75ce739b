"""What holds for every page: it is well-formed, and nothing in it leads outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}
CLOSED = {"polyline", "rect", "line"}  # SVG elements that close themselves


class _Page(HTMLParser):
    def __init__(self, scripts: int) -> None:
        super().__init__()
        self.scripts = scripts
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.sources: list[str] = []
        self.images: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}, tag
        if tag == "script" and found.get("type") != "application/json":  # data are not run
            assert not found, "a script is inside the page, and nothing else"
            self.scripts -= 1
        assert not [name for name in found if name.startswith("on")], found
        if tag not in VOID:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.targets.append(str(found["href"]))
        if tag == "img":
            self.images.append(found)
        self.sources += [str(found[name]) for name in ("src", "srcset", "data") if name in found]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | CLOSED, tag

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"


def check_page(page: str, *, scripts: int = 0, film: str | None = None) -> None:
    """Fail where a page is not well-formed, not self-contained or not accessible.

    Args:
        page: Its HTML.
        scripts: How many scripts it has; its policy must allow these and no others.
        film: The name of the film beside it, which is all that it may load.
    """
    parsed = _Page(scripts)
    parsed.feed(page)
    parsed.close()
    assert not parsed.open
    assert not parsed.scripts
    assert page.count("'sha256-") == scripts and ("script-src" in page) == bool(scripts)
    page = re.sub(r"(?s)(<script[^>]*>).*?(</script>)", r"\1\2", page)
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {target.removeprefix("#") for target in parsed.targets} <= set(parsed.ids)
    beside = [source for source in parsed.sources if not source.startswith("data:image/")]
    assert beside == ([film] if film else []) and ("media-src" in page) == bool(film)
    assert all(image.get("alt") for image in parsed.images)
    bare = re.sub(r'"data:image/[^"]*"', '""', page)
    assert not re.search(r"(?:https?:)?//[a-z]|@import|url\(", bare)
    assert "default-src 'none'" in page
    assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page
    assert "@media print" in page
