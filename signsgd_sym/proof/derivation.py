r"""Derivations as data: a chain of statements, each with its reason.

A `Step` states `lhs RELATION rhs` and says why. A `Derivation` is what is given, the steps in the
order in which they were made, and its result: the right-hand side of the last step. The engine
writes derivations with a `Recorder`, and so does a chapter or a user, so that what is printed is what was
computed and what is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sympy as sp

from signsgd_sym.errors import DerivationError

Relation = Literal["=", "<=", "~", "->", "has law", ":="]
"""Equality, inequality, equality up to a stated order, limit, law of a random variable, and definition
(the left side is a name that is given its meaning here).
"""


@dataclass(frozen=True)
class Measurement:
    """The outcome of an experiment: an estimate with its standard error, from so many independent runs."""

    estimate: float
    stderr: float
    runs: int


@dataclass(frozen=True)
class Assumption:
    """Something the derivation takes as given.

    As data it is one of three things. A SymPy `relation`: an inequality from which sample points are
    drawn, or an equation `Eq(name, value)` that is inserted. A family of label-noise `laws` (anything
    with `mean_of(quantity)` and `text`): samples of the expectation over a law not named. Or neither: a
    sentence on how the objects are made, on which the steps rest that say so (`Recorder(..., needs=)`).
    `name` is what graphs and reports call it.
    """

    text: str
    relation: Any = None
    laws: tuple[Any, ...] = ()
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or the text where none was given."""
        return self.name or self.text


@dataclass(frozen=True)
class Step:
    """One statement `lhs relation rhs` with the reason for it.

    `order` is the neglected term of a `~` step, for instance `rho**5`; `variable` and `point` say in
    what limit a `~` or `->` step holds, `direction` from which side ("+", "-", or "+-" for both).
    """

    id: str
    lhs: Any
    relation: Relation
    rhs: Any
    reason: str
    order: Any = None
    variable: Any = None
    point: Any = None
    direction: str = "+-"
    reference: str = ""
    """Where the statement is taken from when it is not derived here."""
    experiment: Callable[[int], Measurement] | None = None
    """Simulates lhs - rhs from a seed: the step is then a claim that this difference is 0."""
    needs: tuple[str, ...] = ()
    """Labels of the assumptions on which the step rests without using a relation that could be sampled."""


@dataclass(frozen=True)
class Derivation:
    """A finished chain of steps; `result` is the right-hand side of the last one."""

    id: str
    title: str
    given: tuple[Assumption, ...]
    steps: tuple[Step, ...]
    uses: tuple[Derivation, ...] = ()

    @property
    def result(self) -> Any:
        """What the derivation derives."""
        return self.steps[-1].rhs

    @property
    def definitions(self) -> dict[Any, Any]:
        """Name -> meaning of every `:=` step, those of the derivations used included."""
        found: dict[Any, Any] = {}
        for other in self.uses:
            found.update(other.definitions)
        found.update({step.lhs: step.rhs for step in self.steps if step.relation == ":="})
        return found

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
    _uses: list[Derivation] = field(default_factory=list)

    def _add(self, lhs: Any, relation: Relation, rhs: Any, reason: str, **more: Any) -> Any:
        needs = tuple(a if isinstance(a, str) else a.label for a in more.pop("needs", ()))
        missing = set(needs) - {a.label for a in self.given}
        if missing:
            raise DerivationError(
                f"{self.id}: a step needs {', '.join(sorted(missing))}, which is not given; give it too."
            )
        step_id = str(len(self._steps) + 1)
        left, right = sp.sympify(lhs, strict=True), sp.sympify(rhs, strict=True)
        for name in {"order", "point"} & set(more):
            more[name] = sp.sympify(more[name], strict=True)
        self._steps.append(Step(step_id, left, relation, right, reason, needs=needs, **more))
        return rhs

    def define(self, lhs: Any, rhs: Any, reason: str, *, needs: tuple[Any, ...] = ()) -> Any:
        """Name `rhs` by `lhs`, a symbol or a function of symbols; returns `rhs`."""
        return self._add(lhs, ":=", rhs, reason, needs=needs)

    def equal(self, lhs: Any, rhs: Any, reason: str, *, needs: tuple[Any, ...] = ()) -> Any:
        """`lhs = rhs`; returns `rhs`."""
        return self._add(lhs, "=", rhs, reason, needs=needs)

    def at_most(self, lhs: Any, rhs: Any, reason: str, *, needs: tuple[Any, ...] = ()) -> Any:
        """`lhs <= rhs`; returns `rhs`."""
        return self._add(lhs, "<=", rhs, reason, needs=needs)

    def expand(
        self,
        lhs: Any,
        rhs: Any,
        reason: str,
        *,
        variable: Any,
        order: Any,
        point: Any = 0,
        direction: str = "+-",
        needs: tuple[Any, ...] = (),
    ) -> Any:
        """`lhs = rhs + O(order)` as `variable -> point`; returns `rhs`."""
        return self._add(
            lhs, "~", rhs, reason, variable=variable, order=order, point=point, direction=direction,
            needs=needs,
        )  # fmt: skip

    def tends(
        self,
        lhs: Any,
        rhs: Any,
        reason: str,
        *,
        variable: Any,
        point: Any,
        direction: str = "+-",
        needs: tuple[Any, ...] = (),
    ) -> Any:
        """`lhs -> rhs` as `variable -> point`; returns `rhs`."""
        return self._add(
            lhs, "->", rhs, reason, variable=variable, point=point, direction=direction, needs=needs,
        )  # fmt: skip

    def has_law(self, lhs: Any, law: Any, reason: str, *, needs: tuple[Any, ...] = ()) -> Any:
        """The random variable `lhs`, an expression in a `sympy.stats` variable, has the law of `law`."""
        return self._add(lhs, "has law", law, reason, needs=needs)

    def cite(self, lhs: Any, relation: Relation, rhs: Any, reason: str, reference: str, **more: Any) -> Any:
        """A statement taken from the literature, not derived here; returns `rhs`."""
        return self._add(lhs, relation, rhs, reason, reference=reference, **more)

    def observe(
        self,
        lhs: Any,
        relation: Relation,
        rhs: Any,
        reason: str,
        experiment: Callable[[int], Measurement],
        **more: Any,
    ) -> Any:
        """A statement held against a simulation; returns `rhs`.

        `experiment(seed)` estimates a quantity that is 0 if the statement is true, with its standard error.
        """
        return self._add(lhs, relation, rhs, reason, experiment=experiment, **more)

    def use(self, other: Derivation, at: Mapping[Any, Any] | None = None) -> Any:
        """Rest on another derivation; returns its result, with `at` inserted.

        Raises `DerivationError` when a value in `at` lies outside what the other derivation assumes.
        """
        if other.id not in [used.id for used in self._uses]:
            self._uses.append(other)
        if not at:
            return other.result
        from signsgd_sym.proof.region import counterexample  # which draws points, and needs the kernel

        for assumption in other.given:
            if assumption.relation is None:
                continue
            found = counterexample(assumption.relation.subs(at), self.given)
            if found is not None:
                values = ", ".join(f"{name} = {value}" for name, value in (*at.items(), *found.items()))
                raise DerivationError(
                    f"{self.id} uses {other.id} at {values}, outside its assumption {assumption.text}; "
                    "derive that case by itself, or as a limit."
                )
        return other.result.subs(at)

    def finish(self) -> Derivation:
        """The finished derivation."""
        return Derivation(self.id, self.title, self.given, tuple(self._steps), tuple(self._uses))
