"""One short file a target language; `TARGETS` names them in the order in which they are listed to users."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from signsgd_sym.codegen.module import Module
from signsgd_sym.errors import ParameterError

SUFFIXES = {
    "numpy": ".py",
    "c": ".c",
    "javascript": ".mjs",
    "numba": ".py",
    "mpmath": ".py",
    "flint": ".py",
    "jax": ".py",
    "latex": ".tex",
}
"""File name endings by target."""
TARGETS = tuple(SUFFIXES)


def source_of(target: str) -> Callable[[Module], str]:
    """The printer of a target.

    >>> source_of("fortran")
    Traceback (most recent call last):
    ...
    signsgd_sym.errors.ParameterError: there is no target 'fortran'; take one of numpy, c, javascript, \
numba, mpmath, flint, jax, latex.
    """
    if target not in SUFFIXES:
        raise ParameterError(f"there is no target {target!r}; take one of {', '.join(TARGETS)}.")
    return import_module(f"{__name__}.{target}").source
