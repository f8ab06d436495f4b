"""Claim: the page of a derivation works by itself, folds open to all evidence; weak verdicts look weak."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import sympy as sp

from signsgd_sym.derive.catalogue import derive
from signsgd_sym.proof.derivation import Assumption, Recorder
from signsgd_sym.proof.verdict import Evidence, Judgement, Report, Verdict
from signsgd_sym.report.derivation_page import derivation_page
from signsgd_sym.report.marks import MARKS, badge
from signsgd_sym.report.resources import resource

x = sp.Symbol("x", real=True)
SIGN = Assumption("x > 0", x > 0, name="sign")
IDLE = Assumption("x < 7 & <b>bold</b>", x < 7, name="idle")


def made():
    record = Recorder("root", "Roots & <script>alert(1)</script>", (SIGN, IDLE))
    record.define(sp.Symbol("q"), x**2, "a square")
    record.equal(sp.sqrt(x**2), x, "x is positive", needs=(SIGN,))
    record.equal(sp.exp(x), 1 + x, "a mistake")
    record.equal(sp.sin(x) ** 2, 1 - sp.cos(x) ** 2, "Pythagoras")
    record.cite(x, "<=", x + 1, "known", "A. Author 1899")
    return record.finish()


EVIDENCE = Evidence("balls at random points", "x real, x > 0", 20, 40)
WITNESS = {"x": "3/7", "left": "1.5351", "right": "1.4285"}
JUDGED = Report(
    "root",
    (
        Judgement("1", ":=", Verdict.PROVED, Evidence("definition")),
        Judgement("2", "=", Verdict.CERTIFIED, EVIDENCE, ("sign",)),
        Judgement("3", "=", Verdict.REFUTED, replace(EVIDENCE, points=2, witness=WITNESS)),
        Judgement("4", "=", Verdict.UNKNOWN, Evidence(reason="outside the kernel: zeta")),
        Judgement("5", "<=", Verdict.CITED, Evidence(reason="A. Author 1899")),
    ),
    ("idle",),
)


@pytest.fixture(scope="module")
def page():
    return derivation_page(made(), JUDGED, seed=11)


def step(page, number):
    """The fold of one step, as HTML."""
    return re.search(rf'<details class="step[^>]*id="step-{number}".*?</details>', page, re.S)[0]


class Balanced(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"


def test_nothing_is_fetched_and_nothing_runs(page):
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\((?!#)|\bsrc=|\bon\w+=", page)
    assert not re.search(r"""href=["'](?!#)""", page)
    assert "<math" in page and "<svg" in page


def test_html_is_balanced(page):
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []


def test_text_of_a_derivation_is_text(page):
    assert "Roots &amp; &lt;script&gt;" in page
    assert "<b>" not in page


def test_every_step_folds_open_to_rule_needs_verdict_and_code(page):
    for number in range(1, 6):
        fold = step(page, number)
        for entry in ("Rule", "Needs", "Verdict", "Code"):
            assert f"<dt>{entry}</dt>" in fold, (number, entry)
    assert "x &gt; 0 <code>sign</code>" in step(page, 2)


def test_evidence_of_a_pass(page):
    fold = step(page, 2)
    for part in ("40 digits at 20 points", "balls at random points", "x real, x &gt; 0", "20, to 40 digits"):
        assert part in fold
    assert "lhs = Abs(x)\nrhs = x" in fold


def test_a_refuted_step_is_open_with_its_point_and_both_values(page):
    fold = step(page, 3)
    assert fold.split(">")[0].endswith(" open")
    for part in ("x = 3/7", "1.5351", "1.4285", "2 passed before", "REFUTED"):
        assert part in fold


def test_an_undecided_step_is_open_and_says_why(page):
    fold = step(page, 4)
    assert fold.split(">")[0].endswith(" open")
    assert "outside the kernel: zeta" in fold and "not decided" in fold


def test_a_cited_step_says_that_it_was_not_checked_and_whence(page):
    fold = step(page, 5)
    assert "not checked" in fold and "A. Author 1899" in fold
    assert not fold.split(">")[0].endswith(" open")


def test_definitions_are_not_called_proved(page):
    assert "PROVED" not in step(page, 1)
    assert "definition" in step(page, 1)


def test_assumptions_say_which_steps_need_them(page):
    assert re.search(r"x &gt; 0</td>.*?needed by 2</td>", page)
    assert re.search(r'<tr class="unused">.*?needed by no step</td>', page)


def test_the_run_can_be_repeated(page):
    assert "signsgd-sym check root --seed 11" in page


def test_the_result_shows_the_verdict_of_the_whole(page):
    head = page[page.index("<header>") : page.index("</header>")]
    assert 'class="result v-refuted"' in head
    assert "REFUTED, wrong: 3" in head and "CITED, not checked: 5" in head


WEAK = ("cited", "unknown", "refuted")


def test_weak_verdicts_differ_from_passes_by_more_than_colour():
    shapes = {name: MARKS[name.upper()] for name in WEAK}
    assert not set(shapes.values()) & {MARKS[v.value] for v in Verdict if v.passed}
    styles = resource("derivation.css")
    for name in WEAK:
        badges = re.search(rf"\.v-{name} \.badge {{(.*?)}}", styles)[1]
        assert "dashed" in badges or "double" in badges, name
        assert re.search(rf"details\.v-{name} {{[^}}]*(dashed|double)", styles), name
        assert name.upper() in badge(name.upper())


def test_dark_and_printed_pages_have_colours_of_their_own():
    styles = resource("derivation.css")
    assert "prefers-color-scheme: dark" in styles
    assert "@media print" in styles


@pytest.mark.parametrize("name", ["sgd-modes", "sign-conditional-mean", "smoothing-identity"])
def test_a_built_in_page_without_a_check_claims_nothing(name):
    page = derivation_page(derive(name))
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []
    body = page[page.index("<body>") :]
    assert not any(verdict.value in body for verdict in Verdict)
    assert 'class="box focus"' in body
