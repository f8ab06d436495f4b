"""Claim: `closed-form` gives formulas with verdicts and values that contain the truth, or says why not."""

import json
import re
from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from typer.testing import CliRunner

import signsgd_sym as ss
from signsgd_sym.cli import app
from signsgd_sym.derive.law_formulas import law_formulas
from signsgd_sym.errors import DensityError, NotConverged, SignSGDError
from signsgd_sym.model.noise import noise_law
from signsgd_sym.proof.verdict import Evidence, Judgement, Verdict
from signsgd_sym.report.closed_form_command import (
    ClosedFormRequest,
    closed_form_content,
    run_closed_form,
)
from signsgd_sym.special import TricomiU

DIGITS = 50
LAWS = {
    "Normal(0, s)": "R=1/10,s=2",
    "Laplace(0, b)": "R=1/10,b=2",
    "Cauchy(0, 1/10)": "R=3",
    "StudentT(nu)": "R=1/2,nu=3",
    "Uniform(-a, a)": "R=1/7,a=1/3",
    "Rademacher(c)": "R=2,c=1",
}
FIELDS = {
    "law", "phi", "latex", "method", "verdict", "assumptions", "psi", "limits", "stationary_risk", "values",
}  # fmt: skip


def density(name, point):
    """The density by hand, for an independent quadrature."""
    match name.split("(")[0]:
        case "Normal":
            s = point["s"]
            return lambda x: mpmath.exp(-(x**2) / (2 * s**2)) / (s * mpmath.sqrt(2 * mpmath.pi))
        case "Laplace":
            b = point["b"]
            return lambda x: mpmath.exp(-abs(x) / b) / (2 * b)
        case "Cauchy":
            return lambda x: 1 / (mpmath.pi * mpmath.mpf(1) / 10 * (1 + (10 * x) ** 2))
        case "StudentT":
            nu = point["nu"]
            front = mpmath.gamma((nu + 1) / 2) / (mpmath.sqrt(nu * mpmath.pi) * mpmath.gamma(nu / 2))
            return lambda x: front * (1 + x**2 / nu) ** (-(nu + 1) / 2)
        case "Uniform":
            a = point["a"]
            return lambda x: 1 / (2 * a)


def reference(name, texts):
    """(2/pi) E exp(-eps^2/(4 R)) by mpmath's quadrature; the sum over two atoms for a Rademacher law."""
    point = {key: mpmath.mpf(f.numerator) / f.denominator for key, f in texts.items()}
    R = point["R"]
    if name.startswith("Rademacher"):
        return 2 / mpmath.pi * mpmath.exp(-(point["c"] ** 2) / (4 * R))
    f = density(name, point)
    # Symmetric laws; split where the integrand changes its scale.
    end = point.get("a", mpmath.inf)
    marks = [mpmath.mpf(k) for k in (0, "0.05", "0.2", 1, 3, 8, 20, 50) if k == 0 or mpmath.mpf(k) < end]
    half = mpmath.quad(lambda x: f(x) * mpmath.exp(-(x**2) / (4 * R)), [*marks, end], maxdegree=12)
    return 4 / mpmath.pi * half


@pytest.fixture(scope="module", params=LAWS, ids=lambda law: law.split("(")[0])
def answer(request):
    asked = ClosedFormRequest.parse(request.param, [LAWS[request.param]], DIGITS, as_json=True)
    return run_closed_form(asked)


def test_the_data_are_those_of_the_contract(answer):
    data = json.loads(closed_form_content(answer))
    assert set(data) >= FIELDS
    assert data["law"] == answer.formulas.law.text
    assert data["verdict"] in ("PROVED", "CERTIFIED")
    assert set(data["limits"]) == {"R->0", "R->oo"}
    for limits in data["limits"].values():
        assert set(limits) == {"phi", "drift_rate", "psi"}
        for name, limit in limits.items():
            if name != "psi" or data["psi"] is not None:
                assert limit["verdict"] == "ASYMPTOTIC"
    assert {"equation", "closed_form"} <= set(data["stationary_risk"])
    assert (data["psi"] is None) == bool(data["psi_reason"])
    assert "R > 0" in data["assumptions"]
    parameters = {symbol.name: symbol for symbol in answer.formulas.law.parameters}
    names = {"R": ss.derive_sde(ss.SIGN).rate.atoms(sp.Symbol).pop(), "TricomiU": TricomiU, **parameters}
    assert sp.simplify(sp.sympify(data["phi"], locals=names) - answer.formulas.phi) == 0


def test_values_contain_an_independent_quadrature(answer):
    [value] = json.loads(closed_form_content(answer))["values"]
    phi, radius = Fraction(value["phi"]), Fraction(value["radius"])
    assert radius < phi / 10**DIGITS
    texts = dict(pair.split("=") for pair in LAWS[answer.formulas.law.text].split(","))
    with mpmath.workdps(80):
        truth = reference(answer.formulas.law.text, {k: Fraction(v) for k, v in texts.items()})
        numerator, exponent = mpmath.mpf(truth).man_exp
        exact = Fraction(numerator) * Fraction(2) ** exponent
    slack = Fraction(1, 10 ** (DIGITS + 5)) if "StudentT" not in answer.formulas.law.text else radius
    assert abs(exact - phi) <= radius + slack


