"""Calls that bind a name or take lists: Integral, Sum, Product, Limit, Derivative, Subs, E, hyper, meijerg.

Each stays unevaluated: a derivation states an integral, and the kernel finds its value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.model.law_text import law_at
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parse import Reader
from signsgd_sym.model.syntax import did_you_mean
from signsgd_sym.steps.binding import bound_symbol, check_capture, check_sum_ends
from signsgd_sym.steps.words import INSTEAD, WORDS

MAX_DERIVATIVES = 20
Form = Callable[[Reader, ast.Call, int], sp.Expr]


def language(text: str, scope: Mapping[str, sp.Expr], start: int = 0, stop: int | None = None) -> Reader:
    """The reader of text[start:stop] as an expression of a derivation.

    >>> x = sp.Symbol("x", positive=True)
    >>> reader = language("Integral(Abs(s)*x, (s, -x, x))", {"x": x})
    >>> reader.expression(reader.tree())
    Integral(x*Abs(s), (s, -x, x))
    """

    def undeclared(name: str) -> sp.Expr:
        raise ParseError(undeclared_message(name, scope))

    return Reader(text, scope, undeclared, start, stop, WORDS, FORMS)


def undeclared_message(name: str, scope: Mapping[str, sp.Expr]) -> str:
    """What is wrong with a free name that no line declares, and the remedy."""
    guess = did_you_mean(name, scope)
    return f"{name} is not declared{guess}; write `{name} real` or `{name} > 0` under symbols:"


def _under(reader: Reader, name: str, symbol: sp.Symbol) -> Reader:
    return replace(reader, symbols={**reader.symbols, name: symbol})


def _bound_name(reader: Reader, node: ast.expr) -> str:
    if not isinstance(node, ast.Name):
        raise reader.error("expected the name of the bound variable", node)
    return node.id


def _placed(reader: Reader, node: ast.AST, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`act(*args)`, its complaint pointing at `node`."""
    try:
        return act(*args, **kwargs)
    except InputError as problem:
        if isinstance(problem, ParseError) and problem.text:
            raise
        raise reader.error(str(problem), node) from None


