"""LaTeX as people write it, and as SymPy prints it, means what it should; the rest is refused in place."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from signsgd_sym.errors import ParseError
from signsgd_sym.special import Erfcx, OwenT, TricomiU
from signsgd_sym.steps.latex import latex_expression

R, b, K_ii, x1 = sp.symbols("R b K_ii x1", positive=True)
x, y, t, rho, theta_star, lam = sp.symbols("x y t rho theta_star lam", real=True)
u = sp.Symbol("u", real=True)
k = sp.Symbol("k", integer=True)
SCOPE = {s.name: s for s in (R, b, K_ii, x1, x, y, t, rho, theta_star, lam)}
HALF = sp.Rational(1, 2)


def read(text, scope=SCOPE):
    return latex_expression(text, scope)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"2x", 2 * x),
        (r"2 \cdot 3^x", 2 * 3**x),
        (r"x y", x * y),
        (r"xy", x * y),
        (r".5x - 0.25", x / 2 - sp.Rational(1, 4)),
        (r"- x + y", y - x),
        (r"x/2 + y / b", x / 2 + y / b),
        (r"\frac{x}{2}", x / 2),
        (r"\tfrac12 \dfrac{1}{b}", 1 / (2 * b)),
        (r"\frac x2", x / 2),
        (r"x^2", x**2),
        (r"x^{10}", x**10),
        (r"x^{-1/2}", x**-HALF),
        (r"2^{x^2}", 2 ** (x**2)),
        (r"\sqrt{2 R}", sp.sqrt(2 * R)),
        (r"\sqrt R", sp.sqrt(R)),
        (r"\sqrt[3]{R}", R ** sp.Rational(1, 3)),
        (r"e^{-x^2/(4R)}", sp.exp(-(x**2) / (4 * R))),
        (r"\mathrm{e}^{x}", sp.exp(x)),
        (r"\exp\left( -\frac{x^2}{4R} \right)", sp.exp(-(x**2) / (4 * R))),
        (r"\exp\bigl(x\bigr)", sp.exp(x)),
        (r"\exp\{x [y + 1]\}", sp.exp(x * (y + 1))),
        (r"\log 2R", sp.log(2 * R)),
        (r"\ln\frac{R}{b}", sp.log(R / b)),
        (r"\sin x \cos y", sp.sin(x) * sp.cos(y)),
        (r"\sin^2 x + \cos^{2}(x)", sp.sin(x) ** 2 + sp.cos(x) ** 2),
        (r"\sin(x)^2", sp.sin(x) ** 2),
        (r"\frac{2}{\pi}\arcsin\rho", 2 * sp.asin(rho) / sp.pi),
        (r"\operatorname{arctanh} x", sp.atanh(x)),
        (r"\tanh(x)\,\operatorname{sech}(x)", sp.tanh(x) * sp.sech(x)),
        (r"\operatorname{erf}\frac{x}{\sqrt2}", sp.erf(x / sp.sqrt(2))),
        (r"\mathrm{erfc}\left(\frac{\sqrt{R}}{b}\right)", sp.erfc(sp.sqrt(R) / b)),
        (r"\operatorname{erfcx}(x) \operatorname{sgn}(y)", Erfcx(x) * sp.sign(y)),
        (r"\Gamma(R) \Gamma(\tfrac13, x)", sp.gamma(R) * sp.uppergamma(sp.Rational(1, 3), x)),
        (r"K_{0}(R) + I_1(R) - J_{\rho}(R)", sp.besselk(0, R) + sp.besseli(1, R) - sp.besselj(rho, R)),
        (r"T(x, y) + U(1, 1/3, R)", OwenT(x, y) + TricomiU(1, sp.Rational(1, 3), R)),
        (r"\max(x, y)", sp.Max(x, y)),
        (r"|x|", sp.Abs(x)),
        (r"|x||y|", sp.Abs(x) * sp.Abs(y)),
        (r"2|x - 1| + 1", 2 * sp.Abs(x - 1) + 1),
        (r"\left| x - \left| y \right| \right|^2", sp.Abs(x - sp.Abs(y)) ** 2),
        (r"\lvert x \rvert e^{-\lvert y \rvert}", sp.Abs(x) * sp.exp(-sp.Abs(y))),
        (r"|\sin(|x|)|", sp.Abs(sp.sin(sp.Abs(x)))),
        (r"K_{ii} x_1", K_ii * x1),
        (r"\theta^* - \theta^{*}", sp.S.Zero),
        (r"\lambda \rho", lam * rho),
        (r"\infty", sp.oo),
        (r"5! \binom{4}{2}", sp.Integer(720)),
        (r"\displaystyle x \quad + \; y \! ~", x + y),
        (r"x (y + 1)", x * (y + 1)),
        (r"\frac{1}{2b} e^{-|x|/b}", sp.exp(-sp.Abs(x) / b) / (2 * b)),
    ],
)
def test_formula(text, meaning):
    assert read(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"\int_0^1 x^2 \, dx", sp.Integral(x**2, (x, 0, 1))),
        (r"\int_{-\infty}^\infty e^{-u^2}\mathrm{d}u", sp.Integral(sp.exp(-(u**2)), (u, -sp.oo, sp.oo))),
        (r"2\int\limits_{0}^{R} (u + x)\,du - 1", 2 * sp.Integral(u + x, (u, 0, R)) - 1),
        (r"\int_0^1 u + x\, du", sp.Integral(u + x, (u, 0, 1))),
        (r"\int_0^1 du", sp.Integral(1, (u, 0, 1))),
        (r"\int^1_0 u\,du", sp.Integral(u, (u, 0, 1))),
        (r"\int_0^1\int_0^x xy\,dy\,dx", sp.Integral(x * y, (y, 0, x), (x, 0, 1))),
        (r"\int_0^1 e^{\int_0^x y dy} dx", sp.Integral(sp.exp(sp.Integral(y, (y, 0, x))), (x, 0, 1))),
        (r"\frac{\int_0^x u du}{\int_0^y u du}", sp.Integral(u, (u, 0, x)) / sp.Integral(u, (u, 0, y))),
        (r"\sum_{k=0}^{\infty} \frac{x^k}{k!}", sp.Sum(x**k / sp.factorial(k), (k, 0, sp.oo))),
        (r"\sum_{k=1}^{3} k x + y", sp.Sum(k * x, (k, 1, 3)) + y),
        (r"\prod_{k=1}^\infty \left(1 + \frac{1}{k^2}\right)", sp.Product(1 + 1 / k**2, (k, 1, sp.oo))),
        (r"\lim_{u \to 0} \frac{\sin u}{u}", sp.Limit(sp.sin(u) / u, u, 0, "+-")),
        (r"\lim_{u \to 0^+} \sqrt{u}", sp.Limit(sp.sqrt(u), u, 0, "+")),
        (r"\frac{d}{dx} x^2", sp.Derivative(x**2, x)),
        (r"\frac{\mathrm{d}^2}{\mathrm{d}x^2} \sin(x)", sp.Derivative(sp.sin(x), (x, 2))),
        (r"\frac{\partial^2}{\partial x \partial y} x y", sp.Derivative(x * y, y, x)),
        (r"\frac{d}{d\rho}\left(\rho^2 + 1\right)", sp.Derivative(rho**2 + 1, rho)),
    ],
)
def test_what_binds_a_name(text, meaning):
    assert read(text) == meaning


def test_a_bound_variable_is_not_what_is_declared_elsewhere():
    positive = sp.Symbol("x", positive=True)
    assert read(r"\int_{-1}^1 |x| dx", {"x": positive}) == sp.Integral(sp.Abs(x), (x, -1, 1))


def test_a_declared_name_wins_over_constants_functions_and_products():
    e, d, xy, K_0, Gamma = (sp.Symbol(name, real=True) for name in ("e", "d", "xy", "K_0", "Gamma"))
    scope = {**SCOPE, **{s.name: s for s in (e, d, xy, K_0, Gamma)}}
    assert read(r"e^x", scope) == e**x
    assert read(r"xy x", scope) == xy * x
    assert read(r"K_0(x)", scope) == K_0 * x
    assert read(r"\Gamma(x)", scope) == Gamma * x
    assert read(r"\int_0^1 d u\, \mathrm{d}u", scope) == sp.Integral(d * u, (u, 0, 1))
    for text in (r"\int_0^1 d u\, du", r"\frac{d}{dx} x^2"):
        with pytest.raises(ParseError, match="d is declared here"):
            read(text, scope)


@pytest.mark.parametrize(
    ("text", "complaint", "at"),
    [
        ("", "breaks off", ""),
        (r"x +", "breaks off", ""),
        (r"q x", "q is not declared", "q"),
        (r"\mu x", "mu is not declared", r"\mu"),
        (r"x_2", "x_2 is not declared", "x_2"),
        (r"\foo{x}", r"\foo is not part", r"\foo"),
        (r"\begin{cases} x \end{cases}", r"\begin is not part", r"\begin"),
        (r"\mathbb{E} x", r"\mathbb is not part", r"\mathbb"),
        (r"x \le y", r"\le is not part", r"\le"),
        (r"x = y", "one relation a line", "= y"),
        (r"\frac{x}", "the denominator is missing", ""),
        (r"\frac{x}{0}", "division by zero", r"\frac"),
        (r"x/0", "division by zero", "/0"),
        (r"1/2x", "unclear", "x"),
        (r"x^10", "put braces around the power", "10"),
        (r"x^2^3", "two powers in a row", "^3"),
        (r"x^(2)", "needs braces", "(2)"),
        (r"x 2", "write \\cdot between them", "2"),
        (r"\sin x (y)", "unclear whether this belongs to the argument of sin", "(y)"),
        (r"\sin^{-1} x", "two meanings", "{-1}"),
        (r"\sin", "the argument of sin is missing", ""),
        (r"\log_2 x", "a base or an index", "_2"),
        (r"\int x dx", "needs both limits", "x dx"),
        (r"\int_0^1 x", "the differential of this integral is missing", r"\int"),
        (r"\int_0^1 \frac{dx}{x}", "the differential of this integral is missing", r"\int"),
        (r"\sum_{k}^n x", "n is not declared", "n x"),
        (r"\sum_{k}^{3} x", "expected = here", "}^"),
        (r"\sum_{k=1/2}^{3} x", "a sum runs over integers", r"\sum"),
        (r"(x", "expected ) here", ""),
        (r"x)", ") has no meaning here", ")"),
        (r"\left(x\right]", "expected ) here", "]"),
        (r"{x", "expected } here", ""),
        (r"|x", "expected | here", ""),
        (r"\|x\|", "a norm is not read", r"\|"),
        (r"x & y", "'&' is not part", "&"),
        (r"x \\ y", "is not part", "\\\\"),
        (r"\frac{d^2}{dx} x", "orders above and below do not agree", "} x"),
        (r"\frac{d}{dq} x", "declare q", "q"),
        (r"9^{9^9}", "too large", "9^"),
        (r"1" * 500, "too many digits", "1"),
        (r"\sqrt{-1}", "not real", r"\sqrt"),
        ("{" * 60 + "x" + "}" * 60, "nested more than", "{"),
        (r"\input{x}", r"\input is not part", r"\input"),
        (r"\def\x{x}", r"\def is not part", r"\def"),
        ("x" * 4001, "at most 4000", "x"),
    ],
)
def test_refusal(text, complaint, at):
    with pytest.raises(ParseError) as caught:
        read(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    column = caught.value.position
    assert text[column:].startswith(at)
    assert at or column == len(text)


# --- SymPy's printer and back ------------------------------------------------------------------------

symbols = st.sampled_from([R, b, x, y, rho, K_ii, x1])
numbers = st.sampled_from([sp.Integer(n) for n in (-2, -1, 2, 3, 10)] + [HALF, sp.Rational(-3, 7), sp.pi])
FUNCTIONS = (
    sp.exp, sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.asin, sp.atan, sp.acosh, sp.erf, sp.erfc,
    sp.erfi, sp.gamma, sp.Abs, sp.sign, sp.log, sp.sqrt, sp.cbrt, sp.Ei, sp.Si, sp.factorial, Erfcx,
)  # fmt: skip


def _grown(inner):
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda args: sp.Add(*args)),
        st.lists(inner, min_size=2, max_size=3).map(lambda args: sp.Mul(*args)),
        st.tuples(inner, st.sampled_from([-2, -1, -HALF, HALF, 2, 3, sp.Rational(2, 3), x, -R])).map(
            lambda pair: sp.Pow(*pair)
        ),
        st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda pair: pair[0](pair[1])),
        st.tuples(st.sampled_from([sp.besselk, sp.besselj, sp.binomial, OwenT]), inner, inner).map(
            lambda parts: parts[0](parts[1], parts[2])
        ),
        inner.map(lambda f: sp.Integral(f, (x, -sp.oo, sp.oo))),
        inner.map(lambda f: sp.Integral(f, (y, 0, R), (x, 0, 1))),
        inner.map(lambda f: sp.Sum(f * x**k, (k, 0, sp.oo))),
        inner.map(lambda f: sp.Derivative(f, x) if f.has(x) else f),
        inner.map(lambda f: sp.Derivative(f, (x, 2), y) if f.has(x, y) else f),
    )


expressions = st.recursive(st.one_of(symbols, numbers), _grown, max_leaves=8)


def is_plain(expr):
    """Whether a value is finite, real as written, and free of what the printer writes in other words."""
    other = (sp.zoo, sp.nan, sp.I, sp.AccumBounds, sp.oo, sp.Order, sp.Float)
    return not expr.has(*other) and not (expr.is_number and expr.is_extended_real is not True)


OUTSIDE = ("is read at positive", "exceeds", "too large", "not real", "undefined", "no real value", "nested")
"""What is refused for its value, and not for how it is written."""
AMBIGUOUS = "a number stands behind something else"
"""SymPy prints (-2)^R 2^(-R) with nothing between the factors; such a number could be an index: refused."""


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_what_sympy_prints_is_read_back(expr):
    if not is_plain(expr) or len(sp.latex(expr)) > 1000:
        return
    try:
        assert read(sp.latex(expr)) == expr
    except ParseError as problem:
        if not any(words in str(problem) for words in (*OUTSIDE, AMBIGUOUS)):
            raise


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=r"xyRb\frac{}()[]^_|+-*/=0123 dsinqtexp,!&$~'", max_size=40))
def test_any_text_is_a_formula_or_a_parse_error(text):
    try:
        read(text)
    except ParseError as error:
        position = error.position
    else:
        position = 0
    assert 0 <= position <= len(text)
