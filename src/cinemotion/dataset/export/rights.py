"""What is known of the rights in an export, for its card and its metadata."""

from __future__ import annotations

from typing import Any

from cinemotion.dataset.export.content import Content

UNKNOWN = "not stated"


def owners(content: Content) -> list[dict[str, Any]]:
    """The films and imports that exported samples come from, with the note on their rights.

    Returns:
        ``kind`` (``film`` or ``import``), ``name``, ``rights`` and ``samples``, in a stable order.
    """
    record = content.version.record
    rows = content.rows
    imported = rows.drop_nulls("source")["source"].value_counts()
    filmed = rows.filter(rows["source"].is_null())["film"].value_counts()
    found = []
    for film in record["films"]:
        found.append(("film", film["film"], film["title"] or film["film"], film["rights"]))
    for source in record["sources"]:
        found.append(("import", source["name"], source["name"], source["rights"]))
    counts = {
        **{("film", film): count for film, count in filmed.iter_rows()},
        **{("import", source): count for source, count in imported.iter_rows()},
    }
    return [
        {"kind": kind, "name": name, "rights": rights or UNKNOWN, "samples": counts[kind, key]}
        for kind, key, name, rights in sorted(found, key=lambda one: (one[0], one[2], one[1]))
        if (kind, key) in counts
    ]


def licences(content: Content) -> list[str]:
    """The notes on rights, each once, sorted."""
    return sorted({owner["rights"] for owner in owners(content)}) or [UNKNOWN]
