"""The report in a real browser; skips, saying so, where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cinemotion.flows.analyzing.analyze import analyze

pytestmark = pytest.mark.slow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
SCREENS = [
    {"viewport": {"width": 1200, "height": 1400}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"},
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium to open the page in")
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Any, report: Path, said: list[str], **screen: Any) -> Any:
    """The page, drawn; what goes wrong and what it asks for is appended to ``said``."""
    page = browser.new_context(**(screen or SCREENS[0])).new_page()
    page.set_default_timeout(180_000)  # a busy machine is no error of the page
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request",
        lambda asked: said.append(asked.url) if not asked.url.startswith("data:") else None,
    )
    page.goto((report / "report.html").as_uri())
    page.wait_for_selector(".plot[data-person='1'] .scatterlayer path", state="attached")
    return page


def eventually(page: Any, so: Callable[[], Any]) -> None:
    """Wait until something is so; the page's policy forbids the browser to watch for it."""
    for _ in range(600):
        if so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never became so")


def ticks(page: Any) -> list[str]:
    return page.locator(".plot[data-person='0'] .xtick text").all_inner_texts()


@pytest.mark.parametrize("screen", SCREENS, ids=["light and wide", "dark and narrow"])
def test_the_arcs_are_drawn_and_nothing_leaves_the_page(
    browser: Any, report: Path, screen: dict[str, Any]
) -> None:
    said: list[str] = []
    page = opened(browser, report, said, **screen)
    plots = page.locator(".plot[data-person]").count()
    assert plots == page.locator(".plot .main-svg .cartesianlayer").count() >= 3
    assert said == [(report / "report.html").as_uri()]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page is wider than the screen"


def test_pointing_tells_time_frame_and_shares(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])
    box = page.locator(".plot[data-person='1']").bounding_box()
    told = []
    for part in (0.1, 0.2, 0.3, 0.5, 0.7, 0.9):
        at = box["x"] + box["width"] * part
        page.mouse.move(at, box["y"] + box["height"] * 0.6, steps=4)
        page.wait_for_timeout(150)
        told.append(page.inner_text("#now"))
    assert len(set(told)) >= 5 and all(line.startswith("c01, ") for line in told)
    assert any("frame" in line and "%" in line and "valence" in line for line in told)


def test_zoom_moves_all_arcs_and_goes_back(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])
    first = ticks(page)
    page.click("button[data-zoom=in]")
    page.wait_for_timeout(200)
    closer = ticks(page)
    assert closer != first
    assert closer == page.locator(".plot[data-person='1'] .xtick text").all_inner_texts()
    page.click("button[data-zoom=all]")
    page.wait_for_timeout(200)
    assert ticks(page) == first


def test_a_drag_zooms_too(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])
    first = ticks(page)
    box = page.locator(".plot[data-person='0']").bounding_box()
    y = box["y"] + box["height"] * 0.7
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=5)
    page.mouse.up()
    eventually(page, lambda: ticks(page) != first)


def test_a_finger_taps_to_read_and_scrolls_the_page(browser: Any, report: Path) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = opened(browser, report, [], **phone)
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    assert page.locator(".bar-tools").bounding_box()["height"] < 130, "it hides the arcs"
    first = ticks(page)
    plot = page.locator(".plot[data-person='1']")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.6
    for part in (0.4, 0.7):
        page.touchscreen.tap(box["x"] + box["width"] * part, y)
        eventually(page, lambda: page.inner_text("#now").startswith("c01, "))
    before, read = page.evaluate("scrollY"), page.inner_text("#now")
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *at: dict[str, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": at})
        page.wait_for_timeout(20)

    touch("Start", {"x": x, "y": y})
    for moved in range(10, 160, 10):
        touch("Move", {"x": x, "y": y - moved})
    touch("End")
    eventually(page, lambda: page.evaluate("scrollY") > before + 100)
    assert ticks(page) == first and page.inner_text("#now") == read


def test_expressions_are_hidden_and_shown(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])

    def areas() -> int:
        return page.locator(".plot[data-person='1'] .scatterlayer .js-fill").count()

    before = areas()
    page.click("#keys button[data-class='3']")
    assert page.get_attribute("#keys button[data-class='3']", "aria-pressed") == "false"
    eventually(page, lambda: areas() == before - 1)
    page.click("#keys button[data-class='3']")
    eventually(page, lambda: areas() == before)


def test_the_keyboard_goes_through_an_arc(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])
    page.focus(".plot[data-person='1']")
    page.keyboard.press("Home")
    first = page.inner_text("#now")
    page.keyboard.press("ArrowRight")
    second = page.inner_text("#now")
    assert first.startswith("c01, 0:00.0") and second.startswith("c01, 0:00.2")
    page.keyboard.press("+")
    page.keyboard.press("End")
    assert page.inner_text("#now") != second
    page.keyboard.press("Escape")
    assert page.inner_text("#now") == ""


def test_a_picture_leads_to_its_instant(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])
    button = page.locator(".film button").nth(2)
    when = button.locator("span").first.inner_text()
    button.click()
    assert when in page.inner_text("#now")


