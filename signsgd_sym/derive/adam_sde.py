r"""Adam's limiting SDE and its mode ODE, under Gaussian label noise.

The residual is then Gaussian, of variance 2 P, and Adam's step does not see its scale:

    d Delta = -eta (c_1/sqrt(2 P)) Kbar Delta dt + eta sqrt(K_A/d) dB,      (K_A)_ij = k(C_ij),  k(1) = c_2,

with the constants c_1, c_2 and the kernel k of `derive.adam`: signHSGD with c_1/sqrt(2 P) in place of
phi/sqrt(2 R), and K_A in place of K_sigma.

What rests on what. c_1 and k are derived, for steps in which Delta stands still. That it does while Adam
remembers, O(1/(1 - beta)) steps out of d, is heuristic; so is the use of the long-run covariance of the
steps, which are correlated for beta_1 > 0. That the recursion follows the ODE is a conjecture, supported by
simulation.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.adam import mean_response, pair_of_coordinates
from signsgd_sym.derive.assumptions import GAUSSIAN_DATA, ONE_PASS, SMALL_CORRELATIONS
from signsgd_sym.derive.risk import CONCENTRATION, RiskODE, derive_risk_ode
from signsgd_sym.derive.sde import LimitSDE, NamedRule
from signsgd_sym.notation import K_A, D, Delta, K, K_ii, P, R, c_1, d, e_i, eta, rho, rho_r
from signsgd_sym.proof.derivation import Assumption, Recorder
from signsgd_sym.special import NoiseMean

GAUSSIAN_NOISE = Assumption("eps ~ N(0, v^2), v >= 0", name="gaussian-noise")
STANDS_STILL = Assumption("Delta and R stand still while Adam remembers", name="short-memory")
CONJECTURE = f"a conjecture for Adam, proved for signSGD only: {CONCENTRATION}"
ADAM = NamedRule("adam", sp.Symbol("m/sqrt(v)", real=True), "Adam")
K_A_ENTRY = sp.Function("k", real=True)(rho)
"""k(rho), the entry of K_A for two coordinates of correlation rho."""


def adam_sde() -> LimitSDE:
    """The limiting SDE of Adam under Gaussian label noise.

    >>> adam_sde().rate
    sqrt(2)*c_1/(2*sqrt(P))
    """
    record = Recorder(
        "adam-sde",
        "The limiting SDE of Adam under Gaussian label noise",
        (GAUSSIAN_DATA, ONE_PASS, SMALL_CORRELATIONS, GAUSSIAN_NOISE, STANDS_STILL),
    )
    record.use(mean_response())
    record.use(pair_of_coordinates())
    record.define(P, R + NoiseMean(nt.eps**2) / 2, "the population risk: r has the variance 2 P")
    record.define(
        rho_r,
        sp.Trace(e_i.T * K * Delta) / sp.sqrt(sp.Trace(e_i.T * K * e_i) * 2 * P),
        "Gaussian noise makes r and x_i a Gaussian pair",
        needs=(GAUSSIAN_DATA, GAUSSIAN_NOISE),
    )
    in_words = nt.KDelta_i / (sp.sqrt(K_ii) * sp.sqrt(2 * P))
    record.equal(rho_r, in_words, "by the names of its parts")
    rate = c_1 / sp.sqrt(2 * P)
    drift = -eta * rate * (D**-1 * K * Delta)
    record.define(
        nt.step_of["drift"],
        drift,
        "the drift of Delta per unit time: the mean step is c_1 corr(r, x_i) to first order",
        needs=(ONE_PASS, SMALL_CORRELATIONS, STANDS_STILL),
    )
    record.equal(
        -d * (eta / d) * c_1 * rho_r,
        sp.Trace(e_i.T * drift),
        "coordinate i of the drift is d steps of the mean",
    )
    covariance = eta**2 / d * K_A
    record.define(
        nt.step_of["covariance"],
        covariance,
        "covariance of Delta per unit time: d steps of (eta/d)^2 times the long-run covariance of a step",
        needs=(ONE_PASS, STANDS_STILL),
    )
    definitions = ((P, R + NoiseMean(nt.eps**2) / 2),)
    return LimitSDE(
        Delta, drift, covariance, ADAM, rate, sp.S.One, sp.S.One, K_A, K_A_ENTRY, definitions, record.finish()
    )


def adam_risk_ode() -> RiskODE:
    """The mode ODE of Adam under Gaussian label noise.

    >>> adam_risk_ode().rhs
    eta**2*n[i] - sqrt(2)*c_1*eta*lambda[i]*r[i]/sqrt(P)
    """
    return derive_risk_ode(adam_sde(), CONJECTURE)


__all__ = ["ADAM", "GAUSSIAN_NOISE", "STANDS_STILL", "adam_risk_ode", "adam_sde"]
