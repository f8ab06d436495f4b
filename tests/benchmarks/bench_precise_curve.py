"""N-digit risk curves: 50 digits against mpmath.odefun, 1,000 digits, and a dense covariance.

Run by hand: `python tests/benchmarks/bench_precise_curve.py`. Both runs of a curve, the second of which
checks the first, are in its time. odefun is timed at few modes and extrapolated linearly to 100: its cost a
step is proportional to the number of modes, and the steps do not become fewer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import mpmath

from signsgd_sym.model import SIGN, Covariance, Schedule, noise_law
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.precise import precise_curve, solve_precise
from signsgd_sym.solve.precise_spectrum import PreciseSpectrum, precise_spectrum
from signsgd_sym.solve.risk import initial_delta

DIGITS, MODES, HORIZON, FEW = 50, 100, 10, (5, 10)
ETA = "1/2"


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the seconds that it took."""
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


def with_odefun(modes: PreciseSpectrum, digits: int) -> Any:
    """R(T) for Gaussian noise of variance 1 by mpmath.odefun at `digits` digits."""
    with mpmath.workdps(digits):
        lam, n, r0 = (
            [mpmath.mpf(value.str(digits + 5, radius=False)) for value in row]
            for row in (modes.lam, modes.forcing, modes.r0)
        )
        eta = mpmath.mpf(1) / 2

        def slope(_t: Any, r: Any) -> Any:
            rate = 2 * eta * 2 / mpmath.pi / mpmath.sqrt(2 * sum(r) + 1)
            return [-rate * x * y + eta**2 * f for x, f, y in zip(lam, n, r, strict=True)]

        return sum(mpmath.odefun(slope, 0, r0)(HORIZON))


def main() -> None:
    """Print what was measured."""
    problem, schedule = make_problem(SIGN, noise_law("Normal(0, 1)")), Schedule.of(ETA)

    def covariance(d: int) -> Covariance:
        return Covariance.from_spec(f"powerlaw:d={d},alpha=1")

    def spectrum(d: int) -> PreciseSpectrum:
        return precise_spectrum(problem.ode.sde, covariance(d), initial_delta(d), DIGITS + 20)

    given = spectrum(MODES)
    curve, ours = timed(lambda: solve_precise(problem, lambda _digits: given, schedule, [0, HORIZON], DIGITS))
    print(f"{DIGITS} digits, {MODES} modes, T = {HORIZON}: {ours:.2f} s, agreement 1e{curve.gap:.0f}")
    seconds = []
    for d in FEW:
        few = spectrum(d)
        mine, _ = timed(
            lambda few=few: solve_precise(problem, lambda _d: few, schedule, [0, HORIZON], DIGITS)
        )
        theirs, slow = timed(lambda few=few: with_odefun(few, DIGITS))
        seconds.append(slow)
        with mpmath.workdps(DIGITS + 5):
            gap = abs(theirs / mpmath.mpf(mine.decimals[1]) - 1)
        print(f"odefun, {d} modes: {slow:.1f} s; it differs by {mpmath.nstr(gap, 2)}")
    full = seconds[-1] + (seconds[-1] - seconds[0]) / (FEW[1] - FEW[0]) * (MODES - FEW[1])
    print(f"odefun, {MODES} modes, extrapolated: {full:.0f} s, that is {full / ours:.0f} times as long")
    long, slow = timed(
        lambda: precise_curve(problem, covariance(5), schedule, initial_delta(5), [0, 4], 1000)
    )
    print(f"1000 digits, 5 modes, T = 4: {slow:.1f} s, agreement 1e{long.gap:.0f}")
    for d in (50, 100):
        dense = Covariance.from_spec(f"ar1:d={d},rho=1/2")
        run = timed(
            lambda dense=dense, d=d: precise_curve(problem, dense, schedule, initial_delta(d), [0, 4], 50)
        )
        print(f"50 digits, dense K, d = {d}, T = 4: {run[1]:.1f} s, agreement 1e{run[0].gap:.0f}")


if __name__ == "__main__":
    main()
