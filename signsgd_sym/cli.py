"""The command line: parse, call, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from signsgd_sym import __version__
from signsgd_sym.errors import InputError, ParseError, SignSGDError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A symbolic-numeric derivation workbench for signSGD in high dimension.",
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]


class Bar:
    """Says what is under way on standard error if that is a terminal; `write` prints a line beside it."""

    def __call__(self, stage: str, share: float) -> None:
        """Nothing: there is no terminal."""

    def write(self, line: str) -> None:
        """A line on standard output."""
        typer.echo(line)


@contextmanager
def progress_bar() -> Iterator[Bar]:
    """A bar on standard error when that is a terminal, silence otherwise."""
    if not sys.stderr.isatty():
        yield Bar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    # Rich would send what is printed to the bar's console, that is to standard error, pipe or not.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=1.0)

        class Shown(Bar):
            def __call__(self, stage: str, share: float) -> None:
                bar.update(task, description=stage, completed=share)

            def write(self, line: str) -> None:
                if sys.stdout.isatty():
                    bar.console.print(Text.from_ansi(line), soft_wrap=True)
                else:
                    super().write(line)

        yield Shown()


def terminal() -> tuple[bool, int]:
    """Whether standard output takes colours, and how wide it is."""
    import os
    import shutil

    if not sys.stdout.isatty():
        return False, 100
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return not plain, min(shutil.get_terminal_size().columns, 120)


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, indent=2))


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


@app.command(epilog="Example: signsgd-sym demo -o my-demo")
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path(
        "signsgd-demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """The main job on real data: derive, generate, solve, simulate, compare.

    Leaves report.html, risk.svg, risk_functions.py and result.json in the output folder.
    """
    from signsgd_sym.files import check_directory
    from signsgd_sym.report.demo import run_demo
    from signsgd_sym.report.demo_page import write_demo
    from signsgd_sym.report.demo_text import demo_text

    check_directory(output)
    with progress_bar() as show:
        result = run_demo(show)
    paths = write_demo(result, output)
    if as_json:
        _print_json({**result.summary(), "files": {name: str(path) for name, path in paths.items()}})
    else:
        typer.echo(demo_text(result, paths))


@app.command(epilog="Example: signsgd-sym derive sign-modes --format html -o sign-modes.html")
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


@app.command(epilog="Example: signsgd-sym check arcsine-law mine.steps --seed 1")
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
        _print_json(command.check_data(answer))
    else:
        typer.echo(command.summary_text(answer))
    if answer.interrupted:
        raise KeyboardInterrupt
    raise typer.Exit(answer.exit_code)


@app.command(
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


@app.command(
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
    optimizer: Annotated[str, typer.Option("--optimizer", help="sign or sgd.")] = "sign",
    points: Annotated[int, typer.Option("--points", help="Number of equal time intervals.")] = 100,
    theta0: Annotated[
        str | None, typer.Option("--theta0", metavar="npy:FILE", help="Delta at time 0.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of Delta(0) and of the simulations.")] = 0,
    runs: Annotated[
        int, typer.Option("--simulate", metavar="RUNS", help="Simulated runs beside the curve.")
    ] = 0,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Plot to .svg, .pdf or .png.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The risk curve of an optimizer under a label-noise law, and simulations beside it."""
    from signsgd_sym.report.risk_command import RiskRequest, risk_data, risk_plot, risk_text, run_risk

    request = RiskRequest.parse(law, covariance, lr, time, optimizer, points, theta0, seed, runs, plot)
    with progress_bar() as show:
        answer = run_risk(request, show)
    if plot is not None:
        risk_plot(answer, plot)
    if as_json:
        _print_json(risk_data(answer))
    else:
        typer.echo(risk_text(answer, plot))


@app.command(epilog='Example: signsgd-sym generate "Laplace(0, 1/2)" --target c -o laplace.c')
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
    optimizer: Annotated[str, typer.Option("--optimizer", help="sign or sgd.")] = "sign",
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
    """
    from signsgd_sym.report import generate_command as command

    request = command.GenerateRequest.parse(law, target, optimizer, lr, output, force, run, seconds)
    with progress_bar() as show:
        show(f"generating {target}", 0.3)
        code = command.run_generate(request)
    if as_json:
        _print_json(command.generate_data(code, output))
    elif output is None:
        typer.echo(code.source.rstrip("\n"))
    else:
        typer.echo(command.generate_text(code))
    if output is not None:
        typer.echo(f"wrote {output}", err=True)


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
        typer.echo("signsgd-sym: interrupted; files written before are complete.", err=True)
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
