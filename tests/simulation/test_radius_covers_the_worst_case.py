r"""A bound is right when it holds for the worst that it allows: each is held against fractions there.

Delta at the end of its radius, in the direction that hurts most; step sizes at the end of their enclosures.
"""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from exact_problems import sign_of

from signsgd_sym import notation
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, noise_law
from signsgd_sym.simulate import GaussianStream, PoolStream
from signsgd_sym.simulate.fixed_point import Interval, binary, float_above, power_of_two, shifted, shifted_up
from signsgd_sym.simulate.history import History
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.quadratic import QuadraticForm
from signsgd_sym.simulate.scheduled import ScheduleRunner
from signsgd_sym.simulate.sgd import Iterate, SgdRunner
from signsgd_sym.simulate.step_size import StepSize
from signsgd_sym.simulate.two_scale_kernel import LANES, double_double_residual, float64_residual, move
from signsgd_sym.simulate.two_scales import TwoScales


def two_scales(d, seed, spread=0, bits=90):
    """Random Delta~ of 90 bits, coordinates of sizes 2^-spread to 2^spread."""
    rng = np.random.default_rng(seed)
    values = [int(rng.integers(-(2**62), 2**62)) * 2 ** int(rng.integers(0, bits - 62)) for _ in range(d)]
    values = [value >> int(rng.integers(0, spread + 1)) for value in values]
    return TwoScales(values, -bits, rho=0), rng


def fractions(delta):
    return [value * power_of_two(delta.unit) for value in delta.integers()]


def dot(x, values):
    return sum((Fraction(float(a)) * b for a, b in zip(x, values, strict=True)), Fraction(0))


def form(K, delta):
    matrix = [[Fraction(v) for v in row] for row in (np.diag(K) if K.ndim == 1 else K).tolist()]
    return (
        sum(
            a * sum(k * b for k, b in zip(row, delta, strict=True))
            for a, row in zip(delta, matrix, strict=True)
        )
        / 2
    )


