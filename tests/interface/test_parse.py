"""The expression language: what it means, what it refuses, and that no text costs more than a second."""

from __future__ import annotations

import time

import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signsgd_sym import notation
from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.model.covariance_spec import read_spec
from signsgd_sym.model.law_text import read_law
from signsgd_sym.model.parse import parse_expression

x = notation.x
SYMBOLS = {"x": x}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".6", sp.Rational(3, 5)),
        ("1e-3", sp.Rational(1, 1000)),
        ("2.50", sp.Rational(5, 2)),
        ("0.1 + 0.2", sp.Rational(3, 10)),
        ("-x**2", -(x**2)),
        ("2**-1", sp.Rational(1, 2)),
        ("2**3**2", sp.Integer(512)),
        ("7/2/2", sp.Rational(7, 4)),
        ("1 - 2 - 3", sp.Integer(-4)),
        ("+x - -x", 2 * x),
        ("exp(-x**2/2)/sqrt(2*pi)", sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)),
        ("abs(x) + Abs(x)", 2 * sp.Abs(x)),
        ("E**x", sp.exp(x)),
        ("cbrt(8)", sp.Integer(2)),
        ("beta(2, 3)", sp.Rational(1, 12)),
        ("gamma(5)", sp.Integer(24)),
        ("besselk(0, x)", sp.besselk(0, x)),
        ("Max(0, 1 - x, x)", sp.Max(0, 1 - x, x)),
        ("Piecewise((1, x < 0), (2, True))", sp.Piecewise((1, x < 0), (2, True))),
        ("Piecewise((1, 0 <= x < 1), (0, True))", sp.Piecewise((1, (x >= 0) & (x < 1)), (0, True))),
        ("Piecewise((1, (x > 0) & (x < 1)), (0, True))", sp.Piecewise((1, (x > 0) & (x < 1)), (0, True))),
        ("  \n x\t", x),
    ],
)
def test_value(text, value):
    assert parse_expression(text, SYMBOLS) == value


UNARY = (
    "Abs sign exp log sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sech csch coth "
    "sec csc cot erf erfc erfi erfinv gamma loggamma Heaviside"
)

ENDS = 60  # seconds: no speed is claimed, only that it ends


@pytest.mark.parametrize("name", UNARY.split())
def test_function(name):
    half = sp.Rational(1, 2)
    argument, symbol = ("2", sp.Integer(2)) if name == "acosh" else ("1/2", half)
    assert parse_expression(f"{name}({argument})", {}) == getattr(sp, name)(symbol)


@pytest.mark.parametrize(
    ("text", "complaint", "column"),
    [
        ("1 + __import__('os')", "not a known function", 4),
        ("x.real", "an attribute", 0),
        ("(1).__class__", "an attribute", 0),
        ("x[0]", "an index", 0),
        ("lambda: 1", "lambda", 0),
        ("[y for y in x]", "not part of the language", 0),
        ("{x}", "a set", 0),
        ("f'{x}'", "f-string", 0),
        ("'a'", "not a decimal number", 0),
        ("b'a'", "not a decimal number", 0),
        ("(y := 1)", "an assignment", 1),
        ("x if x else x", "not part of the language", 0),
        ("await x", "not part of the language", 0),
        ("exp(x)(x)", "only functions called by name", 0),
        ("exp(x=1)", "keyword", 0),
        ("exp(*x)", "not part of the language", 4),
        ("x^2", r"write \*\* instead", 1),
        ("x // 2", "not part of the language", 0),
        ("x @ x", "not part of the language", 0),
        ("1j", "not a decimal number", 0),
        ("0x10", "not a decimal number", 0),
        ("1_000", "not a decimal number", 0),
        ("True", "not a decimal number", 0),
        ("x < 1", "inside Piecewise", 0),
        ("exp", "exp is a function", 0),
        ("2*k", "not a known name", 2),
        ("exq(x)", r"did you mean exp\?", 0),
        ("exp(x, x)", "takes 1 argument, not 2", 0),
        ("1/0", "division by zero", 2),
        ("0**-1", "not defined", 0),
        ("sqrt(-1)", "not real", 0),
        ("oo - oo", "undefined", 0),
        ("x +", "not a complete expression", 3),
        ("1)+(2", "not a complete expression", 1),
        ("", "missing", 0),
        ("x # y", "no meaning", 2),
        ("σ", "not ASCII", 0),
        ("x\x00", "not ASCII", 1),
    ],
)
def test_refusal(text, complaint, column):
    with pytest.raises(ParseError, match=complaint) as caught:
        parse_expression(text, SYMBOLS)
    assert caught.value.position == column
    assert caught.value.text == text
    assert "\n" not in str(caught.value)


