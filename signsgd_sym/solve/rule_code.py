"""What `generate` prints for other rules than sign and SGD, and what the header says of its origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from signsgd_sym.codegen.measured import EXACT
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.reference import Reference
from signsgd_sym.derive.risk import RiskODE
from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.errors import NotConverged
from signsgd_sym.proof.check import check_step
from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.proof.verdict import Verdict

POINTS, DIGITS = 3, 20
"""Points and digits at which the steps of a derivation are judged when code is generated."""


@dataclass(frozen=True, eq=False)
class RuleCode:
    """`generated` in no language yet; `references` are (name, values) that the code is `against`.

    `refused` says in one sentence, by target, why a target cannot express it.
    """

    generated: Module
    references: tuple[tuple[str, Reference], ...]
    against: str = EXACT
    refused: Mapping[str, str] = field(default_factory=dict)


def modes_of(sde: LimitSDE, entry: str, M: str = "M") -> str:
    """What r, lam and forcing are, in one line; `entry` says what the entries of the noise matrix `M` are.

    >>> from signsgd_sym.derive.sde import derive_sde
    >>> from signsgd_sym.model.update_rule import SGD
    >>> modes_of(derive_sde(SGD), "M = K")
    'K = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = U^T Delta; forcing_i = lam_i (U^T M U)_ii/(2 d); M = K'
    """
    q = sde.power / 2
    if q == 0:
        basis, c, noise = "K", "U^T Delta", f"U^T {M} U"
    else:
        root = f"D^({q})"
        basis, c, noise = f"D^({-q}) K D^({-q})", f"U^T {root} Delta", f"U^T {root} {M} {root} U"
        entry += ", D = diag(sqrt(K_ii))"
    forcing = f"forcing_i = lam_i ({noise})_ii/(2 d)"
    return f"{basis} = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = {c}; {forcing}; {entry}"


def derivations_of(ode: RiskODE) -> tuple[Derivation, ...]:
    """The derivation of the mode ODE and all that it rests on, each once."""
    found: dict[str, Derivation] = {}

    def visit(one: Derivation) -> None:
        for other in one.uses:
            visit(other)
        found.setdefault(one.id, one)

    visit(ode.derivation)
    return tuple(found.values())


def verdict_rows(ode: RiskODE, conjecture: str = "") -> tuple[tuple[str, str], ...]:
    """Rows of a header: the verdicts on all steps behind the ODE, counted, and what is assumed.

    With a `conjecture` the cited step is one.

    Raises `NotConverged` where a step is refuted or could not be decided.
    """
    counts: Counter[Verdict] = Counter()
    assumed: dict[str, None] = {}
    for one in derivations_of(ode):
        assumed |= {a.text: None for a in one.given if a.relation is None and not a.laws}
        for step in one.steps:
            verdict = check_step(one, step, seed=0, points=POINTS, digits=DIGITS).verdict
            if verdict.failed:
                raise NotConverged(
                    f"step {step.id} of {one.id} is {verdict.value}; no code is handed over. "
                    f"`signsgd-sym check {one.id}` shows it."
                )
            counts[verdict] += 1
    numbers = ", ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v])
    weakest = Verdict.weakest(counts).value
    cited = f": d -> oo, {conjecture}" if conjecture else ": d -> oo"
    rows = [("verdict", f"{weakest}{cited}; steps: {numbers} ({DIGITS} digits at {POINTS} points)")]
    return (*rows, ("assumed", "; ".join(assumed)))


__all__ = ["RuleCode", "derivations_of", "modes_of", "verdict_rows"]
