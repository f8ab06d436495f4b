"""The commands that show and check derivations: `derive` and `check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar, terminal

group = typer.Typer()


@group.command(epilog="Example: signsgd-sym derive sign-modes --format html -o sign-modes.html")
def derive(
    derivation_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Which derivation; all are listed without.")
    ] = None,
    style: Annotated[str, typer.Option("--format", help="text, latex, markdown, html or ipynb.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    graph: Annotated[
        bool, typer.Option("--graph", help="Show what rests on what, of all derivations; text or html.")
    ] = False,
    without: Annotated[
        str | None, typer.Option(metavar="ASSUMPTION", help="With --graph: what falls without it.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the points at which the steps are checked.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the derivations, or check one and show it step by step with each step's verdict."""
    from signsgd_sym.files import write_file
    from signsgd_sym.report.derive_command import DeriveRequest, derive_content

    request = DeriveRequest.parse(derivation_id, style, graph, without, seed, as_json)
    colour, width = terminal() if output is None else (False, 100)
    with progress_bar() as show:
        content = derive_content(request, show, colour=colour, width=width).rstrip("\n")
    if output is None:
        typer.echo(content)
    else:
        write_file(output, content + "\n")
        typer.echo(f"wrote {output}", err=True)


@group.command(epilog="Example: signsgd-sym check arcsine-law mine.steps --seed 1")
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID|FILE]...", help="Derivations and files; everything built in without."),
    ] = None,
    mutate: Annotated[
        int, typer.Option("--mutate", metavar="N", help="Also try N mutants of the steps.")
    ] = 0,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of points and mutants; drawn, and printed, without.")
    ] = None,
    points: Annotated[int, typer.Option("--points", help="Random points a step.")] = 20,
    digits: Annotated[int, typer.Option("--digits", help="Digits to which both sides must agree.")] = 40,
    as_json: JsonOption = False,
) -> None:
    """Verify derivations: name the first wrong step, with a counterexample.

    A .py file is executed, as pytest would execute it: check only those you trust. A .steps file is
    parsed and never executed.

    The exit status is 0 if no step is refuted and none undecided; steps that are cited from the literature
    are not checked and are listed apart.
    """
    from signsgd_sym.report import check_command as command

    request = command.CheckRequest.parse(names or [], mutate, seed, points, digits)
    colour, width = terminal()
    with progress_bar() as show:

        def emit(outcome: Any) -> None:
            if not as_json:
                show.write(command.outcome_text(outcome, colour=colour, width=width))

        answer = command.run_check(request, show, emit)
    if as_json:
        print_json(command.check_data(answer))
    else:
        typer.echo(command.summary_text(answer))
    if answer.interrupted:
        raise KeyboardInterrupt
    raise typer.Exit(answer.exit_code)
