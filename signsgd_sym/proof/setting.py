"""What the kernel evaluates: the two sides of a step at admissible points, drawn from the assumptions.

A `Setting` knows one step with its definitions inserted and draws `Site`s. Scalar statements are drawn here:
symbols from their SymPy assumptions and from the inequalities that are given, expectations over a noise
law not named from the laws that are given. Statements about matrices are drawn in `matrix_setting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import sympy as sp
from sympy.core.function import AppliedUndef

from signsgd_sym.balls import Program, program
from signsgd_sym.balls.sample import draw
from signsgd_sym.proof.derivation import Assumption
from signsgd_sym.proof.region import Region
from signsgd_sym.special import NoiseMean, OwenT, over


class NoLaw(Exception):
    """An expectation over a label-noise law, and no law is given to sample from."""


@dataclass(frozen=True)
class Site:
    """An admissible point: values for the kernel, and the same in words for whoever has to be convinced."""

    point: Any
    sides: tuple[Program, ...]
    shown: dict[str, str]


class Setting(Protocol):
    """Draws sites for a fixed tuple of expressions."""

    def draw(self, rng: Random, wide: bool) -> Site | None:
        """A site, from wide ranges if `wide`; None when the draw missed what is assumed."""
        ...

    def region(self) -> str:
        """From where sites are drawn, in words."""
        ...


def free_names(expr: Any) -> set[Any]:
    """Free symbols and undefined functions that need a value; bound variables do not."""
    applied = {node for node in expr.atoms(AppliedUndef) if not node.free_symbols - expr.free_symbols}
    return set(expr.free_symbols) | applied


def is_nested(expr: Any) -> bool:
    """Whether an integral, or a function that is one to the kernel, stands inside another or a derivative."""
    inside = any(
        len(node.limits) > 1 or node.function.has(sp.Integral, OwenT) for node in expr.atoms(sp.Integral)
    )
    return inside or any(node.expr.has(sp.Integral) for node in expr.atoms(sp.Derivative))


@dataclass
class ScalarSetting:
    """Sides that are scalar expressions; see the module docstring.

    Laws with a density are left out where they would put an integral inside an integral (with `at_atoms`,
    wherever they would leave one) and a law of atoms is given: the statements are linear in the law, and
    atoms say the same.
    """

    sides: tuple[Any, ...]
    given: tuple[Assumption, ...] = ()
    violate: str = ""
    bound: tuple[tuple[Any, Any, Any], ...] = ()
    at_atoms: bool = False
    _compiled: dict[Any, tuple[Program, ...]] = field(default_factory=dict)
    _turn: int = 0

    def __post_init__(self) -> None:
        laws: list[Any] = []
        if any(side.has(NoiseMean) for side in self.sides):
            laws = [law for a in self.given for law in a.laws]
            if not laws:
                raise NoLaw("the law of the noise is not named, and no laws to sample from are given")
        self.versions = [(law, tuple(over(side, law) for side in self.sides)) for law in laws]
        costly = is_nested if not self.at_atoms else lambda side: side.has(sp.Integral)
        simple = [v for v in self.versions if not any(costly(side) for side in v[1])]
        self.versions = simple or self.versions or [(None, self.sides)]
        bound = {v for v, *_ in self.bound}
        names = set().union(*(free_names(side) for _, sides in self.versions for side in sides))
        undefined = {n for n in names if isinstance(n, AppliedUndef)}
        self.undefined = sorted(undefined, key=str)
        symbols = {n for n in names if isinstance(n, sp.Symbol)} | bound
        symbols |= set().union(*(lo.free_symbols | hi.free_symbols for _, lo, hi in self.bound))
        self._region = Region.of(symbols, self.given, self.violate, self.bound)

    def region(self) -> str:
        """The ranges of the symbols, what is given of them, and the laws."""
        laws = [law.text for law, _ in self.versions if law is not None]
        return self._region.words + (f"; laws {', '.join(laws)}" if laws else "")

    def draw(self, rng: Random, wide: bool) -> Site | None:
        """A point of the region under the next of the laws."""
        values = draw(self._region.domain, rng, wide)
        if values is None:
            return None
        law, sides = self.versions[self._turn % len(self.versions)]
        self._turn += 1
        point: dict[Any, Any] = dict(values)
        for name in self.undefined:  # a function nothing is known of: any value
            point[name] = sp.Rational(rng.randint(1, 400), 101)
        if law not in self._compiled:
            self._compiled[law] = tuple(program(side, point) for side in sides)
        shown = {str(name): str(value) for name, value in point.items()}
        if law is not None:
            shown["law"] = law.text
        return Site(point, self._compiled[law], shown)


Values = Mapping[Any, Any]
