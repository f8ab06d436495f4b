"""The `.steps` format: what each line means."""

from pathlib import Path

import pytest
import sympy as sp

from signsgd_sym import notation
from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.special import Erfcx, OwenT, TricomiU
from signsgd_sym.steps.read import NO_REASON, read_steps

R, x = notation.R, notation.x
b = sp.Symbol("b", positive=True)

CONTRACT = """\
title: Laplace noise, the drift factor
symbols: R > 0; b > 0; x real
given: E1 = Integral(exp(-x**2/(4*R))*exp(-Abs(x)/b)/(2*b), (x, -oo, oo))
steps:
    E1
  = 2*Integral(exp(-x**2/(4*R))*exp(-x/b)/(2*b), (x, 0, oo))    # the integrand is even
  = sqrt(pi*R)/b*exp(R/b**2)*erfc(sqrt(R)/b)                    # complete the square
  ~ sqrt(pi*R)/b as R -> 0, order R                             # = that + O(R)
  -> 1 as R -> oo
"""


def value(text, symbols="R, b > 0; x, y real; n integer", given=""):
    """The expression that a chain begins with."""
    return read_steps(f"symbols: {symbols}\n{given}\nsteps:\n {text}\n = 0\n")["1"].lhs


# --- the example of the contract ---------------------------------------------------------------------


def test_the_example_of_the_contract_is_read_as_it_says():
    derivation = read_steps(CONTRACT, "some/folder/laplace.steps")
    assert isinstance(derivation, Derivation)
    assert (derivation.id, derivation.title) == ("laplace", "Laplace noise, the drift factor")
    assert [step.id for step in derivation.steps] == ["1", "2", "3", "4"]
    assert [step.relation for step in derivation.steps] == ["=", "=", "~", "->"]
    assert derivation.given == ()
    integrand = sp.exp(-(x**2) / (4 * R)) * sp.exp(-sp.Abs(x) / b) / (2 * b)
    assert derivation["1"].lhs == sp.Integral(integrand, (x, -sp.oo, sp.oo))
    assert derivation["1"].reason == "the integrand is even"
    closed = sp.sqrt(sp.pi * R) / b * sp.exp(R / b**2) * sp.erfc(sp.sqrt(R) / b)
    assert derivation["2"].lhs == derivation["1"].rhs
    assert derivation["2"].rhs == derivation["3"].lhs == derivation["4"].lhs == closed
    expansion, limit = derivation["3"], derivation["4"]
    assert (expansion.order, expansion.variable, expansion.point, expansion.direction) == (R, R, 0, "+")
    assert (limit.rhs, limit.variable, limit.point) == (1, R, sp.oo)


def test_the_example_file_is_that_of_the_contract():
    assert (Path(__file__).parent / "steps/right/laplace.steps").read_text(encoding="utf-8") == CONTRACT


def test_the_derivation_prints():
    text = str(read_steps(CONTRACT, "laplace.steps"))
    assert "Laplace noise, the drift factor" in text
    assert "complete the square" in text


# --- chains ------------------------------------------------------------------------------------------


def test_every_relation_speaks_of_the_last_line_that_began_the_chain_or_followed_equals():
    text = "symbols: x > 0\nsteps:\n x\n <= 2*x\n = x + 0\n ~ x as x -> 1, order x - 1\n <= 3*x\n = 1*x\n"
    derivation = read_steps(text)
    assert [step.lhs for step in derivation.steps] == [derivation["1"].lhs] * 5
    text = "symbols: x > 0\nsteps:\n exp(x)\n = 1 + x\n <= exp(x)\n = 2\n -> 2 as x -> 0\n"
    x = sp.Symbol("x", positive=True)
    assert [step.lhs for step in read_steps(text).steps] == [sp.exp(x), 1 + x, 1 + x, 2]


def test_ids_count_over_the_whole_file_and_a_second_heading_begins_a_new_chain():
    derivation = read_steps(
        "symbols: x real\nsteps:\n x\n = x\nsteps: 2*x\n = x + x\n\nsteps:\n sin(x)\n <= 1\n"
    )
    assert [(step.id, step.lhs) for step in derivation.steps] == [("1", x), ("2", 2 * x), ("3", sp.sin(x))]


def test_blank_lines_comments_and_indentation_do_not_matter():
    plain = "symbols: x real\nsteps:\nx\n= x # why\n"
    loose = "\ufeff# head\n\n  SYMBOLS : x real # a comment\r\n\n\tsteps:\n# between\n\tx  \n\n   =x#why\n\n"
    assert read_steps(plain, "a") == read_steps(loose.lstrip("\ufeff"), "a")


