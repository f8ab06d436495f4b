"""What cannot be certified, or run in digits, is refused in a sentence that says what to do."""

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.errors import (
    NotFinite,
    ParameterError,
    RuleError,
    ShapeMismatch,
    StepError,
)
from signsgd_sym.model import SGD, SIGN, Schedule, UpdateRule
from signsgd_sym.notation import t, z
from signsgd_sym.simulate import PoolStream, certified, simulate
from signsgd_sym.simulate.certified import MOST_STEPS, LatticeRunner
from signsgd_sym.simulate.certified_kernel import LARGEST_DIMENSION
from signsgd_sym.simulate.literal import LiteralRunner

POOL = PoolStream([[1.0, 2.0]], noise=[0.5])
HALF = Schedule.of("1/2")
TANH = UpdateRule(sp.tanh(z), "tanh")
UNKNOWN = UpdateRule(z * sp.Integral(sp.exp(-(t**2)), (t, 0, 1)), "unevaluated")
OWN = Schedule(1 + sp.Function("unknown")(t))
WAYS = {"certified": {"certified": True}, "float64": {"certified": False}, "digits": {"precision": 20}}


class Yielding:
    """A user's stream of one block, again and again."""

    d, second_moment = 2, np.ones(2)

    def __init__(self, x, eps):
        self.block = np.array(x), np.array(eps)

    def risk(self, delta):
        return float(delta @ delta) / 2

    def blocks(self, seed):
        while True:
            yield self.block


def run(rule=SIGN, eta=HALF, stream=POOL, **ways):
    return simulate(rule, stream, eta, [1.0, 1.0], times=[0, 2], runs=1, seed=0, workers=1, **ways)


def assert_one_sentence(error):
    assert "\n" not in str(error) and ". " not in str(error)


@pytest.mark.parametrize(
    ("error", "says", "arguments"),
    [
        (RuleError, "no certified arithmetic for the update rule tanh", {"rule": TANH, "certified": True}),
        (ParameterError, "certified is True and precision is 30", {"certified": True, "precision": 30}),
        (ParameterError, "certified is False and precision is 30", {"certified": False, "precision": 30}),
        (ParameterError, "precision is 14 digits; it must be at least 15", {"precision": 14}),
        (ParameterError, "precision is -3 digits", {"precision": -3}),
        (ParameterError, "precision is 1000000000000 digits; half of this", {"precision": 10**12}),
        (ParameterError, r"precision is more than 10\^\d+ digits", {"precision": 10**5000}),
        (ParameterError, "precision is 20.5; give a whole number", {"precision": 20.5}),
        (ParameterError, "precision is True", {"precision": True}),
        (RuleError, "without sums and integrals", {"rule": UNKNOWN, "precision": 20}),
        (StepError, "mpmath, which has no unknown", {"eta": OWN, "precision": 20}),
        (StepError, "negative or not finite", {"eta": Schedule.of("1 - t"), "precision": 20}),
        (StepError, "negative or not finite", {"eta": Schedule.of("1/t"), "precision": 20}),
        (StepError, "negative or not finite", {"eta": Schedule.of("sqrt(1 - t)"), "precision": 20}),
    ],
)  # fmt: skip
def test_experiments_are_refused(error, says, arguments):
    with pytest.raises(error, match=says) as caught:
        run(**arguments)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
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
def test_samples_are_refused(error, says, x, eps, ways):
    with pytest.raises(error, match=says) as caught:
        run(stream=Yielding(x, eps), **ways)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
def test_samples_in_other_number_types_are_taken(ways):
    floats = run(stream=Yielding([[1.0, -2.0]], [0.5]), **ways)
    integers = run(stream=Yielding(np.array([[1, -2]]), np.array([0.5], dtype=np.float32)), **ways)
    transposed = run(stream=Yielding(np.asfortranarray([[1.0, -2.0]] * 3), np.full(3, 0.5)), **ways)
    assert floats.risk.tolist() == integers.risk.tolist() == transposed.risk.tolist()


@pytest.mark.parametrize("eta", [np.nan, np.inf, -1.0])
def test_step_of_a_lattice_is_finite(eta):
    with pytest.raises(StepError, match="must be finite and not negative"):
        LatticeRunner(eta, POOL, np.ones(2))


def test_counts_beyond_the_integers_of_float64_are_refused():
    runner = LatticeRunner(0.5, POOL, np.ones(2))
    runner._steps = MOST_STEPS - 1
    runner.advance(np.ones((1, 2)), np.zeros(1), 0)
    with pytest.raises(StepError, match=r"is beyond 2\^53"):
        runner.advance(np.ones((1, 2)), np.zeros(1), 0)


def test_dimensions_beyond_the_proof_are_refused():
    with pytest.raises(ParameterError, match="signs are certified up to d = "):
        LatticeRunner(0.5, POOL, np.broadcast_to(1.0, LARGEST_DIMENSION + 1))  # takes no memory


def test_other_arithmetic_than_the_proof_supposes_is_refused(monkeypatch):
    monkeypatch.setattr(certified, "is_ieee", lambda one, least: False)
    with pytest.raises(ParameterError, match="not IEEE's in this thread") as caught:
        run()
    assert_one_sentence(caught.value)
    assert run(certified=False).signs.uncertified == 4


def test_no_digits_are_no_answer():
    with pytest.raises(ParameterError, match="digits is 0"):
        LatticeRunner(0.5, POOL, np.ones(2)).exact_risk(0)


def test_sign_rule_alone_is_certified_by_default():
    assert run().signs.uncertified == 0 < run(rule=SIGN).signs.certified
    assert run(rule=SGD).signs.certified == 0
    assert run(rule=TANH).signs.uncertified == 0


def test_complex_rules_are_refused():
    rule = UpdateRule(sp.asin(z), "arcsine")
    runner = LiteralRunner(rule, HALF, POOL, np.ones(2), 20)
    with pytest.raises(RuleError, match=r"the update rule is .*j.* at z = "):
        runner.advance(np.full((1, 2), 5.0), np.zeros(1), 0)