def _over_ranges(make: Callable[..., sp.Expr], example: str, integer: bool) -> Form:
    """Integral, Sum and Product: a body, then one range or more, the innermost first."""

    def form(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
        if len(node.args) < 2:
            raise reader.error(f"the range is missing; write for example {example}", node)
        body_node, *ranges = node.args
        limits: list[tuple[sp.Symbol, sp.Expr, sp.Expr]] = []
        scopes: list[tuple[str, Reader]] = []
        scope = reader
        for entry in reversed(ranges):  # an inner range may speak of the outer variables
            variable, *ends = scope.items(entry, 3, f"a range with both ends, as in {example}")
            name = _bound_name(reader, variable)
            lo, hi = (scope.value(end, depth + 1) for end in ends)
            if integer:
                _placed(reader, entry, check_sum_ends, lo, hi)
            symbol = _placed(reader, variable, bound_symbol, name, scope.symbols, lo, hi, integer=integer)
            limits.insert(0, (symbol, lo, hi))
            scopes.append((name, scope))
            scope = _under(scope, name, symbol)
        body = scope.value(body_node, depth + 1)
        for (name, outer), (symbol, *_) in zip(reversed(scopes), limits, strict=True):
            _placed(reader, body_node, check_capture, name, outer.symbols, symbol, body)
        return make(body, *limits)

    return form


def _limit(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    if len(node.args) not in (3, 4):
        raise reader.error("write Limit(f, x, point), or Limit(f, x, point, '+') from above", node)
    body_node, variable, point_node, *side = node.args
    direction = "+-"
    if side:
        if not (isinstance(side[0], ast.Constant) and side[0].value in ("+", "-", "+-")):
            raise reader.error("the side of a limit is '+', '-' or '+-'", side[0])
        direction = str(side[0].value)
    name, point = _bound_name(reader, variable), reader.value(point_node, depth + 1)
    symbol = _placed(reader, variable, bound_symbol, name, reader.symbols, point, point)
    body = _under(reader, name, symbol).value(body_node, depth + 1)
    _placed(reader, body_node, check_capture, name, reader.symbols, symbol, body)
    return sp.Limit(body, symbol, point, "-" if point == sp.oo else "+" if point == -sp.oo else direction)


def _subs(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    if len(node.args) != 3:
        raise reader.error("write Subs(f, x, value)", node)
    body_node, variable, point_node = node.args
    name, point = _bound_name(reader, variable), reader.value(point_node, depth + 1)
    symbol = _placed(reader, variable, bound_symbol, name, reader.symbols, point, point, closed=True)
    body = _under(reader, name, symbol).value(body_node, depth + 1)
    _placed(reader, body_node, check_capture, name, reader.symbols, symbol, body)
    return sp.Subs(body, symbol, point)


def _derivative(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    """Derivative(f, x), Derivative(f, x, 2), Derivative(f, (x, 2), y)."""
    if len(node.args) < 2:
        raise reader.error("write Derivative(f, x), or Derivative(f, (x, 2))", node)
    body_node, *rest = node.args
    variables: list[tuple[sp.Symbol, int]] = []
    for entry in rest:
        if isinstance(entry, ast.Constant) and variables:
            variables[-1] = (variables[-1][0], _count(reader, entry))
            continue
        name_node, count = entry, 1
        if isinstance(entry, ast.Tuple):
            name_node, count_node = reader.items(entry, 2, "(x, n) for the n-th derivative")
            count = _count(reader, count_node)
        symbol = reader.value(name_node, depth + 1)
        if not symbol.is_Symbol:
            raise reader.error("a derivative is taken by a declared symbol", name_node)
        variables.append((symbol, count))
    return sp.Derivative(reader.value(body_node, depth + 1), *variables)


def _count(reader: Reader, node: ast.expr) -> int:
    count = node.value if isinstance(node, ast.Constant) else None
    if type(count) is not int or not 1 <= count <= MAX_DERIVATIVES:
        raise reader.error(f"the order of a derivative is a number from 1 to {MAX_DERIVATIVES}", node)
    return count


def _mean(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    """E(f, X, LAW): the expectation of f over X of the given law, as an integral (atoms are summed)."""
    if len(node.args) != 3:
        raise reader.error("write E(f, X, LAW), as in E(exp(-X**2/(4*R)), X, Laplace(0, b))", node)
    body_node, variable, law_node = node.args
    name = _bound_name(reader, variable)
    symbol = _placed(reader, variable, bound_symbol, name, reader.symbols, -sp.oo, sp.oo)
    # Laws are integrated in notation.x; a name of the file that is the same symbol steps aside meanwhile.
    aside = {own: sp.Dummy(own.name, **own.assumptions0) for own in (notation.x, notation.eps)}
    back = {dummy: own for own, dummy in aside.items()}
    elsewhere = {known: value.xreplace(aside) for known, value in reader.symbols.items()}
    law_reader = replace(reader, symbols=elsewhere)
    law = _placed(reader, law_node, lambda: NoiseLaw(law_at(law_reader, law_node)))
    body = _under(reader, name, symbol).value(body_node, depth + 1)
    _placed(reader, body_node, check_capture, name, reader.symbols, symbol, body)
    running = sp.Dummy(name, real=True)
    along = body.xreplace({symbol: running}).xreplace(aside).xreplace({running: notation.eps})
    mean = _placed(reader, node, law.mean_of, along)
    if symbol.xreplace(aside) in mean.free_symbols:
        raise reader.error(f"{name} is also a parameter of the law; give the variable another name", variable)
    return mean.xreplace({notation.x: symbol}).xreplace(back)


def _values(reader: Reader, node: ast.expr, depth: int) -> list[sp.Expr]:
    if not isinstance(node, ast.List | ast.Tuple):
        raise reader.error("expected a list of parameters in brackets, such as [1/2, 1]", node)
    return [reader.value(each, depth + 1) for each in node.elts]


def _hyper(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    if len(node.args) != 3:
        raise reader.error("write hyper([a, ...], [b, ...], z)", node)
    above, below = (_values(reader, each, depth) for each in node.args[:2])
    return sp.hyper(above, below, reader.value(node.args[2], depth + 1))


def _meijerg(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    example = "meijerg(([a1], [a2]), ([b1], [b2]), z)"
    if len(node.args) != 3:
        raise reader.error(f"write {example}", node)
    groups = []
    for pair in node.args[:2]:
        if not isinstance(pair, ast.List | ast.Tuple) or len(pair.elts) != 2:
            raise reader.error(f"expected two lists of parameters, as in {example}", pair)
        groups.append(tuple(_values(reader, each, depth) for each in pair.elts))
    return sp.meijerg(*groups, reader.value(node.args[2], depth + 1))


def _instead(name: str, remedy: str) -> Form:
    def form(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
        raise reader.error(f"{name} is not read here; write {remedy}", node)

    return form


FORMS: Mapping[str, Form] = {
    **{name: _instead(name, remedy) for name, remedy in INSTEAD.items()},
    "Integral": _over_ranges(sp.Integral, "Integral(exp(-x), (x, 0, oo))", False),
    "Sum": _over_ranges(sp.Sum, "Sum(x**k/factorial(k), (k, 0, oo))", True),
    "Product": _over_ranges(sp.Product, "Product(1 + 1/k**2, (k, 1, oo))", True),
    "Limit": _limit,
    "Subs": _subs,
    "Derivative": _derivative,
    "E": _mean,
    "hyper": _hyper,
    "meijerg": _meijerg,
}
