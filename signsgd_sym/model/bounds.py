"""Bounds on the numbers an expression would create, checked before SymPy computes them.

SymPy evaluates integer powers, `exp(n*log(k))` and factorials at once and in full, so one short line
can ask for more digits than there is memory. Each function returns the complaint, or `None`.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from signsgd_sym.errors import ParseError
from signsgd_sym.model.grammar import BESSEL, Word

MAX_EXPONENT = 1000
MAX_BITS = 16384
MAX_ORDER = 50
MAX_NODES = 2000

TAME = frozenset({"log", "sqrt", "cbrt", "Abs", "abs", "sign", "Heaviside", "Min", "Max"})
"""Functions that cost no more at a large number than at a small one."""
PATIENT = frozenset({"sqrt", "cbrt"})
"""Powers leave a number alone which SymPy would have to find by quadrature. Functions may ask for its sign or
its value, exp and log too, when they stand in others.
"""
UNEVALUATED = (sp.Integral, sp.Sum, sp.Product, sp.Limit, sp.Subs, sp.Derivative)
"""Nodes that SymPy leaves as they are, and whose value nobody may ask for while text is read."""


def _bits(expression: sp.Expr) -> int:
    """Bits of the longest integer that occurs in the expression."""
    return max(
        (max(abs(number.p).bit_length(), number.q.bit_length()) for number in expression.atoms(sp.Rational)),
        default=0,
    )


def _magnitude(number: sp.Expr) -> float:
    """|number| as a float, infinite where it cannot be had cheaply; 0 where SymPy will not evaluate it."""
    if number.has(*UNEVALUATED):
        return 0.0
    try:
        return abs(float(number)) if number.is_Rational else abs(complex(number.evalf(8, maxn=64)))
    except (TypeError, ValueError, OverflowError):
        return float("inf")


def check_power(base: sp.Expr, exponent: sp.Expr) -> str | None:
    """Complaint about base**exponent."""
    if base.is_zero and not exponent.is_positive:
        return f"0**({exponent}) is not defined; change the base or the exponent"
    largest = max((_magnitude(number) for number in exponent.atoms(sp.Rational)), default=1.0)
    if exponent.is_number and exponent.is_finite is not False:
        largest = max(largest, _magnitude(exponent))
    if largest > MAX_EXPONENT or _bits(base) * max(largest, 1.0) > MAX_BITS:
        shown = f"{base}**{exponent}"
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        return f"the power {shown} is too large to write out; use smaller numbers"
    return None


def check_argument(name: str, value: sp.Expr) -> str | None:
    """Complaint about one argument of a function.

    A number beyond 1000 costs a factorial its digits and a trigonometric function the digits of its
    argument, which exp(exp(1000)) has in excess of memory; exp(n*log(k)) is the power k**n in disguise.
    """
    if name not in PATIENT and value.is_number and value.has(*UNEVALUATED):
        return f"{name} of a number that is an integral or a sum is not read; give its value"
    is_number = value.is_number and value.is_finite is not False
    if is_number and name not in TAME and _magnitude(value) > MAX_EXPONENT:
        return f"the argument of {name} exceeds {MAX_EXPONENT}; use smaller numbers"
    if name == "erfinv" and value.is_number and not abs(value) <= 1:
        return f"erfinv is defined from -1 to 1, not at {value}; change it"
    if name == "exp" and value.has(sp.log, sp.Heaviside) and value.atoms(sp.Rational):
        largest = max(_magnitude(number) for number in value.atoms(sp.Rational))
        if largest > MAX_EXPONENT and _bits(value) * largest > MAX_BITS:
            return "the exponential of such a multiple of a logarithm is too large; use smaller numbers"
    return None


def check_bessel(name: str, order: sp.Expr, value: sp.Expr) -> str | None:
    """Complaint about a Bessel function: a high order is slow, and some are not real at negative numbers."""
    if order.is_number and not _magnitude(order) <= MAX_ORDER:
        return f"the order {order} of {name} exceeds {MAX_ORDER}; use a smaller one"
    if value.is_number and (value.is_infinite or not value.is_positive):
        return f"{name} is read at positive finite numbers only, not at {value}; change it"
    return None


def check_order(name: str, order: sp.Expr) -> str | None:
    """Complaint about an argument in proportion to which SymPy writes out terms."""
    if order.is_number and not _magnitude(order) <= MAX_ORDER:
        return f"the order {order} of {name} exceeds {MAX_ORDER}; use a smaller one"
    return None


def check_size(value: sp.Expr) -> str | None:
    """Complaint about an expression that is to be used in others: abbreviations of abbreviations would grow
    without bound.
    """
    for count, _ in enumerate(sp.preorder_traversal(value)):
        if count >= MAX_NODES:
            return f"the expression has more than {MAX_NODES} parts; write it in a simpler form"
    if _bits(value) > MAX_BITS:
        return "a number in the expression is too large to write out; use smaller numbers"
    return None


def check_side(side: sp.Expr) -> str | None:
    """Complaint about one side of a comparison: a number that SymPy does not know to be real."""
    if side.is_number and (side.has(*UNEVALUATED) or not side.is_extended_real):
        return f"{side} is not known to be a real number, so it cannot be compared"
    return None


def check_value(value: sp.Expr) -> str | None:
    """Complaint about an expression that is undefined or not real.

    Asked of every function value as well: SymPy may never return from a comparison with such a number.
    """
    if value.has(sp.nan, sp.zoo) or isinstance(value, sp.AccumBounds):
        return "the expression is undefined, such as 0/0 or oo - oo"
    known = value.is_number and not value.has(*UNEVALUATED)
    if value.has(sp.I) or (known and value.is_extended_real is False):
        return "the expression is not real, such as sqrt(-1) or log(-1)"
    return None


def check_count(name: str, word: Word, count: int) -> None:
    """Refuse a wrong number of arguments.

    Raises:
        ParseError: without a place, which the caller knows.
    """
    if count not in word.counts and not (count and not word.counts):
        wanted = " or ".join(map(str, word.counts or (2,)))
        raise ParseError(f"{name} takes {wanted} argument{'s' * (wanted != '1')}, not {count}")


def _complaints(name: str, word: Word, values: list[sp.Expr]) -> Iterator[str | None]:
    # One after the other: an argument that is too large must not reach the next question.
    for value in values:
        yield check_argument(name, value)
    if word.orders and any(value.is_infinite for value in values):
        yield f"{name} is read at finite arguments only; write its limit"
    for k in word.orders:
        if k < len(values):
            yield check_order(name, values[k])
    if name in BESSEL:
        yield check_bessel(name, *values)


def apply(name: str, word: Word, values: list[sp.Expr]) -> sp.Expr:
    """The function called `name` at `values`, its cost bounded before it is computed.

    Raises:
        ParseError: without a place, which the caller knows.
    """
    check_count(name, word, len(values))
    for complaint in _complaints(name, word, values):
        if complaint:
            raise ParseError(complaint)
    result = word.make(*values)
    complaint = check_value(result)
    if complaint:
        raise ParseError(complaint)
    return result
