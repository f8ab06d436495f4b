"""SymPy expressions in several symbols to programs, as they are written: for factors that nothing can lose
digits in, products of step size, drift rate and noise scale, and for schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from signsgd_sym.codegen.ir import Node, Num, Op, op
from signsgd_sym.codegen.lower import CannotLower, number


def plain(expr: Any, names: Mapping[Any, Node]) -> Node:
    """The operations of `expr`; `names` gives the nodes of its symbols and function calls.

    Raises `CannotLower` for a function without a program.

    >>> from signsgd_sym.codegen.ir import Var
    >>> x, y = sp.symbols("x y")
    >>> plain(x / y, {x: Var("x"), y: Var("y")})
    Op(name='div', args=(Var(name='x'), Var(name='y')))
    """
    if expr in names:
        return names[expr]
    if expr.is_number:
        return Num(number(expr))
    if expr.is_Add:
        return _chain("add", [plain(arg, names) for arg in expr.args])
    if expr.is_Mul:
        numerator, denominator = sp.fraction(expr)
        if denominator.free_symbols:
            return op("div", plain(numerator, names), plain(denominator, names))
        constant, rest = expr.as_coeff_Mul()
        parts = [plain(arg, names) for arg in sp.Mul.make_args(rest)]
        return _chain("mul", ([Num(number(constant))] if constant != 1 else []) + parts)
    if expr.is_Pow:
        base, exponent = expr.base, expr.exp
        if exponent.is_number and exponent.is_negative:
            return op("div", Num(1.0), plain(base**-exponent, names))
        node = plain(base, names)
        if exponent == sp.Rational(1, 2):
            return Op("sqrt", (node,))
        if exponent.is_Integer:
            return _chain("mul", [node] * int(exponent))
        return Op("pow", (node, plain(exponent, names)))
    functions = {sp.exp: "exp", sp.log: "log", sp.Abs: "abs", sp.sin: "sin", sp.cos: "cos", sp.tanh: "tanh"}
    if expr.func in functions:
        return Op(functions[expr.func], (plain(expr.args[0], names),))
    raise CannotLower(type(expr).__name__)


def _chain(name: str, nodes: list[Node]) -> Node:
    total = nodes[0]
    for node in nodes[1:]:
        total = op(name, total, node)
    return total
