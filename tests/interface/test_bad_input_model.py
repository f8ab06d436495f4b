"""Bad input to the model: the right error, in one sentence with value, constraint and remedy."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.errors import (
    InputError,
    NotFinite,
    NotPositiveDefinite,
    ParameterError,
    ParseError,
    RuleError,
    ShapeMismatch,
    UnknownLaw,
    ZeroVariance,
)
from signsgd_sym.model import NoiseLaw, UpdateRule, covariance, noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.optimizer import as_optimizer
from signsgd_sym.solve.adam_constants import adam_constants


def _nested_truncation(depth: int) -> str:
    text = "Normal(0, 1)"
    for k in range(depth):
        text = f"Truncated(Mixture((1/3, {text}), (2/3, Laplace({k}, 1))), (-{40 - k}, {40 - k}))"
    return text


@pytest.mark.parametrize(
    ("text", "error", "complaint"),
    [
        ("Norml(0, 1)", UnknownLaw, r"did you mean Normal"),
        ("normal(0, 1)", UnknownLaw, r"did you mean Normal"),
        ("Zeta(3)", UnknownLaw, r"known: Arcsin, Benini"),
        ("Normal", ParseError, r"expected a law such as Normal\(mean, std\)"),
        ("3", ParseError, "expected a law"),
        ("Normal(0)", ParameterError, r"takes 2 parameters, not 1; write Normal\(mean, std\)"),
        ("Normal(0, -1)", ParameterError, "std of Normal is -1, but it must be positive"),
        ("Normal(0, 0)", ParameterError, "must be positive"),
        ("Normal(oo, 1)", ParameterError, "must be real and finite"),
        ("Normal(0, R)", ParseError, "R already means the risk"),
        ("Normal(0, eta)", ParseError, "eta already means the step size"),
        ("density: exp(-x/t)/t on (0, oo)", ParseError, "t already means time"),
        ("Uniform(2, 1)", ParameterError, "needs left < right"),
        ("Chi(1/2)", ParameterError, "must be an integer"),
        ("UniformSum(n)", ParameterError, "give an integer"),
        (
            "Mixture((1/2, Normal(0, 1)), (1/3, Dirac(0)))",
            ParameterError,
            "sum to 5/6, not to 1; divide each by 5/6",
        ),
        (
            "Mixture((3/2, Normal(0, 1)), (-1/2, Dirac(0)))",
            ParseError,
            "weight -1/2 is not a positive number",
        ),
        ("Mixture(Normal(0, 1))", ParseError, r"expected Mixture\(\(WEIGHT, LAW\)"),
        ("Mixture()", ParseError, "expected Mixture"),
        ("Finite({1: 1/2})", ParameterError, "sum to 1/2"),
        ("Finite({**x})", ParseError, "expected Finite|already means"),
        ("Rademacher(-1)", ParameterError, "must be positive"),
        ("Dirac(oo)", ParseError, "not a finite real number"),
        ("Laplace(0, 1) + Laplace(0, 1)", ParseError, "one is a Normal"),
        (_nested_truncation(12), ParameterError, "too long to write out"),
        ("SymmetricStable(3, 1)", ParameterError, r"alpha of SymmetricStable is 3.*\(0, 2\]"),
        ("SymmetricStable(0, 1)", ParameterError, r"\(0, 2\]"),
        ("SymmetricStable(3/2, -1)", ParameterError, "c of SymmetricStable is -1"),
        ("SymmetricStable(3/2)", ParseError, r"SymmetricStable\(alpha, c\)"),
        ("Laplace(0, 1) + Normal(0, -1)", ParameterError, "std of Normal is -1"),
        ("Mixture((1/2, Normal(0, 1)), (1/2, Dirac(0))) + Dirac(1)", ParseError, "one is a Normal"),
        ("Truncated(Normal(0, 1))", ParseError, r"Truncated\(LAW, \(A, B\)\)"),
        ("Truncated(Normal(0, 1), (1, -1))", ParameterError, "write the smaller end first"),
        ("Truncated(Uniform(0, 1), (2, 3))", ParameterError, "no mass in"),
        ("Truncated(Rademacher(1), (-1, 1))", ParameterError, "no mass in"),
        ("Truncated(Rademacher(c), (0, 1))", ParameterError, "depends on parameters"),
        ("Truncated(Mixture((1/2, StudentT(3)), (1/2, Dirac(0))), (-1, 2))", ParameterError, "by itself"),
        ("Laplace(0, 1) + Laplace(0, 1)", ParseError, "give the density, or write a Mixture"),
        ("Normal(0, 1)*Normal(0, 1)", ParseError, "sums and products"),
        ("1/Normal(0, 1)", ParseError, "multiplied or divided by a number"),
        ("0*Normal(0, 1)", ParameterError, "non-zero"),
        ("density: exp(-x)", ParseError, "interval is missing"),
        ("density: exp(-x) on (0, oo, 1)", ParseError, r"an interval \(A, B\)"),
        ("density: on (0, 1)", ParseError, "missing"),
        ("Density(x, (0, 1))", InputError, "integrates to 0.5"),
    ],
)
def test_law(text, error, complaint):
    with pytest.raises(error, match=complaint) as caught:
        NoiseLaw.from_text(text)
    assert "\n" not in str(caught.value)


def test_column_of_an_error_in_a_density_counts_from_the_start():
    with pytest.raises(ParseError) as caught:
        NoiseLaw.from_text("density: exp(-x) + foo(x) on (0, oo)")
    assert caught.value.position == 19
    with pytest.raises(ParseError) as caught:
        NoiseLaw.from_text("density: exp(-x) on (0, bar(1))")
    assert caught.value.position == 24


def test_values_for_parameters():
    law = NoiseLaw.from_text("Normal(m, v)")
    with pytest.raises(ParameterError, match=r"q is not a parameter of .*; its parameters: m, v"):
        law.substitute({"q": 1})
    with pytest.raises(ParameterError, match="must be positive"):
        law.substitute({"v": -1})
    with pytest.raises(ParameterError, match="not finite"):
        law.substitute({"v": float("inf")})
    for use in (lambda: law.sample(np.random.default_rng(0), 3), lambda: law.pdf(0.0)):
        with pytest.raises(ParameterError, match="symbolic parameter m, v; give it a value with substitute"):
            use()


@pytest.mark.parametrize("given", [3, None, [1, 2], sp.Symbol("x"), object()])
def test_things_that_are_no_law(given):
    with pytest.raises(InputError):
        noise_law(given)


@pytest.mark.parametrize(
    ("matrix", "error", "complaint"),
    [
        (
            [[1, 2], [2, 1]],
            NotPositiveDefinite,
            r"eigenvalue -1.0e\+00 \(index 0.*add a ridge such as 2.0e\+00",
        ),
        ([[1, 1], [1, 1]], NotPositiveDefinite, "1 of 2 are not positive"),
        ([[1, 0], [0, 0]], ZeroVariance, "coordinate 1 has variance 0"),
        ([[1, 0], [0, -2]], NotPositiveDefinite, "coordinate 1 has variance -2"),
        ([[1, np.nan], [0, 1]], NotFinite, r"nan at index \(0, 1\)"),
        ([[1, np.inf], [np.inf, 1]], NotFinite, "inf"),
        ([[1, 2, 3]], ShapeMismatch, r"shape \(1, 3\); give a square matrix"),
        ([[1, 0.5], [0.4, 1]], ShapeMismatch, r"entry \(0, 1\) is 0.5 but \(1, 0\) is 0.4"),
        (np.empty((0, 0)), ShapeMismatch, "square"),
        ([1.0, 0.0], ZeroVariance, "coordinate 1"),
        ([], ShapeMismatch, "at least one"),
        ("not a covariance", ParseError, "known: identity, powerlaw"),
        (object(), ShapeMismatch, "not a covariance"),
    ],
)
def test_covariance(matrix, error, complaint):
    with pytest.raises(error, match=complaint):
        covariance(matrix)


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("identity", "write for example identity:d=500"),
        ("identty:d=5", "did you mean identity"),
        ("identity:d=0", "integer from 1"),
        ("identity:d=2.5", "integer from 1"),
        ("identity:d=5,d=6", "write identity:d=..."),
        ("identity:e=5", "write identity:d=..."),
        ("ar1:d=5", "ar1 needs rho"),
        ("ar1:d=5,rho=1", "-1 < rho < 1"),
        ("ar1:d=5,rho=oo", "not finite"),
        ("ar1:d=5,rho=k", "rho is not a number"),
        ("spiked:d=5,k=5,strength=1", "1 <= k < d"),
        ("spiked:d=5,k=1,strength=-2", "exceed -1"),
        ("patches:size=1", "from 2 to 32"),
        ("npy:/no/such/file.npy", "no such file"),
        ("data:/no/such/file.csv", "no such file"),
    ],
)
def test_specification(spec, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        covariance(spec)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_arrays(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(b"not an array")
    with pytest.raises(InputError, match="not a readable"):
        covariance(f"npy:{path}")
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not a readable"):
        covariance(f"npy:{path}")
    table = tmp_path / "x.csv"
    table.write_text("1,2\n3,four\n")
    with pytest.raises(InputError, match="not a table of numbers"):
        covariance(f"data:{table}")
    table.write_text("1,2\n")
    with pytest.raises(NotPositiveDefinite, match="use more samples"):
        covariance(f"data:{table}")


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (lambda: UpdateRule(3), RuleError, "is an expression in z or its text, not 3; write"),
        (lambda: UpdateRule(None), RuleError, "not None; write"),
        (lambda: UpdateRule([1]), RuleError, r"not \[1\]; write"),
        (lambda: UpdateRule(sp.S.Zero), RuleError, "is 0 everywhere and never moves; write"),
        (lambda: UpdateRule.from_text(None), RuleError, "read from text, not from None; write"),
        (lambda: as_optimizer(3), RuleError, "the optimizer is 3, .*; write"),
        (lambda: Adam(None, 0.9), ParameterError, "beta1 of Adam is None, .* not a rational number; give"),
        (lambda: Adam(0.9, [1]), ParameterError, r"beta2 of Adam is \[1\], .*; give"),
        (lambda: adam_constants(0, "1/2", "3"), ParameterError, "digits is '3'; it must be a whole number"),
        (lambda: adam_constants(0, "1/2", 3.5), ParameterError, "digits is 3.5; it must be a whole number"),
    ],
)
def test_optimizers_of_another_type(make, error, complaint):
    with pytest.raises(error, match=complaint):
        make()
