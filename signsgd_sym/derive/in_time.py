"""Checks that end: a step that the kernel does not decide within its time is UNKNOWN, and says so.

A limit of phi as an integral is measured at arguments down to 2^-1024, each an enclosure of that integral;
for some laws one of them takes minutes. So the steps are judged in a process that can be killed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from signsgd_sym.derive.worker import Stopped, stream
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.verdict import Evidence, Judgement, Verdict

SHARE = 4
"""A step that is not decided in this part of the time of all is given up."""


def judged_in_time(checker: Checker, steps: Sequence[str], seconds: float) -> dict[str, Judgement]:
    """The judgements on these steps within `seconds`.

    A step that a quarter of the time does not decide is UNKNOWN, and so are those that no time is left for.
    """
    found: dict[str, Judgement] = {}
    end, reason = time.monotonic() + seconds, f"not decided in {seconds:g} s"
    while waiting := [step for step in steps if step not in found]:
        slot = min(seconds / SHARE, end - time.monotonic())
        if slot <= 0:
            lost = waiting
        else:
            before = len(found)
            try:
                for judgement in stream(judgements, (checker, tuple(waiting)), slot):
                    found[judgement.step] = judgement
            except Stopped as stopped:
                reason = str(stopped)
            # One that came after others in its slot did not have all of it: it starts the next one.
            lost = waiting[:1] if len(found) == before else []
        for step in lost:
            evidence = Evidence(reason=f"not decided: {reason}" if slot > 0 else reason)
            found[step] = Judgement(step, checker.derivation[step].relation, Verdict.UNKNOWN, evidence)
    return found


def judgements(checker: Checker, steps: tuple[str, ...]) -> Iterator[Judgement]:
    """Judge step by step; runs in a process of its own."""
    for step in steps:
        yield checker.judge(checker.derivation[step])
