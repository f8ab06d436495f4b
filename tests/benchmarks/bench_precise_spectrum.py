"""Seconds that the modes at N digits take, of dense covariances, and of mpmath.eigsy for the matrix alone.

    python tests/benchmarks/bench_precise_spectrum.py

"spiked" is the identity and three spikes: most of its eigenvalues are 1 to float64. Run it on an otherwise
idle machine.
"""

import time

import mpmath
import numpy as np

from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import SIGN, Covariance
from signsgd_sym.solve.precise_spectrum import precise_spectrum

SIZES = [(20, 50), (50, 50), (100, 50), (100, 100), (143, 30)]


def rotated_power_law(d):
    V = np.linalg.qr(np.random.default_rng(3).standard_normal((d, d)))[0]
    return Covariance.from_matrix(V * np.arange(1.0, d + 1) ** -1.5 @ V.T)


COVARIANCES = {
    "ar1": lambda d: Covariance.ar1(d, 0.5),
    "random": lambda d: Covariance.random_unequal(d, 1),
    "spiked": lambda d: Covariance.spiked(d, 3, 10.0),
    "rotated power law": rotated_power_law,
}


def seconds(f, *arguments):
    started = time.perf_counter()
    result = f(*arguments)
    return time.perf_counter() - started, result


def main():
    sde = derive_sde(SIGN)
    for d, digits in SIZES:
        for name, make in COVARIANCES.items():
            K, delta0 = make(d), np.ones(d)
            ours, modes = seconds(precise_spectrum, sde, K, delta0, digits)
            line = f"d = {d:3d}  {digits:3d} digits  {name:18s} {ours:7.3f} s  "
            line += f"residual 1e{modes.residual:.0f}"
            if d == 20:
                mp = mpmath.MPContext()
                mp.dps = digits
                theirs, _ = seconds(mp.eigsy, mp.matrix(K.S.tolist()))
                line += f"  mpmath.eigsy {theirs:.3f} s, {theirs / ours:.0f} times as long"
            print(line, flush=True)


if __name__ == "__main__":
    main()
