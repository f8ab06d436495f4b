"""Claim: every chapter is a derivation that checks, and ends in what the engine uses."""

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from signsgd_sym.proof.check import check_derivation, check_step
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.latex import derivation_latex
from signsgd_sym.report.text import derivation_text
from signsgd_sym.steps.files import load

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "derivations").glob("[0-9]*.py"))
CITED = {
    "chapter-concentration": 1,
    "chapter-gaussian-gradient-noise": 1,
    "chapter-noise-free-clock": 1,
}
"""How many steps of a chapter rest on the literature alone."""
SEED = random.SystemRandom().randrange(2**31)


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def chapters(request):
    """The derivations of a chapter, which is run once for the tests below."""
    found = [d for d in load(request.param) if d.id.startswith("chapter-")]
    assert found
    return found


def test_chapters_are_numbered_and_say_their_number():
    numbers = [int(path.name[:2]) for path in CHAPTERS]
    assert numbers == sorted(set(numbers))
    assert numbers[:12] == list(range(1, 13))
    for path, number in zip(CHAPTERS, numbers, strict=True):
        text = path.read_text()
        assert f"Chapter {number}. " in text.splitlines()[0]
        assert "engine" in text, "a chapter compares what it derives with what the engine uses"
    assert len(CHAPTERS) >= 12


def test_a_chapter_checks(chapters):
    for chapter in chapters:
        report = check_derivation(chapter, seed=SEED, points=6, digits=20)
        assert report.first_wrong is None, (SEED, report.first_wrong)
        cited = [j for j in report.judgements if j.verdict is Verdict.CITED]
        assert len(cited) == CITED.get(chapter.id, 0)
        assert report.unused == (), (SEED, chapter.id, report.unused)
        assert len(derivation_text(chapter, report).splitlines()) > len(chapter.steps)
        assert derivation_latex(chapter, report)


def test_a_chapter_with_a_wrong_last_equality_is_refuted(chapters):
    for chapter in chapters:
        derived = [step for step in chapter.steps if step.relation == "=" and not step.experiment]
        last = [step for step in derived if step.rhs != 0][-1]
        wrong = replace(last, rhs=2 * last.rhs)
        steps = tuple(wrong if step is last else step for step in chapter.steps)
        judgement = check_step(replace(chapter, steps=steps), wrong, seed=SEED, points=4, digits=15)
        assert judgement.verdict is Verdict.REFUTED, (SEED, chapter.id, judgement)


def test_a_chapter_runs_as_a_script(tmp_path):
    command = [sys.executable, "-W", "error", str(CHAPTERS[0])]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "CERTIFIED" in finished.stdout
