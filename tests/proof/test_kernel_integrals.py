"""Improper integrals agree with independent quadratures, and with closed forms over 40 decades."""

from __future__ import annotations

import pytest
import sympy as sp
from flint import arb

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, compare, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.special import OwenT, TricomiU

x, y = sp.symbols("x y", real=True)
R, b, nu, a = sp.symbols("R b nu a", positive=True)
m = sp.Symbol("m", real=True)
HALF = sp.Rational(1, 2)

GAUSS = sp.exp(-(x**2) / (2 * b**2)) / (b * sp.sqrt(2 * sp.pi))
LAPLACE = sp.exp(-sp.Abs(x) / b) / (2 * b)
CAUCHY = b / (sp.pi * (b**2 + x**2))
STUDENT = (
    (1 + x**2 / nu) ** (-(nu + 1) / 2) * sp.gamma((nu + 1) / 2) / (sp.sqrt(nu * sp.pi) * sp.gamma(nu / 2))
)
LOGISTIC = sp.exp(-x) / (1 + sp.exp(-x)) ** 2


def expectation(density: sp.Expr, low: sp.Expr = -sp.oo, high: sp.Expr = sp.oo) -> sp.Expr:
    """E[exp(-eps^2/(4 R))]."""
    return sp.Integral(density * sp.exp(-(x**2) / (4 * R)), (x, low, high))


