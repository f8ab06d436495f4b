r"""Derivations as data: a chain of statements, each with its reason.

A `Step` states `lhs RELATION rhs` and says why. A `Derivation` is what is given, the steps in the
order in which they were made, and its result: the right-hand side of the last step. The engine
writes derivations with a `Recorder`, so that what is printed is what was computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import sympy as sp

Relation = Literal["=", "~", "->", ":="]
"""Equality, equality up to a stated order, limit, and definition (the left side is named here)."""


@dataclass(frozen=True)
class Step:
    """One statement `lhs relation rhs` with the reason for it.

    `order` is the neglected term of a `~` step, for instance `rho**5`; `variable` and `point` say in
    what limit a `~` or `->` step holds.
    """

    id: str
    lhs: Any
    relation: Relation
    rhs: Any
    reason: str
    order: Any = None
    variable: Any = None
    point: Any = None
    reference: str = ""
    """Where the statement is taken from when it is not derived here."""


@dataclass(frozen=True)
class Assumption:
    """Something the derivation takes as given, as a sentence and, where it is one, as a relation."""

    text: str
    relation: Any = None


@dataclass(frozen=True)
class Derivation:
    """A finished chain of steps; `result` is the right-hand side of the last one."""

    id: str
    title: str
    given: tuple[Assumption, ...]
    steps: tuple[Step, ...]
    uses: tuple[str, ...] = ()

    @property
    def result(self) -> Any:
        """What the derivation derives."""
        return self.steps[-1].rhs

    def __getitem__(self, step_id: str) -> Step:
        """The step with this id."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def _repr_latex_(self) -> str:
        from signsgd_sym.report.latex import derivation_latex

        return derivation_latex(self)

    def __str__(self) -> str:
        from signsgd_sym.report.text import derivation_text

        return derivation_text(self)


@dataclass
class Recorder:
    """Collects the steps of one derivation while it is being made; the caller keeps it.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", positive=True)
    >>> record = Recorder("square", "A square root of a square")
    >>> record.equal(sp.sqrt(x**2), x, "x is positive")
    x
    >>> record.finish().result
    x
    """

    id: str
    title: str
    given: tuple[Assumption, ...] = ()
    _steps: list[Step] = field(default_factory=list)
    _uses: list[str] = field(default_factory=list)

    def _add(self, lhs: Any, relation: Relation, rhs: Any, reason: str, **limit: Any) -> Any:
        step_id = str(len(self._steps) + 1)
        self._steps.append(
            Step(
                step_id, sp.sympify(lhs, strict=True), relation, sp.sympify(rhs, strict=True), reason, **limit
            )
        )
        return rhs

    def define(self, lhs: Any, rhs: Any, reason: str) -> Any:
        """Name `rhs` by `lhs`."""
        return self._add(lhs, ":=", rhs, reason)

    def equal(self, lhs: Any, rhs: Any, reason: str) -> Any:
        """`lhs = rhs`; returns `rhs`."""
        return self._add(lhs, "=", rhs, reason)

    def expand(self, lhs: Any, rhs: Any, reason: str, *, variable: Any, order: Any, point: Any = 0) -> Any:
        """`lhs = rhs + O(order)` as `variable -> point`; returns `rhs`."""
        return self._add(
            lhs, "~", rhs, reason, variable=variable, order=order, point=sp.sympify(point, strict=True)
        )

    def tends(self, lhs: Any, rhs: Any, reason: str, *, variable: Any, point: Any) -> Any:
        """`lhs -> rhs` as `variable -> point`; returns `rhs`."""
        return self._add(lhs, "->", rhs, reason, variable=variable, point=sp.sympify(point, strict=True))

    def cite(self, lhs: Any, relation: Relation, rhs: Any, reason: str, reference: str, **limit: Any) -> Any:
        """A statement taken from the literature, not derived here; returns `rhs`."""
        return self._add(lhs, relation, rhs, reason, reference=reference, **limit)

    def use(self, other: Derivation) -> Any:
        """Rest on another derivation; returns its result."""
        if other.id not in self._uses:
            self._uses.append(other.id)
        return other.result

    def finish(self) -> Derivation:
        """The finished derivation."""
        return Derivation(self.id, self.title, self.given, tuple(self._steps), tuple(self._uses))
