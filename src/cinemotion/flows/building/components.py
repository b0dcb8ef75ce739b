"""What a build's results depend on beside its settings.

components(recipe)     # revisions of our parts, versions of libraries, hashes of weights
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cinemotion.core.revisions import REVISIONS
from cinemotion.core.weights import WEIGHTS
from cinemotion.faces.detector import DETECTORS
from cinemotion.recipes import BuildRecipe


def components(recipe: BuildRecipe) -> dict[str, Any]:
    """Name every part that a recipe's results depend on, as a JSON value.

    Raises:
        BadInputError: The recipe names a detector or a step that there is not.
    """
    parts: dict[str, Any] = {
        "revisions": dict(REVISIONS),
        "libraries": {
            "av": version("av"),
            "numpy": version("numpy"),
            "opencv": opencv_version(),
            "scipy": version("scipy"),
        },
    }
    for step in recipe.crop.standardise:
        from cinemotion.faces.standardise import STANDARDISATIONS  # loads OpenCV

        _ = STANDARDISATIONS[step]  # an unknown name answers with the choices
    if recipe.subject == "face":
        detector = recipe.faces.detector
        _ = DETECTORS[detector]
        parts["libraries"]["onnxruntime"] = version("onnxruntime")
        parts["weights"] = {detector: WEIGHTS[detector].sha256}
    return parts


def opencv_version() -> str:
    """The version of OpenCV, whichever of its two packages is installed."""
    for package in ("opencv-python-headless", "opencv-python"):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "none"
