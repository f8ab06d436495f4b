"""The command line: parse, call, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from signsgd_sym import __version__
from signsgd_sym.cli import code, curves, demo, derivations, effects, figures, laws
from signsgd_sym.errors import InputError, ParseError, SignSGDError


class _Interrupted(SignSGDError):
    """Ctrl-C in a command; the exit status is what shells use for SIGINT."""

    exit_code = 130


class _Commands(TyperGroup):
    """Commands that say that they were interrupted, where Typer would only set the exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stopped:
            words = str(stopped) or "interrupted; what was printed or written before it is complete"
            raise _Interrupted(f"{words}.") from stopped


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A symbolic-numeric derivation workbench for signSGD in high dimension.",
)
for commands in (demo, derivations, laws, curves, effects, code, figures):  # in the order of `--help`
    app.add_typer(commands.group)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"signsgd-sym {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def _complain(error: BaseException) -> None:
    """One line on standard error; for text input two more with a caret."""
    message = " ".join(str(error).split())
    typer.echo(f"signsgd-sym: {message}", err=True)
    if isinstance(error, ParseError) and error.text:
        typer.echo("\n".join(f"  {line}" for line in error.caret().splitlines()), err=True)


def main() -> None:
    """Entry point: exit status 0 on success, 1 when something did not converge, 2 on bad input."""
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except SignSGDError as error:
        _complain(error)
        status = error.exit_code
    except (MemoryError, OverflowError) as error:
        _complain(
            InputError(
                f"the numbers asked for do not fit ({error}); take a smaller d or numbers in float64 range."
            )
        )
        status = 2
    except KeyboardInterrupt:
        typer.echo("signsgd-sym: interrupted; nothing was begun.", err=True)
        status = 130
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # The reader went away (`| head`): nobody is left to tell.
            sys.stdout = None
            sys.exit(0)
        reason = error.strerror or str(error)
        _complain(InputError(f"the output could not be written: {reason}; choose another place."))
        sys.stdout = None
        status = 2
    except Exception as error:
        # Click's own usage errors, whichever package they come from, carry these two.
        if not (hasattr(error, "format_message") and hasattr(error, "exit_code")):
            raise
        _complain(InputError(f"{error.format_message().rstrip('.')}; see `signsgd-sym --help`."))
        status = 2
    sys.exit(status if isinstance(status, int) else 0)
