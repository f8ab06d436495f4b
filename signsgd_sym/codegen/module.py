"""All that a target prints for one update rule under one law, in no language yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.ir import Function, Node, Program, Var, walk
from signsgd_sym.codegen.pieces import Pieces
from signsgd_sym.codegen.surrogate import Surrogate


@dataclass(frozen=True)
class Facts:
    """What the header says: texts, each of one line. `more` are (name, text) of a rule's own,
    `at_ends` says where functions of R are NaN where that is not as usual."""

    rule: str
    law: str
    formula: str
    drift_rate: str
    noise_scale: str
    derivation: str
    evidence: str
    modes: str
    measured: str = "not measured"
    more: tuple[tuple[str, str], ...] = ()
    without_psi: str = "it belongs to the sign rule"
    at_ends: str = ""


@dataclass(frozen=True)
class VectorRhs:
    """dr/dt over the modes: `scalars` (name, expression in R, eta and the names before), then the sum over
    `terms` (scalar, ((array, power), ...)) for each mode. R = sum(r) is formed if `needs_R`. `note` is what
    a reader has to know of the forcing.
    """

    scalars: tuple[tuple[str, Node], ...]
    terms: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    needs_R: bool
    note: str = ""


@dataclass(frozen=True, eq=False)
class Module:
    """`functions` of R in the order in which they may call each other; `factors` of the SDE take R and
    further scalars; `table` carries the Chebyshev pieces that the operation `table` reads, `pieces` the other
    tables. `elementwise` are functions of a correlation, or of one and R. `exact` holds the formulas that all
    this computes in float64, for targets of any precision.
    """

    facts: Facts
    functions: tuple[Function, ...]
    factors: tuple[Factor, ...]
    rhs: VectorRhs
    table: Surrogate | None
    exact: RiskFunctions
    pieces: tuple[Pieces, ...] = ()
    elementwise: tuple[Elementwise, ...] = ()

    @property
    def operations(self) -> frozenset[str]:
        """Names of all operations of all functions: what a target has to define."""
        found = [f.operations for f in self.functions]
        return frozenset().union(*found, *(f.program.operations for f in self.elementwise))

    @property
    def table_ends(self) -> tuple[bool, bool]:
        """Whether the pieces have to be continued to R = 0 and to R = oo."""
        phi = self.function("phi")
        if phi is None:
            return False, False
        first, last = ("table" in regime.program.operations for regime in (phi.regimes[0], phi.regimes[-1]))
        return first, last

    def function(self, name: str) -> Function | None:
        """The function of that name."""
        return next((f for f in self.functions if f.name == name), None)

    def with_step(self, step: Any, factor: Factor | None) -> Module:
        """With the step size eta(t, R): exact, and as a program where it has one."""
        factors = self.factors if factor is None else (*self.factors, factor)
        return replace(self, factors=factors, exact=replace(self.exact, step=step))

    def with_evidence(self, evidence: str) -> Module:
        """The same with another statement of its evidence."""
        return replace(self, facts=replace(self.facts, evidence=evidence))

    def with_measured(self, measured: str) -> Module:
        """The same with another statement of its error."""
        return replace(self, facts=replace(self.facts, measured=measured))


@dataclass(frozen=True)
class Factor:
    """A scalar function of `arguments`: a factor of the drift or of the diffusion of the SDE."""

    name: str
    arguments: tuple[str, ...]
    doc: str
    value: Node

    @property
    def unused(self) -> tuple[str, ...]:
        """Arguments that the value does not contain."""
        used = {node.name for node in walk(self.value) if isinstance(node, Var)}
        return tuple(name for name in self.arguments if name not in used)


@dataclass(frozen=True)
class Elementwise:
    """A function of numbers in `arguments`, `rho` and perhaps `R`, of arrays where the language has them."""

    name: str
    arguments: tuple[str, ...]
    doc: str
    program: Program
