"""Densities are proved by enclosure: mass 1 to 30 digits and no negative value; wrong ones are refuted."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import pytest
import sympy as sp
from law_table import TEXTS, numeric

from signsgd_sym.derive.density import prove_density, prove_part
from signsgd_sym.errors import DensityError
from signsgd_sym.model import NoiseLaw
from signsgd_sym.model.families import Piece
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.notation import x

TOUCHING = {"RaisedCosine(0, a)"}
"""1 + cos(pi x/s) touches 0 at both ends in a form that no rule of signs sees through."""


@pytest.mark.parametrize("text", TEXTS)
def test_every_family_has_mass_one_and_is_never_negative(text: str) -> None:
    ((_, part),) = numeric(text).parts
    proof = prove_part(part)
    assert proof.mass == "mass 1 proved to 30 digits", proof
    assert proof.ball.contains(1) and proof.ball.rad() < 1e-25
    expected = "no negative value found at 400 points" if text in TOUCHING else "non-negative: proved"
    assert proof.sign == expected


def given(density: str, lo: object, hi: object) -> NoiseLaw:
    """A law with a density that the float64 check has not seen."""
    expr = sp.sympify(density, locals={"x": x, "b": sp.Symbol("b", positive=True)})
    return NoiseLaw(((sp.S.One, GivenDensity(expr, (sp.sympify(lo), sp.sympify(hi)))),))


@pytest.mark.parametrize("text", TEXTS)
def test_a_family_that_is_off_by_1e_minus_20_is_refuted(text: str) -> None:
    ((_, part),) = numeric(text).parts

    class Off(type(part)):
        @cached_property
        def pieces(self) -> tuple[Piece, ...]:
            factor = 1 + sp.Rational(1, 10**20)
            return tuple(replace(p, density=p.density * factor) for p in super().pieces)

    wrong = Off(**{name: getattr(part, name) for name in part.__dataclass_fields__ if name != "_"})
    with pytest.raises(
        DensityError, match=r"integrates to 1\.00000000000000000001\d* .* not to 1; divide it by"
    ):
        prove_part(wrong)


RIGHT = [
    ("exp(-Abs(x))/2", "-oo", "oo"),
    ("sech(x)/pi", "-oo", "oo"),
    ("besselk(0, Abs(x))/pi", "-oo", "oo"),
    ("exp(-sqrt(Abs(x)))/4", "-oo", "oo"),
    ("1/(2*sqrt(Abs(x))*(1 + Abs(x))*pi)", "-oo", "oo"),
    ("Piecewise((1/4, x < 0), (3/4, x < 1), (0, True))", "-1", "5"),
    ("Max(0, 1 - Abs(x))", "-2", "2"),
    ("Heaviside(x)*exp(-x)", "-oo", "oo"),
    ("(1 + sin(x)/2)*exp(-Abs(x))/2", "-oo", "oo"),
    ("x**2*exp(-x**2/2)/sqrt(2*pi)", "-oo", "oo"),
    ("3*x**2/2", "-1", "1"),
    ("2/x**3/(exp(1/x) - 1)*3/pi**2", "0", "oo"),
    ("Heaviside(Abs(x) - 1)*Abs(x)*exp(1/2 - x**2/2)/2", "-oo", "oo"),
]


@pytest.mark.parametrize("density", RIGHT, ids=lambda density: density[0])
def test_densities_of_users_are_proved(density: tuple[str, str, str]) -> None:
    (proof,) = prove_density(given(*density))
    assert proof.is_proved, proof


def test_symbolic_parameters_are_proved_at_values_that_are_named() -> None:
    proofs = prove_density(given("b*exp(-b*x)", "0", "oo"))
    assert len(proofs) == 3 and all(proof.is_proved for proof in proofs)
    assert "at b = 3/2" in str(proofs[0])
    with pytest.raises(DensityError, match="at b = 3/2"):
        prove_density(given("exp(-b*x)", "0", "oo"))


@pytest.mark.parametrize(
    ("density", "complaint"),
    [
        (
            ("exp(-x**2/2)/2", "-oo", "oo"),
            r"integrates to 1\.2533141373155 over \(-oo, oo\), not to 1; divide",
        ),
        (("exp(-Abs(x))/(2 + 1/10**13)", "-oo", "oo"), r"integrates to 0\.99999999999995"),
        (("4*exp(-x) - 6*exp(-2*x)", "0", "oo"), "is -1.9.* at x = 0.0"),
        (("(3 + (x - 1)**2)/x**2/1000", "1", "oo"), "diverges"),
        (("-exp(-x)", "0", "oo"), "a density is never negative"),
        (("3*x**2 - 1/10**6 + 1/10**6", "0", "1/2"), "integrates to 0.125"),
        (("2*x", "-1/1000", "1"), "is -.* at x = -"),
    ],
)
def test_what_is_no_density_is_refuted(density: tuple[str, str, str], complaint: str) -> None:
    with pytest.raises(DensityError, match=complaint):
        prove_density(given(*density))


def test_touching_zero_inside_is_left_open_and_no_error() -> None:
    (proof,) = prove_density(given("(1 - cos(x))/(4*pi)", "-pi", "3*pi"))
    assert proof.mass == "mass 1 proved to 30 digits"
    assert proof.sign == "no negative value found at 400 points" and not proof.is_proved


def test_pieces_that_are_not_the_density_are_caught() -> None:
    class Wrong(GivenDensity):
        @cached_property
        def pieces(self) -> tuple[Piece, ...]:
            return tuple(replace(p, density=p.density.subs(sp.exp(x), sp.exp(2 * x))) for p in super().pieces)

    with pytest.raises(ArithmeticError, match="rewriting"):
        prove_part(Wrong(sp.exp(-sp.Abs(x)) / 2, (-sp.oo, sp.oo)))