def test_a_line_without_a_reason_says_so():
    assert read_steps("symbols: x real\nsteps:\n x\n = x\n")["1"].reason == NO_REASON


def test_a_file_without_a_title_is_called_by_its_name():
    assert read_steps("symbols: x real\nsteps:\n x\n = x\n", "a/b/arcsine.steps").title == "arcsine"


def test_headings_go_on_over_several_lines():
    text = "title: A long\n  title\nsymbols:\n  x real\n  y > 0; n integer\ngiven:\n f = x\n g = f + y\n"
    text += "steps:\n g\n = x + y\n"
    derivation = read_steps(text)
    assert derivation.title == "A long title"
    assert derivation["1"].lhs == derivation["1"].rhs


# --- symbols and assumptions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "assumptions"),
    [
        ("q > 0", {"positive": True}),
        ("0 < q", {"positive": True}),
        ("q > 2", {"positive": True}),
        ("q >= 1/2", {"positive": True}),
        ("q >= 0", {"nonnegative": True}),
        ("q < 0", {"negative": True}),
        ("q <= -1", {"negative": True}),
        ("q <= 0", {"nonpositive": True}),
        ("q real", {"real": True}),
        ("q positive", {"positive": True}),
        ("q integer", {"integer": True}),
        ("q nonnegative integer", {"integer": True, "nonnegative": True}),
        ("q integer; q >= 1", {"integer": True, "positive": True}),
        ("-1 < q < 1", {"real": True}),
        ("q < r; r > 0", {"real": True}),
        ("p, q > 0", {"positive": True}),
        ("p, q integer", {"integer": True}),
    ],
)
def test_a_declaration_gives_a_symbol_its_assumptions(declared, assumptions):
    assert value("q", declared) == sp.Symbol("q", **assumptions)


def test_names_of_the_notation_are_the_symbols_of_the_notation_when_declared_alike():
    assert value("R", "R > 0") == notation.R
    assert value("R", "R real") != notation.R


@pytest.mark.parametrize(
    ("header", "texts"),
    [
        ("symbols: x > 0; y real; n integer", []),
        ("symbols: x > 2", ["x > 2"]),
        ("symbols: -1 < x < 1", ["-1 < x", "x < 1"]),
        ("symbols: 0 < x < 1", ["x < 1"]),
        ("symbols: n integer; n >= 1; x real", []),
        ("symbols: x < y", ["x < y"]),
        ("symbols: x real; x != 0", ["x != 0"]),
        ("symbols: x > 0; y > 0\nassume: x < y; x + y < 1\nassume: y < 2", ["x < y", "x + y < 1", "y < 2"]),
        ("symbols: x > 0\nassume: x > 0\nassume: x < 3\nassume: x < 3", ["x < 3"]),
    ],
)
def test_bounds_that_a_symbol_cannot_say_are_assumptions(header, texts):
    derivation = read_steps(f"{header}\nsteps:\n 1\n = 1\n")
    assert [assumption.text for assumption in derivation.given] == texts
    assert all(assumption.relation.free_symbols for assumption in derivation.given)


# --- expressions -------------------------------------------------------------------------------------


