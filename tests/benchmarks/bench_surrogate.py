"""Time and proved error of the surrogate of phi, law by law.

    python tests/benchmarks/bench_surrogate.py             # every law below
    python tests/benchmarks/bench_surrogate.py Levy Davis  # those whose text contains a word

Run it on an otherwise idle machine.
"""

import argparse
import time

from signsgd_sym.codegen.surrogate import build_surrogate
from signsgd_sym.errors import SignSGDError
from signsgd_sym.model import noise_law
from signsgd_sym.solve.functions import measure_of

GOAL = 1e-13
LAWS = """
Arcsin(-2, 2)
Beta(2, 5)
BetaNoncentral(2, 3, 1)
BetaPrime(3/2, 2)
BoundedPareto(3/2, 1, 2)
Cauchy(0, 1/2)
Cauchy(1, 1/2)
Chi(3)
ChiNoncentral(3, 1)
ChiSquared(3)
Dagum(2, 3, 1)
Davis(1, 2, 1/4)
Erlang(3, 2)
ExGaussian(0, 1, 2)
Exponential(1)
ExponentialPower(0, 1, 3/2)
FDistribution(3, 4)
FisherZ(2, 3)
Frechet(3, 1, 0)
Gamma(5/2, 1)
GammaInverse(2, 1)
Gompertz(1, 1/2)
Gumbel(1, 0)
Kumaraswamy(2, 3)
Laplace(0, 2)
Laplace(1, 1/2)
Levy(0, 1)
LogCauchy(0, 1)
Logistic(0, 1)
LogLogistic(1, 3)
LogitNormal(0, 1)
LogNormal(0, 1)
Lomax(2, 1)
Maxwell(1)
Moyal(0, 1)
Nakagami(3/2, 2)
Normal(0, 3/2)
Normal(1, 1/2)
Pareto(1, 3)
PowerFunction(3, 0, 2)
QuadraticU(0, 2)
RaisedCosine(0, 2)
Rayleigh(1)
Reciprocal(1, 2)
ShiftedGompertz(1, 1/2)
StudentT(5/2)
StudentT(3)
Trapezoidal(-2, -1, 1, 2)
Triangular(-2, 2, 0)
Uniform(-2, 2)
UniformSum(3)
VonMises(0, 1)
GaussianInverse(1, 2)
Weibull(1, 3)
WignerSemicircle(2)
""".strip().splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("words", nargs="*")
    words = parser.parse_args().words
    laws = [law for law in LAWS if not words or any(word in law for word in words)]
    reached, slowest, total = 0, 0.0, 0.0
    for law in laws:
        started = time.perf_counter()
        try:
            found = build_surrogate(measure_of(noise_law(law)))
        except SignSGDError as error:
            print(f"{law:34} {error}", flush=True)
            continue
        seconds = time.perf_counter() - started
        reached += found.error <= GOAL
        slowest, total = max(slowest, seconds), total + seconds
        lo, hi = found.range
        print(
            f"{law:34} {seconds:5.2f} s  {len(found.betas):4} pieces  "
            f"error {found.error:.1e} on [{lo:.2g}, {hi:.2g}]",
            flush=True,
        )
    print(f"{reached} of {len(laws)} laws within {GOAL:g}; {total:.1f} s, the slowest {slowest:.2f} s")


if __name__ == "__main__":
    main()
