"""Claim: every chapter is a derivation that checks, and ends in what the engine uses."""

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from signsgd_sym.proof.check import check_derivation, check_step
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.steps.files import load

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "derivations").glob("[0-9]*.py"))
CITED = {
    "chapter-concentration": 1,
    "chapter-gaussian-gradient-noise": 1,
    "chapter-noise-free-clock": 1,
}
"""How many steps of a chapter rest on the literature alone."""
SEED = random.SystemRandom().randrange(2**31)


def chapters_of(path):
    return [d for d in load(path) if d.id.startswith("chapter-")]


def test_chapters_are_numbered_and_say_their_number():
    numbers = [int(path.name[:2]) for path in CHAPTERS]
    assert numbers == sorted(set(numbers))
    assert numbers[:12] == list(range(1, 13))
    for path, number in zip(CHAPTERS, numbers, strict=True):
        assert f"Chapter {number}. " in path.read_text().splitlines()[0]
    assert len(CHAPTERS) >= 12


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_checks(path):
    assert "engine" in path.read_text(), "a chapter compares what it derives with what the engine uses"
    for chapter in chapters_of(path):
        report = check_derivation(chapter, seed=SEED, points=6, digits=20)
        assert report.first_wrong is None, (SEED, report.first_wrong)
        cited = [j for j in report.judgements if j.verdict is Verdict.CITED]
        assert len(cited) == CITED.get(chapter.id, 0)
        assert report.unused == (), (SEED, chapter.id, report.unused)


@pytest.mark.parametrize("path", CHAPTERS[1:3], ids=lambda path: path.stem)
def test_a_derivative_of_1e_660_is_decided(path):
    """The slope of an error function at rho = 100/101 and g = -7.75: a circle of values around 1."""
    for chapter in chapters_of(path):
        assert check_derivation(chapter, seed=346937899, points=6, digits=20).first_wrong is None


@pytest.mark.parametrize("path", CHAPTERS[:11] + CHAPTERS[12:], ids=lambda path: path.stem)
def test_a_chapter_with_a_wrong_last_equality_is_refuted(path):
    for chapter in chapters_of(path):
        last = [step for step in chapter.steps if step.relation == "=" and step.rhs != 0][-1]
        wrong = replace(last, rhs=2 * last.rhs)
        steps = tuple(wrong if step is last else step for step in chapter.steps)
        judgement = check_step(replace(chapter, steps=steps), wrong, seed=SEED, points=4, digits=15)
        assert judgement.verdict is Verdict.REFUTED, (SEED, chapter.id, judgement)


def test_a_chapter_runs_as_a_script(tmp_path):
    command = [sys.executable, "-W", "error", str(CHAPTERS[0])]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "CERTIFIED" in finished.stdout
