"""Terms C y^k exp(-sum_p c_p y^p), the bricks of majorants, and what is known of them on [N, oo), N >= 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flint import arb


class NoMajorant(Exception):
    """No bound could be proved on [N, oo)."""


@dataclass(frozen=True)
class Term:
    """C y^k exp(-sum c y^p), C >= 0, p > 0; `decay` maps a name of p to (p, c), so that equal p combine."""

    C: arb
    k: arb = field(default_factory=lambda: arb(0))
    decay: Mapping[Any, tuple[arb, arb]] = field(default_factory=dict)

    def __mul__(self, other: Term) -> Term:
        """Exact: coefficients multiply, exponents add."""
        decay = dict(self.decay)
        for name, (p, c) in other.decay.items():
            decay[name] = (p, decay[name][1] + c if name in decay else c)
        return Term(self.C * other.C, self.k + other.k, decay)

    def __pow__(self, q: arb) -> Term:
        """Exact for real q (C > 0 if q < 0)."""
        if q < 0 and not self.C > 0:
            raise NoMajorant("a lower bound is not positive")
        scaled = {name: (p, q * c) for name, (p, c) in self.decay.items()}
        return Term(self.C**q if self.C > 0 else arb(0).union(self.C.upper() ** q), q * self.k, scaled)


def tame(term: Term, N: arb) -> list[tuple[arb, arb]]:
    """All (c, p), c >= 0, found with term <= C y^k exp(-c y^p) on [N, oo); never empty.

    Proof. Keep one p. Another summand -c_q y^q with c_q >= 0 only helps and is dropped; one with c_q < 0 and
    q <= p is at most |c_q| N^(q-p) y^p and lowers c. Without any exponential c = 0 will do.
    """
    rates = [(p, c) for p, c in term.decay.values() if not c.is_zero()]
    growing = [(q, c) for q, c in rates if not c >= 0]
    found = [] if growing else [(arb(0), arb(1))]
    for p, c in rates:
        if c > 0 and all(q <= p for q, _ in growing):
            left = c - sum((arb(g.abs_upper()) * N ** (q - p) for q, g in growing), arb(0))
            if left > 0:
                found.append((arb(left.lower()), p))
    if not found:
        raise NoMajorant("an exponential is not seen to decay")
    return found


def grows(term: Term, N: arb) -> bool:
    """Whether C > 0 and sum_p c_p y^p <= 0 for all y >= N is proved.

    Proof. With q the largest exponent, c_p y^p <= max(c_p, 0) N^(p-q) y^q, and the sum of the right sides is
    <= 0 as soon as its coefficient is.
    """
    rates = [(p, c) for p, c in term.decay.values() if not c.is_zero()]
    if not rates:
        return bool(term.C > 0)
    q, top = max(rates, key=lambda rate: rate[0].mid())
    if any(not p <= q for p, _ in rates):
        return False
    others = sum((c.max(arb(0)) * N ** (p - q) for p, c in rates if p is not q), arb(0))
    return bool(term.C > 0) and bool(top + others <= 0)


def sup(term: Term, N: arb) -> arb:
    """Supremum of `term` on [N, oo), provided it is proved to be non-increasing there.

    Proof. (log(y^k e^(-c y^p)))' = (k - c p y^p)/y <= 0 for all y >= N as soon as k <= c p N^p.
    """
    bounds = [
        arb((term.C * N**term.k * (-c * N**p).exp()).upper())
        for c, p in tame(term, N)
        if term.k <= c * p * N**p
    ]
    if not bounds:
        raise NoMajorant("a quotient is not seen to decrease")
    return _least(bounds)


def tail(terms: list[Term], N: arb) -> arb:
    """Bound of the integral of the sum over [N, oo).

    Proof. c = 0, k < -1: elementary. c > 0: write y^k = y^(k-p+1) y^(p-1); y^(k-p+1) exp(-c y^p/2) does not
    increase if k-p+1 <= (c/2) p N^p (see `sup`), and int_N^oo y^(p-1) exp(-c y^p/2) dy = 2 exp(-c N^p/2)/(c
    p), so the integral is at most 2 N^(k-p+1) exp(-c N^p)/(c p).
    """
    total = arb(0)
    for term in terms:
        C, k = term.C, term.k
        if C.is_zero():
            continue
        bounds = [C * N ** (k + 1) / (-k - 1)] if k < -1 and tame(term, N) else []
        for c, p in tame(term, N):
            if c > 0 and k - p + 1 <= c * p * N**p / 2:
                bounds.append(2 * C * N ** (k - p + 1) * (-c * N**p).exp() / (c * p))
        if not bounds:
            raise NoMajorant("the majorant is not integrable")
        total += _least(bounds)
    return arb(total.upper())


def single(terms: list[Term], N: arb) -> Term:
    """One term above the sum: sum t_j <= t_i (1 + sum_{j != i} sup t_j/t_i)."""
    for i, t in enumerate(terms):
        try:
            ratios = [sup(s * t ** arb(-1), N) for j, s in enumerate(terms) if j != i]
            return Term(t.C * (1 + sum(ratios, arb(0))), t.k, t.decay)
        except NoMajorant:
            continue
    raise NoMajorant("no dominant term")


def _least(bounds: list[arb]) -> arb:
    return min((arb(b.upper()) for b in bounds), key=lambda b: b.mid())