# (2/pi) E[exp(-eps^2/(4R))] at R = 1/1000, 1/10, 1, 20, from mpmath quadratures that agree to 50 digits
VALUES = {
    "gauss": (
        expectation(GAUSS.subs(b, sp.Rational(3, 2))),
        "0.0189719044065467136906511713025 0.181891363533594669450152872426 "
        "0.436717560939144975288878521552 0.619436456670609661984338832526",
    ),
    "laplace": (
        expectation(LAPLACE.subs(b, 2)),
        "0.0175273390862663121393280784832 0.150562094952732984284220751668 "
        "0.347366078884581577738165228569 0.586190029061688449681880899607",
    ),
    "uniform": (
        expectation(sp.Rational(1, 4), -2, 2),
        "0.0178412411615277111453896637257 0.178411029950947578224571387155 "
        "0.475443009429663629456860862017 0.626166721340562362793683757592",
    ),
    "cauchy": (
        expectation(CAUCHY.subs(b, HALF)),
        "0.0450772811029296830608127369014 0.313459384807597028453284050673 "
        "0.490417843860659283093578432423 0.598371654716484473276898026611",
    ),
    "student": (
        expectation(STUDENT.subs(nu, 3)),
        "0.0261955087072166103460693354394 0.234789745891359468370139074005 "
        "0.473405986948050973817018747452 0.618542745636656033283888258859",
    ),
    "logistic": (
        expectation(LOGISTIC),
        "0.017832329448952975934428152442 0.170276430775573389682897740344 "
        "0.409784261346040053228093317689 0.612449350890857113491062814626",
    ),
    "shifted": (
        expectation(sp.exp(-2 * (x - 1) ** 2) * sp.sqrt(2 / sp.pi)),
        "0.00779829122587741647448734603804 0.139713843308848555247977432225 "
        "0.480611299202179317247170613709 0.626804655942256031937346511943",
    ),
    "exponential": (
        expectation(sp.exp(-x), 0, sp.oo),
        "0.0344440939418423116828393127483 0.258190748403215603973269603284 "
        "0.482476399526410177764133204044 0.621770198804008823599705574648",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_phi_contains_the_reference_values(name: str) -> None:
    integral, reference = VALUES[name]
    points = (sp.Rational(1, 1000), sp.Rational(1, 10), sp.Integer(1), sp.Integer(20))
    for at, digits in zip(points, reference.split(), strict=True):
        ball = enclose(2 / sp.pi * integral, {R: at}, 40).ball
        with precision(200):
            assert (ball.real + arb(0, 1e-30)).contains(arb(digits)), (at, ball)


CLOSED = {
    "gauss": (expectation(GAUSS), sp.sqrt(2 * R / (2 * R + b**2))),
    "laplace": (expectation(LAPLACE), sp.sqrt(sp.pi * R) / b * sp.exp(R / b**2) * sp.erfc(sp.sqrt(R) / b)),
    "cauchy": (expectation(CAUCHY), sp.exp(b**2 / (4 * R)) * sp.erfc(b / (2 * sp.sqrt(R)))),
    "student": (
        expectation(STUDENT),
        sp.gamma((nu + 1) / 2) / sp.gamma(nu / 2) * TricomiU(HALF, 1 - nu / 2, nu / (4 * R)),
    ),
}


@pytest.mark.parametrize("exponent", [-20, -8, -1, 0, 3, 12, 20])
@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_from_1e_minus_20_to_1e20(name: str, exponent: int) -> None:
    integral, closed = CLOSED[name]
    point = {R: sp.Rational(10) ** exponent, b: sp.Rational(7, 5), nu: sp.Rational(5, 2)}
    result = compare(integral, closed, point, 40)
    assert result.verdict == "equal", result
    wrong = closed * (1 + sp.Rational(1, 10**30))
    assert compare(integral, wrong, point, 40).verdict == "different"


IDENTITIES = [
    (sp.Integral(x ** (a - 1) * (1 - x) ** (b - 1), (x, 0, 1)), sp.beta(a, b)),
    (sp.Integral(sp.log(x) / sp.sqrt(x), (x, 0, 1)), sp.Integer(-4)),
    (sp.Integral(sp.log(x) * sp.exp(-x), (x, 0, sp.oo)), -sp.EulerGamma),
    (sp.Integral(1 / (sp.pi * sp.sqrt((b - x) * (b + x))), (x, -b, b)), sp.Integer(1)),
    (sp.Integral(sp.exp(-(sp.log(x) ** 2) / 2) / x, (x, 0, sp.oo)), sp.sqrt(2 * sp.pi)),
    (sp.Integral(sp.exp(-x - sp.exp(-x)), (x, -sp.oo, sp.oo)), sp.Integer(1)),
    (sp.Integral(sp.exp(-x) * sp.Heaviside(x - a), (x, -sp.oo, sp.oo)), sp.exp(-a)),
    (sp.Integral(sp.cos(a * x) * sp.exp(-(x**2)), (x, -sp.oo, sp.oo)), sp.sqrt(sp.pi) * sp.exp(-(a**2) / 4)),
    (sp.Integral(sp.exp(-x) * x ** (a - 1), (x, 0, sp.oo)), sp.gamma(a)),
    (sp.Integral(sp.exp(-(x**b)), (x, 0, sp.oo)), sp.gamma(1 + 1 / b)),
    (sp.Integral(1 / sp.cosh(x) ** 2, (x, 0, sp.oo)), sp.Integer(1)),
    (sp.Integral(sp.exp(-1 / x) / x**2, (x, 0, sp.oo)), sp.Integer(1)),
    (sp.Integral(x * sp.besselk(0, x), (x, 0, sp.oo)), sp.Integer(1)),
    (sp.Integral(sp.Abs(x - a) * sp.sign(x - b), (x, 0, 4)), None),
    (sp.Integral(sp.Max(x, a), (x, 0, 4)), (a**2 + 16) / 2),
    (sp.Integral(sp.Piecewise((x, x < a), (x**2, True)), (x, 0, 4)), a**2 / 2 + (64 - a**3) / 3),
    (sp.Integral(sp.sign(x**2 - a**2) * sp.exp(-sp.Abs(x)), (x, -sp.oo, sp.oo)), 4 * sp.exp(-a) - 2),
    (sp.Integral(x * y, (x, 0, y), (y, 0, 1)), sp.Rational(1, 8)),
    (sp.Integral(sp.exp(-x), (x, sp.oo, a)), -sp.exp(-a)),
    (sp.Integral(x * sp.exp(-(x**2)), (x, -sp.oo, sp.oo)), sp.Integer(0)),
    (sp.Integral(sp.floor(2 * x - 1), (x, 0, sp.Rational(7, 4))), HALF),
    (sp.Integral(x * sp.floor(x), (x, sp.Rational(5, 2), -1)), sp.Rational(-17, 4)),
    (sp.Integral(sp.Sum((x - y) ** 2, (y, 0, sp.floor(x))), (x, 0, 2)), sp.Integer(3)),
    (sp.Integral(1 / (x * (1 + sp.log(x) ** 2)), (x, 0, sp.oo)), sp.pi),
    (sp.Integral(1 / (x * sp.log(x) ** 2), (x, 0, HALF)), 1 / sp.log(2)),
    (sp.Integral(sp.exp(-(sp.log(x / (1 - x)) ** 2) / 2) / (x * (1 - x)), (x, 0, 1)), sp.sqrt(2 * sp.pi)),
    (OwenT(a, b), OwenT(a, b).rewrite(sp.Integral)),
    (TricomiU(a, b, R), TricomiU(a, b, R).rewrite(sp.Integral)),
    (
        sp.Integral(sp.exp(-(x**2) / 2) * sp.erf(a * x) * sp.sign(x), (x, -sp.oo, sp.oo))
        / sp.sqrt(2 * sp.pi),
        None,
    ),
]


@pytest.mark.parametrize("index", range(len(IDENTITIES)))
def test_known_integrals(index: int) -> None:
    integral, closed = IDENTITIES[index]
    p = {a: sp.Rational(7, 5), b: sp.Rational(12, 5), R: sp.Rational(3, 2)}
    if closed is None and integral.has(sp.erf):
        closed = 2 / sp.pi * sp.atan(a * sp.sqrt(2))
    elif closed is None:  # a < b: -(a^2/2 + (b-a)^2/2) + ((4-a)^2 - (b-a)^2)/2
        closed = -(a**2) / 2 - (b - a) ** 2 + (4 - a) ** 2 / 2
    assert compare(integral, closed, p, 40).verdict == "equal"
    assert compare(integral, closed + sp.Rational(1, 10**9), p, 40).verdict == "different"


def test_divergent_integrals_are_never_given_a_value() -> None:
    divergent = [
        (1 / x, 1, sp.oo),
        (sp.exp(x), 0, sp.oo),
        (1 / x, 0, 1),
        (1 / x, -1, 1),
        (sp.Integer(1), -sp.oo, sp.oo),
        (1 / (1 + sp.Abs(x)), -sp.oo, sp.oo),
    ]
    for f, low, high in divergent:
        with pytest.raises((Undecided, PointRejected)):
            enclose(sp.Integral(f, (x, low, high)), {}, 12, max_bits=130)


def test_what_is_out_of_reach_is_named() -> None:
    with pytest.raises(Unsupported, match="another integral"):
        enclose(sp.Integral(sp.exp(-(x**2) - y**2), (x, -sp.oo, sp.oo), (y, -sp.oo, sp.oo)), {})
    with pytest.raises(Unsupported, match="indefinite"):
        enclose(sp.Integral(x, x), {x: 1})
    with pytest.raises(Undecided, match="no rule for gamma"):
        enclose(sp.Integral(1 / sp.gamma(x) * sp.gamma(x + 1) * sp.exp(-x), (x, 1, sp.oo)), {}, max_bits=160)


def test_a_support_that_sympy_reports_wrongly_is_seen() -> None:
    # the density of Kumaraswamy(2, 3) is meant on (0, 1); on [0, oo) it is not a density
    density = 6 * x * (1 - x**2) ** 2
    assert compare(sp.Integral(density, (x, 0, 1)), sp.Integer(1), {}).verdict == "equal"
    with pytest.raises((Undecided, PointRejected)):
        enclose(sp.Integral(density, (x, 0, sp.oo)), {}, max_bits=160)


SERIES = sp.Symbol("k", integer=True, nonnegative=True)
DENSITIES = {
    "BetaNoncentral(2, 3, 1)": sp.Sum(
        x ** (SERIES + 1)
        * (1 - x) ** 2
        * sp.exp(-HALF)
        / (2**SERIES * sp.beta(SERIES + 2, 3) * sp.factorial(SERIES)),
        (SERIES, 0, sp.oo),
    ),
    "UniformSum(3)": sp.Sum(
        (-1) ** SERIES * (3 * x - SERIES) ** 2 * sp.binomial(3, SERIES), (SERIES, 0, sp.floor(3 * x))
    )
    * sp.Rational(3, 2),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_densities_given_by_sums(name: str) -> None:
    total = sp.Integral(DENSITIES[name], (x, 0, 1))
    assert compare(total, sp.Integer(1), {}, 15).verdict == "equal"
    assert compare(total, 1 + sp.Rational(1, 10**9), {}, 12).verdict == "different"


SUMS = [
    (sp.Sum(1 / sp.factorial(x), (x, 0, sp.oo)), sp.E),
    (sp.Sum((-1) ** x * a**x / sp.factorial(x), (x, 0, sp.oo)), sp.exp(-a)),
    (sp.Sum(x**2 * sp.exp(-a * x), (x, 0, sp.oo)), sp.exp(-a) * (1 + sp.exp(-a)) / (1 - sp.exp(-a)) ** 3),
    (sp.Sum(x, (x, 1, 10)), sp.Integer(55)),
    (sp.Product(x, (x, 1, 5)), sp.Integer(120)),
]


@pytest.mark.parametrize("index", range(len(SUMS)))
def test_sums(index: int) -> None:
    k = sp.Symbol("k", integer=True, nonnegative=True)
    total, closed = SUMS[index]
    assert compare(total.subs(x, k), closed, {a: sp.Rational(9, 7)}).verdict == "equal"
    assert (
        compare(total.subs(x, k), closed * (1 + sp.Rational(1, 10**20)), {a: sp.Rational(9, 7)}).verdict
        == "different"
    )


def test_slow_and_divergent_sums_are_undecided() -> None:
    k = sp.Symbol("k", integer=True, positive=True)
    for f in (1 / k, 1 / k**2, sp.Integer(1), sp.Rational(3, 2) ** k):
        with pytest.raises(Undecided):
            enclose(sp.Sum(f, (k, 1, sp.oo)), {})


def test_a_rewriting_that_changes_the_integrand_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from signsgd_sym.balls import half_line

    monkeypatch.setattr(half_line, "tidy", lambda f, y: f.subs(sp.exp(-y), sp.exp(-2 * y)))
    with pytest.raises(ArithmeticError, match="rewriting"):
        enclose(sp.Integral(sp.exp(-x), (x, 0, sp.oo)), {})
