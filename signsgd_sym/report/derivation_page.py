"""A derivation as one page: each step folds open to its evidence and to the code that makes it.

The page works without a network and without a script: formulas are MathML, folds are `<details>`, the graph
is inline SVG. What is refuted or undecided is open when the page opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.proof.graph import Graph, graph_of, node_of
from signsgd_sym.proof.verdict import Judgement, Report
from signsgd_sym.report import words
from signsgd_sym.report.document import document
from signsgd_sym.report.graph_svg import framed, graph_svg, letters
from signsgd_sym.report.html import math
from signsgd_sym.report.latex import latex, step_latex
from signsgd_sym.report.marks import MEANING, badge, legend
from signsgd_sym.report.source import step_source
from signsgd_sym.report.uses import Uses


def derivation_page(derivation: Derivation, report: Report | None = None, *, seed: int | None = None) -> str:
    """The whole page; `seed` is that of the report, and is printed so that the run can be repeated."""
    graph = _graph(derivation, report)
    parts = [
        _head(derivation, report),
        _given(derivation, report, graph),
        steps_section(derivation, report),
        _graph_section(derivation, graph),
        _foot(derivation, report, seed),
    ]
    return document(f"{derivation.id}: {derivation.title}", "\n".join(parts))


def _head(derivation: Derivation, report: Report | None) -> str:
    standing, kind = "", "none"
    if report is not None:
        tally, kind = escape(words.tally(report.judgements)), report.verdict.value.lower()
        standing = f'<p class="standing">{badge(report.verdict.value)} <span class="tally">{tally}</span></p>'
    return (
        f'<header><p class="id">{escape(derivation.id)}</p><h1>{escape(derivation.title)}</h1>'
        f'<div class="result v-{kind}">{_formula(derivation.steps[-1])}</div>{standing}</header>'
    )


def _given(derivation: Derivation, report: Report | None, graph: Graph) -> str:
    if not derivation.given:
        return ""
    needed = {} if report is None else dict(words.needed_words(derivation, report))
    signs = letters(graph)
    rows = []
    for assumption in derivation.given:
        sign = signs.get(assumption.label, "")
        letter = f'<span class="letter">{sign}</span>' if sign else ""
        steps = needed.get(assumption.label, "")
        unused = ' class="unused"' if steps == "needed by no step" else ""
        name = f"<code>{escape(assumption.name)}</code>" if assumption.name else ""
        rows.append(
            f"<tr{unused}><td>{letter}</td><td>{escape(assumption.text)}</td><td>{name}</td>"
            f"<td>{escape(steps)}</td></tr>"
        )
    return f'<section><h2>Given</h2><table class="given">{"".join(rows)}</table></section>'


def steps_section(derivation: Derivation, report: Report | None) -> str:
    """Every step, to fold open; what failed is open."""
    items, previous = [], None
    for step in derivation.steps:
        judgement = None if report is None else report[step.id]
        items.append(_step(derivation, step, judgement, continues=step.lhs == previous))
        previous = step.rhs
    return f"<section><h2>Steps</h2>\n{chr(10).join(items)}</section>"


def _step(derivation: Derivation, step: Step, judgement: Judgement | None, *, continues: bool) -> str:
    limit = _limit(step)
    reason = escape(step.reason) + (f", as {limit}" if limit else "")
    name, note, opened = "", "", ""
    if judgement is not None:
        name, note = words.verdict_words(judgement)
        opened = " open" if judgement.verdict.failed else ""
    return (
        f'<details class="step v-{name.lower() or "none"}" id="step-{step.id}"{opened}><summary>'
        f'<span class="number">{escape(step.id)}</span>'
        f'<span class="formula">{_formula(step, continues=continues)}</span>'
        f'<span class="reason">{reason}</span>{badge(name, note) if name else ""}</summary>'
        f'<div class="fold">{_fold(derivation, step, judgement)}</div></details>'
    )


def _formula(step: Step, *, continues: bool = False) -> str:
    """The statement; the left side is left out where it is the line above."""
    left, relation, right = step_latex(step)
    named = relation.replace(":=", r"\coloneqq")  # one sign to MathML
    return math(f"{'' if continues else left} {named} {right}", display=True)


def _limit(step: Step) -> str:
    """In what limit an order holds; a `->` step has it above its arrow."""
    if step.relation != "~" or step.variable is None:
        return ""
    side = {"+": "^+", "-": "^-"}.get(step.direction, "")
    return math(rf"{latex(step.variable)} \to {latex(step.point)}{side}")


def _fold(derivation: Derivation, step: Step, judgement: Judgement | None) -> str:
    rows = [("Rule", escape(step.reason))]
    if step.reference:
        rows.append(("Taken from", escape(step.reference)))
    if judgement is not None:
        rows.append(("Needs", _needs(derivation, judgement)))
        name, _ = words.verdict_words(judgement)
        rows.append(("Verdict", f"{badge(name)} {escape(MEANING[name])}"))
        rows += _evidence(judgement) if judgement.relation != ":=" else []
        if judgement.verdict.failed:
            rows += [(_WITNESS[word], f"<code>{escape(t)}</code>") for word, t in words.complaint(judgement)]
    elif step.needs:
        rows.append(("Needs", escape(", ".join(step.needs))))
    rows.append(("Code", f'<pre tabindex="0">{escape(step_source(step))}</pre>'))
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows) + "</dl>"


_WITNESS = {"at": "At the point", "left": "Left side", "right": "Right side", "why": "Why"}


def _needs(derivation: Derivation, judgement: Judgement) -> str:
    texts = {a.label: a.text for a in derivation.given}
    needed = [
        escape(texts[label]) + (f" <code>{escape(label)}</code>" if label != texts[label] else "")
        for label in judgement.needs
    ]
    nothing = "nothing of what is given" if judgement.verdict.passed else "not measured"
    return "<br>".join(needed) or nothing


def _evidence(judgement: Judgement) -> Iterable[tuple[str, str]]:
    """Method, region, and the numbers that belong to the kind of verdict."""
    evidence = judgement.evidence
    if evidence.method:
        yield "Method", escape(evidence.method)
    if evidence.region:
        yield "Sampled", escape(evidence.region)
    if evidence.points and judgement.verdict.failed:
        yield "Points", f"{evidence.points} passed before the one below"
    elif evidence.points:
        digits = f", to {evidence.digits} digits" if evidence.digits else ""
        yield "Points", f"{evidence.points}{digits}"
    if evidence.order:
        yield "Order", escape(evidence.order)
    if evidence.z is not None:
        yield "Simulation", f"{evidence.runs} runs, z = {evidence.z:.2f}"


def _graph(derivation: Derivation, report: Report | None) -> Graph:
    """The built-in derivations, with this one as it was made and checked now."""
    here = node_of(derivation, report)
    known = Uses.shipped().graph().nodes
    unknown = {used.id: node_of(used) for used in derivation.uses if used.id not in known}
    return graph_of({**unknown, **known, here.id: here}.values())


def _graph_section(derivation: Derivation, graph: Graph) -> str:
    uses = ", ".join(used.id for used in derivation.uses) or "nothing else"
    used_by = ", ".join(graph.used_by(derivation.id)) or "nothing else"
    return (
        f"<section><h2>What rests on what</h2><p>Uses {escape(uses)}. Used by {escape(used_by)}.</p>"
        f"<figure>{framed(graph_svg(graph, focus=derivation.id))}"
        "<figcaption>Every derivation stands below what it "
        "uses. Letters are the assumptions that the steps of this one need.</figcaption></figure></section>"
    )


def _foot(derivation: Derivation, report: Report | None, seed: int | None) -> str:
    if report is None:
        return ""
    names = [words.verdict_words(judgement)[0] for judgement in report.judgements]
    again = f"signsgd-sym check {derivation.id}" + ("" if seed is None else f" --seed {seed}")
    return (
        f'<section class="foot"><h2>How to read the verdicts</h2>{legend(names)}'
        f"<p>Check it again: <code>{escape(again)}</code>; another seed draws other points.</p></section>"
    )
