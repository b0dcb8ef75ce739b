"""``README.md`` of an export: its dataset card, for people.

It says what is in it, how it was made, that no sample leaks between the splits or which do, whose
the pictures are, and what not to do with them. It holds no time and no path.
"""

from __future__ import annotations

import json
from typing import Any

from cinemotion.dataset.export.content import Content
from cinemotion.dataset.export.layout import Layout
from cinemotion.dataset.export.rights import owners

NAME = "README.md"

_LEVELS = ("film", "scene", "character", "shot", "track")
_LIMITS = """\
An expression shown is not an emotion felt. Labels name what a face shows to those who rated it.
Actors show what a scene asks for; faces differ from what daily life brings. Detectors and raters
fail more often on some faces than on others.

Do not use it to judge, hire, grade, police, diagnose or rank people. In the European Union the
AI Act bans emotion inference at work and in schools, with narrow exceptions."""


def write_card(content: Content, layout: Layout) -> str:
    """The card as Markdown with a head that Hugging Face's Hub reads."""
    id = content.version.id
    parts = [
        _head(layout),
        f"# Facial expressions, version {id[:12]}",
        f"{content.rows.height} pictures of faces, labelled with the expression that they show. "
        f"Frozen with cinemotion as version `{id}`.",
        "## Samples",
        _counts(content),
        _left_out(content),
        "## Loading",
        f"```python\n{layout.loading}\n```",
        "`croissant.json` describes the files for programs.",
        "## How it was made",
        _making(content),
        "## Leakage",
        _proof(content.version.record),
        "## Rights",
        _rights(content),
        "## Limits and responsible use",
        _LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(layout: Layout) -> str:
    """YAML; the patterns of files tell Hugging Face's ``datasets`` what the splits are."""
    lines = ["license: other", "task_categories:", "- image-classification", "tags:", "- croissant"]
    if layout.data_files:
        lines += ["configs:", "- config_name: default", "  data_files:"]
        for split, pattern in layout.data_files.items():
            lines += [f"  - split: {split}", f'    path: "{pattern}"']
    return "\n".join(["---", *lines, "---"])


def _counts(content: Content) -> str:
    rows = [
        [split, *counts.values(), sum(counts.values())] for split, counts in content.counts.items()
    ]
    return _table(["split", *content.classes, "all"], rows)


def _left_out(content: Content) -> str:
    if not content.left_out:
        return ""
    parts = (f"{count} {why}" for why, count in content.left_out.items())
    return f"In the version, but not here: {', '.join(parts)}."


def _making(content: Content) -> str:
    record = content.version.record
    recipe = json.dumps(record["recipe"], indent=2, sort_keys=True, ensure_ascii=False)
    labels = ", ".join(content.labels)
    return (
        "Faces were found in films, or imported; twins were rejected; votes of annotators were "
        "resolved into labels (the plurality) and distributions (the shares of "
        f"{labels}, in this order).\n\n```json\n{recipe}\n```"
    )


def _proof(record: dict[str, Any]) -> str:
    """What the version's proof says, in sentences; an override comes first."""
    proof = record["proof"]
    lines = []
    if not proof["holds"]:
        leaks = ", ".join(f"{leak['count']} {leak['kind']}" for leak in proof["leaks"])
        lines.append(
            f"**This version leaks** ({leaks} across splits). It was frozen all the same, because: "
            f"{record['allowed_leakage']}"
        )
    for name in _LEVELS:
        level = proof["levels"][name]
        known = level["state"] == "checked"
        told = f"{level['straddling']} of {level['groups']} straddle" if known else level["state"]
        lines.append(f"- {name}s on two sides: {told}")
    near = proof["near"]
    limits = ", ".join(f"{name} {value}" for name, value in sorted(near["threshold"].items()))
    lines.append(f"- exact twins on two sides: {proof['exact']['straddling']}")
    lines.append(f"- near twins on two sides ({limits}): {near['straddling']}")
    copies = proof.get("copies")  # versions that were frozen before have none
    if copies and copies["state"] == "checked":
        lines.append(f"- copies of one {proof['group']} on two sides: {copies['straddling']}")
    distance = proof["closest"]["distance"]
    if distance is not None:
        lines.append(f"- smallest perceptual distance between two sides: {distance} bits of 64")
    return "\n".join(lines)


def _rights(content: Content) -> str:
    rows = [
        [owner[name] for name in ("kind", "name", "rights", "samples")] for owner in owners(content)
    ]
    note = "Films have owners, and faces have persons behind them: share only what you may share."
    return "\n\n".join([_table(["kind", "name", "rights", "samples"], rows), note])


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
