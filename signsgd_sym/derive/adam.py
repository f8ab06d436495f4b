r"""Adam's constants, derived: the transform of a squared gradient, the mean response, and the pair of
coordinates.

In units of their standard deviations a gradient is w = r x, and Adam's step is m/sqrt(v) with
v = a sum_j beta_2^j w_j^2, a = 1 - beta_2 (bias correction is over after O(1/a) steps). Powers of v are
Laplace integrals of e^(-s_v v), and the mean of e^(-s_v v) is a product over the independent w_j. So
without momentum

    c_1 = pi^(-1/2) int_0^oo s_v^(-1/2) (-L_w'(a s_v)) F(beta_2 s_v) ds_v,
    c_2 = int_0^oo (-L_w'(a s_v)) F(beta_2 s_v) ds_v,   F(s) = prod_(j >= 0) L_w(a beta_2^j s),

with L_w(s) = E e^(-s w^2), and with momentum sum_l (1 - beta_1) beta_1^l of the like, w_l in place of w_0.
`solve.adam_constants` encloses these numbers. The single steps are recorded and checked here; that a
product of independent factors has the product of the means, for infinitely many factors, is an assumption
of the record.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA
from signsgd_sym.notation import (
    L_w,
    beta_2,
    c_1,
    c_2,
    g,
    gaussian_density,
    normal_density,
    residual_value,
    rho,
    s_v,
    sigma,
    v_old,
    w,
    x,
    y,
)
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import TricomiU

HALF = sp.Rational(1, 2)
LINE = (-sp.oo, sp.oo)
SHORTER_THAN_1 = Assumption("0 < beta_2 < 1", beta_2 < 1, name="beta_2")
INDEPENDENT = Assumption(
    "the gradients w_j that Adam remembers are independent", name="independent-gradients"
)


def transform_closed(s: Any) -> Any:
    """L_w(s) = e^z K_0(z)/(2 sqrt(pi s)), z = 1/(8 s)."""
    z = 1 / (8 * s)
    return sp.exp(z) * sp.besselk(0, z) / (2 * sp.sqrt(sp.pi * s))


def transform_tricomi(k: Any, s: Any) -> Any:
    """zeta^k U(k, 1, zeta), zeta = 1/(4 s): L_w(s) for k = 1/2 and -L_w'(s) for k = 3/2."""
    return (4 * s) ** (-k) * TricomiU(k, 1, 1 / (4 * s))


def squared_gradient() -> Derivation:
    """L_w(sigma) = E e^(-sigma w^2) for a product w of two standard normals, its slope, and its two ends.

    >>> squared_gradient().result
    TricomiU(3/2, 1, 1/(4*sigma))/(8*sigma**(3/2))
    """
    record = Recorder("adam-transform", "E exp(-s w^2) of a squared gradient", (GAUSSIAN_DATA,))
    given_r = 1 / sp.sqrt(1 + 2 * sigma * g**2)
    record.equal(
        sp.Integral(sp.exp(-sigma * g**2 * x**2) * gaussian_density(x), (x, *LINE)),
        given_r,
        "the mean over the coordinate, residual g known",
        needs=(GAUSSIAN_DATA,),
    )
    record.define(L_w, sp.Integral(given_r * gaussian_density(g), (g, *LINE)), "the mean over the residual")
    closed = record.equal(L_w, transform_closed(sigma), "a Bessel function of 1/(8 sigma)")
    record.expand(
        closed,
        1 - sigma + 9 * sigma**2 / 2,
        "E w^2 = 1, E w^4 = 9",
        variable=sigma,
        point=0,
        direction="+",
        order=sigma**3,
    )
    record.expand(
        closed,
        (sp.log(16 * sigma) - sp.EulerGamma) / (2 * sp.sqrt(sp.pi * sigma)),
        "K_0 at 0: a gradient is often small",
        variable=sigma,
        point=sp.oo,
        order=sp.log(sigma) * sigma ** (-3 * HALF),
    )
    record.at_most(sp.exp(-sigma), closed, "Jensen")
    record.at_most(closed, sp.exp(-sigma + 4 * sigma**2), "the cumulants 1 and 8 of w^2; the series envelops")
    record.equal(closed, transform_tricomi(HALF, sigma), "Tricomi's U in place of K_0")
    slope = transform_tricomi(3 * HALF, sigma)
    record.equal(-sp.Derivative(transform_tricomi(HALF, sigma), sigma), slope, "its slope")
    record.equal(
        sp.Integral(g**2 * gaussian_density(g) / (1 + 2 * sigma * g**2) ** (3 * HALF), (g, *LINE)),
        slope,
        "-L_w'(sigma) = E[w^2 e^(-sigma w^2)]",
    )
    return record.finish()


