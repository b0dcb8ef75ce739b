"""The command ``cinemotion`` (also ``python -m cinemotion``): errors become one line.

Whatever takes a while to load is imported in ``run``, where Ctrl-C is caught already.
"""

from __future__ import annotations

import gc
import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 all right; 1 a check that was asked for (``--strict``) found something; 2 bad
    input or a broken environment, with one line on standard error; 130 interrupted.
    """
    try:
        import signal

        from cinemotion.core.lean import go_lean

        go_lean()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    # All is done or given up: a second Ctrl-C must not spoil the end. SIGTERM still does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Python ends itself by signal if Ctrl-C ever broke off an exec() of a text, as dataclasses
    # do while they load; the next one that goes well makes it forget that.
    exec("")
    if code == _INTERRUPTED:
        print("interrupted; the same command goes on from here", file=sys.stderr)  # noqa: T201
    # What is left needs no sorting through for garbage, which takes long after much work.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments and return the exit code."""
    import io

    import typer

    from cinemotion.cli.app import app
    from cinemotion.core.errors import CinemotionError

    # Typer carries its own copy of Click or uses the installed one, depending on its version;
    # its public BadParameter leads to the right classes in both cases.
    usage_error: type[typer.BadParameter] = typer.BadParameter.__mro__[1]
    click_exception: type[typer.BadParameter] = typer.BadParameter.__mro__[2]

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # file names need not be text
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(arguments, prog_name="cinemotion", standalone_mode=False)
    except CinemotionError as error:
        return _complain(str(error))
    except usage_error as error:
        if type(error).__name__ == "NoArgsIsHelpError" and error.ctx:
            print(error.ctx.get_help(), file=sys.stderr)  # noqa: T201 - a door may speak
            return 2
        if type(error).__name__ == "NoSuchOption" and (name := _dashed_file(arguments)):
            return _complain(
                f"{name} begins with a dash and is taken for an option; to name the file, "
                f"write ./{name}, or put -- before it"
            )
        context = error.ctx.command_path if error.ctx else "cinemotion"
        return _complain(f"{error.format_message()} (see: {context} --help)")
    except click_exception as error:
        return _complain(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        # Typer turns the first into the second, with a code that is ours for --strict.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        # The reader of our output went away (| head); say nothing, and keep the interpreter
        # from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # Standard output on a full disk, say; what a flow meets is translated where it happens.
        return _complain(f"cannot go on: {error}")
    return code if isinstance(code, int) else 0


def _dashed_file(arguments: list[str]) -> str | None:
    """The first argument that looks like an option and is the name of a file."""
    from pathlib import Path

    return next((name for name in arguments if name[:1] == "-" and Path(name).exists()), None)


def _complain(message: str) -> int:
    line = " ".join(message.split())
    print(f"cinemotion: {line}", file=sys.stderr)  # noqa: T201 - a door may speak
    return 2


if __name__ == "__main__":
    main()
