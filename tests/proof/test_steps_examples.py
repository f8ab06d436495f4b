"""Right derivations as people write them pass, step by step; wrong ones are refuted where the slip is.

The files in `steps/wrong` mark the wrong line by a reason that begins with "wrong:"; every line before holds.
"""

import random
from pathlib import Path

import pytest

from signsgd_sym.proof.check import check_step
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.steps.files import load

FOLDER = Path(__file__).parent / "steps"
RIGHT, WRONG = (sorted((FOLDER / name).glob("*.steps")) for name in ("right", "wrong"))
POINTS, DIGITS = 8, 30


def verdicts(path):
    """(step, judgement) of every step, with a seed of its own for each run."""
    (derivation,) = load(path)
    seed = random.SystemRandom().randrange(2**32)
    return [
        (step, check_step(derivation, step, seed=seed, points=POINTS, digits=DIGITS))
        for step in derivation.steps
    ]


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_every_step_of_a_right_file_holds(path):
    for step, judgement in verdicts(path):
        assert judgement.verdict.passed, f"step {step.id}: {judgement.evidence}"


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_the_wrong_step_is_refuted_with_a_point_and_those_before_it_hold(path):
    for step, judgement in verdicts(path):
        if step.reason.startswith("wrong:"):
            assert judgement.verdict is Verdict.REFUTED, judgement.evidence
            assert judgement.evidence.witness
            return
        assert judgement.verdict.passed, f"step {step.id}: {judgement.evidence}"
    raise AssertionError("no line of this file is marked as wrong")


def test_there_are_examples_of_both_kinds():
    assert len(RIGHT) >= 5
    assert len(WRONG) >= 6
    assert any("$" in path.read_text() for path in RIGHT)


def test_latex_and_sympy_syntax_say_the_same():
    (plain,), (latex,) = load(FOLDER / "right/laplace.steps"), load(FOLDER / "right/laplace_latex.steps")
    assert plain["1"].lhs == latex["1"].lhs
    for step in ("2", "3", "4"):
        one, other = plain[step], latex[step]
        assert (one.relation, one.rhs, one.order, one.point) == (
            other.relation,
            other.rhs,
            other.order,
            other.point,
        )
        assert one.direction == other.direction
