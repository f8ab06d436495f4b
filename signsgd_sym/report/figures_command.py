"""`signsgd-sym figures`: the scripts in `figures/`, run and written where the user wants them."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from signsgd_sym.errors import InputError, ParameterError
from signsgd_sym.files import check_directory, write_file
from signsgd_sym.report.layout import wrap
from signsgd_sym.report.text import WIDTH

Progress = Callable[[str, float], object]


@dataclass(frozen=True)
class Script:
    """One script of the folder; its figure is what `figure()` returns."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def title(self) -> str:
        """The first line of the docstring; the script is read, not run."""
        text = ast.get_docstring(ast.parse(self.path.read_text("utf-8"))) or ""
        return text.split("\n", 1)[0]

    def figure(self) -> Any:
        """Run the script's `figure()`."""
        spec = importlib.util.spec_from_file_location(f"signsgd_figure_{self.name}", self.path)
        if spec is None or spec.loader is None:
            raise InputError(f"{self.path} cannot be loaded as Python; install the package again.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.figure()


def scripts() -> list[Script]:
    """The scripts that ship with the package, by name; in a source tree, those beside the package."""
    package = Path(str(files("signsgd_sym")))
    folders = (package / "_figures", package.parent / "figures")
    folder = next((folder for folder in folders if folder.is_dir()), None)
    return [Script(path) for path in sorted(folder.glob("*.py"))] if folder is not None else []


@dataclass(frozen=True)
class FiguresRequest:
    """Which figures, and the folder for them."""

    scripts: tuple[Script, ...]
    folder: Path

    @classmethod
    def parse(cls, names: Sequence[str], folder: Path) -> FiguresRequest:
        """All figures without names; raises `ParameterError` for a name or a folder that cannot be."""
        known = {script.name: script for script in scripts()}
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=2)
                hint = (
                    f"did you mean {' or '.join(near)}?" if near else "`signsgd-sym figures --list` has them."
                )
                raise ParameterError(f"there is no figure {name!r}; {hint}")
        check_directory(folder)
        wanted = dict.fromkeys(names or known)
        return cls(tuple(known[name] for name in wanted), folder)


@dataclass(frozen=True)
class Written:
    """One figure that was written, and how long it took."""

    script: Script
    path: Path
    seconds: float


class FiguresInterrupted(KeyboardInterrupt):
    """Ctrl-C during a figure; `done` are those that were written before."""

    def __init__(self, done: list[Written], asked: int) -> None:
        super().__init__(f"interrupted with {len(done)} of {asked} figures written")
        self.done = done


def run_figures(
    request: FiguresRequest,
    progress: Progress = lambda stage, share: None,
    emit: Callable[[Written], object] = lambda written: None,
) -> list[Written]:
    """Run and write one after another; what is finished stays, whatever comes after.

    Raises `FiguresInterrupted` for Ctrl-C.
    """
    from signsgd_sym.report.plots import svg

    done: list[Written] = []
    for script in request.scripts:
        progress(script.name, len(done) / len(request.scripts))
        started = time.perf_counter()
        try:
            path = write_file(request.folder / f"{script.name}.svg", svg(script.figure()))
        except KeyboardInterrupt:
            raise FiguresInterrupted(done, len(request.scripts)) from None
        done.append(Written(script, path, time.perf_counter() - started))
        emit(done[-1])
    return done


def list_text(found: Sequence[Script], *, width: int = WIDTH) -> str:
    """Names, and beside them the titles in lines of at most `width` columns in all."""
    column = max((len(script.name) for script in found), default=0) + 2
    lines = []
    for script in found:
        first, *more = wrap(script.title, width - column)
        lines += [f"{script.name:{column}}{first}", *(" " * column + line for line in more)]
    return "\n".join(lines)


def written_text(written: Written) -> str:
    """One line for a figure."""
    return f"{written.path}  {written.seconds:.0f} s"


def figures_data(found: Sequence[Script], written: Sequence[Written] = ()) -> list[dict[str, Any]]:
    """Names, titles and, where they were written, files."""
    paths = {one.script.name: one for one in written}
    return [
        {
            "name": script.name,
            "title": script.title,
            "file": str(paths[script.name].path) if script.name in paths else None,
            "seconds": paths[script.name].seconds if script.name in paths else None,
        }
        for script in found
    ]
