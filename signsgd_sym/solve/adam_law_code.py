r"""Adam's coefficients under any label noise as tables in log R, for code.

    drift_rate(R) = c_1(R)/sqrt(2 R),   noise_scale(R) = c_2(R),   (K_A)_ij = kernel(C_ij, R),

from `adam_law`. kernel(rho, R)/rho is at every R a Chebyshev series in y = (1 - rho^2)^(1/4), whose
coefficients are smooth functions of log R; a singular value decomposition of all of them gives the few terms
of sum_m a_m(log R) b_m(y) that matter.

Range: 16^-4 to 16^4 in units of the squared scale of the law. Where the law has atoms or ends at a distance
`far` from 0, the residual needs 75 far/sqrt(2 R) nodes: there the tables begin at far^2/800, which keeps one
value below about a second and a table within a minute.
"""

from __future__ import annotations

import math

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.codegen.correlation import moving_kernel_code
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.ir import Op
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.pieces import Growth, Pieces, nested_series, shortened, stacked
from signsgd_sym.codegen.reference import Reference
from signsgd_sym.codegen.tabulated import assemble_tables, of_log, on_range
from signsgd_sym.codegen.targets import TARGETS
from signsgd_sym.codegen.vector import vector_form
from signsgd_sym.derive.adam_law import adam_law_ode
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.notation import L_w, beta_2, c_1, c_2
from signsgd_sym.solve.adam_code import STILL_CONJECTURED, WITH_MOMENTUM
from signsgd_sym.solve.adam_kernel import check_theory
from signsgd_sym.solve.adam_law import FINE, Resolution, law_kernel
from signsgd_sym.solve.adam_pairs import Effort
from signsgd_sym.solve.adam_residual import STEP, scale_of, special_points
from signsgd_sym.solve.rule_code import RuleCode, modes_of, verdict_rows

Array = NDArray[np.float64]

WIDTH = math.log(16)
GROWTH = Growth(WIDTH, 3e-9, most=32)
REACH = 4
"""Pieces on either side of the squared scale of the law."""
CLOSEST = 800
"""Tables begin at far^2 over this."""
TERMS = 3e-9
"""Singular values below this, relative to the largest, are left out."""
FINEST = Resolution(0, Effort(), STEP)
CHECKS = 5
"""Risks at which the tables are compared with a finer resolution."""
RATE_DOC = "The drift factor c_1(R)/sqrt(2 R)."
SCALE_DOC = "c_2(R) = kernel(1, R), the long-run variance of a step: the diagonal of K_A."
KERNEL_DOC = "The entry of K_A for two coordinates of correlation rho at the risk R."
ENTRY = (
    "(K_A)_ij = kernel(rho, R), rho = K_ij/sqrt(K_ii K_jj), so that forcing is a function of R, "
    "noise_scale(R) lam_i sqrt(K_ii)/(2 d) for diagonal K"
)
NOTE = "; forcing is n_i at this R, from kernel(rho, R)"
AGAINST = "against a finer resolution of the constants"
EXACT = ("mpmath", "flint")


def adam_law_code(adam: Adam, law: NoiseLaw) -> RuleCode:
    """The module of Adam under a law that is not Gaussian, without symbolic parameters.

    Raises the errors of `law_kernel`, and `NotConverged` where a step of the derivation does not hold.
    """
    check_theory(adam)
    ode = adam_law_ode()
    rows = verdict_rows(ode, STILL_CONJECTURED)
    sde = ode.sde
    lo, count = table_range(law)
    rate, scale, terms = tables(adam, law, lo, count)
    functions = RiskFunctions(
        law=law.text,
        rule=adam.name,
        derivation=ode.derivation.id,
        evidence="float64 values of c_1, c_2 and the kernel",
        verdict="float64 values of c_1, c_2 and the kernel",
        formula="not used",
        phi=None,
        has_phi=False,
        rate=sde.rate,
        rate_at_zero=sp.nan,
        scale=c_2,
        noise_power=law.second_moment(),
        drift_matrix=sde.preconditioned,
        noise_matrix=sde.noise_matrix,
        modes=modes_of(sde, ENTRY, "K_A"),
        form=vector_form(ode.rhs, sde.rate, sde.scale),
        measure=Measure(()),
        degree=0,
        scale_in_noise=True,
        scale_doc=SCALE_DOC,
        definitions=tuple(
            (name, ode.derivation.definitions[name].subs(beta_2, adam.beta2))
            for name in (L_w, c_1, sde.noise_entry)
        ),
    )
    made = (
        on_range("drift_rate", RATE_DOC, Op("exp", (of_log(rate),)), rate),
        on_range("noise_scale", SCALE_DOC, of_log(scale), scale),
    )
    kernel = moving_kernel_code("kernel", KERNEL_DOC, terms)
    references, error = _checked(adam, law, terms)
    low, high = math.exp(lo), math.exp(lo + count * WIDTH)
    rows = (
        *rows,
        *((("momentum", WITH_MOMENTUM),) if adam.beta1 else ()),
        ("tables", f"for R in [{low:.6g}, {high:.6g}], NaN elsewhere"),
        (
            "kernel(rho, R)",
            f"off by {error:.1e} at most, seen at {CHECKS} risks and 21 correlations {AGAINST}",
        ),
    )
    pieces = (rate, scale, *(table for pair in terms for table in pair))
    module = assemble_tables(functions, made, pieces, rows, (kernel,), NOTE)
    return RuleCode(module, references, AGAINST, _refused(adam, law))


