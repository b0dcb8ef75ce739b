"""What the benchmark scripts share: the footage, films to measure on, tables and JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def shared() -> Path:
    """The folder of shared clips; ends the script, saying so, where it is absent."""
    folder = Path(os.environ.get("CINEMOTION_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"this benchmark needs the shared clips; set CINEMOTION_SHARED (no {folder})")
    return folder


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows in aligned columns."""
    text = [[f"{v:.3f}" if isinstance(v, float) else str(v) for v in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in text) for i in range(len(head))]
    for row in text:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def write_json(path: Path | None, name: str, result: Any) -> None:
    """Write a result with the machine that it was measured on, where a file was asked for."""
    if path is not None:
        document = {"benchmark": name, "machine": machine(), "result": result}
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """The machine, in words."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    return {"cores": os.cpu_count(), "processor": model, "python": platform.python_version()}


def compose_film(out: Path) -> Path:
    """Compose a 1080p, 24 fps H.264 film of about 140 s from the shared clips.

    x264 veryfast, crf 20, default GOP; faces move in most of it. Kept where it exists already.
    """
    if out.exists():
        return out
    clips = (
        "station-crowd-1080p concert family-dinner single-face sad-to-happy acted-happy "
        "silent-film acted-angry station-crowd-1080p family-dinner concert acted-surprise "
        "multi-shot-720p"
    ).split()
    inputs: list[str] = []
    chains = []
    for i, clip in enumerate(clips):
        inputs += ["-i", str(shared() / "footage" / f"{clip}.mp4")]
        chains.append(
            f"[{i}:v:0]fps=24,scale=1920:1080:force_original_aspect_ratio=decrease,"
            f"pad=1920:1080:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p[v{i}]"
        )
    joined = "".join(f"[v{i}]" for i in range(len(clips)))
    graph = ";".join([*chains, f"{joined}concat=n={len(clips)}:v=1[out]"])
    draft = out.with_name(f"draft-{out.name}")
    ffmpeg(
        "-y",
        *inputs,
        "-filter_complex",
        graph,
        "-map",
        "[out]",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "20",
        str(draft),
    )
    draft.replace(out)
    return out


def repeat_film(film: Path, times: int, out: Path) -> Path:
    """Join a film with itself, without encoding it again. Kept where it exists already."""
    if out.exists():
        return out
    playlist = out.with_suffix(".txt")
    playlist.write_text(f"file '{film.resolve()}'\n" * times, encoding="utf-8")
    draft = out.with_name(f"draft-{out.name}")
    ffmpeg("-y", "-f", "concat", "-safe", "0", "-i", str(playlist), "-c", "copy", str(draft))
    draft.replace(out)
    return out


def ffmpeg(*arguments: str) -> None:
    """Run Debian's ffmpeg, which only the benchmarks need."""
    try:
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments], check=True)
    except FileNotFoundError:
        sys.exit("this benchmark needs the program ffmpeg: apt-get install ffmpeg")
