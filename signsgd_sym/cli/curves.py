"""The commands about risk curves: `risk` and `validate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar

group = typer.Typer()

LawArgument = Annotated[
    str, typer.Argument(metavar="LAW", help='Label noise, such as "StudentT(3)" or "Normal(0, 1/2)".')
]
CovarianceOption = Annotated[
    str, typer.Option("--covariance", metavar="SPEC", help="Such as ar1:d=500,rho=1/2 or npy:FILE.")
]
RateOption = Annotated[
    str, typer.Option("--lr", metavar="ETA", help="Step size eta: a number, or an expression in t and R.")
]
TimeOption = Annotated[str, typer.Option("--time", metavar="T", help="Horizon in units of d steps.")]
RuleOption = Annotated[
    str,
    typer.Option(
        "--optimizer",
        help="sign, sgd, power(p), clip(c), tanh, tanh(c), dither(s), adam(b1, b2), adam(b1, b2, eps) "
        "or 'rule: EXPR'; tanh(c) is tanh(z/c).",
    ),
]


def whole_number(text: str | int) -> int:
    """The number that an option was given; raises `typer.BadParameter`, which names it."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is not a whole number; write for example 16") from None


PointsOption = Annotated[int, typer.Option("--points", help="Number of equal time intervals.")]
StartOption = Annotated[str | None, typer.Option("--theta0", metavar="npy:FILE", help="Delta at time 0.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of Delta(0) and of the simulations.")]
PlotOption = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Plot to .svg, .pdf or .png.")
]


@group.command(
    epilog='Example: signsgd-sym risk "Laplace(0, 1/2)" '
    "--covariance ar1:d=500,rho=1/2 --lr 1/2 --time 4 --simulate 24"
)
def risk(
    law: LawArgument,
    covariance: CovarianceOption,
    lr: RateOption,
    time: TimeOption,
    optimizer: RuleOption = "sign",
    batch: Annotated[
        int,
        typer.Option(
            "--batch", metavar="INTEGER", parser=whole_number, help="Samples of a step, of any rule but Adam."
        ),
    ] = 1,
    points: PointsOption = 100,
    theta0: StartOption = None,
    seed: SeedOption = 0,
    runs: Annotated[
        int, typer.Option("--simulate", metavar="RUNS", help="Simulated runs beside the curve.")
    ] = 0,
    dps: Annotated[
        int | None, typer.Option("--dps", metavar="N", help="Solve the ODE to N digits as well, N >= 15.")
    ] = None,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """The risk curve of an optimizer under a label-noise law, and simulations beside it.

    With --dps the curve is right to N digits, for K and Delta(0) as float64 numbers and everything else
    exact: two runs of different order and precision have to agree to that many.
    """
    from signsgd_sym.report import risk_command as command

    request = command.RiskRequest.parse(
        law, covariance, lr, time, optimizer, points, theta0, seed, runs, plot, dps, batch
    )
    try:
        with progress_bar() as show:
            answer = command.run_risk(request, show)
    except command.RiskInterrupted as stopped:  # what was finished, before the command ends as interrupted
        if as_json:
            print_json(command.interrupted_data(stopped))
        else:
            typer.echo(command.interrupted_text(stopped))
        raise
    if plot is not None:
        command.risk_plot(answer, plot)
    if as_json:
        print_json(command.risk_data(answer))
    else:
        typer.echo(command.risk_text(answer, plot))


@group.command(
    epilog='Example: signsgd-sym validate "Laplace(0, 1/2)" '
    "--covariance ar1:d=300,rho=1/2 --lr 1/2 --time 4 --plot validate.svg"
)
def validate(
    law: LawArgument,
    covariance: CovarianceOption,
    lr: RateOption,
    time: TimeOption,
    optimizer: Annotated[str, typer.Option("--optimizer", help="sign or sgd.")] = "sign",
    runs: Annotated[int, typer.Option("--runs", metavar="N", help="Simulated runs beside the curve.")] = 24,
    samples: Annotated[
        int, typer.Option("--samples", metavar="N", help="Samples of one step at a fixed Delta.")
    ] = 200_000,
    precision: Annotated[
        bool, typer.Option("--precision", help="Compare float64 with certified and N-digit arithmetic.")
    ] = False,
    digits: Annotated[
        int | None, typer.Option("--digits", metavar="N", help="Of --precision; 50 if not given, N >= 15.")
    ] = None,
    points: PointsOption = 100,
    theta0: StartOption = None,
    seed: SeedOption = 0,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """The theory held against simulation, with a verdict on each of its claims.

    The derived moments of one step are exact in every dimension: sampled steps at Delta(0) and at the end of
    a run have to agree with them within the standard error. The risk curve is the limit of high dimension:
    the mean of simulated runs has to lie within 3 standard errors plus 3 % of it at 95 % of the times.

    With --precision the first run is done again in float64, certified and in N digits on the same samples,
    the ODE and the moments of a step are computed to N digits, and the means of certified runs are held
    against the curve at N digits: what rounding did, with the error of each number.

    The exit status is 1 if something is refuted.
    """
    from signsgd_sym.report.validate_command import ValidateRequest, ValidationInterrupted, run_validate

    request = ValidateRequest.parse(
        law, covariance, lr, time, optimizer, points, theta0, seed, runs, samples, plot, precision, digits
    )
    try:
        with progress_bar() as show:
            answer = run_validate(request, show)
    except ValidationInterrupted as stopped:  # what was finished, before the command ends as interrupted
        if as_json:
            print_json({**stopped.answer.data(), "interrupted": True})
        else:
            typer.echo(stopped.answer.text())
        raise
    if plot is not None:
        answer.plot(plot)
    if as_json:
        print_json(answer.data())
    else:
        typer.echo(answer.text(plot))
    raise typer.Exit(answer.validation.exit_code)
