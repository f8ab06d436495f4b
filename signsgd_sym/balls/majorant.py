"""An algebra of majorants: |f(y)| <= sum of C y^k exp(-sum_p c_p y^p) for every y >= N, N >= 1.

`Majorant.upper(f)` returns such a sum, `Majorant.lower(f)` one such term below |f|; both are built rule by
rule along the tree of f, and each rule's proof stands in its docstring. `tail` turns a sum into a bound of
the integral over [N, oo). Rules may fail (`NoMajorant`): for too small an N, or for good.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import is_real, lower, upper
from signsgd_sym.balls.exp_minus_one import (
    exponent_beside_one,
    lower_exp_minus_one,
    upper_exp_minus_one,
)
from signsgd_sym.balls.named_bounds import upper_named
from signsgd_sym.balls.terms import NoMajorant, Term, single, sup, tail
from signsgd_sym.special import Erfcx

ENTIRE = (sp.Add, sp.Mul, sp.Pow, sp.exp, sp.sin, sp.cos, sp.erf, sp.erfc, Erfcx, sp.besselk)
"""What a continued symbol may stand in: entire functions, K for Re z > 0, and powers (see `_is_off_cut`)."""


LOG_Y = Term(16 / arb(1).exp(), arb(1) / 16)
"""log y <= 16 y^(1/16)/e: the maximum of log y - 16 y^(1/16)/e is 0, at y = e^16."""


@dataclass(frozen=True)
class Majorant:
    """Bounds on [N, oo) for functions of `y`; `value` encloses expressions free of `y`.

    `continued` names the symbols whose values are not what SymPy assumes of them (see `continued_symbols`). A
    function of them is bounded only if it is built from ENTIRE functions, and powers off their cuts: then it
    is holomorphic in them for every y, so that its integral over [N, oo), which converges uniformly, is
    holomorphic too.
    """

    y: sp.Symbol
    N: arb
    value: Callable[[sp.Expr], acb]
    continued: tuple[Any, ...] = ()

    def tail(self, f: sp.Expr) -> arb:
        """Bound of the integral of |f| over [N, oo)."""
        return tail(self.upper(f), self.N)

    def _sup(self, term: Term) -> arb:
        return sup(term, self.N)

    # --- upper bounds ----------------------------------------------------------------------------

    def upper(self, f: sp.Expr) -> list[Term]:
        """Terms whose sum bounds |f|: the triangle inequality for +, products for *, and the rules below."""
        self._check_holomorphic(f)
        if not f.has(self.y):
            return [Term(upper(self.value(f)))]
        if f == self.y:
            return [Term(arb(1), arb(1))]
        if (g := exponent_beside_one(f)) is not None:
            with suppress(NoMajorant):
                return upper_exp_minus_one(self, g)
        if f.is_Add or isinstance(f, sp.Max | sp.Min):  # |max|, |min| are at most the sum of moduli
            return [t for arg in f.args for t in self.upper(arg)]
        if f.is_Mul:
            return reduce(lambda s, t: [a * b for a in s for b in t], (self.upper(arg) for arg in f.args))
        if isinstance(f, sp.exp):
            return [self.exponential(f.args[0], up=True)]
        if f.is_Pow:
            return self._upper_power(f.base, f.exp)
        if isinstance(f, sp.Piecewise):
            if f.args[-1][1] != sp.true:
                raise NoMajorant("a Piecewise that may be undefined")
            return [t for branch, _ in f.args for t in self.upper(branch)]
        if isinstance(f, sp.Abs | sp.conjugate | sp.re | sp.im):
            return self.upper(f.args[0])
        if isinstance(f, sp.log):
            return self._upper_log(f.args[0])
        return upper_named(self, f)

    def _upper_power(self, base: sp.Expr, q: sp.Expr) -> list[Term]:
        """(sum of n terms)^q <= max(1, n^(q-1)) sum of q-th powers for q >= 0 (convexity for q >= 1,
        subadditivity for q <= 1); |f|^q <= lower(f)^q for q < 0; |f|^q <= 1 + |f|^r + |f|^s
        for q in [r, s], r <= 0 <= s; |f^q| <= |f|^(Re q) e^(pi |Im q|); b^q(y) = exp(q(y) log b)."""
        if q.has(self.y):
            if base.has(self.y):
                raise NoMajorant(f"power with exponent {q}")
            if q.is_integer and q.is_nonnegative:  # entire in b, which may contain 0: e^(q log sup|b|)
                log = upper(self.value(base)).max(arb(2) ** -(10**6)).log()
                return [self.exponential(q, up=bool(log >= 0)) ** log]
            return [self.size_of_exp(q * sp.log(base))]
        p, turn = self.value(q).real, (arb.pi() * abs(self.value(q).imag)).exp()
        if p < 0:
            terms = [self.lower(base) ** p]
        elif p >= 0:
            terms = self._positive_power(base, p)
        else:  # a ball around 0
            terms = self._positive_power(base, arb(p.upper()))
            terms += [Term(arb(1)), self.lower(base) ** arb(p.lower())]
        return [Term(turn) * t for t in terms]

    def _positive_power(self, base: sp.Expr, p: arb) -> list[Term]:
        terms = self.upper(base)
        factor = (arb(len(terms)) ** (p - 1)).max(arb(1))
        return [Term(factor) * t**p for t in terms]

    def _upper_log(self, g: sp.Expr) -> list[Term]:
        """LOG_Y for log y. For general g with L <= |g| <= U, both single terms, |log g| <= pi + |log L| +
        |log U| and |log(C y^k e^(-sum c y^p))| <= |log C| + |k| log y + sum |c| y^p.
        """
        if g == self.y:
            return [LOG_Y]
        terms = [Term(arb.pi())]
        for t in (single(self.upper(g), self.N), self.lower(g)):
            if not t.C > 0:
                raise NoMajorant("the argument of a logarithm may vanish")
            terms += [Term(upper(acb(t.C.log()))), Term(abs(t.k)) * LOG_Y]
            terms += [Term(abs(c), p) for p, c in t.decay.values()]
        return terms

    def size_of_exp(self, g: sp.Expr) -> Term:
        """A term above |exp(g)|."""
        return self.exponential(g, up=True)

    # --- lower bounds ----------------------------------------------------------------------------

    def lower(self, f: sp.Expr) -> Term:
        """A term below |f|: exact for powers and exponentials, products for *, and the rules below."""
        self._check_holomorphic(f)
        if not f.has(self.y):
            return Term(lower(self.value(f)))
        if f == self.y:
            return Term(arb(1), arb(1))
        if f.is_Mul:
            return reduce(Term.__mul__, (self.lower(arg) for arg in f.args))
        if isinstance(f, sp.exp):
            return self.exponential(f.args[0], up=False)
        if f.is_Pow and f.exp.has(self.y) and not f.base.has(self.y):
            return self.exponential(f.exp * sp.log(f.base), up=False)
        if f.is_Pow and not f.exp.has(self.y):
            q = self.real_value(f.exp)
            if not (q > 0 or q < 0):
                raise NoMajorant(f"the sign of the exponent {f.exp} is not clear")
            return self.lower(f.base) ** q if q > 0 else single(self.upper(f.base), self.N) ** q
        if f.is_Add:
            return self._lower_sum(f)
        if isinstance(f, sp.Abs):
            return self.lower(f.args[0])
        if f == sp.log(self.y):
            return Term(self.N.log())
        if isinstance(f, sp.gamma):
            return self._lower_gamma(f.args[0] - 1)
        raise NoMajorant(f"no lower bound for {f.func.__name__}")

    def _lower_sum(self, f: sp.Expr) -> Term:
        """|t_i + rest| >= |t_i| (1 - sup |rest|/|t_i|), for the first i whose supremum is proved to be
        below 1. Without one, exp(g) - 1: see `exp_minus_one`.
        """
        for arg in f.args:
            ratio = self._rest_over(arg, f)
            if ratio < 1:
                below = self.lower(arg)
                return Term(below.C * (1 - ratio), below.k, below.decay)
        if (g := exponent_beside_one(f)) is not None:
            return lower_exp_minus_one(self, g)
        raise NoMajorant("no dominant term in a sum")

    def _rest_over(self, summand: sp.Expr, f: sp.Expr) -> arb:
        """An upper bound of |f - t|/|t| on [N, oo) for a summand t of f, oo if none is found."""
        try:
            below = self.lower(summand)
            rest = [t for other in sp.Add.make_args(f) if other is not summand for t in self.upper(other)]
            return sum((self._sup(t * below ** arb(-1)) for t in rest), arb(0))
        except NoMajorant:
            return arb.pos_inf()

    def _lower_gamma(self, x: sp.Expr) -> Term:
        """Gamma(x + 1) = int_0^oo t^x e^-t dt >= x^x int_x^oo e^-t dt = (x/e)^x for x > 0, and
        x log x >= x log x0 for x >= x0 > 0; x is linear and increasing in y."""
        slope, x0 = self.real_value(x.diff(self.y)), self.real_value(x.subs(self.y, 0))
        x0 = slope * self.N + x0
        if not (slope > 0 and x0 >= 1):
            raise NoMajorant("Gamma of an argument not seen to grow")
        return self.exponential(x, up=False) ** (x0.log() - 1)

    # --- exponentials ----------------------------------------------------------------------------

    def exponential(self, g: sp.Expr, up: bool) -> Term:
        """A term above (up) or below |exp(g)| = exp(Re g), summand by summand of the expanded g.

        a: factor e^(Re a). a y^p, p > 0: decay, exactly; p < 0: |Re a y^p| <= |Re a| N^p. a log y: y^(Re
        a). -b log^2 y, b > 0, above: <= -(b log N) log y, since log y >= log N >= 0. -b E with E = exp(h) >
        0, b > 0, above: <= -b L for a term L <= E; if L = C y^k e^(c y^p) with c > 0, k >= 0 then by
        convexity of exp, L >= C N^k e^(c N^p) (1 + c (y^p - N^p)). -b S with S >= 0, b > 0, above: <= -b C
        y^k for a term C y^k <= S, k > 0, or <= 0 without one. Any other h with |h| <= sum of terms t:
        factors e^(+-sup t), or e^(+-C y^k) for t = C y^k.
        """
        result = Term(arb(1))
        for part in sp.Add.make_args(sp.expand(g)):
            a, rest = part.as_independent(self.y)
            result = result * self._exponential_part(self.value(a).real, a, rest, part, up)
        return result

    def _exponential_part(self, a: arb, coefficient: sp.Expr, rest: sp.Expr, part: sp.Expr, up: bool) -> Term:
        base, p = rest.as_base_exp()
        if rest == 1:
            return Term(a.exp())
        if base == self.y and not p.has(self.y) and (power := self.real_value(p)) > 0:
            return Term(arb(1), arb(0), {p: (power, -a)})
        if rest == sp.log(self.y):
            return Term(arb(1), a)
        if rest == sp.log(self.y) ** 2 and up and a <= 0:
            return Term(arb(1), a * self.N.log())
        if up and a < 0 and is_real(self.value(coefficient)) and self.is_nonnegative(rest):
            with suppress(NoMajorant):
                return self._decay(-a, rest)
            return Term(arb(1))
        result, sign = Term(arb(1)), 1 if up else -1
        for j, t in enumerate(self.upper(part)):
            if not t.decay and t.k > 0:
                result = result * Term(arb(1), arb(0), {(rest, j): (t.k, -sign * t.C)})
            else:
                result = result * Term((sign * self._sup(t)).exp())
        return result

    def _decay(self, b: arb, rest: sp.Expr) -> Term:
        """A term above exp(-b rest), b > 0, rest >= 0."""
        L = self.lower(rest)
        if not L.decay and L.k > 0:
            return Term(arb(1), arb(0), {rest: (L.k, b * L.C)})
        ((p, c),) = L.decay.values() if len(L.decay) == 1 else ((arb(1), arb(0)),)
        if not (c < 0 and L.k >= 0):
            raise NoMajorant(f"exponential of {rest}")
        floor = b * L.C * self.N**L.k * (-c * self.N**p).exp()
        return Term((-floor * (1 + c * self.N**p)).exp(), arb(0), {rest: (p, -floor * c)})

    # --- what the values allow -------------------------------------------------------------------

    def _check_holomorphic(self, f: sp.Expr) -> None:
        if self.is_continued(f) and f.has(self.y):
            cut = f.is_Pow and not f.exp.is_Integer and f.base.has(self.y) and not self._is_off_cut(f.base)
            if cut or not isinstance(f, ENTIRE):
                raise NoMajorant(f"{f.func.__name__} of a continued symbol")

    def is_continued(self, e: sp.Expr) -> bool:
        """Whether a continued symbol occurs in `e`."""
        return bool(self.continued) and e.has(*self.continued)

    def _is_off_cut(self, base: sp.Expr) -> bool:
        """Whether |base - t| < |t| for a summand t with Re t > 0, whose distance from (-oo, 0] is |t|."""
        return any(self.is_right(t) and self._rest_over(t, base) < 1 for t in sp.Add.make_args(base))

    def is_right(self, z: sp.Expr) -> bool:
        """Whether Re z >= 0: z is not negative, or every summand has such a factor next to one free of y."""
        parts = (t.as_independent(self.y, as_Add=False) for t in sp.Add.make_args(z))
        return self.is_nonnegative(z) or all(
            self.value(a).real >= 0 and self.is_nonnegative(rest) for a, rest in parts
        )

    def is_nonnegative(self, e: sp.Expr) -> bool:
        """Whether SymPy knows `e` >= 0 and it holds no continued symbol."""
        return bool(e.is_nonnegative) and not self.is_continued(e)

    def is_real_here(self, e: sp.Expr) -> bool:
        """Whether `e` is real for real y, by its symbols or by the values of what is free of y."""
        return not self.is_continued(e) and bool(self._with_real_constants(e).is_extended_real)

    def _with_real_constants(self, e: sp.Expr) -> sp.Expr:
        """`e` with the largest parts free of y that are complex by their symbols, but real by their values,
        declared real: sqrt(1 - rho^2) is real at |rho| < 1.
        """
        if e.is_extended_real:
            return e
        if not e.has(self.y):
            return sp.Dummy(real=True) if is_real(self.value(e)) else e
        return e.func(*(self._with_real_constants(arg) for arg in e.args), evaluate=False) if e.args else e

    def real_value(self, e: sp.Expr) -> arb:
        """The value of a real expression free of y."""
        if e.has(self.y) or not is_real(v := self.value(e)):
            raise NoMajorant(f"{e} is not a real constant")
        return v.real
