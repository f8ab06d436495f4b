"""Every majorant rule, attacked: bounds against functions at random points and against quadratures."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import mpmath
import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.compile import compile_expr
from signsgd_sym.balls.majorant import Majorant
from signsgd_sym.balls.terms import NoMajorant, Term
from signsgd_sym.special import Erfcx, OwenT

y = sp.Symbol("y", positive=True)


def value(e: sp.Expr) -> acb:
    return compile_expr(e, [])([], False)


def at(f: sp.Expr, point: sp.Rational) -> acb:
    return compile_expr(f, [y])([acb(arb(int(point.p))) / int(point.q)], False)


def term_at(t: Term, point: sp.Rational) -> arb:
    v = arb(int(point.p)) / int(point.q)
    rate = sum((c * v**p for p, c in t.decay.values()), arb(0))
    return t.C * v**t.k * (-rate).exp()


RULES = [
    y,
    y**2 - 3 * y + 1,
    y ** sp.Rational(5, 2) / (1 + y) ** 3,
    1 / (2 + sp.cos(y) / y + y**2),
    (1 + y**2 / 3) ** sp.Rational(-7, 4),
    sp.sqrt(y**2 - sp.Rational(1, 2)),
    (1 - 1 / y + 2 * y) ** sp.Rational(1, 3),
    sp.exp(-(y**2) / 5 + 3 * y - 1),
    sp.exp(-y + 1 / y),
    sp.exp(sp.I * y - sp.sqrt(y)),
    sp.exp(-(sp.log(y) ** 2) / 2),
    sp.exp(-y + sp.exp(-y)),
    sp.exp(y - sp.exp(y)),
    sp.exp(-2 * sp.exp(y**2 / 40)),
    sp.exp(-sp.sqrt(1 + y**2)),
    sp.exp(-y) / (1 + sp.exp(-y)) ** 2,
    1 / (sp.exp(y) - 3 + y),
    sp.log(y),
    sp.log(1 + y**2),
    sp.log(3 * sp.exp(y) + y) ** 2,
    sp.sin(y) * sp.cos(3 * y) / y,
    sp.erf(y) + sp.atan(y),
    sp.erfc(y / 2),
    sp.exp(y**2 / 5) * sp.erfc(y / 2),
    sp.erfc(y - 3),
    Erfcx(y / 3) / y,
    sp.besselk(sp.Rational(1, 3), 2 * y),
    sp.besselk(2, y),
    sp.besselk(0, 1 / y),
    sp.besselk(1, y + 3),
    sp.besselk(0, y / 5) * sp.exp(y / 5),
    sp.besselk(sp.Rational(3, 2), 1 / (3 * y**2)),
    sp.besseli(1, y) * sp.exp(-y),
    sp.besselj(2, y),
    OwenT(y, sp.Rational(1, 2)),
    sp.sign(y - 3) * sp.Abs(y - 3),
    sp.Max(y, 3, y**2 / 5),
    sp.Min(y, 3),
    sp.Piecewise((y, y < 4), (1 / y, True)),
    sp.Rational(2, 3) ** y * y,
    (-sp.Rational(2, 3)) ** y,
    1 / sp.gamma(y + sp.Rational(1, 2)),
    sp.Rational(7, 2) ** y / sp.gamma(y + 1),
]


def random_functions(seed: int, count: int) -> Iterator[sp.Expr]:
    """Sums, products, powers and exponentials of the rules, two levels deep."""
    rng = Random(seed)

    def number() -> sp.Rational:
        return sp.Rational(rng.randint(1, 40), 13)

    for _ in range(count):
        f, g = rng.choice(RULES), rng.choice(RULES)
        yield rng.choice(
            [
                f + number() * g,
                f * g,
                f - number() * g + number() * y**2,
                sp.exp(-number() * y) * f / (number() + y**2),
                f * sp.exp(-number() * y**2),
                (number() + y ** (number() / 4)) ** -number() * f,
                1 / (1 + number() * y**3 + f),
            ]
        )


def attack(f: sp.Expr, rng: Random) -> int:
    """Check both bounds of `f` at random points of [N, oo); the number of bounds that existed."""
    found = 0
    for N in (1, 3, 8, 64):
        bounds = Majorant(y, arb(N), value)
        points = [
            sp.Rational(N),
            *(N * (1 + sp.Rational(rng.randint(1, 997), rng.choice((9973, 997, 97)))) for _ in range(6)),
        ]
        for kind in ("upper", "lower"):
            try:
                terms = bounds.upper(f) if kind == "upper" else [bounds.lower(f)]
            except NoMajorant:
                continue
            found += 1
            for p in points:
                bound, size = sum((term_at(t, p) for t in terms), arb(0)), abs(at(f, p))
                if size.is_finite():
                    assert not (bound < size if kind == "upper" else bound > size), (f, N, p, bound, size)
    return found


@pytest.mark.parametrize("index", range(len(RULES)))
def test_each_rule_bounds_its_function(index: int) -> None:
    with precision(100):
        assert attack(RULES[index], Random(index)) > 0


def test_compositions_of_rules() -> None:
    with precision(100):
        assert sum(attack(f, Random(5)) for f in random_functions(seed=11, count=60)) > 150


def test_the_attack_finds_a_wrong_bound() -> None:
    class Wrong(Majorant):
        def upper(self, f: sp.Expr) -> list[Term]:
            return [Term(arb("0.99") * t.C, t.k, t.decay) for t in super().upper(f)]

    with precision(100):
        bounds = Wrong(y, arb(2), value)
        assert any(term_at(bounds.upper(y**2)[0], sp.Rational(k)) < k**2 for k in (2, 3))


TAILS = [
    y**3 * sp.exp(-(y**2) / 2),
    y ** sp.Rational(-3, 2),
    sp.exp(-y) * (1 + y) ** 4,
    sp.exp(-(y ** sp.Rational(1, 2))),
    1 / (1 + y**4),
    sp.exp(-(y**2) / 1000 - y),
    sp.exp(5 * y - y**2),
    sp.exp(-(sp.log(y) ** 2)),
    sp.erfc(y) * sp.log(1 + y),
]


@pytest.mark.parametrize("index", range(len(TAILS)))
def test_tails_exceed_the_quadrature(index: int) -> None:
    f = TAILS[index]
    g = sp.lambdify(y, f, "mpmath")
    with precision(80):
        proved = 0
        for N in (1, 2, 8, 32):
            bounds = Majorant(y, arb(N), value)
            try:
                bound = bounds.tail(f)
            except NoMajorant:
                continue
            proved += 1
            assert not bound * arb("1.000001") < arb(
                str(mpmath.quad(g, [N, 2 * N, 8 * N, 64 * N, mpmath.inf]))
            ), (f, N)
        assert proved >= 2


@pytest.mark.parametrize(
    "f",
    [
        y**-1,
        sp.exp(y),
        sp.sin(y),
        1 / sp.log(y),
        sp.exp(-sp.cos(y)),
        y ** (-1 + 1 / y),
        sp.exp(sp.log(y) ** 2 - y),
    ],
)
def test_no_finite_tail_for_what_does_not_converge_or_is_not_covered(f: sp.Expr) -> None:
    for N in (1, 16, 1024):
        bounds = Majorant(y, arb(N), value)
        with pytest.raises(NoMajorant):
            bounds.tail(f)
