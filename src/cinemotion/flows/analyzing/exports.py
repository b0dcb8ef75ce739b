"""An analysis for other programs: subtitles, ELAN, Praat, edit lists and timelines.

    write_exports(analysis, Path("report"))      # film.srt, film.vtt, film.eaf, …

All are written from ``marks.py``. To add one, write ``write_x(analysis, path)`` and a line below.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.eaf import write_eaf
from cinemotion.flows.analyzing.edl import write_edl
from cinemotion.flows.analyzing.leftout import OTIO, left_out
from cinemotion.flows.analyzing.subtitles import write_subtitles
from cinemotion.flows.analyzing.textgrid import write_textgrid
from cinemotion.flows.analyzing.timeline import write_timeline

EXPORTS: dict[str, Callable[[Analysis, Path], None]] = {
    "film.eaf": write_eaf,
    "film.TextGrid": write_textgrid,
    "film.edl": write_edl,
}
"""Those that need nothing but us, besides the subtitles."""


def write_exports(analysis: Analysis, out: Path) -> None:
    """Write all of them; each file is there whole or not at all.

    Raises:
        BadInputError: One cannot be written.
    """
    write_subtitles(analysis, out)
    for name, write in EXPORTS.items():
        write(analysis, out / name)
    if OTIO not in left_out():
        write_timeline(analysis, out / OTIO)
    else:  # one of an earlier run would tell of another analysis
        with suppress(OSError):
            (out / OTIO).unlink()
