"""The terms offered to numerical code sum to E exp(-eps^2/(4 R)), for every kind of law."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad

from signsgd_sym.model import SIGN, NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.model.quadrature import compiled
from signsgd_sym.notation import R, eps, x
from signsgd_sym.solve.functions import make_problem

LAWS = [
    "Laplace(1/3, 2)",
    "Mixture((1/4, Normal(1, 1/2)), (3/4, Rademacher(2)))",
    "SymmetricStable(3/2, 1/2)",
    "1/4 + SymmetricStable(1/2, 1)",
    "Exponential(1) + Normal(0, 1/2)",
    "SymmetricStable(3/2, 1/2) + Normal(1/4, 1/2)",
    "Truncated(StudentT(3), (-1, 2))",
    "Truncated(Normal(0, 1), (-1, 2)) + Normal(0, 1/2)",
]


def by_terms(law: NoiseLaw, r: sp.Expr, factor: float = 1.0) -> float:
    total = 0.0
    for weight, term in law.gaussian_terms():
        if isinstance(term, Atom):
            total += float(weight * sp.exp(-(term.location**2) / (4 * r)))
            continue
        at = factor * float(term.at.subs(R, r))
        mass = 0.0
        for piece in term.pieces:
            density = compiled(piece.density, x)
            ends = (max(float(piece.lo), -60 * at**0.5), min(float(piece.hi), 60 * at**0.5))

            def value(u: float, density=density, at=at) -> float:
                return float(density(np.array([u]))[0]) * np.exp(-(u**2) / (4 * at))

            mass += quad(value, *ends, epsabs=1e-13, limit=400)[0]
        total += float((weight * term.prefactor).subs(R, r).evalf(15)) * mass
    return total


@pytest.mark.parametrize("text", LAWS)
@pytest.mark.parametrize("r", [sp.Rational(1, 10), sp.Integer(2)])
def test_terms(text, r):
    law = NoiseLaw.from_text(text)
    exact = float(law.mean_of(sp.exp(-(eps**2) / (4 * R))).subs(R, r).evalf(15))
    assert by_terms(law, r) == pytest.approx(exact, rel=1e-8)


def test_a_wrong_scale_is_seen():
    law = NoiseLaw.from_text("Exponential(1) + Normal(0, 1/2)")
    r = sp.Integer(2)
    assert by_terms(law, r, 1 + 1e-6) != pytest.approx(by_terms(law, r), rel=1e-8)


def test_a_plain_term_is_a_density_up_to_a_constant():
    plain = [
        [term.is_plain for _, term in NoiseLaw.from_text(text).gaussian_terms()]
        for text in LAWS
        if "Mix" not in text
    ]
    assert [all(each) for each in plain] == [True, False, False, False, False, True, False]


@pytest.mark.parametrize(
    "text", ["Truncated(StudentT(3), (-1, 2))", "Laplace(0, 1) + Normal(0, 1)", "SymmetricStable(3/2, 1)"]
)
def test_generated_code_has_phi_of_laws_whose_density_is_no_formula(text):
    problem = make_problem(SIGN, NoiseLaw.from_text(text))
    exact = 2 / np.pi * by_terms(problem.law, sp.Rational(1, 10))
    assert float(problem.module.phi(0.1)) == pytest.approx(exact, rel=1e-8)
