r"""Adam's risk curve from its mode ODE, under Gaussian label noise; `adam_law_curve` has any other.

    dr_i/dt = -2 eta lam_i (c1/sqrt(2 P)) r_i + eta^2 n_i,    n_i = lam_i (U^T D^(1/2) K_A D^(1/2) U)_ii/(2
    d),

P = R + v^2/2, with the right-hand side of `derive.adam_sde` and the constants of `adam_kernel`. That the
recursion follows this curve is a conjecture, supported by simulation: see `derive.adam_sde`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from signsgd_sym.derive.adam_sde import adam_risk_ode
from signsgd_sym.derive.risk import RiskODE
from signsgd_sym.errors import NotConverged, RuleError
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.covariance import covariance as as_covariance
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.parts import Atom, FamilyPart
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import P, c_1, eta, i, lam, n, r_i
from signsgd_sym.solve.adam_kernel import AdamKernel, adam_kernel, check_theory
from signsgd_sym.solve.adam_law import law_kernel
from signsgd_sym.solve.adam_law_curve import law_curve
from signsgd_sym.solve.risk import checked_delta, checked_times
from signsgd_sym.solve.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
RTOL = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class AdamRiskResult:
    """The risk curve R(t) of Adam and what it rests on.

    `kernel` holds the constants; under noise that is not Gaussian they move with R, and it holds them at
    R(0). `stationary` is the stationary risk at constant eta, None for a schedule that varies or where none
    was found. `error_budget` holds estimates of relative errors of R(t): `constants` and `solver`
    (for Gaussian noise the tolerance of the solver, otherwise a difference of two runs).
    """

    adam: Adam
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
    error_budget: dict[str, float]

    def __repr__(self) -> str:
        return (
            f"AdamRiskResult({self.adam}, {self.law.text}, {self.covariance!r}, eta = {self.schedule.expr}, "
            f"R({self.t[0]:g}) = {self.risk[0]:.6g}, R({self.t[-1]:g}) = {self.risk[-1]:.6g})"
        )


def adam_risk_curve(
    adam: Adam,
    law: Any,
    covariance: Any,
    lr: Any,
    time: Any,
    *,
    points: int = 100,
    delta0: ArrayLike | None = None,
    seed: int = 0,
    kernel: AdamKernel | None = None,
) -> AdamRiskResult:
    """The risk curve of Adam: signHSGD's ODE with Adam's constants, which move with R unless eps is Gaussian.

    adam : beta1, beta2; eps must be 0
    law : label noise without symbolic parameters; with or without a variance, symmetric or not
    covariance, lr, time, points, delta0, seed : as for `risk_curve`
    kernel : made earlier for the same beta1 and beta2, to save a second; under Gaussian noise alone

    Raises `RuleError` for a kernel under another law, `ParameterError` for what `adam_kernel` refuses and for
    a law with symbolic parameters, `NotConverged` when the ODE or the law of the residual cannot be followed,
    and the errors of `risk_curve` for the other arguments.

    >>> result = adam_risk_curve(Adam(0, "9/10"), "Normal(0, 1)", "identity:d=200", 1, 4, points=4)
    >>> result.risk.shape, round(result.stationary, 4)
    ((5,), 0.3005)
    """
    check_theory(adam)
    noise = noise_law(law)
    variance = gaussian_variance(noise)
    K, schedule, times = as_covariance(covariance), Schedule.of(lr), checked_times(time, points)
    start = checked_delta(delta0, K.d, seed)
    if variance is None:
        if kernel is not None:
            raise RuleError(
                f"a kernel was given, but under {noise.text} Adam's constants change with R; leave it out."
            )
        curve = law_curve(adam, noise, K, schedule, times, start)
        kernel = law_kernel(adam, noise, float(curve.modes.r0.sum()))
        return AdamRiskResult(
            adam, noise, K, schedule, start, kernel, curve.ode, curve.modes, times, curve.risk,
            curve.stationary, curve.error_budget,
        )  # fmt: skip
    kernel = kernel or adam_kernel(adam)
    ode = adam_risk_ode()
    modes = spectrum(ode.sde, K, start, lambda C, _ii, _jj: kernel(C))
    risk = _integrate(ode, kernel.c1, variance, modes, schedule, times)
    stationary = None
    if schedule.is_constant:
        stationary = stationary_risk(kernel, variance, K, float(schedule.value))
    budget = {"constants": kernel.error / min(kernel.c1, kernel.c2), "solver": RTOL}
    return AdamRiskResult(
        adam, noise, K, schedule, start, kernel, ode, modes, times, risk, stationary, budget
    )


def gaussian_variance(law: NoiseLaw) -> float | None:
    """E eps^2 of a Gaussian law of mean 0, or of no noise; None for another law, or with parameters."""
    part = law.parts[0][1]
    centred = part.is_symmetric if isinstance(part, FamilyPart) else False
    is_gaussian = isinstance(part, FamilyPart) and part.name == "Normal" and centred
    is_zero = isinstance(part, Atom) and part.location == 0
    if len(law.parts) != 1 or law.parameters or not (is_gaussian or is_zero):
        return None
    return float(law.second_moment())


def stationary_risk(kernel: AdamKernel, variance: float, K: Covariance, step: float) -> float:
    """The root of R c1/sqrt(2 P) = eta c2 tr(D)/(4 d), 2 P = 2 R + v^2.

    Summing dr_i/dt = 0 over the modes, only the diagonal of K_A counts, which is c2. With
    A = eta c2 tr(D)/(4 d c1) it is R = A^2 + A sqrt(A^2 + v^2).
    """
    A = step * kernel.c2 * float(np.sum(np.sqrt(K.diagonal))) / (4 * K.d * kernel.c1)
    return float(A**2 + A * np.sqrt(A**2 + variance))


def _integrate(
    ode: RiskODE, c1: float, variance: float, modes: Spectrum, schedule: Schedule, times: Array
) -> Array:
    """R at `times`, from the derived right-hand side."""
    names = sp.symbols("r_i lambda_i n_i", real=True)
    plain = ode.rhs.xreplace(dict(zip((r_i, lam[i], n[i]), names, strict=True)))
    rhs, step = sp.lambdify((*names, eta, c_1, P), plain, "numpy"), schedule.function()

    def slope(t: float, r: Array) -> Array:
        R = float(r.sum())
        population = max(R + variance / 2, np.finfo(float).tiny)
        return np.asarray(rhs(r, modes.lam, modes.forcing, step(t, R), c1, population))

    solved = solve_ivp(
        slope,
        (float(times[0]), float(times[-1])),
        modes.r0,
        method="LSODA",
        t_eval=times,
        rtol=RTOL,
        atol=RTOL * 1e-4 * max(float(modes.r0.sum()), 1e-300) / modes.d,
    )
    risk = solved.y.sum(axis=0)
    if not solved.success or not np.all(np.isfinite(risk)) or np.any(risk <= 0):
        raise NotConverged(
            f"the risk ODE of Adam could not be followed to t = {times[-1]:g}; take a smaller step size or a "
            "shorter time."
        )
    return np.asarray(risk)


__all__ = ["AdamRiskResult", "adam_risk_curve", "gaussian_variance", "stationary_risk"]
