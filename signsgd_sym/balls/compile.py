"""SymPy expressions compiled once into closures over balls.

`compile_expr(expr, symbols)` walks the tree once; the closure it returns maps the list of values of
`symbols` (an `acb` each, an `acb_mat` for a MatrixSymbol, a 1-based list for an IndexedBase) to a ball. Bound
variables of integrals and sums become further slots at the end of that list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp
from flint import acb, arb
from sympy.core.relational import Relational
from sympy.matrices.expressions.matexpr import MatrixElement

from signsgd_sym.balls.ball import (
    Ball,
    Evaluator,
    Unsupported,
    as_integer,
    hull,
    is_real,
    nan,
    rational,
)
from signsgd_sym.balls.circle import derivative
from signsgd_sym.balls.functions import FUNCTIONS, exp, half_power, power
from signsgd_sym.balls.hypergeometric import meijer_g, pfq

Slots = Mapping[Any, int]
CONSTANTS: dict[Any, Callable[[], acb]] = {
    sp.pi: lambda: acb.pi(),
    sp.E: lambda: acb(1).exp(),
    sp.EulerGamma: lambda: acb(arb.const_euler()),
    sp.Catalan: lambda: acb(arb.const_catalan()),
    sp.GoldenRatio: lambda: (1 + acb(5).sqrt()) / 2,
    sp.I: lambda: acb(0, 1),
}


def compile_expr(expr: sp.Expr, symbols: Sequence[Any]) -> Evaluator:
    """The evaluator of `expr` as a function of the values of `symbols`, in that order.

    Raises `Unsupported`, naming the node, for anything outside the kernel.
    """
    expr = sp.ImmutableMatrix(expr) if isinstance(expr, sp.MatrixBase) else sp.sympify(expr)
    return compile_node(expr, {symbol: k for k, symbol in enumerate(symbols)})


def compile_node(e: Any, slots: Slots) -> Evaluator:
    """One node of the tree; `slots` says where each symbol's value stands in the argument list."""
    if e in slots:
        k = slots[e]
        return lambda args, analytic: args[k]
    if isinstance(e, sp.Integer):
        exact = acb(int(e))
        return lambda args, analytic: exact
    if isinstance(e, sp.Rational):
        return lambda args, analytic: rational(e)
    if e in CONSTANTS:
        constant = CONSTANTS[e]
        return lambda args, analytic: constant()
    for kinds, rule in RULES:
        if isinstance(e, kinds):
            return rule(e, slots)
    if getattr(e, "is_Matrix", False) or isinstance(e, sp.Trace | sp.Determinant | MatrixElement):
        from signsgd_sym.balls.matrices import compile_matrix

        return compile_matrix(e, slots)
    rule = FUNCTIONS.get(e.func)
    if rule is None:
        what = "number" if e.is_Float else "symbol without a value" if e.is_Symbol else e.func.__name__
        raise Unsupported(f"the {what} {e}" if e.is_Atom else f"{what} in {e}")
    return _apply(rule, [compile_node(arg, slots) for arg in e.args])


def _apply(rule: Evaluator, parts: Sequence[Evaluator]) -> Evaluator:
    if len(parts) == 1:
        (only,) = parts
        return lambda args, analytic: rule((only(args, analytic),), analytic)
    return lambda args, analytic: rule([part(args, analytic) for part in parts], analytic)


def _add(e: sp.Add, slots: Slots) -> Evaluator:
    parts = [compile_node(arg, slots) for arg in e.args]

    def total(args: Sequence[Ball], analytic: bool) -> acb:
        result = parts[0](args, analytic)
        for part in parts[1:]:
            result = result + part(args, analytic)
        return result

    return total


def _mul(e: sp.Mul, slots: Slots) -> Evaluator:
    parts = [compile_node(arg, slots) for arg in e.args]

    def product(args: Sequence[Ball], analytic: bool) -> acb:
        result = parts[0](args, analytic)
        for part in parts[1:]:
            result = result * part(args, analytic)
        return result

    return product


def _pow(e: sp.Pow, slots: Slots) -> Evaluator:
    exponent = compile_node(e.exp, slots)
    if e.base is sp.E:
        return lambda args, analytic: exp(exponent(args, analytic))
    base = compile_node(e.base, slots)
    if isinstance(e.exp, sp.Integer):
        n = int(e.exp)
        return lambda args, analytic: base(args, analytic) ** n
    if isinstance(e.exp, sp.Rational) and e.exp.q == 2:
        twice = int(e.exp.p)
        return lambda args, analytic: half_power(base(args, analytic), twice, analytic)
    return lambda args, analytic: power(base(args, analytic), exponent(args, analytic), analytic)


