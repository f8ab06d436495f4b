"""The commands about risk curves: `risk`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar

group = typer.Typer()


@group.command(
    epilog='Example: signsgd-sym risk "Laplace(0, 1/2)" '
    "--covariance ar1:d=500,rho=1/2 --lr 1/2 --time 4 --simulate 24"
)
def risk(
    law: Annotated[
        str, typer.Argument(metavar="LAW", help='Label noise, such as "StudentT(3)" or "Normal(0, 1/2)".')
    ],
    covariance: Annotated[
        str, typer.Option("--covariance", metavar="SPEC", help="Such as ar1:d=500,rho=1/2 or npy:FILE.")
    ],
    lr: Annotated[
        str, typer.Option("--lr", metavar="ETA", help="Step size eta: a number, or an expression in t and R.")
    ],
    time: Annotated[str, typer.Option("--time", metavar="T", help="Horizon in units of d steps.")],
    optimizer: Annotated[
        str,
        typer.Option("--optimizer", help="sign, sgd, power(p), clip(c), tanh, dither(s), or 'rule: EXPR'."),
    ] = "sign",
    batch: Annotated[int, typer.Option("--batch", help="Samples of a step; sign and sgd.")] = 1,
    points: Annotated[int, typer.Option("--points", help="Number of equal time intervals.")] = 100,
    theta0: Annotated[
        str | None, typer.Option("--theta0", metavar="npy:FILE", help="Delta at time 0.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of Delta(0) and of the simulations.")] = 0,
    runs: Annotated[
        int, typer.Option("--simulate", metavar="RUNS", help="Simulated runs beside the curve.")
    ] = 0,
    dps: Annotated[
        int | None, typer.Option("--dps", metavar="N", help="Solve the ODE to N digits as well, N >= 15.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Plot to .svg, .pdf or .png.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The risk curve of an optimizer under a label-noise law, and simulations beside it.

    With --dps the curve is right to N digits, for K and Delta(0) as float64 numbers and everything else
    exact: two runs of different order and precision have to agree to that many.
    """
    from signsgd_sym.report.risk_command import RiskRequest, risk_data, risk_plot, risk_text, run_risk
    from signsgd_sym.report.risk_digits import interrupted_text

    request = RiskRequest.parse(
        law, covariance, lr, time, optimizer, points, theta0, seed, runs, plot, dps, batch
    )
    try:
        with progress_bar() as show:
            answer = run_risk(request, show)
    except KeyboardInterrupt as stopped:
        if text := interrupted_text(stopped):  # what was finished, before the command ends as interrupted
            typer.echo(text)
        raise
    if plot is not None:
        risk_plot(answer, plot)
    if as_json:
        print_json(risk_data(answer))
    else:
        typer.echo(risk_text(answer, plot))
