r"""phi under a named law: the closed form, the smoothing identity and the limit of the drift rate.

Smoothing identity: phi(R)/sqrt(2 R) = 2 sqrt(2/pi) p_R(0), where p_R is the density of eps + sqrt(2 R) Z
at 0, Z ~ N(0, 1). So as R -> 0 the drift rate tends to 2 sqrt(2/pi) f_eps(0), with the mean of the two
one-sided values at a jump; to oo with an atom or a pole at 0; to 0 when 0 is outside the support.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.closed_form import ClosedForm, noise_mean
from signsgd_sym.derive.moments import GAUSSIAN_DATA, linear_response
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import R, density_at_zero, eps, gaussian_density, phi, x
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean


def smoothing_identity() -> Derivation:
    """phi(R)/sqrt(2 R) as a multiple of the density of eps + sqrt(2 R) Z at 0.

    >>> smoothing_identity().result
    2*sqrt(2)*p_R(0)/sqrt(pi)
    """
    record = Recorder("smoothing-identity", "The drift rate is a smoothed density at 0", (GAUSSIAN_DATA,))
    response = record.use(linear_response(SIGN))
    record.equal(phi, response, "the linear response of the sign rule")
    smoothed = gaussian_density(eps / sp.sqrt(2 * R)) / sp.sqrt(2 * R)
    record.define(
        density_at_zero,
        NoiseMean(smoothed),
        "density of eps + sqrt(2 R) Z at 0: the mean of that of sqrt(2 R) Z at -eps",
    )
    rate = response / sp.sqrt(2 * R)
    multiple = sp.simplify(rate / NoiseMean.of(smoothed))
    record.equal(
        phi / sp.sqrt(2 * R), multiple * density_at_zero, "the two expectations differ by a constant factor"
    )
    return record.finish()


def phi_mean(law: NoiseLaw, *, seconds: float = 20.0) -> ClosedForm:
    """The expectation in phi under `law`, in closed form where a route leads to one."""
    return noise_mean(law, _mean().quantity, seconds=seconds)


def phi_of(form: ClosedForm) -> Any | None:
    """phi from the expectation in it; None without a closed form."""
    if form.value is None:
        return None
    response, mean = linear_response(SIGN).result, _mean()
    return sp.Add(*(sp.simplify(response.xreplace({mean: term})) for term in sp.Add.make_args(form.value)))


def _mean() -> Any:
    [mean] = linear_response(SIGN).result.atoms(NoiseMean)
    return mean


def drift_rate_at_zero(law: NoiseLaw) -> Any:
    """lim phi(R)/sqrt(2 R) for R -> 0 by the smoothing identity; oo when the law has an atom or a pole at 0.

    >>> from signsgd_sym.model.noise import noise_law
    >>> drift_rate_at_zero(noise_law("Laplace(0, b)"))
    sqrt(2)/(sqrt(pi)*b)
    """
    at_zero: Any = sp.S.Zero
    for weight, part in law.parts:
        if isinstance(part, Atom):
            if sp.simplify(part.location) == 0:
                return sp.oo
            continue
        for piece in part.pieces:
            at_zero += weight * _one_sided_mean(piece)
    if at_zero.has(sp.oo, sp.zoo, sp.nan):
        return sp.oo
    return sp.simplify(smoothing_identity().result.coeff(density_at_zero) * at_zero)


def _one_sided_mean(piece: Any) -> Any:
    """(f(0+) + f(0-))/2 as far as this piece reaches 0."""
    total: Any = sp.S.Zero
    for direction, inside in (("+", piece.lo <= 0), ("-", piece.hi >= 0)):
        strictly = (piece.hi > 0) if direction == "+" else (piece.lo < 0)
        if sp.And(inside, strictly) == True:  # noqa: E712  (a symbolic truth value)
            total += sp.limit(piece.density, x, 0, direction) / 2
    return total
