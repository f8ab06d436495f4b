"""What a verdict may and may not say: UNKNOWN and CITED never pass, and PROVED was certified too."""

import random

import pytest
import sympy as sp
from sympy.stats import Exponential, Normal, Rademacher

from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.errors import DerivationError
from signsgd_sym.notation import R, eps, phi
from signsgd_sym.proof import check
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.derivation import Assumption, Measurement, Recorder
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.special import NoiseMean

x, y = sp.symbols("x y", positive=True)
u = sp.Symbol("u", real=True)
s = sp.Symbol("s", positive=True)
SEED = random.SystemRandom().randrange(2**32)


def report_on(relation, lhs, rhs, given=(), **more):
    record = Recorder("one", "One step", tuple(given))
    record._add(lhs, relation, rhs, "because", **more)
    return check_derivation(record.finish(), seed=SEED)


def verdict_on(relation, lhs, rhs, given=(), **more):
    return report_on(relation, lhs, rhs, given, **more).judgements[0]


def test_a_statement_outside_the_kernel_is_unknown_with_the_node_named():
    found = verdict_on("=", sp.mathieuc(x, y, 1), sp.mathieuc(x, y, 1) + x)
    assert found.verdict is Verdict.UNKNOWN
    assert "mathieuc" in found.evidence.reason
    assert not found.verdict.passed
    assert found.verdict.failed


def test_a_floating_point_number_is_refused_by_name():
    assert "0.5" in verdict_on("=", x / 2, sp.Float("0.5") * x).evidence.reason


def test_rewriting_alone_proves_nothing(monkeypatch):
    monkeypatch.setattr(check, "is_identity", lambda lhs, rhs: True)
    assert verdict_on("=", sp.sin(x), sp.cos(x)).verdict is Verdict.REFUTED


def test_proved_says_that_it_was_certified_as_well():
    found = verdict_on("=", sp.expand((x + y) ** 3), (x + y) ** 3)
    assert found.verdict is Verdict.PROVED
    assert (found.evidence.digits, found.evidence.points) == (40, 20)


def test_certified_at_twenty_points_to_forty_digits():
    found = verdict_on("=", sp.sin(x) ** 2, 1 - sp.cos(x) ** 2)
    assert found.verdict is Verdict.CERTIFIED
    assert (found.evidence.digits, found.evidence.points) == (40, 20)
    assert "x > 0" in found.evidence.region


def test_a_difference_in_the_fortieth_digit_is_seen():
    found = verdict_on("=", sp.exp(x), sp.exp(x) * (1 + sp.Integer(10) ** -38))
    assert found.verdict is Verdict.REFUTED
    assert set(found.evidence.witness) == {"x", "left", "right"}


def test_poles_are_drawn_again_and_a_side_that_is_nowhere_defined_is_unknown():
    n = sp.Symbol("n", integer=True)
    assert verdict_on("=", (n**2 - 9) / (n - 3), n + 3).verdict.passed
    assert verdict_on("=", sp.log(u) / sp.log(u), sp.S.One).verdict.passed
    assert verdict_on("=", 1 / (x - x + sp.sin(sp.pi * n)), n).verdict is Verdict.UNKNOWN


def test_a_side_that_is_undefined_on_half_the_region_is_no_pass():
    half = sp.Piecewise((u, u > 0))
    found = verdict_on("=", half, u)
    assert found.verdict is Verdict.UNKNOWN
    assert "undefined" in found.evidence.reason
    assert verdict_on("=", half, u, (Assumption("u > 0", u > 0),)).verdict.passed


def test_points_left_out_are_counted_in_the_evidence():
    seldom = sp.Piecewise((u, u > -8))
    found = verdict_on("=", seldom, u)
    assert found.verdict is Verdict.UNKNOWN or "left out" in found.evidence.region


def test_zero_equals_zero():
    assert verdict_on("=", sp.Integral(u * sp.exp(-(u**2)), (u, -1, 1)), sp.S.Zero).verdict.passed


