r"""Certificates in the cache: what a check said when an answer was written, and what it says now.

A stored verdict is never repeated as it is. The statement is checked again, at fewer points drawn anew
(`RECHECK_POINTS` to `RECHECK_DIGITS`, `RECHECK_SAMPLES` for a limit or an order), and the weaker of the two
verdicts is given, with the numbers of the new check and, in words, those of the old one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from signsgd_sym.proof.derivation import Step
from signsgd_sym.proof.verdict import Evidence, Judgement, Verdict

RECHECK_POINTS, RECHECK_DIGITS, RECHECK_SAMPLES = 3, 12, 1
STAGE_POINTS, STAGE_DIGITS = 1, 12
"""For the forms between an integral and its value, whose verdict nobody shows: only a wrong one is sought."""


class NotBelieved(Exception):
    """A stored answer that is malformed, or that the kernel does not certify again; the message says why."""


@dataclass(frozen=True)
class Certificate:
    """A verdict and the numbers behind it, as they are kept.

    >>> from signsgd_sym.proof.verdict import Evidence
    >>> judged = Judgement("1", "=", Verdict.CERTIFIED, Evidence(points=20, digits=40, region="R > 0"))
    >>> Certificate.of(judged).data()["verdict"]
    'CERTIFIED'
    """

    verdict: Verdict
    points: int
    digits: int
    region: str
    reason: str = ""

    @staticmethod
    def of(judgement: Judgement) -> Certificate:
        """What is kept of a judgement."""
        evidence = judgement.evidence
        return Certificate(
            judgement.verdict, evidence.points, evidence.digits, evidence.region, evidence.reason
        )

    @staticmethod
    def read(data: Any) -> Certificate:
        """From JSON data; raises `NotBelieved` for anything else."""
        return Certificate(
            _verdict(text(data, "verdict")), number(data, "points"), number(data, "digits"),
            text(data, "region"), text(data, "why"),
        )  # fmt: skip

    def data(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "verdict": self.verdict.value,
            "points": self.points,
            "digits": self.digits,
            "region": self.region,
            "why": self.reason,
        }

    def covers(self, points: int, digits: int) -> bool:
        """Whether so many points and digits were checked."""
        return self.points >= points and self.digits >= digits

    def unknown(self, now: Step, made: str) -> Judgement:
        """UNKNOWN as it was found: the one verdict that claims nothing, and often took longest."""
        words = "; ".join(filter(None, (self.reason, f"read from the cache of {made}")))
        return Judgement(now.id, now.relation, Verdict.UNKNOWN, Evidence(region=self.region, reason=words))

    def renewed(self, now: Judgement, made: str) -> Judgement:
        """The new judgement, with the old one in words; raises `NotBelieved` where they do not agree."""
        if self.verdict.passed and not now.verdict.passed:
            raise NotBelieved(f"a statement that was {self.verdict.value} is {now.verdict.value} now")
        extent = f"{self.points} point{'s' * (self.points != 1)}"
        if self.digits:
            extent += f" to {self.digits} digits"
        words = f"read from the cache, {self.verdict.value} there at {extent} on {made}"
        evidence = replace(now.evidence, reason="; ".join(filter(None, (now.evidence.reason, words))))
        return replace(now, verdict=Verdict.weakest([now.verdict, self.verdict]), evidence=evidence)


def new_seed() -> int:
    """Points that nobody who wrote a file could know."""
    return secrets.randbits(31)


def text(data: Any, name: str) -> str:
    """A text of an answer; raises `NotBelieved`."""
    found = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(found, str):
        raise NotBelieved(f"its {name} is not a text")
    return found


def number(data: Any, name: str) -> int:
    """A whole number of an answer; raises `NotBelieved`."""
    found = data.get(name) if isinstance(data, Mapping) else None
    if type(found) is not int or found < 0:
        raise NotBelieved(f"its {name} is not a number")
    return found


def rows(data: Any, name: str) -> list[Any]:
    """A list of an answer; raises `NotBelieved`."""
    found = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(found, list) or len(found) > 100:
        raise NotBelieved(f"its {name} are not a list")
    return found


def seconds_of(data: Any) -> float:
    """For how long was searched; raises `NotBelieved`."""
    found = data.get("seconds") if isinstance(data, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise NotBelieved("its seconds are not a number")
    return float(found)


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word)
    except ValueError:
        raise NotBelieved(f"{word[:20]} is not a verdict") from None


__all__ = [
    "RECHECK_DIGITS", "RECHECK_POINTS", "RECHECK_SAMPLES", "STAGE_DIGITS", "STAGE_POINTS", "Certificate",
    "NotBelieved", "new_seed", "number", "rows", "seconds_of", "text",
]  # fmt: skip
