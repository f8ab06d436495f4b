"""Generated code against what an expert would write by hand, with the same compiler and flags: ratios.

    python tests/benchmarks/bench_generated_speed.py [--d 10000]

risk_rhs over d modes in C, Numba and NumPy; phi of one R in C. Each pair is timed in turn, many times, and
the ratio of the fastest times is printed. The hand-written forms use libm's exp and erfc, which overflow for
large R: they are timed where they work.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from signsgd_sym.codegen.harness import FLAGS, compiler
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.codegen.targets.numpy import load
from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import noise_law
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.solve.functions import make_problem

HAND = {
    "Laplace(0, 1)": "1.1283791670955126 * sqrt(R) * exp(R) * erfc(sqrt(R))",
    "Normal(0, 1)": "0.6366197723675814 * sqrt(2.0 * R / (2.0 * R + 1.0))",
    "Rademacher(1)": "0.6366197723675814 * exp(-0.25 / R)",
    "Cauchy(0, 1)": "0.6366197723675814 * exp(0.25 / R) * erfc(0.5 / sqrt(R))",
    "Uniform(-2, 2)": "0.5641895835477563 * sqrt(R) * erf(1.0 / sqrt(R))",
    "StudentT(3)": (
        "(2.0 * R - 3.0) * exp(0.75 / R) * erfc(0.8660254037844386 / sqrt(R)) / (3.141592653589793 * R)"
        " + 0.6221080398117307 / sqrt(R)"
    ),
}
NUMPY_HAND = """
import numpy as np
from scipy import special


def risk_rhs(t, r, lam, forcing, eta):
    R = np.sum(r)
    root = np.sqrt(R)
    rate = 0.7978845608028654 * special.erfcx(root)
    return -2 * eta * rate * lam * r + eta**2 * forcing
"""
NUMBA_HAND = """
import math
import numba


@numba.njit
def risk_rhs(t, r, lam, forcing, eta):
    R = 0.0
    for j in range(len(r)):
        R += r[j]
    rate = 0.7978845608028654 * math.exp(R) * math.erfc(math.sqrt(R))
    out = numba.np.ufunc if False else r.copy()
    a, b = -2 * eta * rate, eta**2
    for j in range(len(r)):
        out[j] = a * lam[j] * r[j] + b * forcing[j]
    return out
""".replace("numba.np.ufunc if False else ", "")
MAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
double hand_phi(double R);
double hand_phi(double R) { return HAND; }
static void hand_rhs(double t, const double *r, const double *lam, const double *forcing, double eta,
                     size_t n, double *out) {
    (void)t;
    double R = 0.0;
    for (size_t i = 0; i < n; ++i) R += r[i];
    const double rate = hand_phi(R) / sqrt(2.0 * R);
    const double a = -2.0 * eta * rate, b = eta * eta;
    for (size_t i = 0; i < n; ++i) out[i] = a * lam[i] * r[i] + b * forcing[i];
}
int main(void) {
    enum { N = 1024 };
    const size_t d = DIMENSION;
    double *r = malloc(4 * d * sizeof *r), *lam = r + d, *forcing = r + 2 * d, *out = r + 3 * d;
    double R[N], sum = 0.0;
    for (size_t i = 0; i < d; ++i) {
        r[i] = 1.0 / (double)d;
        lam[i] = 1.0 + 1.0 / (1.0 + (double)i);
        forcing[i] = 0.5;
    }
    for (int k = 0; k < N; ++k) R[k] = pow(10.0, LOW + (HIGH - LOW) * k / N);
    /* Through pointers: both are calls, as from another file. */
    double (*volatile by_hand)(double) = hand_phi, (*volatile ours)(double) = signsgd_phi;
    double best[4] = {1e9, 1e9, 1e9, 1e9};
    for (int repeat = 0; repeat < 300; ++repeat) {
        double start = now();
        hand_rhs(0.0, r, lam, forcing, 0.5, d, out); sum += out[repeat % d];
        double stop = now(); if (stop - start < best[0]) best[0] = stop - start;
        start = now();
        signsgd_risk_rhs(0.0, r, lam, forcing, 0.5, d, out); sum += out[repeat % d];
        stop = now(); if (stop - start < best[1]) best[1] = stop - start;
        start = now();
        for (int k = 0; k < N; ++k) sum += by_hand(R[k]);
        stop = now(); if (stop - start < best[2]) best[2] = stop - start;
        start = now();
        for (int k = 0; k < N; ++k) sum += ours(R[k]);
        stop = now(); if (stop - start < best[3]) best[3] = stop - start;
    }
    printf("%.17g %.17g %.17g %.17g %g\n", best[0], best[1], best[2] / N, best[3] / N, sum);
    free(r);
    return 0;
}
"""


def in_c(law: str, source: str, d: int) -> tuple[float, float, float, float]:
    """Seconds of: hand-written rhs, generated rhs, hand-written phi, generated phi."""
    low, high = (-3, 2.5) if law != "Cauchy(0, 1)" else (-2, 3)
    main = MAIN.replace("HAND", HAND[law]).replace("DIMENSION", str(d))
    main = main.replace("LOW", f"({low}.0)").replace("HIGH", f"({high})")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        (path / "both.c").write_text("#define _POSIX_C_SOURCE 200809L\n" + source + main)
        command = compiler()
        assert command is not None
        subprocess.run([command, *FLAGS, "both.c", "-o", "both", "-lm"], cwd=path, check=True)
        out = subprocess.run([path / "both"], check=True, capture_output=True, text=True).stdout
    a, b, c, e, _ = (float(part) for part in out.split())
    return a, b, c, e


def in_python(one: object, other: object, d: int, repeats: int = 3000) -> tuple[float, float]:
    """Seconds of one call of each, the fastest of many, timed in turn."""
    r, lam, forcing = np.full(d, 1 / d), np.linspace(0.5, 2, d), np.full(d, 0.5)
    best = [1e9, 1e9]
    for f in (one, other):
        f(0.0, r, lam, forcing, 0.5)  # type: ignore[operator]
    for _ in range(repeats):
        for k, f in enumerate((one, other)):
            start = time.perf_counter()
            f(0.0, r, lam, forcing, 0.5)  # type: ignore[operator]
            best[k] = min(best[k], time.perf_counter() - start)
    return best[0], best[1]


def main() -> None:
    """Print the table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--d", type=int, default=10_000)
    options = parser.parse_args()
    ode = derive_risk_ode(derive_sde(SIGN))
    for law in HAND:
        made = make_problem(SIGN, noise_law(law), ode=ode)
        hand, ours, hand_phi, our_phi = in_c(law, source_of("c")(made.generated), options.d)
        print(
            f"C      {law:16} risk_rhs {1e6 * ours:7.2f} us, by hand {1e6 * hand:7.2f}: "
            f"{ours / hand:5.2f}x   phi {1e9 * our_phi:6.1f} ns, by hand {1e9 * hand_phi:6.1f}: "
            f"{our_phi / hand_phi:5.2f}x",
            flush=True,
        )
        if law != "Laplace(0, 1)":
            continue
        for target, text in (("numpy", NUMPY_HAND), ("numba", NUMBA_HAND)):
            by_hand, generated = load(text).risk_rhs, load(source_of(target)(made.generated)).risk_rhs
            a, b = in_python(by_hand, generated, options.d)
            print(
                f"{target:6} {law:16} risk_rhs {1e6 * b:7.2f} us, by hand {1e6 * a:7.2f}: {b / a:5.2f}x",
                flush=True,
            )


if __name__ == "__main__":
    main()
