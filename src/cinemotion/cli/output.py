"""How commands print: JSON for programs, aligned columns for people."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import typer


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    typer.echo(json.dumps(jsonable(value), indent=2, ensure_ascii=False))


def print_json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print a JSON document per line."""
    for row in rows:
        typer.echo(json.dumps(jsonable(row), ensure_ascii=False))


def jsonable(value: Any) -> Any:
    """Turn what our types hold into what JSON knows; NaN becomes null."""
    match value:
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case str() | bool() | int() | None:
            return value
        case float():
            return None if math.isnan(value) or math.isinf(value) else value
        case Path() | Fraction():
            return str(value)
        case _ if hasattr(value, "tolist"):
            return jsonable(value.tolist())
        case Iterable():
            return [jsonable(item) for item in value]
    raise TypeError(f"cannot print {type(value).__name__} as JSON")


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows in aligned columns; numbers to the right."""
    text = [list(head)] + [[_cell(value) for value in row] for row in rows]
    numeric = [
        all(_is_number(row[i]) for row in text[1:]) and len(text) > 1 for i in range(len(head))
    ]
    widths = [max(len(row[i]) for row in text) for i in range(len(head))]
    for row in text:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        typer.echo("  ".join(cells).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True
