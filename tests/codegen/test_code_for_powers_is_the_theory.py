"""Claim: code for |z|^p sign(z) has the moments of the residual; p = 0 and p = 1 are sign's and SGD's."""

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx
from foreign import CLibrary, check_clean, javascript, python
from jax_process import run as run_jax
from mpmath import mp
from scipy.integrate import solve_ivp

import signsgd_sym as ss
from signsgd_sym.balls import enclose
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.errors import InfiniteVariance, TargetError
from signsgd_sym.solve.power_code import power_code

RISKS = np.logspace(-11, 11, 23)
FLOATS = ("numpy", "c", "javascript", "numba", "jax")
NAMES = ("drift_rate", "noise_scale")


@pytest.fixture(scope="module")
def code():
    """`code(p, law)`: made once each."""
    made = {}

    def of(p, law):
        if (p, law) not in made:
            rule, noise = ss.UpdateRule.from_text(f"power({p})"), ss.NoiseLaw.from_text(law)
            made[p, law] = power_code(rule, noise, 20.0)
        return made[p, law]

    return of


def moments(p, R, density, ends):
    """E|r|^(p-1) p B and E|r|^(2 p) for r = sqrt(2 R) G - eps, by Stein's lemma and mpmath's quadrature."""
    with mp.workdps(20):
        p, s = mp.mpf(p), mp.sqrt(2 * mp.mpf(R))

        def mean(q):
            front = s**q * mp.mpf(2) ** (q / 2) * mp.gamma((q + 1) / 2) / mp.sqrt(mp.pi)

            def inside(x):
                """E|s G - x|^q, Kummer's function, times the density."""
                return front * mp.hyp1f1(-q / 2, mp.mpf(1) / 2, -((x / s) ** 2) / 2) * density(x)

            return mp.quad(inside, ends)

        B = mp.mpf(2) ** ((p + 1) / 2) * mp.gamma(1 + p / 2) / mp.sqrt(mp.pi)
        return float(B * p * mean(p - 1)), float(mean(2 * p))


@pytest.mark.parametrize(("power", "rule"), [("rule: Abs(z)**0*sign(z)", "sign"), ("power(1)", "sgd")])
@pytest.mark.parametrize("target", ["numpy", "flint", "latex"])
def test_the_ends_of_the_family_are_sign_and_sgd(power, rule, target):
    one, other = (ss.generate("Laplace(0, 1)", target, optimizer=name, run=False) for name in (power, rule))
    assert one.source == other.source


@pytest.mark.parametrize(
    ("ps", "rule"), [(("1/32", "1/64"), "sign"), (("31/32", "63/64"), "sgd")], ids=["sign", "sgd"]
)
def test_powers_near_the_ends_lead_to_sign_and_sgd(ps, rule, code, monkeypatch):
    """The powers have a derivation of their own, with Kummer functions: its limits are the other two.

    The density is smooth across 0, where |r|^(p - 1) is large.
    """
    # The steps behind these four files are judged where others are made.
    monkeypatch.setattr("signsgd_sym.solve.power_code.verdict_rows", lambda ode: ())
    far, near = (python("numpy", code(p, "Uniform(-1, 2)").generated) for p in ps)
    end = ss.generate("Uniform(-1, 2)", optimizer=rule, run=False)
    risks = np.array([1e-6, 0.01, 0.3, 5.0])
    for name in NAMES:
        one, two, limit = (getattr(module, name)(risks) for module in (far, near, end))
        np.testing.assert_allclose(2 * two - one, limit, rtol=3e-3)  # linear extrapolation
        assert np.max(np.abs(one / limit - 1)) > 5e-3


