r"""SymPy expressions in R to float64 programs: which operations, in which order.

* Numbers are gathered and rounded once, from ball arithmetic.
* Quotients of powers are paired, R^(3/2)/(2 R + 1)^(3/2) = q sqrt(q) with q = R/(2 R + 1): nothing overflows
  where the quotient does not.
* Polynomials are evaluated by Horner's rule, in 1/R where R to their degree divides them.
* exp(u) is exp(hi + lo) with u in two floats (`compensated`): its relative error is the absolute one of u.
* exp(u) erfc(v) is exp(u - v^2) erfcx(v) (`stable`).
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import expm1

from signsgd_sym.balls import enclose
from signsgd_sym.codegen import compensated
from signsgd_sym.codegen.ir import Node, Num, Op, Var, op
from signsgd_sym.codegen.stable import ExpErfc
from signsgd_sym.notation import R
from signsgd_sym.special import Erfcx

RISK = Var("R")
HALF = sp.Rational(1, 2)


class CannotLower(Exception):
    """The expression has a function without a float64 program; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def number(value: Any) -> float:
    """An exact SymPy number, rounded to the nearest float64 (or one next to it in a tie).

    >>> number(2 / sp.pi)
    0.6366197723675814
    """
    # Floats stand for integrals that were enclosed to more digits than float64 has.
    value = value.xreplace({f: sp.Rational(f) for f in value.atoms(sp.Float)})
    if value.is_Rational:
        p, q = int(value.p), int(value.q)
        return p / q  # Python rounds quotients of integers correctly
    return float(enclose(value, {}, digits=40).ball.real.mid())


def lower(expr: Any, name: Any = R, variable: Node = RISK, *, twofold: bool = False) -> Node:
    """The operations that evaluate `expr`, an expression in the symbol `name`.

    With `twofold` what is algebraic is computed in two floats and rounded once.

    Raises `CannotLower` for a function that has no program.

    >>> lower(sp.sqrt(R) / sp.sqrt(R + 1))
    Op(name='sqrt', args=(Op(name='div', args=(Var(name='R'), \
Op(name='add', args=(Var(name='R'), Num(value=1.0))))),))
    """
    if expr.has(sp.I):
        raise CannotLower("a complex argument")
    return _Lowering(name, variable, twofold).node(expr)


