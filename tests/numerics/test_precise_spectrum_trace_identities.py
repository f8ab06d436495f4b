r"""At N digits, and in a hundred dimensions:

    sum_i lam_i = tr(D^-q K),         sum_i r_i = Delta^T K Delta/2,
    sum_i n_i/lam_i = tr(D)/(2 d),    sum_i n_i = tr(K M)/(2 d)

for the sign rule, and tr(K) in place of tr(D) for SGD.
"""

import numpy as np
import pytest
from flint import arb, arb_mat

from signsgd_sym.balls.ball import precision
from signsgd_sym.model import SGD, SIGN, Covariance
from signsgd_sym.solve.precise_spectrum import exact_entries, precise_noise_matrix, precise_spectrum

DIGITS, d = 50, 100


def rotated_power_law():
    V = np.linalg.qr(np.random.default_rng(3).standard_normal((d, d)))[0]
    return Covariance.from_matrix(V * np.arange(1.0, d + 1) ** -1.5 @ V.T)


COVARIANCES = {
    "ar1": Covariance.ar1(d, 0.5),
    "unequal": Covariance.random_unequal(d, 1),
    "spiked": Covariance.spiked(d, 3, 10.0),
    "rotated power law": rotated_power_law(),
}


@pytest.mark.parametrize(
    ("name", "rule"),
    [("ar1", SIGN), ("unequal", SIGN), ("spiked", SGD), ("rotated power law", SIGN)],
    ids=str,
)
def test_sums_are_traces(ode, name, rule):
    covariance, sde = COVARIANCES[name], ode[rule].sde
    delta = np.random.default_rng(2).standard_normal(d)
    modes = precise_spectrum(sde, covariance, delta, DIGITS)
    with precision(300):
        entries = exact_entries(covariance)
        K, M = arb_mat(entries), precise_noise_matrix(sde, entries)
        D = [entries[i][i].sqrt() for i in range(d)]
        trace_D, trace_K = sum(D, arb(0)), K.trace()
        column = arb_mat([[arb(x)] for x in delta.tolist()])
        risk = (column.transpose() * K * column)[0, 0] / 2
        ratio = [n / x for n, x in zip(modes.forcing, modes.lam, strict=True)]
        claims = {
            "eigenvalues": (modes.lam, trace_D if rule == SIGN else trace_K),
            "risk": (modes.r0, risk),
            "forcing": (modes.forcing, (K * M).trace() / (2 * d)),
            "ratio": (ratio, (trace_D if rule == SIGN else trace_K) / (2 * d)),
        }
        for parts, whole in claims.values():
            assert abs(sum(parts, arb(0)) / whole - 1) < arb(10) ** -DIGITS
            assert abs(sum(parts[:-1], arb(0)) / whole - 1) > 1e-9  # without the largest mode
