r"""Mass of a density and the inverse of its CDF, on a scale that resolves every singularity it may have.

A piece of the density is cut into arms that start at its ends (at 0 for the whole line). On an arm u is
the distance from that end, and

    u = exp(v)  or  u = H/(1 + exp(-v)),    v = (pi/2) sinh(s),    |s| <= 6.79,

so poles at the ends and power tails become double-exponentially small in s (the tanh-sinh and exp-sinh
maps). In s, Gauss-Legendre cells are halved until halving changes nothing. Distances are substituted
symbolically, so that 1 - x at x = 1 - u is u, with no cancellation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.model.families.family import Piece

Array = NDArray[np.float64]

S_MAX = 6.79
"""exp(pi/2 sinh(6.79)) is near the largest float64."""
FIRST_CELLS = 64
MAX_DEPTH = 36
MAX_CELLS = 20_000
MASS_TOLERANCE = 1e-14
INVERSE_TOLERANCE = 1e-10

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


def compiled(expression: sp.Expr, variable: sp.Symbol) -> Callable[[Array], Array]:
    """A float64 function of an array from an expression in one variable; NaN where it has no real value."""
    function = sp.lambdify(variable, expression, modules=[{"hyper": _hyper}, "scipy", "numpy"])

    def evaluate(points: Array) -> Array:
        with np.errstate(all="ignore"):
            values = np.asarray(function(points))
        if np.iscomplexobj(values):
            values = np.where(values.imag == 0, values.real, np.nan)
        return np.broadcast_to(values.astype(np.float64), points.shape)

    return evaluate


def _hyper(numerator: tuple[float, ...], denominator: tuple[float, ...], argument: Array) -> Array:
    """Kummer's 1F1, the only hypergeometric function that occurs in a density."""
    from scipy.special import hyp1f1

    (top,), (bottom,) = numerator, denominator
    return np.asarray(hyp1f1(top, bottom, argument), dtype=np.float64)


@dataclass(frozen=True)
class Arm:
    """A density as a function of the distance u in (0, reach) from `anchor`, going `direction` (+1 or -1)."""

    density: Callable[[Array], Array]
    anchor: float
    direction: int
    reach: float

    def distance(self, s: Array) -> tuple[Array, Array]:
        """u(s) and du/ds."""
        return _distance(s, np.asarray(self.reach))

    def density_in_s(self, s: Array) -> Array:
        """density(u(s)) du/ds."""
        u, slope = self.distance(s)
        with np.errstate(all="ignore"):
            product = self.density(u) * slope  # 0*oo far out is 0
        return np.where(np.isfinite(product), product, 0.0)


def _distance(s: Array, reach: Array) -> tuple[Array, Array]:
    v = np.pi / 2 * np.sinh(s)
    with np.errstate(over="ignore"):
        growth = np.exp(v)
        u = np.where(np.isinf(reach), growth, reach / (1 + np.exp(-v)))
        slope = np.where(np.isinf(reach), u, u / (1 + growth)) * (np.pi / 2 * np.cosh(s))
    return u, slope


def arms(pieces: Iterable[Piece]) -> list[Arm]:
    """The arms of all pieces in order of increasing x."""
    u = sp.Dummy("u", positive=True)
    x = notation.x
    found = []

    def add(density: sp.Expr, anchor: sp.Expr, direction: int, reach: float) -> None:
        along = compiled(density.subs(x, anchor + direction * u), u)
        found.append(Arm(along, float(anchor), direction, reach))

    for piece in pieces:
        lo, hi = piece.lo, piece.hi
        if lo == -sp.oo and hi == sp.oo:
            add(piece.density, sp.Integer(0), -1, np.inf)
            add(piece.density, sp.Integer(0), 1, np.inf)
        elif hi == sp.oo:
            add(piece.density, lo, 1, np.inf)
        elif lo == -sp.oo:
            add(piece.density, hi, -1, np.inf)
        else:
            half = float(hi - lo) / 2
            add(piece.density, lo, 1, half)
            add(piece.density, hi, -1, half)
    return found


@dataclass(frozen=True)
class Cells:
    """Consecutive cells in s of one arm, with the mass of each and the density in s at both edges."""

    arm: Arm
    left: Array
    right: Array
    mass: Array
    slope_left: Array
    slope_right: Array
    smallest: float
    error: float


def _gauss(arm: Arm, left: Array, right: Array) -> tuple[Array, float]:
    half = (right - left) / 2
    nodes = left[:, None] + half[:, None] * (1 + _NODES)
    values = arm.density_in_s(nodes)
    return half * (values @ _WEIGHTS), float(values.min(initial=0.0))


