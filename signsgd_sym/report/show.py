"""A derivation in the formats of `signsgd-sym derive`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.errors import ParameterError
from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.proof.verdict import Judgement, Report, Verdict
from signsgd_sym.report import words
from signsgd_sym.report.judgement_data import judgement_data
from signsgd_sym.report.latex import derivation_latex, latex, step_latex
from signsgd_sym.report.text import WIDTH, derivation_text, text
from signsgd_sym.report.uses import Uses

FORMATS = ("text", "latex", "markdown", "html", "ipynb")


def derivation_markdown(
    derivation: Derivation, report: Report | None = None, *, used_by: Sequence[str] = ()
) -> str:
    """Markdown with LaTeX between dollar signs; with a report, each step's verdict below its formula."""
    lines = [f"## {derivation.title}", "", f"`{derivation.id}`", ""]
    if report is not None:
        lines += [f"{_marked(report.verdict)}: {words.tally(report.judgements)}.", ""]
    if derivation.given:
        needed = {} if report is None else dict(words.needed_words(derivation, report))
        given = [a.text + (f" ({needed[a.label]})" if needed else "") for a in derivation.given]
        lines += ["Given: " + "; ".join(given) + ".", ""]
    for name, others in (("Uses", [u.id for u in derivation.uses]), ("Used by", list(used_by))):
        if others:
            lines += [f"{name}: " + ", ".join(f"`{other}`" for other in others) + ".", ""]
    for step in derivation.steps:
        left, relation, right = step_latex(step)
        reason = step.reason + (f" (cited: {step.reference})" if step.reference else "")
        lines += [f"{step.id}. {reason}", "", f"   $${left} {relation} {right}$$", ""]
        if report is not None:
            lines += [f"   {line}" for line in _verdict_markdown(report[step.id])] + [""]
    if report is not None:
        lines += [f"Sampled {region}: {steps}.  " for region, steps in words.regions(report)]
    return "\n".join(lines)


def _marked(verdict: Verdict) -> str:
    """The word in bold; with a warning sign where it is not a pass."""
    sign = "" if verdict.passed else "\u26a0 "
    return f"{sign}**{verdict.value}**"


def _verdict_markdown(judgement: Judgement) -> list[str]:
    word, rest = words.verdict_words(judgement)
    if words.is_definition(judgement):
        return [f"*{word}*"]
    lines = [_marked(judgement.verdict) + (f", {rest}" if rest else "")]
    if judgement.verdict.failed:
        lines += ["", *(f"> {name}: `{text}`  " for name, text in words.complaint(judgement))]
    return lines


def derivation_notebook(
    derivation: Derivation, report: Report | None = None, *, used_by: Sequence[str] = ()
) -> dict[str, Any]:
    """A Jupyter notebook: the derivation as text cells, then cells that make it anew and check it."""
    head, *steps = re.split(r"\n(?=\d+\. )", derivation_markdown(derivation, report, used_by=used_by))
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": part} for part in (head, *steps)
    ]
    for code in (
        f'import signsgd_sym as ss\n\nderivation = ss.derive("{derivation.id}")\nderivation',
        "ss.check(derivation)",
    ):
        cells.append(
            {"cell_type": "code", "metadata": {}, "source": code, "outputs": [], "execution_count": None}
        )
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def derivation_as(
    derivation: Derivation,
    style: str,
    report: Report | None = None,
    *,
    seed: int | None = None,
    colour: bool = False,
    width: int = WIDTH,
) -> str:
    """The derivation in one of `FORMATS`; raises `ParameterError` for another.

    `colour` and `width` are for text; `seed` is that of the report.
    """
    used_by = Uses.shipped().graph().used_by(derivation.id)
    if style == "text":
        return derivation_text(derivation, report, used_by=used_by, colour=colour, width=width)
    if style == "latex":
        return derivation_latex(derivation, report)
    if style == "markdown":
        return derivation_markdown(derivation, report, used_by=used_by)
    if style == "html":
        from signsgd_sym.report.derivation_page import derivation_page

        return derivation_page(derivation, report, seed=seed)
    if style == "ipynb":
        return json.dumps(derivation_notebook(derivation, report, used_by=used_by), indent=1)
    raise ParameterError(f"the format {style!r} is not known; use one of {', '.join(FORMATS)}.")


def derivation_data(derivation: Derivation, report: Report | None = None) -> dict[str, Any]:
    """The derivation as JSON data: expressions as text and LaTeX; with a report, verdicts and evidence."""
    data = {
        "id": derivation.id,
        "title": derivation.title,
        "given": [a.text for a in derivation.given],
        "assumptions": [{"label": a.label, "text": a.text} for a in derivation.given],
        "uses": [u.id for u in derivation.uses],
        "used_by": list(Uses.shipped().graph().used_by(derivation.id)),
        "steps": [_step_data(step, report) for step in derivation.steps],
        "result": text(derivation.result),
        "result_latex": latex(derivation.result),
    }
    if report is not None:
        data |= {"verdict": report.verdict.value, "unused": list(report.unused)}
    return data


def _step_data(step: Step, report: Report | None) -> dict[str, Any]:
    data = {
        "id": step.id,
        "lhs": text(step.lhs),
        "relation": step.relation,
        "rhs": text(step.rhs),
        "order": None if step.order is None else text(step.order),
        "latex": " ".join(step_latex(step)),
        "reason": step.reason,
        "reference": step.reference or None,
    }
    return data if report is None else {**data, **judgement_data(report[step.id])}


def list_data() -> list[dict[str, Any]]:
    """Id and title of every built-in derivation."""
    return [{"id": name, "title": entry.title} for name, entry in CATALOGUE.items()]


def list_text(listed: list[dict[str, Any]]) -> str:
    """The list as aligned text."""
    width = max(len(entry["id"]) for entry in listed)
    lines = [f"{entry['id']:<{width}}  {entry['title']}" for entry in listed]
    return "\n".join(lines) + "\n\nShow one with: signsgd-sym derive ID"