def mean_response() -> Derivation:
    """The mean step to first order in the correlation of r and x_i, and c_1, c_2 without momentum."""
    record = Recorder(
        "adam-response", "The mean step of Adam, beta_1 = 0", (GAUSSIAN_DATA, CORRELATION, INDEPENDENT)
    )
    record.use(squared_gradient())
    r = residual_value
    spread = 1 + 2 * sigma * r**2 * (1 - rho**2)
    exact = rho * r**2 * spread ** (-3 * HALF) * sp.exp(-sigma * rho**2 * r**4 / spread)
    record.equal(
        sp.Integral(
            r * x * sp.exp(-sigma * r**2 * x**2) * normal_density(x, rho * r, 1 - rho**2), (x, *LINE)
        ),
        exact,
        "E[w e^(-sigma w^2)] with the residual r known, x ~ N(rho r, 1 - rho^2)",
        needs=(GAUSSIAN_DATA,),
    )
    linear = rho * r**2 / (1 + 2 * sigma * r**2) ** (3 * HALF)
    record.expand(exact, linear, "to first order", variable=rho, point=0, order=rho**3)
    slope = transform_tricomi(3 * HALF, sigma)
    record.equal(
        sp.Integral(linear * gaussian_density(r), (r, *LINE)), rho * slope, "so the mean is -rho L_w'(sigma)"
    )
    record.equal(
        sp.Integral(sp.exp(-s_v * v_old) / sp.sqrt(s_v), (s_v, 0, sp.oo)) / sp.sqrt(sp.pi),
        1 / sp.sqrt(v_old),
        "1/sqrt(v) as a Laplace integral",
    )
    record.equal(sp.Integral(sp.exp(-s_v * v_old), (s_v, 0, sp.oo)), 1 / v_old, "1/v as a Laplace integral")
    j = sp.Symbol("j", integer=True, nonnegative=True)
    a = 1 - beta_2
    older = sp.Product(transform_tricomi(HALF, a * beta_2**j * s_v), (j, 1, sp.oo))
    newest = transform_tricomi(3 * HALF, a * s_v)
    record.define(
        c_1,
        sp.Integral(newest * older / sp.sqrt(s_v), (s_v, 0, sp.oo)) / sp.sqrt(sp.pi),
        "E[w_0/sqrt(v)] = c_1 rho + O(rho^3): the newest gradient, and the older ones",
        needs=(INDEPENDENT,),
    )
    record.define(
        c_2, sp.Integral(newest * older, (s_v, 0, sp.oo)), "E[w_0^2/v] at rho = 0", needs=(INDEPENDENT,)
    )
    alone = g**2 / (1 + 2 * s_v * g**2) ** (3 * HALF)
    record.equal(sp.Integral(alone, (s_v, 0, sp.oo)), 1, "beta_2 -> 0, the newest alone: c_2 = 1")
    size = sp.sqrt(2 / sp.pi) * sp.Abs(g)
    record.equal(
        sp.Integral(alone / sp.sqrt(s_v), (s_v, 0, sp.oo)) / sp.sqrt(sp.pi),
        size,
        "and E|x_i| |g| in c_1",
    )
    record.equal(sp.Integral(size * gaussian_density(g), (g, *LINE)), 2 / sp.pi, "c_1 = 2/pi, as signSGD has")
    return record.finish()


