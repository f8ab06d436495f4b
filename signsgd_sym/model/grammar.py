"""The words of the expression language: numbers, constants, functions, relations, and how many of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy as sp

MAX_LENGTH = 4000
MAX_NESTING = 40
MAX_ARGUMENTS = 16
MAX_DIGITS = 400

CONSTANTS: Mapping[str, sp.Expr] = {"pi": sp.pi, "E": sp.E, "oo": sp.oo}

_UNARY_NAMES = (
    "sign exp log sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "sech csch coth sec csc cot erf erfc erfi erfinv gamma loggamma Abs Heaviside"
)
UNARY: Mapping[str, Callable[[sp.Expr], sp.Expr]] = {
    **{name: getattr(sp, name) for name in _UNARY_NAMES.split()},
    "abs": sp.Abs,
}
BINARY: Mapping[str, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    "beta": lambda p, q: sp.gamma(p) * sp.gamma(q) / sp.gamma(p + q),
    **{name: getattr(sp, name) for name in ("besselj", "bessely", "besseli", "besselk")},
}
EXTREMA: Mapping[str, Callable[..., sp.Expr]] = {"Min": sp.Min, "Max": sp.Max}


@dataclass(frozen=True)
class Word:
    """A function of the language: what it makes of its arguments, and how many it takes.

    `counts` are the numbers of arguments it takes; empty for any number from 1 on. `orders` are the places of
    arguments in proportion to which SymPy writes out terms: numbers there are kept small.
    """

    make: Callable[..., sp.Expr]
    counts: tuple[int, ...] = (1,)
    orders: tuple[int, ...] = ()


WORDS: Mapping[str, Word] = {
    **{name: Word(make) for name, make in UNARY.items()},
    **{name: Word(make, (2,)) for name, make in BINARY.items()},
    **{name: Word(make, ()) for name, make in EXTREMA.items()},
}
"""The functions of laws, rules and schedules."""
FUNCTIONS = frozenset({*UNARY, *BINARY, *EXTREMA, "Piecewise"})

BESSEL = frozenset({"besselj", "bessely", "besseli", "besselk"})
RELATIONS: Mapping[type[ast.cmpop], Callable[[sp.Expr, sp.Expr], sp.Basic]] = {
    ast.Lt: sp.Lt,
    ast.LtE: sp.Le,
    ast.Gt: sp.Gt,
    ast.GtE: sp.Ge,
}
NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
