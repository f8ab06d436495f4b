"""Claim: every format shows each step's verdict, and what is not a pass never looks like one."""

import json
import re

import pytest
import sympy as sp

import signsgd_sym as ss
from signsgd_sym.proof.verdict import Evidence, Judgement, Report, Verdict
from signsgd_sym.report.checked import Checked
from signsgd_sym.report.layout import layout
from signsgd_sym.report.show import FORMATS, derivation_as, derivation_data

x, y = sp.symbols("x y", positive=True)
SEEN = Evidence("balls at random points", "x > 0, y > 0", 20, 40)
EVIDENCE = {
    Verdict.PROVED: SEEN,
    Verdict.CERTIFIED: SEEN,
    Verdict.ASYMPTOTIC: Evidence("remainder at shrinking arguments", "x > 0", 3, order="sharp, h to 2^-1024"),
    Verdict.STATISTICAL: Evidence("simulation", runs=400, z=1.25),
    Verdict.CITED: Evidence(reason="A. Author, A Book, 1999"),
    Verdict.UNKNOWN: Evidence(reason="outside the kernel: zeta"),
    Verdict.REFUTED: Evidence(
        "balls at random points",
        "x > 0, y > 0",
        2,
        40,
        witness={"x": "3/7", "y": "2", "left": "0.25", "right": "0.75"},
    ),
}


def made():
    record = ss.Recorder("shown", "One step of each kind", (ss.Assumption("x < 1", x < 1, name="small"),))
    record.define(sp.Symbol("A"), x + y, "a name")
    for verdict in Verdict:
        if verdict is Verdict.CITED:
            record.cite(sp.sqrt(x), "<=", 1 + x, "taken from a book", "A. Author, A Book, 1999")
        else:
            record.equal(x * y, y * x, f"for {verdict.value.lower()} reasons")
    derivation = record.finish()
    judgements = [Judgement("1", ":=", Verdict.PROVED, Evidence("definition"))]
    for step, verdict in zip(derivation.steps[1:], Verdict, strict=True):
        needs = ("small",) if verdict is Verdict.PROVED else ()
        judgements.append(Judgement(step.id, step.relation, verdict, EVIDENCE[verdict], needs))
    return derivation, Report("shown", tuple(judgements))


DERIVATION, REPORT = made()


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_has_every_verdict(style):
    shown = derivation_as(DERIVATION, style, REPORT, seed=1)
    for verdict in Verdict:
        assert verdict.value in shown, verdict
    assert "definition" in shown
    for part in ("40 digits at 20 points", "not checked", "A Book"):
        assert part in shown, part


@pytest.mark.parametrize("style", ["text", "markdown", "html", "ipynb"])
def test_a_refuted_step_shows_point_and_both_values(style):
    shown = derivation_as(DERIVATION, style, REPORT, seed=1)
    for part in ("x = 3/7, y = 2", "0.25", "0.75", "outside the kernel: zeta"):
        assert part in shown, part


@pytest.mark.parametrize("width", [80, 100, 120])
def test_text_fits_the_terminal(width):
    for line in layout(DERIVATION, REPORT, width=width).splitlines():
        assert len(line) <= width, line


def test_text_says_what_is_weak_and_who_needs_what():
    shown = layout(DERIVATION, REPORT, used_by=("other",))
    assert re.search(r"CITED +not checked", shown)
    assert re.search(r"UNKNOWN +not decided", shown)
    assert re.search(r"REFUTED +wrong", shown)
    assert "small: needed by 2" in shown
    assert "used by: other" in shown
    assert "CITED, not checked: 6" in shown
    assert "sampled x > 0, y > 0: 2, 3, 8" in shown


def test_an_assumption_that_no_step_needs_is_said_to_be_so():
    nothing = Report(
        "shown", tuple(Judgement(j.step, j.relation, j.verdict, j.evidence) for j in REPORT.judgements)
    )
    assert "small: needed by no step" in layout(DERIVATION, nothing)


def test_colours_only_when_asked_for():
    assert "\x1b[" not in layout(DERIVATION, REPORT)
    coloured = layout(DERIVATION, REPORT, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == layout(DERIVATION, REPORT)


def test_latex_sets_what_is_weak_where_a_reader_of_the_paper_sees_it():
    shown = derivation_as(DERIVATION, "latex", REPORT)
    body = "\n".join(line for line in shown.splitlines() if not line.lstrip().startswith("%"))
    assert "CERTIFIED" not in body
    assert r"\textbf{[REFUTED]}" in body
    assert r"\textbf{[UNKNOWN]}" in body
    assert "(cited: A. Author, A Book, 1999)" in body
    assert "% 3: CERTIFIED, 40 digits at 20 points" in shown


def test_data_have_verdicts_and_evidence():
    data = json.loads(json.dumps(derivation_data(DERIVATION, REPORT)))
    assert data["verdict"] == "REFUTED"
    assert [step["verdict"] for step in data["steps"][1:]] == [verdict.value for verdict in Verdict]
    assert data["steps"][1]["evidence"]["region"] == "x > 0, y > 0"
    assert data["steps"][-1]["witness"]["left"] == "0.25"


def test_a_report_shows_itself():
    shown = Checked(**vars(REPORT), of=DERIVATION, seed=5)
    assert "checked with seed 5" in str(shown)
    assert repr(shown).startswith("<shown: REFUTED;")
    page = shown._repr_html_()
    assert page.count("dashed") == 3, "cited, unknown and refuted stand in a broken frame"
    assert "<math" in page


def test_check_takes_a_derivation_an_id_or_a_path(tmp_path):
    path = tmp_path / "root.steps"
    path.write_text("title: Root\nsymbols: x > 0\nsteps:\n    sqrt(x**2)\n  = x  # x is positive\n")
    by_path = ss.check(path, seed=1)
    assert by_path.verdict is ss.Verdict.PROVED
    assert ss.check(by_path.of, seed=1).judgements[0].verdict is ss.Verdict.PROVED
    assert ss.check("sgd-linearisation", seed=1).verdict is ss.Verdict.ASYMPTOTIC
    with pytest.raises(ValueError, match="sgd-identity"):
        ss.check("sgd-identit")
