"""The command that writes code for others to run: `generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar

group = typer.Typer()


@group.command(epilog='Example: signsgd-sym generate "Laplace(0, 1/2)" --target c -o laplace.c')
def generate(
    law: Annotated[
        str, typer.Argument(metavar="LAW", help='Label noise with numbers, such as "StudentT(3)".')
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target", metavar="T", help="numpy, c, javascript, numba, mpmath, flint, jax or latex."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the source to this file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    optimizer: Annotated[
        str, typer.Option("--optimizer", help="sign, sgd, power(p) or adam(beta1, beta2).")
    ] = "sign",
    lr: Annotated[
        str | None,
        typer.Option("--lr", metavar="ETA", help="Also learning_rate(t, R): an expression in t and R."),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run/--no-run", help="Build and run the code to measure its error.")
    ] = True,
    seconds: Annotated[float, typer.Option("--seconds", help="For the search of a closed form.")] = 20.0,
    as_json: JsonOption = False,
) -> None:
    """Stand-alone source of phi, psi, the drift rate and the right-hand side of the risk ODE.

    The code needs nothing of this package. It is built and run here where its compiler or interpreter is
    installed, compared with certified values, and the largest error is written into its header. Functions of
    R return their limit at R = 0 and NaN where R is negative, infinite or NaN.

    Powers and Adam have no phi and psi. Adam's file has kernel(rho), the entries of its noise matrix, and
    population_risk(R); under noise that is not Gaussian its constants are tables in R, made in about half a
    minute, and NaN outside the range that the header states. That Adam follows its ODE is a conjecture.
    """
    from signsgd_sym.report import generate_command as command

    request = command.GenerateRequest.parse(law, target, optimizer, lr, output, force, run, seconds)
    with progress_bar() as show:
        show(f"generating {target}", 0.3)
        code = command.run_generate(request)
    if as_json:
        print_json(command.generate_data(code, output))
    elif output is None:
        typer.echo(code.source.rstrip("\n"))
    else:
        typer.echo(command.generate_text(code))
    if output is not None:
        typer.echo(f"wrote {output}", err=True)
