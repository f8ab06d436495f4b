"""Whether a given function is a probability density: real, non-negative, of mass 1."""

from __future__ import annotations

import itertools

import sympy as sp

from signsgd_sym.errors import DensityError
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.quadrature import total_mass

TOLERANCE = 1e-9
TRIAL_VALUES = (sp.Rational(3, 2), sp.Rational(7, 3), sp.Integer(4))
"""Parameters of a symbolic density take these values in turn; all exceed 1, where tails are light."""


def check_density(part: GivenDensity) -> None:
    """Refuse a function that is negative somewhere or whose integral is not 1 to 1e-9.

    The integral is a split adaptive quadrature in float64. A density with symbolic parameters is
    checked at three sets of parameter values, which is evidence and not a proof.

    Raises:
        DensityError: with the integral found, or a point where the function is negative.
    """
    lo, hi = part.ends
    if (lo >= hi) == sp.true or lo == sp.oo or hi == -sp.oo:
        raise DensityError(f"the interval ({lo}, {hi}) is empty; write the smaller end first")
    for values in trial_points(part):
        where = said(values)
        try:
            numeric = GivenDensity(
                part.given.subs(values, simultaneous=True),
                (lo.subs(values, simultaneous=True), hi.subs(values, simultaneous=True)),
            )
        except (TypeError, ValueError, ArithmeticError):
            raise DensityError(
                f"the density {part.given} has no real value{where}; check its formula"
            ) from None
        if (numeric.ends[0] >= numeric.ends[1]) != sp.true:
            try:
                _check_numeric(numeric, where)
            except DensityError as error:
                error.part, error.at = numeric, values
                raise


def trial_points(part: GivenDensity) -> list[dict[sp.Symbol, sp.Expr]]:
    """Values of the symbolic parameters at which a density is checked; one empty choice without any."""
    names = sorted(part.free_symbols, key=str)
    turns = range(len(TRIAL_VALUES)) if names else range(1)
    return [
        dict(zip(names, itertools.islice(itertools.cycle(TRIAL_VALUES), turn, None), strict=False))
        for turn in turns
    ]


def said(values: dict[sp.Symbol, sp.Expr]) -> str:
    """` at a = 3/2, b = 4`, for a message; nothing without values."""
    return " at " * bool(values) + ", ".join(f"{name} = {value}" for name, value in values.items())


def _check_numeric(part: GivenDensity, where: str) -> None:
    shown = f"the density {part.given}"
    over = f"({part.ends[0]}, {part.ends[1]}){where}"
    try:
        mass = total_mass(part.pieces)
    except (TypeError, ValueError, LookupError, NameError, ArithmeticError, NotImplementedError):
        raise DensityError(f"{shown} cannot be evaluated on {over}; check its formula") from None
    if not mass.is_real:
        raise DensityError(f"{shown} is not real everywhere on {over}; check its formula and its interval")
    if mass.smallest < -1e-12:
        raise DensityError(f"{shown} takes negative values on {over}; a density is never negative")
    if not mass.beyond <= TOLERANCE:
        raise DensityError(
            f"the integral of {shown} over {over} diverges, or converges too slowly to be checked; "
            "change the formula or the interval"
        )
    if not abs(mass.value - 1) <= TOLERANCE + mass.error:
        remedy = f"divide it by {mass.value:.10g}" if mass.value > 0 else "check its formula"
        raise DensityError(f"{shown} integrates to {mass.value:.10g} over {over}, not to 1; {remedy}")
