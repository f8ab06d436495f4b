"""The region that assumptions leave to some symbols: drawn from, described, and looked outside of."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import sympy as sp

from signsgd_sym.balls import Domain, Variable
from signsgd_sym.balls.sample import draw, holds
from signsgd_sym.proof.derivation import Assumption


def variable_of(symbol: Any, lower: Any = -sp.oo, upper: Any = sp.oo) -> Variable:
    """A symbol with the range its SymPy assumptions say."""
    if symbol.is_integer:
        least = 1 if symbol.is_positive else 0 if symbol.is_nonnegative else lower
        return Variable(symbol, "integer", sp.Max(least, lower), upper)
    if symbol.is_positive or symbol.is_nonnegative:
        return Variable(symbol, "positive", lower, upper)
    if symbol.is_negative:
        return Variable(symbol, "real", lower, sp.Min(0, upper))
    return Variable(symbol, "real", lower, upper)


@dataclass(frozen=True)
class Region:
    """The admissible points of some symbols; `bound` are integration variables with their ranges."""

    domain: Domain
    words: str

    @staticmethod
    def of(
        names: set[Any],
        given: tuple[Assumption, ...],
        violate: str = "",
        bound: tuple[tuple[Any, Any, Any], ...] = (),
    ) -> Region:
        """The region that `given` leaves; the assumption labelled `violate` is turned into its opposite."""
        constraints: list[Any] = []
        words: list[str] = []
        inside = {v for v, *_ in bound}
        relations = [(a, a.relation) for a in given if a.relation is not None]
        for assumption, relation in relations:
            if isinstance(relation, sp.Equality) or relation in (sp.true, sp.false):
                continue
            if not relation.free_symbols <= names | inside:
                continue
            if assumption.label == violate:
                constraints.append(sp.Not(relation))
                words.append(f"not {assumption.text}")
            else:
                constraints += sp.And.make_args(relation)
                words.append(assumption.text)
        variables = [variable_of(s) for s in sorted(names - inside, key=lambda s: (s.name, str(s)))]
        words = [_range_words(v) for v in variables] + words
        variables += [variable_of(v, lo, hi) for v, lo, hi in bound]
        words += [f"{lo} < {v} < {hi}" for v, lo, hi in bound]
        return Region(Domain(tuple(variables), tuple(constraints)), ", ".join(w for w in words if w))


def _range_words(variable: Variable) -> str:
    name = variable.symbol.name
    if variable.kind == "integer":
        return f"{name} integer" if variable.lower == -sp.oo else f"{name} = {variable.lower}, ..."
    return f"{name} > 0" if variable.kind == "positive" else f"{name} real"


def counterexample(relation: Any, given: tuple[Assumption, ...], trials: int = 50) -> dict[Any, Any] | None:
    """A point that `given` admits and at which `relation` fails, an empty one if it fails everywhere.

    >>> s = sp.Symbol("s", positive=True)
    >>> inside = Assumption("s < 1", s < 1)
    >>> counterexample(s**2 < 1, (inside,)) is None
    True
    >>> list(counterexample(4 * s**2 < 1, (inside,)))
    [s]
    """
    if relation in (sp.true, sp.false):
        return {} if relation == sp.false else None
    domain = Region.of(relation.free_symbols, given).domain
    rng = Random(0)
    for _ in range(trials):
        point = draw(domain, rng)
        if point is not None and not all(holds(part, point) for part in sp.And.make_args(relation)):
            return dict(point)
    return None
