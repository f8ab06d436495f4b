r"""The law of the size of a residual sqrt(2 R) G - eps, as nodes and weights for `adam_transforms`.

With |r| = e^y the density of y is e^y (f(e^y) + f(-e^y)),

    f(r) = int normal(z) f_eps(s z - r) dz + sum over atoms p_a normal((r + a)/s)/s,    s = sqrt(2 R).

Where eps is near a point q at which its density is singular or steep (an end of a piece, a centre of
symmetry), z is near z_q = (r + q)/s. The integral is cut at z_q and at z_q +- s^-1 2^k, and Gauss-Legendre
nodes are used in between: every term is positive, so that f keeps its relative accuracy far out, where
laws without a variance have a share of their mass. The trapezoidal rule in y follows, with a step that
resolves normal((r + q)/s) at r = |q|.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom, FamilyPart
from signsgd_sym.solve.residual import FIRST, Residual, from_density

Array = NDArray[np.float64]

STEP = 0.16
"""Largest step in y."""
HIGHEST = 100.0
"""Largest y, in units of the scale of the law: nodes to the fourth power stay within float64."""
CHUNK = 256
"""Nodes whose densities are computed together."""
LONGEST = 20_000
"""Nodes that a residual may have."""
MASS = 1e-7
"""How far the weights may be from adding up to 1."""
_FINEST, _WIDEST = -30, 6
"""Least k of the cuts, in units of the scale of the law, and the k that they reach at least."""
_NORMAL = np.arange(-9.0, 10.0)
"""Cuts of the normal density."""
_GAUSS = np.polynomial.legendre.leggauss(12)


def residual_under(law: NoiseLaw, risk: float, step: float = STEP) -> tuple[Residual, float]:
    """|sqrt(2 R) G - eps| in units of its geometric mean, and that unit.

    law : label noise without symbolic parameters
    risk : R > 0

    Raises `ParameterError` for symbolic parameters, `NotConverged` when R is too small beside an atom or an
    end of the law, or a tail too heavy, for the nodes to hold its mass.

    >>> from signsgd_sym.model.noise import noise_law
    >>> r, unit = residual_under(noise_law("Laplace(0, 1)"), 1.5)
    >>> bool(abs(unit**2 * r.mean(r.nodes**2) - 5) < 1e-10)  # 2 R + E eps^2
    True
    """
    width = scale_of(law)
    points, s = special_points(law), float(np.sqrt(2 * risk))
    far = max(map(abs, points), default=0.0)
    step = min(step, 0.6 * s / far) if far else step
    low = np.log(s) + FIRST
    start = np.log(far + 9 * s)
    if (start - low) / step < LONGEST:
        high = _end(law, s, points, width, start, np.log(max(s, width, far)) + HIGHEST)
    else:
        high = start
    if (high - low) / step >= LONGEST:
        raise NotConverged(
            f"at R = {risk:.3g} the residual under {law.text} needs {(high - low) / step:.0f} nodes, more "
            f"than {LONGEST}; ask for a shorter time or a larger step size, at which R stays larger."
        )
    y = np.arange(low, high + step, step)
    made = from_density(y, _density_of_size(law, s, points, width, np.exp(y)))
    mass = float(made.weights.sum())
    if not abs(mass - 1) < MASS:
        raise NotConverged(
            f"at R = {risk:.3g} the nodes hold {mass:.10g} of the residual's law under {law.text}; take a "
            "law whose tail is less heavy, or whose scale is nearer to sqrt(2 R)."
        )
    unit = float(np.exp(made.weights @ y / mass))
    return Residual(made.nodes / unit, made.weights / mass), unit


def special_points(law: NoiseLaw) -> tuple[float, ...]:
    """Atoms, finite ends of pieces, centres of symmetry."""
    found = {float(point) for point in law.breakpoints}
    for _, part in law.parts:
        if isinstance(part, FamilyPart) and part.family.centre is not None:
            found.add(float(part.scale * part.family.at(part.family.centre, part.arguments) + part.shift))
    return tuple(sorted(point for point in found if np.isfinite(point)))


def scale_of(law: NoiseLaw) -> float:
    """The median distance of eps from the nearest special point, from a fixed sample: a scale, no more."""
    sample = law.sample(np.random.default_rng(0), 1001)
    points = np.array(special_points(law) or (0.0,))
    away = np.abs(sample[:, None] - points).min(axis=1)
    return float(np.median(away[away > 0])) if np.any(away > 0) else 0.0


def gaussian_variance(law: NoiseLaw) -> float | None:
    """E eps^2 of a Gaussian law of mean 0, or of no noise; None for another law, or with parameters."""
    exact = exact_gaussian_variance(law)
    return None if exact is None else float(exact)


def exact_gaussian_variance(law: NoiseLaw) -> sp.Expr | None:
    """`gaussian_variance` as an exact number.

    >>> exact_gaussian_variance(NoiseLaw.from_text("Normal(0, 1/2)"))
    1/4
    """
    part = law.parts[0][1]
    centred = part.is_symmetric if isinstance(part, FamilyPart) else False
    is_gaussian = isinstance(part, FamilyPart) and part.name == "Normal" and centred
    is_zero = isinstance(part, Atom) and part.location == 0
    if len(law.parts) != 1 or law.parameters or not (is_gaussian or is_zero):
        return None
    return law.second_moment()


def _end(
    law: NoiseLaw, s: float, points: tuple[float, ...], width: float, start: float, highest: float
) -> float:
    """y >= start beyond which the density of y is below 1e-18."""
    coarse = np.arange(start, max(highest, start + 0.5), 0.5)
    seen = np.exp(coarse) * _density_of_size(law, s, points, width, np.exp(coarse))
    above = np.flatnonzero(seen > 1e-18)
    return float(coarse[above[-1]]) + 0.5 if len(above) else start


def _density_of_size(law: NoiseLaw, s: float, points: tuple[float, ...], width: float, size: Array) -> Array:
    both = np.concatenate([size, -size])
    total = np.zeros(len(both))
    for weight, part in law.parts:
        if isinstance(part, Atom):
            total += float(weight) * _normal((both + float(part.location)) / s) / s
    if any(not isinstance(part, Atom) for _, part in law.parts):
        for start in range(0, len(both), CHUNK):
            chunk = slice(start, start + CHUNK)
            total[chunk] += _smoothed(law, s, points, width, both[chunk])
    return np.asarray(total[: len(size)] + total[len(size) :])


def _smoothed(law: NoiseLaw, s: float, points: tuple[float, ...], width: float, r: Array) -> Array:
    """int normal(z) f_eps(s z - r) dz."""
    # Cuts go on until they are as wide as the normal density, so that no panel sees a narrow peak from afar.
    widest = max(_WIDEST, int(np.ceil(np.log2(s / width))) + 2)
    away = width / s * 2.0 ** np.arange(_FINEST, widest)
    offsets = np.concatenate([[0.0], away, -away])
    cuts = [np.broadcast_to(_NORMAL, (len(r), len(_NORMAL)))]
    cuts += [(r[:, None] + q) / s + offsets for q in points]
    edges = np.sort(np.clip(np.concatenate(cuts, axis=1), _NORMAL[0], _NORMAL[-1]), axis=1)
    half = np.diff(edges, axis=1)[:, :, None] / 2
    z = edges[:, :-1, None] + half * (1 + _GAUSS[0])
    values = _normal(z) * law.pdf(s * z - r[:, None, None])
    return np.asarray((values * half * _GAUSS[1]).sum(axis=(1, 2)))


def _normal(z: Array) -> Array:
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


__all__ = ["exact_gaussian_variance", "gaussian_variance", "residual_under", "scale_of", "special_points"]
