r"""The risk curve to N digits: Taylor steps of high order (`taylor`), each curve computed twice.

The second run has 8 digits more and another order, hence other steps, and its own modes. What the two have in
common is what is claimed: agreement to N digits, or `NotConverged`. That is evidence, not a proof; both runs
rest on the same ODE and on values of a(R) that the kernel encloses.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_series
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged, ParameterError, StepError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import R, t
from signsgd_sym.solve.digits import LEAST, bytes_of_number, checked_digits, physical_memory
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.precise_functions import noise_scale_expression
from signsgd_sym.solve.precise_spectrum import PreciseSpectrum, precise_spectrum
from signsgd_sym.solve.rate import Rate, rate_of
from signsgd_sym.solve.series import NoSeries, SeriesFunction, series_scope
from signsgd_sym.solve.stepping import PreciseRun, Progress, integrate
from signsgd_sym.solve.taylor import Flow

EXTRA_DIGITS = 8
"""Digits of the second run beyond those of the first."""
GUARD_DIGITS = 6
ORDERS = (1.15, 1.4)
"""Coefficients a digit in the two runs; 1.15 = log(10)/2 makes n^2 work per step cheapest."""


@dataclass(frozen=True, eq=False)
class PreciseCurve:
    """R at `times` (exact numbers) to `digits` digits.

    `gap` is the decimal logarithm of the largest relative difference between the two runs, of which
    the second gives the values; -oo where they are equal.
    """

    times: tuple[Any, ...]
    risk: tuple[arb, ...]
    digits: int
    gap: float
    runs: tuple[PreciseRun, PreciseRun]

    @property
    def decimals(self) -> tuple[str, ...]:
        """The risks as decimals of `digits` digits."""
        with series_scope(self.runs[1].bits, 2):
            return tuple(decimal(value, self.digits) for value in self.risk)

    def gap_of(self, risk: NDArray[np.float64]) -> NDArray[np.float64]:
        """Relative differences of float64 risks at the same times from this curve."""
        with series_scope(self.runs[1].bits, 2):
            return np.array(
                [abs(float((arb(float(a)) / b - 1).mid())) for a, b in zip(risk, self.risk, strict=True)]
            )


class PreciseInterrupted(KeyboardInterrupt):
    """Ctrl-C during a curve; `finished` are the risks (decimals) at the first times, of a single run and
    therefore not checked against a second."""

    def __init__(self, times: tuple[Any, ...], finished: tuple[str, ...]) -> None:
        super().__init__(f"interrupted with {len(finished)} of {len(times)} times finished")
        self.times, self.finished = times[: len(finished)], finished


def decimal(value: arb, digits: int) -> str:
    """The midpoint to so many digits, as `float` and `decimal` read it.

    >>> decimal(arb(1) / 8, 15)
    '0.125000000000000'
    """
    return str(value.mid().str(digits, radius=False))


def precise_curve(
    problem: Problem,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Any,
    times: Sequence[Any],
    digits: int,
    progress: Progress = lambda share: None,
) -> PreciseCurve:
    """The risk curve of a problem to `digits` digits.

    K and Delta(0) are their float64 entries, exactly; the law, eta and the times are exact.

    problem : from `make_problem`
    covariance, schedule, delta0 : as for `risk_curve`
    times : exact numbers (text, SymPy, int), ascending, from 0 on
    digits : at least 15, as many as memory allows

    Raises `ParameterError` for the digits, `StepError` where eta is not positive, `NotConverged` when a(R)
    cannot be enclosed, the steps become too many, or the two runs agree to fewer digits;
    `PreciseInterrupted` on Ctrl-C, with what was finished.

    >>> from signsgd_sym.model import SGD, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> problem = make_problem(SGD, noise_law("Dirac(0)"))
    >>> one = Covariance.identity(1)  # r' = (eta^2 - 2 eta) r
    >>> precise_curve(problem, one, Schedule.of(1), [1.0], [0, 1], 30).decimals[1]
    '0.183939720585721160797761885081'
    """
    checked_curve_digits(digits, covariance.d)

    def modes(wanted: int) -> PreciseSpectrum:
        return precise_spectrum(problem.ode.sde, covariance, delta0, wanted)

    return solve_precise(problem, modes, schedule, times, digits, progress)


def checked_curve_digits(digits: int, d: int) -> int:
    """`digits`, when the curve of d modes can be had to so many: memory grows with their square.

    Held at once are two tables of powers of the eigenvalues and the series of a step.

    Raises:
        ParameterError: fewer than 15 digits, or more than half of the memory allows.
    """
    checked_digits(digits, 1)

    def needed(n: int) -> int:
        return int(3 * ORDERS[1] * (n + EXTRA_DIGITS) * (d + 60)) * bytes_of_number(n)

    limit = physical_memory() // 2
    if needed(digits) > limit:
        most = bisect.bisect_left(range(digits), True, key=lambda n: needed(n) > limit) - 1
        remedy = f"ask for at most {most}" if most >= LEAST else "use a smaller dimension"
        raise ParameterError(
            f"a curve of {d} modes to {digits} digits takes {needed(digits) / 1e9:.3g} GB, but half of the "
            f"memory is {limit / 1e9:.3g} GB; {remedy}"
        )
    return digits


def solve_precise(
    problem: Problem,
    modes: Callable[[int], PreciseSpectrum],
    schedule: Schedule,
    times: Sequence[Any],
    digits: int,
    progress: Progress = lambda share: None,
) -> PreciseCurve:
    """`precise_curve` with the modes given, as a function of the digits wanted."""
    scale = noise_scale_expression(problem)
    at = tuple(exact_number(time) for time in times)
    runs: list[PreciseRun] = []
    for number, slope in enumerate(ORDERS):
        wanted = digits + number * EXTRA_DIGITS
        order, rate, spectrum = (
            math.ceil(slope * wanted) + 14,
            rate_of(problem, wanted + GUARD_DIGITS),
            modes(wanted + GUARD_DIGITS),
        )

        def flow(order: int, rate: Rate = rate, modes: PreciseSpectrum = spectrum) -> Flow:
            return Flow(rate, schedule.expr, scale, modes.lam, modes.forcing, order)

        def shown(share: float, number: int = number) -> None:
            progress((number + share) / 2)

        found: list[arb] = []
        try:
            runs.append(integrate(flow, spectrum.r0, at, wanted, order, found, shown))
        except NoSeries as missing:
            raise StepError(
                f"the step size {schedule.expr} cannot be followed to {digits} digits ({missing}); write it "
                "with elementary functions"
            ) from None
        except KeyboardInterrupt:
            known = runs[0].risk if runs else found
            with series_scope(math.ceil(3.33 * digits) + 20, 2):
                raise PreciseInterrupted(at, tuple(decimal(v, digits) for v in known)) from None
    gap = largest_gap(runs[0].risk, runs[1].risk, runs[1].bits)
    if gap > -digits:
        raise NotConverged(
            f"two runs of the risk ODE agree to {max(0, math.floor(-gap))} digits only, not to {digits}; "
            "ask for fewer digits or a shorter time."
        )
    return PreciseCurve(at, runs[1].risk, digits, gap, (runs[0], runs[1]))


def largest_gap(first: Sequence[arb], second: Sequence[arb], bits: int) -> float:
    """log10 of the largest relative difference."""
    with series_scope(bits, 2):
        gaps = [abs(((a - b) / b).mid()) for a, b in zip(first, second, strict=True)]
        largest = max(gaps, default=arb(0))
        return float((largest.log() / arb(10).log()).mid()) if largest > 0 else -math.inf


def precise_stationary(
    problem: Problem, covariance: Covariance, schedule: Schedule, guess: float, digits: int
) -> arb:
    """The stationary risk at constant eta to `digits` digits: the root of R a(R)/s(R) = eta tr(D^m)/(4 d).

    By Newton's method on the logarithm from `guess`, the float64 root. Raises `NotConverged`.
    """
    from signsgd_sym.derive.risk import stationary_equation

    power = float(stationary_equation(problem.ode).power)
    rate = rate_of(problem, digits + GUARD_DIGITS)
    bits = math.ceil(3.33 * (digits + GUARD_DIGITS)) + 40
    with series_scope(bits, 2):
        scale = noise_scale_expression(problem)
        scales = SeriesFunction((R,), scale, sp.diff(scale, R))
        trace = sum((arb(float(k)) ** (arb(power) / 2) for k in covariance.diagonal), arb(0))
        (eta,) = SeriesFunction((t, R), schedule.expr)(arb(0), arb(guess))
        level = (eta * trace / (4 * covariance.d)).log()
        risk = arb(guess)
        for _ in range(100):
            a, slope = (_first(series) for series in rate.along(arb_series([risk])))
            s, ds = scales(risk)
            excess = (risk * a / s).log() - level
            step = excess / (1 / risk + slope / a - ds / s)
            risk = (risk - step).mid()
            if abs(step) < risk * arb(10) ** -(digits + 3):
                return risk
    raise NotConverged(f"the stationary risk was not found to {digits} digits; ask for fewer.")


def _first(series: Any) -> arb:
    return series if isinstance(series, arb) else series[0]
