"""Cost of a step of the recursion at d = 1000: compiled loop alone, with draws, and a plain NumPy loop.

Run by hand: `python tests/benchmarks/bench_recursion.py`. Ratios are to the NumPy loop without draws, since
times alone say more about the machine than about the code.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import sympy as sp
from numpy.random import SeedSequence

from signsgd_sym.notation import R, z
from signsgd_sym.simulate import PoolStream
from signsgd_sym.simulate.formula import rule_formula, schedule_formula
from signsgd_sym.simulate.recursion import advance

D, ROWS, REPEATS = 1000, 131, 7
ETA = 1e-3


def seconds_per_step(block: Callable[[], object], rows: int = ROWS) -> float:
    """Median over repeats, after one call that compiles."""
    block()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        block()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) / rows


def main() -> None:
    """Print a table."""
    rng = np.random.default_rng(0)
    x, eps, delta = rng.standard_normal((ROWS, D)), rng.standard_normal(ROWS), rng.standard_normal(D)
    pool = PoolStream(rng.standard_normal((2000, D)), rng.standard_normal(2000)).blocks(SeedSequence(0))
    diagonal, dense = np.ones(D), np.eye(D)
    signs = np.empty(4096, np.int8)
    root = np.linalg.cholesky(0.5 * np.eye(D) + 0.5)
    sign, sgd, tanh = (rule_formula(f) for f in (sp.sign(z), z, sp.tanh(z)))
    of_R = schedule_formula(sp.sqrt(2 * R) / 1000)

    def numpy_loop() -> None:
        for row, noise in zip(x, eps, strict=True):
            r = row @ delta - noise
            np.subtract(delta, ETA / D * np.sign(r) * np.sign(row), out=delta)

    def diagonal_draws() -> None:
        rng.standard_normal(out=x)
        advance(sign, ETA, diagonal, x, rng.standard_normal(ROWS), 0, delta, signs)

    def dense_draws() -> None:
        np.matmul(rng.standard_normal((ROWS, D)), root.T, out=x)
        advance(sign, ETA, diagonal, x, rng.standard_normal(ROWS), 0, delta, signs)

    def pool_draws() -> None:
        rows, noise = next(pool)
        advance(sign, ETA, diagonal, rows, noise, 0, delta, signs)

    cases: dict[str, Callable[[], object]] = {
        "NumPy loop, sign, no draws": numpy_loop,
        "compiled, sign, no draws": lambda: advance(sign, ETA, diagonal, x, eps, 0, delta, signs),
        "compiled, sgd, no draws": lambda: advance(sgd, ETA, diagonal, x, eps, 0, delta, signs),
        "compiled, tanh, no draws": lambda: advance(tanh, ETA, diagonal, x, eps, 0, delta, signs),
        "compiled, sign, eta(R), diagonal K": lambda: advance(sign, of_R, diagonal, x, eps, 0, delta, signs),
        "compiled, sign, eta(R), dense K": lambda: advance(sign, of_R, dense, x, eps, 0, delta, signs),
        "compiled, sign, with draws, diagonal K": diagonal_draws,
        "compiled, sign, with draws, dense K": dense_draws,
        "compiled, sign, rows of a pool": pool_draws,
    }
    reference = seconds_per_step(numpy_loop)
    for name, block in cases.items():
        seconds = seconds_per_step(block)
        print(f"{name:40s} {seconds * 1e9:10.0f} ns/step   {seconds / reference:8.3f} of the NumPy loop")


if __name__ == "__main__":
    main()
