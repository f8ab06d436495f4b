"""What every command needs of the terminal: a progress bar, colours and width, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

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


def print_json(data: Any) -> None:
    """The data as JSON on standard output."""
    typer.echo(json.dumps(data, indent=2))
