"""The verdict on a step, computed when it is asked for.

Each relation has its checker: `enclosure` for = and <=, `law` for "has law", `asymptotic` for ~ and ->,
`sampling` for statements held against a simulation; `symbolic` lifts CERTIFIED to PROVED. A statement
outside the kernel is tried again with the forms that earlier steps found (`insert.levels`), then integrand by
integrand (`pointwise`); what remains undecided is UNKNOWN, with the node named.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from signsgd_sym.balls import Unsupported
from signsgd_sym.errors import DerivationError
from signsgd_sym.proof import asymptotic, pointwise, sampling
from signsgd_sym.proof.derivation import Assumption, Derivation, Step
from signsgd_sym.proof.enclosure import certify, equality, inequality
from signsgd_sym.proof.insert import equations, insert, levels
from signsgd_sym.proof.law import test_means
from signsgd_sym.proof.matrix_family import family_judgement
from signsgd_sym.proof.matrix_setting import MatrixSetting, speaks_of_matrices
from signsgd_sym.proof.needs import needed_by
from signsgd_sym.proof.setting import NoLaw, ScalarSetting, Setting, is_nested
from signsgd_sym.proof.slopes import by_slopes
from signsgd_sym.proof.symbolic import is_identity
from signsgd_sym.proof.verdict import Evidence, Judgement, Report, Verdict

SLOPES = "equal slopes, and equal at one point"
__all__ = ["Checker", "check_derivation", "check_step"]


def check_derivation(derivation: Derivation, *, seed: int, points: int = 20, digits: int = 40) -> Report:
    """Judge every step; see which assumptions each needs.

    >>> import sympy as sp
    >>> from signsgd_sym.proof.derivation import Recorder
    >>> x = sp.Symbol("x", positive=True)
    >>> record = Recorder("log", "A logarithm")
    >>> _ = record.equal(sp.log(x**2 * sp.E), 2 * sp.log(x) + 1, "rules of the logarithm")
    >>> check_derivation(record.finish(), seed=1).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    checker = Checker(derivation, seed, points, digits)
    judgements = tuple(checker.judge(step) for step in derivation.steps)
    unused = tuple(
        a.label for a in derivation.given if not any(a.label in judgement.needs for judgement in judgements)
    )
    return Report(derivation.id, judgements, unused)


def check_step(
    derivation: Derivation, step: Step, *, seed: int, points: int = 20, digits: int = 40
) -> Judgement:
    """Judge one step of a derivation, without asking what it needs."""
    return Checker(derivation, seed, points, digits, measure_needs=False).judge(step)


