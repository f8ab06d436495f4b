"""What a run with a proved radius cannot do is refused in one sentence: value, constraint, remedy."""

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.errors import NotConverged, NotFinite, ParameterError, RuleError, ShapeMismatch, StepError
from signsgd_sym.model import SGD, SIGN, Schedule, UpdateRule
from signsgd_sym.notation import R, t, z
from signsgd_sym.simulate import PoolStream, scheduled, sgd, simulate
from signsgd_sym.simulate.certified_kernel import LARGEST_DIMENSION
from signsgd_sym.simulate.scheduled import ScheduleRunner
from signsgd_sym.simulate.sgd import MOST_BITS, SgdRunner

POOL = PoolStream([[1.0, 2.0]], noise=[0.5])
VARYING = Schedule.of("1/(2 + t)")
RUNNERS = {"sign": ScheduleRunner, "sgd": SgdRunner}
RULES = {"sign": SIGN, "sgd": SGD}


class Yielding:
    """A user's stream of one block, again and again."""

    d = 2

    def __init__(self, x, eps, second_moment=(1.0, 1.0)):
        self.block, self.second_moment = (np.array(x), np.array(eps)), np.array(second_moment)

    def risk(self, delta):
        return float(delta @ delta) / 2

    def blocks(self, seed):
        while True:
            yield self.block


def run(rule=SIGN, eta=VARYING, stream=POOL, delta0=(1.0, 1.0), **ways):
    arguments = {"times": [0, 3], "runs": 1, "seed": 0, "workers": 1, "certified": True, **ways}
    return simulate(rule, stream, eta, list(delta0), **arguments)


def assert_one_sentence(error):
    assert "\n" not in str(error) and ". " not in str(error)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("says", "eta"),
    [
        ("negative or not finite", "1/2 - t"),
        ("negative or not finite", "1/t"),
        ("negative or not finite", "1/(t - 1)**2"),
        ("negative or not finite", "log(t)"),
        ("negative or not finite", "sqrt(1 - t)"),
        ("negative or not finite", "-R"),
        ("negative or not finite", "sqrt(-1 - R)"),
        ("cannot be enclosed: the kernel does not know unknown", 1 + sp.Function("unknown")(t)),
        ("cannot be enclosed: the kernel does not know unknown", sp.Function("unknown")(R)),
    ],
)
def test_schedules_are_refused_as_in_float64_or_because_they_have_no_enclosure(rule, says, eta):
    schedule = Schedule(eta) if isinstance(eta, sp.Expr) else Schedule.of(eta)
    with pytest.raises(StepError, match=says) as caught:
        run(rule=rule, eta=schedule)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_bad_step_is_named_with_its_time_and_its_risk(rule):
    messages = []
    for certified in (True, False):
        with pytest.raises(StepError) as caught:
            run(rule=rule, eta=Schedule.of("3/4 - t"), certified=certified)
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and "t = 1" in messages[0]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_step_of_exactly_zero_is_admitted(rule):
    """1/2 - t at t = 1/2, sin(pi t) at t = 0 and 1, R where it is 0."""
    for text in ("Max(0, 1/2 - t)", "sin(pi*t)**2", "1/3 + Abs(1/3 - t) - 1/3"):
        assert np.isfinite(run(rule=rule, eta=Schedule.of(text), times=[0, 1]).risk).all()
    still = run(rule=rule, eta=Schedule(R), stream=Yielding([[1.0, 1.0]], [0.5]), delta0=(0.0, 0.0))
    assert still.risk.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("error", "says", "x", "eps"),
    [
        (NotFinite, "x with nan at step 1", [[1.0, 2.0], [np.nan, 1.0]], [0.0, 0.0]),
        (NotFinite, "x with -inf at step 0", [[1.0, -np.inf]], [0.0]),
        (NotFinite, "eps with inf at step 1", [[1.0, 2.0], [1.0, 2.0]], [0.0, np.inf]),
        (NotFinite, "eps with nan at step 0", [[0.0, 0.0]], [np.nan]),
        (ShapeMismatch, r"x of shape \(1, 3\)", [[1.0, 2.0, 3.0]], [0.0]),
        (ShapeMismatch, r"eps of shape \(2,\)", [[1.0, 2.0]], [0.0, 1.0]),
    ],
)
def test_samples_are_refused(error, says, x, eps, rule):
    with pytest.raises(error, match=says) as caught:
        run(rule=rule, stream=Yielding(x, eps))
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("error", "says", "K"),
    [
        (ShapeMismatch, r"the second moment has shape \(3,\)", np.ones(3)),
        (NotFinite, "the second moment contains nan", [1.0, np.nan]),
    ],
)
def test_second_moments_are_refused(error, says, K, rule):
    with pytest.raises(error, match=says) as caught:
        run(rule=rule, stream=Yielding([[1.0, 1.0]], [0.0], K))
    assert_one_sentence(caught.value)


