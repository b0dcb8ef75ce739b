"""Feed every odd file to the command line, one by one and as a folder.

    python benchmarks/odd.py [FOLDER] [--json FILE]

Each must give a result (exit code 0) or one clear line (exit code 2): never a traceback, never
more than the time limit. The folder as a whole must build with exit code 0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import print_table, shared, write_json

LIMIT = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    folder = options.folder or shared() / "odd"
    rows, bad = [], 0
    with tempfile.TemporaryDirectory() as name:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            out = Path(name) / path.name
            code, seconds, text, errors = cinemotion(
                "build", "--out", str(out), "--json", "--", str(path)
            )
            row = json.loads(text)["films"][0] if code == 0 else {}
            fine = (
                "Traceback" not in errors
                and code in (0, 2)
                and (code == 0 or errors.count("\n") == 1)
            )
            bad += not fine
            note = row.get("reason") or errors.strip().replace(str(folder), "…")
            rows.append(
                [
                    path.name,
                    "ok" if fine else "BAD",
                    code,
                    row.get("status", ""),
                    row.get("frames", ""),
                    row.get("samples", ""),
                    seconds,
                    note[:90],
                ]
            )
        for path in sorted((folder / "images").glob("*")):
            code, seconds, text, errors = cinemotion("detect", "--json", "--", str(path))
            fine = (
                "Traceback" not in errors and code in (0, 2) and errors.count("\n") == (code == 2)
            )
            bad += not fine
            faces = len(json.loads(text)["images"][0].get("faces", ()))
            note = errors.strip().replace(str(folder), "…")
            rows.append(
                [
                    f"images/{path.name}",
                    "ok" if fine else "BAD",
                    code,
                    "",
                    1,
                    faces,
                    seconds,
                    note[:90],
                ]
            )
        code, seconds, text, errors = cinemotion(
            "build", "--out", f"{name}/all", "--json", "--", str(folder)
        )
        films = json.loads(text)["films"]
        strict, *_ = cinemotion("build", "--out", f"{name}/all", "--strict", "--", str(folder))
    for kind in ("done", "partial", "failed"):
        print(f"folder: {sum(f['status'] == kind for f in films)} {kind}")
    print(f"folder: exit code {code}, with --strict {strict}, {seconds:.1f} s")
    print_table(["file", "", "exit", "status", "frames", "samples", "seconds", "note"], rows)
    bad += code != 0 or strict != 1 or "Traceback" in errors
    write_json(options.json, "odd", {"files": rows, "folder_exit": code, "strict_exit": strict})
    sys.exit(1 if bad else 0)


def cinemotion(*arguments: str) -> tuple[int, float, str, str]:
    """Run the command line; return exit code, seconds, standard output and error."""
    start = time.perf_counter()
    try:
        return _cinemotion(start, arguments)
    except subprocess.TimeoutExpired:
        return 124, LIMIT, "", f"no answer within {LIMIT} s\n"


def _cinemotion(start: float, arguments: tuple[str, ...]) -> tuple[int, float, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "cinemotion", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, time.perf_counter() - start, done.stdout, done.stderr


if __name__ == "__main__":
    main()
