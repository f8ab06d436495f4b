r"""Minibatches of any coordinate-wise rule: f of the mean gradient of b samples.

Given the residuals r = (r_1, ..., r_b) the mean gradient of coordinate i is sqrt(K_ii) times

    rho_i <r, G>/b + sqrt(1 - rho_i^2) s X,    s = |r|/b,  X standard normal and independent of r,

one coordinate seen through s, as one sample is seen through |r|. To first order in rho_i the mean step is
rho_i E[(<r, G>/|r|) h_1(u)] with u = s sqrt(K_ii) and h_1(u) = E[f(u X) X]; by Stein's identity in each G_m
that is sqrt(2 R) rho_i times the mean divergence of (r/|r|) h_1(u). So the mean step is a (K Delta)_i with

    a = E[((b - 1) h_1(u)/u + h_1'(u))/b] = E[(1 + (X^2 - 1)/b) f'(u X)],

one factor more than a single gradient of the same size has, and for b >= 2 also where f has a jump

    a = E[(X + (X^3 - 3 X)/b) f(u X)/u].

The second moment needs no more than s: Sigma_ij = E[f(s x_i) f(s x_j)]. A power separates again. Given the
norm of the labels, |r|^2/(2 R) is a noncentral chi square of b degrees of freedom, whose moments are Kummer's
functions, and Gamma functions under Gaussian noise.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.any_rule import LINE, first_coefficient
from signsgd_sym.derive.assumptions import GAUSSIAN_DATA, SMALL_CORRELATIONS
from signsgd_sym.derive.hermite import correlated_density
from signsgd_sym.derive.minibatch import BATCH, GAUSSIAN_LABELS, gaussian_batch_response
from signsgd_sym.derive.powers import data_response
from signsgd_sym.errors import RuleError
from signsgd_sym.model.kinks import split
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import R, h_1, norm_eps, p_f, u, v, w, x, z
from signsgd_sym.notation import batch as b
from signsgd_sym.proof.derivation import Derivation, Recorder


def batch_mean_step(rule: UpdateRule) -> Derivation:
    """What is averaged over u = sqrt(K_ii) |r|/b to give a(R, K_ii), for a rule with h_1 in closed form.

    Raises:
        RuleError: h_1 stays an integral.

    >>> from signsgd_sym.model.update_rule import SGD, SIGN
    >>> batch_mean_step(SGD).result, sp.simplify(batch_mean_step(SIGN).result * u)
    (1, sqrt(2)*(b - 1)/(sqrt(pi)*b))
    """
    value = first_coefficient(rule)
    if value is None:
        raise RuleError(
            f"E[f(u X) X] stays an integral for f(z) = {rule.expr}; take a rule that is piecewise a "
            "polynomial."
        )
    record = Recorder(
        f"{rule.name}-batch-mean-step",
        f"The mean step of b samples, f(z) = {rule.expr}",
        (GAUSSIAN_DATA, SMALL_CORRELATIONS, BATCH),
    )
    record.use(correlated_density())
    weight = nt.gaussian_density(x)
    record.define(h_1, sp.Integral(rule.apply(u * x) * x * weight, (x, *LINE)), "E[f(u X) X]")
    record.equal(h_1, value, "evaluate")
    record.define(
        nt.batch_slope,
        sp.Derivative(u ** (b - 1) * value, u) / (b * u ** (b - 1)),
        "the mean step is rho_i E[(<r, G>/|r|) h_1(u)] to first order, and Stein's identity in each G_m "
        "makes it the divergence of (r/|r|) h_1, in polar coordinates",
        needs=(GAUSSIAN_DATA, SMALL_CORRELATIONS, BATCH),
    )
    whole = ((b - 1) * value / u + sp.diff(value, u)) / b
    record.equal(nt.batch_slope, whole, "differentiate")
    record.equal(
        -sp.Derivative((1 + (x**2 - 1) / b) * weight, x),
        (x + (x**3 - 3 * x) / b) * weight,
        "Gaussian weights, for parts in x",
    )
    pieces = split(rule.expr.subs(z, x), sp.S.Zero, sp.oo)
    without = _over_pieces(
        [(2 * (x + (x**3 - 3 * x) / b) * piece.density.subs(x, u * x) / u, piece) for piece in pieces]
    )
    record.equal(whole, without, "E[(X + (X^3 - 3 X)/b) f(u X)]/u: no derivative of f")
    if rule.expr.has(sp.sign):
        record.equal(
            nt.batch_slope, sp.simplify(whole), "so the jump of f counts, for b >= 2", needs=(BATCH,)
        )
        return record.finish()
    slopes = _over_pieces(
        [(2 * (1 + (x**2 - 1) / b) * piece.density.diff(x).subs(x, u * x), piece) for piece in pieces]
    )
    record.equal(without, slopes, "parts in x: E[(1 + (X^2 - 1)/b) f'(u X)]")
    record.tends(
        whole, value / u, "a large batch: E f'(u X), the gradient is Gaussian", variable=b, point=sp.oo
    )
    record.equal(nt.batch_slope, sp.simplify(whole), "so this is averaged over the residuals")
    return record.finish()


def _over_pieces(integrands: list[tuple[Any, Any]]) -> Any:
    weight = nt.gaussian_density(x)
    return sp.Add(
        *(sp.Integral(f * weight, (x, piece.lo / u, piece.hi / u)) for f, piece in integrands if f != 0)
    )


def length_moment(q: Any) -> Any:
    """E|r|^q of b residuals given |eps|: (4 R)^(q/2) Gamma((b+q)/2)/Gamma(b/2) 1F1(-q/2; b/2; -|eps|^2/4R).

    >>> sp.expand(sp.expand_func(sp.hyperexpand(length_moment(sp.Integer(2)))))
    2*R*b + |eps|**2
    """
    front = (4 * R) ** (q / 2) * sp.gamma((b + q) / 2) / sp.gamma(b / 2)
    return front * sp.hyper([-q / 2], [b / 2], -(norm_eps**2) / (4 * R))


def batch_powers() -> Derivation:
    """a and s of |z|^p sign(z) given |eps|: moments of a noncentral chi law.

    >>> rate = batch_powers().result
    >>> sp.simplify(sp.hyperexpand(rate.subs(p_f, 1)))  # SGD
    1
    """
    p = p_f
    record = Recorder(
        "batch-powers", "Powers of the mean gradient of b samples", (GAUSSIAN_DATA, SMALL_CORRELATIONS, BATCH)
    )
    record.use(correlated_density())
    B = data_response(p)
    weight = nt.gaussian_density(x)
    record.equal(
        sp.Integral(2 * x ** (p + 1) * weight, (x, 0, sp.oo)), B, "B = E|Z|^(p + 1), so that h_1(u) = B u^p"
    )
    record.equal(
        sp.Derivative(u ** (b - 1) * B * u**p, u) / (b * u ** (b - 1)),
        B * (1 + (p - 1) / b) * u ** (p - 1),
        "the divergence of (r/|r|) h_1 in b variables, u = sqrt(K_ii) |r|/b",
        needs=(BATCH,),
    )
    record.equal(
        sp.Integral((1 - x**2) ** ((b - 3) / 2) * sp.exp(u * x), (x, -1, 1)),
        sp.sqrt(sp.pi) * sp.gamma((b - 1) / 2) * (2 / u) ** (b / 2 - 1) * sp.besseli(b / 2 - 1, u),
        "the angle between r and the labels, on a sphere in b dimensions: Poisson's integral",
        needs=(BATCH,),
    )
    bessel = sp.besseli(b / 2 - 1, w * norm_eps / (2 * R))
    density = w / (2 * R) * (w / norm_eps) ** (b / 2 - 1) * sp.exp(-(w**2 + norm_eps**2) / (4 * R)) * bessel
    for q, name in ((p - 1, nt.length_to_rate), (2 * p, nt.length_to_scale)):
        record.define(
            name, sp.Integral(w**q * density, (w, 0, sp.oo)), "|r| given |eps|, in polar coordinates"
        )
        record.equal(name, length_moment(q), "Weber's integral: a noncentral chi law", needs=(BATCH,))
    record.define(
        nt.batch_scale, length_moment(2 * p) / b ** (2 * p), "E[s^(2 p) | |eps|], s = |r|/b", needs=(BATCH,)
    )
    record.define(
        nt.batch_rate,
        B * (1 + (p - 1) / b) * b ** (1 - p) * length_moment(p - 1),
        "a(R) given |eps|: the mean step is a K_ii^((p - 1)/2) (K Delta)_i",
        needs=(GAUSSIAN_DATA, SMALL_CORRELATIONS, BATCH),
    )
    record.equal(nt.batch_rate, batch_rate(), "Gamma(z + 1) = z Gamma(z)")
    return record.finish()


def batch_rate() -> Any:
    """a(R) of |z|^p sign(z) given |eps|, which at b = 1 is what one sample has, p = 0 included.

    >>> from signsgd_sym.derive.powers import residual_response
    >>> one = batch_rate().subs({b: 1, p_f: sp.Rational(1, 2), norm_eps: nt.h * sp.sqrt(2 * R)})
    >>> p = sp.Rational(1, 2)
    >>> other = (2 * R) ** ((p - 1) / 2) * data_response(p) * residual_response(p)
    >>> sp.simplify(sp.gammasimp(one / other))
    1
    """
    p = p_f
    front = 2 * data_response(p) * (4 * R) ** ((p - 1) / 2) / b**p
    kummer = sp.hyper([(1 - p) / 2], [b / 2], -(norm_eps**2) / (4 * R))
    return front * sp.gamma((b + p + 1) / 2) / sp.gamma(b / 2) * kummer


def gaussian_batch_powers(value: Any = v) -> Derivation:
    """a of |z|^p sign(z) under N(0, v^2): |r|^2/(2 R + v^2) is a chi square of b degrees of freedom.

    >>> sp.simplify(gaussian_batch_powers().result.subs(p_f, 1))
    1
    """
    p = p_f
    record = Recorder(
        "gaussian-batch-powers",
        "Powers of the mean gradient under Gaussian noise",
        (BATCH, GAUSSIAN_LABELS),
    )
    record.use(batch_powers())
    square = 2 * R + value**2
    chi = 2 ** (1 - b / 2) * w ** (b - 1) * sp.exp(-(w**2) / 2) / sp.gamma(b / 2)

    def moment(q: Any) -> Any:
        """E|r|^q."""
        return record.equal(
            sp.Integral((sp.sqrt(square) * w) ** q * chi, (w, 0, sp.oo)),
            (2 * square) ** (q / 2) * sp.gamma((b + q) / 2) / sp.gamma(b / 2),
            f"E|r|^({str(q).replace('p_f', 'p')}): r has b independent coordinates N(0, 2 R + v^2)",
            needs=(BATCH, GAUSSIAN_LABELS),
        )

    scale = moment(2 * p) / b ** (2 * p)
    record.equal(scale.subs(p, 1), square / b, "SGD: s(R) = 2 P/b")
    rate = data_response(p) * (1 + (p - 1) / b) * b ** (1 - p) * moment(p - 1)
    closed = data_response(p) * 2 / b**p * (2 * square) ** ((p - 1) / 2)
    closed = closed * sp.gamma((b + p + 1) / 2) / sp.gamma(b / 2)
    at_sign = record.use(gaussian_batch_response(value)) / sp.sqrt(2 * R)
    record.equal(closed.subs(p, 0), at_sign, "sign: phi_b/sqrt(2 R), which comes from phi")
    record.equal(rate, closed, "a(R), with Gamma(z + 1) = z Gamma(z)")
    return record.finish()


__all__ = ["batch_mean_step", "batch_powers", "batch_rate", "gaussian_batch_powers", "length_moment"]
