r"""How phi is computed over all R in (0, oo): closed forms, series at the ends, Chebyshev pieces between.

1. The closed form is rewritten (`forms`) and every form measured against certified values (`regimes`).
2. Where none keeps its digits up to an end, a series with a proved remainder is sought there.
3. What is left, and everything where there is no closed form in functions with a float64 program, is
   covered by Chebyshev pieces with a proved error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from signsgd_sym.balls import Unsupported
from signsgd_sym.codegen import reference
from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.end_series import EndSeries, state
from signsgd_sym.codegen.forms import closed_forms, plain, series_form, table_form
from signsgd_sym.codegen.large_series import large_series
from signsgd_sym.codegen.lower import CannotLower
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.quadrature import HI, LO
from signsgd_sym.codegen.reference import Reference
from signsgd_sym.codegen.regimes import INNER, Chosen, choose, grid
from signsgd_sym.codegen.small_series import small_series
from signsgd_sym.codegen.surrogate import Surrogate, build_surrogate
from signsgd_sym.errors import NotConverged
from signsgd_sym.proof.derivation import Derivation, Recorder

SHORT = 6
"""Regimes between two tables that are shorter than this many binades join the table."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The regimes in order of R; the table some of them read; largest errors seen on the grid, in ulp.

    `ulp` is that of phi and of the rate on [1e-12, 1e12], found with the certified values `reference`; both
    are None where there is only a table. `why` says why no closed form is used, where none is.
    """

    chosen: tuple[Chosen, ...]
    table: Surrogate | None
    ulp: tuple[float, float] | None
    points: int = 0
    reference: tuple[Reference, Reference] | None = None
    why: str = ""

    @property
    def relative_error(self) -> float:
        """Of phi: the bound proved for the pieces, or the largest error measured (1 ulp is at most 2^-52)."""
        if self.ulp is None:
            assert self.table is not None
            return self.table.error
        return self.ulp[0] * 2.0**-52

    @property
    def accuracy(self) -> str:
        """One line for the header."""
        if self.ulp is None:
            assert self.table is not None
            lo, hi = self.table.range
            return (
                f"phi within {self.table.error:.1e} relative for R in [{lo:.3g}, {hi:.3g}], proved (for IEEE "
                "arithmetic and exp within 2 ulp)"
            )
        return (
            f"at most {self.ulp[0]:.1f} ulp in phi, {self.ulp[1]:.1f} ulp in drift_rate at {self.points} "
            "points R in [1e-12, 1e12], against ball arithmetic"
        )

    @property
    def is_table(self) -> bool:
        """Whether phi comes from the Chebyshev pieces everywhere."""
        return len(self.chosen) == 1 and self.table is not None

    def derivation(self, phi: Any) -> Derivation:
        """The rewritings in use, each as a step that can be checked."""
        record = Recorder("float64-forms", "The forms of phi that are computed")
        for part in self.chosen:
            form = part.form
            if form is None or form.expr is None:
                continue
            if form.series is not None:
                state(record, form.series, phi)
            elif plain(form.expr) != phi:
                record.equal(phi, plain(form.expr), form.note)
        return record.finish()


def make_plan(phi: Any | None, factor: Any, measure: Measure, power_lo: float | None) -> Plan:
    """Choose. `phi` is the closed form or None, the rate is `factor` times phi, `power_lo` as for
    `build_surrogate`.

    Raises `NotConverged` when neither a closed form nor the quadrature will do.
    """
    if phi is None:
        return _table_only(factor, measure, power_lo, "no closed form was found")
    try:
        forms = list(closed_forms(phi, factor))
    except CannotLower as missing:
        return _table_only(factor, measure, power_lo, f"{missing.name} has no float64 program")
    risks, binades = grid()
    try:
        values = reference.of_expression(phi, factor, risks)
    except (NotConverged, Unsupported) as problem:
        return _table_only(factor, measure, power_lo, str(problem))
    chosen = choose(forms, *values, binades)
    if any(part.form is None for part in chosen):
        forms += [series_form(series, factor) for series in _series(chosen, phi, measure)]
        chosen = choose(forms, *values, binades)
    chosen = _joined(chosen)
    table = None
    gaps = [part for part in chosen if part.form is None]
    if gaps:
        lo, hi = max(2.0 ** gaps[0].lo, LO), min(2.0 ** gaps[-1].hi, HI)
        table = build_surrogate(measure, power_lo, lo, hi)
        chosen = tuple(
            part if part.form is not None else Chosen(part.lo, part.hi, table_form(factor)) for part in chosen
        )
    return _measured(chosen, table, *values, binades)


def _table_only(factor: Any, measure: Measure, power_lo: float | None, why: str) -> Plan:
    table = build_surrogate(measure, power_lo)
    return Plan((Chosen(-math.inf, math.inf, table_form(factor)),), table, None, why=why)


def _series(chosen: Sequence[Chosen], phi: Any, measure: Measure) -> list[EndSeries]:
    """Series for the ends near which a form is missing."""
    found = []
    if any(part.form is None and part.lo < -4 for part in chosen):
        found.append(small_series(phi))
    if any(part.form is None and part.hi > 4 for part in chosen):
        found.append(large_series(measure))
    return [series for series in found if series is not None]


def _joined(chosen: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """A short regime between two gaps becomes part of one gap."""
    parts = list(chosen)
    k = 1
    while k < len(parts) - 1:
        before, part, after = parts[k - 1 : k + 2]
        if before.form is None and after.form is None and part.hi - part.lo < SHORT:
            parts[k - 1 : k + 2] = [Chosen(before.lo, after.hi, None)]
        else:
            k += 1
    return tuple(parts)


def _measured(
    chosen: tuple[Chosen, ...], table: Surrogate | None, phi: Reference, rate: Reference, binades: Any
) -> Plan:
    """The plan with the largest errors of all regimes on the inner part of the grid."""
    errors = []
    inner = np.abs(binades + 0.5) <= INNER
    for values, is_rate in ((phi, False), (rate, True)):
        found = np.zeros_like(values.risks)
        for part in chosen:
            assert part.form is not None
            here = (binades >= part.lo) & (binades < part.hi)
            program = part.form.rate if is_rate else part.form.phi
            found[here] = emulate(program, values.risks[here], table)
        errors.append(float(np.max(values.ulp(found)[inner])))
    return Plan(chosen, table, (errors[0], errors[1]), int(inner.sum()), (phi, rate))
