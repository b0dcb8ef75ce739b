"""What an analysis leaves in its folder: tables, the summary, the cast, a barcode, and the page."""

from __future__ import annotations

import json
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.barcode import barcode, barcode_png
from cinemotion.flows.analyzing.cast import NAME, write_cast
from cinemotion.flows.analyzing.casting import Cast, write_record
from cinemotion.flows.analyzing.eaf import write_eaf
from cinemotion.flows.analyzing.keep import put_cast
from cinemotion.flows.analyzing.report import write_report
from cinemotion.flows.analyzing.subtitles import write_subtitles
from cinemotion.flows.analyzing.tables import write_tables

SUMMARY = "analysis.json"
REPORT = "report.html"
ELAN = "film.eaf"
BARCODE = "barcode.png"


def write_analysis(analysis: Analysis, cast: Cast, out: Path) -> None:
    """Write everything; each file is there whole or not at all, the summary last.

    Raises:
        BadInputError: Something cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"cannot make {out}: {error.strerror or error}") from error
    write_tables(analysis, out)
    write_subtitles(analysis, out)
    write_eaf(analysis, out / ELAN)
    _write_barcode(analysis, out / BARCODE)
    put_cast(analysis)
    write_report(analysis, out / REPORT)
    write_cast(out / NAME, cast.members)
    write_record(out, cast, analysis.footage)
    text = json.dumps(analysis.summary(), indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(out / SUMMARY) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def _write_barcode(analysis: Analysis, path: Path) -> None:
    columns = barcode(analysis.seen, analysis.footage.every)
    if columns is None:
        path.unlink(missing_ok=True)  # of another dataset
        return
    with replacing(path) as draft:
        draft.write_bytes(barcode_png(columns))
