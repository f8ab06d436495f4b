r"""The scalar functions of one law, exact: phi, psi, the drift rate, the noise scale, and where they stand.

phi comes from the derivation; the drift rate is `factor` times phi, so that what cancels cancels before any
number is seen, and their values at R = 0 are limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.pieces import Pieces
from signsgd_sym.codegen.vector import VectorForm
from signsgd_sym.notation import P, R, phi


@dataclass(frozen=True)
class Constant:
    """A number of the theory: `symbol` lies within `text` +- `radius`, both decimals as text; the radius is
    `proved`, or an estimate.
    """

    symbol: Any
    text: str
    radius: str
    proved: bool

    @property
    def value(self) -> Any:
        """`text` as an exact number."""
        return sp.Rational(self.text)

    def __str__(self) -> str:
        return f"{self.text} +/- {self.radius} ({'certified' if self.proved else 'estimated'})"


@dataclass(frozen=True)
class CorrelationKernel:
    """The entry of the noise matrix for two coordinates of correlation rho, rho q(y), y = (1 - rho^2)^(1/4):
    `series` is q on [0, 1], `error` an estimate of the absolute error.
    """

    name: str
    doc: str
    series: Pieces
    error: float


@dataclass(frozen=True)
class RiskFunctions:
    """Everything that code is made of, for one update rule under one law.

    `law`, `rule`, `formula`, `verdict`, `derivation` and `modes` are texts for the header, `evidence` a
    longer form of `verdict`. `has_phi` says whether the ODE contains phi; `phi` is its closed form (None
    without one); `rate` is a(R) in terms of phi(R), `scale` is s(R) in terms of P; `noise_power` is
    E[eps^2] (oo when there is none); `rate_at_zero` is the limit of a(R) for R -> 0. The drift of Delta is
    -eta a(R) `drift_matrix` Delta and its covariance eta^2 s(R) `noise_matrix`/d. `step` is eta as an
    expression in t and R, where one is asked for.

    `constants` are numbers that rate and scale name by symbols, `extra` further functions of R as (name, doc,
    expression), `kernel` the entries of `noise_matrix` where they have no closed form; `degree` is k with
    f(c z) = c^k f(z). `scale_at_zero` is the limit of s(R), where it is not what s is at R = 0; `cancels`
    says that rate and scale lose digits in a sum. With `scale_in_noise` the entries of `noise_matrix` have
    s(R) as a factor already, and the covariance is eta^2 `noise_matrix`/d. `definitions` are what formulas
    for a paper have to say before those of rate and scale.
    """

    law: str
    rule: str
    derivation: str
    evidence: str
    verdict: str
    formula: str
    phi: Any | None
    has_phi: bool
    rate: Any
    rate_at_zero: Any
    scale: Any
    noise_power: Any
    drift_matrix: Any
    noise_matrix: Any
    modes: str
    form: VectorForm
    measure: Measure
    step: Any | None = None
    constants: tuple[Constant, ...] = ()
    extra: tuple[tuple[str, str, Any], ...] = ()
    kernel: CorrelationKernel | None = None
    degree: Any | None = None
    scale_in_noise: bool = False
    scale_at_zero: Any | None = None
    cancels: bool = False
    definitions: tuple[tuple[Any, Any], ...] = ()
    scale_doc: str = "E[f(residual)^2], the factor of the diffusion."

    @property
    def has_variance(self) -> bool:
        """Whether E[eps^2] is finite."""
        return bool(self.noise_power.is_finite)

    @property
    def population_risk(self) -> Any:
        """P = R + E[eps^2]/2."""
        return R + self.noise_power / 2

    @property
    def factor(self) -> Any:
        """a(R)/phi(R), for a rate that is linear in phi."""
        return sp.simplify(self.rate / phi)

    @property
    def scale_code(self) -> Any:
        """s(R) in terms of R."""
        return sp.expand(self.scale.subs(P, self.population_risk))

    @property
    def scale_limit(self) -> Any:
        """s(R) for R -> 0."""
        if self.scale_at_zero is not None:
            return self.scale_at_zero
        return sp.sympify(self.scale_code, strict=True).subs(R, 0)

    def with_numbers(self, expr: Any) -> Any:
        """`expr` with the values of the constants, as exact decimals."""
        return sp.sympify(expr, strict=True).xreplace({c.symbol: c.value for c in self.constants})
