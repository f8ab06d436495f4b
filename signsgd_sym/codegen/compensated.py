r"""exp(u) for a rational function u of R, u in two floats.

exp turns an absolute error of u into a relative one of the result: a correctly rounded u = -1/(4 R) = -700
alone costs up to 350 units in the last place. So u = hi + lo, where hi is u in float64 and lo, of the order
of its rounding error, comes from the exact errors of the operations (Dekker 1971; Knuth, TAOCP 4.2.2):
exp(u) = exp(hi) + exp(hi) lo to relative 2^-100.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from signsgd_sym.balls import enclose
from signsgd_sym.codegen.ir import Node, Num, Op, op

Pair = tuple[Node, Node]
ZERO = Num(0.0)


def two_floats(value: Any) -> tuple[float, float]:
    """An exact number as hi + lo.

    >>> hi, lo = two_floats(sp.Rational(1, 3))
    >>> hi, abs(lo) < 2e-17
    (0.3333333333333333, True)
    """
    if value.is_Rational:
        exact = Fraction(int(value.p), int(value.q))
        hi = float(exact)
        return hi, float(exact - Fraction(hi))
    ball = enclose(value, {}, digits=50).ball.real
    hi = float(ball.mid())
    return hi, float((ball - hi).mid())


def exponential(u: Any, name: Any, variable: Node) -> Node:
    """exp(u), u an expression in `name`; compensated where u is rational with an exact dependence on it."""
    hi, lo = pair(sp.expand(u) if u.is_polynomial(name) else u, name, variable)
    return op("exp_sum", hi, lo)


def pair(u: Any, name: Any, variable: Node) -> Pair:
    """u as hi + lo."""
    if u == name:
        return variable, ZERO
    if not u.has(name):
        hi, lo = two_floats(u)
        return Num(hi), Num(lo)
    if u.is_Add:
        constant, rest = u.as_independent(name, as_Add=True)
        parts = [pair(term, name, variable) for term in sp.Add.make_args(rest)]
        parts += [pair(constant, name, variable)] if constant != 0 else []
        total = parts[0]
        for part in parts[1:]:
            total = _add(total, part)
        return total
    if u.is_Mul or u.is_Pow:
        constant, rest = u.as_independent(name, as_Add=False)
        numerator, denominator = rest.as_numer_denom()
        if denominator.has(name):
            above = pair(sp.expand(constant * numerator), name, variable)
            return _divide(above, pair(denominator, name, variable))
        if u.is_Pow and u.exp.is_Rational:
            return _power(pair(u.base, name, variable), u.exp)
        if u.is_Mul:
            constant, rest = u.as_independent(name, as_Add=False)
            parts = [pair(factor, name, variable) for factor in sp.Mul.make_args(rest)]
            total = parts[0]
            for part in parts[1:]:
                total = _multiply(total, part)
            return total if constant == 1 else _multiply(pair(constant, name, variable), total)
    from signsgd_sym.codegen.lower import lower

    return lower(u, name, variable), ZERO


def _power(base: Pair, exponent: Any) -> Pair:
    """base^exponent, exponent a multiple of 1/2, by products and one square root.

    Raises `ValueError` for other exponents.
    """
    if (2 * exponent).is_Integer and exponent.is_positive:
        whole, half = divmod(exponent, 1)
        factors = [base] * int(whole) + ([_root(base)] if half else [])
        total = factors[0]
        for factor in factors[1:]:
            total = _multiply(total, factor)
        return total
    raise ValueError(f"power {exponent} in two floats")


def _root(a: Pair) -> Pair:
    """s = fl(sqrt(a)); what is left of a - s^2, divided by 2 s."""
    s = Op("sqrt", (a[0],))
    rest = op("add", Op("quotient_rest", (a[0], s, s)), a[1])
    return s, op("div", rest, op("mul", Num(2.0), s))


def _add(a: Pair, b: Pair) -> Pair:
    hi = op("add", a[0], b[0])
    return hi, op("add", op("sum_error", a[0], b[0], hi), op("add", a[1], b[1]))


def algebraic(u: Any, name: Any, variable: Node) -> Node:
    """A value of +, -, *, / and square roots, rounded once.

    Raises `ValueError` for other powers.

    >>> import sympy as sp
    >>> from signsgd_sym.codegen.ir import Var
    >>> R = sp.Symbol("R", positive=True)
    >>> algebraic(R + 1, R, Var("R")).args[1].name
    'sum_error'
    """
    return op("add", *pair(u, name, variable))


def _multiply(a: Pair, b: Pair) -> Pair:
    if a[0] == Num(-1.0):
        return op("neg", b[0]), op("neg", b[1])
    hi = op("mul", a[0], b[0])
    cross = op("add", op("mul", a[0], b[1]), op("mul", a[1], b[0]))
    return hi, op("add", op("product_error", a[0], b[0], hi), cross)


def _divide(a: Pair, b: Pair) -> Pair:
    """q = fl(a/b); what is left of a - q b, divided by b: for a number a that is times q/a, to a rounding."""
    q = Op("div", (a[0], b[0]))
    rest = op("add", Op("quotient_rest", (a[0], b[0], q)), op("sub", a[1], op("mul", q, b[1])))
    if isinstance(a[0], Num) and 1e-100 < abs(a[0].value) < 1e100:
        return q, op("mul", rest, op("mul", Num(1 / a[0].value), q))
    return q, op("div", rest, b[0])
