"""``cinemotion doctor``: is this machine fit for the work?"""

from __future__ import annotations

from typing import Annotated

import typer

from cinemotion.cli.output import print_json


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Show versions, weights and their hashes, cores and accelerators; explain what is wrong."""
    from cinemotion.flows.looking.doctor import examine

    report = examine()
    if json:
        print_json(report)
        return 2 if report["problems"] else 0
    for key in ("cinemotion", "python", "platform", "cores", "opencv"):
        typer.echo(f"{key:14} {report[key] or 'missing'}")
    typer.echo(
        f"{'ffmpeg':14} {(report['ffmpeg'] or {}).get('libavcodec', 'missing')} (libavcodec)"
    )
    typer.echo(f"{'accelerators':14} {', '.join(report['accelerators']) or 'none'}")
    typer.echo("packages")
    for name, version in report["packages"].items():
        typer.echo(f"  {name:24} {version or '-'}")
    typer.echo("weights")
    for name, weight in report["weights"].items():
        typer.echo(
            f"  {name:16} {weight['state']:16} sha256 {weight['sha256'][:16]}…  "
            f"{weight['path'] or ''}"
        )
    typer.echo("models")
    for name, model in report["models"].items():
        typer.echo(f"  {name:16} {model['state']:16} sha256 {(model['sha256'] or '')[:16]}…")
    for problem in report["problems"]:
        typer.echo(f"problem: {problem}", err=True)
    typer.echo("all is well" if not report["problems"] else "see the problems above")
    return 2 if report["problems"] else 0


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    app.command()(doctor)
