r"""Expectations over a named label-noise law in closed form, certified, where a route leads to one.

The routes propose (`search`), in a process with a deadline; the kernel disposes: a formula is used only when
the checker has certified that it equals the integral it stands for. Candidates are tried from the
simplest on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.search import candidates, mean_over
from signsgd_sym.derive.simplicity import measure
from signsgd_sym.derive.worker import Stopped, stream
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.proof.check import check_step
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.proof.verdict import Evidence, Judgement, Verdict
from signsgd_sym.special import NoiseMean

POINTS, DIGITS = 20, 40
ATOMS = "sum over atoms"


@dataclass(frozen=True)
class ClosedForm:
    """An expectation over a law: the integral it is, and its closed form where one was certified.

    `value` is None without a closed form; `judgement` is then that on the best refused candidate, or says
    that there was none. `routes` names the rules behind the formula; `derivation` leads from the
    expectation to the formula step by step; `refused` are candidates that the checker did not accept.
    """

    law: NoiseLaw
    quantity: Any
    integral: Any
    value: Any | None
    routes: tuple[str, ...]
    judgement: Judgement
    derivation: Derivation
    refused: tuple[tuple[Any, Judgement], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Of the statement integral = value."""
        return self.judgement.verdict

    def at(self, values: Mapping[Any, Any]) -> ClosedForm:
        """The same expectation with numbers for symbolic parameters.

        Judgement and derivation stay those of the family.
        """
        value = None if self.value is None else self.value.subs(values)
        return replace(
            self, law=self.law.substitute(values), integral=self.integral.subs(values), value=value
        )


def noise_mean(
    law: NoiseLaw,
    quantity: Any,
    *,
    seconds: float = 20.0,
    seed: int = 0,
    points: int = POINTS,
    digits: int = DIGITS,
) -> ClosedForm:
    """E[quantity(eps)] for eps of the given law; `quantity` is an expression in `notation.eps`.

    >>> from signsgd_sym.model import noise_law
    >>> from signsgd_sym.notation import R, eps
    >>> found = noise_mean(noise_law("Normal(0, v)"), sp.exp(-eps**2 / (4 * R)))
    >>> found.value, found.verdict.value
    (sqrt(2)*sqrt(R)/sqrt(2*R + v**2), 'CERTIFIED')
    """
    integral = law.mean_of(quantity)
    if not integral.has(sp.Integral):
        value = readable(integral)
        record = _recorder(law, quantity, integral)
        record.equal(integral, value, ATOMS)
        return _judged(law, quantity, integral, value, (ATOMS,), record, seed, points, digits)
    ranked, reason = _ranked(law, quantity, seconds)
    refused: list[tuple[Any, Judgement]] = []
    while ranked is not None:
        chosen = {k: found[0] for k, found in ranked.items()}
        form = _put_together(law, quantity, chosen, (seed, points, digits), tuple(refused))
        if form.value is not None:
            return form
        refused = list(form.refused)
        ranked, reason = _next(law, quantity, ranked, (seed, points, digits)), "no candidate was certified"
    unknown = Judgement("2", "=", Verdict.UNKNOWN, Evidence(reason=reason))
    record = _recorder(law, quantity, integral)
    return ClosedForm(law, quantity, integral, None, (), unknown, record.finish(), tuple(refused))


def _ranked(law: NoiseLaw, quantity: Any, seconds: float) -> tuple[dict[int, list[Found]] | None, str]:
    """The proposals for each part, the simplest first, or None and why when a part has none."""
    found: dict[int, list[Found]] = {}
    reason = f"no route leads to a closed form for {law.text}"
    try:
        for candidate in stream(candidates, (law, quantity), seconds):
            found.setdefault(candidate.part, []).append(candidate.found)
    except Stopped as stopped:
        reason = f"no closed form was found for {law.text} in {seconds:g} s ({stopped})"
    if len(found) < sum(not isinstance(part, Atom) for _, part in law.parts):
        return None, reason
    for k, proposals in found.items():
        distinct = {one.value: one for one in reversed(proposals)}
        found[k] = sorted(distinct.values(), key=lambda one: measure(one.value))
    return found, ""


def _next(
    law: NoiseLaw, quantity: Any, ranked: dict[int, list[Found]], sampling: tuple[int, int, int]
) -> dict[int, list[Found]] | None:
    """Without the first candidates of the parts for which they do not hold; None when a part has no other."""
    left = {}
    for k, found in ranked.items():
        start = mean_over(law.parts[k][1], quantity)
        alone = len(ranked) == 1 or not judge_equality(law, start, found[0].value, *sampling).verdict.passed
        left[k] = found[1:] if alone else found
    return left if all(left.values()) and left != ranked else None


def _put_together(
    law: NoiseLaw,
    quantity: Any,
    chosen: dict[int, Found],
    sampling: tuple[int, int, int],
    refused: tuple[tuple[Any, Judgement], ...],
) -> ClosedForm:
    """The weighted sum over the parts, with the derivation that leads there, and its verdict."""
    integral = law.mean_of(quantity)
    record = _recorder(law, quantity, integral)
    atoms = [(w, part) for w, part in law.parts if isinstance(part, Atom)]
    fixed = sp.Add(*(w * mean_over(part, quantity) for w, part in atoms))
    current, stages = integral, max(len(found.forms) for found in chosen.values())
    for stage in range(stages):
        form, reasons = fixed, []
        for k, found in chosen.items():
            expr, reason = found.forms[min(stage, len(found.forms) - 1)]
            form += law.parts[k][0] * expr
            if stage < len(found.forms) and reason not in reasons:
                reasons.append(reason)
        if form != current:
            current = record.equal(current, form, "; ".join(reasons))
    routes = tuple(dict.fromkeys(found.route for found in chosen.values()))
    return _judged(law, quantity, integral, current, routes, record, *sampling, refused)


def _judged(
    law: NoiseLaw,
    quantity: Any,
    integral: Any,
    value: Any,
    routes: tuple[str, ...],
    record: Recorder,
    seed: int,
    points: int,
    digits: int,
    refused: tuple[tuple[Any, Judgement], ...] = (),
) -> ClosedForm:
    judgement = judge_equality(law, integral, value, seed, points, digits)
    kept = value if judgement.verdict.passed else None
    if kept is None:
        refused = (*refused, (value, judgement))
    return ClosedForm(law, quantity, integral, kept, routes, judgement, record.finish(), refused)


def _recorder(law: NoiseLaw, quantity: Any, integral: Any) -> Recorder:
    given = (Assumption(f"eps ~ {law.text}", laws=(law,), name="law"),)
    record = Recorder("noise-mean", f"E[q(eps)] for eps ~ {law.text}", given)
    record.equal(NoiseMean(quantity), integral, "integrate against the law")
    return record


def judge_equality(
    law: NoiseLaw, left: Any, right: Any, seed: int = 0, points: int = POINTS, digits: int = DIGITS
) -> Judgement:
    """The verdict on left = right at random parameters of the law and random R."""
    relations = tuple(Assumption(str(r), r) for r in law.relations)
    record = Recorder("equality", "", relations)
    record.equal(left, right, "claimed")
    derivation = record.finish()
    return check_step(derivation, derivation.steps[0], seed=seed, points=points, digits=digits)


__all__ = ["ClosedForm", "judge_equality", "noise_mean"]
