"""What an analysis leaves in its folder: tables, exports, the summary, pictures, and the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import SCHEMA, Analysis
from cinemotion.flows.analyzing.barcode import barcode, barcode_png
from cinemotion.flows.analyzing.cast import NAME, write_cast
from cinemotion.flows.analyzing.casting import Cast, Notice, keep_edited, write_record
from cinemotion.flows.analyzing.exports import write_exports
from cinemotion.flows.analyzing.figures import remove_figures, write_figures
from cinemotion.flows.analyzing.keep import put_cast
from cinemotion.flows.analyzing.player import remove_player_films, write_player_film
from cinemotion.flows.analyzing.report import write_report
from cinemotion.flows.analyzing.tables import write_tables
from cinemotion.flows.analyzing.vectors import Progress

SUMMARY = "analysis.json"
REPORT = "report.html"
BARCODE = "barcode.png"
FIGURES = "figures"

_FAMILY = SCHEMA.partition("/")[0]


def write_analysis(
    analysis: Analysis,
    cast: Cast,
    out: Path,
    *,
    figures: bool = False,
    video: bool = False,
    copying: Progress | None = None,
    notice: Notice | None = None,
) -> None:
    """Write everything; each file is there whole or not at all, the summary last.

    Figures and films of an earlier run that this one does not have are removed.

    Args:
        analysis: What was found.
        cast: Who is who.
        out: The report's folder; made where there is none.
        figures: Also draw figures for print.
        video: Also put the film beside the page, and a player into it.
        copying: Told how far the film is copied.
        notice: Told of an edited ``characters.csv`` that was put aside.

    Raises:
        BadInputError: Something cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"cannot make {out}: {error.strerror or error}") from error
    before = _summary(out)
    write_tables(analysis, out)
    write_exports(analysis, out)
    _write_barcode(analysis, out / BARCODE)
    put_cast(analysis)
    film = write_player_film(analysis, out, progress=copying) if video else None
    write_report(analysis, out / REPORT, film)
    films = [analysis.footage.path, *_film_of(before)]
    remove_player_films(out, films, keep=None if film is None else film.name)
    known = [str(each.get("id")) for each in before.get("characters", ())]
    if figures:
        write_figures(analysis, out / FIGURES, known)
    else:
        remove_figures(out / FIGURES, known)
    spare = keep_edited(out, cast)
    if spare is not None and notice is not None:
        notice(f"{out / NAME} was edited and is replaced; what it said is kept in {spare.name}")
    write_cast(out / NAME, cast.members)
    write_record(out, cast, analysis.footage)
    text = json.dumps(analysis.summary(), indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(out / SUMMARY) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def _summary(out: Path) -> dict[str, Any]:
    """What an earlier run said; nothing where there is none that can be read."""
    try:
        found = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    ours = isinstance(found, dict) and str(found.get("schema")).startswith(_FAMILY)
    return found if ours else {}


def _film_of(summary: dict[str, Any]) -> list[Path]:
    return [Path(summary["film"]["path"])] if summary else []


def _write_barcode(analysis: Analysis, path: Path) -> None:
    columns = barcode(analysis.seen, analysis.footage.every)
    if columns is None:
        path.unlink(missing_ok=True)  # of another dataset
        return
    with replacing(path) as draft:
        draft.write_bytes(barcode_png(columns))
