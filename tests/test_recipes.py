from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cinemotion.core.errors import BadRecipeError
from cinemotion.recipes import BuildRecipe, load_recipe, recipe_id


def test_defaults_are_those_of_the_docs() -> None:
    text = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert BuildRecipe.model_validate(tomllib.loads(example)) == BuildRecipe()


def test_options_override_single_keys_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text("[crop]\nsize = 96\nformat = 'jpeg'\n")
    recipe = load_recipe(path, {"crop.size": 48, "sampling.every": None})
    assert (recipe.crop.size, recipe.crop.format, recipe.sampling.every) == (48, "jpeg", 0.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[crop]\nsze = 96\n", r"unknown key 'crop\.sze'"),
        ("[crop]\nsize = 1\n", r"crop\.size = 1 is not valid"),
        ("[faces]\nscales = []\n", r"faces\.scales"),
        ("[faces]\nscales = [100.0]\n", r"each scale must lie between"),
        ("[faces]\ndetector = 3\n", r"faces\.detector = 3"),
        ("crop = \n", "not valid TOML"),
        ("[quality]\npose = nan\n", r"quality\.pose"),
    ],
)
def test_a_bad_recipe_is_one_line_that_names_the_key(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(BadRecipeError, match=expected) as caught:
        load_recipe(path, {})
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_the_id_covers_settings_and_components() -> None:
    a, b = BuildRecipe(), load_recipe(None, {"crop.size": 96})
    assert recipe_id(a, {"x": 1}) == recipe_id(BuildRecipe(), {"x": 1})
    assert recipe_id(a, {"x": 1}) != recipe_id(b, {"x": 1})
    assert recipe_id(a, {"x": 1}) != recipe_id(a, {"x": 2})
    assert len(recipe_id(a, {})) == 16