def pair_of_coordinates() -> Derivation:
    """E[w_i w_j/sqrt(v_i v_j)] for coordinates of correlation rho that see one residual, in polar form.

    >>> pair_of_coordinates().result
    2*asin(rho)/pi
    """
    record = Recorder("adam-pair", "Two coordinates of Adam, one residual", (GAUSSIAN_DATA, CORRELATION))
    r = residual_value
    spread = 1 + 2 * s_v * r**2 * (1 - rho**2)
    reduced = sp.exp(-s_v * r**2 * rho**2 * x**2 / spread)
    conditional = normal_density(y, rho * x, 1 - rho**2)
    record.equal(
        sp.Integral(sp.exp(-s_v * r**2 * y**2) * conditional, (y, *LINE)),
        reduced / sp.sqrt(spread),
        "the second coordinate, y ~ N(rho x, 1 - rho^2)",
        needs=(GAUSSIAN_DATA,),
    )
    record.equal(
        sp.Integral(y * sp.exp(-s_v * r**2 * y**2) * conditional, (y, *LINE)),
        rho * x * reduced / spread ** (3 * HALF),
        "with a factor y",
    )
    D = 1 + 2 * r**2 * (sigma + s_v) + 4 * r**4 * sigma * s_v * (1 - rho**2)
    over_x = sp.exp(-sigma * r**2 * x**2) * reduced * gaussian_density(x)
    record.equal(
        sp.Integral(over_x, (x, *LINE)) / sp.sqrt(spread),
        1 / sp.sqrt(D),
        "E exp(-sigma r^2 x^2 - s_v r^2 y^2): the older gradients",
    )
    record.equal(
        sp.Integral(r**2 * rho * x**2 * over_x, (x, *LINE)) / spread ** (3 * HALF),
        rho * r**2 / D ** (3 * HALF),
        "E[r^2 x y exp(-sigma r^2 x^2 - s_v r^2 y^2)]: the newest gradient",
    )
    # sigma = t p and s_v = t (1 - p) with p = 1/(1 + e^(-w)).
    p, z = 1 / (1 + sp.exp(-w)), sp.sqrt(1 - rho**2) / sp.cosh(w / 2)
    record.equal(
        D.subs({sigma: v_old * p, s_v: v_old * (1 - p)}, simultaneous=True),
        1 + 2 * v_old * r**2 + z**2 * v_old**2 * r**4,
        "sigma + s_v = v_old: correlation and direction enter through z = sqrt(1 - rho^2)/cosh(w/2) alone",
    )
    record.equal(
        sp.Derivative(p, w) / sp.sqrt(p * (1 - p)),
        1 / (2 * sp.cosh(w / 2)),
        "dsigma ds_v/sqrt(sigma s_v)",
    )
    record.equal(
        sp.Integral(
            r**2 / (1 + 2 * v_old * r**2 + sigma**2 * v_old**2 * r**4) ** (3 * HALF), (v_old, 0, sp.oo)
        ),
        1 / (1 + sigma),
        "beta_2 -> 0, the newest alone, with sigma for z: any residual",
    )
    record.equal(
        sp.Integral(rho / (1 + z) / (2 * sp.pi * sp.cosh(w / 2)), (w, *LINE)),
        2 * sp.asin(rho) / sp.pi,
        "and over all directions: the arcsine law, as signSGD has",
    )
    return record.finish()


def ends_of_memory() -> Derivation:
    """beta_2 -> 0, from the two newest gradients, and beta_2 -> 1, from the law of large numbers in v.

    >>> ends_of_memory().result
    1 - 4*a
    """
    record = Recorder("adam-ends", "Short and long memory, beta_1 = 0", (SHORTER_THAN_1, INDEPENDENT))
    record.use(squared_gradient())
    b = beta_2
    cauchy = 2 / (sp.pi * (1 + v_old**2))
    # w_0/w_1 is a product of two ratios of normals, each of which is Cauchy.
    record.equal(
        sp.Integral(cauchy / (1 + b / (v_old * s_v) ** 2), (v_old, 0, sp.oo)),
        s_v / (s_v + sp.sqrt(b)),
        "E[w_0^2/(w_0^2 + b w_1^2)], the ratio of the coordinates averaged",
    )
    outer = cauchy.subs(v_old, s_v) * s_v / (s_v + sp.sqrt(b))
    two = (1 + sp.sqrt(b) * sp.log(b) / sp.pi) / (1 + b)
    record.equal(sp.Integral(outer, (s_v, 0, sp.oo)), two, "and that of the residuals")
    record.expand(
        two / (1 - b),
        1 + sp.sqrt(b) * sp.log(b) / sp.pi,
        "so c_2 of the two newest gradients, v = (1 - b) (w_0^2 + b w_1^2)",
        variable=b,
        point=0,
        direction="+",
        order=b**2,
    )
    j, a = sp.Symbol("j", integer=True, nonnegative=True), sp.Symbol("a", positive=True)
    record.equal(
        sp.Sum((1 - b) * b**j * s_v, (j, 0, sp.oo)),
        s_v,
        "the exponents of prod_j e^(-s_j) <= prod_j L_w(s_j) = F, s_j = (1 - b) b^j s_v: F >= e^(-s_v)",
        needs=(INDEPENDENT,),
    )
    slope = transform_tricomi(3 * HALF, sigma)
    record.at_most(
        (1 - 8 * sigma) * sp.exp(-sigma), slope, "-L_w' = E[w^2 e^(-sigma w^2)] >= (1 - 8 sigma) L_w"
    )
    below = (1 - 8 * a * s_v) * sp.exp(-s_v)
    record.equal(sp.Integral(below, (s_v, 0, sp.oo)), 1 - 8 * a, "c_2 >= 1 - 8 a, a = 1 - b")
    record.equal(
        sp.Integral(below / sp.sqrt(s_v), (s_v, 0, sp.oo)) / sp.sqrt(sp.pi),
        1 - 4 * a,
        "c_1 >= 1 - 4 a",
    )
    return record.finish()


__all__ = [
    "ends_of_memory",
    "mean_response",
    "pair_of_coordinates",
    "squared_gradient",
    "transform_closed",
    "transform_tricomi",
]
