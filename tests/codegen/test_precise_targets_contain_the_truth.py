"""The arbitrary-precision targets agree with the kernel's enclosure of the integral that phi is.

The modules evaluate closed forms, or sum the integral by a rule of their own; the kernel integrates the
density rigorously. They share the law and nothing else.
"""

import re
import subprocess
import sys
import types
from dataclasses import replace

import pytest
import sympy as sp
from flint import arb, ctx, fmpq
from mpmath import mp

from signsgd_sym.balls import PointRejected, Undecided, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.codegen.targets.latex import phi_formula, shown
from signsgd_sym.errors import TargetError
from signsgd_sym.model import SGD
from signsgd_sym.notation import R
from signsgd_sym.special import Erfcx
from signsgd_sym.steps.latex import latex_expression

DIGITS = 50
LAWS = {
    "Rademacher(1)": "exp",
    "Triangular(-2, 2, 0)": "erf",
    "StudentT(3)": "erfc",
    "Laplace(1, 1/2)": "erfc of either sign",
    "Cauchy(1, 1/2)": "complex erfc",
    "RaisedCosine(0, 2)": "complex erfc",
    "WignerSemicircle(2)": "besseli",
    "StudentT(5/2)": "TricomiU",
    "BoundedPareto(3/2, 1, 2)": "uppergamma",
    "Reciprocal(1, 2)": "expint",
    "Laplace(0, 1) + Normal(0, 1)": "a convolution",
    "Mixture((1/4, Dirac(0)), (3/4, Uniform(1, 2)))": "an atom, and erf minus erf",
}
WITHOUT_FLINT = {
    "Levy(0, 1)": "meijerg",
    "Weibull(1, 3)": "meijerg",
    "Logistic(0, 1)": "an integral",
    "LogNormal(0, 1)": "an integral",
    "VonMises(0, 1)": "an integral",
    "SymmetricStable(3/2, 1)": "an integral",
}
RISKS = [
    sp.Rational(1, 2**997),
    sp.Rational(1, 2**40),
    sp.Rational(3, 128),
    sp.Rational(7, 4),
    sp.Integer(2) ** 40,
]
"""1e-300 to 1e12, in binary: a number that mpf rounds would be another number."""

laws = pytest.mark.parametrize("law", LAWS)
others = pytest.mark.parametrize("law", WITHOUT_FLINT)


def loaded(source):
    module = types.ModuleType("generated")
    exec(compile(source, "<generated>", "exec"), module.__dict__)
    return module


def integral(problem):
    """phi as an integral over the law, from the measure: no closed form has a part in it."""
    return phi_formula(replace(problem.generated.exact, phi=None))


def truth(problem, risk):
    """The kernel's ball for the integral, or for the closed form where it has none, or None."""
    for form in (integral(problem), problem.phi):
        if form is not None:
            try:
                return enclose(form, {R: risk}, digits=DIGITS + 5, max_bits=8000).ball.real
            except (Undecided, PointRejected):
                pass
    return None


def as_ball(value):
    sign, mantissa, exponent, _ = value._mpf_
    return (-1) ** sign * arb(int(mantissa)) * arb(2) ** int(exponent)


def assert_agrees(module, problem, risks, least):
    """mpmath values at `risks` within 10^-DIGITS of the truth, which is known at `least` points or more."""
    known = 0
    for risk in risks:
        with mp.workdps(DIGITS + 2):
            value = module.phi(mp.mpf(risk.p) / risk.q)
        exact = truth(problem, risk)
        if exact is None:
            continue
        known += 1
        with precision(4000):
            assert abs(as_ball(value) / exact - 1) < arb(10) ** -DIGITS, risk
    assert known >= least


@laws
def test_mpmath_has_all_digits(problem, law):
    module = loaded(source_of("mpmath")(problem(law).generated))
    assert_agrees(module, problem(law), RISKS, 4)


@others
def test_mpmath_integrates_where_there_is_no_closed_form(problem, law):
    source = source_of("mpmath")(problem(law).generated)
    assert "_integrated" in source
    assert_agrees(loaded(source), problem(law), RISKS[1:], 3)


@laws
def test_flint_contains_the_integral_with_all_bits(problem, law):
    module = loaded(source_of("flint")(problem(law).generated))
    known = 0
    for risk in RISKS:
        with precision(170):
            ball = module.phi(fmpq(int(risk.p), int(risk.q)))
            assert ball.rel_accuracy_bits() >= 167
        exact = truth(problem(law), risk)
        if exact is not None:
            known += 1
            assert ball.overlaps(exact), risk
            assert arb(ball.rad()) < arb(10) ** -DIGITS * abs(exact)
    assert known >= 4


