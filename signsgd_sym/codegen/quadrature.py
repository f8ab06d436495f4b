r"""int f(x) exp(-sigma x^2) dx in float64 for many sigma at once, each value with a proved error.

The rule of `panels`, evaluated relative to a reference q*: the integral is exp(-q* sigma) times
sum_j w_j exp(-(x_j^2 - q*) sigma), and with q* near the x^2 that dominate, the exponents that count are
small: nothing is lost where phi is 1e-300. exp(-q* sigma) is left to ball arithmetic.

Rounding, u = 2^-53: x_j^2 is a sum of two floats; the exponent is rounded four times; exp is assumed to be
within 2 ulp (4 u), as NumPy states; the positive terms are added in a binary tree, log2(J) u.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray

from signsgd_sym.balls import compile_expr
from signsgd_sym.balls.ball import Evaluator, precision
from signsgd_sym.codegen.halves import BITS, halves_of, number
from signsgd_sym.codegen.measure import Measure, Term
from signsgd_sym.codegen.panels import FLOOR, Panel, Refiner, crude_total
from signsgd_sym.notation import R

Array = NDArray[np.float64]

U = 2.0**-53
ROUNDS = 4
LO, HI = 2.0**-67, 2.0**67
"""The default range of R, 6.8e-21 to 1.5e20."""


@dataclass(frozen=True, eq=False)
class Rule:
    """Nodes (weight, radius, x^2 = square + square_low) and errors (size + slope sigma) exp(-q sigma)."""

    weight: Array
    radius: Array
    square: Array
    square_low: Array
    errors: Array

    @staticmethod
    def of(panels: list[Panel], atoms: list[tuple[float, float, float, float]]) -> Rule:
        """The rule of all panels, and atoms as (weight, radius, square, square_low)."""
        rows = [(n.weight, n.radius, n.square, n.square_low) for p in panels for n in p.nodes] + atoms
        errors = [(p.error.size, p.error.slope, p.error.square) for p in panels]
        table = np.array(rows, dtype=float).reshape(-1, 4)
        weight, radius, square, square_low = table.T.copy()
        return Rule(weight, radius, square, square_low, np.array(errors, dtype=float).reshape(-1, 3))

    def reference(self, sigma: float) -> float:
        """The mean of x^2 under w exp(-sigma x^2): the q* near which the exponents are small."""
        with np.errstate(under="ignore"):
            share = np.abs(self.weight) * np.exp(-self.square * sigma)
        total = share.sum()
        return float(share @ self.square / total) if total > 0 else 0.0

    def log_total(self, sigma: Array) -> Array:
        """log of the sum, unproved."""
        with np.errstate(under="ignore", divide="ignore"):
            exponents = np.log(np.abs(self.weight)) - sigma[:, None] * self.square[None, :]
            top = np.maximum(exponents.max(axis=1, initial=FLOOR), FLOOR)
            rest = np.exp(exponents - top[:, None]).sum(axis=1)
            return np.asarray(np.maximum(top + np.log(rest), FLOOR))

    def scaled(self, sigma: Array, reference: float) -> tuple[Array, Array]:
        """(S, e): the integral is exp(-reference sigma) (S +- e), for numbers within u of `sigma`."""
        with np.errstate(under="ignore", over="ignore", invalid="ignore"):
            offset = (self.square - reference) + self.square_low
            kernel = np.exp(-sigma[:, None] * offset[None, :])
            size = np.abs(self.weight)
            depth = math.ceil(math.log2(max(len(size), 2)))
            relative = (5 + 1 + depth) * U * 1.01
            error = kernel @ (relative * size + self.radius)
            error += sigma * (kernel @ (size * (6 * U * np.abs(offset) + 4 * U * U * np.abs(self.square))))
            error += len(size) * 1e-322 * (1 + size.sum())  # underflow
            if len(self.errors):
                scale, slope, square = self.errors.T
                decay = np.exp(-sigma[:, None] * (square - reference)[None, :] * (1 - 1e-12))
                error += decay @ scale + sigma * (decay @ slope)
            total = _tree_sum(kernel * self.weight)
        known = np.isfinite(total) & np.isfinite(error)
        return np.where(known, total, 0.0), np.where(known, error * 1.01, np.inf)


def _tree_sum(terms: Array) -> Array:
    """Row sums in a binary tree: every term takes part in at most log2 of their number additions."""
    while terms.shape[1] > 1:
        half = terms.shape[1] // 2
        rest = terms[:, 2 * half :]
        terms = np.hstack([terms[:, :half] + terms[:, half : 2 * half], rest])
    return terms[:, 0] if terms.shape[1] else np.zeros(len(terms))


@dataclass(frozen=True, eq=False)
class Quadrature:
    """phi(R) = (2/pi) sum of prefactor(R) times integral at sigma(R) = 1/(4 S(R)), one rule a term.

    The rules are refined for R in [lo, hi]; the errors hold for all R.
    """

    parts: tuple[tuple[Rule, Evaluator, Evaluator], ...]
    lo: float
    hi: float

    @staticmethod
    def of(measure: Measure, lo: float = LO, hi: float = HI) -> Quadrature:
        """Build the rules.

        Raises `NotConverged` for a density that the kernel does not know, or that needs too many panels.
        """
        grid = np.exp2(np.arange(math.floor(math.log2(lo)), math.ceil(math.log2(hi)) + 0.1, 0.25))
        parts = []
        with precision(BITS):
            for term in measure.terms:
                spread = compile_expr(1 / (4 * term.spread), (R,))
                prefactor = compile_expr(term.prefactor, (R,))
                sigma = np.sort([float(spread([acb(float(r))], False).real) for r in grid])
                parts.append((_rule(term, sigma), spread, prefactor))
        return Quadrature(tuple(parts), lo, hi)

    def balls(self, risks: list[arb]) -> list[tuple[arb, float]]:
        """phi at each R of a cluster: a ball for the computed sum, and its proved relative error."""
        with precision(BITS):
            total = [arb(0)] * len(risks)
            error = [arb(0)] * len(risks)
            for rule, spread, prefactor in self.parts:
                exact = [spread([acb(r)], False).real for r in risks]
                sigma = np.array([float(s) for s in exact])
                reference = rule.reference(float(sigma[len(sigma) // 2]))
                values, errors = rule.scaled(sigma, reference)
                for k, (r, s) in enumerate(zip(risks, exact, strict=True)):
                    front = prefactor([acb(r)], False).real * (-s * reference).exp()
                    total[k] += front * float(values[k])
                    error[k] += front * float(errors[k])
            found = []
            for value, e in zip(total, error, strict=True):
                least = value - e
                relative = float((e / least).upper()) if least > 0 else math.inf
                found.append((value * 2 / arb.pi(), relative * (1 + 1e-9) + 1e-30))
            return found

    def log_phi(self, risks: Array) -> tuple[Array, Array]:
        """log phi and the proved relative error of phi at increasing R, by binades where that will do.

        The logarithm is rounded: to be used with slack.
        """
        exponent = np.floor(np.log2(risks))
        pairs: list[tuple[arb, float]] = []
        for e in np.unique(exponent):
            cluster = [arb(float(r)) for r in risks[exponent == e]]
            together = self.balls(cluster)
            for r, pair in zip(cluster, together, strict=True):
                pairs.append(pair if pair[1] < 1e-12 or len(cluster) == 1 else self.balls([r])[0])
        logs = [float(value.log()) if value > 0 else -math.inf for value, _ in pairs]
        return np.array(logs), np.array([error for _, error in pairs])

    def phi(self, risks: Array) -> tuple[Array, Array]:
        """phi and its proved relative error at every R, the rounding of the result included."""
        pairs = [self.balls([arb(float(r))])[0] for r in risks]
        return np.array([float(v) for v, _ in pairs]), np.array([e + 2 * U for _, e in pairs])


def _rule(term: Term, sigma: Array) -> Rule:
    halves = list(halves_of(term))
    atoms = []
    for weight, location in term.atoms:
        mass, square = number(weight), number(location) ** 2
        high = float(square.mid())
        atoms.append((float(mass), float(mass) * 2 * U, high, float((square - high).mid())))
    refiner = Refiner(sigma, crude_total(halves, sigma))
    mass = number(term.mass)
    for half in halves:
        refiner.half(half, mass)
    for _ in range(ROUNDS):
        rule = Rule.of(refiner.panels, atoms)
        if not refiner.again(rule.log_total(sigma)):
            break
    return Rule.of(refiner.panels, atoms)
