"""The command ``cinemotion`` (also ``python -m cinemotion``): errors become one line."""

from __future__ import annotations

import io
import os
import sys

import typer

from cinemotion.core.errors import CinemotionError
from cinemotion.core.lean import go_lean

# Typer carries its own copy of Click or uses the installed one, depending on its version; its
# public BadParameter leads to the right classes in both cases.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]
_ClickException: type[typer.BadParameter] = typer.BadParameter.__mro__[2]

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 all right; 1 a check that was asked for (``--strict``) found something; 2 bad
    input or a broken environment, with one line on standard error; 130 interrupted.
    """
    go_lean()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments and return the exit code."""
    from cinemotion.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # file names need not be text
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(arguments, prog_name="cinemotion", standalone_mode=False)
    except CinemotionError as error:
        return _complain(str(error))
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError" and error.ctx:
            print(error.ctx.get_help(), file=sys.stderr)  # noqa: T201 - a door may speak
            return 2
        context = error.ctx.command_path if error.ctx else "cinemotion"
        return _complain(f"{error.format_message()} (see: {context} --help)")
    except _ClickException as error:
        return _complain(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (| head); say nothing, and keep the interpreter
        # from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # Standard output on a full disk, say; what a flow meets is translated where it happens.
        return _complain(f"cannot go on: {error}")
    if code == _INTERRUPTED:  # Typer may turn Ctrl-C into this code by itself
        print("interrupted; the same command goes on from here", file=sys.stderr)  # noqa: T201
    return code if isinstance(code, int) else 0


def _complain(message: str) -> int:
    line = " ".join(message.split())
    print(f"cinemotion: {line}", file=sys.stderr)  # noqa: T201 - a door may speak
    return 2


if __name__ == "__main__":
    main()