# --- functions that are not holomorphic -------------------------------------------------------
# On the real line |x|, sign x, ... extend to functions holomorphic off Re z = 0. That extension may be used
# only for arguments that are real by assumption; otherwise the analytic answer is NaN.


def _real_only(on_real: Callable[..., acb], in_general: Callable[..., acb]) -> Callable[..., Evaluator]:
    def rule(e: sp.Expr, slots: Slots) -> Evaluator:
        real = all(arg.is_extended_real for arg in e.args)
        parts = [compile_node(arg, slots) for arg in e.args]

        def value(args: Sequence[Ball], analytic: bool) -> acb:
            values = [part(args, analytic) for part in parts]
            if real:
                return on_real(*values, analytic)
            return nan() if analytic else in_general(*values)

        return value

    return rule


def _sign(z: acb, analytic: bool) -> acb:
    if z.real > 0 or z.real < 0:
        return acb(1 if z.real > 0 else -1)
    return acb(0) if z.is_zero() and not analytic else nan() if analytic else acb(arb(0, 1))


def _modulus(z: acb) -> acb:
    return acb(abs(z))


def _heaviside(e: sp.Heaviside, slots: Slots) -> Evaluator:
    at_zero = compile_node(e.args[1], slots)
    step = _real_only(_sign, lambda z: nan())(sp.sign(e.args[0], evaluate=False), slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        s = step(args, analytic)
        if s.is_zero():
            return at_zero(args, analytic)
        return (1 + s) / 2 if s.is_exact() or not s.is_finite() else hull(acb(0), acb(1), at_zero(args, False))

    return value


def _extremum(pick: str) -> Callable[..., Evaluator]:
    def on_real(*values: Any) -> acb:
        *zs, analytic = values
        result = zs[0]
        for z in zs[1:]:
            result = getattr(result, pick)(z, analytic=analytic)
        return result

    return _real_only(on_real, lambda *zs: on_real(*zs, False) if all(map(is_real, zs)) else nan())


def _piecewise(e: sp.Piecewise, slots: Slots) -> Evaluator:
    """Branches are tried in order. An undecided condition gives the union of what may apply."""
    pieces = [(compile_node(value, slots), _condition(test, slots)) for value, test in e.args]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        possible = []
        for branch, test in pieces:
            holds = test(args)
            if holds is None and analytic:
                return nan()
            if holds is not False:
                possible.append(branch(args, analytic))
            if holds:
                return hull(*possible)
        return nan()  # no condition holds for sure: SymPy's value is nan

    return value


Test = Callable[[Sequence[Ball]], bool | None]


def _condition(c: Any, slots: Slots) -> Test:
    if c in (sp.true, sp.false):
        known = bool(c)
        return lambda args: known
    if isinstance(c, sp.And | sp.Or):
        tests = [_condition(arg, slots) for arg in c.args]
        absorbing = isinstance(c, sp.Or)

        def combine(args: Sequence[Ball]) -> bool | None:
            results = [test(args) for test in tests]
            if absorbing in results:
                return absorbing
            return None if None in results else not absorbing

        return combine
    if isinstance(c, sp.Not):
        inner = _condition(c.args[0], slots)
        return lambda args: None if (r := inner(args)) is None else not r
    if not isinstance(c, Relational):
        raise Unsupported(f"the condition {c}")
    left, right = compile_node(c.lhs, slots), compile_node(c.rhs, slots)
    symbol = c.rel_op

    def compare(args: Sequence[Ball]) -> bool | None:
        gap = left(args, False) - right(args, False)
        x = gap.real
        if symbol in ("==", "!="):
            equal = True if gap.is_zero() else None if gap.contains(0) else False
            return equal if equal is None or symbol == "==" else not equal
        if symbol in ("<", "<="):
            x = -x
        yes, no = (x > 0, x <= 0) if symbol in ("<", ">") else (x >= 0, x < 0)
        return True if yes else False if no else None

    return compare


# --- several arguments, several meanings ------------------------------------------------------


def _hyper(e: sp.hyper, slots: Slots) -> Evaluator:
    above = [compile_node(x, slots) for x in e.ap]
    below = [compile_node(x, slots) for x in e.bq]
    argument = compile_node(sp.unpolarify(e.argument), slots)
    return lambda args, analytic: pfq(
        [f(args, analytic) for f in above], [f(args, analytic) for f in below], argument(args, analytic)
    )


def _meijerg(e: sp.meijerg, slots: Slots) -> Evaluator:
    groups = [[compile_node(x, slots) for x in group] for group in (e.an, e.aother, e.bm, e.bother)]
    argument = compile_node(sp.unpolarify(e.argument), slots)
    return lambda args, analytic: meijer_g(
        *([f(args, analytic) for f in group] for group in groups), argument(args, analytic)
    )


def _derivative(e: sp.Derivative, slots: Slots) -> Evaluator:
    (variable, count), *more = e.variable_count
    if not isinstance(count, sp.Integer) or variable not in slots:
        raise Unsupported(f"Derivative by {variable}, {count} times")
    rest = sp.Derivative(e.expr, *more) if more else e.expr
    function, k = compile_node(rest, slots), slots[variable]
    if count == 0:
        return function

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        return derivative(lambda z: function([*args[:k], z, *args[k + 1 :]], True), args[k], int(count))

    return value


def _subs(e: sp.Subs, slots: Slots) -> Evaluator:
    points = [compile_node(p, slots) for p in e.point]
    inner = compile_node(e.expr, extend(slots, *e.variables))
    return lambda args, analytic: inner([*args, *(p(args, analytic) for p in points)], analytic)


def _product(e: sp.Product, slots: Slots) -> Evaluator:
    from signsgd_sym.balls.sums import compile_range

    return compile_range(e, slots, lambda x, y: x * y, 1)


def _sum(e: sp.Sum, slots: Slots) -> Evaluator:
    from signsgd_sym.balls.sums import compile_sum

    return compile_sum(e, slots)


def _integral(e: sp.Integral, slots: Slots) -> Evaluator:
    from signsgd_sym.balls.integrals import compile_integral

    return compile_integral(e, slots)


def _indexed(e: sp.Indexed, slots: Slots) -> Evaluator:
    if len(e.indices) != 1 or e.base not in slots:
        raise Unsupported(f"Indexed {e}")
    k, index = slots[e.base], compile_node(e.indices[0], slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        n = as_integer(index(args, analytic))
        return args[k][n - 1] if n is not None and 1 <= n <= len(args[k]) else nan()

    return value


def _kronecker(e: sp.KroneckerDelta, slots: Slots) -> Evaluator:
    return compile_node(sp.Piecewise((1, sp.Eq(*e.args[:2], evaluate=False)), (0, True)), slots)


def extend(slots: Slots, *names: Any) -> dict[Any, int]:
    """`slots` with bound variables appended (they shadow symbols of the same name)."""
    size = max(slots.values(), default=-1) + 1
    return {**slots, **{name: size + k for k, name in enumerate(names)}}


RULES: list[tuple[Any, Callable[..., Evaluator]]] = [
    (sp.Add, _add),
    (sp.Mul, _mul),
    (sp.Pow, _pow),
    (sp.Abs, _real_only(lambda z, flag: z.real_abs(analytic=flag), _modulus)),
    (sp.sign, _real_only(_sign, lambda z: z.sgn())),
    (sp.re, _real_only(lambda z, flag: z, lambda z: acb(z.real))),
    (sp.im, _real_only(lambda z, flag: acb(0), lambda z: acb(z.imag))),
    (sp.arg, _real_only(lambda z, flag: nan() if flag else acb(z.arg()), lambda z: acb(z.arg()))),
    (sp.conjugate, _real_only(lambda z, flag: z, lambda z: z.conjugate())),
    (sp.floor, _real_only(lambda z, flag: z.real_floor(analytic=flag), lambda z: nan())),
    (sp.ceiling, _real_only(lambda z, flag: z.real_ceil(analytic=flag), lambda z: nan())),
    (sp.Heaviside, _heaviside),
    (sp.Max, _extremum("real_max")),
    (sp.Min, _extremum("real_min")),
    (sp.Piecewise, _piecewise),
    (sp.hyper, _hyper),
    (sp.meijerg, _meijerg),
    (sp.Derivative, _derivative),
    (sp.Subs, _subs),
    (sp.Sum, _sum),
    (sp.Product, _product),
    (sp.Integral, _integral),
    (sp.Indexed, _indexed),
    (sp.KroneckerDelta, _kronecker),
]
