r"""All that the routes propose for E q(eps) under a law: candidates, each with the forms it went through.

Part by part of a mixture; a scaled law is the unscaled one at another R; a fact about the whole law
(`routes.whole`) may give other integrals to start from. The quick rules come first, SymPy's own algorithm
only for what they leave. Runs in a process that can be killed, and hands over each candidate as soon as it
has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.routes import whole
from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.routes.solve import SLOW, solve_all
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom


@dataclass(frozen=True)
class Candidate:
    """A proposal for part number `part` of a law: `found.forms` start after the integral over the part."""

    part: int
    found: Found


def candidates(law: NoiseLaw, quantity: Any) -> Iterator[Candidate]:
    """Proposals, quick ones first; a part without one is beyond the routes."""
    open_parts = []
    for k, (_, part) in enumerate(law.parts):
        if isinstance(part, Atom):
            continue
        proposed = False
        for found in _quick(part, quantity):
            proposed = True
            yield Candidate(k, found)
            yield Candidate(k, _tidied(found))
        if not proposed:
            open_parts.append(k)
    for k in open_parts:
        start = mean_over(law.parts[k][1], quantity)
        slow = solve_all(start, SLOW)
        if slow is not None:
            yield Candidate(k, slow)
            yield Candidate(k, _tidied(slow))


def mean_over(part: Any, quantity: Any) -> Any:
    """E quantity under one part of a law, as an expression with integrals."""
    return NoiseLaw(((sp.S.One, part),)).mean_of(quantity)


def _quick(part: Any, quantity: Any) -> Iterator[Found]:
    start = mean_over(part, quantity)
    if not start.has(sp.Integral):
        yield Found("evaluate", ((start, "evaluate"),))
        return
    found = solve_all(start)
    if found is not None:
        yield found
    for form, fact in whole.forms(part, quantity):
        other = solve_all(form)
        if other is not None:
            yield Found(f"{_first_words(fact)}, {other.route}", ((form, fact), *other.forms))


def _first_words(fact: str) -> str:
    return fact.split(",")[0].split(":")[0]


def _tidied(found: Found) -> Found:
    return found.then(readable(found.value), "simplify")
