"""A validation as JSON data."""

from __future__ import annotations

from typing import Any

from signsgd_sym.proof.verdict import Judgement
from signsgd_sym.report.judgement_data import judgement_data
from signsgd_sym.report.one_step import OneStep
from signsgd_sym.report.risk_command import simulation_data, theory_data
from signsgd_sym.report.significance import LEVEL, Contrast
from signsgd_sym.report.validation import Validation


def contrast_data(contrast: Contrast) -> dict[str, Any]:
    """The largest difference, where it is, and what was allowed."""
    k = contrast.worst
    return {
        "compared": len(contrast.expected),
        "largest_z": contrast.largest_z,
        "threshold": contrast.threshold,
        "coordinate": list(contrast.where[k]) or "along E[F]",
        "expected": float(contrast.expected[k]),
        "seen": float(contrast.seen[k]),
        "stderr": float(contrast.stderr[k]),
        "verdict": contrast.verdict.value,
    }


def _step_data(step: OneStep) -> dict[str, Any]:
    # The drift of the SDE is no claim about this d: it has an error, and no verdict.
    linear = contrast_data(step.linear)
    return {
        "t": step.time,
        "risk": step.risk,
        "drift": contrast_data(step.drift),
        "diffusion": contrast_data(step.diffusion),
        "linearised_drift": {
            **{name: linear[name] for name in ("largest_z", "threshold", "coordinate")},
            "seen_to_differ": step.linear.exceeds,
        },
        "linearisation_error": step.linearisation_error,
        "factorisation_error": step.factorisation_error,
    }


def validation_data(found: Validation) -> dict[str, Any]:
    """The theory, the simulation beside it, the one-step moments, and the verdicts."""
    c, first = found.comparison, found.steps[0]
    judged = {
        name: judgement_data(Judgement(name, "simulation", verdict, evidence))
        for name, (verdict, evidence) in found.verdicts.items()
    }
    return {
        **theory_data(found.theory),
        "simulation": {**simulation_data(c), "z": c.z.tolist()},
        "one_step": {
            "samples": found.drift.samples,
            "level": LEVEL,
            "comparisons": found.drift.comparisons,
            "drift": contrast_data(found.drift),
            "diffusion": contrast_data(found.diffusion),
            "linearisation_error": first.linearisation_error,
            "at": [_step_data(step) for step in found.steps],
        },
        "verdict": found.verdict.value,
        "verdicts": {
            name: {field: data[field] for field in ("verdict", "evidence", "witness")}
            for name, data in judged.items()
        },
    }