def test_rules_without_a_rigorous_evaluation_are_refused():
    for eta in (VARYING, Schedule.of("1/2")):
        with pytest.raises(
            RuleError, match="the update rule tanh, a rule without a rigorous evaluation"
        ) as caught:
            run(rule=UpdateRule(sp.tanh(z), "tanh"), eta=eta)
        assert_one_sentence(caught.value)


def test_dimensions_beyond_the_proof_are_refused():
    with pytest.raises(ParameterError, match="signs are certified up to d = "):
        ScheduleRunner(VARYING, POOL, np.broadcast_to(1.0, LARGEST_DIMENSION + 1))  # takes no memory


def test_other_arithmetic_than_the_proof_supposes_is_refused(monkeypatch):
    monkeypatch.setattr(scheduled, "is_ieee", lambda one, least: False)
    with pytest.raises(ParameterError, match="not IEEE's in this thread") as caught:
        run()
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("bits", [63, MOST_BITS + 1])
def test_bits_out_of_range_are_refused(bits):
    with pytest.raises(ParameterError, match=f"bits is {bits}; it must be from 64 to"):
        SgdRunner(VARYING, POOL, np.ones(2), bits=bits)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_runs_that_diverge_are_refused(rule):
    """eta grows with R, and R with eta: beyond every float within a few steps."""
    with pytest.raises(NotConverged, match=r"unstable at this step size; take a smaller one") as caught:
        run(rule=rule, eta=Schedule.of("1 + R**2"), delta0=(1e30, 1e30))
    assert_one_sentence(caught.value)


def test_sgd_that_needs_more_bits_than_its_samples_allow_is_refused(monkeypatch):
    monkeypatch.setattr(sgd, "KEPT_BYTES", 100)
    runner = SgdRunner(VARYING, POOL, np.ones(2), bits=64)
    rng = np.random.default_rng(0)
    runner.advance(rng.standard_normal((30, 2)), rng.standard_normal(30), 0)
    with pytest.raises(
        NotConverged, match=r"64 bits do not decide the digits of the risk .* too many to be kept"
    ):
        runner.risk()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_step_size_of_zero_that_no_ball_can_tell_is_refused(rule):
    """R = 1/2, and exp R - exp(1/2) is 0, which balls around both do not tell."""
    eta = Schedule((sp.exp(R) - sp.exp(sp.Rational(1, 2))) * 3)
    with pytest.raises(NotConverged, match="whether the step size is negative at t = 0") as caught:
        run(rule=rule, eta=eta, stream=Yielding([[1.0, 1.0]], [0.5]), delta0=(1.0, 0.0))
    assert_one_sentence(caught.value)


def test_float64_and_the_default_stay_what_they_were():
    for certified in (None, False):
        assert run(certified=certified).signs.uncertified == 6
        assert np.isnan(run(certified=certified).risk_radius).all()
    assert np.isnan(run(eta=Schedule.of("1/2"), certified=None).risk_radius).all()


@pytest.mark.parametrize("certified", [0, 1, "yes"])
def test_certified_is_a_truth_value(certified):
    pool = PoolStream([[1.0]], noise=[0.0])
    with pytest.raises(ParameterError, match="True, False or None"):
        simulate(SIGN, pool, Schedule.of(1), [1.0], times=[1], runs=1, seed=0, certified=certified)
    run = simulate(SIGN, pool, Schedule.of(1), [1.0], times=[1], runs=1, seed=0, certified=np.False_)
    assert run.signs.uncertified == 1


def test_a_schedule_of_text_is_made_by_of():
    with pytest.raises(StepError, match=r"Schedule\.of"):
        Schedule("1/(1 + t)")