@dataclass(frozen=True)
class Checker:
    """Judges the steps of one derivation at points drawn with `seed`."""

    derivation: Derivation
    seed: int
    points: int = 20
    digits: int = 40
    measure_needs: bool = True
    effort: asymptotic.Effort = field(default_factory=asymptotic.Effort)

    def judge(self, step: Step) -> Judgement:
        """The verdict on a step; a step outside the kernel is UNKNOWN with the reason, never an exception."""
        started = time.perf_counter()
        verdict, evidence = self._verdict(step)
        needs = set(step.needs)
        if self.measure_needs and not step.reference and verdict.passed:
            needs |= needed_by(self, step)
        labels = tuple(a.label for a in self.derivation.given if a.label in needs)
        return Judgement(step.id, step.relation, verdict, evidence, labels, time.perf_counter() - started)

    def _verdict(self, step: Step) -> tuple[Verdict, Evidence]:
        if step.reference:
            return Verdict.CITED, Evidence(reason=step.reference)
        if step.experiment is not None:
            return sampling.judge(step.experiment, self.seed)
        if step.relation == ":=":
            return self._definition(step)
        try:
            if step.relation in ("~", "->"):
                return self._asymptotic(step)
            return self._exact(step)
        except NoLaw as missing:
            return Verdict.UNKNOWN, Evidence(reason=str(missing))
        except (TypeError, RecursionError, NotImplementedError, AttributeError) as problem:
            return Verdict.UNKNOWN, Evidence(reason=f"{type(problem).__name__}: {problem}")

    # --- definitions -----------------------------------------------------------------------------
    def _definition(self, step: Step) -> tuple[Verdict, Evidence]:
        """A definition claims nothing; but its name must be new, and may not occur in its own meaning."""
        name = step.lhs
        earlier = Derivation(
            "", "", (), self.derivation.steps[: self.derivation.steps.index(step)], self.derivation.uses
        )
        known = earlier.definitions
        if name in known and known[name] != step.rhs:
            reason = f"{name} has another meaning already: {known[name]}"
            return Verdict.REFUTED, Evidence("definition", reason=reason)
        if step.rhs.has(name):
            return Verdict.REFUTED, Evidence("definition", reason=f"{name} occurs in its own definition")
        return Verdict.PROVED, Evidence("definition")

    # --- exact relations -------------------------------------------------------------------------
    def settings(self, step: Step, violate: str = "") -> Iterator[tuple[Setting, str]]:
        """Ways to evaluate both sides of an exact step, from the plainest on; each with what it rests on."""
        lhs, rhs = step.lhs, step.rhs
        given = self.derivation.given
        if step.relation == "has law":
            lhs, rhs = test_means(lhs, rhs)
        if self.is_matrix(step):
            yield MatrixSetting((lhs, rhs), self._definitions(step), given, violate), ""
            return
        readings = list(levels(self.derivation, step)) or [({}, "")]
        # What is given of a name goes before what was derived of it.
        known = equations(given, violate)
        for table, source in readings:
            sides = (insert(lhs, table | known), insert(rhs, table | known))
            yield from _scalar_settings(sides, step.relation, source, given, violate)

    def is_matrix(self, step: Step) -> bool:
        """Whether the step, or a definition of a name in it, speaks of matrices."""
        table = self._definitions(step)
        sides = [insert_scalars(side, table) for side in (step.lhs, step.rhs)]
        equations = [a.relation for a in self.derivation.given if isinstance(a.relation, sp.Equality)]
        return speaks_of_matrices(*sides) or any(speaks_of_matrices(e.lhs, e.rhs) for e in equations)

    def _definitions(self, step: Step) -> dict[Any, Any]:
        """Meanings of names as they stand before this step."""
        steps = self.derivation.steps
        place = next((k for k, s in enumerate(steps) if s.id == step.id), len(steps))
        return Derivation("", "", (), steps[:place], self.derivation.uses).definitions

    def _exact(self, step: Step) -> tuple[Verdict, Evidence]:
        test = inequality if step.relation == "<=" else equality
        first: tuple[Verdict, Evidence] | None = None
        for setting, source in self.settings(step):
            try:
                verdict, evidence = certify(setting, test, self.seed, self.points, self.digits)
            except Unsupported as node:
                verdict, evidence = Verdict.UNKNOWN, Evidence(reason=f"outside the kernel: {node}")
            if source:
                evidence = replace(evidence, method=f"{evidence.method}; {source}")
            if "equal integrands" in source and verdict is Verdict.REFUTED:
                reason = "the integrands differ, and the integrals are outside the kernel"
                verdict, evidence = Verdict.UNKNOWN, replace(evidence, reason=reason)
            if verdict is Verdict.CERTIFIED and step.relation == "=" and is_identity(step.lhs, step.rhs):
                return Verdict.PROVED, replace(evidence, method=f"rewriting, and {evidence.method}")
            if verdict is not Verdict.UNKNOWN:
                return verdict, evidence
            first = first or (verdict, evidence)
        return first or (Verdict.UNKNOWN, Evidence(reason="nothing to evaluate"))

    # --- limits and orders -----------------------------------------------------------------------
    def _asymptotic(self, step: Step) -> tuple[Verdict, Evidence]:
        if step.variable is None or step.point is None:
            raise DerivationError(f"step {step.id} has no variable and point; say `as x -> 0`.")
        if self.is_matrix(step):
            return family_judgement(step, self._definitions(step), self.derivation.given)
        answer: tuple[Verdict, Evidence] = (Verdict.UNKNOWN, Evidence(reason="nothing to evaluate"))
        known = equations(self.derivation.given)
        for derived, source in reversed(list(levels(self.derivation, step)) or [({}, "")]):
            table = derived | known
            lhs, rhs = insert(step.lhs, table), insert(step.rhs, table)
            order = None if step.order is None else insert(step.order, table)
            try:
                answer = self._measured(step, lhs, rhs, order)
            except Unsupported as node:
                answer = Verdict.UNKNOWN, Evidence(reason=f"outside the kernel: {node}")
            if answer[0] is not Verdict.UNKNOWN:
                verdict, evidence = answer
                method = f"{evidence.method}; {source}" if source else evidence.method
                return verdict, replace(evidence, method=method)
        return answer

    def _measured(self, step: Step, lhs: Any, rhs: Any, order: Any) -> tuple[Verdict, Evidence]:
        infinite = rhs in (sp.oo, -sp.oo)
        # Towards oo the remainder is 1/lhs, and 1 as long as lhs has the wrong sign.
        remainder = 1 / sp.Max(lhs if rhs is sp.oo else -lhs, 1) if infinite else lhs - rhs
        setting = ScalarSetting(
            (remainder, sp.S.One if order is None else order), self.derivation.given, at_atoms=True
        )
        approaches = asymptotic.sides_of(step.variable, step.point, step.direction)
        results = [
            asymptotic.judge(setting, order is None, side, self.seed, self.effort) for side in approaches
        ]
        verdict, evidence = max(results, key=lambda result: result[0].rank)
        if verdict is Verdict.ASYMPTOTIC:
            words = [found.order for _, found in results]
            if len(words) == 2 and words[0].replace("above", "below") == words[1]:
                words = [words[0].replace("from above", "from both sides")]
            evidence = replace(evidence, order="; ".join(words))
        return verdict, evidence


def _scalar_settings(
    sides: tuple[Any, Any], relation: str, source: str, given: tuple[Assumption, ...], violate: str
) -> Iterator[tuple[Setting, str]]:
    """The statement itself, and what it follows from; the latter first where the former is slow."""

    def named(rule: str) -> str:
        return "; ".join(part for part in (rule, source) if part)

    def integrands() -> Iterator[tuple[Setting, str]]:
        stripped = pointwise.without_integral(*sides) if relation == "=" else None
        if stripped is not None:
            f, g, ranges, rule = stripped
            # Equal integrands say nothing of integrals that do not exist: the right one has to have a value.
            exists = () if is_nested(sides[1]) else (sides[1], sides[1])
            yield ScalarSetting((f, g, *exists), given, violate, ranges), named(rule)

    nested = any(map(is_nested, sides))
    if nested:
        yield from integrands()
        sloped = by_slopes(*sides) if relation == "=" else None
        if sloped is not None:
            pairs, ranges = sloped
            flat = tuple(side for pair in pairs for side in pair)
            yield ScalarSetting(flat, given, violate, ranges), named(SLOPES)
    yield ScalarSetting(sides, given, violate), source
    if not nested:
        yield from integrands()


def insert_scalars(expr: Any, table: dict[Any, Any]) -> Any:
    """Definitions inserted one level deep: enough to see whether they speak of matrices."""
    found = {name: meaning for name, meaning in table.items() if expr.has(name)}
    return sp.Tuple(expr, *(meaning for meaning in found.values()))
