"""Verdicts, from strong to weak, and the evidence behind one.

A verdict is computed when it is asked for and never stored with the step it judges. Evidence is plain
text and numbers, so that it can cross processes, be printed and be kept as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum


class Verdict(Enum):
    """What a check says of a statement; members are declared from strong to weak.

    PROVED: exact symbolic equality, and certified as well. CERTIFIED: both sides enclosed by balls that
    overlap at random admissible points to the digits stated (evidence, not proof). ASYMPTOTIC: a limit or an
    O(.) whose order was measured. STATISTICAL: agreement with a simulation. CITED: taken from the
    literature, unchecked. UNKNOWN: not decided. REFUTED: disjoint balls, or a wrong order.

    >>> Verdict.weakest([Verdict.PROVED, Verdict.CITED, Verdict.CERTIFIED])
    <Verdict.CITED: 'CITED'>
    """

    PROVED = "PROVED"
    CERTIFIED = "CERTIFIED"
    ASYMPTOTIC = "ASYMPTOTIC"
    STATISTICAL = "STATISTICAL"
    CITED = "CITED"
    UNKNOWN = "UNKNOWN"
    REFUTED = "REFUTED"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(Verdict).index(self)

    @property
    def passed(self) -> bool:
        """Whether something was checked and held; CITED and UNKNOWN are not passes."""
        return self.rank < Verdict.CITED.rank

    @property
    def failed(self) -> bool:
        """Whether `check` must end with exit status 1."""
        return self in (Verdict.UNKNOWN, Verdict.REFUTED)

    @staticmethod
    def weakest(verdicts: Iterable[Verdict]) -> Verdict:
        """The weakest of some verdicts: that of a derivation is the weakest of its steps'."""
        return max(verdicts, key=lambda verdict: verdict.rank)


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    `method` says in a few words how the two sides were compared; `region` from where points were drawn.
    `points` and `digits` belong to CERTIFIED, `order` (the measured exponent, in words) to ASYMPTOTIC, `runs`
    and `z` to STATISTICAL. `witness` is the point at which a statement was refuted, or the first at which
    it could not be decided, with the values of both sides; `reason` says in one sentence what was
    seen there.
    """

    method: str = ""
    region: str = ""
    points: int = 0
    digits: int = 0
    order: str = ""
    runs: int = 0
    z: float | None = None
    witness: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    def summary(self) -> str:
        """The evidence in one line, as it is printed beside the verdict."""
        parts = []
        if self.points and self.digits:
            parts.append(f"{self.digits} digits at {self.points} points")
        elif self.points:
            parts.append(f"{self.points} points")
        if self.order:
            parts.append(self.order)
        if self.z is not None:
            parts.append(f"{self.runs} runs, z = {self.z:.1f}")
        if self.reason:
            parts.append(self.reason)
        return "; ".join(parts)


@dataclass(frozen=True)
class Judgement:
    """The verdict on one step.

    `needs` names the assumptions of the derivation that this step was seen to need.
    """

    step: str
    relation: str
    verdict: Verdict
    evidence: Evidence = field(default_factory=Evidence)
    needs: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """The judgements on the steps of one derivation, in order, and the assumptions that no step needs."""

    derivation: str
    judgements: tuple[Judgement, ...]
    unused: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The weakest verdict of the steps."""
        return Verdict.weakest(j.verdict for j in self.judgements)

    @property
    def first_wrong(self) -> Judgement | None:
        """The first step that is refuted, or else the first that is unknown."""
        for verdict in (Verdict.REFUTED, Verdict.UNKNOWN):
            for judgement in self.judgements:
                if judgement.verdict is verdict:
                    return judgement
        return None

    def __getitem__(self, step: str) -> Judgement:
        """The judgement on the step with this id."""
        for judgement in self.judgements:
            if judgement.step == step:
                return judgement
        raise KeyError(step)