@pytest.mark.parametrize("rho", [0.0, 2.0**-70, 2.0**-40, 0.3])
@pytest.mark.parametrize("d", [1, 2, 31, 32, 33, 200])
def test_residual_of_a_delta_at_the_end_of_its_radius(d, rho):
    for seed in range(10):
        delta, rng = two_scales(d, seed, spread=40)
        x = np.ldexp(rng.standard_normal(d), rng.integers(-30, 31, d))
        middle = dot(x, fractions(delta))
        eps = float(middle) * float(rng.choice([0.0, 0.5, 1.0]))
        reach = Fraction(rho) * dot(np.abs(x), [1] * d)
        scratch = np.empty(LANES), np.empty(LANES)
        one = float64_residual(x, eps, delta.high, delta.low, rho, *scratch)
        two = double_double_residual(x, eps, delta.high, delta.low, rho)
        for r, bound in (one, two):
            for end in (-reach, reach):
                assert abs(Fraction(r) - (middle + end - Fraction(eps))) <= Fraction(bound)
        size = dot(np.abs(x), [abs(value) for value in fractions(delta)])
        # And they are no larger than they need be.
        assert two[1] <= float(reach) * (1 + 1e-5) + 2.0**-52 * abs(two[0]) + 4 * (
            d + 4
        ) ** 2 * 2.0**-106 * float(size)
        assert one[1] <= (d // LANES + 12) * (float(reach) + 2.0**-52 * float(size + abs(middle)))


@pytest.mark.parametrize("kind", ["diagonal", "dense", "not symmetric", "indefinite"])
@pytest.mark.parametrize("d", [1, 2, 7, 40])
def test_risk_of_a_delta_at_the_end_of_its_radius(d, kind):
    for seed in range(5):
        delta, rng = two_scales(d, seed, spread=20)
        A = rng.standard_normal((d, d))
        K = {"diagonal": np.abs(A[0]), "dense": A @ A.T, "not symmetric": A, "indefinite": A + A.T}[kind]
        quadratic, centre = QuadraticForm.of(K, d), fractions(delta)
        gradient = np.array([float(value) for value in centre])
        gradient = K * gradient if K.ndim == 1 else (K + K.T) @ gradient / 2
        for rho in (0, 1, 2**30, 2**85):
            width = rho * power_of_two(delta.unit)
            intervals = [
                quadratic.of_integers(delta.integers(), delta.unit, rho),
                quadratic.of_floats(delta.high, delta.low, float_above(rho, delta.unit)),
            ]
            for towards in (1, -1, 0):
                worst = [
                    a + width * towards * sign_of(g) for a, g in zip(centre, gradient.tolist(), strict=True)
                ]
                R = form(K, worst)
                for interval in intervals:
                    unit = power_of_two(interval.unit)
                    assert abs(R - interval.middle * unit) <= interval.radius * unit
        assert intervals[0].middle * power_of_two(intervals[0].unit) == form(K, centre)


@pytest.mark.parametrize("rho", [0, 2**20])
def test_moves_and_folds_are_exact(rho):
    delta, rng = two_scales(5, 0)
    delta.rho = rho
    values, unit = delta.integers(), delta.unit
    for _ in range(20):
        steps = [int(rng.integers(0, 2**62)) << 10 for _ in range(30)]
        H, L = delta.steps(steps)
        for h, high, low in zip(steps, H, L, strict=True):
            x, s = rng.choice([-1.5, 0.0, 2.0], 5), float(rng.choice([-1, 0, 1]))
            move(delta.high, delta.low, high, low, s, x)
            values = [
                value - h * int(s) * int(sign_of(c)) for value, c in zip(values, x.tolist(), strict=True)
            ]
        assert delta.integers() == values
        delta.fold()
        assert delta.integers() == values and delta.unit == unit and delta.rho == rho
        assert np.abs(delta.low).max() <= np.ldexp(1.0, unit + 41)


@pytest.mark.parametrize("rho", [0, 7])
def test_a_larger_range_rounds_and_says_so(rho):
    delta, _ = two_scales(5, 0)
    assert delta.steps([2**95]) is None
    wider = TwoScales(delta.integers(), delta.unit, rho, least=2**95)
    assert wider.unit > delta.unit and wider.steps([2**95 >> wider.unit - delta.unit]) is not None
    for one, other in zip(fractions(delta), fractions(wider), strict=True):
        assert abs(one - other) + rho * power_of_two(delta.unit) <= wider.rho * power_of_two(wider.unit)


def test_rounding_is_to_the_side_that_is_stated():
    for value in (0, 1, 5, 2**70 + 1, 3**60):
        for shift in (-80, -3, -1, 0, 4):
            exact = value * power_of_two(shift)
            assert 0 <= shifted_up(value, shift) - exact < 1
            whole, lost = shifted(-value, shift)
            assert abs(-exact - whole) <= min(lost, Fraction(1, 2)) and (lost == 0) == (exact == whole * -1)
            above = Fraction(float_above(value, shift))
            assert exact <= above <= exact * (1 + Fraction(1, 2**51))
    for value in (0.1, -3.0, 5e-324, 1e300, 0.0):
        mantissa, exponent = binary(value)
        assert mantissa * power_of_two(exponent) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "1/2 + t",
        "1/(3 + t)",
        "exp(-t)",
        "sqrt(2*R)/10",
        "R/((1 + R)*(t + 2))",
        "Max(1/5, 1/2 - t)",
        "log(2 + t)",
    ],
)
@pytest.mark.parametrize("d", [4, 7])
def test_step_sizes_are_within_their_enclosures(text, d):
    schedule = Schedule.of(text)
    step, within = StepSize(schedule, d), Interval(2**40 // 3, 2**10, -40)
    for k in (0, 1, 5, 100):
        for unit, bits in ((-100, 160), (-20, 160), (-3, 60), (3, 60), (-300, 400)):
            middle, radius = step.enclosure(k, within, unit, bits)
            for R in (within.middle - within.radius, within.middle + within.radius):
                at = {notation.t: sp.Rational(k, d), notation.R: sp.Rational(R, 2**40)}
                h = Fraction(str(schedule.expr.subs(at).evalf(150))) / d
                assert abs(h / power_of_two(unit) - middle) <= radius * (1 + Fraction(1, 10**100))
            exact = step.exactly(k)
            assert exact is None or abs(exact / power_of_two(unit) - middle) <= radius


class AtItsEnd:
    """Step sizes in enclosures that are wider by 2^`width` units, with the true value at an end of them."""

    def __init__(self, step, width, end):
        self.step, self.width, self.end = step, width, end
        self.needs_risk = step.needs_risk

    def enclosure(self, k, risk, unit, bits):
        middle, radius = self.step.enclosure(k, risk, unit, bits)
        wider = 2**self.width
        return max(middle + self.end * wider, 0), radius + wider

    def exactly(self, k):
        return self.step.exactly(k)


@pytest.mark.parametrize("end", [-1, 1])
@pytest.mark.parametrize("text", ["1/(3 + t)", "1/(2 + R)"])
def test_signs_are_right_with_step_sizes_at_the_end_of_wide_enclosures(text, end):
    """Fixed point with errors of 2^-40: most steps are in doubt near a tie, and none is taken wrongly."""
    stream = GaussianStream(Covariance.powerlaw(6, 1.0), noise_law("Normal(0, 1)"))
    rng = np.random.default_rng(0)
    for _ in range(5):
        delta0, x, eps = rng.standard_normal(6), rng.standard_normal((15, 6)), np.zeros(15)
        literal = LiteralRunner(SIGN, Schedule.of(text), stream, delta0, 60)
        signs = []
        for k in range(15):
            near = sum(delta * float(value) for delta, value in zip(literal.delta, x[k], strict=True))
            eps[k] = float(near) + rng.standard_normal() * 2.0 ** -rng.integers(30, 50)
            signs.append(int(literal.advance(x[k : k + 1], eps[k : k + 1], k)[0]))
        runner = ScheduleRunner(Schedule.of(text), stream, delta0)
        runner._step = AtItsEnd(runner._step, 45, end)
        assert runner.advance(x, eps, 0).tolist() == signs
        assert 0 < runner.counts().exact < 15
        assert abs(Fraction(runner.risk()) - Fraction(literal.risk())) <= Fraction(runner.risk_radius()) * 2


def exact_sgd(delta0, x, eps, steps):
    delta = [Fraction(value) for value in delta0.tolist()]
    for row, noise, h in zip(x, eps, steps, strict=True):
        r = dot(row, delta) - Fraction(float(noise))
        delta = [value - h * r * Fraction(float(c)) for value, c in zip(delta, row, strict=True)]
    return delta


def distance_squared(iterate, delta):
    unit = power_of_two(iterate.unit)
    return sum(
        (value * unit - exact) ** 2 for value, exact in zip(iterate.delta.tolist(), delta, strict=True)
    )


@pytest.mark.parametrize("end", [-1, 0, 1])
@pytest.mark.parametrize("width", [None, 0, 100])
@pytest.mark.parametrize("text", ["1/2", "1/(3 + t)", "4/(1 + t)"])
def test_sgd_is_within_its_radius_with_step_sizes_at_the_end_of_their_enclosures(text, width, end):
    d, step = 4, StepSize(Schedule.of(text), 4)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        delta0, x, eps = rng.standard_normal(d), rng.standard_normal((12, d)), rng.standard_normal(12)
        delta = exact_sgd(delta0, x, eps, [step.exactly(k) for k in range(12)])
        source = step if width is None else AtItsEnd(step, width, end)
        iterate = Iterate(source, QuadraticForm.of(np.ones(d), d), delta0, bits=64)
        for k in range(12):
            iterate.take(x[k], float(eps[k]), k)
        assert 0 < distance_squared(iterate, delta) <= (iterate.rho * power_of_two(iterate.unit)) ** 2


def test_sgd_radius_counts_what_a_long_step_does_to_an_error():
    """Along x an error is multiplied by 1 - h |x|^2; with one that points there the radius is attained."""
    step, x = StepSize(Schedule.of("6"), 2), np.array([1.0, -2.0])  # h |x|^2 - 1 = 3 5 - 1 = 14
    iterate = Iterate(step, QuadraticForm.of(np.ones(2), 2), np.ones(2), bits=100)
    length = 2**20
    iterate.rho = 3 * length  # at least |(1, -2)| 2^20 units
    apart = iterate.delta + np.array([length, -2 * length], dtype=object)
    other = Iterate(step, QuadraticForm.of(np.ones(2), 2), np.ones(2), bits=100)
    other.delta = apart
    for one in (iterate, other):
        one.take(x, 0.25, 0)
    moved = sum((a - b) ** 2 for a, b in zip(iterate.delta.tolist(), other.delta.tolist(), strict=True))
    assert moved == 14**2 * 5 * length**2 <= iterate.rho**2 <= (14 * 3 * length + 2) ** 2


def test_a_step_of_at_most_two_over_x_squared_does_not_enlarge_the_radius():
    iterate = Iterate(StepSize(Schedule.of("1/4"), 2), QuadraticForm.of(np.ones(2), 2), np.ones(2), bits=100)
    iterate.rho = 12345
    iterate.take(np.array([2.0, -3.0]), 0.25, 0)  # h |x|^2 = 13/8
    assert iterate.rho == 12345


def test_history_gives_back_every_move():
    rng = np.random.default_rng(0)
    history, moves = History(11), []
    for first, rows in ((0, 3), (3, 1), (4, 0), (4, 6)):
        x = rng.standard_normal((rows, 11)) * (rng.random((rows, 11)) < (1.0 if rows == 3 else 0.7))
        signs = rng.choice(np.array([-1, 0, 1], np.int8), rows)
        history.append(first, x, signs)
        moves += (np.sign(x) * signs[:, np.newaxis]).astype(int).tolist()
    assert len(history) == 10
    for taken in range(11):
        found = [
            (first + j, g) for first, block in history.since(taken) for j, g in enumerate(block.tolist())
        ]
        assert found == list(enumerate(moves))[taken:]


@pytest.mark.parametrize("rule", [SIGN, SGD])
def test_risk_of_a_singular_second_moment_keeps_its_digits(rule):
    """Delta next to the kernel of K: R is 10^-20 of its terms, and more bits are taken for it."""
    stream, delta0 = PoolStream([[1.0, 1.0 + 2.0**-30]], [0.0]), np.array([1.0, -1.0])
    schedule = Schedule.of("1/(3 + t)")
    runner = (ScheduleRunner if rule is SIGN else SgdRunner)(schedule, stream, delta0)
    literal = LiteralRunner(rule, schedule, stream, delta0, 60)
    x, eps = np.array([[1.0, 1.0], [2.0, 1.0]]), np.array([1e-9, 1e-9 if rule is SGD else -1.0])
    for one in (runner, literal):
        one.advance(x, eps, 0)
    assert runner.risk() == literal.risk() and runner.risk_radius() <= 2.0**-52 * runner.risk()
