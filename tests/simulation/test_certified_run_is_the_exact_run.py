r"""Certified, in N digits, and in fractions: the same sign at every step, and the same Delta to the last bit.

How many digits make the definition in digits exact? All numbers are multiples of powers of two: Delta of
2^a, x of 2^b, eps of 2^c, r of 2^min(a + b, c). Their largest values are known as well; so the bits that span
from the one to the other hold every number without rounding. For the laws of noise that is less than sixty
digits, for exponents from one end of float64 to the other more than a thousand.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from exact_problems import PROBLEMS, exact_run

from signsgd_sym.model import SIGN, Schedule
from signsgd_sym.simulate import PoolStream
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.lattice import unit_of
from signsgd_sym.simulate.literal import LiteralRunner


def digits_that_are_exact(problem):
    delta_unit = unit_of(np.append(problem.delta0, problem.h))
    low = min(delta_unit + unit_of(problem.x), unit_of(problem.eps), delta_unit)
    steps = Fraction(problem.h) * len(problem.x)
    delta = max(abs(Fraction(value)) for value in problem.delta0.tolist()) + steps
    x = max(abs(Fraction(value)) for value in problem.x.ravel().tolist())
    eps = max(abs(Fraction(value)) for value in problem.eps.tolist())
    high = max(delta, x * delta * len(problem.delta0) + eps)
    bits = math.ceil(high / Fraction(2) ** low).bit_length() + 1
    return max(60, math.ceil(bits * math.log10(2)) + 1)


def certified(problem):
    # The stream matters to the risk alone.
    return LatticeRunner(problem.eta, PoolStream(problem.x[:1], [0.0]), problem.delta0)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_signs_and_delta_are_those_of_the_definition_in_fractions(problem):
    signs, delta = exact_run(problem)
    runner = certified(problem)
    assert runner.advance(problem.x, problem.eps, 0).tolist() == signs
    assert runner.exact_delta() == delta
    assert runner.counts().certified == len(signs) and runner.counts().uncertified == 0


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_signs_and_delta_are_those_of_the_definition_in_digits(problem):
    schedule = Schedule(problem_step(problem.eta))
    digits = digits_that_are_exact(problem)
    literal = LiteralRunner(SIGN, schedule, PoolStream(problem.x[:1], [0.0]), problem.delta0, digits)
    runner = certified(problem)
    signs = literal.advance(problem.x, problem.eps, 0)
    np.testing.assert_array_equal(runner.advance(problem.x, problem.eps, 0), signs)
    assert [exactly(value) for value in literal.delta] == runner.exact_delta()


def test_sixty_digits_are_enough_for_the_laws_of_noise():
    enough = [digits_that_are_exact(problem) == 60 for problem in PROBLEMS.values()]
    assert all(enough[:18]) and not all(enough)


def test_there_are_many_problems_of_every_kind():
    signs = [exact_run(problem)[0] for problem in PROBLEMS.values()]
    assert len(signs) >= 50
    assert sum(0 in run for run in signs) >= 8  # exact ties occur
    assert {len(problem.delta0) for problem in PROBLEMS.values()} >= {1, 2, 32, 33, 200}


def test_cutting_a_run_changes_nothing():
    problem = PROBLEMS["near ties, +0 ulp, d = 40"]
    whole, cut = certified(problem), certified(problem)
    signs = whole.advance(problem.x, problem.eps, 0).tolist()
    pieces = [cut.advance(problem.x[a:b], problem.eps[a:b], a).tolist() for a, b in ((0, 1), (1, 6), (6, 40))]
    assert [sign for piece in pieces for sign in piece] == signs
    assert cut.exact_delta() == whole.exact_delta() and cut.counts() == whole.counts()


def test_float64_delta_is_the_exact_one_rounded():
    problem = PROBLEMS["Cauchy(0, 1/2), d = 32"]
    runner = certified(problem)
    runner.advance(problem.x, problem.eps, 0)
    for rounded, count, exact in zip(runner.delta, runner.n, runner.exact_delta(), strict=True):
        error = abs(Fraction(float(rounded)) - exact)
        assert error <= Fraction(1, 2**53) * (abs(exact) + Fraction(problem.h) * abs(int(count))) * 2


def problem_step(eta):
    """The constant as an exact rational: its nearest float64 is eta again."""
    return sp.Rational(Fraction(eta).numerator, Fraction(eta).denominator)


def exactly(number):
    sign, mantissa, exponent, _ = number._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent
