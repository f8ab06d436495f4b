r"""What is asked of a law, as data from which the name of a file in the cache is made.

Everything that can change the answer is in it: the law as text and as densities, the quantity, the versions
of the packages, and a hash of the rules, that is of the source of `derive`.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import flint
import sympy as sp

from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom

FORMAT = 1
"""Of the files; a change of what is written in them makes it one more."""
_NUMBERED = re.compile(r"dummy_index=(\d+)")


def question(kind: str, law: NoiseLaw | None, asked: Any) -> dict[str, Any]:
    """The question as JSON data.

    >>> from signsgd_sym.model.noise import noise_law
    >>> from signsgd_sym.notation import eps
    >>> question("mean", noise_law("Normal(0, v)"), eps**2)["asked"]
    'epsilon**2'
    """
    return {
        "kind": kind,
        "law": "any" if law is None else law.text,
        "asked": str(asked),
        "exactly": _exactly(law, asked),
        "versions": versions(),
        "rules": rules(),
        "format": FORMAT,
    }


def _exactly(law: NoiseLaw | None, asked: Any) -> str:
    """The SHA-256 of weights, densities, conditions and quantity, with what is assumed of each symbol.

    Dummy variables are numbered in the order in which they occur: their own numbers change from run to run.
    """
    parts: list[str] = [sp.srepr(asked)]
    if law is not None:
        for weight, part in law.parts:
            parts.append(sp.srepr(weight))
            if isinstance(part, Atom):
                parts.append(sp.srepr(part.location))
            else:
                parts += [sp.srepr(sp.Tuple(p.density, p.lo, p.hi)) for p in part.pieces]
        parts += [sp.srepr(relation) for relation in law.relations]
    numbers: dict[str, str] = {}

    def renumber(found: re.Match[str]) -> str:
        return f"dummy_index={numbers.setdefault(found[1], str(len(numbers)))}"

    return hashlib.sha256(_NUMBERED.sub(renumber, "\n".join(parts)).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Of this package, SymPy and python-flint; constant while a process runs."""
    try:
        own = metadata.version("signsgd-sym")
    except metadata.PackageNotFoundError:
        own = "unknown"
    return {"signsgd-sym": own, "sympy": sp.__version__, "python-flint": flint.__version__}


@cache
def rules() -> str:
    """The SHA-256 of the source of `derive` and its routes; constant while a process runs."""
    folder, total = Path(__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return total.hexdigest()


__all__ = ["question", "rules", "versions"]
