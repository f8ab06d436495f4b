r"""The scalar functions of one law, as expressions ready for code: phi, psi, the drift rate, the noise scale.

phi comes from the derivation; the drift rate phi/sqrt(2 R) and psi = (pi/2) phi sqrt(P/R) are formed
from it symbolically, so that what cancels cancels before any number is seen, and their values at R = 0
are limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.stable import stable
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.vector import VectorForm
from signsgd_sym.notation import P, R, phi


@dataclass(frozen=True)
class RiskFunctions:
    """Everything a target needs, for one update rule under one law.

    `law`, `rule` and `derivation` are texts for the header. `has_phi` says whether the ODE contains phi;
    `phi` is its closed form (None without one), `surrogate` carries the numbers where the closed form is
    not used; `rate` is a(R) in terms of phi(R), `scale` is s(R) in terms of P; `noise_power` is E[eps^2]
    (oo when there is none); `rate_at_zero` is the limit of a(R) for R -> 0. `error` bounds the relative
    error of phi on `error_range`, where phi > 1e-290: proved for a surrogate, and for a closed form the
    largest one measured on a grid, against quadrature of proved error.
    """

    law: str
    rule: str
    derivation: str
    evidence: str
    formula: str
    phi: Any | None
    surrogate: Surrogate | None
    has_phi: bool
    rate: Any
    rate_at_zero: Any
    scale: Any
    noise_power: Any
    form: VectorForm
    measure: Measure
    error: float | None = None
    error_range: tuple[float, float] = (1e-12, 1e12)

    @property
    def has_variance(self) -> bool:
        """Whether E[eps^2] is finite."""
        return bool(self.noise_power.is_finite)

    @property
    def population_risk(self) -> Any:
        """P = R + E[eps^2]/2."""
        return R + self.noise_power / 2

    @property
    def phi_code(self) -> Any:
        """phi for code, stable products of exp and erfc included."""
        return stable(self.phi)

    @property
    def rate_code(self) -> Any:
        """a(R) for code; phi(R) stays a call where there is no closed form."""
        if self.surrogate is not None or not self.has_phi:
            return self.rate
        # Term by term: a common denominator could overflow where the terms do not. a(R) is linear in phi.
        terms = (sp.simplify(self.rate.subs(phi, term)) for term in sp.Add.make_args(self.phi))
        return stable(sp.Add(*terms))

    @property
    def scale_code(self) -> Any:
        """s(R) for code."""
        return sp.expand(self.scale.subs(P, self.population_risk))

    @property
    def psi_code(self) -> Any:
        """psi(R) = (pi/2) phi sqrt(P/R), with phi(R) = a(R) sqrt(2 R) so that R cancels."""
        from signsgd_sym.codegen.vector import DRIFT_RATE

        return sp.pi / 2 * DRIFT_RATE * sp.sqrt(2 * self.population_risk)