BOMBS = [
    "9**9**9",
    "10**10**10",
    "(10**1000)**1000",
    "((2*x)**1000)**1000",
    "(2*x)**(10**9)",
    "sqrt(2)**(10**9)",
    "exp(log(2)*10**9)",
    "exp(1000*log(exp(1000*log(exp(1000*log(7))))))",
    "E**(log(2)*10**9)",
    "gamma(10**6)",
    "loggamma(10**7)",
    "beta(10**6, 10**6)",
    "1e999999999",
    "besselk(999, 999)",
    "sin(exp(exp(50)))",
    "sec(E**besselk(50, 1e-9))",
    "Piecewise((1, erfinv(3) < x), (0, True))",
    "Piecewise((1, 2 < besselk(1, -1)), (0, True))",
    "Piecewise((1, (-1)**pi < x), (0, True))",
    "Piecewise((1, 1 < erf(beta(-1, tan(E)))), (0, True))",
    "0." + "3" * 3000,
    "9" * 3000,
    "-" * 3000 + "1",
    "(" * 1500 + "1" + ")" * 1500,
    "sin(" * 190 + "x" + ")" * 190,
    "x**" * 1200 + "x",
    "Max(" + ",".join(f"x**{k}" for k in range(400)) + ")",
    "1" * 5000,
]


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:20])
def test_bombs_are_refused_before_they_are_computed(text):
    start = time.process_time()
    with pytest.raises(ParseError):
        parse_expression(text, SYMBOLS)
    assert time.process_time() - start < ENDS


def test_long_sums_and_products_are_not_nesting():
    assert parse_expression("+".join(["x"] * 1900), SYMBOLS) == 1900 * x
    assert parse_expression("*".join(["x"] * 500), SYMBOLS) == x**500


def test_caret_points_at_the_offence():
    with pytest.raises(ParseError) as caught:
        parse_expression("1 + foo(x)", SYMBOLS)
    assert caught.value.caret() == "1 + foo(x)\n    ^"


def test_free_names_are_asked_for():
    asked = []
    parse_expression("x*b + c", SYMBOLS, free=lambda name: asked.append(name) or sp.Symbol(name))
    assert asked == ["c", "b"] or asked == ["b", "c"]


VOCABULARY = (
    "x y b 0 1 2 .5 1e3 1e-9 9999 + - * / ** ^ ( ) ( ) , < <= & | . [ ] { } : = ' # @ ~ oo pi E I True "
    "exp log sqrt Abs sign gamma beta besselk Piecewise Min Max Heaviside sin tan acosh erfinv on density: "
    "Normal Laplace StudentT Uniform Mixture Rademacher Dirac Finite Density lambda import __class__"
)
WORDS = [*VOCABULARY.split(), " "]
soup = st.lists(st.sampled_from(WORDS), max_size=30).map("".join)

atoms = st.sampled_from(["x", "b", "0", "1", "2", "1/2", ".3", "1e9", "1e-9", "pi", "E", "oo", "-1", "999"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda p: f"({p[0]}){p[1]}({p[2]})"
        ),
        st.tuples(st.sampled_from([*UNARY.split(), "abs"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(st.sampled_from(["beta", "besselk", "besselj", "Min", "Max"]), inner, inner).map(
            lambda p: f"{p[0]}({p[1]},{p[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda p: f"Piecewise(({p[0]},{p[1]}<{p[2]}),(0,True))"),
    )


grammatical = st.recursive(atoms, _grown, max_leaves=12)


def outcome(read, text: str) -> object:
    """The value or the error; anything but an `InputError` passes through and fails the test."""
    start = time.process_time()
    try:
        result = read(text)
    except InputError as error:
        result = error
    assert time.process_time() - start < ENDS, text
    assert "\n" not in str(result)
    return result


@settings(max_examples=400, deadline=None)
@given(st.one_of(soup, st.text(max_size=60)))
@example("1if 1else 2")
@example("\\\n1")
def test_any_text_gives_a_value_or_a_parse_error(text):
    result = outcome(lambda given: parse_expression(given, SYMBOLS, free=sp.Symbol), text)
    assert isinstance(result, sp.Expr | ParseError)


@settings(max_examples=400, deadline=None)
@given(grammatical)
def test_any_formula_gives_a_value_or_a_parse_error(text):
    result = outcome(
        lambda given: parse_expression(given, SYMBOLS, free=lambda n: sp.Symbol(n, positive=True)), text
    )
    assert isinstance(result, sp.Expr | ParseError)


@settings(max_examples=400, deadline=None)
@given(soup)
def test_any_text_is_a_law_or_bad_input(text):
    outcome(read_law, text)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(soup, st.tuples(st.sampled_from(["identity:d=", "ar1:d=3,rho=", "npy:"]), soup).map("".join))
)
def test_any_text_is_a_covariance_or_bad_input(text):
    if not text.startswith("identity:d=9999"):
        outcome(read_spec, text)
