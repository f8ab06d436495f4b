"""Any law a user may write down, to all its formulas."""

from __future__ import annotations

from typing import Any

from signsgd_sym.derive.closed_form import DIGITS, POINTS
from signsgd_sym.derive.density import prove_density, read_law
from signsgd_sym.derive.law_formulas import SECONDS, LawFormulas, law_formulas
from signsgd_sym.derive.store import Store


def closed_form(
    law: Any,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    points: int = POINTS,
    digits: int = DIGITS,
    cache: bool | Store = True,
) -> LawFormulas:
    """phi, psi, limits, expansions and the stationary risk of a law, each with its verdict.

    `law` is LAW text, a `sympy.stats` variable, a frozen `scipy.stats` law or a `NoiseLaw`. A density that a
    user wrote down is first proved to be one, as far as that is possible. `seconds` limits the search;
    without a closed form `phi` is None, and `values` encloses the integral. With `cache` an earlier answer is
    used, certified again: see `law_formulas`.

    Raises:
        InputError: for what is not a law: see `read_law` and `prove_density`.

    >>> found = closed_form("Uniform(-a, a)", points=5, digits=20)
    >>> found.phi, found.verdict.value
    (2*sqrt(R)*erf(a/(2*sqrt(R)))/(sqrt(pi)*a), 'CERTIFIED')
    >>> print(found.values({"R": 1, "a": "1/2"}, digits=10).phi)
    0.62360188397 +/- 9.2e-13
    """
    noise = read_law(law)
    prove_density(noise)
    return law_formulas(noise, seconds=seconds, seed=seed, points=points, digits=digits, cache=cache)