@pytest.mark.parametrize(
    ("p", "law"), [("1/2", "Normal(0, 1)"), ("1/2", "Laplace(0, 1)"), ("2", "StudentT(9)")]
)
def test_every_target_has_the_values_of_its_references(p, law, code, tmp_path):
    """Closed forms under Gaussian noise, tables under Laplace noise, one of each under StudentT(9)."""
    made = code(p, law)
    risks = made.references[0][1].risks
    library = CLibrary(source_of("c")(made.generated), tmp_path)
    calls = {name: f"{risks.tolist()}.map(m.{name})" for name in NAMES}
    found = {"javascript": javascript(source_of("javascript")(made.generated), tmp_path, calls)}
    found["c"] = {name: library(name, risks) for name in NAMES}
    for target in ("numpy", "numba"):
        found[target] = {name: getattr(python(target, made.generated), name)(risks) for name in NAMES}
    if law == "Laplace(0, 1)":
        text = f"import m, jax\nR = np.array({risks.tolist()})\n"
        text += "".join(f"out['{name}'] = m.{name}(R)\n" for name in NAMES)
        text += (
            "out['slope'] = jax.vmap(jax.grad(m.noise_scale))(R)\nout['louder'] = m.noise_scale(4 * R, 2.0)"
        )
        found["jax"] = run_jax(tmp_path, {"m": made.generated}, text)
        h = 1e-4
        numpy = python("numpy", made.generated)
        slopes = (numpy.noise_scale(risks[1:-1] * (1 + h)) - numpy.noise_scale(risks[1:-1] * (1 - h))) / (
            2 * h
        )
        np.testing.assert_allclose(found["jax"]["slope"][1:-1] * risks[1:-1], slopes, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(found["jax"]["louder"], 2 * found["jax"]["noise_scale"], rtol=1e-14)
    for target, values in found.items():
        for name, known in made.references:
            np.testing.assert_allclose(values[name], known.hi, rtol=3e-13, err_msg=f"{target} {name}")


def test_gaussian_noise_is_the_moment_of_a_gaussian_residual(code):
    """s = E|r|^(2 p), r ~ N(0, 2 P), and the rate by Stein's lemma, enclosed from their integrals."""
    x = sp.Symbol("x", positive=True)
    made = code("1/2", "Normal(0, 1)")
    flint = python("flint", made.generated)
    for risk in (sp.Rational(1, 100), sp.Integer(3)):
        spread = sp.sqrt(2 * (risk + sp.Rational(1, 2)))
        density = 2 * sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
        square = enclose(sp.Integral(spread * x * density, (x, 0, sp.oo)), {}, digits=30).ball.real
        slope = sp.Integral(x ** sp.Rational(-1, 2) * density / (2 * sp.sqrt(spread)), (x, 0, sp.oo))
        B = 2 ** sp.Rational(3, 4) * sp.gamma(sp.Rational(5, 4)) / sp.sqrt(sp.pi)
        with ctx.workprec(120):
            at = arb(int(risk.p)) / int(risk.q)
            assert flint.noise_scale(at).overlaps(square)
            assert flint.drift_rate(at).overlaps(enclose(B * slope, {}, digits=20).ball.real)
            assert not flint.noise_scale(at * (1 + arb(10) ** -12)).overlaps(square)


@pytest.mark.parametrize("risk", [1e-3, 0.7, 40.0])
def test_tables_are_the_moments(code, risk):
    """mpmath integrates the density; the tables are made of quite another quadrature."""
    module = python("numpy", code("1/2", "Laplace(0, 1)").generated)
    rate, scale = moments(0.5, risk, lambda x: mp.exp(-abs(x)) / 2, [-mp.inf, -1, -0.1, 0, 0.1, 1, mp.inf])
    assert module.drift_rate(risk) == pytest.approx(rate, rel=1e-11)
    assert module.noise_scale(risk) == pytest.approx(scale, rel=1e-11)


def test_tables_end_with_nan_and_closed_forms_with_their_limits(code):
    table = python("numpy", code("1/2", "Laplace(0, 1)").generated)
    assert np.isnan(table.drift_rate([0.0, 2.0**-41, 2.0**41, -1.0])).all()
    closed = python("numpy", code("2", "StudentT(9)").generated)
    assert closed.noise_scale(0.0) == pytest.approx(243 / 35, rel=1e-15)  # 3 nu^2/((nu - 2) (nu - 4))
    assert closed.noise_scale(1e-30) == pytest.approx(243 / 35, rel=1e-14)


def test_the_exact_targets_agree_where_float64_needs_a_table(code):
    made = code("2", "StudentT(9)")
    numpy, flint, mpmath = (python(target, made.generated) for target in ("numpy", "flint", "mpmath"))
    assert [name for name, _ in ((t.name, t) for t in made.generated.pieces)] == ["log_drift_rate"]
    for risk in (1e-9, 0.25, 1e7):
        exact = float(flint.drift_rate(risk).mid())
        assert float(mpmath.drift_rate(risk)) == pytest.approx(exact, rel=1e-15)
        assert numpy.drift_rate(risk) == pytest.approx(exact, rel=3e-13)


@pytest.mark.parametrize("target", ["mpmath", "flint"])
def test_what_has_no_closed_form_is_refused_where_only_such_are_printed(target):
    with pytest.raises(TargetError, match=r"closed forms.*numpy, c, javascript, numba, jax, latex can"):
        ss.generate("Laplace(0, 1)", target, optimizer="power(1/2)")


def test_a_law_without_the_moment_is_refused():
    with pytest.raises(InfiniteVariance):
        ss.generate("StudentT(3)", optimizer="power(2)")


def test_a_risk_curve_is_integrated_with_the_code(code, tmp_path):
    """Correlated data of unequal variances: modes of D^(-1/4) K D^(-1/4), forcing as the header says."""
    k = np.linspace(0.5, 2.0, 12)
    C = 0.4 ** np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    K = C * np.sqrt(np.outer(k, k))
    curve = ss.risk_curve("Laplace(0, 1)", K, "1/5", 3, optimizer="power(1/2)", points=8)
    entry = ss.derive_sde(ss.UpdateRule.from_text("power(1/2)")).noise_entry
    rho, kii, kjj = sp.symbols("rho", real=True), *sp.symbols("K_ii K_jj", positive=True)
    M = np.array(
        [[float(entry.subs({rho: C[i, j], kii: k[i], kjj: k[j]})) for j in range(12)] for i in range(12)]
    )
    np.fill_diagonal(M, np.sqrt(2 / np.pi) * np.sqrt(k))  # E|x_i| = M_ii
    root = k ** (1 / 8)  # D^(1/4), D = diag(sqrt(K_ii))
    lam, U = np.linalg.eigh(K / np.outer(root, root))
    forcing = lam * np.einsum("ki,kl,li->i", U, M * np.outer(root, root), U) / 24
    r0 = lam * (U.T @ (root * curve.delta0)) ** 2 / 2
    library = CLibrary(source_of("c")(code("1/2", "Laplace(0, 1)").generated), tmp_path)
    for rhs in (python("numpy", code("1/2", "Laplace(0, 1)").generated).risk_rhs, library.risk_rhs):
        solved = solve_ivp(
            lambda t, r, rhs=rhs: rhs(t, r, lam, forcing, 0.2),
            (0, 3),
            r0,
            "LSODA",
            curve.t,
            rtol=1e-10,
            atol=1e-14,
        )
        budget = sum(e for e in curve.error_budget.values() if e is not None) + 1e-8
        assert np.max(np.abs(solved.y.sum(axis=0) / curve.risk - 1)) < budget


def test_the_python_is_clean(code, tmp_path):
    check_clean(code("2", "StudentT(9)").generated, tmp_path, ("mpmath", "flint"))
