r"""Adam with a long memory, beta_2 = 1 - a and a -> 0, without momentum: c_1 and c_2 as series in a.

    c_1 = 1 - 5 a/2 + 913 a^2/24 - ...,      c_2 = 1 - 4 a + 262 a^2/3 - ...

Under the integral over s = s_v everything is a power series in a: of log F only the cumulants kappa_k of w^2
count, each with the geometric sum of its powers, (a s)^k/(1 - (1 - a)^k). The series diverge, as cumulants
grow like squares of factorials; that they are asymptotic is proved by `solve.adam_product`, which encloses
the constants themselves. `series_towards_one` has further coefficients.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym.derive.adam import INDEPENDENT, SHORTER_THAN_1, squared_gradient, transform_closed
from signsgd_sym.derive.adam_series import cumulants_of_square, series_towards_one
from signsgd_sym.notation import beta_2, s_v, sigma
from signsgd_sym.proof.derivation import Derivation, Recorder

TERMS = 2
"""Powers of a that are carried."""


def long_memory() -> Derivation:
    """The first terms of c_1 and c_2 as beta_2 -> 1.

    >>> long_memory().result
    913*a**2/24 - 5*a/2 + 1
    """
    record = Recorder(
        "adam-long-memory", "Long memory, beta_1 = 0: series in 1 - beta_2", (SHORTER_THAN_1, INDEPENDENT)
    )
    record.use(squared_gradient())
    a, j = sp.Symbol("a", positive=True), sp.Symbol("j", integer=True, nonnegative=True)
    kappa = cumulants_of_square(TERMS + 1)
    cumulants = sum(kappa[k] * (-sigma) ** k / sp.factorial(k) for k in range(1, TERMS + 2))
    record.expand(
        sp.log(transform_closed(sigma)),
        cumulants,
        "log L_w: moments ((2 k - 1)!!)^2 of w^2, hence these cumulants",
        variable=sigma,
        direction="+",
        order=sigma ** (TERMS + 2),
    )
    for k in range(2, TERMS + 2):
        whole = sp.Sum(((1 - beta_2) * beta_2**j * s_v) ** k, (j, 0, sp.oo))
        ratio = ((1 - beta_2) * s_v) ** k / (1 - beta_2**k)
        record.equal(whole, ratio, "a power of the exponents of F, over all gradients", needs=(INDEPENDENT,))
    exponent = -s_v + sum(
        kappa[k] * (-a * s_v) ** k / (sp.factorial(k) * (1 - (1 - a) ** k)) for k in range(2, TERMS + 2)
    )
    newest = sum(kappa[k + 1] * (-a * s_v) ** k / sp.factorial(k) for k in range(TERMS + 1))
    series = sp.series(sp.exp(exponent + s_v) * newest, a, 0, TERMS + 1).removeO()
    polynomial = sp.collect(sp.expand(series), a)
    record.expand(
        sp.exp(exponent) * newest,
        sp.exp(-s_v) * polynomial,
        "F times -L_w'/L_w of the newest, a = 1 - beta_2",
        variable=a,
        direction="+",
        order=a ** (TERMS + 1),
    )
    for name, weight, value in (
        ("c_2", sp.S.One, series_towards_one("c2", TERMS)),
        ("c_1", 1 / sp.sqrt(sp.pi * s_v), series_towards_one("c1", TERMS)),
    ):
        record.equal(
            sp.Integral(weight * sp.exp(-s_v) * polynomial, (s_v, 0, sp.oo)),
            sum(coefficient * a**k for k, coefficient in enumerate(value)),
            f"{name}, term by term",
        )
    return record.finish()


__all__ = ["long_memory"]
