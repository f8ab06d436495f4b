"""An algebra of majorants: |f(y)| <= sum of C y^k exp(-sum_p c_p y^p) for every y >= N, N >= 1.

`Majorant.upper(f)` returns such a sum, `Majorant.lower(f)` one such term below |f|; both are built rule by
rule along the tree of f, and each rule's proof stands in its docstring. `tail` turns a sum into a bound of
the integral over [N, oo). Rules may fail (`NoMajorant`): for too small an N, or for good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import is_real, lower, upper
from signsgd_sym.balls.terms import NoMajorant, Term, single, sup, tail
from signsgd_sym.special import Erfcx, OwenT


@dataclass(frozen=True)
class Majorant:
    """Bounds on [N, oo) for functions of `y`; `value` encloses expressions free of `y`."""

    y: sp.Symbol
    N: arb
    value: Callable[[sp.Expr], acb]

    def tail(self, f: sp.Expr) -> arb:
        """Bound of the integral of |f| over [N, oo)."""
        return tail(self.upper(f), self.N)

    def _sup(self, term: Term) -> arb:
        return sup(term, self.N)

    def _single(self, terms: list[Term]) -> Term:
        return single(terms, self.N)

    # --- upper bounds ----------------------------------------------------------------------------

    def upper(self, f: sp.Expr) -> list[Term]:
        """Terms whose sum bounds |f|: the triangle inequality for +, products for *, and the rules below."""
        if not f.has(self.y):
            return [Term(upper(self.value(f)))]
        if f == self.y:
            return [Term(arb(1), arb(1))]
        if f.is_Add or isinstance(f, sp.Max | sp.Min):  # |max|, |min| are at most the sum of moduli
            return [t for arg in f.args for t in self.upper(arg)]
        if f.is_Mul:
            return reduce(lambda s, t: [a * b for a in s for b in t], (self.upper(arg) for arg in f.args))
        if isinstance(f, sp.exp):
            return [self.exponential(f.args[0], up=True)]
        if f.is_Pow:
            return self._upper_power(f.base, f.exp)
        if isinstance(f, sp.Piecewise):
            return [t for branch, _ in f.args for t in self.upper(branch)]
        if isinstance(f, sp.Abs | sp.conjugate | sp.re | sp.im):
            return self.upper(f.args[0])
        if isinstance(f, sp.log):
            return self._upper_log(f.args[0])
        return self._upper_bounded(f)

    def _upper_power(self, base: sp.Expr, q: sp.Expr) -> list[Term]:
        """(sum of n terms)^q <= max(1, n^(q-1)) sum of q-th powers for q >= 0 (convexity for q >= 1,
        subadditivity for q <= 1); |f|^q <= lower(f)^q for q < 0; |f|^q <= 1 + |f|^r + |f|^s
        for q in [r, s], r <= 0 <= s; |b^q(y)| = exp(q(y) log|b|) for real q(y)."""
        if q.has(self.y):
            if base.has(self.y) or not q.is_extended_real:
                raise NoMajorant(f"power with exponent {q}")
            return [self.exponential(q * sp.log(sp.Abs(base)), up=True)]
        p = self._real(q)
        if p < 0:
            return [self.lower(base) ** p]
        if not p >= 0:  # a ball around 0
            return [
                Term(arb(1)),
                *self._positive_power(base, arb(p.upper())),
                self.lower(base) ** arb(p.lower()),
            ]
        return self._positive_power(base, p)

    def _positive_power(self, base: sp.Expr, p: arb) -> list[Term]:
        terms = self.upper(base)
        factor = (arb(len(terms)) ** (p - 1)).max(arb(1))
        return [Term(factor) * t**p for t in terms]

    def _upper_log(self, g: sp.Expr) -> list[Term]:
        """log y <= 16 y^(1/16)/e (maximise log y - 16 y^(1/16)/e). For general g with L <= |g| <= U, both
        single terms, |log g| <= pi + |log L| + |log U| and |log(C y^k e^(-sum c y^p))| <= |log C| + |k| log
        y + sum |c| y^p.
        """
        log_y = Term(16 / arb(1).exp(), arb(1) / 16)
        if g == self.y:
            return [log_y]
        terms = [Term(arb.pi())]
        for t in (self._single(self.upper(g)), self.lower(g)):
            if not t.C > 0:
                raise NoMajorant("the argument of a logarithm may vanish")
            terms += [Term(upper(acb(t.C.log()))), Term(abs(t.k)) * log_y]
            terms += [Term(abs(c), p) for p, c in t.decay.values()]
        return terms

    def _upper_bounded(self, f: sp.Expr) -> list[Term]:
        """For real arguments: |sin|, |cos|, |erf|, |sign|, |tanh|, |J_n| (n >= 0) <= 1, erfc <= 2, |atan|
        <= pi/2, |T(h, a)| = |int_0^a|/(2 pi) <= (1/(2 pi)) int_0^oo ds/(1 + s^2) = 1/4.

        erfcx(z) <= erfcx(0) = 1 and erfc(z) <= exp(-z^2) for z >= 0: with t = z + s, t^2 >= z^2 + s^2, so
        erfc(z) <= exp(-z^2) erfc(0). K_nu(x) <= K_mu(x), mu = max(|nu|, 1/2) (K increases with the order),
        and e^x K_mu(x) = int_0^oo e^(-x (cosh t - 1)) cosh(mu t) dt decreases in x: K_nu(x) <= K_mu(x0)
        e^x0 e^(-x) for x >= x0. Elsewhere K_nu(x) <= K_mu(x) = (1/2) (2/x)^mu int_0^oo t^(mu-1) e^(-t -
        x^2/(4t)) dt <= Gamma(mu) 2^(mu-1) x^(-mu), mu = max(|nu|, 1/16). I_nu(x) <= I_0(x) <= e^x for nu >=
        0, x >= 0 (I decreases with the order; I_0 = mean of e^(x cos t)).
        """
        f = f.func(*(self._with_real_constants(arg) for arg in f.args), evaluate=False)
        if not all(arg.is_extended_real for arg in f.args):
            raise NoMajorant(f"no rule for {f.func.__name__}")
        arg = f.args[-1]
        if isinstance(f, Erfcx) and arg.is_nonnegative:
            return [Term(arb(1))]
        if isinstance(f, sp.erfc):
            return [self.exponential(-(arg**2), up=True)] if arg.is_nonnegative else [Term(arb(2))]
        if isinstance(f, sp.besselk) and arg.is_positive and not f.args[0].has(self.y):
            a, p = arg.as_independent(self.y)
            if p.as_base_exp()[0] == self.y and p.as_base_exp()[1].is_positive and self._real(a) > 0:
                x0 = self._real(a) * self.N ** self._real(p.as_base_exp()[1])
                mu = abs(self._real(f.args[0])).max(arb(0.5))
                return [Term((x0.bessel_k(mu) * x0.exp()).upper()) * self.exponential(-arg, up=True)]
            mu = abs(self._real(f.args[0])).max(arb(1) / 16)
            return [Term(mu.gamma() * 2 ** (mu - 1)) * self.lower(arg) ** -mu]
        if isinstance(f, sp.besseli) and f.args[0].is_nonnegative and arg.is_nonnegative:
            return [self.exponential(arg, up=True)]
        bounds: dict[Any, arb] = {sp.atan: arb.pi() / 2, OwenT: arb(0.25), sp.Heaviside: arb(1)}
        ones = (sp.sin, sp.cos, sp.erf, sp.sign, sp.tanh)
        if isinstance(f, ones) or (isinstance(f, sp.besselj) and f.args[0].is_nonnegative):
            return [Term(arb(1))]
        if f.func in bounds:
            return [Term(bounds[f.func])]
        raise NoMajorant(f"no rule for {f.func.__name__}")

    # --- lower bounds ----------------------------------------------------------------------------

    def lower(self, f: sp.Expr) -> Term:
        """A term below |f|: exact for powers and exponentials, products for *, and the rules below."""
        if not f.has(self.y):
            return Term(lower(self.value(f)))
        if f == self.y:
            return Term(arb(1), arb(1))
        if f.is_Mul:
            return reduce(Term.__mul__, (self.lower(arg) for arg in f.args))
        if isinstance(f, sp.exp):
            return self.exponential(f.args[0], up=False)
        if f.is_Pow and f.exp.has(self.y) and not f.base.has(self.y) and f.exp.is_extended_real:
            return self.exponential(f.exp * sp.log(sp.Abs(f.base)), up=False)
        if f.is_Pow and not f.exp.has(self.y):
            q = self._real(f.exp)
            if not (q > 0 or q < 0):
                raise NoMajorant(f"the sign of the exponent {f.exp} is not clear")
            return self.lower(f.base) ** q if q > 0 else self._single(self.upper(f.base)) ** q
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
        below 1.
        """
        for i, arg in enumerate(f.args):
            try:
                below = self.lower(arg)
                rest = [t for j, other in enumerate(f.args) if j != i for t in self.upper(other)]
                ratio = sum((self._sup(t * below ** arb(-1)) for t in rest), arb(0))
            except NoMajorant:
                continue
            if ratio < 1:
                return Term(below.C * (1 - ratio), below.k, below.decay)
        raise NoMajorant("no dominant term in a sum")

    def _lower_gamma(self, x: sp.Expr) -> Term:
        """Gamma(x + 1) = int_0^oo t^x e^-t dt >= x^x int_x^oo e^-t dt = (x/e)^x for x > 0, and
        x log x >= x log x0 for x >= x0 > 0; x is linear and increasing in y."""
        slope, x0 = self._real(x.diff(self.y)), self._real(x.subs(self.y, 0))
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
        y^k for a term C y^k <= S, k > 0. Any other h, when |h| <= s on [N, oo): factor e^(+-s).
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
        if base == self.y and not p.has(self.y) and (power := self._real(p)) > 0:
            return Term(arb(1), arb(0), {p: (power, -a)})
        if rest == sp.log(self.y):
            return Term(arb(1), a)
        if rest == sp.log(self.y) ** 2 and up and a <= 0:
            return Term(arb(1), a * self.N.log())
        try:
            size = sum((self._sup(t) for t in self.upper(part)), arb(0))
            return Term(size.exp() if up else (-size).exp())
        except NoMajorant:
            if not (up and a < 0 and is_real(self.value(coefficient)) and rest.is_nonnegative):
                raise
        L = self.lower(rest)
        if not L.decay and L.k > 0:
            return Term(arb(1), arb(0), {rest: (L.k, -a * L.C)})
        ((p_grow, c),) = L.decay.values() if len(L.decay) == 1 else ((arb(1), arb(0)),)
        if not (c < 0 and L.k >= 0):
            raise NoMajorant(f"exponential of {part}")
        floor = -a * L.C * self.N**L.k * (-c * self.N**p_grow).exp()
        return Term((-floor * (1 + c * self.N**p_grow)).exp(), arb(0), {rest: (p_grow, -floor * c)})

    def _with_real_constants(self, e: sp.Expr) -> sp.Expr:
        """`e` with the largest parts free of y that are complex by their symbols, but real by their values,
        declared real: sqrt(1 - rho^2) is real at |rho| < 1.
        """
        if e.is_extended_real:
            return e
        if not e.has(self.y):
            return sp.Dummy(real=True) if is_real(self.value(e)) else e
        return e.func(*(self._with_real_constants(arg) for arg in e.args), evaluate=False) if e.args else e

    def _real(self, e: sp.Expr) -> arb:
        """The value of a real expression free of y."""
        if e.has(self.y) or not is_real(v := self.value(e)):
            raise NoMajorant(f"{e} is not a real constant")
        return v.real
