r"""Expressions as text for a file, and back: read against a whitelist, equal in structure or not at all.

What is written is what SymPy prints. Reading evaluates products and sums in SymPy's normal form, except where
a printed bracket says that the original was not multiplied out: 2*(a + b) stays a product, 1/(2*(a + b)) too.
`written` reads its own text back and refuses what would not be the same expression.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.functions.special.hyper import TupleArg

from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.model.grammar import Word
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parse import Reader
from signsgd_sym.notation import D, R, d, eps, eta, x
from signsgd_sym.special import NoiseMean
from signsgd_sym.steps.forms import FORMS
from signsgd_sym.steps.words import WORDS

STORED_WORDS: Mapping[str, Word] = {**WORDS, "re": Word(sp.re), "im": Word(sp.im)}
"""The functions of derivations, and the parts of a complex number."""
_UNIT = sp.Dummy("I")
"""Stands for the imaginary unit while text is read: the reader takes real expressions only."""


class NotStorable(InputError):
    """An expression that its own text does not give back."""


def written(expr: Any, scope: Mapping[str, Any]) -> str:
    """The text of an expression whose symbols `scope` names.

    Raises:
        NotStorable: where the text would not read back as an equal expression.

    Example:
        >>> a = sp.Symbol("a", positive=True)
        >>> written(sp.Mul(2, a + 1, evaluate=False), {"a": a})
        '2*(a + 1)'
    """
    text = str(expr)
    try:
        again = read_back(text, scope)
    except InputError as problem:
        raise NotStorable(f"{text[:60]} is not read back ({problem}); it is derived anew each time") from None
    if again != expr:
        raise NotStorable(f"{text[:60]} reads back as {str(again)[:60]}; it is derived anew each time")
    return text


def read_back(text: str, scope: Mapping[str, Any]) -> Any:
    """The expression that `text` denotes.

    Raises:
        ParseError: for anything outside the whitelist.

    Example:
        >>> read_back("erf(I*R)/2", scope_of(None))
        erf(I*R)/2
        >>> read_back("R.__class__", scope_of(None))
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.ParseError: an attribute (a dot after a name) is not part of the language; use \
numbers, names, + - * / ** and functions
    """
    known = {**scope} if "I" in scope else {**scope, "I": _UNIT}
    reader = _Exact(text, known, None, words=STORED_WORDS, forms=STORED_FORMS)
    value = reader.expression(reader.tree())
    return value.xreplace({_UNIT: sp.I}) if value.has(_UNIT) else value


def scope_of(law: NoiseLaw | None) -> dict[str, Any]:
    """The symbols of a stored answer: those of the law with their assumptions, R, eta, d, x and eps."""
    own = () if law is None else law.parameters
    return {symbol.name: symbol for symbol in (R, eta, d, x, eps, *own)}


@dataclass(frozen=True)
class _Exact(Reader):
    """Reads a product factor by factor, so that a number in front of a bracket is not multiplied in."""

    def value(self, node: ast.expr, depth: int) -> sp.Expr:
        """As `Reader.value`, products and quotients excepted."""
        if not _is_product(node):
            return super().value(node, depth)
        sign, parts = _factors(node)
        number, factors = sp.Integer(sign), []
        for base, power in parts:
            factor = self.value(base, depth + 1)
            if power < 0:
                if factor.is_zero:
                    raise self.error("division by zero; change the denominator", base)
                factor = 1 / factor
            if factor.is_Rational:
                number *= factor
            else:
                factors.append(factor)
        rest = sp.Mul(*factors)
        if rest.is_Add and number != 1:
            return sp.Mul(number, rest, evaluate=False)
        return sp.Mul(number, rest)

    def condition(self, node: ast.expr, depth: int = 0) -> sp.Basic:
        """As `Reader.condition`, and Eq(a, b), Ne(a, b) as SymPy prints them."""
        called = self.call(node) if isinstance(node, ast.Call) else None
        if called is None or called[0] not in EQUATIONS or len(called[1]) != 2:
            return super().condition(node, depth)
        left, right = (self.value(side, depth + 1) for side in called[1])
        return EQUATIONS[called[0]](left, right)


EQUATIONS: Mapping[str, Any] = {"Eq": sp.Eq, "Ne": sp.Ne}


def _is_product(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)


def _factors(node: ast.expr) -> tuple[int, list[tuple[ast.expr, int]]]:
    """The sign of nested products and quotients, and their factors, each with its power 1 or -1."""
    sign, found, waiting = 1, [], [(node, 1)]
    while waiting:
        part, power = waiting.pop()
        if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
            sign = -sign
            waiting.append((part.operand, power))
        elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult | ast.Div):
            inverse = -power if isinstance(part.op, ast.Div) else power
            waiting += [(part.right, inverse), (part.left, power)]
        else:
            found.append((part, power))
    return sign, found


def _trace(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    """Trace(D): the only matrix of a stored answer."""
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Name) or node.args[0].id != str(D):
        raise reader.error("the trace that is read is Trace(D)", node)
    return sp.Trace(D)


def _meijerg(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    """As the form of derivations, with the parameters in the order in which they are written."""
    value = FORMS["meijerg"](reader, node, depth)
    groups = [
        TupleArg(*(_parameters(reader, part, depth) for part in _parts(pair))) for pair in node.args[:2]
    ]
    exact = (*groups, value.argument)
    return value if value.args == exact else sp.Expr.__new__(sp.meijerg, *exact)


def _parameters(reader: Reader, node: ast.expr, depth: int) -> Any:
    return TupleArg(*(reader.value(each, depth + 1) for each in _parts(node)))


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else []


def _noise_mean(reader: Reader, node: ast.Call, depth: int) -> sp.Expr:
    """NoiseMean(q): the expectation over a law not named."""
    if len(node.args) != 1:
        raise reader.error("write NoiseMean(q)", node)
    return NoiseMean(reader.value(node.args[0], depth + 1))


STORED_FORMS: Mapping[str, Any] = {
    **{name: FORMS[name] for name in ("Integral", "Sum", "hyper")},
    "meijerg": _meijerg,
    "Trace": _trace,
    "NoiseMean": _noise_mean,
}
"""Calls that read their arguments themselves."""

__all__ = ["NotStorable", "ParseError", "read_back", "scope_of", "written"]
