"""A derivation in the formats of `signsgd-sym derive`."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.errors import ParameterError
from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.report.latex import derivation_latex, latex, step_latex
from signsgd_sym.report.text import derivation_text, text

FORMATS = ("text", "latex", "markdown", "html", "ipynb")


def derivation_markdown(derivation: Derivation) -> str:
    """Markdown with LaTeX between dollar signs."""
    lines = [f"## {derivation.title}", "", f"`{derivation.id}`", ""]
    if derivation.given:
        lines += ["Given: " + "; ".join(a.text for a in derivation.given) + ".", ""]
    if derivation.uses:
        lines += ["Uses: " + ", ".join(f"`{u.id}`" for u in derivation.uses) + ".", ""]
    for step in derivation.steps:
        left, relation, right = step_latex(step)
        reason = step.reason + (f" (cited: {step.reference})" if step.reference else "")
        lines += [f"{step.id}. {reason}", "", f"   $${left} {relation} {right}$$", ""]
    return "\n".join(lines)


def derivation_notebook(derivation: Derivation) -> dict[str, Any]:
    """A Jupyter notebook: the derivation as text cells, then a cell that makes it anew."""
    head, *steps = re.split(r"\n(?=\d+\. )", derivation_markdown(derivation))
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": part} for part in (head, *steps)
    ]
    code = f'import signsgd_sym as ss\n\nss.derive("{derivation.id}")'
    cells.append(
        {"cell_type": "code", "metadata": {}, "source": code, "outputs": [], "execution_count": None}
    )
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def derivation_as(derivation: Derivation, style: str) -> str:
    """The derivation in one of `FORMATS`; raises `ParameterError` for another."""
    if style == "text":
        return derivation_text(derivation)
    if style == "latex":
        return derivation_latex(derivation)
    if style == "markdown":
        return derivation_markdown(derivation)
    if style == "html":
        from signsgd_sym.report.html import derivation_html, page

        heading = f"<h1>{escape(derivation.title)}</h1>"
        return page(derivation.title, heading + derivation_html(derivation, folded=False))
    if style == "ipynb":
        return json.dumps(derivation_notebook(derivation), indent=1)
    raise ParameterError(f"the format {style!r} is not known; use one of {', '.join(FORMATS)}.")


def derivation_data(derivation: Derivation) -> dict[str, Any]:
    """The derivation as JSON data: expressions as text and LaTeX."""
    return {
        "id": derivation.id,
        "title": derivation.title,
        "given": [a.text for a in derivation.given],
        "uses": [u.id for u in derivation.uses],
        "steps": [
            {
                "id": step.id,
                "lhs": text(step.lhs),
                "relation": step.relation,
                "rhs": text(step.rhs),
                "order": None if step.order is None else text(step.order),
                "latex": " ".join(step_latex(step)),
                "reason": step.reason,
                "reference": step.reference or None,
            }
            for step in derivation.steps
        ],
        "result": text(derivation.result),
        "result_latex": latex(derivation.result),
    }


def list_data() -> list[dict[str, Any]]:
    """Id and title of every built-in derivation."""
    return [{"id": name, "title": entry.title} for name, entry in CATALOGUE.items()]


def list_text(listed: list[dict[str, Any]]) -> str:
    """The list as aligned text."""
    width = max(len(entry["id"]) for entry in listed)
    lines = [f"{entry['id']:<{width}}  {entry['title']}" for entry in listed]
    return "\n".join(lines) + "\n\nShow one with: signsgd-sym derive ID"
