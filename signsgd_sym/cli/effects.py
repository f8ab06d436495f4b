"""The command that says what signSGD changes: `effects`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar, terminal

group = typer.Typer()


@group.command(
    epilog='Example: signsgd-sym effects "StudentT(3)" --covariance ar1:d=200,rho=1/2 --lr 1/4 --time 8'
)
def effects(
    law: Annotated[
        str, typer.Argument(metavar="LAW", help='Label noise, such as "StudentT(3)" or "Normal(0, 1/2)".')
    ],
    covariance: Annotated[
        str, typer.Option("--covariance", metavar="SPEC", help="Such as ar1:d=200,rho=1/2 or npy:FILE.")
    ],
    lr: Annotated[
        str | None,
        typer.Option("--lr", metavar="ETA", help="signSGD's step: a number, or an expression in t and R."),
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="T", help="Horizon in units of d steps.")
    ] = None,
    sgd_lr: Annotated[
        str | None,
        typer.Option("--sgd-lr", metavar="ETA", help="SGD's step; the matched step at time 0 without."),
    ] = None,
    points: Annotated[int, typer.Option("--points", help="Number of equal time intervals.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Of Delta(0).")] = 0,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Plot to .svg, .pdf or .png.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The four effects of signSGD against SGD, each as a formula and a number.

    They are effective learning rate, noise compression, diagonal preconditioning and noise reshaping. With
    --lr and --time also their shares in log R_sign(T)/R_SGD(T): the effects are switched on one at a time, in
    all 24 orders. Laws without a variance have psi infinite, and no SGD to compare with.
    """
    from signsgd_sym.report import effects_command as command
    from signsgd_sym.report.effects_text import effects_text

    request = command.EffectsRequest.parse(law, covariance, lr, time, sgd_lr, points, seed, plot)
    try:
        with progress_bar() as show:
            answer = command.run_effects(request, show)
    except command.EffectsAnswerInterrupted as stopped:  # what was finished, before the command ends
        if as_json:
            print_json({**command.effects_data(stopped.answer), "interrupted": True})
        else:
            typer.echo(effects_text(stopped.answer, width=terminal()[1]))
        raise
    if plot is not None:
        command.effects_plot(answer, plot)
    if as_json:
        print_json(command.effects_data(answer))
    else:
        typer.echo(effects_text(answer, plot, width=terminal()[1]))
    raise typer.Exit(answer.exit_code)
