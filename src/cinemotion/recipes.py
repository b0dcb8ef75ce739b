"""Recipes: everything that decides what a build makes, checked before any work starts.

    recipe = load_recipe(Path("film.toml"), every=1.0)
    recipe.crop.size

A recipe is a TOML file whose tables are the models below; what it leaves out takes the
defaults shown here. Options of the command line override single keys. The hash of a recipe
(:func:`recipe_id`) also covers the revisions of our components and the weights' hashes, so
that equal ids mean equal results.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cinemotion.core.hashing import hash_json
from cinemotion.core.toml import read_recipe


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sampling(_Section):
    """Which frames are looked at.

    ``grid``: the frame on screen at every multiple of ``every`` seconds from the film's first
    picture. ``per-shot``: ``per_shot`` frames spread evenly over each shot (a second pass).
    ``keyframes``: key frames only, thinned to one per ``every`` seconds; nothing else is decoded.
    ``deblock``: which frames get the decoder's deblocking filter; see decision 6 in the docs.
    """

    mode: Literal["grid", "per-shot", "keyframes"] = "grid"
    every: float = Field(0.5, gt=0, le=3600)
    per_shot: int = Field(3, ge=1, le=1000)
    skip_unchanged: bool = True
    deblock: Literal["references", "all"] = "references"
    segment_seconds: float = Field(8.0, ge=1, le=600)


class FaceSettings(_Section):
    """How faces are found and linked."""

    detector: str = "centerface"
    min_score: float = Field(0.5, ge=0, le=1)
    min_size: float = Field(20.0, ge=1)
    long_side: int = Field(512, ge=64, le=4096)
    scales: tuple[float, ...] = Field((1.0,), min_length=1, max_length=4)
    max_gap: float = Field(2.0, ge=0)

    @field_validator("scales")
    @classmethod
    def _positive(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.25 <= scale <= 8 for scale in scales):
            raise ValueError("each scale must lie between 0.25 and 8")
        return scales


class Crop(_Section):
    """How a crop looks and is stored."""

    size: int = Field(224, ge=16, le=2048)
    format: Literal["png", "jpeg", "webp"] = "png"
    standardise: tuple[str, ...] = ()


class QualityGates(_Section):
    """Scores below which a crop is rejected; each score lies in [0, 1], lower is worse."""

    detector: float = Field(0.5, ge=0, le=1)
    size: float = Field(0.25, ge=0, le=1)
    exposure: float = Field(0.2, ge=0, le=1)
    contrast: float = Field(0.15, ge=0, le=1)
    sharpness: float = Field(0.3, ge=0, le=1)
    pose: float = Field(0.25, ge=0, le=1)


class BuildRecipe(_Section):
    """From films to crops."""

    subject: Literal["face", "frame"] = "face"
    max_per_shot: int | None = Field(None, ge=1)
    sampling: Sampling = Sampling()
    faces: FaceSettings = FaceSettings()
    crop: Crop = Crop()
    quality: QualityGates = QualityGates()


def load_recipe(path: Path | None, overrides: Mapping[str, Any]) -> BuildRecipe:
    """Read a recipe and lay single settings over it; see :func:`~cinemotion.core.toml.read_recipe`.

    Raises:
        BadRecipeError: The file cannot be read, or a key is unknown or out of range.
    """
    return read_recipe(BuildRecipe, path, overrides, page="docs/recipes.md")


def recipe_id(recipe: BuildRecipe, components: Mapping[str, Any]) -> str:
    """Identify what a recipe makes, in 16 hexadecimal digits.

    Args:
        recipe: The settings.
        components: Revisions of our parts, versions of libraries and hashes of weights that
            the results depend on.
    """
    return hash_json({"recipe": recipe.model_dump(mode="json"), "components": components})[:16]
