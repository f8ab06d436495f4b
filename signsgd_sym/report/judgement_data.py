"""A judgement as JSON data."""

from __future__ import annotations

from typing import Any

from signsgd_sym.proof.verdict import Judgement


def judgement_data(judgement: Judgement) -> dict[str, Any]:
    """Verdict, digits and witness, the assumptions needed, and all the evidence.

    >>> from signsgd_sym.proof.verdict import Evidence, Verdict
    >>> judgement_data(Judgement("1", "=", Verdict.CITED, Evidence(reason="a book")))["evidence"]
    {'reason': 'a book'}
    """
    evidence = judgement.evidence
    known = {
        "method": evidence.method,
        "region": evidence.region,
        "points": evidence.points,
        "order": evidence.order,
        "runs": evidence.runs,
        "reason": evidence.reason,
    }
    return {
        "verdict": judgement.verdict.value,
        "digits": evidence.digits or None,
        "witness": evidence.witness or None,
        "needs": list(judgement.needs),
        "evidence": {name: value for name, value in known.items() if value}
        | ({} if evidence.z is None else {"z": evidence.z}),
        "seconds": round(judgement.seconds, 3),
    }
