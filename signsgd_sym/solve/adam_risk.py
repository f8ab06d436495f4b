r"""Adam's risk curve from its mode ODE, under Gaussian label noise; `adam_law_curve` has any other.

    dr_i/dt = -2 eta lam_i (c1/sqrt(2 P)) r_i + eta^2 n_i,    n_i = lam_i (U^T D^(1/2) K_A D^(1/2) U)_ii/(2
    d),

P = R + v^2/2, with the right-hand side of `derive.adam_sde` and the constants of `adam_kernel`. That the
recursion follows this curve is a conjecture, supported by simulation: see `derive.adam_sde`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from signsgd_sym.derive.adam_sde import adam_risk_ode
from signsgd_sym.derive.risk import RiskODE
from signsgd_sym.errors import NotConverged, RuleError
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom, FamilyPart
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import P, R, c_1, eta, i, lam, n, r_i
from signsgd_sym.solve.adam_kernel import AdamKernel, adam_kernel, check_theory
from signsgd_sym.solve.adam_law import law_kernel
from signsgd_sym.solve.adam_law_curve import law_curve
from signsgd_sym.solve.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
RTOL = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class AdamRisk:
    """The risk curve R(t) of Adam and what it rests on.

    `kernel` holds the constants; under noise that is not Gaussian they move with R, and it holds them at
    R(0). `stationary` is the stationary risk at constant eta, None for a schedule that varies or where none
    was found. `error_budget` holds estimates of relative errors: `solver` from a run at a larger tolerance,
    `constants` of c1 and of the kernel, or of what their error does to R(t) where they move.
    """

    rule: Adam
    law: NoiseLaw
    covariance: Covariance
    schedule: Schedule
    delta0: Array
    kernel: AdamKernel
    ode: RiskODE
    modes: Spectrum
    t: Array
    risk: Array
    stationary: float | None
    error_budget: dict[str, float | None]

    @property
    def constants_move(self) -> bool:
        """Whether c1, c2 and k are functions of R, and c1 the c1(R) of `derive.adam_law`."""
        return bool(self.ode.rhs.has(R))

    @property
    def batch(self) -> int:
        """Samples of a step: one."""
        return 1

    def __repr__(self) -> str:
        return (
            f"AdamRisk({self.rule}, {self.law.text}, {self.covariance!r}, eta = {self.schedule.expr}, "
            f"R({self.t[0]:g}) = {self.risk[0]:.6g}, R({self.t[-1]:g}) = {self.risk[-1]:.6g})"
        )


def adam_risk(
    adam: Adam,
    law: NoiseLaw,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    times: Array,
    kernel: AdamKernel | None = None,
) -> AdamRisk:
    """Solve Adam's mode ODE at `times`, which start at 0, from Delta(0) = `delta0`.

    Args:
        adam: beta1 and beta2; eps must be 0.
        law: label noise without symbolic parameters; with or without a variance, symmetric or not.
        covariance, schedule: what is studied.
        delta0: (d,), Delta at time 0.
        times: (points,), from 0 on.
        kernel: made earlier for the same beta1 and beta2, to save a second or two; under Gaussian noise only.

    Raises:
        RuleError: a kernel under a law with which the constants move.
        ParameterError: what `adam_kernel` refuses, and a law with symbolic parameters.
        NotConverged: the ODE, or the law of the residual, cannot be followed.

    Example:
        >>> law, K = NoiseLaw.from_text("Normal(0, 1)"), Covariance.identity(200)
        >>> args = (law, K, Schedule.of(1), np.full(200, 0.1), np.linspace(0, 4, 5))
        >>> result = adam_risk(Adam(0, "9/10"), *args)
        >>> result.risk.shape, round(result.stationary, 4)
        ((5,), 0.3005)
    """
    check_theory(adam)
    variance = gaussian_variance(law)
    if variance is None:
        if kernel is not None:
            raise RuleError(
                f"a kernel was given, but under {law.text} Adam's constants change with R; leave it out."
            )
        curve = law_curve(adam, law, covariance, schedule, times, delta0)
        kernel = law_kernel(adam, law, float(curve.modes.r0.sum()))
        return AdamRisk(
            adam, law, covariance, schedule, delta0, kernel, curve.ode, curve.modes, times, curve.risk,
            curve.stationary, curve.error_budget,
        )  # fmt: skip
    kernel = kernel or adam_kernel(adam)
    ode = adam_risk_ode()
    modes = spectrum(ode.sde, covariance, delta0, lambda C, _ii, _jj: kernel(C))
    risk, rough = (
        _integrate(ode, kernel.c1, variance, modes, schedule, times, rtol) for rtol in (RTOL, 100 * RTOL)
    )
    budget = {
        "phi": None,
        "solver": float(np.max(np.abs(rough / risk - 1))),
        "constants": kernel.error / min(kernel.c1, kernel.c2),
    }
    stationary = None
    if schedule.is_constant:
        stationary = stationary_risk(kernel, variance, covariance, float(schedule.value))
    return AdamRisk(
        adam, law, covariance, schedule, delta0, kernel, ode, modes, times, risk, stationary, budget
    )


def gaussian_variance(law: NoiseLaw) -> float | None:
    """E eps^2 of a Gaussian law of mean 0, or of no noise; None for another law, or with parameters."""
    exact = exact_gaussian_variance(law)
    return None if exact is None else float(exact)


def exact_gaussian_variance(law: NoiseLaw) -> sp.Expr | None:
    """`gaussian_variance` as an exact number.

    >>> exact_gaussian_variance(NoiseLaw.from_text("Normal(0, 1/2)"))
    1/4
    """
    part = law.parts[0][1]
    centred = part.is_symmetric if isinstance(part, FamilyPart) else False
    is_gaussian = isinstance(part, FamilyPart) and part.name == "Normal" and centred
    is_zero = isinstance(part, Atom) and part.location == 0
    if len(law.parts) != 1 or law.parameters or not (is_gaussian or is_zero):
        return None
    return law.second_moment()


def stationary_risk(kernel: AdamKernel, variance: float, K: Covariance, step: float) -> float:
    """The root of R c1/sqrt(2 P) = eta c2 tr(D)/(4 d), 2 P = 2 R + v^2.

    Summing dr_i/dt = 0 over the modes, only the diagonal of K_A counts, which is c2. With
    A = eta c2 tr(D)/(4 d c1) it is R = A^2 + A sqrt(A^2 + v^2).
    """
    A = step * kernel.c2 * float(np.sum(np.sqrt(K.diagonal))) / (4 * K.d * kernel.c1)
    return float(A**2 + A * np.sqrt(A**2 + variance))


def _integrate(
    ode: RiskODE,
    c1: float,
    variance: float,
    modes: Spectrum,
    schedule: Schedule,
    times: Array,
    rtol: float,
) -> Array:
    """R at `times`, from the derived right-hand side."""
    names = sp.symbols("r_i lambda_i n_i", real=True)
    plain = ode.rhs.xreplace(dict(zip((r_i, lam[i], n[i]), names, strict=True)))
    rhs, step = sp.lambdify((*names, eta, c_1, P), plain, "numpy"), schedule.function()

    def slope(t: float, r: Array) -> Array:
        found = float(r.sum())
        population = max(found + variance / 2, np.finfo(float).tiny)
        return np.asarray(rhs(r, modes.lam, modes.forcing, step(t, found), c1, population))

    solved = solve_ivp(
        slope,
        (float(times[0]), float(times[-1])),
        modes.r0,
        method="LSODA",
        t_eval=times,
        rtol=rtol,
        atol=rtol * 1e-4 * max(float(modes.r0.sum()), 1e-300) / modes.d,
    )
    risk = solved.y.sum(axis=0)
    if not solved.success or not np.all(np.isfinite(risk)) or np.any(risk <= 0):
        raise NotConverged(
            f"the risk ODE of Adam could not be followed to t = {times[-1]:g}; take a smaller step size or a "
            "shorter time."
        )
    return np.asarray(risk)


__all__ = ["AdamRisk", "adam_risk", "gaussian_variance", "stationary_risk"]
