r"""One-step moments of the multiplicative rules f(z) = |z|^p sign(z): signSGD is p -> 0, SGD is p = 1.

With Z ~ N(0, 1), r = sqrt(2 R) (G - h), h = eps/sqrt(2 R), and 1F1, 2F1 the hypergeometric functions,

    B = E[f(Z) Z] = 2^((p+1)/2) Gamma(1 + p/2)/sqrt(pi),
    A(R) = E[f(r) G] = (2 R)^(p/2) B E[1F1((1-p)/2; 1/2; -h^2/2)],
    s(R) = E[f(r)^2] = (4 R)^p Gamma(p + 1/2)/sqrt(pi) E[1F1(-p; 1/2; -h^2/2)],
    E[f(x_i) f(x_j)] = (K_ii K_jj)^(p/2) B^2 rho 2F1((1-p)/2, (1-p)/2; 3/2; rho^2).

So the mean step is rho_i A(R) B K_ii^(p/2), and the preconditioner is D^(p-1). The law of the noise
enters through two Kummer functions, where the sign rule has exp(-h^2/2) = 1F1(1/2; 1/2; -h^2/2).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law, finite_moment
from signsgd_sym.errors import RuleError
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import A, K_ii, K_jj, R, eps, g, h, rho, s_R, w, x
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import NoiseMean

HALF = sp.Rational(1, 2)
LINE = (-sp.oo, sp.oo)


def exponent_of(rule: UpdateRule) -> Any:
    """p >= 0 of a multiplicative rule; raises `RuleError` for another.

    >>> from signsgd_sym.model.update_rule import SIGN
    >>> exponent_of(SIGN)
    0
    """
    p = rule.exponent
    if p is None or p.is_negative:
        raise RuleError(
            f"f(z) = {rule.expr} is not |z|^p sign(z) with p >= 0: the step does not split into a factor of "
            "the residual and one of the data; derive_rule_sde treats it."
        )
    return p


def noise_of(rule: UpdateRule) -> Assumption:
    """What a power rule needs of the noise: E |eps|^(2 p) < oo, nothing for p = 0."""
    p = exponent_of(rule)
    return any_law() if p == 0 else finite_moment(2 * p)


def data_response(p: Any) -> Any:
    """B = E[|Z|^(p+1)] = 2^((p+1)/2) Gamma(1 + p/2)/sqrt(pi), Z ~ N(0, 1).

    >>> data_response(sp.S.Zero), data_response(sp.S.One)
    (sqrt(2)/sqrt(pi), 1)
    """
    return 2 ** ((p + 1) / 2) * sp.gamma(1 + p / 2) / sp.sqrt(sp.pi)


def residual_response(p: Any) -> Any:
    """E[|G - h|^p sign(G - h) G] for a number h, which is B where h = 0.

    >>> residual_response(sp.S.One), residual_response(sp.S.Zero)
    (1, sqrt(2)*exp(-h**2/2)/sqrt(pi))
    """
    kummer = sp.hyper([(1 - p) / 2], [HALF], -(h**2) / 2)
    return data_response(p) * (sp.hyperexpand(kummer) if p in (0, 1) else kummer)


def residual_square(p: Any) -> Any:
    """E[|G - h|^(2 p)] for a number h.

    >>> residual_square(sp.S.Zero), residual_square(sp.S.One)
    (1, h**2 + 1)
    """
    front = 2**p * sp.gamma(p + HALF) / sp.sqrt(sp.pi)
    kummer = sp.hyper([-p], [HALF], -(h**2) / 2)
    return sp.expand(front * sp.hyperexpand(kummer)) if p in (0, 1) else front * kummer


def pair_correlation(p: Any) -> Any:
    """E[f(X) f(Y)] for standard Gaussians of correlation rho; the arcsine law at p = 0, rho at p = 1.

    >>> pair_correlation(sp.S.Zero), pair_correlation(sp.S.One)
    (2*asin(rho)/pi, rho)
    """
    if p == 0:
        return 2 * sp.asin(rho) / sp.pi
    kernel = sp.hyper([(1 - p) / 2, (1 - p) / 2], [3 * HALF], rho**2)
    return sp.simplify(data_response(p) ** 2) * rho * (1 if p == 1 else kernel)


def power_response(rule: UpdateRule) -> Derivation:
    """A(R) = E[f(r) G] for f(z) = |z|^p sign(z), any label noise.

    >>> from signsgd_sym.model.update_rule import SGD
    >>> power_response(SGD).result
    sqrt(2)*sqrt(R)
    """
    p, law = exponent_of(rule), noise_of(rule)
    record = Recorder(
        f"{rule.name}-residual-response",
        f"The response of the residual, f(z) = {rule.expr}",
        (GAUSSIAN_DATA, law),
    )
    record.define(
        nt.response_given_noise,
        sp.Integral((2 * R) ** (p / 2) * rule.apply(g - h) * g * nt.gaussian_density(g), (g, *LINE)),
        "f(r) = (2 R)^(p/2) f(G - h) with h = eps/sqrt(2 R)",
        needs=(GAUSSIAN_DATA,),
    )
    value = (2 * R) ** (p / 2) * residual_response(p)
    record.equal(nt.response_given_noise, value, "parts in g, and a moment of a Gaussian: Kummer's function")
    mean = NoiseMean.of(value.subs(h, eps / sp.sqrt(2 * R)))
    record.define(A, mean, "average over the label noise")
    return record.finish()


def power_second_moment(rule: UpdateRule) -> Derivation:
    """s(R) = E[f(r)^2] for f(z) = |z|^p sign(z).

    >>> from signsgd_sym.model.update_rule import SIGN
    >>> power_second_moment(SIGN).result
    1
    """
    p, law = exponent_of(rule), noise_of(rule)
    record = Recorder(f"{rule.name}-second-moment", f"E[f(r)^2] for f(z) = {rule.expr}", (GAUSSIAN_DATA, law))
    record.define(
        nt.mean_square_given_noise,
        sp.Integral((2 * R) ** p * rule.apply(g - h) ** 2 * nt.gaussian_density(g), (g, *LINE)),
        "given eps, r = sqrt(2 R) (G - h)",
        needs=(GAUSSIAN_DATA,),
    )
    value = (2 * R) ** p * residual_square(p)
    record.equal(nt.mean_square_given_noise, value, "an absolute moment of a Gaussian: Kummer's function")
    mean = NoiseMean.of(value.subs(h, eps / sp.sqrt(2 * R)))
    record.define(s_R, mean, "average over the label noise")
    return record.finish()


def power_pair_moment(rule: UpdateRule) -> Derivation:
    """E[f(x_i) f(x_j)], in polar coordinates: x_i = |x| cos, and the tangent of the angle for a variable."""
    p = exponent_of(rule)
    record = Recorder(
        f"{rule.name}-pair-moment", f"E[f(x_i) f(x_j)] for f(z) = {rule.expr}", (GAUSSIAN_DATA, CORRELATION)
    )
    radius = sp.Integral(w ** (2 * p + 1) * sp.exp(-(w**2) / 2), (w, 0, sp.oo))
    record.define(
        nt.radial_moment, radius, "X, W independent, and their length has the density w exp(-w^2/2)"
    )
    record.equal(nt.radial_moment, 2**p * sp.gamma(1 + p), "Euler's integral")
    other = rule.apply(rho + sp.sqrt(1 - rho**2) * x)
    record.define(
        nt.angular_mean,
        sp.Integral(other * (1 + x**2) ** (-p - 1) / sp.pi, (x, *LINE)),
        "f(X) f(Y)/(X^2 + W^2)^p, Y = rho X + sqrt(1 - rho^2) W, as a function of W/X, a Cauchy variable",
    )
    correlation = pair_correlation(p)
    angular = correlation / (2**p * sp.gamma(1 + p))
    record.equal(nt.angular_mean, angular, "Euler's integral of 2F1")
    scale = (K_ii * K_jj) ** (p / 2)
    record.define(
        nt.pair_moment,
        scale * nt.radial_moment * nt.angular_mean,
        "x_i = sqrt(K_ii) X, x_j = sqrt(K_jj) (rho X + sqrt(1 - rho^2) W): W/X is independent of the length",
        needs=(GAUSSIAN_DATA,),
    )
    record.equal(nt.pair_moment, scale * correlation, "insert both")
    return record.finish()


def whole_moment(p: Any) -> Any:
    """E[|X|^(2 p)] = 2^p Gamma(p + 1/2)/sqrt(pi), what 2F1 tends to for rho -> 1.

    >>> whole_moment(sp.S.Zero), whole_moment(sp.S.One)
    (1, 1)
    """
    return 2**p * sp.gamma(p + HALF) / sp.sqrt(sp.pi)
