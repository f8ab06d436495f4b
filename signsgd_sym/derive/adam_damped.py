r"""Adam with eps > 0 under any label noise: its denominator as a Laplace integral, and its matrix ODE.

In units of sqrt(K_ii) the step of coordinate i is m/(sqrt(v) + varepsilon_i), where
varepsilon_i = varepsilon/sqrt(K_ii). As for eps = 0 (`derive.adam`, `derive.adam_law`) its moments are
integrals over s_v of means of e^(-s_v v), with another weight:

    1/(sqrt(v) + varepsilon_i) = int_0^oo H_i(s_v) e^(-s_v v) ds_v,
    H_i(s) = 1/sqrt(pi s) - varepsilon_i erfcx(varepsilon_i sqrt(s)),

where 1/sqrt(pi s) was. So without momentum, a = 1 - beta_2, N_R, L_R and D as in `adam-law-response` and
`adam-pair`,

    c_1(varepsilon_i) = sqrt(2 R) int_0^oo H_i(s) N_R(a s) prod_(j >= 1) L_R(a beta_2^j s) ds,

a function of R too, and Sigma_ij is the double integral of H_i(s_i) H_j(s_j) that stands in polar form
below. c_1 is no power of K_ii times a function of R, so that there are no modes. The SDE has the form of that
of a coordinate-wise rule (`derive.any_rule`),

    d Delta = -eta a K Delta dt + eta sqrt(Sigma/d) dB,    a = diag(c_1(varepsilon_i)/sqrt(2 R K_ii)),

and its closed object is the matrix ODE. What is derived, assumed and conjectured is as in `derive.adam_sde`.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.adam import INDEPENDENT, pair_of_coordinates
from signsgd_sym.derive.adam_law import law_pair, law_response, response_given
from signsgd_sym.derive.adam_sde import CONJECTURE, STANDS_STILL
from signsgd_sym.derive.any_rule import matrix_ode
from signsgd_sym.derive.assumptions import (
    GAUSSIAN_DATA,
    ONE_PASS,
    SMALL_CORRELATIONS,
    any_law,
)
from signsgd_sym.notation import (
    Delta,
    K,
    K_ii,
    K_jj,
    L_w,
    R,
    Sigma,
    Sigma_ij,
    a_K,
    beta_2,
    c_1i,
    c_2i,
    d,
    e_i,
    e_j,
    eps_A,
    eps_i,
    eps_j,
    eta,
    g,
    gaussian_density,
    residual,
    rho,
    s_v,
    sigma,
    u,
    v_old,
    w,
    z,
)
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import Erfcx, NoiseMean

HALF = sp.Rational(1, 2)
HALF_LINE, LINE = (0, sp.oo), (-sp.oo, sp.oo)


def weight(eps: Any, s: Any) -> Any:
    """H(s) = 1/sqrt(pi s) - eps erfcx(eps sqrt(s)), whose transform is 1/(sqrt(v) + eps)."""
    return 1 / sp.sqrt(sp.pi * s) - eps * Erfcx(eps * sp.sqrt(s))


def weight_of_square(eps: Any, s: Any) -> Any:
    """-dH/deps, whose transform is 1/(sqrt(v) + eps)^2."""
    return (1 + 2 * eps**2 * s) * Erfcx(eps * sp.sqrt(s)) - 2 * eps * sp.sqrt(s / sp.pi)


def damped_inverse() -> Derivation:
    """1/(sqrt(v) + eps) and its square as Laplace integrals, and the two ends of eps.

    >>> damped_inverse()["4"].rhs
    1/(sqrt(v_old) + varepsilon_i)
    """
    record = Recorder("adam-damped-weight", "1/(sqrt(v) + eps) as a Laplace integral")
    v, eps = v_old, eps_i
    record.equal(
        sp.Integral(sp.exp(-eps * u) * sp.exp(-u * sp.sqrt(v)), (u, *HALF_LINE)),
        1 / (sp.sqrt(v) + eps),
        "an exponential of sqrt(v)",
    )
    levy = u * sp.exp(-(u**2) / (4 * s_v)) / (2 * sp.sqrt(sp.pi) * s_v ** (3 * HALF))
    record.equal(
        sp.Integral(levy * sp.exp(-s_v * v), (s_v, *HALF_LINE)),
        sp.exp(-u * sp.sqrt(v)),
        "which is a mean of exponentials of v: the law of Levy",
    )
    H = weight(eps, s_v)
    record.equal(
        sp.Integral(sp.exp(-eps * u) * levy, (u, *HALF_LINE)), H, "parts, and complete the square: H(s_v) > 0"
    )
    record.equal(sp.Integral(H * sp.exp(-s_v * v), (s_v, *HALF_LINE)), 1 / (sp.sqrt(v) + eps), "2 and 3 in 1")
    squared = weight_of_square(eps, s_v)
    record.equal(-sp.Derivative(H, eps), squared, "the slope in eps")
    record.equal(
        sp.Integral(squared * sp.exp(-s_v * v), (s_v, *HALF_LINE)),
        (sp.sqrt(v) + eps) ** -2,
        "of both sides of 4",
    )
    root = sp.sqrt(v)
    inner = [1 / sp.sqrt(sp.pi) - eps * root * f * Erfcx(eps * root * f) for f in (sp.sin(u), sp.cos(u))]
    record.equal(
        sp.Integral(2 * inner[0] * inner[1], (u, 0, sp.pi / 2)),
        weight_of_square(eps, v),
        "int_0^v H(s) H(v - s) ds, v = v_old, with s = v sin(u)^2",
    )
    record.expand(
        H, 1 / sp.sqrt(sp.pi * s_v) - eps, "eps -> 0: the weight of 1/sqrt(v)", variable=eps, point=0,
        direction="+", order=eps**2,
    )  # fmt: skip
    record.at_most(1 / sp.sqrt(v) - eps / v, 1 / (sp.sqrt(v) + eps), "so that c_1 falls by eps c_2 at first")
    record.at_most(1 / eps - sp.sqrt(v) / eps**2, 1 / (sp.sqrt(v) + eps), "eps -> oo: a step of SGD")
    record.at_most(1 / (sp.sqrt(v) + eps), 1 / eps, "with the step size eta/eps, from above")
    record.at_most(
        eps / (sp.sqrt(v) + eps) ** 2,
        1 / (sp.sqrt(v) + eps),
        "times w^2: eps c_2 <= c_1 under Gaussian noise, in units of sqrt(2 P); for SGD they are equal",
    )
    return record.finish()


def damped_response() -> Derivation:
    """The mean step of Adam with eps > 0 under any label noise, beta_1 = 0."""
    record = Recorder(
        "adam-damped-response",
        "The mean step of Adam with eps > 0, beta_1 = 0",
        (any_law(), INDEPENDENT),
    )
    record.use(damped_inverse())
    record.use(law_response())
    full = residual()
    record.define(eps_i, eps_A / sp.sqrt(K_ii), "the gradient of coordinate i in units of sqrt(K_ii)")
    j = sp.Symbol("j", integer=True, nonnegative=True)
    a = 1 - beta_2
    older = sp.Product(L_w.subs(sigma, a * beta_2**j * s_v), (j, 1, sp.oo))
    slope = sp.Integral(response_given(full) * gaussian_density(g), (g, *LINE))
    newest = NoiseMean(slope.subs(sigma, a * s_v))
    record.define(
        c_1i,
        sp.sqrt(2 * R) * sp.Integral(weight(eps_i, s_v) * newest * older, (s_v, *HALF_LINE)),
        "E[w_0/(sqrt(v) + varepsilon_i)] = c_1 rho + O(rho^3): the newest gradient, and the older ones",
        needs=(INDEPENDENT,),
    )
    record.equal(
        sp.Integral(weight(eps_i, s_v) * sp.exp(-s_v * z**2), (s_v, *HALF_LINE)),
        1 / (sp.Abs(z) + eps_i),
        "beta_2 -> 0, the newest alone, z = w_0: the coordinate-wise rule z/(|z| + varepsilon_i)",
    )
    return record.finish()


def damped_pair() -> Derivation:
    """The entries of Sigma of Adam with eps > 0, beta_1 = 0: `adam-law-pair` with another weight."""
    record = Recorder(
        "adam-damped-pair",
        "Two coordinates of Adam with eps > 0, beta_1 = 0",
        (any_law(), INDEPENDENT),
    )
    record.use(damped_inverse())
    record.use(pair_of_coordinates())
    record.use(law_pair())
    record.define(eps_i, eps_A / sp.sqrt(K_ii), "the gradient of coordinate i in units of sqrt(K_ii)")
    record.define(eps_j, eps_A / sp.sqrt(K_jj), "and that of coordinate j in units of sqrt(K_jj)")
    r, p = residual(), 1 / (1 + sp.exp(-w))
    spread = (1 - rho**2) / sp.cosh(w / 2) ** 2

    def averaged(quantity: sp.Expr, at: sp.Expr) -> sp.Expr:
        return NoiseMean(sp.Integral((quantity * gaussian_density(g)).subs(sigma, at), (g, *LINE)))

    j = sp.Symbol("j", integer=True, nonnegative=True)
    a = 1 - beta_2

    def over_v(determinant: sp.Expr, of: sp.Expr) -> sp.Expr:
        newest = averaged(r**2 * determinant ** (-3 * HALF), a * s_v)
        older = sp.Product(averaged(determinant**-HALF, a * beta_2**j * s_v), (j, 1, sp.oo))
        return sp.Integral(of * newest * older, (s_v, *HALF_LINE))

    record.equal(
        sp.Derivative(p, w), 1 / (4 * sp.cosh(w / 2) ** 2), "polar form: v's at s_v p and s_v (1 - p)"
    )
    of_pair = s_v * weight(eps_i, s_v * p) * weight(eps_j, s_v * (1 - p))
    record.define(
        Sigma_ij,
        rho
        * sp.Integral(
            over_v(1 + 2 * sigma * r**2 + spread * sigma**2 * r**4, of_pair) / (4 * sp.cosh(w / 2) ** 2),
            (w, *LINE),
        ),
        "E[w_i w_j/((sqrt(v_i) + varepsilon_i)(sqrt(v_j) + varepsilon_j))] in polar form",
        needs=(INDEPENDENT,),
    )
    record.define(
        c_2i,
        over_v(1 + 2 * sigma * r**2, weight_of_square(eps_i, s_v)),
        "i = j, where directions are averaged: E[w_i^2/(sqrt(v_i) + varepsilon_i)^2] = Sigma_ii",
        needs=(INDEPENDENT,),
    )
    return record.finish()


def damped_sde() -> Derivation:
    """The limiting SDE of Adam with eps > 0 under any label noise."""
    record = Recorder(
        "adam-damped-sde",
        "The limiting SDE of Adam with eps > 0",
        (GAUSSIAN_DATA, ONE_PASS, SMALL_CORRELATIONS, any_law(), STANDS_STILL),
    )
    record.use(damped_response())
    record.use(damped_pair())
    size, spread = sp.Trace(Delta.T * K * Delta), sp.Trace(e_i.T * K * e_i)
    record.define(
        rho,
        sp.Trace(e_i.T * K * Delta) / sp.sqrt(size * spread),
        "correlation of x_i and <x, Delta>: the label noise plays no part",
        needs=(GAUSSIAN_DATA,),
    )
    record.define(
        sp.Trace(e_i.T * a_K * e_i),
        c_1i / sp.sqrt(size * spread),
        "a = diag(a(R, K_ii)), a(R, K_ii) = c_1(varepsilon_i)/sqrt(2 R K_ii)",
    )
    record.define(
        nt.step_of["drift"],
        -eta * (a_K * K * Delta),
        "the drift of Delta per unit time: the mean step is c_1(varepsilon_i) rho_i to first order",
        needs=(ONE_PASS, SMALL_CORRELATIONS, STANDS_STILL),
    )
    record.equal(
        -d * (eta / d) * c_1i * rho,
        sp.Trace(e_i.T * nt.step_of["drift"]),
        "coordinate i of the drift is d steps of the mean",
    )
    record.define(sp.Trace(e_i.T * Sigma * e_j), Sigma_ij, "the long-run covariance at this R")
    record.define(
        nt.step_of["covariance"],
        eta**2 / d * Sigma,
        "covariance of Delta per unit time: d steps of (eta/d)^2 Sigma",
        needs=(ONE_PASS, STANDS_STILL),
    )
    return record.finish()


def damped_matrix_ode() -> Derivation:
    """The ODE of V = E[Delta Delta^T] for Adam with eps > 0."""
    return matrix_ode("adam-damped-ode", "The matrix ODE of Adam with eps > 0", CONJECTURE)


__all__ = [
    "damped_inverse",
    "damped_matrix_ode",
    "damped_pair",
    "damped_response",
    "damped_sde",
    "weight",
    "weight_of_square",
]
