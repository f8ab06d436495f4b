r"""The weak-approximation SDE of the linear model at batch 1: d fixed, eta -> 0.

One sample (x, eps), g = r x, sign(g) = sign(r) sign(x). The mean m_i is exact in every dimension (Owen's T
for a fixed value of the noise, an arcsine under Gaussian noise, an integral of phi for any law), and
sign(r)^2 = 1 leaves E[sign g sign g^T] = K_sigma. So per unit of time t = eta k

    drift -m(Delta),      covariance eta (K_sigma - m m^T).

In high dimension m m^T is dropped (its trace is bounded, that of K_sigma is d) and m is linear in rho.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law
from signsgd_sym.derive.exact_mean import exact_mean
from signsgd_sym.derive.gaussian_noise import NOISE, gaussian_noise_mean
from signsgd_sym.derive.moments import one_step_mean, residual_second_moment
from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.derive.weak.gradient_noise import SMALL_STEPS
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import eta
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

FIXED = Assumption("eps has one value, h = eps/sqrt(2 R)", name="fixed-noise")
MEANS: dict[str, tuple[str, Callable[[], Derivation], Callable[[], Assumption]]] = {
    "fixed": ("eps has one value", lambda: one_step_mean(SIGN), lambda: FIXED),
    "gaussian": ("Gaussian label noise", gaussian_noise_mean, lambda: NOISE),
    "any": ("label noise of any law", lambda: exact_mean(SIGN), any_law),
}
"""Kinds of label noise in words, with the mean step of each and what it assumes."""


@dataclass(frozen=True)
class WeakSDE:
    """dX = -m dt + sqrt(eta) (S - m m^T)^(1/2) dW in time t = eta k.

    `mean` is m_i as an expression in `rho`, the correlation of x_i with <x, Delta>, and in what else the law
    needs (`R`, `h`, the scale of the noise); `pair` is S_ij as one in `rho`, there the correlation of x_i and
    x_j.
    """

    mean: Any
    pair: Any
    derivation: Derivation


def regression_sde(noise: str = "gaussian") -> WeakSDE:
    """Derive drift and covariance at batch 1; `noise` is "fixed", "gaussian" or "any".

    Raises `ParameterError` for another kind.

    >>> regression_sde().mean
    2*asin(sqrt(2)*sqrt(R)*rho/sqrt(2*R + v**2))/pi
    >>> regression_sde("fixed").mean
    4*OwenT(h, rho/sqrt(1 - rho**2))
    """
    if noise not in MEANS:
        raise ParameterError(f"noise is {noise!r}; the kinds are {', '.join(MEANS)}.")
    words, make, assume = MEANS[noise]
    assumption = assume()
    record = Recorder(
        f"{noise}-noise-weak-sde",
        f"One sample, small steps: {words}",
        (GAUSSIAN_DATA, CORRELATION, assumption, SMALL_STEPS),
    )
    derived = make()
    mean = record.use(derived)
    record.define(
        nt.mean_sign, mean, f"the mean step for every d, from {derived.id}", needs=(assumption, GAUSSIAN_DATA)
    )
    record.define(nt.drift_i, -nt.mean_sign, "1/eta steps of mean -eta E[sign g_i]", needs=(SMALL_STEPS,))
    record.equal(nt.drift_i, -mean, "insert the mean")
    square = record.use(residual_second_moment(SIGN))
    pair = record.use(arcsine_law())
    record.equal(nt.pair_moment, pair, "sign(r)^2 = 1 leaves E[sign x_i sign x_j]")
    record.define(
        nt.variance_i,
        eta * (square - nt.mean_sign**2),
        "1/eta steps of variance eta^2 (E[sign^2] - E[sign]^2)",
        needs=(SMALL_STEPS,),
    )
    record.equal(
        nt.variance_i, eta * (square - mean**2), "insert both moments: (K_sigma - m m^T)_ii = 1 - m_i^2"
    )
    return WeakSDE(mean, pair, record.finish())
