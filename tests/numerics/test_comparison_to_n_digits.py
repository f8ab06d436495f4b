"""Mean, gap and standard error of proved risks against a curve: fractions lie within the stated radii."""

from fractions import Fraction

import pytest
from flint import arb

from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.report.precise_comparison import chosen_times, gap_data, precise_gaps
from signsgd_sym.solve.precise import PreciseCurve
from signsgd_sym.solve.series import series_scope
from signsgd_sym.solve.stepping import PreciseRun

DIGITS = 30
RUNS = ("0.3100000000000000000000000000007", "0.2900000000000000000000000000001", "0.33")


def curve_at(text):
    with series_scope(200, 2):
        values = (arb("0.5"), arb(text))
    run = PreciseRun(values, 1, 40, 200)
    return PreciseCurve((0, 1), values, DIGITS, -38.0, (run, run))


def gap_of(curve, risks=RUNS):
    (gap,) = precise_gaps(curve_at(curve), [1], [[CertifiedDecimal(text, "1e-31")] for text in risks], DIGITS)
    return gap


def within(decimal, exact):
    assert abs(Fraction(decimal.text) - exact) <= Fraction(decimal.radius)


@pytest.mark.parametrize("curve", ["0.25", "0.30999", "0.31000000000000000000000001"])
def test_the_exact_numbers_lie_within_the_radii(curve):
    gap = gap_of(curve)
    risks = [Fraction(text) for text in RUNS]
    mean = sum(risks) / 3
    variance = sum((risk - mean) ** 2 for risk in risks) / 6  # of the mean
    within(gap.mean, mean)
    within(gap.gap, mean - Fraction(curve))
    lower, upper = (Fraction(gap.stderr.text) + k * Fraction(gap.stderr.radius) for k in (-1, 1))
    assert lower**2 <= variance <= upper**2
    assert gap.z == pytest.approx(float(mean - Fraction(curve)) / float(variance) ** 0.5, rel=1e-4)


def test_a_subtraction_keeps_no_more_digits_than_it_has():
    near = gap_of("0.3099999999999999999999999")  # 25 digits cancel
    assert 2 <= len(near.gap.text.split("e")[0].replace(".", "")) <= 8


def test_equal_numbers_leave_no_digit():
    gap = gap_of("0.25", risks=("0.25", "0.25"))
    assert gap.gap is None and gap.stderr is None and gap.z is None
    assert gap_data(gap)["gap"] is None and gap_data(gap)["mean"]["value"].startswith("0.25")


def test_a_single_run_has_no_standard_error():
    gap = gap_of("0.25", risks=RUNS[:1])
    assert gap.stderr is None and gap.z is None and gap.gap is not None


def test_the_last_time_is_among_the_chosen_and_time_0_is_not():
    for points in (2, 3, 7, 101):
        at = chosen_times(points)
        assert at[-1] == points - 1 and 0 not in at and len(set(at)) == len(at) == min(6, points - 1)
