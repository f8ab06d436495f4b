r"""Adam's risk curve for eps > 0: `matrix_curve` with the coefficients of `damped_functions`.

The stationary risk at constant eta is the root of R = (eta/(4 d)) sum_i Sigma_ii/a(R, K_ii). Under
Gaussian noise the right-hand side is below that of SGD with the step eta/eps, eta P tr(K)/(2 d eps), which
it tends to as P -> 0. So without label noise R falls to 0 where eta tr(K) <= 2 d eps, and has a positive
rest elsewhere.

What is derived, assumed and conjectured is said in `derive.adam_damped`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.model.adam import Adam
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.solve import adam_law, matrix_curve
from signsgd_sym.solve.adam_residual import gaussian_variance
from signsgd_sym.solve.damped_functions import DampedFunctions
from signsgd_sym.solve.rule_risk import RuleRisk, followed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Resolution:
    """Relative tolerance in time, how the constants are computed, and what interpolation may add."""

    rtol: float
    constants: adam_law.Resolution
    variances: float


FINE = Resolution(1e-8, adam_law.FINE, 1e-7)
COARSE = Resolution(1e-6, adam_law.COARSE, 1e-5)
"""What the error of `FINE` is estimated from."""


def damped_risk(
    adam: Adam, law: NoiseLaw, covariance: Covariance, schedule: Schedule, delta0: Array, times: Array
) -> RuleRisk:
    """Solve the ODE of V = E[Delta Delta^T] at `times`, which start at 0, from Delta(0) = `delta0`.

    Args:
        adam: beta1, beta2 and eps > 0.
        law: label noise without symbolic parameters; with or without a variance, symmetric or not.
        covariance, schedule: what is studied.
        delta0: (d,), Delta at time 0.
        times: (points,), from 0 on.

    Raises:
        ParameterError: what `DampedFunctions` refuses.
        NotConverged: the ODE, or the law of the residual, cannot be followed.

    Example:
        >>> law, K = NoiseLaw.from_text("Normal(0, 1)"), Covariance.identity(20)
        >>> args = (law, K, Schedule.of("1/2"), np.full(20, 0.2), np.array([0.0, 60.0]))
        >>> found = damped_risk(Adam(0, "9/10", "1/2"), *args)
        >>> found.form, bool(abs(found.risk[-1] / found.stationary - 1) < 1e-6)
        ('diagonal', True)
    """
    fine, coarse = (
        (
            DampedFunctions(adam, law, covariance, one.constants, one.variances),
            matrix_curve.Resolution(one.rtol, one.constants.points),
        )
        for one in (FINE, COARSE)
    )
    rest = 0.0 if _falls_to_zero(adam, law, covariance, schedule) else None
    return followed(adam, law, covariance, schedule, delta0, times, (fine, coarse), known_rest=rest)


def _falls_to_zero(adam: Adam, law: NoiseLaw, covariance: Covariance, schedule: Schedule) -> bool:
    if gaussian_variance(law) != 0 or not schedule.is_constant:
        return False
    trace = float(np.sum(covariance.diagonal))
    return float(schedule.value) * trace <= 2 * covariance.d * float(adam.eps)


__all__ = ["damped_risk"]
