r"""LaTeX that has two readings on paper is refused; none is read as something its writer did not mean."""

import pytest
import sympy as sp

from signsgd_sym.errors import ParseError
from signsgd_sym.steps.latex import latex_expression

R, b = sp.symbols("R b", positive=True)
x, y = sp.symbols("x y", real=True)
SCOPE = {"R": R, "b": b, "x": x, "y": y}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"\gamma(R, b)", sp.lowergamma(R, b)),
        (r"\Gamma(R, b)", sp.uppergamma(R, b)),
        (r"\Gamma(R)", sp.gamma(R)),
        (r"E_1(R)", sp.expint(1, R)),
        (r"K_1^2(R)", sp.besselk(1, R) ** 2),
        (r"K^{2}_{1}(R)", sp.besselk(1, R) ** 2),
        (r"\operatorname{polygamma}(1, R)", sp.polygamma(1, R)),
        (r"\int_0^1 dx + 1", sp.Integral(1, (x, 0, 1)) + 1),
        (r"\int_0^1\int_0^1 dx\,dy", sp.Integral(1, (x, 0, 1), (y, 0, 1))),
        (r"\frac{\log x}{y}", sp.log(x) / y),
        (r"\log(x)/y", sp.log(x) / y),
    ],
)
def test_a_formula_means_what_it_says(text, meaning):
    assert latex_expression(text, SCOPE) == meaning


@pytest.mark.parametrize(
    "value", [sp.lowergamma(R, b), sp.uppergamma(R, b), sp.expint(1, R), sp.polygamma(2, R)]
)
def test_what_sympy_prints_of_gammas_is_read_back(value):
    assert latex_expression(sp.latex(value), SCOPE) == value


@pytest.mark.parametrize(
    ("text", "column", "remedy"),
    [
        (r"x + \int_0^1 \mathrm{d}x\, e^{-x}", 4, "behind it"),
        (r"\int_0^1 dx\,2", 0, "behind it"),
        (r"\int_0^1 dx \int_0^1 dy\, xy", 0, "behind it"),
        (r"\int_0^1 \frac{dx}{1+x^2}", 0, "behind any fraction"),
        (r"\log x/y", 6, "in brackets"),
        (r"\sin x (y + 1)", 7, "in brackets"),
        (r"1 + \gamma(x)", 4, "gamma > 0"),
        (r"K_1_2(x)", 0, "K_1 is not declared"),
    ],
)
def test_what_has_two_readings_is_refused_at_its_place(text, column, remedy):
    with pytest.raises(ParseError, match=remedy) as refusal:
        latex_expression(text, SCOPE)
    assert refusal.value.position == column


def test_a_declared_gamma_is_a_factor():
    gamma = sp.Symbol("gamma", positive=True)
    assert latex_expression(r"\gamma(x + y)", {**SCOPE, "gamma": gamma}) == gamma * (x + y)
