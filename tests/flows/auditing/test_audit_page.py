from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from cinemotion.core.errors import BadInputError
from cinemotion.flows.auditing.audit import audit
from cinemotion.flows.auditing.audit_page import judge_words, write_audit
from cinemotion.flows.looking.page import picture_uri, write_page
from pages import check_page
from twinned import draw, plant, save


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    plant(folder / "faces")
    write_audit(audit(folder / "faces"), [folder / "faces"], folder / "audit.html")
    return (folder / "audit.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_loads_nothing(page: str) -> None:
    check_page(page)


def test_the_page_says_what_is_at_stake(page: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "60.0 % of the test pictures (3 of 5) have a twin in train: 2 exact, 1 near." in text
    assert "1 group of identical pictures carry different labels." in text
    assert "2 files cannot be read." in text


def test_every_pair_shows_both_pictures(page: str) -> None:
    pairs = re.findall(r'<li class="pair">.*?</li>', page, re.S)
    assert len(pairs) == 8
    assert all(pair.count('<img src="data:image/png;base64,') == 2 for pair in pairs)
    assert "test/happy/1.bmp" in pairs[0] and "test/happy/1.png" in pairs[1]
    assert all("Training/happy/1" in pair for pair in pairs[:2])
    assert [("labels differ" in pair) for pair in pairs].count(True) == 2


def test_at_most_so_many_pairs_and_how_many_more(tmp_path: Path) -> None:
    for number in range(5):
        save(tmp_path / f"d/train/happy/{number}.png", draw(1))
    write_audit(audit(tmp_path / "d", pairs=3), [tmp_path / "d"], tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text()
    assert page.count('<li class="pair">') == 3
    assert "and 1 more" in page


def test_names_and_labels_are_escaped(tmp_path: Path) -> None:
    evil = '<script>alert("1")<&>'
    for part in ("train", "test"):
        save(tmp_path / f"d/{part}/<b>bold/{evil}.png", draw(1))
    (tmp_path / f"d/train/<b>bold/{evil}.jpg").write_text("broken")
    write_audit(audit(tmp_path / "d"), [tmp_path / "d"], tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text()
    assert "<script" not in page and "<b>bold" not in page
    assert "&lt;script&gt;alert(" in page
    check_page(page)


def test_a_picture_that_went_away_leaves_a_note(tmp_path: Path) -> None:
    plant(tmp_path / "d")
    report = audit(tmp_path / "d")
    (tmp_path / "d/test/sad/4.png").unlink()
    write_audit(report, [tmp_path / "d"], tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text()
    assert page.count("not readable any more") == 1
    check_page(page)


def test_the_verdict_fits_what_was_found(tmp_path: Path) -> None:
    save(tmp_path / "one/happy/1.png", draw(1))
    assert judge_words(audit(tmp_path / "one")).tone == "good"
    save(tmp_path / "clean/train/happy/1.png", draw(1))
    save(tmp_path / "clean/test/happy/2.png", draw(2))
    verdict = judge_words(audit(tmp_path / "clean"))
    assert (verdict.tone, verdict.figure) == ("good", "0 %")
    save(tmp_path / "other/val/happy/1.png", draw(1))
    save(tmp_path / "other/test/happy/1.png", draw(1))
    verdict = judge_words(audit(tmp_path / "other"))
    assert (verdict.tone, verdict.figure) == ("bad", "1")


def test_small_pictures_lose_nothing_and_large_ones_are_made_smaller() -> None:
    import base64
    import io

    def opened(uri: str) -> Pillow.Image:
        return Pillow.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))

    colour, grey = draw(1), np.repeat(draw(2)[..., :1], 3, axis=2)
    for image in (colour, grey):
        assert np.array_equal(np.asarray(opened(picture_uri(image)).convert("RGB")), image)
    wide = np.zeros((500, 2000, 3), np.uint8)
    assert opened(picture_uri(wide, 160)).size == (160, 40)


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot write"):
        write_page("<p>", tmp_path / "missing" / "p.html")
    assert not list(tmp_path.iterdir())


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open the page in")
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_opens_the_page_and_complains_of_nothing(
    page: str, tmp_path: Path, width: int
) -> None:
    (tmp_path / "p.html").write_text(page, encoding="utf-8")
    command = [
        *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *(f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr"),
        *(f"--window-size={width},900", f"--screenshot={tmp_path / 'p.png'}"),
        (tmp_path / "p.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr  # where a browser tells of what a policy forbids
    with Pillow.open(tmp_path / "p.png") as shot:
        assert len(shot.convert("RGB").getcolors(1 << 24) or []) > 50
