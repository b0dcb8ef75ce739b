"""A clustering's page in a real browser; skips, saying so, where there is none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cinemotion.flows.clustering.cluster_page import write_report
from reported import EMOTIONS, reported

pytestmark = pytest.mark.slow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
# Drawn by the processor: 3-D is to be there on machines without a graphics card.
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@dataclass
class Opened:
    """A page, and what the browser said and asked for meanwhile."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium to open the page in")
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    clustering = reported(folder / "d", k="auto")
    write_report(clustering, folder / "p.html", projections=["pca", "lda"])
    return folder / "p.html"


def _open(browser: Any, file: Path, **options: Any) -> Opened:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(120_000)  # milliseconds: other tests take the processors meanwhile
    opened = Opened(page)
    page.on(
        "console",
        lambda said: opened.errors.append(said.text) if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("#plot .scatterlayer .point", state="attached")
    return opened


def _colours(page: Any) -> set[str]:
    """The colours of the points that are drawn, as a style sheet writes them."""
    styles = page.eval_on_selector_all(
        "#plot .scatterlayer .point", "points => points.map(p => p.style.fill)"
    )
    return set(styles)


def _choose(page: Any, group: str, value: str) -> None:
    page.focus(f"input[name={group}]:checked")
    page.check(f"input[name={group}][value='{value}']", force=True)


def _keys(page: Any) -> list[str]:
    """What the colours stand for, without the numbers of points."""
    words = page.locator("#keys button").all_inner_texts()
    return [text.rpartition(" (")[0] for text in words]


def test_the_map_is_drawn_and_nothing_leaves(browser: Any, file: Path) -> None:
    opened = _open(browser, file)
    assert opened.page.locator("#plot .scatterlayer .point").count() == 48
    assert opened.page.locator("[id^=curve-] .scatterlayer .js-line").count() == 3
    _choose(opened.page, "dimensions", "3")
    opened.page.wait_for_selector("#plot .gl-container canvas", state="attached")
    assert opened.errors == []
    assert {url for url in opened.requests if not url.startswith("data:")} == {file.as_uri()}


def test_pointing_at_a_point_shows_its_crop(browser: Any, file: Path) -> None:
    page = _open(browser, file).page
    point = page.locator("#plot .scatterlayer .point").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#crop:not([hidden])")
    assert page.eval_on_selector("#crop-picture", "image => image.naturalWidth") == 24
    words = page.inner_text("#crop-words")
    assert re.search(r"cluster: \d\nemotion: .+\nfilm: D|Noon", words)
    page.mouse.move(1, 1)
    page.wait_for_selector("#crop", state="hidden")


def test_colours_and_projections_can_be_switched(browser: Any, file: Path) -> None:
    opened = _open(browser, file)
    page = opened.page
    assert _keys(page) == ["0", "1", "2"] and len(_colours(page)) == 3
    _choose(page, "colour", "emotion")
    assert _keys(page) == ["angry", "happy", "sad", "neutral", "no label"] or set(_keys(page)) == {
        *EMOTIONS,
        "no label",
    }
    assert len(_colours(page)) == 5
    before = page.locator("#plot .xtitle").text_content()
    _choose(page, "method", "lda")
    assert before.startswith("component 1")
    assert page.locator("#plot .xtitle").text_content().startswith("discriminant 1")
    page.locator("#keys button").first.click()
    assert page.locator("#plot .scatterlayer .point").count() < 48
    assert page.locator("#keys button").first.get_attribute("aria-pressed") == "false"
    assert opened.errors == []


def test_the_keyboard_reaches_everything(browser: Any, file: Path) -> None:
    page = _open(browser, file).page
    page.focus("input[name=colour]:checked")
    page.keyboard.press("ArrowRight")
    assert "no label" in _keys(page)
    for _ in range(3):  # projection, dimensions, map
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "plot"
    page.keyboard.press("ArrowRight")
    first = page.inner_text("#crop-words")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#crop-words") != first
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#crop-words") == first
    page.keyboard.press("Escape")
    assert page.locator("#crop").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(browser: Any, file: Path, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    opened = _open(browser, file, color_scheme=scheme, **phone)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    axis = opened.page.eval_on_selector("#plot .xtitle", "text => text.style.fill")
    assert axis == {"light": "rgb(102, 98, 93)", "dark": "rgb(165, 160, 153)"}[scheme]
    point = opened.page.locator("#plot .scatterlayer .point").first
    point.scroll_into_view_if_needed()
    point.tap(force=True)
    opened.page.wait_for_selector("#crop:not([hidden])")
    assert opened.errors == []


def test_without_scripts_the_rest_is_there(browser: Any, file: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(file.as_uri())
    assert page.locator("noscript").inner_text().startswith("The map and the curves need")
    assert page.locator(".shelf").count() == 3
