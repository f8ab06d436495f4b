r"""Noise compression psi = E[exp(-eps^2/(4 R))] sqrt(P/R) for particular laws, and its extremes.

psi compares two means of one law: one that forgets what is far out and one that does not. It is 1 for
Gaussian noise of any size, above 1 where the tails are heavier than the middle suggests, and below 1 for
noise that stays away from 0. As R -> 0 it tends to sqrt(2 pi) f(0) sqrt(E eps^2), f the density of the noise.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.assumptions import finite_variance
from signsgd_sym.derive.effects import FourEffects, four_effects
from signsgd_sym.derive.phi import drift_rate_at_zero
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.notation import P, R, phi
from signsgd_sym.proof.derivation import Derivation, Recorder

CONTAMINATED = "Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, c)))"


def compression_at_zero(law: NoiseLaw | str, effects: FourEffects | None = None) -> Any:
    """lim psi for R -> 0, where P tends to E[eps^2]/2: from the limit of the drift rate.

    >>> compression_at_zero("Laplace(0, b)")
    sqrt(pi)
    """
    effects = effects or four_effects()
    noise = noise_law(law)
    rate = drift_rate_at_zero(noise)
    if rate.is_infinite:
        return sp.oo
    # psi is a factor of phi/sqrt(2 R), and P is E[eps^2]/2 there.
    factor = sp.simplify(effects.compression / phi * sp.sqrt(2 * R))
    return sp.simplify(rate * factor.subs(P, noise.second_moment() / 2))


def compression_before_it_is_simplified(law: NoiseLaw | str, effects: FourEffects) -> Any:
    """(pi/2) phi sqrt(P/R) with phi and P of a law as they are derived."""
    noise = noise_law(law)
    response, population = (
        dict(sde.under(noise).definitions)[name] for sde, name in ((effects.sign, phi), (effects.sgd, P))
    )
    return effects.inserted(response, population)


def compression_facts() -> Derivation:
    """psi for Gaussian, Laplace, two-valued and contaminated noise, with its limits.

    >>> compression_facts().result
    oo
    """
    effects = four_effects()
    record = Recorder("noise-compression", "Noise compression by law", (finite_variance(),))
    record.use(effects.derivation)
    record.tends(effects.mean, 1, "at large risk the label noise does not count", variable=R, point=sp.oo)
    gaussian, laplace = effects.psi("Normal(0, v)"), effects.psi("Laplace(0, b)")
    record.equal(
        compression_before_it_is_simplified("Normal(0, v)", effects),
        gaussian,
        "Gaussian noise of any size: nothing is compressed",
    )
    b, c = (sp.Symbol(name, positive=True) for name in "bc")
    end = compression_at_zero("Laplace(0, b)", effects)
    record.tends(laplace, end, "Laplace noise at small risk: sqrt(2 pi) f(0) sigma", variable=R, point=0)
    record.tends(
        laplace, end, "the same at fixed risk and large scale: only R/b^2 counts", variable=b, point=sp.oo
    )
    two_valued = effects.psi("Rademacher(c)")
    record.at_most(two_valued, 1, "noise that is never small: 1 + u <= exp(u) with u = c^2/(2 R)")
    record.tends(two_valued, 0, "and at small risk the drift is gone", variable=R, point=0)
    contaminated = effects.psi(CONTAMINATED)
    slope = sp.limit(contaminated / c, c, sp.oo)
    record.expand(
        contaminated,
        slope * c,
        "an outlier in ten, of size c: SGD's noise grows",
        variable=c,
        point=sp.oo,
        order=1,
    )
    record.tends(contaminated, sp.oo, "and signSGD's drift stays", variable=c, point=sp.oo)
    return record.finish()


__all__ = ["compression_at_zero", "compression_before_it_is_simplified", "compression_facts"]
