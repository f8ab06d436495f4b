r"""Euler-Maruyama for the limiting SDE at N digits, along the path that a seed gives.

    Delta <- Delta - eta a(R) D^(-q) K Delta dt + eta sqrt(s(R) dt/d) M^(1/2) xi,    R = Delta^T K Delta/2.

The increments xi, K and Delta(0) are the float64 numbers of `euler_maruyama`, taken exactly; everything else
(a, s, eta, M and its symmetric root, dt) is computed to N digits. So the difference of the two is the
rounding of float64 along one and the same path, and says nothing of the time step. Rounding here is
measured, not enclosed: the path is computed again with more digits, until two runs agree to those asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq
from numpy.typing import NDArray

from signsgd_sym.balls import program
from signsgd_sym.balls.ball import precision
from signsgd_sym.errors import NotConverged, NotPositiveDefinite, ParameterError, ShapeMismatch
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import K_ii, K_jj, rho
from signsgd_sym.solve.brownian import grid, increments
from signsgd_sym.solve.digits import checked_digits
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.precise_eigen import symmetric_eigen, working_bits
from signsgd_sym.solve.precise_functions import (
    drift_rate_expressions,
    noise_scale_expression,
    of_risk,
    of_time_and_risk,
)
from signsgd_sym.solve.precise_spectrum import MATRICES, exact_entries, log10, precise_noise_matrix

Array = NDArray[np.float64]

GUARD_DIGITS = 10
"""Digits of the first run beyond those asked for."""
MORE_DIGITS = 15
"""Digits by which the next run is finer."""
ATTEMPTS = 3
"""Runs after the first before it is given up."""


@dataclass(frozen=True)
class PrecisePath:
    """Risks of the paths at `times`: `risk[run][point]`, of which only the midpoint counts.

    `gap` is the decimal logarithm of the largest relative difference between the run that is shown and one
    with 15 digits fewer, below -`digits`.
    """

    times: Array
    risk: tuple[tuple[Any, ...], ...]
    digits: int
    gap: float

    @property
    def decimals(self) -> tuple[tuple[str, ...], ...]:
        """The risks as decimal text of `digits` digits."""
        return tuple(tuple(R.str(self.digits, radius=False) for R in run) for run in self.risk)


@dataclass(frozen=True)
class _Operators:
    """K, D^(-q) and M^(1/2): an `arb_mat`, or the list of a diagonal."""

    K: Any
    preconditioner: list[Any]
    root: Any

    @classmethod
    def of(cls, problem: Problem, covariance: Covariance, work: int) -> _Operators:
        sde, d = problem.ode.sde, covariance.d
        power = program(K_ii ** (-sde.power / 2), {K_ii: 1})
        if covariance.is_diagonal:
            entry = program(sde.noise_entry, {rho: 1, K_ii: 1, K_jj: 1})
            k = [arb(x) for x in covariance.diagonal.tolist()]
            M = [entry({rho: 1, K_ii: x, K_jj: x}).real for x in k]
            return cls(k, [power({K_ii: x}).real for x in k], [x.sqrt().mid() for x in M])
        K = exact_entries(covariance)
        eigen = symmetric_eigen(precise_noise_matrix(sde, K), work)
        roots = [x.sqrt() if x > 0 else arb(0) for x in eigen.lam]
        scaled = arb_mat([[u * x for u, x in zip(row, roots, strict=True)] for row in eigen.U.tolist()])
        root = (scaled * eigen.U.transpose()).mid()
        return cls(arb_mat(K), [power({K_ii: K[i][i]}).real for i in range(d)], root)


def precise_paths(
    problem: Problem,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    times: Array,
    *,
    digits: int,
    seed: int,
    substeps: int = 1,
    runs: int = 1,
) -> PrecisePath:
    """The risks of `euler_maruyama` with the same arguments, to `digits` digits.

    Time is proportional to the steps, each of which evaluates a(R) once a run: about 0.1 ms where phi has a
    closed form, and up to seconds where it is an integral.

    Raises:
        ShapeMismatch: `delta0` has not length d.
        ParameterError: fewer than 15 digits, more than memory allows, or times that do not ascend from 0.
        NotPositiveDefinite: K is positive definite in float64 only.
        StepError: a step size that is negative on the path.
        NotConverged: runs of more and more digits do not agree, or a(R) is not known to so many.

    >>> from signsgd_sym.model import SGD, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> problem, K = make_problem(SGD, noise_law("Dirac(0)")), Covariance.identity(2)
    >>> times, start = np.array([0.0, 0.5]), np.array([1.0, 2.0])
    >>> path = precise_paths(problem, K, Schedule.of("1/10"), start, times, digits=25, seed=1)
    >>> path.decimals
    (('2.500000000000000000000000', '2.472454574893388620860599'),)
    """
    d, delta0 = covariance.d, np.asarray(delta0, dtype=float)
    if delta0.shape != (d,):
        raise ShapeMismatch(
            f"Delta(0) has shape {delta0.shape} but the covariance has d = {d}; give {d} numbers."
        )
    if runs != int(runs) or runs < 1:
        raise ParameterError(f"runs is {runs}, but it must be an integer of at least 1; use 1")
    steps = grid(times, d, substeps)
    matrices = 4 * d if covariance.is_diagonal else MATRICES * d**2
    digits = checked_digits(digits, matrices + runs * (6 * d + len(steps)))
    work = digits + GUARD_DIGITS
    fewer = _paths(problem, covariance, schedule, delta0, steps, work, seed, substeps, runs)
    for _ in range(ATTEMPTS):
        work += MORE_DIGITS
        more = _paths(problem, covariance, schedule, delta0, steps, work, seed, substeps, runs)
        with precision(working_bits(work, d)):
            gap = _largest_difference(fewer, more)
            if gap < arb(10) ** -digits:
                return PrecisePath(np.asarray(times, dtype=float), more, digits, log10(gap))
        fewer = more
    raise NotConverged(
        f"paths of {work - MORE_DIGITS} and of {work} digits differ by {gap.str(3, radius=False)}, more than "
        f"1e-{digits}; take a smaller step size or a shorter time."
    )


Risks = tuple[tuple[Any, ...], ...]


def _largest_difference(one: Risks, other: Risks) -> Any:
    """max |x/y - 1|; infinite where a path has overflowed."""
    worst = arb(0)
    for x, y in ((x, y) for pair in zip(one, other, strict=True) for x, y in zip(*pair, strict=True)):
        if not (x.is_finite() and y.is_finite()):
            return arb.pos_inf()
        if x != y:
            worst = max(worst, (abs(x - y) / max(abs(x), abs(y))).mid())
    return worst


def _paths(
    problem: Problem,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    steps: list[int],
    work: int,
    seed: int,
    substeps: int,
    runs: int,
) -> Risks:
    """The risks with `work` digits in every operation. Columns of a matrix are runs."""
    d = covariance.d
    with precision(working_bits(work, d)):
        operators = _Operators.of(problem, covariance, work)
        a = of_risk(drift_rate_expressions(problem)[0], work, "the drift rate")
        s = of_risk(noise_scale_expression(problem), work, "the noise scale")
        eta = of_time_and_risk(schedule, work)
        dt = Fraction(1, d * substeps)
        width = arb(fmpq(dt.numerator, dt.denominator))
        path = increments(seed, runs, d)
        delta = arb_mat([[x] * runs for x in map(arb, delta0.tolist())])
        found = []
        for before, after in pairwise([0, *steps]):
            for step in range(before, after):
                gradient, risks = _gradient_and_risks(operators, delta)
                size = [eta(step * dt, R) for R in risks]
                # Delta = 0 where R = 0: no drift, however a(R) behaves there.
                drift = [x * a(R) * width if R > 0 else arb(0) for x, R in zip(size, risks, strict=True)]
                spread = [x * (s(R) * width / d).sqrt() for x, R in zip(size, risks, strict=True)]
                noise = _apply(operators.root, arb_mat(next(path).T.tolist()))
                pulled = _apply(operators.preconditioner, gradient)
                delta = (delta - _by_column(pulled, drift) + _by_column(noise, spread)).mid()
            found.append(_gradient_and_risks(operators, delta)[1])
        return tuple(zip(*found, strict=True))


def _gradient_and_risks(operators: _Operators, delta: Any) -> tuple[Any, list[Any]]:
    """K Delta, and R = Delta^T K Delta/2 of each column."""
    gradient = _apply(operators.K, delta)
    pairs = zip(delta.transpose().tolist(), gradient.transpose().tolist(), strict=True)
    risks = [(sum((x * y for x, y in zip(*pair, strict=True)), arb(0)) / 2).mid() for pair in pairs]
    if any(R < 0 for R in risks):
        raise NotPositiveDefinite(
            "Delta^T K Delta is negative on the path: the covariance is positive definite in float64 only; "
            "add a small multiple of the identity."
        )
    return gradient, risks


def _apply(operator: Any, X: Any) -> Any:
    """The operator times X: a matrix, or the list of a diagonal."""
    if not isinstance(operator, list):
        return operator * X
    return arb_mat([[k * x for x in row] for k, row in zip(operator, X.tolist(), strict=True)])


def _by_column(X: Any, factors: list[Any]) -> Any:
    """X diag(factors)."""
    return arb_mat([[x * f for x, f in zip(row, factors, strict=True)] for row in X.tolist()])