@pytest.mark.parametrize("width", [80, 120])
def test_the_text_shows_verdicts_and_the_region(answer, width):
    asked = replace(answer.request, as_json=False)
    shown = closed_form_content(replace(answer, request=asked), width=width)
    assert re.search(r"^  phi +=", shown, re.M)
    assert "certified over R > 0" in " ".join(shown.split())
    assert re.search(r"(PROVED|CERTIFIED) +40 digits at 20 points", shown)
    assert shown.count("ASYMPTOTIC") >= 4
    assert "as R -> 0" in shown and "as R -> oo" in shown
    assert "+/-" in shown
    if answer.formulas.psi is None:
        assert "UNDEFINED" in shown and "E[eps^2] is infinite" in shown
    words = [line for line in shown.splitlines() if " " in line.strip()]
    assert all(len(line) <= width for line in words if "erfc" not in line and "(" not in line)


def test_terms_of_an_expansion_stand_in_the_order_of_their_size(answer):
    shown = closed_form_content(replace(answer, request=replace(answer.request, as_json=False)), width=400)
    if "Laplace" in answer.formulas.law.text:
        assert "= 2*sqrt(R)/(sqrt(pi)*b) - 4*R/(pi*b**2) + 2*R**(3/2)/(sqrt(pi)*b**3)" in shown
        assert "= 2/pi - b**2/(pi*R) + 3*b**4/(2*pi*R**2) + O(R**(-3))" in shown


def test_latex_and_page(answer):
    latex = closed_form_content(
        replace(answer, request=replace(answer.request, as_json=False, style="latex"))
    )
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 2
    assert "exp_polar" not in latex
    page = closed_form_content(replace(answer, request=replace(answer.request, as_json=False, style="html")))
    assert "<script" not in page and "http://" not in page.replace("http://www.w3.org", "")
    assert page.count("<math") > 8
    assert "CERTIFIED" in page or "PROVED" in page
    if "Laplace" in answer.formulas.law.text:
        assert r"\operatorname{erfcx}" in latex and "erfcx" in page
        assert r"\operatorname{erfc}" not in latex


def refuted(statement):
    wrong = Evidence("by hand", witness={"R": "2", "left": "1", "right": "2"})
    return replace(statement, judgement=replace(statement.judgement, verdict=Verdict.REFUTED, evidence=wrong))


def test_a_refuted_statement_is_left_out_everywhere():
    formulas = law_formulas(noise_law("Normal(0, s)"), points=5, digits=20)
    formulas = replace(formulas, statements=tuple(map(refuted, formulas.statements)))
    request = ClosedFormRequest.parse("Normal(0, s)")
    answer = run_closed_form(request)
    answer = replace(answer, formulas=formulas)
    shown = closed_form_content(answer, width=400)
    assert shown.count("the limit found was refuted; left out") == 6
    assert shown.count("the expansion found was refuted; left out") == 2
    assert "the formula found was refuted; left out" in shown
    for style in ("text", "latex", "html"):
        page = closed_form_content(replace(answer, request=replace(request, style=style)), width=400)
        assert "3*sqrt(2)*R**(5/2)" not in page and r"\frac{3 \sqrt{2} R^{\frac{5}{2}}" not in page
    data = json.loads(closed_form_content(replace(answer, request=replace(request, as_json=True))))
    assert data["psi"] is None
    assert data["stationary_risk"]["closed_form"] is None
    assert {limit["value"] for end in data["limits"].values() for limit in end.values()} == {None}
    assert all("terms" not in expansion for expansion in data["expansions"])
    assert answer.exit_code == 0


def test_a_refuted_phi_is_never_shown_and_ends_with_status_1():
    formulas = law_formulas(noise_law("Normal(0, s)"), points=5, digits=20)
    wrong = Judgement("2", "=", Verdict.REFUTED, Evidence(witness={"R": "2", "left": "1", "right": "2"}))
    bad = sp.Symbol("wrongformula")
    form = replace(formulas.form, value=None, judgement=wrong, refused=((bad, wrong),))
    answer = run_closed_form(ClosedFormRequest.parse("Normal(0, s)"))
    answer = replace(answer, formulas=replace(formulas, form=form, phi=None))
    assert answer.exit_code == 1
    for asked in (
        replace(answer.request, as_json=True),
        *(replace(answer.request, style=style) for style in ("text", "latex", "html")),
    ):
        assert "wrongformula" not in closed_form_content(replace(answer, request=asked))
    data = json.loads(closed_form_content(replace(answer, request=replace(answer.request, as_json=True))))
    assert data["phi"] is None and data["verdict"] == "REFUTED"
    assert data["refused"][0]["witness"]["R"] == "2"


