"""Mutation: a checker is worth something only if it rejects what is wrong.

A mutant is a step with one slip of the kind people make on its right-hand side: a constant, a sign, an
exponent, a function or a symbol taken for another, a term dropped, 2R for R, a missing 1/2 or pi. It is
judged like any step. *Rejected* is REFUTED and nothing else. A mutant that passes is *implied* if it is shown
to be still true: an equal form of the right-hand side, a lower order, a looser bound; otherwise it has
*survived*, and the checker is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.proof.symbolic import is_identity
from signsgd_sym.proof.verdict import Judgement, Verdict

OUTCOMES = ("rejected", "implied", "undecided", "survived")
FUNCTIONS = {
    sp.erf: sp.erfc, sp.erfc: sp.erf, sp.asin: sp.atan, sp.acos: sp.asin, sp.atan: sp.asin, sp.sin: sp.cos,
    sp.cos: sp.sin, sp.sinh: sp.cosh, sp.cosh: sp.sinh, sp.log: sp.sqrt, sp.Abs: lambda z: z, sp.sign: sp.Abs,
}  # fmt: skip
MATRICES = {
    nt.K: nt.D, nt.D: nt.K, nt.K_sigma: nt.K, nt.U: nt.U.T, nt.Lambda: sp.Identity(nt.d), nt.e_i: nt.e_j,
}  # fmt: skip
Slip = tuple[str, Callable[[Any, Random], Any]]


@dataclass(frozen=True)
class Mutant:
    """A mutated step, and the slip that was made."""

    derivation: Derivation
    original: Step
    step: Step
    slip: str


def mutable(derivation: Derivation) -> list[Step]:
    """Steps that claim something checked here: no definitions, nothing cited or simulated."""
    return [s for s in derivation.steps if s.relation != ":=" and not s.reference and s.experiment is None]


def mutant(derivation: Derivation, rng: Random) -> Mutant | None:
    """A random slip in a random step; None if this one has no place for any."""
    steps = mutable(derivation)
    if not steps:
        return None
    original = rng.choice(steps)
    for _ in range(40):
        if original.relation == "~" and rng.random() < 0.3:
            factor, slip = rng.choice(((1 / original.variable, "lower"), (original.variable, "higher")))
            changed = replace(original, order=original.order * factor)
            slip = f"order {slip}"
        else:
            found = _slipped(original.rhs, rng)
            if found is None:
                continue
            slip, rhs = found
            changed = replace(original, rhs=rhs)
        steps_now = tuple(changed if s.id == original.id else s for s in derivation.steps)
        return Mutant(replace(derivation, steps=steps_now), original, changed, slip)
    return None


def judge_mutant(found: Mutant, seed: int, points: int = 20, digits: int = 40) -> tuple[str, Judgement]:
    """One of `OUTCOMES`, and the judgement on the mutated step."""
    checker = Checker(found.derivation, seed, points, digits, measure_needs=False)
    judgement = checker.judge(found.step)
    if judgement.verdict is Verdict.REFUTED:
        return "rejected", judgement
    if judgement.verdict is Verdict.UNKNOWN:
        return "undecided", judgement
    return ("implied" if _still_true(found, seed + 1, points, digits) else "survived"), judgement


def _still_true(found: Mutant, seed: int, points: int, digits: int) -> bool:
    """Whether the mutant follows from the original statement."""
    old, new = found.original, found.step
    if old.relation == "~" and old.order != new.order:
        # O(f) implies O(g) when f = O(g): f itself as a remainder against the order g.
        claim = replace(old, lhs=old.order, rhs=sp.S.Zero, order=new.order)
        if _holds(found, replace(old, relation="="), seed, points, digits):
            return True  # no remainder at all: any order is right
    elif old.relation == "<=" and _holds(found, new, seed, 2 * points, digits):
        return True  # another bound, which holds at new points too
    elif old.relation in ("~", "<=", "has law"):
        claim = replace(old, lhs=old.rhs, rhs=new.rhs)
    elif is_identity(old.rhs, new.rhs):
        return True
    else:
        claim = replace(old, lhs=old.rhs, relation="=", rhs=new.rhs)
    return _holds(found, claim, seed, points, digits)


def _holds(found: Mutant, step: Step, seed: int, points: int, digits: int) -> bool:
    checker = Checker(found.derivation, seed, points, digits, measure_needs=False)
    return checker.judge(step).verdict.passed


# --- slips -----------------------------------------------------------------------------------------
def _slipped(expr: Any, rng: Random) -> tuple[str, Any] | None:
    """A random slip at a random node; None if it changes nothing or leaves no valid expression."""
    places = list(_places(expr))
    path, node = rng.choice(places)
    slips = _slips(node, expr)
    if not slips:
        return None
    name, apply = rng.choice(slips)
    try:
        changed = _rebuilt(expr, path, apply(node, rng))
    except (TypeError, ValueError, NotImplementedError, AttributeError, sp.ShapeError):
        return None
    if any(trace.arg.shape[0] != trace.arg.shape[1] for trace in changed.atoms(sp.Trace)):
        return None
    new_names = changed.free_symbols - expr.free_symbols - set(MATRICES)
    if changed == expr or changed.has(sp.nan, sp.zoo) or new_names:
        return None
    return name, changed


def _places(expr: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Every node with its path, but for bound variables and exponents of matrices."""
    yield path, expr
    inside = range(len(expr.args))
    if isinstance(expr, sp.Indexed | sp.MatrixSymbol | sp.Identity | sp.MatPow):
        inside = range(0)
    elif isinstance(expr, sp.Integral | sp.Sum | sp.Subs | sp.Derivative):
        inside = range(1)
    for k in inside:
        yield from _places(expr.args[k], (*path, k))


