"""``cinemotion responses``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from cinemotion.cli import responses
from frozen import png

app = typer.Typer()
app.callback()(lambda: None)
responses.register(app)


def test_a_table_or_json(tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(png(3))
    arguments = ["responses", str(tmp_path / "face.png"), "--out", str(tmp_path / "out.svg")]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "conv2d_1" in done.stdout and f"figure: {tmp_path / 'out.svg'}" in done.stdout
    done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert len(json.loads(done.stdout)["layers"]) == 9
    assert "<svg" in (tmp_path / "out.svg").read_text()