def test_cited_is_no_pass_and_the_weakest_step_decides():
    record = Recorder("mixed", "Mixed")
    record.equal(sp.sqrt(x**2), x, "x > 0")
    record.cite(phi, "->", sp.S.One, "a theorem", "Somebody, 1999", variable=R, point=sp.oo)
    report = check_derivation(record.finish(), seed=SEED)
    assert report.verdict is Verdict.CITED
    assert not report["2"].verdict.passed
    assert not report["2"].verdict.failed
    assert report.first_wrong is None


def test_a_point_of_a_citation_may_be_a_number_of_python():
    record = Recorder("limit", "A limit from the literature")
    record.cite(1 / x, "->", 0, "known", "a book", variable=x, point=0)
    assert "as x -> 0" in str(record.finish())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sign-modes", "arXiv 2411.12135"),
        ("sgd-modes", "arXiv 2308.08977"),
        ("power(1/2)-modes", "a conjecture for this rule"),
        ("rule-matrix-ode", "a conjecture for this rule"),
        ("adam-modes", "a conjecture for Adam"),
    ],
)
def test_the_theorem_is_cited_where_it_is_one(name, says):
    [cited] = [step.reference for step in CATALOGUE[name].make().steps if step.reference]
    assert says in cited and (("conjecture" in cited) == ("conjecture" in says))


def test_an_expectation_needs_a_law_to_sample():
    found = verdict_on("=", NoiseMean(eps**2), NoiseMean(eps**2) * 2 / 2 + 0 * x * NoiseMean(eps) + 0)
    assert found.verdict is Verdict.UNKNOWN
    assert "law" in found.evidence.reason


def test_a_name_is_defined_once_and_not_by_itself():
    name = sp.Symbol("m", real=True)
    assert verdict_on(":=", name, sp.sqrt(2 / sp.pi)).verdict is Verdict.PROVED
    assert verdict_on(":=", name, name + 1).verdict is Verdict.REFUTED


# --- assumptions -------------------------------------------------------------------------------------
INSIDE = Assumption("s < 1", s < 1)
IDLE = Assumption("x < 7", x < 7)


def test_an_assumption_is_needed_where_the_step_fails_without_it():
    report = report_on("=", sp.sqrt((1 - s) ** 2) * x, (1 - s) * x, (INSIDE, IDLE))
    assert report.judgements[0].verdict.passed
    assert report.judgements[0].needs == ("s < 1",)
    assert report.unused == ("x < 7",)


def test_without_the_assumption_the_step_is_refuted():
    assert verdict_on("=", sp.sqrt((1 - s) ** 2), 1 - s).verdict is Verdict.REFUTED


def test_an_equation_that_is_given_is_inserted_also_before_a_definition():
    """u = 2/pi, in an equality, a limit and where u was given another meaning before."""
    given = Assumption("u = 2/pi", sp.Eq(u, 2 / sp.pi), name="known")
    report = report_on("=", x * u, 2 * x / sp.pi, (given,))
    assert report.judgements[0].verdict.passed and report.judgements[0].needs == ("known",)
    assert report_on("=", x * u, x, (given,)).judgements[0].verdict is Verdict.REFUTED
    record = Recorder("again", "Again", (given,))
    record.define(u, x**2, "a meaning that the equation overrules")
    record.equal(u * x, 2 * x / sp.pi, "inserted")
    record.tends(u * x / (1 + x), 2 / sp.pi, "inserted", variable=x, point=sp.oo)
    report = check_derivation(record.finish(), seed=SEED, points=3, digits=15)
    assert report.first_wrong is None


def test_a_result_is_not_used_outside_its_assumptions():
    record = Recorder("inside", "Inside", (INSIDE,))
    record.equal(sp.sqrt((1 - s) ** 2), 1 - s, "s < 1")
    inside = record.finish()
    user = Recorder("user", "Uses it", (Assumption("x < 1/2", x < sp.Rational(1, 2)),))
    assert user.use(inside, {s: x}) == 1 - x
    assert user.use(inside, {s: 2 * x}) == 1 - 2 * x
    with pytest.raises(DerivationError, match=r"user uses inside at s = 3, outside its assumption s < 1"):
        user.use(inside, {s: sp.Integer(3)})
    with pytest.raises(DerivationError, match=r"s = 4\*x, x = "):
        user.use(inside, {s: 4 * x})


