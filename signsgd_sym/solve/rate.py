r"""The drift rate a(R) and its derivative along a power series R(s), to any number of digits.

Two ways, held together by a test:

* `ClosedRate`: the closed form, where FLINT has power series for what stands in it;
* `PanelRate`: values of a(R) enclosed by the kernel (closed form or integral, whichever it can do) at
  Chebyshev points of R in [c/2, 3c/2], and the polynomial through them. phi(R) = (2/pi) E exp(-eps^2/(4R)) is
  analytic for Re R > 0 whatever the law, so that m + 1 points leave an error of about (2 + sqrt(3))^-m.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import sympy as sp
from flint import arb, arb_poly, arb_series, ctx, fmpq

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.evaluate import Program, program
from signsgd_sym.errors import NotConverged
from signsgd_sym.notation import R
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.precise_functions import drift_rate_expressions
from signsgd_sym.solve.series import NoSeries, Series, SeriesFunction, series_scope

Interval = tuple[arb, arb]

GRID = (8, 5)
"""Ratio of the centres of neighbouring panels; a panel reaches from half to three halves of its centre."""
GAIN = math.log10(2 + math.sqrt(3))
"""Digits that a point of a panel brings."""


class Rate(Protocol):
    """a(R) along series."""

    def along(self, risk: Series) -> tuple[Series, Series]:
        """a(R(s)) and a'(R(s)), to the current precision and order."""

    def domain(self, risk: arb) -> Interval | None:
        """Where R(s) has to stay when R(0) = `risk`; None for anywhere above 0."""


class ClosedRate:
    """a(R) as a formula; raises `NoSeries` where FLINT cannot expand it."""

    def __init__(self, expr: Any) -> None:
        self._expr = expr
        self._pair = SeriesFunction((R,), expr, sp.diff(expr, R))

    def along(self, risk: Series) -> tuple[Series, Series]:
        """Evaluated with more bits until what the formula cancels has left enough of them."""
        bits, order = ctx.prec - 16, ctx.cap
        for extra in (32, bits, 4 * bits, 16 * bits):
            with series_scope(bits + extra, order):
                value, slope = self._pair(risk)
            if _is_sharp(value, bits) and _is_sharp(slope, bits):
                return value, slope
        raise NotConverged(f"{self._expr} cancels all digits near R = {float(risk[0].mid()):.6g}.")

    def domain(self, risk: arb) -> Interval | None:
        """Anywhere."""
        return None


def _is_sharp(series: Series, bits: int) -> bool:
    coefficients = series.coeffs() if isinstance(series, arb_series) else [series]
    if not all(c.is_finite() for c in coefficients):
        return False
    size = max((abs(c.mid()) for c in coefficients), default=arb(0))
    # abs_lower of a mid is the mid itself: compare exact numbers.
    return all(arb(c.rad()) <= size * arb(2) ** -bits for c in coefficients)