@pytest.fixture(scope="module")
def played(report: Path, film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report with the film beside it."""
    out = tmp_path_factory.mktemp("played") / "report"
    shutil.copytree(report, out)
    analyze(film, out, workers=0, video=True)
    return out


def play_head(page: Any) -> float:
    """Where the line on the first arc is, in seconds of the film."""
    seconds = page.evaluate(
        "(() => { const plot = document.querySelector(\".plot[data-person='0']\");"
        "const head = plot.querySelector('.playhead'); const axis = plot._fullLayout.xaxis;"
        "return head.hidden ? null : axis.p2l(parseFloat(head.style.left) - axis._offset); })()"
    )
    return float(seconds)


def test_arcs_pictures_and_keys_lead_into_the_film(browser: Any, played: Path) -> None:
    said: list[str] = []
    page = opened(browser, played, said)
    eventually(page, lambda: page.evaluate("player.readyState >= 1"))
    assert page.is_hidden("#lost")
    button = page.locator(".film button").nth(2)
    button.click()
    seconds = float(button.get_attribute("data-seconds"))
    assert page.evaluate("player.currentTime") == pytest.approx(seconds, abs=0.01)
    assert play_head(page) == pytest.approx(seconds, abs=0.05)
    plot = page.locator(".plot[data-person='1']")
    x = plot.bounding_box()["width"] / 2
    plot.click(position={"x": x, "y": 60})
    meant = page.evaluate(
        "x => { const a = document.querySelector(\".plot[data-person='1']\")._fullLayout.xaxis;"
        "return a.p2l(x - a._offset); }",
        x,
    )
    assert page.evaluate("player.currentTime") == pytest.approx(meant, abs=0.05)
    plot.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.evaluate("player.currentTime") < 0.1
    page.keyboard.press(" ")
    eventually(page, lambda: page.evaluate("player.currentTime > 0.4"))
    page.keyboard.press(" ")
    assert page.evaluate("player.paused")
    page.evaluate("player.currentTime = 1.5")
    eventually(page, lambda: page.evaluate("!player.seeking"))
    assert play_head(page) == pytest.approx(1.5, abs=0.05)
    beside = {(played / name).as_uri() for name in ("report.html", "film.mp4")}
    assert set(said) == beside, "it says nothing wrong, and loads the film alone"


def test_the_strip_leads_into_the_film_and_shows_where_it_is(browser: Any, played: Path) -> None:
    page = opened(browser, played, [])
    eventually(page, lambda: page.evaluate("document.getElementById('player').readyState") >= 1)
    strip = page.locator("#strip")
    left, right = 52, 14  # the axis of the arcs
    width = strip.bounding_box()["width"] - left - right
    line = f"""() => {{
      const strip = document.getElementById("strip");
      const wide = Math.round({left} + {width} / 2 * 0.8);
      const pen = strip.getContext("2d");
      return pen.getImageData(wide * devicePixelRatio, 2, 1, 1).data.join();
    }}"""
    start, end = page.evaluate(
        "(() => { const d = JSON.parse(document.getElementById('data').textContent);"
        "return [d.start, d.end]; })()"
    )
    before = page.evaluate(line)
    page.evaluate(f"player.currentTime = {0.4 * (end - start)}")
    eventually(page, lambda: page.evaluate(line) != before)
    strip.click(position={"x": left + width / 4, "y": 10})
    said = page.evaluate("player.currentTime")
    assert said == pytest.approx((end - start) / 4, abs=0.05)


def test_a_film_that_is_gone_is_told_of(browser: Any, played: Path, tmp_path: Path) -> None:
    shutil.copy(played / "report.html", tmp_path)
    page = opened(browser, tmp_path, [])
    page.wait_for_selector("#lost:not([hidden])")
    assert "film.mp4 is not beside this page" in page.inner_text("#lost")
    assert page.locator(".playhead:visible").count() == 0
    page.locator(".film button").nth(2).click()  # the arcs go on working
    assert page.inner_text("#now")


def test_the_strip_tells_scenes_and_shots_and_leads_to_them(browser: Any, report: Path) -> None:
    page = opened(browser, report, [])
    eventually(page, lambda: page.evaluate("document.getElementById('barcode').complete"))
    drawn = """() => {
      const strip = document.getElementById("strip");
      const pen = strip.getContext("2d");
      const tones = new Set();
      for (let x = 60; x < strip.width - 20; x += 5) {
        tones.add(pen.getImageData(x, 20, 1, 1).data.join());
      }
      return tones.size;
    }"""
    assert page.evaluate(drawn) >= 3  # colours of the film, not one of nothing
    box = page.locator("#strip").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    said = page.inner_text("#now")
    assert "scene 1" in said and "shot" in said
    first = ticks(page)
    page.click("button[data-zoom=in]")
    page.wait_for_timeout(200)
    assert ticks(page) != first
    page.locator("button.go").last.click()
    page.wait_for_timeout(200)
    scenes = page.locator("button.go").count()
    last = page.locator("button.go").last
    start, end = (float(last.get_attribute(f"data-{side}")) for side in ("from", "to"))
    shown = page.evaluate("document.querySelector('.plot').layout.xaxis.range")
    assert scenes >= 1 and shown == pytest.approx([start, end], abs=0.01)
