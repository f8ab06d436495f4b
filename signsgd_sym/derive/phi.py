r"""phi under a named law: the closed form, the smoothing identity and the limit of the drift rate.

Smoothing identity: phi(R)/sqrt(2 R) = 2 sqrt(2/pi) p_R(0), where p_R is the density of eps + sqrt(2 R) Z
at 0, Z ~ N(0, 1). So as R -> 0 the drift rate tends to 2 sqrt(2/pi) f_eps(0), with the mean of the two
one-sided values at a jump; to oo with an atom or a pole at 0; to 0 when 0 is outside the support.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive import gaussian_integral
from signsgd_sym.derive.assumptions import any_law
from signsgd_sym.derive.certificate import RECHECK_DIGITS, RECHECK_POINTS, NotBelieved, new_seed, text
from signsgd_sym.derive.closed_form import ClosedForm, noise_mean
from signsgd_sym.derive.moments import linear_response
from signsgd_sym.derive.question import question
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.store import Store
from signsgd_sym.derive.stored_text import NotStorable, read_back, scope_of, written
from signsgd_sym.errors import InputError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import R, density_at_zero, eps, gaussian_density, phi
from signsgd_sym.proof.check import check_step
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean


def _smoothed_density() -> Any:
    """p_R(0), the density of eps + sqrt(2 R) Z at 0: the mean of that of sqrt(2 R) Z at -eps."""
    return NoiseMean(gaussian_density(eps / sp.sqrt(2 * R)) / sp.sqrt(2 * R))


def _smoothing_constant(response: Any) -> Any:
    """The factor c in phi(R)/sqrt(2 R) = c p_R(0), given phi as an expectation."""
    return sp.simplify(response / sp.sqrt(2 * R) / NoiseMean.of(_smoothed_density().quantity))


def smoothing_identity() -> Derivation:
    """phi(R)/sqrt(2 R) as a multiple of the density of eps + sqrt(2 R) Z at 0.

    >>> smoothing_identity().result
    2*sqrt(2)*p_R(0)/sqrt(pi)
    """
    record = Recorder("smoothing-identity", "The drift rate is a smoothed density at 0", (any_law(),))
    response = record.use(linear_response(SIGN))
    record.define(phi, response, "the linear response of the sign rule")
    record.define(density_at_zero, _smoothed_density(), "density of eps + sqrt(2 R) Z at 0")
    record.equal(
        phi / sp.sqrt(2 * R),
        _smoothing_constant(response) * density_at_zero,
        "the two expectations differ by a constant factor",
    )
    return record.finish()


def phi_as_mean(cache: bool | Store = True) -> Any:
    """phi as an expectation over a law not named; pass it on where it is needed often.

    Derived, or with `cache` read and certified again (`response_and_note`).
    """
    return response_and_note(Store.of(cache))[0]


def response_and_note(store: Store) -> tuple[Any, str]:
    """phi as an expectation, and a sentence where the cache was not believed.

    What is read is certified at new points by Stein's lemma, of which the derivation makes no use: given eps,
    phi = E|W| E[G sign(sqrt(2 R) G - eps)] = sqrt(2/pi) 2 p(eps/sqrt(2 R)),  p the density of G and W.
    """
    if store.folder is None:
        return linear_response(SIGN).result, ""
    asked = question("linear response of the sign rule", None, SIGN.expr)
    entry, note = store.read(asked)
    if entry is not None:
        try:
            response = read_back(text(entry.answer, "formula"), scope_of(None))
            [mean] = response.atoms(NoiseMean)
            stein = 2 * sp.sqrt(2 / sp.pi) * gaussian_density(eps / sp.sqrt(2 * R))
            record = Recorder("stein", "")
            record.equal(response.xreplace({mean: mean.quantity}), stein, "Stein's lemma")
            derivation = record.finish()
            step = derivation.steps[0]
            now = check_step(derivation, step, seed=new_seed(), points=RECHECK_POINTS, digits=RECHECK_DIGITS)
            if now.verdict.passed and response == response.coeff(mean) * mean:
                return response, ""
            note = f"a linear response in the cache was not believed: it is {now.verdict.value}"
        except (NotBelieved, InputError, ValueError, AttributeError) as problem:
            note = f"a linear response in the cache was not believed: {problem}"
    response = linear_response(SIGN).result
    try:
        kept = store.write(asked, {"formula": written(response, scope_of(None))})
    except NotStorable as problem:
        kept = str(problem)
    return response, "; ".join(filter(None, (note, kept)))


def phi_mean(
    law: NoiseLaw, response: Any | None = None, *, seconds: float = 20.0, cache: bool | Store = True
) -> ClosedForm:
    """The expectation in phi under `law`, in closed form where a route leads to one.

    `response` is `phi_as_mean()`, derived here when it is not given; `cache` as for `noise_mean`.
    """
    quantity = _mean(response or phi_as_mean(cache)).quantity
    return noise_mean(law, quantity, seconds=seconds, cache=cache)


def phi_of(form: ClosedForm, response: Any | None = None) -> Any | None:
    """phi from the expectation in it; None without a closed form."""
    if form.value is None:
        return None
    response = response or phi_as_mean()
    mean = _mean(response)
    return sp.Add(*(readable(response.xreplace({mean: term})) for term in sp.Add.make_args(form.value)))


def phi_integral(form: ClosedForm, response: Any | None = None) -> Any:
    """phi as the integral over the law that it stands for, whether or not there is a closed form."""
    response = response or phi_as_mean()
    return response.xreplace({_mean(response): form.integral})


def _mean(response: Any) -> Any:
    [mean] = response.atoms(NoiseMean)
    return mean


def drift_rate_at_zero(law: NoiseLaw, response: Any | None = None) -> Any:
    """lim phi(R)/sqrt(2 R) for R -> 0 by the smoothing identity; oo when the law has an atom or a pole at 0.

    Each part of the law gives its density at 0 (`DensityPart.density_at_zero`), as an integral where it has
    no closed form, as a Piecewise where it depends on parameters where 0 lies.

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
        at_zero += weight * part.density_at_zero()
    at_zero = _gaussian_integrals_done(at_zero)
    # What integrals remain exist, though their limits are infinite: they are left alone.
    hidden = {integral: sp.Dummy(positive=True) for integral in at_zero.atoms(sp.Integral)}
    at_zero = at_zero.xreplace(hidden)
    if at_zero.has(sp.oo, sp.zoo, sp.nan):
        return sp.oo
    value = sp.simplify(_smoothing_constant(response or phi_as_mean()) * at_zero)
    return value.xreplace({dummy: integral for integral, dummy in hidden.items()})


def _gaussian_integrals_done(value: Any) -> Any:
    """The value with those of its integrals evaluated that completing the square evaluates."""
    found = {
        integral: gaussian_integral.integrate(integral.function, *integral.limits[0])
        for integral in value.atoms(sp.Integral)
        if len(integral.limits) == 1
    }
    return value.xreplace({integral: done for integral, done in found.items() if done is not None})