def _refused(adam: Adam, law: NoiseLaw) -> dict[str, str]:
    able = [name for name in TARGETS if name not in EXACT and (name != "latex" or not adam.beta1)]
    can = f"{', '.join(able)} can."
    refused = {
        target: f"the {target} target prints exact formulas, and under {law.text} c_1(R) and c_2(R) of Adam "
        f"are tables of float64 values; {can}"
        for target in EXACT
    }
    if adam.beta1:
        refused["latex"] = (
            "the latex target prints the integrals of the derivation, which records them for beta1 = 0, and "
            f"{adam.name} has momentum; {can}"
        )
    return refused


def table_range(law: NoiseLaw) -> tuple[float, int]:
    """log R at which the tables begin, and the number of their pieces.

    >>> from signsgd_sym.model.noise import noise_law
    >>> lo, count = table_range(noise_law("Rademacher(1)"))
    >>> float(round(math.exp(lo), 5)), count
    (0.00125, 7)
    """
    far = max(map(abs, special_points(law)), default=0.0)
    unit = 2 * math.log(scale_of(law) or far)
    lo, hi = unit - REACH * WIDTH, unit + REACH * WIDTH
    if far:
        lo = max(lo, 2 * math.log(far) - math.log(CLOSEST))
        hi = max(hi, lo + WIDTH)
    return lo, math.ceil((hi - lo) / WIDTH - 1e-9)


def tables(
    adam: Adam, law: NoiseLaw, lo: float, count: int
) -> tuple[Pieces, Pieces, tuple[tuple[Pieces, Pieces], ...]]:
    """log of c_1(R)/sqrt(2 R), c_2(R), and the pairs (a_m, b_m) of the kernel, from `count` pieces of log R.

    Raises the errors of `law_kernel`.
    """

    def at(u: float) -> Array:
        risk = math.exp(u)
        kernel = law_kernel(adam, law, risk, FINE)
        return np.append(kernel.coefficients, math.log(kernel.c1) - math.log(2 * risk) / 2)

    found = [nested_series(at, lo + k * WIDTH, lo + (k + 1) * WIDTH, GROWTH) for k in range(count)]
    rate = stacked("log_drift_rate", "log drift_rate(R), u = log R", lo, WIDTH, [one[:, -1] for one in found])
    in_y = [one[:, :-1] for one in found]
    ends = (-1.0) ** np.arange(in_y[0].shape[1])  # T_j(-1): y = 0, that is rho = 1
    scale = stacked("c2", "c_2(R), u = log R", lo, WIDTH, [one @ ends for one in in_y])
    _, size, directions = np.linalg.svd(np.concatenate(in_y), full_matrices=False)
    terms = []
    for m, direction in enumerate(directions[size > TERMS * size[0]]):
        of_R = stacked(f"a{m}", f"a_{m}(R), u = log R", lo, WIDTH, [one @ direction for one in in_y])
        of_y = f"b_{m}(y), kernel = rho sum_m a_m(R) b_m(y), y = u = (1 - rho^2)^(1/4)"
        terms.append((of_R, Pieces(f"b{m}", of_y, 0.0, 1.0, shortened(direction, 1e-11)[None, :])))
    return rate, scale, tuple(terms)


def _checked(
    adam: Adam, law: NoiseLaw, terms: tuple[tuple[Pieces, Pieces], ...]
) -> tuple[tuple[tuple[str, Reference], ...], float]:
    """c_1/sqrt(2 R) and c_2 at a few risks from the finest resolution, and the error of the kernel there."""
    first = terms[0][0]
    span = first.hi - first.lo
    u = first.lo + span * (np.arange(CHECKS) + 0.381966) / CHECKS
    risks, rho = np.exp(u), np.linspace(0, 1, 21)
    finest = [law_kernel(adam, law, float(R), FINEST) for R in risks]
    y = (1 - rho**2) ** 0.25
    error = 0.0
    for one, at in zip(finest, u, strict=True):
        table = rho * sum(a(at) * b(y) for a, b in terms)
        error = max(error, float(np.max(np.abs(table - one(rho)))))
    if not error < 1e-5:
        raise NotConverged(f"the kernel of {adam.name} under {law.text} is off by {error:.1e} in its tables.")
    zero = np.zeros_like(risks)
    values = (np.array([k.c1 for k in finest]) / np.sqrt(2 * risks), np.array([k.c2 for k in finest]))
    names = ("drift_rate", "noise_scale")
    return tuple((n, Reference(risks, v, zero, zero)) for n, v in zip(names, values, strict=True)), error


__all__ = ["adam_law_code", "table_range", "tables"]
