"""Which assumptions a step needs: the step is tried where one of them does not hold.

For an inequality, points are drawn that violate it and nothing else; for an equation, its left side is left
free. The step needs the assumption if it fails there, or has no value. Laws are needed where an expectation
over the noise is.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import sympy as sp

from signsgd_sym.balls import PointRejected, Undecided, Unsupported
from signsgd_sym.proof.derivation import Assumption, Step
from signsgd_sym.proof.enclosure import equality, inequality
from signsgd_sym.proof.setting import NoLaw
from signsgd_sym.special import NoiseMean

if TYPE_CHECKING:
    from signsgd_sym.proof.check import Checker

TRIALS = 4
DIGITS = 12
MAX_BITS = 130


def needed_by(checker: Checker, step: Step) -> set[str]:
    """Labels of the assumptions that `step` was seen to need."""
    needed = set()
    for assumption in checker.derivation.given:
        if assumption.laws:
            needs = _averages(checker, step)
        else:
            needs = (
                assumption.relation is not None
                and step.relation != ":="
                and _needs(checker, step, assumption)
            )
        if needs:
            needed.add(assumption.label)
    return needed


def _averages(checker: Checker, step: Step) -> bool:
    meanings = [
        m for name, m in checker.derivation.definitions.items() if step.lhs.has(name) or step.rhs.has(name)
    ]
    return any(side.has(NoiseMean) for side in (step.lhs, step.rhs, *meanings))


def _needs(checker: Checker, step: Step, assumption: Assumption) -> bool:
    symbols = assumption.relation.free_symbols
    if step.relation in ("~", "->") or isinstance(assumption.relation, sp.Ne):
        return bool(symbols & (step.lhs.free_symbols | step.rhs.free_symbols))
    test = inequality if step.relation == "<=" else equality
    for setting, _ in checker.settings(step, violate=assumption.label):
        rng = Random(checker.seed)
        seen = rejected = 0
        try:
            for _attempt in range(60):
                site = setting.draw(rng, False)
                if site is None:
                    continue
                if any(_has_root_of_negative(side.expr, site.point) for side in site.sides):
                    return True
                try:
                    verdict, *_ = test(site, DIGITS, MAX_BITS)
                except (PointRejected, Undecided, ValueError, ArithmeticError):
                    verdict, rejected = "undefined", rejected + 1
                if verdict != "equal":
                    return True
                seen += 1
                if seen >= TRIALS:
                    return False
        except (Unsupported, NoLaw):
            continue
        if seen or not isinstance(assumption.relation, sp.Equality):
            return False
    return False


def _has_root_of_negative(expr: Any, point: Any) -> bool:
    """Whether a root of a number that is negative at the point occurs: real quantities end there.

    Seen at a glance, where an integral over such a root would be tried in vain.
    """
    if callable(point):
        return False  # matrices
    for node in expr.atoms(sp.Pow):
        rooted = node.exp.is_Rational and not node.exp.is_Integer
        fixed = node.base.free_symbols and node.base.free_symbols <= set(point)
        if rooted and fixed and node.base.subs(point).is_negative:
            return True
    return False
