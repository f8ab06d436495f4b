"""One run in three arithmetics: the wrong sign is found where it was planted, and the risks are proved."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from exact_problems import Exact, near_tie, normals

from signsgd_sym.errors import ParameterError, RuleError
from signsgd_sym.model import SGD, SIGN, Schedule, UpdateRule
from signsgd_sym.notation import z
from signsgd_sym.simulate.replicate import recursion_of
from signsgd_sym.simulate.rounding import RoundingInterrupted, proved_risks, rounding_study

PLANTED = 10
STEPS = 20


@dataclass(frozen=True, eq=False)
class Given:
    """A stream of samples made beforehand, with K = I."""

    x: np.ndarray
    eps: np.ndarray

    @property
    def d(self):
        return self.x.shape[1]

    @property
    def second_moment(self):
        return np.ones(self.d)

    def risk(self, delta):
        return float(delta @ delta) / 2

    def blocks(self, seed):
        yield self.x, self.eps


def case(rule=SIGN, lr="1/2", d=3, seed=0, planted=True):
    """An experiment of `STEPS` steps, and its data; eps is the float nearest to <x, Delta> at one step."""
    x, delta0, _ = normals(d, seed, steps=STEPS)
    problem = near_tie(0.5, delta0, x, ulps=0, steps={PLANTED} if planted else set())
    times = [0, PLANTED / d, (PLANTED + 1) / d, STEPS / d]
    return recursion_of(rule, Given(problem.x, problem.eps), Schedule.of(lr), delta0, times), problem


def wrong_case():
    """The first planted tie that deceives float64."""
    for seed in range(100):
        recursion, problem = case(seed=seed)
        study = rounding_study(recursion, digits=40, seed=0)
        if study.wrong_signs:
            return study, problem
    raise AssertionError("no planted tie deceives float64")


@pytest.fixture(scope="module")
def deceived():
    return wrong_case()


def exact_risks(problem, at):
    """R after `at` steps, as fractions."""
    exact, risks = Exact(0.5, problem.delta0), []
    for k in range(STEPS + 1):
        if k in at:
            risks.append(sum(value * value for value in exact.delta) / 2)
        if k < STEPS:
            exact.step(problem.x[k], problem.eps[k])
    return risks


def test_the_wrong_sign_is_found_where_it_was_planted(deceived):
    study, _ = deceived
    assert study.first_wrong == PLANTED and study.first_literal is None
    assert study.float64_error[1] < 1e-14 < 1e-6 < study.float64_error[2]  # another trajectory from there on


def test_proved_risks_are_those_of_fractions(deceived):
    study, problem = deceived
    for proved, exact in zip(study.proved, exact_risks(problem, (0, 10, 11, 20)), strict=True):
        assert abs(Fraction(proved.text) - exact) <= Fraction(proved.radius)
        assert Fraction(proved.radius) <= exact / 10**40


def test_the_definition_in_digits_follows_the_proved_run(deceived):
    study, _ = deceived
    assert study.literal_steps == STEPS and study.literal_at == (0, 1, 2, 3)
    assert len(study.literal_error) == 4 and study.literal_error.max() < 1e-38


def test_without_a_tie_float64_makes_rounding_errors_only():
    study = rounding_study(case(planted=False, d=40)[0], digits=30, seed=0)
    assert study.wrong_signs == 0 and study.first_wrong is None
    assert 0 < study.float64_error.max() < 1e-14


def test_a_rule_without_a_proof_is_held_against_the_definition_in_digits():
    study = rounding_study(case(UpdateRule(z**3 / (1 + z**2), "rational"))[0], digits=30, seed=0)
    assert study.proved == () and study.literal_error.size == 0 and study.counts.certified == 0
    assert "no certified arithmetic" in study.refusal
    assert len(study.float64_error) == len(study.literal) == 4 and study.float64_error.max() < 1e-13
    with pytest.raises(RuleError, match="no certified arithmetic"):
        proved_risks(case(UpdateRule(z**3 / (1 + z**2), "rational"))[0], digits=30, seed=0, replicate=0)


def test_a_risk_that_no_precision_gives_is_said_and_the_rest_is_kept():
    x, eps = np.ones((4, 1)), np.zeros(4)  # eta = sqrt(2 R) = |Delta|: the first step lands on 0 exactly
    recursion = recursion_of(SIGN, Given(x, eps), Schedule.of("sqrt(2*R)"), [1.0], times=[0, 1, 2])
    study = rounding_study(recursion, digits=30, seed=0)
    assert study.proved == () and "do not give 30 digits of the risk" in study.refusal
    assert len(study.float64) == 3 and study.literal


def test_no_signs_are_counted_for_a_rule_that_has_none():
    assert rounding_study(case(SGD)[0], digits=30, seed=0).wrong_signs is None


def test_a_first_stretch_in_digits_is_as_long_as_asked_for():
    study = rounding_study(case()[0], digits=30, seed=0, literal_steps=PLANTED)
    assert study.literal_steps == PLANTED and study.literal_at == (0, 1) and len(study.proved) == 4
    none = rounding_study(recursion_without_start(), digits=30, seed=0, literal_steps=1)
    assert none.literal == () and none.literal_steps == 0


def recursion_without_start():
    recursion, problem = case()
    return recursion_of(SIGN, recursion.stream, Schedule.of("1/2"), problem.delta0, [2, 3])


def test_an_interrupted_run_in_digits_keeps_what_is_finished():
    def stop(stage, share):
        if stage.startswith("running in 30") and share * STEPS * 3 > PLANTED:
            raise KeyboardInterrupt

    with pytest.raises(RoundingInterrupted) as stopped:
        rounding_study(case()[0], digits=30, seed=0, literal_steps=3 * STEPS, progress=stop)
    partial = stopped.value.partial
    assert len(partial.literal) in (1, 2) and len(partial.proved) == 4


@pytest.mark.parametrize(
    ("wanted", "words"), [({"digits": 3}, "at least 15"), ({"literal_steps": -1}, "0 or more")]
)
def test_bad_requests_are_refused_in_words(wanted, words):
    with pytest.raises(ParameterError, match=words):
        rounding_study(case()[0], **{"digits": 30, "seed": 0, **wanted})
