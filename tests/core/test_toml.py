from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from cinemotion.core.errors import BadRecipeError
from cinemotion.core.toml import read_recipe, write_toml


class Inner(BaseModel):
    rate: float = 0.5
    names: list[str] = []


class Outer(BaseModel):
    title: str = "a"
    on: bool = False
    inner: Inner = Inner()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    recipe = Outer(title='odd "ünï" \\ title', on=True, inner=Inner(rate=1e-05, names=["x", "y"]))
    write_toml(tmp_path / "r.toml", recipe.model_dump())
    assert read_recipe(Outer, tmp_path / "r.toml", {}, page="docs") == recipe


def test_single_settings_lie_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text('title = "b"\n')
    found = read_recipe(Outer, tmp_path / "r.toml", {"inner.rate": 2.0, "on": None}, page="docs")
    assert (found.title, found.on, found.inner.rate) == ("b", False, 2.0)
    with pytest.raises(BadRecipeError, match="must be a table"):
        read_recipe(Outer, tmp_path / "r.toml", {"title.x": 1}, page="docs")
