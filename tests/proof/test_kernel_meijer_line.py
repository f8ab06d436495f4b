"""Meijer's G by its line, by residues and by Slater's theorem: three roads to one number, and mpmath's own.

Parameters with integer differences (double and triple poles), arguments from 2^-60 to 2^60, and the claims
that carry the bounds: the tail beyond T, the rest beyond the moved line.
"""

import mpmath
import pytest
from flint import acb, arb

from signsgd_sym.balls import hypergeometric, mellin_barnes, residues
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.mellin_barnes import Line, line_integral, tail
from signsgd_sym.balls.residues import by_residues

H = 0.5
CASES = [  # an, bm: all with p < q or p = q, ap and bq empty unless given
    ([0.25, 0.75], [0.0, 1.25, 1.75], [], []),
    ([0.25, 0.75], [0.0, 1.0, 1.5], [], []),
    ([], [0.0, 0.25, 0.75], [], []),
    ([], [0.0, 1.0, 2.0], [], []),
    ([0.0, H], [0.0, 0.75, 1.25], [], []),
    ([0.3], [0.0, 0.4], [1.7], [0.9]),
]


def balls(numbers):
    return [acb(x) for x in numbers]


@pytest.mark.parametrize("z", [0.01, 0.7])  # at 12.5 mpmath itself errs in the fifth digit
@pytest.mark.parametrize("case", range(len(CASES)))
def test_line_contains_mpmath(case, z):
    an, bm, ap, bq = CASES[case]
    with mpmath.workdps(30):
        reference = mpmath.nstr(mpmath.meijerg([an, ap], [bm, bq], z), 28)
    with precision(120):
        found = line_integral(*map(balls, (an, ap, bm, bq)), acb(z))
        assert abs(found.real - arb(reference)) < abs(found.real) * arb(10) ** -24 + arb(10) ** -27
        assert found.rel_accuracy_bits() > 90


@pytest.mark.parametrize("z", [0.01, 3.5, 12.5])
@pytest.mark.parametrize("case", [0, 4])
def test_line_agrees_with_slater(case, z):
    an, bm, ap, bq = CASES[case]
    with precision(150):
        line = line_integral(*map(balls, (an, ap, bm, bq)), acb(z))
        slater = hypergeometric._slater(*map(balls, (an, ap, bm, bq)), acb(z))
        assert line.overlaps(slater)
        assert min(line.rel_accuracy_bits(), slater.rel_accuracy_bits()) > 100


@pytest.mark.parametrize("exponent", [-60, -50, 45, 60])
@pytest.mark.parametrize("case", [0, 1, 4])
def test_residues_agree_with_the_line(case, exponent):
    """Beyond e^30 the residues answer; the line, asked directly, gives the same number."""
    an, bm, *_ = CASES[case]
    with precision(100):
        z = acb(2) ** exponent
        line = Line(balls(bm), [1 - x for x in balls(an)], [], [], z.log())
        start = arb(0.05)
        right = line if exponent > 0 else line.mirrored()
        far = by_residues(right, start if exponent > 0 else -start)
        assert far.is_finite()
        near = slow_line(balls(an), balls(bm), z)
        assert near.is_finite()
        assert near.overlaps(far)


def test_double_poles_are_not_simple_ones():
    """With b = 0, 1 the poles at w = -1, -2, ... are double; taken as simple the residues would be wrong."""
    with precision(100):
        line = Line(balls([0.0, 1.0, 1.5]), balls([0.75, 0.25]), [], [], (acb(2) ** -60).log()).mirrored()
        right = by_residues(line, arb(-0.1))
        apart = Line(
            balls([0.0, 1.0000001, 1.5]), balls([0.75, 0.25]), [], [], (acb(2) ** -60).log()
        ).mirrored()
        near = by_residues(apart, arb(-0.1))
        assert not right.overlaps(near)
        assert abs(right.real - near.real) < abs(right.real) * arb(10) ** -4


@pytest.mark.parametrize("s", [0.2, 1.4, 6.3])
def test_tail_bound_is_a_bound(s):
    """int_T^oo |F(s + i t)| dt is below the bound, for T from 8 to 20."""
    with precision(80):
        line = Line(balls([0.0, 1.25]), balls([7.5, 8.0]), balls([2.5]), [], acb(3).log())
        for T in (8, 12, 20):
            bound = tail(line, arb(s), arb(T))
            assert bound is not None
            steps = 400
            size = sum(
                (abs(line(acb(s, T + 30 * (k + 0.5) / steps))) * 30 / steps for k in range(steps)), arb(0)
            )
            assert size < bound
            assert bound < size * 100


@pytest.mark.parametrize("s", [1.75, 3.3, 5.9])
def test_tail_bound_is_a_bound_beyond_poles(s):
    """On a line moved past poles G(a - w) has arguments of negative real part."""
    with precision(80):
        line = Line(balls([0.0, 1.25]), balls([0.25, 0.75]), [], [], acb(3).log())
        bound, steps = tail(line, arb(s), arb(8)), 2000
        size = sum((abs(line(acb(s, 8 + 20 * (k + 0.5) / steps))) * 20 / steps for k in range(steps)), arb(0))
        assert size < bound < size * 100


def test_a_disc_around_a_pole_holds_no_other_pole():
    """The lemma on Taylor coefficients needs a holomorphic function: poles on the left count too."""
    with precision(100):
        z = acb(2) ** 60
        line = Line(balls([0.125]), balls([0.125] * 3), [], [], z.log())
        first, *_ = poles = residues._poles(line)
        assert first.order == 3
        assert residues._gap(line, poles, 0) <= 0.125
        far = residues.by_residues(line, arb(0))
        assert far.is_finite()
        assert far.overlaps(slow_line(balls([0.875] * 3), balls([0.125]), z))


def slow_line(an, bm, z):
    """The integral along the line, also where residues would answer."""
    saved = mellin_barnes.FAR
    mellin_barnes.FAR = 1e9
    try:
        return line_integral(an, [], bm, [], z)
    finally:
        mellin_barnes.FAR = saved


def test_a_wrong_gamma_factor_would_be_seen():
    with precision(100):
        good = line_integral(balls([0.25]), [], balls([0.0, 1.25]), [], acb(2))
        wrong = line_integral(balls([0.2500001]), [], balls([0.0, 1.25]), [], acb(2))
        assert not good.overlaps(wrong)
