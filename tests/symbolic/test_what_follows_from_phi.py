"""Claim: limits, expansions at both ends, psi and the stationary risk follow from phi, and wrong ones fail.

What the engine derives is compared with the textbook: Gaussian noise has psi = 1, R = A^2 + A sqrt(A^2 +
v^2); Laplace noise of small R has psi -> sqrt(pi); the expansions are checked at numbers by mpmath.
"""

import mpmath
import pytest
import sympy as sp

from signsgd_sym.derive.consequences import expansions, large_risk, small_risk
from signsgd_sym.derive.expansion import far_out, near_zero
from signsgd_sym.derive.law_formulas import law_formulas
from signsgd_sym.derive.monotone import drift_monotonicity
from signsgd_sym.derive.phi import phi_as_mean
from signsgd_sym.model import noise_law
from signsgd_sym.notation import D, R, d, eta, x
from signsgd_sym.special import over

FACTOR = 2 / sp.pi


@pytest.fixture(scope="module")
def formulas():
    known = {}

    def get(text):
        if text not in known:
            known[text] = law_formulas(noise_law(text), points=4, digits=20)
        return known[text]

    return get


LAWS = ["Normal(0, v)", "Laplace(0, b)", "Cauchy(0, c)", "Rademacher(c)", "Uniform(-a, a)", "Exponential(r)"]


@pytest.mark.parametrize("text", LAWS)
def test_every_statement_holds(formulas, text):
    found = formulas(text)
    assert found.phi is not None
    assert found.statements
    for statement in found.statements:
        assert statement.judgement.verdict.passed, (statement.name, statement.judgement.evidence.reason)
    assert found.form.judgement.evidence.region


def test_gaussian_noise(formulas):
    found = formulas("Normal(0, v)")
    v = sp.Symbol("v", positive=True)
    assert found.psi == 1
    A = sp.pi * eta * sp.Trace(D) / (8 * d)
    at = {eta: sp.Rational(3, 7), sp.Trace(D): 5, d: 4, v: sp.Rational(2, 3)}
    expected = A**2 + A * sp.sqrt(A**2 + v**2)
    assert abs(sp.N((found.stationary - expected).xreplace(at), 30)) < sp.Float("1e-25")
    assert found.monotone.holds is True


def test_laplace_noise_compresses_by_root_pi_at_small_risk(formulas):
    statement = formulas("Laplace(0, b)").statement("psi at 0")
    assert statement.value == sp.sqrt(sp.pi)


def test_without_a_variance_psi_is_undefined_with_a_reason(formulas):
    found = formulas("Cauchy(0, c)")
    assert found.psi is None
    assert "E[eps^2] is infinite" in found.psi_reason


def test_a_rate_that_rises_is_shown_with_two_risks(formulas):
    found = formulas("Rademacher(c)")
    assert found.monotone.holds is False
    r, s = found.monotone.witness
    rate = found.phi.subs(sp.Symbol("c", positive=True), sp.Rational(3, 2)) / sp.sqrt(2 * R)
    assert sp.N(rate.subs(R, s)) > sp.N(rate.subs(R, r))


def test_one_sided_noise_still_falls(formulas):
    assert formulas("Exponential(r)").monotone.holds is True


@pytest.mark.parametrize("text", ["Beta(2, 5)", "Normal(2, 1)", "Uniform(1, 2)", "Dirac(1)"])
def test_nothing_is_called_monotone_that_rises(text):
    law = noise_law(text)
    assert drift_monotonicity(law, over(phi_as_mean(), law)).holds is False


def phi_number(law, r):
    """phi at R = r by mpmath."""
    total = mpmath.mpf(0)
    for _, part in law.parts:
        for piece in part.pieces:
            f = sp.lambdify(x, (piece.density * sp.exp(-(x**2) / (4 * r))), "mpmath")
            lo, hi = (
                mpmath.inf if e is sp.oo else -mpmath.inf if e is -sp.oo else mpmath.mpf(e)
                for e in (piece.lo, piece.hi)
            )
            scale = mpmath.sqrt(mpmath.mpf(r.p) / r.q)
            marks = [k * scale for k in (-30, -5, -1, 1, 5, 30)]
            total += mpmath.quad(
                f,
                [lo, *(m for m in [*marks, 0] if lo < m < hi), hi]
                if lo < 0
                else [lo, *(m for m in marks if lo < m < hi), hi],
            )
    return 2 / mpmath.pi * total


SMALL = ["Gamma(2, 1)", "Logistic(0, 1)", "Weibull(1, 3)", "Maxwell(1)", "Triangular(-1, 1, 0)"]


@pytest.mark.parametrize("text", SMALL)
def test_small_risk_expansion(text):
    """The error falls with R at the order that is claimed, or faster."""
    law = noise_law(text)
    found = small_risk(law, FACTOR)
    errors = []
    with mpmath.workdps(40):
        for k in (8, 10):
            r = sp.Rational(1, 2**k)
            errors.append(abs(phi_number(law, r) - mpmath.mpf(str(sp.N(found.series.subs(R, r), 40)))))
    order = float(sp.log(found.order.subs(R, 2), 2)) if found.order != 0 else 12
    if errors[1] > mpmath.mpf(10) ** -32:
        assert mpmath.log(errors[0] / errors[1], 4) > order - 0.3


def test_large_risk_expansion_with_a_heavy_tail():
    """Student's t with 3 degrees: the tail x^-4 adds a term R^(-3/2) between the moments."""
    found = large_risk(noise_law("StudentT(3)"), FACTOR)
    assert found.powers == (0, -1, sp.Rational(-3, 2))
    assert sp.simplify(found.terms[1] + FACTOR * sp.Rational(3, 4) / R) == 0


def test_a_logarithm_is_not_called_a_power():
    """t with 2 degrees of freedom has a logarithm at infinity: no expansion in powers is claimed."""
    assert large_risk(noise_law("StudentT(2)"), FACTOR) is None


def test_an_essential_singularity_is_smaller_than_every_power():
    assert near_zero(noise_law("Levy(0, 1)").parts[0][1].pieces[0].density, 1).terms == ()
    assert list(expansions(noise_law("LogNormal(0, 1)"), FACTOR)) == []


def test_tails_are_read():
    series = far_out(noise_law("Cauchy(0, 1)").parts[0][1].pieces[0].density, -1)
    assert series.terms[0] == (-2, 1 / sp.pi)