class PanelRate:
    """a(R) by interpolation; `exprs` are tried in turn at each point: a closed form, an integral."""

    def __init__(self, exprs: list[Any], digits: int) -> None:
        self._digits = digits
        self._programs: list[Program] = []
        for expr in exprs:
            try:
                self._programs.append(program(expr, {R: sp.S.One}))
            except Unsupported:
                continue
        if not self._programs:
            raise NotConverged(f"the kernel cannot enclose {exprs[0]}; no number of digits can be had.")
        self._panels: dict[int, tuple[arb_poly, arb_poly]] = {}
        self.evaluations = 0

    def along(self, risk: Series) -> tuple[Series, Series]:
        """The panel's polynomials composed with the series."""
        number = self._number(risk[0])
        value, slope = self._panel(number)
        centre, half = self._place(number)
        start = arb_poly([(risk[0] - centre) / half, 1])
        inner = arb_series([arb(0)] + [c / half for c in risk.coeffs()[1:]], prec=ctx.cap)
        return _composed(value(start), inner), _composed(slope(start), inner) / half

    def domain(self, risk: arb) -> Interval | None:
        """The panel, which reaches from half to three halves of its centre."""
        centre, half = self._place(self._number(risk))
        return centre - half, centre + half

    def _number(self, risk: arb) -> int:
        return round(float(risk.mid().log()) / math.log(GRID[0] / GRID[1]))

    def _place(self, number: int) -> tuple[arb, arb]:
        centre = (arb(fmpq(*GRID)) ** number).mid()
        return centre, centre / 2

    def _panel(self, number: int) -> tuple[arb_poly, arb_poly]:
        if number not in self._panels:
            points = math.ceil((self._digits + 4) / GAIN)
            # Powers of x instead of Chebyshev polynomials cost a factor (1 + sqrt(2))^points: in the
            # arithmetic, not in the values, whose errors stay what they are on the panel.
            bits = max(ctx.prec, int((self._digits + 4) * 3.33)) + math.ceil(1.3 * points)
            with precision(bits):
                centre, half = self._place(number)
                x = [(arb(2 * k + 1) / (2 * points)).cos_pi().mid() for k in range(points)]
                y = [self._value((centre + half * t).mid(), self._digits + 4).mid() for t in x]
                value = polynomial_through(y)
                self._panels[number] = value, value.derivative()
        return self._panels[number]

    def _value(self, risk: arb, digits: int) -> arb:
        self.evaluations += 1
        reason = ""
        for compiled in self._programs:
            try:
                return enclose(compiled, {R: risk}, digits=digits, max_bits=40 * digits + 2_000).ball.real
            except (Undecided, PointRejected, ArithmeticError, ValueError) as limit:
                reason = str(limit)
        raise NotConverged(
            f"the drift rate was not enclosed to {digits} digits at R = {float(risk):.6g} ({reason}); "
            "ask for fewer digits."
        )


def polynomial_through(y: list[arb]) -> arb_poly:
    """The polynomial of degree below n with the values y_k at cos((2 k + 1) pi/(2 n)), in powers of x.

    By Chebyshev coefficients (2/n) sum_k y_k cos(j (2 k + 1) pi/(2 n)) and Clenshaw's recurrence; FLINT's
    own interpolation is fast and loses all digits.

    >>> [round(float(c), 12) for c in polynomial_through([arb(2), arb(1), arb(2)])]  # 1 + 4 x^2/3
    [1.0, 0.0, 1.333333333333]
    """
    n = len(y)
    cosines = [(arb(k) / (2 * n)).cos_pi() for k in range(4 * n)]
    c = [
        2 * sum((v * cosines[j * (2 * k + 1) % (4 * n)] for k, v in enumerate(y)), arb(0)) / n
        for j in range(n)
    ]
    later, last, x = arb_poly([0]), arb_poly([0]), arb_poly([0, 1])
    for value in c[:0:-1]:
        later, last = value + 2 * x * later - last, later
    whole = c[0] / 2 + x * later - last
    return arb_poly([value.mid() for value in whole.coeffs()])


def _composed(outer: arb_poly, inner: Series) -> Series:
    """outer(inner(s)) for an inner series without constant term."""
    order = ctx.cap
    if inner.length() == 0:  # FLINT does not compose with the series 0
        return arb_series([outer[0]], prec=order)
    return arb_series(outer.coeffs()[:order], prec=order)(inner)


class ConstantRate:
    """a(R) = a, as for SGD."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def along(self, risk: Series) -> tuple[Series, Series]:
        """The constant and 0."""
        return SeriesFunction((), self._value)()[0], arb(0)

    def domain(self, risk: arb) -> Interval | None:
        """Anywhere."""
        return None


def rate_of(problem: Problem, digits: int) -> Rate:
    """a(R) of a problem: its closed form where that can be expanded, else interpolation."""
    exprs = drift_rate_expressions(problem)
    if not exprs[0].has(R):
        return ConstantRate(exprs[0])
    if problem.phi is not None:
        try:
            return ClosedRate(exprs[0])
        except NoSeries:
            pass
    return PanelRate(exprs, digits)