def _rebuilt(expr: Any, path: tuple[int, ...], value: Any) -> Any:
    if not path:
        return value
    k, *rest = path
    args = list(expr.args)
    args[k] = _rebuilt(args[k], tuple(rest), value)
    return expr.func(*args)


def _slips(node: Any, whole: Any) -> list[Slip]:
    if node in MATRICES:
        return [("matrix", lambda n, rng: MATRICES[n])]
    if isinstance(node, sp.MatrixExpr):
        found: list[Slip] = [("constant", lambda n, rng: 2 * n)]
        if isinstance(node, sp.MatMul | sp.MatAdd) and len(node.args) > 1:
            found.append(("dropped", _dropped))
        return found
    if node.is_Rational:
        return [("constant", lambda n, rng: rng.choice((n + 1, 2 * n, n / 2, -n)))]
    if node.is_Symbol:
        others = sorted((s for s in _scalars(whole) if s != node), key=str)
        found = [("2R for R", lambda n, rng: 2 * n)]
        if others:
            found.append(("symbol", lambda n, rng: rng.choice(others)))
        return found
    if not isinstance(node, sp.Expr) or isinstance(node, sp.Indexed):
        return []
    found = [
        ("missing 1/2", lambda n, rng: 2 * n),
        ("missing pi", lambda n, rng: n * rng.choice((sp.pi, 1 / sp.pi))),
        ("sign", lambda n, rng: -n),
    ]
    if isinstance(node, sp.Add | sp.Mul) and len(node.args) > 1:
        found += [("dropped", _dropped), ("dropped", _dropped)]
    if node.is_Pow:
        exponents = (1, -1, sp.Rational(1, 2))
        found.append(("exponent", lambda n, rng: n.base ** (n.exp + rng.choice(exponents))))
    if node.func in FUNCTIONS:
        found.append(("function", lambda n, rng: FUNCTIONS[n.func](*n.args)))
    return found


def _scalars(expr: Any) -> set[Any]:
    """Symbols that stand for a number: no labels of indexed names."""
    labels = {base.label for base in expr.atoms(sp.IndexedBase)}
    return {s for s in expr.free_symbols if s.is_Symbol} - labels


def _dropped(node: Any, rng: Random) -> Any:
    k = rng.randrange(len(node.args))
    return node.func(*(arg for place, arg in enumerate(node.args) if place != k))