def test_a_law_without_a_closed_form_has_certified_values_all_the_same():
    asked = ClosedFormRequest.parse("LogNormal(0, s)", ["R=1,s=1"], seconds=1.0)
    answer = run_closed_form(asked)
    shown = closed_form_content(answer)
    assert "closed form" in shown and "Integral(" in shown
    assert "UNKNOWN" in shown
    data = json.loads(closed_form_content(replace(answer, request=replace(asked, as_json=True))))
    assert data["phi"] is None and data["verdict"] == "UNKNOWN"
    [value] = data["values"]
    with mpmath.workdps(40):
        mean = mpmath.quad(
            lambda u: mpmath.npdf(u) * mpmath.exp(-mpmath.exp(2 * u) / 4), [-15, -8, -4, 0, 2, 4, 8]
        )
        assert abs(mpmath.mpf(value["phi"]) - 2 / mpmath.pi * mean) < mpmath.mpf("1e-20")
    assert answer.exit_code == 0


def test_a_closed_form_that_disagrees_with_its_integral_gives_no_value():
    formulas = law_formulas(noise_law("Normal(0, s)"), points=5, digits=20)
    with pytest.raises(NotConverged, match="disagree"):
        replace(formulas, phi=formulas.phi * (1 + sp.Rational(1, 10**8))).values({"R": 1, "s": 1})


BAD = {
    "unknown law": (["Laplce(0, b)"], "did you mean Laplace"),
    "parameter missing": (["Laplace(0, b)", "--at", "R=1"], "no value for b"),
    "risk missing": (["Laplace(0, b)", "--at", "b=1"], "no value for R"),
    "unknown parameter": (["Laplace(0, b)", "--at", "R=1,b=1,q=2"], "q is not a parameter"),
    "parameter outside its range": (["Laplace(0, b)", "--at", "R=1,b=-1"], "must be positive"),
    "risk 0": (["Laplace(0, b)", "--at", "R=0,b=1"], "must be a positive number"),
    "no number": (["Laplace(0, b)", "--at", "R=1,b"], "NAME=NUMBER"),
    "given twice": (["Laplace(0, b)", "--at", "R=1,b=1,b=2"], "twice"),
    "no digits": (["Laplace(0, b)", "--digits", "0"], "--digits is 0"),
    "too many digits": (["Laplace(0, b)", "--digits", "1001"], "--digits is 1001"),
    "unknown format": (["Laplace(0, b)", "--format", "pdf"], "latex"),
    "no time": (["Laplace(0, b)", "--seconds", "0"], "--seconds is 0"),
    "negative seed": (["Laplace(0, b)", "--seed", "-1"], "--seed is -1"),
    "not normalised": (["density: exp(-x**2) on (-oo, oo)"], "integrates to"),
    "negative density": (["density: 3*(1 - x**2)*3/4 - 3/2*Abs(x)*5/4 on (-1, 1)"], "1"),
    "no law": ([], "--all"),
    "a law and all": (["Normal(0, 1)", "--all"], "leave out"),
    "values of all": (["--all", "--at", "R=1"], "--at"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence(name):
    arguments, part = BAD[name]
    result = CliRunner().invoke(app, ["closed-form", *arguments])
    assert isinstance(result.exception, SignSGDError), result.output
    assert result.exception.exit_code == 2
    message = str(result.exception)
    assert part in message
    assert "\n" not in message


def test_in_python():
    found = ss.closed_form("Laplace(0, b)", points=5, digits=20)
    assert str(found.phi) == "2*sqrt(R)*exp(R/b**2)*erfc(sqrt(R)/b)/(sqrt(pi)*b)"
    assert r"\operatorname{erfcx}" in found._repr_latex_()
    value = found.values({"R": "1/10", "b": 2}, digits=30)
    assert value.phi.text.startswith("0.15056209495273298428422")
    b = sp.Symbol("b", positive=True)
    law = ss.noise_law(sp.stats.Laplace("X", 0, b))
    assert ss.closed_form(law, points=5, digits=20).phi == found.phi


def test_how_shows_each_step_with_its_verdict():
    result = CliRunner().invoke(app, ["closed-form", "Normal(0, s)", "--how", "--json"])
    assert result.exit_code == 0
    derivation = json.loads(result.stdout)["derivation"]
    assert [step["verdict"] for step in derivation["steps"]] == ["CERTIFIED", "CERTIFIED"]


REFUSED = [
    ("density: exp(-x**2/2) on (-oo, oo)", r"integrates to 2\.506628274631 over .*, not to 1; divide it by"),
    ("density: (3*x**2-1)*3/8 on (-1, 1)", r"is -0\.\d+ at x = -0\.\d+; a density is never negative"),
    ("density: b*exp(-x) on (0, oo)", r"integrates to 1\.5 over \(0, oo\) at b = 3/2, not to 1"),
    ("density: 1/(1+x) on (0, oo)", "diverges"),
]


@pytest.mark.parametrize(("law", "words"), REFUSED, ids=[law for law, _ in REFUSED])
def test_what_is_no_density_is_refused_by_enclosure(law, words):
    with pytest.raises(DensityError, match=words):
        ClosedFormRequest.parse(law)
    with pytest.raises(DensityError, match=words):
        ss.closed_form(law)
