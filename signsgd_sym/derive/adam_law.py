r"""Adam under label noise of any law: its constants become functions of the risk.

The residual is r = sqrt(2 R) G - eps. Only G is correlated with x_i, rho_i = (K Delta)_i/sqrt(2 R K_ii). With
G and eps known, x_i/sqrt(K_ii) is N(rho_i G, 1 - rho_i^2), so that to first order the newest gradient answers
with rho_i G r (1 + 2 sigma r^2)^(-3/2), older gradients not at all (they are even in x_i), and Stein's
identity in G turns the mean of it into sqrt(2 R) rho_i times the mean of

    N_R(sigma) = E[3 A^(-5/2) - 2 A^(-3/2)],   A = 1 + 2 sigma r^2;   L_R(sigma) = E A^(-1/2).

Hence, without momentum and with a = 1 - beta_2,

    c_1(R) = sqrt(2 R/pi) int_0^oo s^(-1/2) N_R(a s) prod_(j >= 1) L_R(a beta_2^j s) ds,

and K_A(R) is that of `derive.adam` with the mean over the law of r. In the SDE they take the places that
phi(R) and K_sigma have for signSGD:

    d Delta = -eta (c_1(R)/sqrt(2 R)) Kbar Delta dt + eta sqrt(K_A(R)/d) dB.

The transforms are bounded functions of r: no moment of eps is needed. What is derived, assumed and
conjectured is as in `derive.adam_sde`. That R stands still while Adam remembers weighs more here, since
the constants move with R: v forgets in 1/(1 - beta_2) steps, R moves in d.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.adam import INDEPENDENT, pair_of_coordinates, transform_tricomi
from signsgd_sym.derive.adam_sde import CONJECTURE, K_A_ENTRY, STANDS_STILL
from signsgd_sym.derive.assumptions import (
    CORRELATION,
    GAUSSIAN_DATA,
    ONE_PASS,
    SMALL_CORRELATIONS,
    any_law,
)
from signsgd_sym.derive.risk import RiskODE, derive_risk_ode
from signsgd_sym.derive.sde import LimitSDE, NamedRule
from signsgd_sym.notation import (
    K_A,
    D,
    Delta,
    K,
    K_ii,
    L_w,
    R,
    beta_2,
    c_1,
    d,
    e_i,
    eps,
    eta,
    g,
    gaussian_density,
    normal_density,
    residual,
    residual_value,
    rho,
    s_v,
    sigma,
    w,
    x,
)
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean

HALF = sp.Rational(1, 2)
LINE = (-sp.oo, sp.oo)
ADAM_LAW = NamedRule("adam-law", sp.Symbol("m/sqrt(v)", real=True), "Adam under any label noise")


def response_given(r: sp.Expr) -> sp.Expr:
    """3 A^(-5/2) - 2 A^(-3/2), A = 1 + 2 sigma r^2: the slope in r of r A^(-3/2)."""
    A = 1 + 2 * sigma * r**2
    return 3 * A ** (-5 * HALF) - 2 * A ** (-3 * HALF)


def law_response() -> Derivation:
    """The mean step of Adam under any label noise, beta_1 = 0, to first order in rho_i.

    >>> law_response().result
    NoiseMean(2*exp(-epsilon**2/(4*R))/pi)
    """
    record = Recorder(
        "adam-law-response",
        "The mean step of Adam under any label noise, beta_1 = 0",
        (GAUSSIAN_DATA, CORRELATION, any_law(), INDEPENDENT),
    )
    r, full = residual_value, residual()
    spread = 1 + 2 * sigma * r**2 * (1 - rho**2)
    exact = rho * g * r * spread ** (-3 * HALF) * sp.exp(-sigma * rho**2 * g**2 * r**2 / spread)
    record.equal(
        sp.Integral(
            r * x * sp.exp(-sigma * r**2 * x**2) * normal_density(x, rho * g, 1 - rho**2), (x, *LINE)
        ),
        exact,
        "E[w e^(-sigma w^2)], w = r x, with G = g and eps known: x ~ N(rho g, 1 - rho^2)",
        needs=(GAUSSIAN_DATA,),
    )
    single = g * r / (1 + 2 * sigma * r**2) ** (3 * HALF)
    record.expand(exact, rho * single, "to first order", variable=rho, point=0, order=rho**3)
    slope = response_given(r)
    record.equal(
        sp.Derivative(r * (1 + 2 * sigma * r**2) ** (-3 * HALF), r), slope, "the slope in the residual"
    )
    given_noise = sp.Integral(slope.subs(r, full) * gaussian_density(g), (g, *LINE))
    record.equal(
        sp.Integral(single.subs(r, full) * gaussian_density(g), (g, *LINE)),
        sp.sqrt(2 * R) * given_noise,
        "Stein's identity in G, r = sqrt(2 R) g - eps, eps known",
        needs=(GAUSSIAN_DATA,),
    )
    of_residual = sp.Integral(gaussian_density(g) / sp.sqrt(1 + 2 * sigma * full**2), (g, *LINE))
    record.define(L_w, NoiseMean(of_residual), "what an older gradient contributes: even in x_i, no response")
    j = sp.Symbol("j", integer=True, nonnegative=True)
    a = 1 - beta_2
    older = sp.Product(L_w.subs(sigma, a * beta_2**j * s_v), (j, 1, sp.oo))
    newest = NoiseMean(given_noise.subs(sigma, a * s_v))
    record.define(
        c_1,
        sp.sqrt(2 * R / sp.pi) * sp.Integral(newest * older / sp.sqrt(s_v), (s_v, 0, sp.oo)),
        "E[w_0/sqrt(v)] = c_1 rho + O(rho^3), a function of R: the newest gradient, and the older ones",
        needs=(INDEPENDENT,),
    )
    record.equal(
        sp.Integral(response_given(g) * gaussian_density(g), (g, *LINE)),
        transform_tricomi(3 * HALF, sigma),
        "a Gaussian residual of variance 1: the slope -L_w' of the Gaussian theory",
    )
    # beta_2 -> 0: the newest gradient alone.
    u_response = nt.u / (1 + 2 * s_v * nt.u**2) ** (3 * HALF)
    record.equal(
        sp.Integral(u_response / sp.sqrt(s_v), (s_v, 0, sp.oo)) / sp.sqrt(sp.pi),
        sp.sqrt(2 / sp.pi),
        "beta_2 -> 0: g r A^(-3/2) becomes E|x| g sign(r); here r = u > 0",
    )
    at = eps / sp.sqrt(2 * R)
    size = sp.sqrt(2 / sp.pi) * g * gaussian_density(g)
    sign_response = sp.Integral(size, (g, at, sp.oo)) - sp.Integral(size, (g, -sp.oo, at))
    phi_given = 2 * sp.exp(-(eps**2) / (4 * R)) / sp.pi
    record.equal(sign_response, phi_given, "sign(r) changes at g = eps/sqrt(2 R)")
    record.equal(
        NoiseMean(sign_response), NoiseMean(phi_given), "so c_1 -> phi(R), the response of the sign rule"
    )
    return record.finish()


def law_pair() -> Derivation:
    """The entries of K_A under any label noise, beta_1 = 0: `adam-pair`, averaged over the residual.

    >>> law_pair().result
    1
    """
    record = Recorder(
        "adam-law-pair",
        "Two coordinates of Adam under any label noise, beta_1 = 0",
        (GAUSSIAN_DATA, CORRELATION, any_law(), INDEPENDENT),
    )
    record.use(pair_of_coordinates())
    r, z = residual(), sp.sqrt(1 - rho**2) / sp.cosh(w / 2)
    determinant = 1 + 2 * sigma * r**2 + z**2 * sigma**2 * r**4

    def averaged(quantity: sp.Expr, at: sp.Expr) -> sp.Expr:
        return NoiseMean(sp.Integral((quantity * gaussian_density(g)).subs(sigma, at), (g, *LINE)))

    j = sp.Symbol("j", integer=True, nonnegative=True)
    a = 1 - beta_2
    newest = averaged(r**2 * determinant ** (-3 * HALF), a * s_v)
    older = sp.Product(averaged(determinant**-HALF, a * beta_2**j * s_v), (j, 1, sp.oo))
    over_v = sp.Integral(newest * older, (s_v, 0, sp.oo))
    weight = 1 / (2 * sp.pi * sp.cosh(w / 2))
    record.define(
        K_A_ENTRY,
        rho * sp.Integral(weight * over_v, (w, *LINE)),
        "E[w_i w_j/sqrt(v_i v_j)] in polar form, a function of R: the newest gradient, and the older ones",
        needs=(INDEPENDENT,),
    )
    value = residual_value
    record.equal(
        -sp.Derivative((1 + 2 * sigma * value**2) ** -HALF, sigma),
        value**2 / (1 + 2 * sigma * value**2) ** (3 * HALF),
        "rho = 1, where z = 0: the newest gradient has the factor -L_w', as 1/v asks for",
    )
    record.equal(sp.Integral(weight, (w, *LINE)), 1, "and directions drop out, so that k(1) = c_2(R)")
    return record.finish()


def adam_law_sde() -> LimitSDE:
    """The limiting SDE of Adam under any label noise.

    >>> adam_law_sde().rate
    sqrt(2)*c_1/(2*sqrt(R))
    """
    record = Recorder(
        "adam-law-sde",
        "The limiting SDE of Adam under any label noise",
        (GAUSSIAN_DATA, ONE_PASS, SMALL_CORRELATIONS, any_law(), STANDS_STILL),
    )
    record.use(law_response())
    record.use(law_pair())
    record.define(
        rho,
        sp.Trace(e_i.T * K * Delta) / sp.sqrt(sp.Trace(e_i.T * K * e_i) * sp.Trace(Delta.T * K * Delta)),
        "correlation of x_i and <x, Delta>: the label noise plays no part",
        needs=(GAUSSIAN_DATA,),
    )
    record.equal(rho, nt.KDelta_i / (sp.sqrt(K_ii) * sp.sqrt(2 * R)), "R = Delta^T K Delta/2")
    rate = c_1 / sp.sqrt(2 * R)
    drift = -eta * rate * (D**-1 * K * Delta)
    record.define(
        nt.step_of["drift"],
        drift,
        "the drift of Delta per unit time: the mean step is c_1(R) rho_i to first order",
        needs=(ONE_PASS, SMALL_CORRELATIONS, STANDS_STILL),
    )
    record.equal(
        -d * (eta / d) * c_1 * rho,
        sp.Trace(e_i.T * drift),
        "coordinate i of the drift is d steps of the mean",
    )
    covariance = eta**2 / d * K_A
    record.define(
        nt.step_of["covariance"],
        covariance,
        "covariance of Delta per unit time: d steps of (eta/d)^2 times the long-run covariance at this R",
        needs=(ONE_PASS, STANDS_STILL),
    )
    return LimitSDE(
        Delta, drift, covariance, ADAM_LAW, rate, sp.S.One, sp.S.One, K_A, K_A_ENTRY, (), record.finish()
    )


def adam_law_ode() -> RiskODE:
    """The mode ODE of Adam under any label noise; c_1 and n_i are functions of R.

    >>> adam_law_ode().rhs
    eta**2*n[i] - sqrt(2)*c_1*eta*lambda[i]*r[i]/sqrt(R)
    """
    return derive_risk_ode(adam_law_sde(), CONJECTURE)


__all__ = ["ADAM_LAW", "adam_law_ode", "adam_law_sde", "law_pair", "law_response", "response_given"]
