"""The far part of an integral whose integrand is e(y) exp(g(y)), g -> 0, with e regular at infinity.

    int_N^oo e exp(g) dy = int_0^(1/N) e(1/w)/w^2 dw + rest,   |rest| <= int_N^oo |e| |exp(g) - 1| dy,

both integrals absolutely convergent. A tail 1/y^2 needs N = 2^200 for 60 digits if it is bounded as a whole;
here N need only be so large that exp(g) differs little from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from flint import arb

from signsgd_sym.balls.ball import Evaluator
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.exp_minus_one import upper_exp_minus_one
from signsgd_sym.balls.majorant import Majorant
from signsgd_sym.balls.scope import Slots, extend
from signsgd_sym.balls.terms import tail


@dataclass(frozen=True)
class Settling:
    """e and g; e(1/w)/w^2 as a function of w, and exp(g) as one of y."""

    e: sp.Expr
    g: sp.Expr
    inverted: Evaluator
    factor: Evaluator

    def rest(self, majorant: Majorant) -> arb:
        """The bound of the rest, 0 without exponentials. Raises `NoMajorant`."""
        if self.g == 0:
            return arb(0)
        near_one = upper_exp_minus_one(majorant, self.g)
        return tail([a * b for a in majorant.upper(self.e) for b in near_one], majorant.N)


def settling(f: sp.Expr, y: sp.Symbol, slots: Slots, tidy: Callable[..., sp.Expr]) -> Settling:
    """`f` with all its exponential factors in exp(g)."""
    w = sp.Dummy("w", positive=True)
    factors = sp.Mul.make_args(f)
    g = sp.Add(*(factor.args[0] for factor in factors if isinstance(factor, sp.exp)))
    e = sp.Mul(*(factor for factor in factors if not isinstance(factor, sp.exp)))
    return Settling(
        e,
        g,
        compile_node(tidy(e.subs(y, 1 / w) / w**2, w), extend(slots, w)),
        compile_node(sp.exp(g), extend(slots, y)),
    )
