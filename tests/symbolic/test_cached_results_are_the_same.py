"""Claim: an answer from the cache is the answer: the same formulas, steps, verdicts, from text read exactly.

The search is what the cache saves: an answer that was kept is given without it.
"""

import pytest
import sympy as sp
from sympy.functions.special.hyper import TupleArg

from signsgd_sym.derive import closed_form, follow_up, in_time, law_formulas
from signsgd_sym.derive.certificate import RECHECK_DIGITS, RECHECK_POINTS
from signsgd_sym.derive.closed_form import noise_mean
from signsgd_sym.derive.consequences import Expansion, expansions
from signsgd_sym.derive.search import candidates
from signsgd_sym.derive.store import Store
from signsgd_sym.derive.stored_text import NotStorable, read_back, scope_of, written
from signsgd_sym.model import noise_law
from signsgd_sym.notation import D, R, d, eps, eta, x
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.special import Erfcx, NoiseMean, OwenT, TricomiU

LAWS = [
    "Normal(0, v)",
    "Laplace(0, b)",
    "Cauchy(0, c)",
    "StudentT(nu)",
    "Uniform(-a, a)",
    "Rademacher()",
    "Chi(n)",
    "Mixture((1/2, Normal(0, a)), (1/2, Normal(0, b)))",
    "Mixture((1/10, Dirac(0)), (9/10, Exponential(a)))",
]
SAMPLING = {"points": 5, "digits": 20}
IN_PHI = sp.exp(-(eps**2) / (4 * R))


def no_search(*_args, **_kwargs):
    raise AssertionError("a search was started")


@pytest.mark.parametrize("text", LAWS)
def test_with_and_without_a_cache(text, tmp_path, monkeypatch):
    law, store = noise_law(text), Store(tmp_path)
    without = law_formulas.law_formulas(law, cache=False, **SAMPLING)
    first = law_formulas.law_formulas(law, cache=store, **SAMPLING)
    monkeypatch.setattr(closed_form, "stream", no_search)
    monkeypatch.setattr(follow_up, "stream", no_search)
    monkeypatch.setattr(in_time, "stream", no_search)
    read = law_formulas.law_formulas(law, cache=store, **SAMPLING)
    assert not without.cache and not first.cache and "kept since" in read.cache
    for found in (first, read):
        for name in (
            "phi",
            "psi",
            "psi_reason",
            "integral",
            "expansions",
            "drift_at_zero",
            "equation",
            "stationary",
        ):
            assert getattr(found, name) == getattr(without, name), name
        assert found.monotone == without.monotone
        assert found.derivations == without.derivations
        assert found.form.derivation == without.form.derivation
        assert found.form.routes == without.form.routes
        assert [(s.name, s.value) for s in found.statements] == [
            (s.name, s.value) for s in without.statements
        ]
        assert [s.judgement.verdict for s in found.statements] == [
            s.judgement.verdict for s in without.statements
        ]
    assert read.verdict in (Verdict.CERTIFIED, Verdict.PROVED, Verdict.UNKNOWN)


def test_no_closed_form_is_an_answer_too(tmp_path, monkeypatch):
    law, store = noise_law("Logistic(0, 1)"), Store(tmp_path)
    first = noise_mean(law, IN_PHI, cache=store)
    monkeypatch.setattr(closed_form, "stream", no_search)
    read = noise_mean(law, IN_PHI, cache=store)
    assert first.value is read.value is None
    assert (first.integral, first.derivation) == (read.integral, read.derivation)
    assert first.verdict is read.verdict is Verdict.UNKNOWN
    assert first.judgement.evidence.reason in read.judgement.evidence.reason


def test_the_evidence_says_what_was_checked_when(tmp_path):
    law, store = noise_law("Laplace(0, b)"), Store(tmp_path)
    noise_mean(law, IN_PHI, cache=store)
    read = noise_mean(law, IN_PHI, cache=store)
    evidence = read.judgement.evidence
    assert (evidence.points, evidence.digits) == (RECHECK_POINTS, RECHECK_DIGITS)
    assert "CERTIFIED there at 20 points to 40 digits on 20" in evidence.reason
    stronger = noise_mean(law, IN_PHI, cache=store, points=6, digits=50)
    assert (stronger.judgement.evidence.points, stronger.judgement.evidence.digits) == (6, 50)