def test_an_integral_a_sum_and_a_derivative_stay_as_they_are():
    assert value("Integral(x, (x, 0, 1))") == sp.Integral(x, (x, 0, 1))
    assert isinstance(value("Derivative(x**2, x)"), sp.Derivative)
    k = sp.Symbol("k", integer=True)
    assert value("Sum(x**k/factorial(k), (k, 0, oo))") == sp.Sum(x**k / sp.factorial(k), (k, 0, sp.oo))
    assert value("Product(1 + 1/k**2, (k, 1, oo))") == sp.Product(1 + 1 / k**2, (k, 1, sp.oo))
    assert value("Integral(x*y, (y, 0, x), (x, 0, 1))") == sp.Integral(
        x * notation.y, (notation.y, 0, x), (x, 0, 1)
    )


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("OwenT(x, y)", OwenT(x, notation.y)),
        ("hyperu(1/2, 1/3, R)", TricomiU(sp.Rational(1, 2), sp.Rational(1, 3), R)),
        ("erfcx(x)", Erfcx(x)),
        ("hyper([1/2], [3/2, 2], x)", sp.hyper([sp.Rational(1, 2)], [sp.Rational(3, 2), 2], x)),
        ("meijerg(([], [1]), ([0, 0], []), R)", sp.meijerg(((), (1,)), ((0, 0), ()), R)),
        (
            "binomial(n, 2)*factorial(n)",
            sp.binomial(sp.Symbol("n", integer=True), 2) * sp.factorial(sp.Symbol("n", integer=True)),
        ),
        ("uppergamma(1/3, R)", sp.uppergamma(sp.Rational(1, 3), R)),
        (
            "Limit(sin(h)/h, h, 0)",
            sp.Limit(
                sp.sin(sp.Symbol("h", real=True)) / sp.Symbol("h", real=True),
                sp.Symbol("h", real=True),
                0,
                "+-",
            ),
        ),
        ("Subs(x**2, x, 1)", sp.Subs(x**2, x, 1)),
        ("Derivative(x**4, (x, 2))", sp.Derivative(x**4, (x, 2))),
        ("Derivative(x**4, x, 3)", sp.Derivative(x**4, (x, 3))),
        ("airyai(x) + Ei(R) + digamma(R)", sp.airyai(x) + sp.Ei(R) + sp.digamma(R)),
        ("Piecewise((0, x < 0), (x, True))", sp.Piecewise((0, x < 0), (x, True))),
        ("Piecewise((0, x <= 0), (x, True))", sp.Piecewise((0, x <= 0), (x, True))),
    ],
)
def test_the_functions_of_the_kernel_are_known(text, meaning):
    assert value(text) == meaning


def test_a_bound_variable_loses_what_does_not_hold_on_its_range():
    positive = sp.Symbol("x", positive=True)
    whole = value("Integral(Abs(x), (x, -1, 1))", "x > 0")
    assert whole == sp.Integral(sp.Abs(x), (x, -1, 1))
    assert value("Integral(Abs(x), (x, 0, 1))", "x > 0") == sp.Integral(positive, (positive, 0, 1))


def test_an_abbreviation_may_speak_of_the_variable_of_integration():
    assert value("Integral(f, (x, -1, 1))", given="given: f = x**2") == sp.Integral(x**2, (x, -1, 1))


def test_an_expectation_over_a_named_law_is_its_integral():
    X = sp.Symbol("X", real=True)
    density = sp.exp(-(X**2) / (2 * b**2)) / (sp.sqrt(2 * sp.pi) * b)
    found = value("E(exp(-X**2/(4*R)), X, Normal(0, b))")
    assert found.limits == ((X, -sp.oo, sp.oo),)
    assert sp.simplify(found.function - density * sp.exp(-(X**2) / (4 * R))) == 0
    assert value("E(X**2, X, Rademacher(b))") == b**2


@pytest.mark.parametrize("name", ["x", "X", "epsilon", "eps"])
def test_an_expectation_does_not_capture_names_of_the_file(name):
    """notation.x and notation.eps are what the law is integrated in."""
    declared = f"{name} real; b > 0"
    own = sp.Symbol(name, real=True)
    found = value(f"E({name}*Y**2, Y, Normal({name}, b))", declared)
    assert found.free_symbols == {own, b}
    assert sp.simplify(found.subs(b, 2).subs(own, 3).doit() - 3 * (9 + 4)) == 0


def test_both_sides_may_be_the_same_tree():
    step = read_steps("symbols: x > 0\nsteps:\n sqrt(x**2)\n = x\n")["1"]
    assert step.lhs == step.rhs


# --- where limits are taken ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "point", "direction"),
    [
        ("x -> 0", 0, "+-"),
        ("x -> 0+", 0, "+"),
        ("x -> 0-", 0, "-"),
        ("x -> oo", sp.oo, "+-"),
        ("x -> -oo", -sp.oo, "+-"),
        ("R -> 0", 0, "+"),
        ("R -> 1", 1, "+-"),
        ("x->pi/2 -", sp.pi / 2, "-"),
        (r"$R \to 0^+$", 0, "+"),
        (r"$x \to 0^{-}$", 0, "-"),
        (r"$x$ -> $\infty$", sp.oo, "+-"),
        ("q -> 1", 1, "-"),
        ("q -> -1", -1, "+"),
        ("q -> 0", 0, "+-"),
        ("R -> b", b, "-"),
        ("b -> R", R, "+"),
    ],
)
def test_where_a_limit_is_taken_and_from_which_side(where, point, direction):
    text = f"symbols: R, b > 0; x real; -1 < q < 1\nassume: R < b\nsteps:\n 1\n -> 1 as {where}\n"
    step = read_steps(text)["1"]
    assert (step.point, step.direction) == (point, direction)
