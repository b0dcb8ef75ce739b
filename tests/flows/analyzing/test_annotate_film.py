from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cinemotion.__main__ import run
from cinemotion.core.errors import BadInputError
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.annotate import annotate
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader


def frames(path: Path) -> list[tuple[float, np.ndarray]]:
    with FilmReader(probe(path)) as reader:
        return [(frame.time.seconds, frame.rgb()) for frame in reader]


def test_faces_are_marked_where_they_are(
    film: Path, analysed: tuple[Path, Analysis], tmp_path: Path
) -> None:
    _, analysis = analysed
    annotate(analysis, tmp_path / "out.mp4")
    before, after = frames(film), frames(tmp_path / "out.mp4")
    assert [time for time, _ in after] == pytest.approx([time for time, _ in before], abs=1e-3)
    faces = analysis.seen.faces
    sampled = dict(analysis.seen.frames.select("seconds", "pts").iter_rows())
    checked = 0
    for (time, old), (_, new) in zip(before, after, strict=True):
        moved = np.abs(old.astype(int) - new).max(axis=2)
        here = faces.filter(faces["seconds"] == time)
        if time in sampled and not here.height:
            assert np.percentile(moved, 99) < 40  # H.264 alone
        for x0, y0, x1, y1 in here["box"].to_list():
            edge = new[round(y0) : round(y1), round(x0), :]
            inside = 0 < round(x0) < new.shape[1] - 1
            if inside and len(edge) > 20:
                bright = edge[max(0, -round(y0)) :].mean()
                assert bright > 180, (time, x0, y0, x1, y1)
                checked += 1
    assert checked > 5


def test_what_cannot_be_written_is_one_line(
    film: Path, analysed: tuple[Path, Analysis], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, analysis = analysed
    with pytest.raises(BadInputError, match="MP4"):
        annotate(analysis, tmp_path / "out.avi")
    with pytest.raises(BadInputError, match="the film itself"):
        annotate(analysis, film)
    report, dataset = analysed[0], analysed[0] / "dataset"
    command = ["analyze", str(film), "--out", str(tmp_path / "r"), "--dataset", str(dataset)]
    assert run([*command, "--workers", "0", "--annotate", str(tmp_path / "x.mp4")]) == 0
    assert (tmp_path / "x.mp4").stat().st_size > 1000 and report.exists()
