"""d -> oo, measured on families of covariances of growing d.

Each family gives K of dimension 8, 16, ..., 128 with unequal diagonal, and Delta with R of order 1, all of
them explicit; the remainder is enclosed at each d and its exponent in d fitted to the last doublings.
Families with a bounded norm are what the paper assumes; the claim has to hold on each of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy as sp
from flint import acb, acb_mat, arb

from signsgd_sym import notation as nt
from signsgd_sym.balls.ball import precision, upper
from signsgd_sym.proof.derivation import Assumption, Step
from signsgd_sym.proof.matrix_setting import MatrixSetting
from signsgd_sym.proof.verdict import Evidence, Verdict

DIMENSIONS = (8, 16, 32, 64, 128)
BITS = 100
ALLOWANCE = 0.15
"""Of the fitted exponent: corrections of relative size 1/d at d = 64 are far below it."""


def _scales(d: int) -> list[arb]:
    return [arb(7 + (3 * k) % 5) / 8 for k in range(d)]


def _autoregressive(d: int) -> acb_mat:
    s = _scales(d)
    return acb_mat([[acb(s[i] * s[j] * arb(2) ** -abs(i - j)) for j in range(d)] for i in range(d)])


def _power_law(d: int) -> acb_mat:
    """Eigenvalues k^(-1/4) in a fixed rotated basis (a Householder reflection)."""
    u = acb_mat([[acb(1) / acb(d).sqrt()] for _ in range(d)])
    H = acb_mat(d, d, [int(i == j) for i in range(d) for j in range(d)]) - 2 * u * u.transpose()
    spectrum = acb_mat(
        d, d, [acb(k + 1) ** (acb(-1) / 4) if k == m else acb(0) for k in range(d) for m in range(d)]
    )
    scale = acb_mat(d, d, [acb(x) if i == j else acb(0) for i, x in enumerate(_scales(d)) for j in range(d)])
    return scale * H * spectrum * H.transpose() * scale


FAMILIES = {"autoregressive": _autoregressive, "power law": _power_law}


def _state(d: int) -> acb_mat:
    root = acb(d).sqrt()
    return acb_mat([[acb((-1) ** k * (5 + (7 * k) % 11)) / 8 / root] for k in range(d)])


def family_judgement(
    step: Step, definitions: Mapping[Any, Any], given: tuple[Assumption, ...]
) -> tuple[Verdict, Evidence]:
    """The exponent of the remainder in d on every family, against the order that is claimed."""
    if step.variable != nt.d or step.point is not sp.oo:
        reason = f"a limit of matrices is measured for d -> oo, not for {step.variable} -> {step.point}"
        return Verdict.UNKNOWN, Evidence(reason=reason)
    claimed = sp.S.One if step.order is None else step.order
    setting = MatrixSetting((step.lhs - step.rhs, claimed), definitions, given)
    words = []
    for family, covariance in FAMILIES.items():
        logs = []
        for d in DIMENSIONS:
            with precision(BITS):
                remainder, scale = setting.at(covariance(d), _state(d))
                logs.append(_log2(upper(remainder) / upper(scale)))
        slope = (logs[-1] - logs[-3]) / 2
        words.append(f"{family}: remainder/claimed ~ d^{slope:.2f}")
        if not slope < (-ALLOWANCE if step.order is None else ALLOWANCE):
            witness = {"family": family, "d": str(DIMENSIONS[-1]), "exponent": f"{slope:.3f}"}
            return Verdict.REFUTED, Evidence("families of growing d", witness=witness, reason=words[-1])
    region = f"d = {DIMENSIONS[0]}, ..., {DIMENSIONS[-1]}; families " + ", ".join(FAMILIES)
    return Verdict.ASYMPTOTIC, Evidence(
        "families of growing d", region, len(FAMILIES), order="; ".join(words)
    )


def _log2(x: arb) -> float:
    return float((x.log() / arb(2).log()).mid()) if x > 0 else -math.inf
