"""The answer of `closed-form` as JSON data, in the fields of the contract and a few beyond."""

from __future__ import annotations

from typing import Any

from signsgd_sym.derive.law_formulas import LawFormulas
from signsgd_sym.derive.values import Value
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.closed_form_command import ClosedFormAnswer
from signsgd_sym.report.judgement_data import judgement_data
from signsgd_sym.report.law_facts import (
    ENDS,
    QUANTITIES,
    condition,
    expansion_text,
    function_class,
    no_closed_form,
    solution,
)
from signsgd_sym.report.law_latex import law_latex
from signsgd_sym.report.text import statement


def closed_form_data(answer: ClosedFormAnswer) -> dict[str, Any]:
    """All of it; what was refuted is null, with its verdict."""
    formulas = answer.formulas
    form = formulas.form
    found = solution(formulas)
    data = {
        "law": formulas.law.text,
        "phi": None if formulas.phi is None else str(formulas.phi),
        "latex": law_latex(formulas.evaluable),
        "method": " and ".join(form.routes) or None,
        "class": None if formulas.phi is None else function_class(formulas.phi),
        "verdict": formulas.verdict.value,
        "reason": no_closed_form(formulas) if formulas.phi is None else None,
        "evidence": judgement_data(form.judgement)["evidence"] | {"digits": form.judgement.evidence.digits},
        "region": form.judgement.evidence.region or None,
        "assumptions": [*assumptions(formulas), *_region(formulas)],
        "integral": str(formulas.integral),
        **_psi(formulas),
        "limits": {
            f"R->{end}": {name.replace(" ", "_"): _limit(formulas, name, end) for name in QUANTITIES}
            for end, _ in ENDS
        },
        "expansions": _expansions(formulas),
        "monotone": {
            "holds": formulas.monotone.holds,
            "verdict": formulas.monotone.verdict.value,
            "reason": formulas.monotone.reason,
        },
        "stationary_risk": {
            "equation": f"{formulas.equation.lhs} = {formulas.equation.rhs}",
            "closed_form": None if found is None else str(formulas.stationary),
            "verdict": None if found is None else found.judgement.verdict.value,
        },
        "values": [
            _value(value, point) for value, point in zip(answer.values, answer.request.points, strict=True)
        ],
        "digits": answer.request.digits,
        "densities": [str(proof) for proof in answer.densities],
        "statements": [
            {
                "name": s.name,
                "statement": statement(s.derivation[s.step]) if _shown(s.judgement.verdict) else None,
                **judgement_data(s.judgement),
            }
            for s in formulas.statements
        ],
        "refused": [judgement_data(judgement) for _, judgement in form.refused],
        "stopped": formulas.stopped or None,
        "seed": answer.request.seed,
        "seconds": round(answer.seconds, 3),
    }
    if answer.how is not None:
        from signsgd_sym.report.show import derivation_data

        data["derivation"] = derivation_data(form.derivation, answer.how)
    return data


def assumptions(formulas: LawFormulas) -> list[str]:
    """Signs of R and of the parameters, and relations among them.

    Every parameter is a symbol that is positive, a positive integer, or real.
    """
    found = ["R > 0"]
    for symbol in formulas.law.parameters:
        kind = "a positive integer" if symbol.is_integer else "real"
        found.append(f"{symbol} > 0" if symbol.is_positive and not symbol.is_integer else f"{symbol} {kind}")
    return [*found, *(str(relation) for relation in formulas.law.relations)]


def _region(formulas: LawFormulas) -> list[str]:
    """Where phi was certified, in words."""
    region = formulas.form.judgement.evidence.region
    return [f"certified over {region}"] if region and formulas.phi is not None else []


def _shown(verdict: Verdict) -> bool:
    return verdict is not Verdict.REFUTED


def _psi(formulas: LawFormulas) -> dict[str, Any]:
    judged = formulas.statement("psi")
    refuted = judged is not None and not _shown(judged.judgement.verdict)
    missing = formulas.psi is None or refuted
    return {
        "psi": None if missing else str(formulas.psi),
        "psi_latex": None if missing else law_latex(formulas.psi),
        "psi_reason": "the formula found was refuted; left out" if refuted else formulas.psi_reason or None,
        "psi_condition": condition(formulas) or None,
        "psi_verdict": None if judged is None else judged.judgement.verdict.value,
    }


def _limit(formulas: LawFormulas, name: str, end: str) -> dict[str, Any]:
    judged = formulas.statement(f"{name} at {end}")
    if judged is None:
        if name == "psi" and formulas.psi is None:
            return {"value": None, "verdict": None, "reason": formulas.psi_reason}
        return {"value": None, "verdict": "UNKNOWN"}
    verdict = judged.judgement.verdict
    return {"value": str(judged.value) if _shown(verdict) else None, "verdict": verdict.value}


def _expansions(formulas: LawFormulas) -> list[dict[str, Any]]:
    found = []
    for expansion in formulas.expansions:
        judged = formulas.statement("small R" if expansion.point == 0 else "large R")
        verdict = Verdict.UNKNOWN if judged is None else judged.judgement.verdict
        entry: dict[str, Any] = {"at": f"R->{expansion.point}", "verdict": verdict.value}
        if _shown(verdict):
            entry |= {
                "terms": [str(term) for term in expansion.terms],
                "order": str(expansion.order) if expansion.order != 0 else None,
                "text": expansion_text(expansion),
                "reason": expansion.reason,
            }
        found.append(entry)
    return found


def _value(value: Value | str, point: dict[Any, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {str(symbol): str(number) for symbol, number in point.items()}
    if isinstance(value, str):
        return data | {"phi": None, "radius": None, "reason": value}
    data |= {"phi": value.phi.text, "radius": value.phi.radius}
    data |= {"drift_rate": value.drift_rate.text, "drift_rate_radius": value.drift_rate.radius}
    if value.psi is None:
        data |= {"psi": None, "psi_reason": value.psi_reason}
    else:
        data |= {"psi": value.psi.text, "psi_radius": value.psi.radius}
    return data | {"source": value.source}
