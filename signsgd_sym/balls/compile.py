"""SymPy expressions compiled once into closures over balls.

`compile_expr(expr, symbols)` walks the tree once; the closure it returns maps the list of values of
`symbols` (an `acb` each, an `acb_mat` for a MatrixSymbol, a 1-based list for an IndexedBase) to a ball. Bound
variables of integrals and sums become further slots at the end of that list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import Ball, Evaluator, Unsupported, as_integer, nan, rational
from signsgd_sym.balls.circle import derivative
from signsgd_sym.balls.exp_minus_one import exponent_beside_one
from signsgd_sym.balls.exponentials import PRODUCTS, expm1, first_finite, led_by_exponential, scaled_pairs
from signsgd_sym.balls.functions import FUNCTIONS, exp, half_power, power
from signsgd_sym.balls.hypergeometric import meijer_g, pfq
from signsgd_sym.balls.scope import Exponent, Scope, Slots, extend, kept_result

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
    expr = sp.ImmutableMatrix(expr) if isinstance(expr, sp.MatrixBase) else sp.sympify(expr, strict=True)
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
    if e is sp.nan:
        return lambda args, analytic: nan()
    if e in CONSTANTS:
        constant = CONSTANTS[e]
        return lambda args, analytic: constant()
    inner = getattr(slots, "innermost", None)
    if inner is not None and e.args and not e.has(inner):
        return kept_result(compile_node(e, Scope(slots)), slots[inner])
    if inner is not None and isinstance(e, sp.exp):
        return _shared_exponential(e, slots)
    for kinds, compiled in _rules():
        if isinstance(e, kinds):
            return compiled(e, slots)
    rule = FUNCTIONS.get(e.func) or PRODUCTS.get(e.func)
    if rule is None:
        what = "number" if e.is_Float else "symbol without a value" if e.is_Symbol else e.func.__name__
        raise Unsupported(f"the {what} {e}" if e.is_Atom else f"{what} in {e}")
    return _apply(rule, [compile_node(arg, slots) for arg in e.args])


def _shared_exponential(e: sp.exp, slots: Any) -> Evaluator:
    """exp(n h), for integers n as (exp h)^n where h occurs again: an exponential costs ten products.

    On the wide balls by which quadrature bounds an integrand a power would be wider than exp(n h).
    """
    n, h = e.args[0].as_coeff_Mul()
    if not n.is_Integer:
        n, h = sp.S.One, e.args[0]
    if h not in slots.exponents:
        k = slots[slots.innermost] + 1
        inner = compile_node(h, slots)
        one = kept_result(lambda args, analytic: exp(inner(args, analytic)), k)
        slots.exponents[h] = Exponent(inner, one)
    shared, power_of_it = slots.exponents[h], int(n)
    shared.uses += 1

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        if shared.uses == 1 or (analytic and power_of_it != 1):
            return exp(power_of_it * shared.value(args, analytic))
        one = shared.exp(args, analytic)
        return one if power_of_it == 1 else one**power_of_it

    return value


def _constants_together(e: Any, parts: Sequence[Any], slots: Slots) -> list[Any]:
    """The operands of a sum or product, those free of the innermost variable as one."""
    inner = getattr(slots, "innermost", None)
    fixed = [part for part in parts if inner is not None and not part.has(inner)]
    if len(fixed) < 2 or len(fixed) == len(parts):
        return list(parts)
    return [e.func(*fixed, evaluate=False), *(part for part in parts if part.has(inner))]


def _apply(rule: Evaluator, parts: Sequence[Evaluator]) -> Evaluator:
    if len(parts) == 1:
        (only,) = parts
        return lambda args, analytic: rule((only(args, analytic),), analytic)
    return lambda args, analytic: rule([part(args, analytic) for part in parts], analytic)


def _add(e: sp.Add, slots: Slots) -> Evaluator:
    if (g := exponent_beside_one(e)) is not None:
        exponent, sign = compile_node(g, slots), -int(e.args[0])
        return lambda args, analytic: sign * expm1(exponent(args, analytic))
    parts = [compile_node(arg, slots) for arg in _constants_together(e, e.args, slots)]

    def total(args: Sequence[Ball], analytic: bool) -> acb:
        result = parts[0](args, analytic)
        for part in parts[1:]:
            result = result + part(args, analytic)
        return result

    return total


def _mul(e: sp.Mul, slots: Slots) -> Evaluator:
    parts = [compile_node(arg, slots) for arg in _constants_together(e, scaled_pairs(e.args), slots)]

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
        if (
            n < 0
            and e.base.is_Add
            and (led := led_by_exponential(e.base, n, lambda part: compile_node(part, slots)))
        ):
            return lambda args, analytic: first_finite(base(args, analytic) ** n, led, args, analytic)
        return lambda args, analytic: base(args, analytic) ** n
    if isinstance(e.exp, sp.Rational) and e.exp.q == 2:
        twice = int(e.exp.p)
        return lambda args, analytic: half_power(base(args, analytic), twice, analytic)
    return lambda args, analytic: power(base(args, analytic), exponent(args, analytic), analytic)


# --- several arguments, several meanings ------------------------------------------------------


def _principal(z: Any) -> Any:
    """A polar number r exp_polar(i a), r > 0, |a| <= pi, as a complex one; others may be on other sheets."""
    turns = [factor for factor in sp.Mul.make_args(z) if isinstance(factor, sp.exp_polar)]
    rest = z / turns[0] if turns else z
    if rest.has(sp.exp_polar, sp.polar_lift, sp.principal_branch):
        raise Unsupported(f"the branch of {z}")
    if turns and not (rest.is_positive and abs(sp.im(turns[0].args[0])) <= sp.pi):
        raise Unsupported(f"the branch of {z}")
    return sp.unpolarify(z)


def _hyper(e: sp.hyper, slots: Slots) -> Evaluator:
    above = [compile_node(x, slots) for x in e.ap]
    below = [compile_node(x, slots) for x in e.bq]
    entire = len(e.ap) <= len(e.bq)
    argument = compile_node(sp.unpolarify(e.argument) if entire else _principal(e.argument), slots)
    return lambda args, analytic: pfq(
        [f(args, analytic) for f in above], [f(args, analytic) for f in below], argument(args, analytic)
    )


def _meijerg(e: sp.meijerg, slots: Slots) -> Evaluator:
    groups = [[compile_node(x, slots) for x in group] for group in (e.an, e.aother, e.bm, e.bother)]
    argument = compile_node(_principal(e.argument), slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        an, ap, bm, bq = ([f(args, analytic) for f in group] for group in groups)
        return meijer_g(an, ap, bm, bq, argument(args, analytic))

    return value


def _derivative(e: sp.Derivative, slots: Slots) -> Evaluator:
    (variable, count), *more = e.variable_count
    if not isinstance(count, sp.Integer) or variable not in slots:
        raise Unsupported(f"Derivative by {variable}, {count} times")
    rest = sp.Derivative(e.expr, *more) if more else e.expr
    if count == 0:
        return compile_node(rest, slots)
    if isinstance(rest, sp.Integral):
        from signsgd_sym.balls.under_integral import compile_under_integral

        found = compile_under_integral(rest, variable, int(count), slots)
        if found is not None:
            return found
    if rest.has(sp.Integral) and rest.is_Add:
        return compile_node(sp.Add(*(sp.Derivative(arg, (variable, count)) for arg in rest.args)), slots)
    if rest.has(sp.Integral) and rest.is_Mul and count == 1:
        one, other = rest.args[0], rest.func(*rest.args[1:])
        slope = sp.Derivative(one, variable) * other + one * sp.Derivative(other, variable)
        return compile_node(slope, slots)
    function, k = compile_node(rest, slots), slots[variable]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        return derivative(lambda z: function([*args[:k], z, *args[k + 1 :]], True), args[k], int(count))

    return value


def _subs(e: sp.Subs, slots: Slots) -> Evaluator:
    points = [compile_node(p, slots) for p in e.point]
    inner = compile_node(e.expr, extend(slots, *e.variables))
    return lambda args, analytic: inner([*args, *(p(args, analytic) for p in points)], analytic)


def _indexed(e: sp.Indexed, slots: Slots) -> Evaluator:
    if len(e.indices) != 1 or e.base not in slots:
        raise Unsupported(f"Indexed {e}")
    k, index = slots[e.base], compile_node(e.indices[0], slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        n = as_integer(index(args, analytic))
        return args[k][n - 1] if n is not None and 1 <= n <= len(args[k]) else nan()

    return value


def _kronecker(e: sp.KroneckerDelta, slots: Slots) -> Evaluator:
    if len(e.args) > 2:
        raise Unsupported(f"the range of {e}")
    return compile_node(sp.Piecewise((1, sp.Eq(*e.args[:2], evaluate=False)), (0, True)), slots)


@cache
def _rules() -> list[tuple[Any, Callable[..., Evaluator]]]:
    """Rules for the classes of nodes. Those from other modules call `compile_node` back: imported here."""
    from signsgd_sym.balls.generator import GENERATOR_RULES
    from signsgd_sym.balls.integrals import compile_integral
    from signsgd_sym.balls.matrices import MATRIX_RULES
    from signsgd_sym.balls.piecewise import PIECEWISE_RULES
    from signsgd_sym.balls.sums import compile_product, compile_sum

    own: list[tuple[Any, Callable[..., Evaluator]]] = [
        (sp.Add, _add),
        (sp.Mul, _mul),
        (sp.Pow, _pow),
        (sp.hyper, _hyper),
        (sp.meijerg, _meijerg),
        (sp.Derivative, _derivative),
        (sp.Subs, _subs),
        (sp.Indexed, _indexed),
        (sp.KroneckerDelta, _kronecker),
        (sp.Sum, compile_sum),
        (sp.Product, compile_product),
        (sp.Integral, compile_integral),
    ]
    return own + PIECEWISE_RULES + MATRIX_RULES + GENERATOR_RULES
