r"""The three phases of the drift -erf(Y), Y = |grad_i|/sqrt(2 Sigma_ii), each with its error.

    saturated     erf(Y) = 1 - exp(-Y^2) erfcx(Y),    error below exp(-Y^2)/(sqrt(pi) Y): sign descent;
    intermediate  1 < Y < 3/2: between a chord and a tangent, both linear in Y;
    transient     erf(Y) = 2 Y/sqrt(pi) + O(Y^3),     error below 2 Y^3/(3 sqrt(pi)): preconditioned descent.

That there are three is an observation of Monzio Compagnoni et al., arXiv 2411.15958. The borders 1 and 3/2
are a choice: nothing happens there, and the errors say how far each form is right.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym.notation import Sigma_ii, Y, grad_i
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import Erfcx

LOW, HIGH = sp.S.One, sp.Rational(3, 2)
INTERMEDIATE = Assumption("1 < Y < 3/2", (Y - LOW) * (Y - HIGH) < 0, name="intermediate-phase")


def saturated_phase() -> Derivation:
    """The drift is -sign(grad_i) but for exp(-Y^2)/(sqrt(pi) Y).

    >>> saturated_phase().result
    exp(-Y**2)/(sqrt(pi)*Y)
    """
    record = Recorder("saturated-phase", "Far from the optimum: sign descent")
    drift = sp.erf(grad_i / sp.sqrt(2 * Sigma_ii))
    record.tends(drift, 1, "the error function saturates", variable=grad_i, point=sp.oo)
    record.tends(drift, -1, "on both sides", variable=grad_i, point=-sp.oo)
    error = record.equal(1 - sp.erf(Y), sp.exp(-(Y**2)) * Erfcx(Y), "what is missing")
    leading = 1 / (sp.sqrt(sp.pi) * Y)
    record.expand(Erfcx(Y), leading, "integrate by parts", variable=Y, point=sp.oo, order=Y**-3)
    record.at_most(error, sp.exp(-(Y**2)) * leading, "the series alternates")
    return record.finish()


def intermediate_phase() -> Derivation:
    """The drift lies between the chord from Y = 1 to 3/2 and the tangent in their middle.

    >>> float((intermediate_phase().result - sp.erf(Y)).subs(Y, 1).evalf()) < 0.03
    True
    """
    record = Recorder("intermediate-phase", "In between: two lines", (INTERMEDIATE,))
    slope = (sp.erf(HIGH) - sp.erf(LOW)) / (HIGH - LOW)
    chord = sp.erf(LOW) + slope * (Y - LOW)
    curvature = -4 * Y * sp.exp(-(Y**2)) / sp.sqrt(sp.pi)
    record.equal(sp.Derivative(sp.erf(Y), (Y, 2)), curvature, "the curvature of erf")
    record.at_most(curvature, 0, "erf is concave on Y > 0")
    record.at_most(chord, sp.erf(Y), "a concave function is above its chords")
    middle = (LOW + HIGH) / 2
    tangent = sp.erf(middle) + sp.diff(sp.erf(Y), Y).subs(Y, middle) * (Y - middle)
    record.at_most(sp.erf(Y), tangent, "and below its tangents")
    return record.finish()


def transient_phase() -> Derivation:
    """The drift is linear, -sqrt(2/pi) grad_i/sqrt(Sigma_ii), but for 2 Y^3/(3 sqrt(pi)).

    >>> transient_phase().result
    2*Y**3/(3*sqrt(pi))
    """
    record = Recorder("transient-phase", "Near the optimum: preconditioned descent")
    drift = sp.erf(grad_i / sp.sqrt(2 * Sigma_ii))
    linear = sp.sqrt(2 / sp.pi) * grad_i / sp.sqrt(Sigma_ii)
    record.expand(drift, linear, "Taylor's theorem", variable=grad_i, order=grad_i**3)
    record.at_most(
        2 * Y / sp.sqrt(sp.pi) - sp.erf(Y),
        2 * Y**3 / (3 * sp.sqrt(sp.pi)),
        "1 - exp(-t^2) <= t^2, integrated",
    )
    return record.finish()
