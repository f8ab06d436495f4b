r"""a(R) and s(R) for minibatches in closed form: the sign of the mean gradient, and SGD with b samples.

    sign   a = phi_b(R)/sqrt(2 R),  phi_b = (4/pi) sqrt(R) (b - 1) int_0^oo L(u)^b du,  s = 1,
    SGD    a = 1,  s = 2 P/b.

L(u) = (pi/2) phi(R + 1/(4 u^2))/sqrt(1 + 4 R u^2), so that phi is all that is needed of the law (see
`derive.minibatch`). In log u the integrand is analytic and falls off at both ends: the trapezoidal rule
converges exponentially. Every other rule needs the law of the residuals (`rule_functions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import InfiniteVariance, ParameterError, RuleError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.rule_functions import SeparatedFunctions

Array = NDArray[np.float64]

STEP = 0.1
"""Step in log u."""
BELOW, ABOVE = 80.0, 40.0
"""How far log u reaches from -log(4 R)/2, down and up."""


def phi_of_batch(phi: Callable[[Array], Array], risk: float, b: int) -> float:
    """phi_b(R) from phi, for b >= 2; phi itself for b = 1.

    Example:
        >>> from math import gamma, pi, sqrt
        >>> free = phi_of_batch(lambda R: np.full(R.shape, 2 / pi), 0.3, 4)  # without noise
        >>> bool(abs(free * gamma(2) / gamma(2.5) * sqrt(pi) / 2 - 1) < 1e-13)
        True
    """
    if b == 1:
        return float(phi(np.array([risk]))[0])
    u = np.exp(np.arange(-BELOW, ABOVE, STEP)) / np.sqrt(4 * risk)
    L = np.pi / 2 * phi(risk + 1 / (4 * u**2)) / np.sqrt(1 + 4 * risk * u**2)
    return float(4 / np.pi * np.sqrt(risk) * (b - 1) * STEP * np.sum(u * L**b))


@dataclass(frozen=True)
class BatchFunctions(SeparatedFunctions):
    """The rule `sde.rule`, sign or SGD, with batches of `batch` samples; make it with `batch_functions`."""

    phi: Callable[[Array], Array] | None
    noise_power: float
    batch: int

    def rate_and_scale(self, risk: float) -> tuple[float, float]:
        """a(R) and s(R)."""
        if self.phi is None:
            return 1.0, (2 * risk + self.noise_power) / self.batch
        return phi_of_batch(self.phi, risk, self.batch) / np.sqrt(2 * risk), 1.0


def batch_functions(rule: UpdateRule, law: NoiseLaw, covariance: Covariance, batch: int) -> BatchFunctions:
    """The coefficients of sign or SGD with batches.

    Raises:
        ParameterError: a batch below 1.
        RuleError: another rule.
        InfiniteVariance: SGD under noise without a variance.

    Example:
        >>> law = NoiseLaw.from_text("Normal(0, 1)")
        >>> batch_functions(SGD, law, Covariance.identity(3), 4).rate_and_scale(0.5)
        (1.0, 0.5)
    """
    if batch < 1:
        raise ParameterError(f"batch is {batch}; it must be at least 1.")
    if rule not in (SIGN, SGD):
        raise RuleError(
            f"a batch of {batch} samples has a closed form for sign and sgd, not for {rule.name}; "
            "risk_curve takes any rule."
        )
    if rule == SIGN:
        phi = make_problem(SIGN, law).module.phi
        return BatchFunctions(derive_sde(SIGN), law, covariance, phi, 0.0, batch)
    power = law.second_moment()
    if power.is_finite is False:
        raise InfiniteVariance(
            f"sgd needs label noise of finite variance and {law.text} has E[eps^2] = oo; use the rule sign."
        )
    return BatchFunctions(derive_sde(SGD), law, covariance, None, float(power.evalf(20)), batch)
