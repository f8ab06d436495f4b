"""Users' files: `.steps` files are parsed, Python files are executed, as pytest would."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from types import ModuleType
from typing import Any

from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.steps.read import read_steps
from signsgd_sym.steps.sections import MAX_CHARACTERS

SUFFIXES = (".steps", ".py")


def load(path: str | Path) -> list[Derivation]:
    """The derivations of a file, in the order in which they are defined; at least one.

    A `.steps` file is one derivation. A `.py` file is executed under a module name of its own (not
    `__main__`), and its derivations are the module-level names that are bound to a `Derivation`, or to a
    list, tuple or dictionary of them.

    Raises:
        InputError: for a file that cannot be read, that raises, or that has no derivation.
        ParseError: for a `.steps` file or Python source that is not well formed, with its line.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path} is neither a .steps nor a .py file; rename it, or write one of these.")
    _check(path)
    if path.suffix == ".steps":
        return [read_steps(_text(path), str(path))]
    found = python_derivations(path)
    if not found:
        raise InputError(
            f"{path} has no Derivation at module level; bind one to a name, such as "
            "`result = record.finish()`."
        )
    return found


def _check(path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        raise InputError(f"{path} does not exist; check the name.") from None
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}.") from None
    if S_ISDIR(status.st_mode):
        raise InputError(f"{path} is a folder; name the files in it.")
    if not S_ISREG(status.st_mode):  # a pipe or a device may never end
        raise InputError(f"{path} is not a regular file; save the text in one.")
    if status.st_size > 4 * MAX_CHARACTERS:
        raise InputError(f"{path} has {status.st_size} bytes; at most {4 * MAX_CHARACTERS} are read.")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise InputError(
            f"{path}:{line}: byte {problem.object[problem.start]:#04x} is not UTF-8; save the file as UTF-8."
        ) from None
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}.") from None


def python_derivations(path: Path) -> list[Derivation]:
    """The derivations of a Python file, which is executed; none is no error here.

    Raises:
        InputError: if the file raises, or if two different derivations have the same id.
    """
    module = _execute(path)
    found: dict[str, Derivation] = {}
    for derivation in _collect(list(vars(module).values())):
        known = found.setdefault(derivation.id, derivation)
        if known is not derivation and known != derivation:
            raise InputError(f"{path} has two derivations called {derivation.id}; give each its own id.")
        if not derivation.steps:
            raise InputError(f"{path}: the derivation {derivation.id} has no steps; record at least one.")
    return list(found.values())


def _collect(values: list[Any]) -> Iterator[Derivation]:
    for value in values:
        if isinstance(value, Derivation):
            yield value
        elif type(value) in (list, tuple):
            yield from (one for one in value if isinstance(one, Derivation))
        elif type(value) is dict:
            yield from (one for one in value.values() if isinstance(one, Derivation))


def _execute(path: Path) -> ModuleType:
    """The module that the file is; what it prints goes to standard error, for output may be JSON."""
    name = f"signsgd_file_{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pickles look a module up by its name
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)  # as pytest and `python FILE` do
    try:
        with redirect_stdout(sys.stderr):
            exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except KeyboardInterrupt:
        raise
    except SyntaxError as problem:
        if problem.filename != str(path):
            raise InputError(_complaint(path, problem)) from None
        line = (problem.text or "").rstrip("\n")
        raise ParseError(
            f"{path}:{problem.lineno}: {problem.msg}", line, min(max((problem.offset or 1) - 1, 0), len(line))
        ) from None
    except BaseException as problem:  # SystemExit too: the file decides nothing about this process
        raise InputError(_complaint(path, problem)) from problem
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
        if before is not None:
            sys.modules[name] = before
    return module


def _complaint(path: Path, problem: BaseException) -> str:
    """Where in the file it was raised, and what."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(path)
    ]
    place = f"{path}:{lines[-1]}" if lines else str(path)
    message = " ".join(str(problem).split())
    return f"{place}: the file raised {type(problem).__name__}" + (f": {message}" if message else "") + "."