def test_a_step_cannot_need_what_is_not_given():
    with pytest.raises(DerivationError, match="not given"):
        Recorder("r", "R").equal(x, x, "so", needs=(INSIDE,))


def test_no_built_in_derivation_has_an_assumption_that_nothing_needs():
    for name in ("arcsine-law", "sign-identity", "sgd-sde", "sgd-stationary", "sgd-modes"):
        report = check_derivation(CATALOGUE[name].make(), seed=SEED, points=3, digits=15)
        assert report.unused == (), (name, report.unused)


# --- integrals that do not exist -----------------------------------------------------------------------
def test_equal_integrands_of_divergent_integrals_are_no_pass():
    grows = sp.Integral(sp.exp(u**2) * (1 + x), (u, 0, sp.oo))
    same = sp.Integral(sp.exp(u**2) * x + sp.exp(u**2), (u, 0, sp.oo))
    assert not verdict_on("=", grows, same).verdict.passed


def test_a_derivative_under_the_integral_has_to_converge():
    dirichlet = sp.Integral(sp.sin(x * u) / u, (u, 0, sp.oo))
    under = sp.Integral(sp.cos(x * u), (u, 0, sp.oo))
    assert not verdict_on("=", sp.Derivative(dirichlet, x), under).verdict.passed


def test_a_symbol_called_s_is_not_the_one_of_the_test_function():
    G = Normal("G", 0, 1)
    assert verdict_on("has law", s * G, Normal("Y", 0, s)).verdict is Verdict.CERTIFIED
    assert verdict_on("has law", s * G, Normal("Y", 0, 2 * s)).verdict is Verdict.REFUTED


# --- inequalities and laws -----------------------------------------------------------------------------
def test_inequalities():
    assert verdict_on("<=", sp.sin(x), x).verdict is Verdict.CERTIFIED
    assert verdict_on("<=", x, x).verdict is Verdict.CERTIFIED
    assert verdict_on("<=", sp.sqrt(x), x).verdict is Verdict.REFUTED
    assert verdict_on("<=", sp.I * x, x).verdict is Verdict.UNKNOWN


def test_laws():
    G, E = Normal("G", 0, 1), Exponential("E", 1)
    assert verdict_on("has law", 2 * G + 1, Normal("Y", 1, 2)).verdict is Verdict.CERTIFIED
    assert verdict_on("has law", E / 3, Exponential("Y", 3)).verdict is Verdict.CERTIFIED
    assert verdict_on("has law", -sp.sign(G), Rademacher("Y")).verdict is Verdict.CERTIFIED
    assert verdict_on("has law", E / 3, Exponential("Y", sp.Rational(1, 3))).verdict is Verdict.REFUTED
    assert verdict_on("has law", G + E, Normal("Y", 0, 1)).verdict is Verdict.UNKNOWN


# --- simulations -----------------------------------------------------------------------------------------
def test_a_simulation_agrees_within_its_error_or_refutes():
    def experiment(bias):
        def run(seed):
            rng = random.Random(seed)
            sample = [rng.gauss(bias, 1) for _ in range(400)]
            return Measurement(sum(sample) / 400, 1 / 20, 400)

        return run

    agreeing = verdict_on("=", x, y, experiment=experiment(0))
    assert agreeing.verdict is Verdict.STATISTICAL
    assert agreeing.evidence.runs >= 400
    assert verdict_on("=", x, y, experiment=experiment(0.5)).verdict is Verdict.REFUTED
    still = verdict_on("=", x, y, experiment=lambda seed: Measurement(0.0, 0.0, 1))
    assert still.verdict is Verdict.UNKNOWN