@pytest.mark.parametrize(
    "text",
    [
        "Arcsin(-a, a)", "Beta(a, b)", "Cauchy(m, a)", "Chi(n)", "ChiNoncentral(n, b)", "Erlang(3, a)",
        "Gamma(a, b)", "GammaInverse(a, b)", "Levy(0, a)", "QuadraticU(0, b)", "RaisedCosine(0, a)",
        "Reciprocal(1, 2)", "StudentT(a)", "Triangular(-a, a, 0)", "WignerSemicircle(a)", "Normal(m, a)",
    ],
)  # fmt: skip
def test_what_the_search_proposes_reads_back(text):
    law = noise_law(text)
    scope, seen = scope_of(law), 0
    for candidate in candidates(law, IN_PHI):
        for form, _ in candidate.found.forms:
            assert read_back(written(form, scope), scope) == form
            seen += 1
    assert seen


@pytest.mark.parametrize("text", ["Beta(a, b)", "ChiSquared(n)", "StudentT(nu)", "VonMises(0, a)"])
def test_expansions_read_back(text):
    law = noise_law(text)
    scope = scope_of(law)
    for found in expansions(law, 2 / sp.pi):
        assert isinstance(found, Expansion)
        for part in (*found.terms, *found.powers, found.order, found.point):
            assert read_back(written(part, scope), scope) == part


a, b = sp.symbols("a b", positive=True)
n = sp.Symbol("n", integer=True, positive=True)
m = sp.Symbol("m", real=True)
UNSORTED = TupleArg(TupleArg(1 - a, sp.S.Half - a), TupleArg())
SYMBOLS = {**scope_of(None), **{s.name: s for s in (a, b, n, m)}}


@pytest.mark.parametrize(
    "expr",
    [
        TricomiU(sp.S.Half, 1 - a / 2, a / (4 * R)),
        Erfcx(sp.sqrt(R) / a),
        OwenT(m, a),
        NoiseMean(IN_PHI),
        sp.meijerg(((1 - a,), ()), ((0, sp.S.Half), (1,)), R / a),
        sp.hyper((a / 2, sp.S.Half), (), -1 / (4 * R)),
        sp.hyper((), (n + sp.S.Half,), -1 / (4 * R)),
        sp.uppergamma(-a, R) + sp.lowergamma(a, R),
        sp.expint(sp.Rational(3, 2), R / a) + sp.Ei(-R) + sp.Si(R) + sp.Ci(R),
        sp.besseli(0, a / R) * sp.besselk(a, R) - sp.besselj(1, R) * sp.bessely(a, R),
        sp.erf(sp.I * sp.pi * sp.sqrt(R) / a - a / (2 * sp.sqrt(R))) + sp.erfi(R),
        sp.re(sp.exp(sp.I * m) * sp.erfc(m + sp.I * sp.sqrt(R))) - sp.im(sp.erf(sp.I * m + a)),
        sp.I * sp.sqrt(R),
        sp.Piecewise((a / (a - 2), a > 2), (sp.oo, True)),
        sp.Piecewise((m, (m > 0) & (m < 1)), (1 / R, (m < -1) | (m >= 5)), (0, True)),
        sp.Piecewise((2 / sp.pi, sp.Eq(n, 1)), (a, sp.Ne(a * b, 2)), (0, True)),
        sp.Expr.__new__(sp.meijerg, UNSORTED, UNSORTED, R / a) * a,
        sp.Mul(2, a + b, evaluate=False),
        sp.Mul(-1, a - b, evaluate=False) * R,
        sp.exp(-(b**2) * sp.Pow(sp.Mul(2, 2 * R + 1, evaluate=False), -1)),
        (2 * R) ** (n / 2 + 1) / (2 * (a + b)) / (3 * sp.sqrt(sp.pi)),
        R ** (-a) * sp.sqrt(2) ** n * sp.Abs(m) * sp.sign(m) / sp.gamma(a),
        sp.Integral(sp.exp(-(x**2) / a) * sp.Abs(x), (x, -sp.oo, sp.oo)) / sp.sqrt(R),
        sp.pi * eta * sp.Trace(D) / (4 * d) + sp.E + sp.Catalan - sp.Catalan,
        sp.Max(a, b) + sp.Min(1, a) + sp.loggamma(a) + sp.digamma(a) + sp.polylog(a, R),
        sp.oo,
        sp.S.Zero,
    ],
    ids=lambda expr: str(expr)[:40],
)
def test_special_functions_read_back(expr):
    assert read_back(written(expr, SYMBOLS), SYMBOLS) == expr


def test_what_does_not_read_back_is_not_written():
    with pytest.raises(NotStorable, match="derived anew"):
        written(a + sp.Dummy("u"), SYMBOLS)
    with pytest.raises(NotStorable):  # another symbol of the same name
        written(sp.Symbol("a") + 1, SYMBOLS)
    with pytest.raises(NotStorable):
        written(sp.Function("f")(a), SYMBOLS)
