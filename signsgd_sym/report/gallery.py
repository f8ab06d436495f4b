"""One law of every family, with what is known of its phi: the rows of the gallery.

Each row is found in a process of its own (`workers.Pool`) and comes back as text, so that a table of fifty
laws is made by as many cores as there are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signsgd_sym.derive.law_formulas import LawFormulas, law_formulas
from signsgd_sym.errors import SignSGDError
from signsgd_sym.model.families import FAMILIES
from signsgd_sym.model.families.family import Family
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.law_facts import (
    condition,
    function_class,
    limit_fact,
    no_closed_form,
    solution,
)
from signsgd_sym.report.law_latex import law_latex, plain
from signsgd_sym.report.text import text
from signsgd_sym.report.words import verdict_words

CENTRED: Mapping[str, str] = {
    "Normal": "Normal(0, s)",
    "Laplace": "Laplace(0, b)",
    "Cauchy": "Cauchy(0, c)",
    "Logistic": "Logistic(0, s)",
    "ExponentialPower": "ExponentialPower(0, a, p)",
    "Levy": "Levy(0, c)",
    "LogCauchy": "LogCauchy(0, s)",
    "LogNormal": "LogNormal(0, s)",
    "LogitNormal": "LogitNormal(0, s)",
    "Moyal": "Moyal(0, s)",
    "RaisedCosine": "RaisedCosine(0, s)",
    "Uniform": "Uniform(-a, a)",
    "Arcsin": "Arcsin(-a, a)",
    "QuadraticU": "QuadraticU(-a, a)",
    "Triangular": "Triangular(-a, a, 0)",
    "Trapezoidal": "Trapezoidal(-b, -a, a, b)",
    "UniformSum": "UniformSum(3)",
    "VonMises": "VonMises(0, k)",
    "Gumbel": "Gumbel(b, 0)",
    "ExGaussian": "ExGaussian(0, s, rate)",
    "Frechet": "Frechet(a, s, 0)",
    "PowerFunction": "PowerFunction(alpha, 0, b)",
    "Pareto": "Pareto(a, alpha)",
    "WignerSemicircle": "WignerSemicircle(a)",
}
"""The member shown where the constructor's own parameters would hide the usual one, centred at 0."""
BEYOND_FAMILIES: Mapping[str, str] = {
    "Rademacher": "Rademacher(c)",
    "Mixture": "Mixture((p, Normal(0, s)), (1 - p, Normal(0, v)))",
    "SymmetricStable": "SymmetricStable(alpha, c)",
    "Truncated": "Truncated(Normal(0, s), (-a, a))",
    "Sum": "Laplace(0, b) + Normal(0, s)",
    "Finite": "Finite({-c: 1/4, 0: 1/2, c: 1/4})",
}


def gallery_laws() -> dict[str, str]:
    """Name of the row and LAW text.

    >>> gallery_laws()["StudentT"], gallery_laws()["Sum"]
    ('StudentT(nu)', 'Laplace(0, b) + Normal(0, s)')
    """
    families = {name: CENTRED.get(name) or _generic(family) for name, family in FAMILIES.items()}
    return {**families, **BEYOND_FAMILIES}


def _generic(family: Family) -> str:
    """The constructor with its own parameters; a name that means something else gets another one."""
    others = {"eta": "k", "beta": "b"}  # the step size, and a function
    names = (others.get(parameter.name, parameter.name) for parameter in family.parameters)
    return f"{family.name}({', '.join(names)})"


@dataclass(frozen=True)
class GalleryTask:
    """One row to find."""

    name: str
    law: str
    seconds: float
    seed: int


@dataclass(frozen=True)
class Cell:
    """A formula in text and LaTeX, or words with empty LaTeX; `verdict` is empty where nothing is claimed."""

    text: str
    latex: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class GalleryRow:
    """What the gallery shows of one law."""

    name: str
    law: Cell
    phi: Cell
    kind: str
    psi: Cell
    rate: Cell
    monotone: Cell
    stationary: Cell
    verdict: str
    evidence: str
    region: str
    seconds: float


def find_row(task: GalleryTask) -> GalleryRow:
    """Search, derive and check one law."""
    started = time.perf_counter()
    try:
        law = NoiseLaw.from_text(task.law)
        formulas = law_formulas(law, seconds=task.seconds, seed=task.seed)
    except SignSGDError as problem:
        return lost_row(task, str(problem), time.perf_counter() - started)
    return _row(task.name, formulas, time.perf_counter() - started)


def lost_row(task: GalleryTask, why: str, seconds: float = 0.0) -> GalleryRow:
    """In place of a law whose process ended or failed."""
    none = Cell("not decided", verdict="UNKNOWN")
    return GalleryRow(
        task.name,
        Cell(task.law),
        Cell(why),
        "",
        none,
        none,
        none,
        none,
        "UNKNOWN",
        "not decided",
        "",
        seconds,
    )


def _row(name: str, formulas: LawFormulas, seconds: float) -> GalleryRow:
    word, evidence = verdict_words(formulas.form.judgement)
    rate = limit_fact(formulas, "drift rate", "0")
    limit = formulas.statement("drift rate at 0")
    shown = limit is not None and limit.judgement.verdict is not Verdict.REFUTED
    return GalleryRow(
        name,
        Cell(formulas.law.text, formulas.law.latex()),
        _phi(formulas),
        "" if formulas.phi is None else function_class(formulas.phi),
        _psi(formulas),
        Cell(rate.text, law_latex(limit.value) if limit is not None and shown else "", rate.verdict),
        _monotone(formulas),
        _stationary(formulas),
        word,
        evidence,
        formulas.form.judgement.evidence.region,
        round(seconds, 1),
    )


def _phi(formulas: LawFormulas) -> Cell:
    if formulas.phi is None:
        return Cell(no_closed_form(formulas))
    return Cell(text(plain(formulas.phi)), law_latex(formulas.phi))


def _psi(formulas: LawFormulas) -> Cell:
    if formulas.psi is None:
        return Cell(f"undefined: {formulas.psi_reason}")
    judged = formulas.statement("psi")
    if judged is None:
        return Cell("(pi/2) phi sqrt(P/R), with phi as an integral")
    if judged.judgement.verdict is Verdict.REFUTED:
        return Cell("the formula found was refuted; left out", verdict="REFUTED")
    where = condition(formulas)
    shown = text(plain(formulas.psi)) + (f", if {where}" if where else "")
    return Cell(shown, law_latex(formulas.psi), judged.judgement.verdict.value)


def _monotone(formulas: LawFormulas) -> Cell:
    said = {True: "non-increasing", False: "not monotone", None: "not decided"}
    return Cell(said[formulas.monotone.holds], verdict=formulas.monotone.verdict.value)


def _stationary(formulas: LawFormulas) -> Cell:
    found = solution(formulas)
    if found is None or formulas.stationary is None:
        return Cell("none found")
    shown: Any = formulas.stationary
    return Cell(text(shown), law_latex(shown), found.judgement.verdict.value)
