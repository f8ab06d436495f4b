"""How long the kernel takes to enclose E exp(-eps^2/(4R)), or the mass (R = oo), of every law.

    python tests/benchmarks/bench_kernel.py                  # every law at its instance, 50 digits
    python tests/benchmarks/bench_kernel.py --digits 100 Davis Cauchy

The column "first" is what a program costs once: its compilation and the rewritings at the ends, beyond the
time of a second evaluation. Run it on an otherwise idle machine.
"""

import argparse
import sys
import time
from pathlib import Path

import sympy as sp

sys.path.append(str(Path(__file__).parents[1] / "laws"))
from law_table import TEXTS, numeric

from signsgd_sym.balls import enclose, program
from signsgd_sym.balls.evaluate import accuracy
from signsgd_sym.notation import R, eps

POINTS = [sp.Rational(10) ** k for k in (-8, -3, -1, 0)] + [sp.Integer(20), sp.Integer(10) ** 4, 10**8]


def timed(expr, point, digits):
    """Seconds of a first and a second enclosure, and the digits of the ball, or why there is none."""
    started = time.perf_counter()
    compiled = program(expr, point)
    seconds = []
    for _ in range(2):
        try:
            found = f"{accuracy(enclose(compiled, point, digits).ball):.0f}"
        except Exception as failure:  # the benchmark reports every failure and goes on
            found = type(failure).__name__
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    return *seconds, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--digits", type=int, default=50)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rows = []
    for text in TEXTS:
        if options.names and not any(name in text for name in options.names):
            continue
        law = numeric(text)
        cases = [("oo", law.mean_of(sp.Integer(1)), {})]
        mean = law.mean_of(sp.exp(-(eps**2) / (4 * R)))
        compiled = program(mean, {R: 1})
        cases += [(f"{float(at):.0e}", compiled, {R: at}) for at in POINTS]
        for name, expr, point in cases:
            first, second, digits = timed(expr, point, options.digits)
            rows.append(second)
            once = f"first {first - second:+7.3f} s"
            print(f"{text:28s} R = {name:6s} {second:7.3f} s  {once}  {digits}", flush=True)
    rows.sort()
    slow = sum(second > 0.1 for second in rows)
    median = rows[len(rows) // 2]
    print(f"{len(rows)} integrals: median {median:.3f} s, slowest {rows[-1]:.3f} s, {slow} over 0.1 s")


if __name__ == "__main__":
    main()
