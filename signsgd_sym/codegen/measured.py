"""How far a target is from certified values, found by running it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signsgd_sym.codegen.harness import RUNNERS
from signsgd_sym.codegen.reference import Reference

LOWEST, HIGHEST = 1e-12, 1e12


@dataclass(frozen=True)
class Measured:
    """Largest errors of phi and of the drift rate on [1e-12, 1e12], in ulp and relative, at `points` R.

    Where phi < 1e-290 errors are counted as if it were 1e-290. `tool` is what ran the code.
    """

    target: str
    ulp: tuple[float, float]
    relative: tuple[float, float]
    points: int
    tool: str

    @property
    def text(self) -> str:
        """One line for a header."""
        phi, rate = self.ulp
        return (
            f"at most {phi:.1f} ulp in phi, {rate:.1f} ulp in drift_rate at {self.points} points R in "
            f"[1e-12, 1e12] (absolute where phi < 1e-290), run by {self.tool}, against ball arithmetic"
        )


def measure(target: str, source: str, phi: Reference, rate: Reference) -> Measured | str:
    """Run `source`; what is missing on this machine, in words, where it cannot be run.

    Raises `NotConverged` when the code does not build or crashes.
    """
    runner = RUNNERS[target]
    missing = runner.missing()
    if missing:
        return missing
    inner = (phi.risks >= LOWEST) & (phi.risks <= HIGHEST)
    values = runner.run(source, phi.risks[inner])
    ulp, relative = [], []
    for column, reference in enumerate((phi, rate)):
        found = values[:, column]
        part = reference.where(inner)
        ulp.append(float(np.max(part.ulp(found))))
        relative.append(float(np.max(part.relative(found))))
    return Measured(target, (ulp[0], ulp[1]), (relative[0], relative[1]), int(inner.sum()), runner.tool())
