r"""Exact one-step moments of an update rule, and their linearisation in the correlation.

A multiplicative rule f(u v) = f(u) f(v) splits the step f(r x_i) into f(r) f(x_i). Both factors depend
on G, the Gaussian part of the residual r = sqrt(2 R) G - eps: write x_i = sqrt(K_ii) (rho G + sqrt(1 -
rho^2) W) with W independent of G, and integrate over W, then over G, then over eps.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law, finite_variance
from signsgd_sym.derive.expectation import gaussian_mean, gaussian_mean_slope
from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.derive.powers import power_pair_moment
from signsgd_sym.errors import RuleError
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
from signsgd_sym.notation import K_ii, K_jj, R, a, eps, g, h, rho, s, w, x, y
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean, OwenT

LINE = (-sp.oo, sp.oo)


def require_multiplicative(rule: UpdateRule) -> None:
    """Raise `RuleError` unless f(u v) = f(u) f(v)."""
    if not rule.is_multiplicative:
        raise RuleError(
            f"f(z) = {rule.expr} does not satisfy f(u v) = f(u) f(v); "
            "the one-step mean is derived for multiplicative rules (sign, sgd)."
        )


def conditional_mean(rule: UpdateRule) -> Derivation:
    """E[f(x_i) | G = g]; an error function for the sign rule.

    >>> conditional_mean(SIGN).result
    erf(sqrt(2)*g*rho/(2*sqrt(1 - rho**2)))
    """
    record = Recorder(
        f"{rule.name}-conditional-mean",
        f"E[f(x_i) | G = g] for f(z) = {rule.expr}",
        (GAUSSIAN_DATA, CORRELATION),
    )
    record.define(
        nt.conditional_mean,
        _mean_given(rule, K_ii),
        "given G = g, x_i is N(sqrt(K_ii) rho g, K_ii (1 - rho^2))",
        needs=(GAUSSIAN_DATA,),
    )
    coordinate = sp.sqrt(K_ii) * (rho * g + sp.sqrt(1 - rho**2) * w)
    gaussian_mean(
        record,
        nt.conditional_mean,
        rule.apply(coordinate),
        w,
        "substitute x = sqrt(K_ii) (rho g + sqrt(1 - rho^2) w)",
    )
    return record.finish()


def _mean_given(rule: UpdateRule, variance: Any) -> Any:
    """E f(X) for X = N(sqrt(variance) rho g, variance (1 - rho^2)), as an integral."""
    law = nt.normal_density(x, sp.sqrt(variance) * rho * g, variance * (1 - rho**2))
    return sp.Integral(rule.apply(x) * law, (x, *LINE))


def one_step_mean(rule: UpdateRule) -> Derivation:
    """E[f(r x_i) | eps] with h = eps/sqrt(2 R): exact for every d; Owen's T for the sign rule.

    >>> one_step_mean(SIGN).result
    4*OwenT(h, rho/sqrt(1 - rho**2))
    """
    require_multiplicative(rule)
    record = Recorder(
        f"{rule.name}-one-step-mean",
        f"E[f(r x_i) | eps] for f(z) = {rule.expr}",
        (GAUSSIAN_DATA, CORRELATION),
    )
    given_g = record.use(conditional_mean(rule))
    if rule.apply(x * y) != rule.apply(x) * rule.apply(y):  # else there is nothing to say
        record.equal(rule.apply(x * y), rule.apply(x) * rule.apply(y), "f is multiplicative")
    residual = sp.factor(nt.residual().subs(eps, h * sp.sqrt(2 * R)))
    record.define(
        nt.mean_given_noise,
        sp.Integral(rule.apply(residual) * nt.conditional_mean * nt.gaussian_density(g), (g, *LINE)),
        "f(r x_i) = f(r) f(x_i), r = sqrt(2 R) (G - h) with h = eps/sqrt(2 R); average over x_i, then over G",
        needs=(GAUSSIAN_DATA,),
    )
    quantity = rule.apply(residual) * given_g
    inserted = "insert E[f(x_i) | G = g]"
    if not quantity.has(sp.erf):
        gaussian_mean(record, nt.mean_given_noise, quantity, g, inserted)
        return record.finish()
    integral = sp.Integral(quantity * nt.gaussian_density(g), (g, *LINE))
    record.equal(nt.mean_given_noise, integral, inserted)
    slope = gaussian_mean_slope(record, quantity, g, rho)
    if quantity.subs(rho, 0) != 0:
        raise RuleError(f"E[f(r x_i)] does not vanish at rho = 0 for f(z) = {rule.expr}.")
    back = sp.Integral(slope.subs(rho, s), (s, 0, rho))
    record.equal(integral, back, "integrate back in rho; at rho = 0 the integrand vanishes")
    record.equal(
        back, _recognise_owen(slope), "Owen's T, whose derivative in rho is proportional to the integrand"
    )
    return record.finish()


def _recognise_owen(slope: Any) -> Any:
    """The multiple of T(h, rho/sqrt(1 - rho^2)) whose derivative in rho is `slope`."""
    owen = OwenT(h, rho / sp.sqrt(1 - rho**2))
    ratio = sp.simplify(slope / owen.diff(rho))
    if not ratio.is_number:
        raise RuleError(f"the slope {slope} is not that of Owen's T.")
    return ratio * owen


def linearisation(rule: UpdateRule, terms: int = 2) -> Derivation:
    """Expansion of E[f(r x_i) | eps] in odd powers of rho; `terms` of them, the rest as O(rho^(2 terms + 1)).

    The result is the polynomial in rho. In high dimension rho_i is of order d^(-1/2), so only the
    linear term survives.
    """
    exact = one_step_mean(rule)
    record = Recorder(
        f"{rule.name}-linearisation",
        f"Small correlations, f(z) = {rule.expr}",
    )
    mean = record.use(exact)
    degree = 2 * terms + 1
    taylor = sum(
        sp.simplify(mean.diff(rho, k).subs(rho, 0)) / sp.factorial(k) * rho**k for k in range(degree)
    )
    record.expand(
        mean, taylor, f"Taylor's theorem at rho = 0, {terms} odd terms", variable=rho, order=rho**degree
    )
    return record.finish()


def linear_response(rule: UpdateRule) -> Derivation:
    """The coefficient of rho in E[f(r x_i)], averaged over the label noise.

    >>> linear_response(SIGN).result
    2*NoiseMean(exp(-epsilon**2/(4*R)))/pi
    """
    law = any_law()
    record = Recorder(
        f"{rule.name}-linear-response",
        f"The mean step to first order, f(z) = {rule.expr}",
        (GAUSSIAN_DATA, law),
    )
    linear = linearisation(rule, terms=1)
    polynomial = record.use(linear)
    coefficient = polynomial.coeff(rho, 1).subs(h, eps / sp.sqrt(2 * R))
    record.define(
        nt.mean_step,
        NoiseMean(_exact(linear).subs(h, eps / sp.sqrt(2 * R))),
        "average E[f(r x_i) | eps] over the label noise, h = eps/sqrt(2 R)",
        needs=(GAUSSIAN_DATA, law),
    )
    record.equal(
        sp.Subs(sp.Derivative(nt.mean_step, rho), rho, 0),
        NoiseMean(coefficient),
        "the coefficient of rho, averaged: the remainder is O(rho^3) uniformly in eps",
    )
    record.equal(NoiseMean(coefficient), NoiseMean.of(coefficient), "constants come out of the expectation")
    return record.finish()


def residual_second_moment(rule: UpdateRule) -> Derivation:
    """E[f(r)^2], first over G and then over the label noise: 1 for sign, 2 P for SGD.

    >>> residual_second_moment(SIGN).result
    1
    """
    law = any_law() if rule == SIGN else finite_variance()
    record = Recorder(f"{rule.name}-second-moment", f"E[f(r)^2] for f(z) = {rule.expr}", (GAUSSIAN_DATA, law))
    record.define(
        nt.mean_square_given_noise,
        sp.Integral(rule.apply(y) ** 2 * nt.normal_density(y, -eps, 2 * R), (y, *LINE)),
        "given eps, r = <x, Delta> - eps is N(-eps, 2 R)",
        needs=(GAUSSIAN_DATA,),
    )
    given_eps = gaussian_mean(
        record,
        nt.mean_square_given_noise,
        rule.apply(nt.residual()) ** 2,
        g,
        "substitute r = sqrt(2 R) g - eps",
    )
    record.define(nt.mean_square, NoiseMean(nt.mean_square_given_noise), "average over the label noise")
    record.equal(nt.mean_square, NoiseMean.of(sp.expand(given_eps)), "insert it")
    return record.finish()


def coordinate_pair_moment(rule: UpdateRule) -> Derivation:
    """E[f(x_i) f(x_j)] for coordinates of variances K_ii, K_jj and correlation rho.

    The same two rules as for the one-step mean: condition x_j on x_i = sqrt(K_ii) g, then integrate over
    g. For the sign rule `orthant.arcsine_law` reaches the same function by a different road.
    """
    require_multiplicative(rule)
    record = Recorder(
        f"{rule.name}-pair-moment", f"E[f(x_i) f(x_j)] for f(z) = {rule.expr}", (GAUSSIAN_DATA, CORRELATION)
    )
    given_g = record.use(conditional_mean(rule)).subs(K_ii, K_jj)
    first = rule.apply(sp.sqrt(K_ii) * g)
    record.define(
        nt.conditional_mean_of_pair,
        _mean_given(rule, K_jj),
        "given x_i = sqrt(K_ii) g, x_j is N(sqrt(K_jj) rho g, K_jj (1 - rho^2))",
        needs=(GAUSSIAN_DATA,),
    )
    record.equal(nt.conditional_mean_of_pair, given_g, "as E[f(x_i) | G = g], with K_jj for K_ii")
    record.define(
        nt.pair_moment,
        sp.Integral(first * nt.conditional_mean_of_pair * nt.gaussian_density(g), (g, *LINE)),
        "average over x_j, then over x_i",
        needs=(GAUSSIAN_DATA,),
    )
    quantity, inserted = first * given_g, "insert E[f(x_j) | x_i]"
    if not quantity.has(sp.erf):
        gaussian_mean(record, nt.pair_moment, quantity, g, inserted)
        return record.finish()
    integral = sp.Integral(quantity * nt.gaussian_density(g), (g, *LINE))
    record.equal(nt.pair_moment, integral, inserted)
    slope = gaussian_mean_slope(record, quantity, g, rho)
    back = sp.Integral(slope.subs(rho, s), (s, 0, rho))
    record.equal(integral, back, "integrate back in rho from 0, where the coordinates are independent")
    record.equal(back, back.doit(), "evaluate")
    return record.finish()


def _exact(linear: Derivation) -> Any:
    """The exact mean that a linearisation expands."""
    return linear.steps[-1].lhs


def noise_matrix_entry(rule: UpdateRule) -> Derivation:
    """E[f(x_i) f(x_j)] by the road the SDE uses: the arcsine law for sign, conditioning for SGD, polar
    coordinates for the powers between and beyond."""
    if rule == SIGN:
        return arcsine_law()
    return coordinate_pair_moment(rule) if rule == SGD else power_pair_moment(rule)


__all__ = [
    "a",
    "conditional_mean",
    "coordinate_pair_moment",
    "linear_response",
    "linearisation",
    "noise_matrix_entry",
    "one_step_mean",
    "residual_second_moment",
]
