r"""A function of R near an end of (0, oo) as a short series with a proved relative error.

f(R) = front(R) sum_k c_k variable(R)^k (1 + delta), |delta| <= error, for R >= start (end oo) or R <= start
(end 0). Where the closed form of phi cancels, the generated code uses this; `large_series` and `small_series`
make it. The error is that of the truncation and of the stored coefficients, not of float64 arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import sympy as sp

from signsgd_sym.notation import R
from signsgd_sym.proof.derivation import Derivation, Recorder

GOAL = 2.0**-56
TERMS = 12


@dataclass(frozen=True)
class EndSeries:
    """f(R) ~ front(R) sum_k coefficients[k] variable(R)^k from `start`, a power of two, to `end`.

    `error` bounds both |f/series - 1| and |series/f - 1| there. `coefficients` are exact numbers, or Floats
    where an exact value is not known; `exact` says what a Float stands for (an integral), and `error`
    includes the difference. `reason` says what was expanded and what bounds the remainder.
    """

    end: Literal["0", "oo"]
    front: Any
    variable: Any
    coefficients: tuple[Any, ...]
    start: Fraction
    error: float
    reason: str
    exact: tuple[Any, ...]

    @property
    def expression(self) -> Any:
        """front sum_k coefficients[k] variable^k, Floats as the rational numbers they are."""
        stored = tuple(sp.Rational(c) if c.is_Float else c for c in self.coefficients)
        return self.front * _polynomial(stored, self.variable)

    @property
    def exact_expression(self) -> Any:
        """The same with the exact coefficients."""
        return self.front * _polynomial(self.exact, self.variable)

    @property
    def order(self) -> Any:
        """front variable^n: the first power left out."""
        return self.front * self.variable ** len(self.coefficients)

    def covers(self, risk: Any) -> bool:
        """Whether the error is proved at R = `risk`."""
        return bool(risk >= self.start if self.end == "oo" else 0 < risk <= self.start)


def _polynomial(coefficients: tuple[Any, ...], variable: Any) -> Any:
    return sp.Add(*(c * variable**k for k, c in enumerate(coefficients)))


def recorded(series: EndSeries, expr: Any) -> Derivation:
    """The statements of `state` as a derivation of their own."""
    record = Recorder(f"series at {series.end}", f"Expansion for R -> {series.end}")
    state(record, series, expr)
    return record.finish()


def state(record: Recorder, series: EndSeries, expr: Any) -> None:
    """Two steps that can be checked: `expr` = series + O(first power left out), and the stated error.

    In the first both sides are divided by the exponential in `front`, beside which any order would pass.
    The second is |expr/series - 1| <= error at R = start/(1 + u) or start (1 + u), u > 0. The checker draws
    u: its verdict is on those points, while the bound is proved by how the series is made.
    """
    exponential = series.front.as_independent(sp.exp, as_Add=False)[1]
    record.expand(
        sp.expand(expr / exponential),
        series.exact_expression / exponential,
        series.reason,
        variable=R,
        order=series.order / exponential,
        point=sp.oo if series.end == "oo" else 0,
        direction="+-" if series.end == "oo" else "+",
    )
    u, start = sp.Symbol("u", positive=True), sp.Rational(*series.start.as_integer_ratio())
    risk = start * (1 + u) if series.end == "oo" else start / (1 + u)
    ratio = (expr / series.expression).subs(R, risk)
    claim = "the remainder is largest at the start of the series, where it is below the stated error"
    record.at_most(sp.Abs(ratio - 1), sp.Rational(series.error), claim)
