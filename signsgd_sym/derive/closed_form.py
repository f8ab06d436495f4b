r"""Expectations over a named label-noise law in closed form, certified, where a route leads to one.

The routes propose (`search`), in a process with a deadline; the kernel disposes: a formula is used only when
the checker has certified that it equals the integral it stands for. Candidates are tried from the
simplest on. What was found is kept (`store`), and certified again when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive.certificate import (
    RECHECK_DIGITS,
    RECHECK_POINTS,
    STAGE_DIGITS,
    STAGE_POINTS,
    Certificate,
    NotBelieved,
    new_seed,
)
from signsgd_sym.derive.question import question
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.search import candidates, mean_over
from signsgd_sym.derive.simplicity import measure
from signsgd_sym.derive.store import Store
from signsgd_sym.derive.stored_mean import StoredMean, read_mean
from signsgd_sym.derive.stored_text import NotStorable
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
    `cache` says in a sentence what the cache had to do with it, if anything.
    """

    law: NoiseLaw
    quantity: Any
    integral: Any
    value: Any | None
    routes: tuple[str, ...]
    judgement: Judgement
    derivation: Derivation
    refused: tuple[tuple[Any, Judgement], ...] = ()
    cache: str = ""

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
    cache: bool | Store = True,
) -> ClosedForm:
    """E[quantity(eps)] for eps of the given law; `quantity` is an expression in `notation.eps`.

    With `cache` an answer of an earlier call is used, after the kernel has certified it again.

    >>> from signsgd_sym.model import noise_law
    >>> from signsgd_sym.notation import R, eps
    >>> found = noise_mean(noise_law("Normal(0, v)"), sp.exp(-eps**2 / (4 * R)))
    >>> found.value, found.verdict.value
    (sqrt(2)*sqrt(R)/sqrt(2*R + v**2), 'CERTIFIED')
    """
    store, sampling = Store.of(cache), (seed, points, digits)
    if store.folder is None:
        return _searched(law, quantity, seconds, sampling)[0]
    asked = question("mean", law, quantity)
    entry, note = store.read(asked)
    if entry is not None:
        try:
            stored = read_mean(entry.answer, law)
            if stored.answers(seconds):
                return _certified_again(law, quantity, stored, entry.made, sampling)
        except NotBelieved as problem:
            note = f"an answer in the cache was not believed: {problem}"
    form, complete = _searched(law, quantity, seconds, sampling)
    kept = _keep(store, asked, form, seconds, complete)
    return replace(form, cache="; ".join(filter(None, (note, kept))))


def _certified_again(
    law: NoiseLaw, quantity: Any, stored: StoredMean, made: str, sampling: tuple[int, int, int]
) -> ClosedForm:
    """The stored answer after a check at new points; raises `NotBelieved` where the kernel does not agree."""
    integral = law.mean_of(quantity)
    record = _recorder(law, quantity, integral)
    if stored.value is None:
        words = f"{stored.reason}; searched for {stored.seconds:g} s on {made}"
        unknown = Judgement("2", "=", Verdict.UNKNOWN, Evidence(reason=words))
        return ClosedForm(
            law, quantity, integral, None, (), unknown, record.finish(), cache=f"kept since {made}"
        )
    _, points, digits = sampling
    if stored.certificate.covers(points, digits):
        points, digits = min(points, RECHECK_POINTS), min(digits, RECHECK_DIGITS)
    now = judge_equality(law, integral, stored.value, new_seed(), points, digits)
    if not now.verdict.passed:
        witness = ", ".join(f"{name} = {value}" for name, value in now.evidence.witness.items())
        raise NotBelieved(f"its formula is {now.verdict.value}{' at ' * bool(witness)}{witness}")
    judgement, current = stored.certificate.renewed(now, made), integral
    for form, reason in stored.stages:
        current = record.equal(current, form, reason)
        if form != stored.value:
            step = judge_equality(law, form, stored.value, new_seed(), STAGE_POINTS, STAGE_DIGITS)
            if step.verdict is Verdict.REFUTED:
                raise NotBelieved("a form on the way to its formula is another function")
    known = f"read from the cache of {made} and certified again"
    return ClosedForm(
        law, quantity, integral, stored.value, stored.routes, judgement, record.finish(), cache=known
    )


def _keep(store: Store, asked: dict[str, Any], form: ClosedForm, seconds: float, complete: bool) -> str:
    """Write an answer down; a sentence where it is not kept."""
    if form.value is None and not complete and not store.keep_stopped:
        return ""
    steps = form.derivation.steps[1:] if form.value is not None else ()
    stages = tuple((step.rhs, step.reason) for step in steps)
    certificate = Certificate.of(form.judgement)
    reason = form.judgement.evidence.reason if form.value is None else ""
    try:
        data = StoredMean(stages, form.routes, certificate, reason, seconds, complete).data(form.law)
    except NotStorable as problem:
        return str(problem)
    return store.write(asked, data)


def _searched(
    law: NoiseLaw, quantity: Any, seconds: float, sampling: tuple[int, int, int]
) -> tuple[ClosedForm, bool]:
    """The first candidate that is certified, and whether the search ran to its end."""
    integral = law.mean_of(quantity)
    if not integral.has(sp.Integral):
        value = readable(integral)
        record = _recorder(law, quantity, integral)
        record.equal(integral, value, ATOMS)
        return _judged(law, quantity, integral, value, (ATOMS,), record, *sampling), True
    ranked, reason, complete = _ranked(law, quantity, seconds)
    refused: list[tuple[Any, Judgement]] = []
    while ranked is not None:
        chosen = {k: found[0] for k, found in ranked.items()}
        form = _put_together(law, quantity, chosen, sampling, tuple(refused))
        if form.value is not None:
            return form, complete
        refused = list(form.refused)
        ranked, reason = _next(law, quantity, ranked, sampling), "no candidate was certified"
    unknown = Judgement("2", "=", Verdict.UNKNOWN, Evidence(reason=reason))
    record = _recorder(law, quantity, integral)
    none = ClosedForm(law, quantity, integral, None, (), unknown, record.finish(), tuple(refused))
    return none, complete


def _ranked(law: NoiseLaw, quantity: Any, seconds: float) -> tuple[dict[int, list[Found]] | None, str, bool]:
    """The proposals for each part, the simplest first, or None and why when a part has none.

    With them whether the search ran to its end.
    """
    found: dict[int, list[Found]] = {}
    reason, complete = f"no route leads to a closed form for {law.text}", True
    try:
        for candidate in stream(candidates, (law, quantity), seconds):
            found.setdefault(candidate.part, []).append(candidate.found)
    except Stopped as stopped:
        reason = f"no closed form was found for {law.text} in {seconds:g} s ({stopped})"
        complete = False
    if len(found) < sum(not isinstance(part, Atom) for _, part in law.parts):
        return None, reason, complete
    for k, proposals in found.items():
        distinct = {one.value: one for one in reversed(proposals)}
        found[k] = sorted(distinct.values(), key=lambda one: measure(one.value))
    return found, "", complete


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
