"""The command that finds the formulas of a noise law: `closed-form`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, progress_bar, terminal

group = typer.Typer()


@group.command(
    "closed-form", epilog='Example: signsgd-sym closed-form "Laplace(0, b)" --at R=1/10,b=2 --digits 50'
)
def closed_form(
    law: Annotated[
        str | None, typer.Argument(metavar="LAW", help='Label noise, such as "StudentT(nu)".')
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="R=1/10[,b=2...]", help="Values at R and every parameter; repeatable."),
    ] = None,
    digits: Annotated[int, typer.Option("--digits", help="Correct digits of the values, 1 to 1000.")] = 20,
    style: Annotated[
        str, typer.Option("--format", help="text, latex or html; with --all json as well.")
    ] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    how: Annotated[bool, typer.Option("--how", help="Also derive phi step by step, each checked.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="A table of all laws instead of one.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", help="For the search of a closed form.")] = 20.0,
    seed: Annotated[int, typer.Option("--seed", help="Of the points at which formulas are checked.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """The formulas of a noise law: phi, psi, limits, expansions, stationary risk, each with its verdict.

    phi is the drift factor (2/pi) E exp(-eps^2/(4 R)), psi the noise compression. Names among the parameters
    are symbols. Without a closed form phi stays an integral, and its values are certified all the same.
    TricomiU(a, b, z) in a formula is Tricomi's U, which mpmath calls hyperu.

    The exit status is 1 if phi was refuted or a value could not be enclosed.
    """
    from signsgd_sym.files import write_file
    from signsgd_sym.report import closed_form_command as command

    colour, width = terminal() if output is None else (False, 100)
    if everything or law is None:
        from signsgd_sym.report import gallery_command as gallery

        asked = gallery.GalleryRequest.parse(law, at or [], style, how, seconds, seed, as_json, everything)
        with progress_bar() as show:
            found = gallery.run_gallery(asked, show)
        content = gallery.gallery_content(found, colour=colour, width=width)
        code, interrupted = found.exit_code, found.interrupted
    else:
        request = command.ClosedFormRequest.parse(law, at or [], digits, style, how, seconds, seed, as_json)
        with progress_bar() as show:
            answer = command.run_closed_form(request, show)
        content = command.closed_form_content(answer, colour=colour, width=width)
        code, interrupted = answer.exit_code, False
    if output is None:
        typer.echo(content.rstrip("\n"))
    else:
        write_file(output, content.rstrip("\n") + "\n")
        typer.echo(f"wrote {output}", err=True)
    if interrupted:
        raise KeyboardInterrupt
    raise typer.Exit(code)
