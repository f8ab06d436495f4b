"""Claim: the steps about Adam under any label noise hold at random points, by SciPy's quadrature.

Means over label noise are taken over Laplace noise, which the proof engine leaves out here.
"""

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import hyperu

from signsgd_sym import notation as nt
from signsgd_sym.derive.adam_law import law_pair, law_response
from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.special import NoiseMean

CUTS = [-80.0, -30.0, -8.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, 8.0, 30.0, 80.0]
"""On the line everything decays exponentially; on (0, oo), powers decay exponentially in the logarithm."""


def number(expr, at):
    """A value to about 9 digits."""
    if isinstance(expr, sp.Integral):
        [(variable, lo, hi)] = expr.limits
        by_logarithm = (lo, hi) == (0, sp.oo)
        if by_logarithm:
            lo = -hi
        lo, hi = (float(number(end, at)) if end.is_finite else float(end) for end in (lo, hi))
        ends = [max(lo, CUTS[0]), *(cut for cut in CUTS if lo < cut < hi), min(hi, CUTS[-1])]

        def f(v):
            if by_logarithm:
                return math.exp(v) * number(expr.function, {**at, variable: math.exp(v)})
            return number(expr.function, {**at, variable: v})

        return sum(quad(f, a, b, epsabs=1e-12, epsrel=1e-10)[0] for a, b in pairwise(ends))
    if isinstance(expr, NoiseMean):

        def weighted(e):
            return number(expr.quantity, {**at, nt.eps: e}) * np.exp(-abs(e)) / 2

        return quad(weighted, -30, 0, epsrel=1e-9)[0] + quad(weighted, 0, 30, epsrel=1e-9)[0]
    if isinstance(expr, sp.Derivative):
        [variable], h = expr.variables, 1e-5
        return (
            number(expr.expr, {**at, variable: at[variable] + h})
            - number(expr.expr, {**at, variable: at[variable] - h})
        ) / (2 * h)
    if expr.has(sp.Integral, NoiseMean, sp.Derivative):
        values = [number(argument, at) for argument in expr.args]
        return sum(values) if expr.is_Add else np.prod(values)
    f, names = compiled(expr)
    return float(f(*(at[name] for name in names)))


@cache
def compiled(expr):
    """A function without integrals, and the order of its arguments."""
    names = sorted(expr.free_symbols, key=str)
    return sp.lambdify(names, expr, [{"TricomiU": hyperu}, "math"]), names


def gap(step):
    rng = np.random.default_rng(3)
    at = {
        symbol: float(rng.uniform(0.3, 0.9))
        for symbol in sorted((step.lhs.free_symbols | step.rhs.free_symbols) - {nt.c_1}, key=str)
    }
    left, right = number(step.lhs, at), number(step.rhs, at)
    return abs(left - right) / max(abs(left), abs(right))


@pytest.mark.parametrize("make", [law_response, law_pair])
def test_every_equality_holds(make):
    derivation = make()
    assert derivation.title == CATALOGUE[derivation.id].title
    steps = [step for step in derivation.steps if step.relation == "="]
    assert len(steps) >= 2
    for step in steps:
        assert gap(step) < 1e-7, f"step {step.id}: {step.reason}"
        assert gap(replace(step, rhs=step.rhs * sp.Rational(1001, 1000))) > 1e-4


def test_the_sde_and_its_modes_are_in_the_catalogue():
    for name in ("adam-law-sde", "adam-law-modes"):
        derivation = CATALOGUE[name].make()
        assert (derivation.id, derivation.title) == (name, CATALOGUE[name].title)
