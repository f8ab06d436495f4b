"""The command that makes the figures again: `figures`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar, terminal

group = typer.Typer()


@group.command(epilog="Example: signsgd-sym figures psi_by_law phase_diagram -o my-figures")
def figures(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Which figures; all of them without.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the files.")
    ] = Path("signsgd-figures"),
    only_list: Annotated[bool, typer.Option("--list", help="List the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the figures again, as SVG: the same files for the same versions of the libraries.

    Each is a short script of the package's folder figures/ and takes some seconds, demo_risk a minute.
    """
    from signsgd_sym.report import figures_command as command

    request = command.FiguresRequest.parse(names or [], output)
    if only_list:
        if as_json:
            print_json(command.figures_data(request.scripts))
        else:
            typer.echo(command.list_text(request.scripts, width=terminal()[1]))
        return
    try:
        with progress_bar() as show:

            def emit(written: command.Written) -> None:
                if not as_json:
                    show.write(command.written_text(written))

            done = command.run_figures(request, show, emit)
    except command.FiguresInterrupted as stopped:  # which files are there, before the command ends
        if as_json:
            print_json(command.figures_data(request.scripts, stopped.done))
        raise
    if as_json:
        print_json(command.figures_data(request.scripts, done))