class _Lowering:
    def __init__(self, name: Any, variable: Node, twofold: bool) -> None:
        self.name, self.variable, self.twofold = name, variable, twofold
        self.known: dict[Any, Node] = {name: variable}

    def node(self, expr: Any) -> Node:
        if expr not in self.known:
            self.known[expr] = self._new(expr)
        return self.known[expr]

    def _new(self, expr: Any) -> Node:
        if not expr.free_symbols:
            if not expr.is_extended_real:
                raise CannotLower("a complex number")
            return Num(number(expr))
        if self.twofold and not expr.atoms(sp.Function):
            try:
                return compensated.algebraic(expr, self.name, self.variable)
            except ValueError as problem:
                raise CannotLower(str(problem)) from None
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul or expr.is_Pow:
            return self._product(expr)
        if isinstance(expr, sp.exp):
            return compensated.exponential(expr.args[0], self.name, self.variable)
        if isinstance(expr, sp.erfc):
            return self._scaled(sp.S.Zero, sp.expand(-(expr.args[0] ** 2)), expr.args[0])
        if isinstance(expr, ExpErfc):
            return self._scaled(*expr.args)
        if isinstance(expr, Erfcx):
            return Op("erfcx", (self.node(expr.args[0]),))
        if isinstance(expr, sp.erf):
            return Op("erf", (self.node(expr.args[0]),))
        if isinstance(expr, expm1):
            return Op("expm1", (self.node(expr.args[0]),))
        if isinstance(expr, sp.log):
            return Op("log", (self.node(expr.args[0]),))
        if isinstance(expr, sp.Abs):
            return Op("abs", (self.node(expr.args[0]),))
        raise CannotLower(type(expr).__name__)

    def _scaled(self, u: Any, w: Any, v: Any) -> Node:
        """exp(u) erfc(v), w = u - v^2: exp(w) erfcx(|v|) for v >= 0, 2 exp(u) - that for v < 0."""
        argument = self.node(v)
        if v.is_nonnegative:
            return op("mul", self.node(sp.exp(w)), Op("erfcx", (argument,)))
        tail = op("mul", self.node(sp.exp(w)), Op("erfcx", (Op("abs", (argument,)),)))
        return Op("nonnegative", (argument, tail, op("sub", self.node(2 * sp.exp(u)), tail)))

    def _sum(self, expr: Any) -> Node:
        coefficients = self._coefficients(expr)
        if coefficients is not None:
            return self._horner(coefficients, self.variable)
        plain: list[Any] = []
        rest: list[Any] = []
        for term in expr.args:
            (plain if term.is_rational_function(self.name) else rest).append(term)
        # Elementary terms first: they are the larger ones where erfc is small.
        terms = [self.node(sp.Add(*plain))] if len(plain) > 1 and rest else [self.node(t) for t in plain]
        terms += [self.node(t) for t in sorted(rest, key=sp.default_sort_key)]
        total = terms[0]
        for term in terms[1:]:
            total = op("add", total, term)
        return total

    def _coefficients(self, expr: Any) -> list[Any] | None:
        """c_0, c_1, ... of a polynomial in the variable."""
        if not expr.is_polynomial(self.name):
            return None
        return list(reversed(sp.Poly(expr, self.name).all_coeffs()))

    def _horner(self, coefficients: list[Any], at: Node) -> Node:
        total: Node = Num(number(coefficients[-1]))
        for c in reversed(coefficients[:-1]):
            total = op("mul", total, at)
            if c != 0:
                total = op("add", total, Num(number(c)))
        return total

    def _product(self, expr: Any) -> Node:
        if self.twofold and expr.is_Mul:
            functions = [f for f in expr.args if f.atoms(sp.Function)]
            others = sp.Mul(*(f for f in expr.args if not f.atoms(sp.Function)))
            if others.has(self.name):
                total = self.node(others)
                for factor in functions:
                    total = op("mul", total, self.node(factor))
                return total
        constant, rest = expr.as_independent(self.name, as_Add=False)
        above: list[tuple[Node, Any]] = []
        below: list[tuple[Node, Any]] = []
        factors: list[Node] = []
        powers: dict[Any, Any] = dict(rest.as_powers_dict())
        exponent = sp.Add(*(b.args[0] * e for b, e in powers.items() if isinstance(b, sp.exp)))
        exponent += sp.Add(*(e for b, e in powers.items() if b == sp.E))
        powers = {b: e for b, e in powers.items() if not isinstance(b, sp.exp) and b != sp.E}
        if exponent != 0:
            shift, exponent = exponent.as_independent(self.name, as_Add=True)
            constant *= sp.exp(shift)
            if exponent != 0:
                factors.append(compensated.exponential(exponent, self.name, self.variable))
        powers, constant = self._primitive(powers, constant)
        own = powers.pop(self.name, sp.S.Zero)
        for base, power in powers.items():
            coefficients = self._coefficients(base) if base.is_Add and power == 1 else None
            if coefficients is not None and own.is_negative and -own >= len(coefficients) - 1:
                # P(R)/R^k with k >= deg P: Horner in 1/R.
                own += len(coefficients) - 1
                factors.append(self._horner(coefficients[::-1], Op("div", (Num(1.0), self.variable))))
            elif not power.is_Rational:
                factors.append(Op("pow", (self.node(base), self.node(power))))
            elif power == 1:
                factors.append(self.node(base))
            else:
                (above if power > 0 else below).append((self.node(base), abs(power)))
        if own != 0:
            if not own.is_Rational:
                factors.append(Op("pow", (self.variable, self.node(own))))
            else:
                (above if own > 0 else below).insert(0, (self.variable, abs(own)))
        return self._assemble(Num(number(constant)), above, below, factors)

    def _primitive(self, powers: dict[Any, Any], constant: Any) -> tuple[dict[Any, Any], Any]:
        """Leading coefficients of linear factors, contents of others, go to the constant."""
        found: dict[Any, Any] = {}
        for base, power in powers.items():
            inner = base
            if base.is_Add and base.is_polynomial(self.name):
                coefficients = self._coefficients(base) or []
                if len(coefficients) == 2 and coefficients[1].is_positive:
                    constant *= coefficients[1] ** power
                    inner = self.name + coefficients[0] / coefficients[1]
                elif power == 1:
                    content, inner = base.primitive()
                    constant *= content
            found[inner] = found.get(inner, sp.S.Zero) + power
        return found, constant

    def _assemble(
        self, constant: Node, above: list[tuple[Node, Any]], below: list[tuple[Node, Any]], rest: list[Node]
    ) -> Node:
        factors: list[Node] = []
        while above and below:
            (one, p), (other, q) = above.pop(0), below.pop(0)
            least = min(p, q)
            factors.append(_power(Op("div", (one, other)), least))
            if p > least:
                above.insert(0, (one, p - least))
            if q > least:
                below.insert(0, (other, q - least))
        factors += [_power(base, p) for base, p in above]
        total = constant
        for factor in (*factors, *rest):
            total = op("mul", total, factor)
        for base, p in below:
            total = op("div", total, _power(base, p))
        return total


def _power(base: Node, exponent: Any) -> Node:
    """base^exponent for a positive rational exponent, by products and square roots where these suffice."""
    whole, part = divmod(exponent, 1)
    factors: list[Node] = []
    if whole:
        factors.append(_integer_power(base, int(whole)))
    if part:
        roots = {
            HALF: lambda: Op("sqrt", (base,)),
            sp.Rational(1, 4): lambda: Op("sqrt", (Op("sqrt", (base,)),)),
        }
        factors.append(roots[part]() if part in roots else Op("pow", (base, Num(float(part)))))
    return factors[0] if len(factors) == 1 else op("mul", *factors)


def _integer_power(base: Node, n: int) -> Node:
    """base^n by repeated squaring."""
    if n == 1:
        return base
    half = _integer_power(base, n // 2)
    square = op("mul", half, half)
    return op("mul", square, base) if n % 2 else square
