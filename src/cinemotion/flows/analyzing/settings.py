"""The recipe of an analysis: which frames, which model, how people are told apart, how smooth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cinemotion.core.toml import read_recipe
from cinemotion.recipes import BuildRecipe, Crop, Sampling

EVERY = 0.2
"""Seconds between the frames that are looked at."""


class People(BaseModel):
    """How tracks become people.

    Attributes:
        embedder: One of ``faces.identity.EMBEDDERS``, or ``none``: each track is a person.
        limit: Greatest mean distance within a person; without it, the embedder's own.
        count: So many people, whatever the distances; without it, the limit decides.
        frames: Of each track, so many are looked at, spread over it, the best ones.
        least_seconds: Who is on screen for less is nobody in particular.
        least_quality: Tracks below it found no person.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedder: str = "dlib"
    limit: float | None = Field(None, gt=0)
    count: int | None = Field(None, ge=1)
    frames: int = Field(3, ge=1, le=50)
    least_seconds: float = Field(1.0, ge=0)
    least_quality: float = Field(0.3, ge=0, le=1)


class Scenes(BaseModel):
    """How shots become scenes; ``film/scenes.py`` says what the numbers do.

    Attributes:
        limit: Levels of 0-255: shots at most so far apart look alike; less makes more scenes.
        company: Levels by which shots are nearer that show a character in common.
        window: Seconds from the end of a shot within which another may resemble it.
        ahead: And so many shots ahead at most.
        least_seconds: A shorter stretch is no scene of its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: float = Field(18.0, gt=0, le=255)
    company: float = Field(6.0, ge=0, le=255)
    window: float = Field(60.0, ge=0)
    ahead: int = Field(12, ge=1, le=200)
    least_seconds: float = Field(8.0, ge=0)


class AnalyzeRecipe(BaseModel):
    """From a film to arcs.

    Attributes:
        model: A model's folder, or the name of one that comes with the package. The default answers
            by FER2013's labels: FER+'s raters call a third of all faces neutral, twice as many, and
            faces in films show less than those that were searched for by what they show.
        window: Seconds: the width of the Gaussian that smooths, at half its height.
        seed: Of the bands.
        people: How tracks become people.
        scenes: How shots become scenes.
        build: How faces are found, where the film is not built already in a way that fits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "compact-v1"
    window: float = Field(3.0, gt=0, le=3600)
    seed: int = Field(0, ge=0)
    people: People = People()
    scenes: Scenes = Scenes()
    build: BuildRecipe = BuildRecipe(
        sampling=Sampling(every=EVERY), crop=Crop(size=192, format="jpeg")
    )


def load_analyze_recipe(path: Path | None, overrides: Mapping[str, Any]) -> AnalyzeRecipe:
    """Read a recipe and lay single settings over it.

    What a recipe leaves out of ``[build]`` is as in an analysis, not as in a build.

    Raises:
        BadRecipeError: The file cannot be read, or a key is unknown or out of range.
    """
    # Below everything lies what differs from a build's own defaults; TOML tables would replace it.
    bare = AnalyzeRecipe().build
    first = {
        "build.sampling.every": bare.sampling.every,
        "build.crop.size": bare.crop.size,
        "build.crop.format": bare.crop.format,
    }
    return read_recipe(AnalyzeRecipe, path, overrides, beneath=first, page="docs/analysis.md")
