"""The command `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signsgd_sym.cli.console import JsonOption, print_json, progress_bar

group = typer.Typer()


@group.command(epilog="Example: signsgd-sym demo -o my-demo")
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
        print_json({**result.summary(), "files": {name: str(path) for name, path in paths.items()}})
    else:
        typer.echo(demo_text(result, paths))
