r"""Power series of a linear Volterra system, order by order, with fast products.

In the variable s of a step, y = (y_1, ..., y_p) solves

    y_a = rho_a + int_0^s nu_a(s - u) z_a(u) du,      z_a = sum_b J_ab y_b,

with known power series rho_a, J_ab and nu_a. Convolution is a product of the sequences k! c_k: since
int_0^s (s - u)^j u^m du = j! m! s^(j+m+1)/(j+m+1)!,

    (k+1)! [y_a]_(k+1) = (k+1)! [rho_a]_(k+1) + sum_(j<=k) (j! [nu_a]_j) ((k-j)! [z_a]_(k-j)).

Coefficient k of z needs coefficient k of y, and that needs z only below k. So the unknowns come one by one,
and what earlier blocks contribute to later ones is a product of polynomials ("divide and conquer"): O(M
log^2 M) operations instead of M^2, all but the smallest blocks inside FLINT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_poly

Coefficients = list[arb]
BLOCK = 12
"""Blocks of this size are done by loops."""


@dataclass(frozen=True)
class Kernel:
    """nu by k! nu_k; `constant` where only the first of them is not 0."""

    hats: Sequence[arb]
    constant: bool = False


@dataclass(frozen=True)
class LinearSystem:
    """The system from order `first` on, for `size` coefficients; those below `first` are 0.

    `rho` has k! [rho_a]_k for k = first ... first + size - 1; `jacobian[a][b]` the coefficients of J_ab from
    order 0 on, None where J_ab = 0; `factorials` has k! from 0 on.
    """

    first: int
    size: int
    rho: list[Coefficients]
    jacobian: list[list[Coefficients | None]]
    kernels: list[Kernel]
    factorials: Sequence[arb]


def solve(system: LinearSystem) -> list[Coefficients]:
    """The coefficients [y_a]_k, k = first ... first + size - 1.

    >>> one = LinearSystem(0, 4, [[arb(1), arb(0), arb(0), arb(0)]], [[[arb(1), arb(0), arb(0), arb(0)]]],
    ...                    [Kernel([arb(1)], constant=True)], [arb(1), arb(1), arb(2), arb(6)])
    >>> [float(c) * 6 for c in solve(one)[0]]  # y = 1 + int y, that is exp
    [6.0, 6.0, 3.0, 1.0]
    """
    work = _Work(system)
    work.run(0, system.size)
    return work.y


class _Work:
    def __init__(self, system: LinearSystem) -> None:
        self.s = system
        size = system.size
        self.unknowns = range(len(system.rho))
        self.factorials = system.factorials[system.first : system.first + size]
        self.sums = [list(row) for row in system.rho]  # k! y_k as far as it is known
        self.y: list[Coefficients] = [[arb(0)] * size for _ in self.unknowns]
        self.z: list[Coefficients] = [[arb(0)] * size for _ in self.unknowns]
        self.z_hats: list[Coefficients] = [[arb(0)] * size for _ in self.unknowns]

    def run(self, lo: int, hi: int) -> None:
        """Finish the coefficients lo <= k < hi, given all that those below lo contribute."""
        if hi - lo <= BLOCK:
            self._loop(lo, hi)
            return
        mid = (lo + hi) // 2
        self.run(lo, mid)
        for a in self.unknowns:
            for b in self.unknowns:
                if (series := self.s.jacobian[a][b]) is not None:
                    _add_product(self.z[a], series, self.y[b], lo, mid, hi, 0)
            if not self.s.kernels[a].constant:
                _add_product(self.sums[a], self.s.kernels[a].hats, self.z_hats[a], lo, mid, hi, 1)
        self.run(mid, hi)

    def _loop(self, lo: int, hi: int) -> None:
        for k in range(lo, hi):
            for a in self.unknowns:
                self.y[a][k] = self.sums[a][k] / self.factorials[k]
            for a in self.unknowns:
                total = self.z[a][k]
                for b in self.unknowns:
                    if (series := self.s.jacobian[a][b]) is not None:
                        y = self.y[b]
                        for i in range(lo, k + 1):
                            total += series[k - i] * y[i]
                self.z[a][k] = total
                hat = self.z_hats[a][k] = total * self.factorials[k]
                kernel, sums = self.s.kernels[a], self.sums[a]
                if kernel.constant:
                    if k + 1 < self.s.size:
                        sums[k + 1] += kernel.hats[0] * hat
                    continue
                for later in range(k + 1, hi):
                    sums[later] += kernel.hats[later - 1 - k] * hat


def _add_product(
    target: Coefficients, known: Sequence[arb], left: Coefficients, lo: int, mid: int, hi: int, shift: int
) -> None:
    """target_k += sum over lo <= i < mid of known_(k - shift - i) left_i, for mid <= k < hi."""
    product = arb_poly(list(known[: hi - lo])) * arb_poly(left[lo:mid])
    for k in range(mid, hi):
        target[k] += product[k - shift - lo]