@laws
def test_the_targets_agree_on_every_function(problem, law):
    exact, ball = (loaded(source_of(t)(problem(law).generated)) for t in ("mpmath", "flint"))
    names = [name for name in ("phi", "drift_rate", "noise_scale", "psi") if hasattr(exact, name)]
    assert names == [name for name in ("phi", "drift_rate", "noise_scale", "psi") if hasattr(ball, name)]
    with mp.workprec(150), precision(150):
        for name in names:
            value = getattr(exact, name)(mp.mpf(7) / 4)
            enclosure = getattr(ball, name)(arb(7) / 4)
            assert abs(as_ball(value) / enclosure - 1) < arb(2) ** -147, name
        arrays = [1, 2], [3, 4], [5, 6]
        right = ball.risk_rhs(0, *([arb(v) for v in row] for row in arrays), "0.5")
        left = exact.risk_rhs(0, *([mp.mpf(v) for v in row] for row in arrays), "0.5")
        assert all(abs(as_ball(a) - b) < arb(2) ** -140 for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("target", ["mpmath", "flint"])
def test_sgd_is_two_lines_of_algebra(problem, target):
    module = loaded(source_of(target)(problem("StudentT(3)", SGD).generated))
    number = mp.mpf if target == "mpmath" else arb
    assert module.noise_scale(number(2)) == 7  # 2 P = 2 R + E[eps^2]
    assert module.sde_drift(number(2), number(3)) == -3
    rows = [number(1)], [number(2)], [number(3)]
    assert module.risk_rhs(number(0), *rows, number(1)) == [-4 + 15]  # -2 eta lam r + eta^2 n (2 R + 3)


@pytest.mark.parametrize("law", ["StudentT(3)", "Logistic(0, 1)"])
def test_mpmath_restores_the_precision_and_knows_the_ends(problem, law):
    module = loaded(source_of("mpmath")(problem(law).generated))
    with mp.workdps(20):
        before = mp.prec
        values = [module.phi(risk) for risk in (0, mp.mpf("0.1"), -1, mp.nan, "0.5", 0.25)]
        assert mp.prec == before
        assert values[0] == 0
        assert mp.isnan(values[2]) and mp.isnan(values[3])
        assert all(0 < values[k] < 2 / mp.pi for k in (1, 4, 5))
        assert all(value.man_exp[0].bit_length() <= before for value in (values[1], values[4], values[5]))
        near = module.drift_rate(mp.mpf("1e-60"))
        assert abs(module.drift_rate(0) / near - 1) < mp.mpf(10) ** -19
        assert mp.isnan(module.drift_rate(-1)) and mp.isnan(module.psi(mp.nan))


def test_a_failure_of_mpmath_is_an_error_and_leaves_the_precision(problem):
    source = source_of("mpmath")(problem("StudentT(3)").generated)
    module = loaded(source)
    module._phi = lambda R: mp.rand()
    before = mp.prec
    with pytest.raises(Exception, match="was not found to") as failure:
        module.phi(1)
    assert type(failure.value).__name__ == "NoConvergence"
    assert mp.prec == before


def test_flint_restores_the_precision_and_knows_the_ends(problem):
    module = loaded(source_of("flint")(problem("StudentT(3)").generated))
    before = ctx.prec
    with precision(100):
        assert module.phi(0).is_zero()
        assert not module.phi(-1).is_finite() and not module.phi(arb.nan()).is_finite()
        assert not module.phi(arb(0, 1)).is_finite()  # may be negative
        assert module.drift_rate(0).overlaps(module.drift_rate(fmpq(1, 10**60)) + arb(0, "1e-29"))
        assert module.phi("0.1").rel_accuracy_bits() >= 97  # text is read at every precision anew
        assert ctx.prec == 100
    assert ctx.prec == before


def test_a_wide_ball_is_enclosed(problem):
    module = loaded(source_of("flint")(problem("Laplace(1, 1/2)").generated))
    wide = module.phi(arb(1, "1e-6"))
    for risk in (fmpq(999_999, 10**6), fmpq(1), fmpq(1_000_001, 10**6)):
        assert wide.overlaps(module.phi(risk))
    assert 1e-8 < wide.rad() < 1e-3


def test_one_wrong_digit_is_seen(problem):
    for target in ("mpmath", "flint"):
        source = source_of(target)(problem("StudentT(3)").generated)
        wrong = source.replace(
            "(2 * R - 3)", "(2 * R - 3 - {}(1) / 10**45)".format("mp.mpf" if target == "mpmath" else "arb")
        )
        assert wrong != source
        if target == "mpmath":
            with pytest.raises(AssertionError):
                assert_agrees(loaded(wrong), problem("StudentT(3)"), RISKS[2:], 3)
        else:
            with precision(170):
                assert (
                    not loaded(wrong)
                    .phi(arb(7) / 4)
                    .overlaps(truth(problem("StudentT(3)"), sp.Rational(7, 4)))
                )


def test_no_number_is_a_float(problem):
    for law in ("StudentT(5/2)", "Laplace(1, 1/2)", "LogNormal(0, 1)", "SymmetricStable(3/2, 1)"):
        source = source_of("mpmath")(problem(law).generated)
        code = source.split('"""', 2)[2]
        assert not re.search(r"(?<![\w.])\d+\.\d|\d[eE]-?\d", re.sub(r'"""[^"]*"""', "", code)), law


@pytest.mark.parametrize(("law", "what"), [("Levy(0, 1)", "meijerg"), ("Logistic(0, 1)", "an integral")])
def test_flint_refuses_by_name(problem, law, what):
    with pytest.raises(TargetError, match=what) as refused:
        source_of("flint")(problem(law).generated)
    assert law in str(refused.value)
    assert str(refused.value).endswith("numpy, c, javascript, numba, jax, mpmath can.")


@pytest.mark.parametrize("target", ["mpmath", "flint"])
def test_the_source_is_clean(problem, target, tmp_path):
    laws = ["StudentT(3)", "Cauchy(1, 1/2)", "WignerSemicircle(2)", "Laplace(0, 1) + Normal(0, 1)"]
    laws += ["VonMises(0, 1)", "SymmetricStable(3/2, 1)"] if target == "mpmath" else []
    for k, law in enumerate(laws):
        (tmp_path / f"module{k}.py").write_text(source_of(target)(problem(law).generated))
    (tmp_path / "sgd.py").write_text(source_of(target)(problem("StudentT(3)", SGD).generated))
    for tool in (["ruff", "check", "--isolated", "."], ["mypy", "--strict", "--config-file=", "."]):
        pytest.importorskip(tool[0])
        run = subprocess.run(
            [sys.executable, "-m", *tool], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert run.returncode == 0, run.stdout + run.stderr


def balanced(text):
    depth = 0
    for sign in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0 and text.count(r"\left") == text.count(r"\right")


@pytest.mark.parametrize("law", [*LAWS, *WITHOUT_FLINT])
def test_the_snippet_is_one_balanced_environment(problem, law):
    snippet = source_of("latex")(problem(law).generated)
    comments, body = snippet.split("\\begin{align*}\n")
    assert all(line.startswith("%") for line in comments.splitlines())
    body, rest = body.split("\n\\end{align*}")
    assert rest == "\n" and "%" not in body
    rows = body.split(" \\\\\n")
    assert all(balanced(row) and row.count("&=") == 1 for row in rows)
    heads = [row.split("&=")[0].strip() for row in rows]
    assert heads[:2] == [r"\phi(R)", "a(R)"] and heads[-2:] == ["R", r"\mathrm{d} \Delta"]


ELEMENTARY = [
    "Rademacher(1)",
    "Triangular(-2, 2, 0)",
    "StudentT(3)",
    "Normal(0, 3/2)",
    "Uniform(1, 2)",
    "Beta(2, 5)",
]


@pytest.mark.parametrize("law", ELEMENTARY)
def test_phi_is_read_back_as_it_was(problem, law):
    snippet = source_of("latex")(problem(law).generated)
    [row] = [row for row in snippet.split("\n") if r"\phi(R) &=" in row]
    text = row.split("&=")[1].removesuffix("\\\\").strip()
    assert text == shown(problem(law).phi)
    read = latex_expression(text, {"R": R}).replace(Erfcx, lambda z: sp.exp(z**2) * sp.erfc(z))
    for risk in RISKS[2:]:
        left, right = (enclose(form, {R: risk}, digits=30).ball for form in (read, problem(law).phi))
        assert left.overlaps(right)
