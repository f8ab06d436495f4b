r"""Adam's constants, kernel and mode ODE under Gaussian label noise as a `Module`, for code.

    drift_rate(R) = c_1/sqrt(2 P), P = R + v^2/2, noise_scale(R) = c_2 = kernel(1), (K_A)_ij = kernel(C_ij),

from the ODE of `derive.adam_sde`. The entries of K_A have c_2 in them already, so that `risk_rhs` takes the
forcing n_i = lam_i (U^T D^(1/2) K_A D^(1/2) U)_ii/(2 d) as it stands. c_1, and c_2 without momentum, are
certified decimals of `adam_constants`; the kernel is the float64 series of `adam_kernel`.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.codegen import reference
from signsgd_sym.codegen.assemble import assemble
from signsgd_sym.codegen.functions import Constant, CorrelationKernel, RiskFunctions
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.pieces import Pieces, shortened
from signsgd_sym.codegen.vector import vector_form
from signsgd_sym.derive.adam_sde import adam_risk_ode
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.notation import P, R, c_1, c_2
from signsgd_sym.solve.adam_constants import adam_constants
from signsgd_sym.solve.adam_kernel import AdamKernel, adam_kernel, check_theory
from signsgd_sym.solve.rule_code import RuleCode, modes_of, verdict_rows

CERTIFIED_TO = sp.Rational(1, 1000)
"""Smallest 1 - beta2 with certified constants: the work grows like 1/(1 - beta2), to 20 s here."""
RISKS = np.ldexp(1.381966011250105, np.arange(-39, 40))
SERIES_DOC = "kernel(rho)/rho at u = (1 - rho^2)^(1/4)"
KERNEL_DOC = "The entry of K_A for two coordinates of correlation rho; the diagonal is kernel(1) = c_2."
SCALE_DOC = "c_2, the long-run variance of a coordinate's step: the diagonal of K_A, which forcing contains."
STILL_CONJECTURED = "a conjecture for Adam, supported by simulation; proved for signSGD only"
WITH_MOMENTUM = (
    "the derivation records beta_1 = 0; momentum enters as the sum over lags that its first page states, and "
    "c_2 as a long-run variance"
)


def adam_code(adam: Adam, law: NoiseLaw, variance: sp.Expr) -> RuleCode:
    """The module of Adam under N(0, v^2), `variance` = v^2 >= 0 exact.

    Raises:
        ParameterError: what `adam_kernel` and `adam_constants` refuse, eps > 0 among it.
        NotConverged: constants that overflow, or a step of the derivation that does not hold.

    >>> from signsgd_sym.model.noise import noise_law
    >>> made = adam_code(Adam(0, "1/2"), noise_law("Dirac(0)"), sp.S.Zero)
    >>> [f.name for f in made.generated.functions]
    ['drift_rate', 'noise_scale', 'population_risk']
    """
    check_theory(adam)
    kernel = adam_kernel(adam)
    ode = adam_risk_ode()
    sde = ode.sde
    constants = _constants(adam, kernel)
    population = R + variance / 2
    rate = sde.rate.subs(P, population)
    series = Pieces("kernel_series", SERIES_DOC, 0.0, 1.0, shortened(kernel.coefficients)[None, :])
    functions = RiskFunctions(
        law=law.text,
        rule=adam.name,
        derivation=ode.derivation.id,
        evidence="; ".join(f"{c.symbol} = {c}" for c in constants),
        verdict="; ".join(f"{c.symbol} = {c}" for c in constants),
        formula="not used",
        phi=None,
        has_phi=False,
        rate=rate,
        rate_at_zero=c_1 / sp.sqrt(variance) if variance else sp.oo,
        scale=c_2,
        noise_power=variance,
        drift_matrix=sde.preconditioned,
        noise_matrix=sde.noise_matrix,
        modes=modes_of(sde, "(K_A)_ij = kernel(rho), rho = K_ij/sqrt(K_ii K_jj)", "K_A"),
        form=vector_form(ode.rhs, sde.rate, sde.scale),
        measure=Measure(()),
        constants=constants,
        extra=(("population_risk", "P = R + E[eps^2]/2, half the mean square of the residual.", population),),
        kernel=CorrelationKernel("kernel", KERNEL_DOC, series, kernel.error),
        degree=0,
        scale_in_noise=True,
        scale_doc=SCALE_DOC,
    )
    rows = (
        *verdict_rows(ode, STILL_CONJECTURED),
        *((("momentum", WITH_MOMENTUM),) if adam.beta1 else ()),
        (
            "kernel(rho)",
            f"the entry of K_A, error about {kernel.error:.1e}, estimated by a second resolution",
        ),
    )
    module = assemble(functions, None, more=rows, without_psi="c_1/sqrt(2 P) compresses nothing further")
    references = tuple(
        (name, reference.of_expression(functions.with_numbers(expr), sp.S.One, RISKS)[0])
        for name, expr in (("drift_rate", rate), ("noise_scale", c_2))
    )
    return RuleCode(module, references)


def _constants(adam: Adam, kernel: AdamKernel) -> tuple[Constant, ...]:
    """c_1 and c_2, certified where `adam_constants` proves them in reasonable time."""
    estimated = [
        Constant(symbol, repr(float(value)), f"{kernel.error:.1e}", False)
        for symbol, value in ((c_1, kernel.c1), (c_2, kernel.c2))
    ]
    if 1 - adam.beta2 < CERTIFIED_TO:
        return tuple(estimated)
    found = adam_constants(adam.beta1, adam.beta2)
    return tuple(
        Constant(symbol, value.text, value.radius, True) if isinstance(value, CertifiedDecimal) else estimate
        for symbol, value, estimate in zip((c_1, c_2), (found.c1, found.c2), estimated, strict=True)
    )


__all__ = ["adam_code"]