@np.errstate(over="ignore", invalid="ignore")  # a divergent integral may overflow
def cells(arm: Arm, *, invertible: bool) -> Cells:
    """Cells fine enough for the mass, and for the cubic inverse when `invertible`."""
    edges = np.linspace(-S_MAX, S_MAX, FIRST_CELLS + 1)
    left, right = edges[:-1], edges[1:]
    done: list[tuple[Array, Array, Array]] = []
    smallest, error, scale = 0.0, 0.0, 1.0
    for depth in range(MAX_DEPTH):
        middle = (left + right) / 2
        whole, lowest = _gauss(arm, left, right)
        first, _ = _gauss(arm, left, middle)
        second, _ = _gauss(arm, middle, right)
        smallest = min(smallest, lowest)
        defect = np.nan_to_num(np.abs(first + second - whole), nan=np.inf)
        scale = max(scale, float(np.abs(whole).max()))
        rough = defect > MASS_TOLERANCE * scale
        if invertible:
            guess = _inverse_cubic(
                np.divide(first, whole, out=np.full_like(whole, 0.5), where=whole > 0),
                *_unit_slopes(whole, right - left, arm.density_in_s(left), arm.density_in_s(right)),
            )
            rough |= np.abs(guess - 0.5) * whole > INVERSE_TOLERANCE
        if depth == MAX_DEPTH - 1 or left.size > MAX_CELLS:
            rough[:] = False
        done.append((left[~rough], right[~rough], (first + second)[~rough]))
        error += float(defect[~rough].sum())
        if not rough.any():
            break
        left, right = (
            np.concatenate([left[rough], middle[rough]]),
            np.concatenate([middle[rough], right[rough]]),
        )
    left, right, mass = (np.concatenate(column) for column in zip(*done, strict=True))
    order = np.argsort(left)
    left, right, mass = left[order], right[order], mass[order]
    return Cells(arm, left, right, mass, arm.density_in_s(left), arm.density_in_s(right), smallest, error)


@dataclass(frozen=True)
class Mass:
    """An integral over pieces, and what was met on the way.

    Attributes:
        value: the integral.
        error: estimate of its error.
        smallest: the smallest value of the integrand met, 0 if none is negative.
        beyond: |mass| at distances under e^-522 or above e^522 from an end: not small if it diverges.
        is_real: False when a value at a moderate distance from an end is not a real number.
    """

    value: float
    error: float
    smallest: float
    beyond: float
    is_real: bool


@np.errstate(over="ignore", invalid="ignore")
def total_mass(pieces: Iterable[Piece]) -> Mass:
    """The integral over all pieces."""
    parts = [cells(arm, invertible=False) for arm in arms(pieces)]
    moderate = np.linspace(-1.2, 1.2, 25)
    return Mass(
        float(sum(part.mass.sum() for part in parts)),
        sum(part.error for part in parts),
        min(part.smallest for part in parts),
        float(sum(np.abs(part.mass[np.abs(part.left + part.right) > 13.0]).sum() for part in parts)),
        not any(np.isnan(part.arm.density(part.arm.distance(moderate)[0])).any() for part in parts),
    )


def _unit_slopes(mass: Array, width: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """d(sigma)/d(fraction) at both edges of a cell, sigma and fraction running over [0, 1]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = [np.where(edge > 0, mass / (width * edge), 1.0) for edge in (left, right)]
    return np.clip(slopes[0], 0.0, 3.0), np.clip(slopes[1], 0.0, 3.0)


def _inverse_cubic(fraction: Array, slope_left: Array, slope_right: Array) -> Array:
    """Cubic Hermite sigma(fraction) with sigma(0) = 0, sigma(1) = 1; monotone for slopes <= 3."""
    q = fraction
    return q * (1 - q) ** 2 * slope_left + q * q * (3 - 2 * q) - q * q * (1 - q) * slope_right


@dataclass(frozen=True)
class InverseCdf:
    """Quantiles of a density, with an error of about 1e-10 in probability."""

    cumulative: Array
    left: Array
    width: Array
    slope_left: Array
    slope_right: Array
    anchor: Array
    direction: Array
    reach: Array

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> InverseCdf:
        """The inverse CDF of a density given by its pieces."""
        columns: list[tuple[Array, ...]] = []
        for arm in arms(pieces):
            part = cells(arm, invertible=True)
            left, right = _unit_slopes(part.mass, part.right - part.left, part.slope_left, part.slope_right)
            rows = np.arange(part.mass.size)[:: arm.direction]
            constant = np.ones(rows.size)
            columns.append(
                (
                    np.maximum(part.mass[rows], 0.0),
                    part.left[rows],
                    (part.right - part.left)[rows],
                    left[rows],
                    right[rows],
                    arm.anchor * constant,
                    arm.direction * constant,
                    arm.reach * constant,
                )
            )
        mass, *rest = (np.concatenate(column) for column in zip(*columns, strict=True))
        return cls(np.concatenate([[0.0], np.cumsum(mass)]) / mass.sum(), *rest)

    def __call__(self, probability: Array) -> Array:
        """The quantiles of an array of probabilities in [0, 1)."""
        cell = np.searchsorted(self.cumulative, probability, side="right") - 1
        cell = np.minimum(cell, self.left.size - 1)
        start = self.cumulative[cell]
        mass = self.cumulative[cell + 1] - start
        fraction = np.divide(probability - start, mass, out=np.zeros_like(start), where=mass > 0)
        direction = self.direction[cell]
        fraction = np.where(direction > 0, fraction, 1 - fraction)
        sigma = _inverse_cubic(fraction, self.slope_left[cell], self.slope_right[cell])
        u, _ = _distance(self.left[cell] + self.width[cell] * sigma, self.reach[cell])
        return self.anchor[cell] + direction * u
