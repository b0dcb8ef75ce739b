"""Recipes in TOML: read, laid over with single settings, and checked by a model.

recipe = read_recipe(BuildRecipe, Path("film.toml"), {"crop.size": 112}, page="docs/recipes.md")
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cinemotion.core.errors import BadRecipeError
from cinemotion.core.writing import replacing

Recipe = TypeVar("Recipe", bound=BaseModel)


def read_recipe(
    kind: type[Recipe],
    path: Path | None,
    overrides: Mapping[str, Any],
    *,
    page: str,
    beneath: Mapping[str, Any] | None = None,
) -> Recipe:
    """Read a recipe and lay single settings over it.

    Args:
        kind: What it must be.
        path: A TOML file, or ``None`` for the defaults.
        overrides: Dotted keys and values, for instance ``{"crop.size": 112}``; ``None``
            values are left out.
        page: Where the keys are described.
        beneath: Dotted keys and values of what the file leaves out, where they are not the
            model's own defaults.

    Raises:
        BadRecipeError: The file cannot be read, or a key is unknown or out of range; the
            message names the key.
    """
    data: dict[str, Any] = {} if path is None else _read(path)
    for dotted, value in (beneath or {}).items():
        section, key = _section(data, dotted, path)
        section.setdefault(key, value)
    for dotted, value in overrides.items():
        if value is not None:
            section, key = _section(data, dotted, path)
            section[key] = value
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise BadRecipeError(_one_line(error, path, page)) from error


def _section(data: dict[str, Any], dotted: str, path: Path | None) -> tuple[dict[str, Any], str]:
    """The table that a dotted key belongs to, made where it is not there, and the key's end."""
    *parents, key = dotted.split(".")
    section = data
    for parent in parents:
        section = section.setdefault(parent, {})
        if not isinstance(section, dict):
            raise BadRecipeError(
                f"recipe {path}: {parent!r} must be a table, [{parent}], got {section!r}"
            )
    return section, key


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise BadRecipeError(f"{path} is no regular file; name a recipe in TOML")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadRecipeError(f"cannot read the recipe {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRecipeError(f"the recipe {path} is not valid TOML: {error}") from error


def _one_line(error: ValidationError, path: Path | None, page: str) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    source = f"recipe {path}" if path else "recipe"
    if first["type"] == "extra_forbidden":
        return f"{source}: unknown key {key!r}; see {page} for the keys there are"
    return f"{source}: {key} = {first['input']!r} is not valid: {first['msg']}"


def write_toml(path: Path, values: Mapping[str, Any]) -> None:
    """Write a recipe: plain values first, then a table for each mapping of plain values.

    Raises:
        BadInputError: The file cannot be written.
    """
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"{name} = {_literal(value)}" for name, value in plain.items()]
    for name, table in values.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {_literal(value)}" for key, value in table.items()]
    with replacing(path) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _literal(value: Any) -> str:
    """A value as TOML writes it: JSON's way for texts, numbers, truths and lists of them."""
    return json.dumps(value, ensure_ascii=False)
