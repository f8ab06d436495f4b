r"""One Taylor step of the risk ODE in its own clock, at any number of digits.

In the clock tau, d tau = eta a(R) dt, every mode is linear:

    dr_i/d tau = -2 lam_i r_i + n_i q,    q = eta(t, R) s(R)/a(R),    dt/d tau = 1/(eta(t, R) a(R)).

So R = sum_i r_i sees the modes only through moments at the beginning of the step,

    R(tau) = sum_i r_i(0) e^(-2 lam_i tau) + int_0^tau nu(tau - u) q(u) du,  nu(u) = sum_i n_i e^(-2 lam_i u),

two unknown functions R and t whatever d is. Their power series come by Newton's method, which doubles the
number of known coefficients with each linear solve (`volterra`); the modes at the end of the step follow from
the coefficients of q by one matrix-vector product. R, not the modes, decides the step's length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb, arb_mat, arb_poly, arb_series, ctx

from signsgd_sym.errors import StepError
from signsgd_sym.notation import R, t
from signsgd_sym.solve.rate import Rate
from signsgd_sym.solve.series import Series, SeriesFunction, series_scope
from signsgd_sym.solve.volterra import Coefficients, Kernel, LinearSystem, solve

A = sp.Symbol("a", positive=True)
"""The value of a(R) in q and 1/(eta a)."""


@dataclass(frozen=True)
class State:
    """Time and modes at the beginning of a step; `risk` is their sum."""

    time: arb
    modes: tuple[arb, ...]

    @property
    def risk(self) -> arb:
        """R."""
        return sum(self.modes, arb(0))


@dataclass(frozen=True)
class Expansion:
    """Coefficients of R, t and q in powers of tau/scale."""

    scale: arb
    risk: Coefficients
    time: Coefficients
    forcing: Coefficients


class Flow:
    """The right-hand side in the clock tau, and what of it does not change from step to step.

    `lam` and `forcing` are the eigenvalues and n_i; `schedule` is eta in t and R, `noise_scale` is s(R).
    Everything lives at the precision of the enclosing `series_scope`.
    """

    def __init__(
        self,
        rate: Rate,
        schedule: Any,
        noise_scale: Any,
        lam: Sequence[arb],
        forcing: Sequence[arb],
        order: int,
    ) -> None:
        self.rate, self.order, self.forcing = rate, order, tuple(forcing)
        self.top = max(float(value) for value in lam)
        forcing_rate = schedule * noise_scale / A
        clock_rate = 1 / (schedule * A)
        names = (A, t, R)
        self._schedule, self._eta = schedule, SeriesFunction((t, R), schedule)
        rates = (forcing_rate, clock_rate)
        self._rates = SeriesFunction(names, *rates)
        self._slopes = SeriesFunction(names, *(sp.diff(rate, name) for rate in rates for name in names))
        self.depends_on_time = schedule.has(t)
        decay = [-2 * value for value in lam]
        powers = [[arb(1)] * len(decay)]
        for _ in range(2 * order):
            powers.append([(p * x).mid() for p, x in zip(powers[-1], decay, strict=True)])
        self._powers = arb_mat(powers[: order + 1])  # (order + 1, d)
        self._by_mode = arb_mat(powers).transpose()  # (d, 2 order + 1)
        self._decay = decay
        moments = self._powers * arb_mat(len(decay), 1, list(forcing))
        self._kernel = [moments[k, 0] for k in range(order + 1)]
        self._factorials = [arb(1)]
        for k in range(1, 3 * order + 3):
            self._factorials.append((self._factorials[-1] * k).mid())

    # --- the power series ---------------------------------------------------------------------------
    def expand(self, state: State, scale: arb) -> Expansion:
        """The power series of R, t and q from `state` on, to `order`, in units of `scale`."""
        order, hats = self.order, self._factorials
        moments = self._powers * arb_mat(len(state.modes), 1, list(state.modes))
        ladder = _powers_of(scale, order + 1)
        # k! times the coefficients of what R and t would be without forcing.
        base = [[moments[k, 0] * ladder[k] for k in range(order + 1)], [state.time] + [arb(0)] * order]
        kernels = [
            Kernel([scale * self._kernel[k] * ladder[k] for k in range(order + 1)]),
            Kernel([scale], constant=True),
        ]
        self._check(state)
        unknowns = [[base[0][0].mid()], [state.time.mid()]]
        known = 1
        while known <= order:
            size = min(known, order + 1 - known)
            with series_scope(ctx.prec, known + size):
                u = [arb_series(c, prec=known + size) for c in unknowns]
                q, jacobian = self._rates_along(u, size)
            rho = [self._residual(a, base[a], kernels[a], unknowns[a], q[a], known, size) for a in (0, 1)]
            if self.depends_on_time:
                fresh = solve(LinearSystem(known, size, rho, jacobian, kernels, hats))
            else:  # t follows from R
                fresh = solve(LinearSystem(known, size, rho[:1], [jacobian[0][:1]], kernels[:1], hats))
                fresh.append([])
            for a, row in enumerate(fresh):
                unknowns[a] += [c.mid() for c in row]
            if not self.depends_on_time:
                unknowns[1] += [arb(0)] * size
            known += size
        with series_scope(ctx.prec, order + 1):
            q, _ = self._rates_along([arb_series(c, prec=order + 1) for c in unknowns], 0)
        if not self.depends_on_time:
            unknowns[1] = [state.time] + [(scale * q[1][k] / (k + 1)).mid() for k in range(order)]
        return Expansion(scale, unknowns[0], unknowns[1], [q[0][k].mid() for k in range(order + 1)])

    def _residual(
        self, a: int, base: Coefficients, kernel: Kernel, u: Coefficients, q: Series, first: int, size: int
    ) -> Coefficients:
        """k! times the defect of the integral equation in the coefficients that are not yet known."""
        hats = self._factorials
        if kernel.constant:
            image = {k: kernel.hats[0] * q[k - 1] * hats[k - 1] for k in range(first, first + size)}
        else:
            z = arb_poly([q[k] * hats[k] for k in range(first + size - 1)])
            product = arb_poly(list(kernel.hats[: first + size - 1])) * z
            image = {k: product[k - 1] for k in range(first, first + size)}
        return [base[k] + image[k] for k in range(first, first + size)]

    def _rates_along(self, u: list[Series], size: int) -> tuple[list[Series], list[list[Any]]]:
        """q and dt/dtau along (R, t), and the first `size` coefficients of their derivatives by R and t."""
        risk, time = u
        a, slope = self.rate.along(risk)
        q = [_as_series(rate) for rate in self._rates(a, time, risk)]
        if size == 0:
            return q, []
        with series_scope(ctx.prec, size):
            a, slope, time, risk = (_shortened(s, size) for s in (a, slope, time, risk))
            by = self._slopes(a, time, risk)
            jacobian: list[list[Any]] = []
            for by_a, by_t, by_R in (by[:3], by[3:]):
                row: list[Any] = [_coefficients(by_a * slope + by_R, size)]
                row.append(_coefficients(by_t, size) if self.depends_on_time else None)
                jacobian.append(row)
        return q, jacobian

    def _check(self, state: State) -> None:
        (step,) = self._eta(state.time, state.risk)
        if not step > 0:
            raise StepError(
                f"the step size {self._schedule} is {float(step.mid()):.6g} at t = "
                f"{float(state.time.mid()):.6g}, R = {float(state.risk.mid()):.6g}; it must stay positive"
            )

    # --- the end of the step ------------------------------------------------------------------------
    def modes_at(self, state: State, expansion: Expansion, length: arb) -> tuple[arb, ...]:
        """r_i after the clock has advanced by `length`, at most `expansion.scale` times a small factor.

        r_i = e^(-2 lam_i h) r_i(0) + n_i h sum_j (-2 lam_i h)^j c_j,  c_j = sum_m m! q_m/(j + m + 1)!,
        where q_m belongs to powers of tau/h.
        """
        order, hats = self.order, self._factorials
        ladder = _powers_of((length / expansion.scale).mid(), order + 1)
        scaled = [q * ladder[m] * hats[m] for m, q in enumerate(expansion.forcing)]
        top = 2 * order + 1
        inverse = arb_poly([1 / hats[k] for k in range(1, top + order + 1)])
        product = arb_poly(scaled[::-1]) * inverse  # c_j is its coefficient of order j + len(scaled) - 1
        step = _powers_of(length, top + 1)
        c = [step[j + 1] * product[j + len(scaled) - 1] for j in range(top)]
        forced = self._by_mode * arb_mat(top, 1, c)
        return tuple(
            ((x * length).exp() * r + n * forced[i, 0]).mid()
            for i, (x, r, n) in enumerate(zip(self._decay, state.modes, self.forcing, strict=True))
        )


def evaluate(coefficients: Coefficients, s: arb) -> arb:
    """sum_k c_k s^k."""
    return arb_poly(coefficients)(s)


def _powers_of(x: arb, count: int) -> Coefficients:
    found = [arb(1)]
    for _ in range(count):
        found.append((found[-1] * x).mid())
    return found


def _as_series(value: Series) -> Series:
    return value if isinstance(value, arb_series) else arb_series([value])


def _shortened(value: Series, size: int) -> Series:
    return arb_series(value.coeffs()[:size], prec=size) if isinstance(value, arb_series) else value


def _coefficients(value: Series, size: int) -> Coefficients:
    if not isinstance(value, arb_series):
        return [arb(value)] + [arb(0)] * (size - 1)
    return [value[k] for k in range(size)]
