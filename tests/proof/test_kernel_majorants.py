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
from signsgd_sym.balls.terms import NoMajorant, Term, single, sup, tail, tame
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
    sp.exp(y * sp.log(2 + 1 / y) - y**2),
    sp.exp(-y * sp.log(1 / (1 - sp.exp(-y) / 4)) - (y**2) / 2),
    sp.exp(sp.I * y - sp.sqrt(y)),
    sp.exp(-(sp.log(y) ** 2) / 2),
    sp.exp(-y + sp.exp(-y)),
    sp.exp(y - sp.exp(y)),
    sp.exp(-2 * sp.exp(y**2 / 40)),
    sp.exp(-sp.sqrt(1 + y**2)),
    sp.exp(-y) / (1 + sp.exp(-y)) ** 2,
    1 / (sp.exp(y) - 3 + y),
    sp.exp(-(sp.log(1 + y) ** 2) / 2) / (1 + y) ** 3,
    1 / (sp.exp(1 / y) - 1),
    1 / (sp.exp(y) - 1),
    1 / (1 - sp.exp(-3 / y**2)),
    1 / (1 - sp.exp(-3 * y)),
    (sp.exp(5 / sp.sqrt(y)) - 1) ** 2 * y,
    sp.exp(-2 / y) - 1,
    (sp.exp(-1 / (1 + y)) - 1) / y,
    (sp.exp(sp.exp(-y)) - 1) ** sp.Rational(-1, 2),
    sp.log(sp.exp(2 / y) - 1),
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


c = sp.Symbol("c", positive=True)

CONTINUED = [
    sp.cos(c * y) * sp.exp(-y),
    sp.sin(c * sp.sqrt(y)),
    sp.erf(c * y),
    sp.erf(c / y - y),
    sp.erfc(c * y),
    sp.erfc(c - y),
    Erfcx(c * y),
    Erfcx(-c * y) * sp.exp(-3 * y**2),
    sp.exp(-c * y**2 + sp.I * y),
    sp.exp(-c / y - y),
    sp.exp(-sp.sqrt(c**2 + y**2)),
    sp.besselk(2, c * y),
    sp.besselk(sp.Rational(1, 3), c / (y + y**2)),
    (c + y**2) ** sp.Rational(-3, 2),
    (1 + y) ** -c,
    (1 + y**2 / c) ** (-(c + 1) / 2),
    sp.sqrt(c * y),
    c**-y,
    1 / (1 + c * y**2),
    sp.Abs(c) * sp.sin(y) / y,
    1 / (sp.exp(c / y) - 1),
    1 / (sp.exp(-c / y**2) - 1),
    1 / (1 - sp.exp(-c * y)),
    sp.exp(sp.I * c / y) - 1,
    (1 - sp.exp(-c / y)) * y,
]
REFUSED = [
    sp.Abs(c - y),
    sp.sign(c - y),
    sp.Max(c, y),
    sp.Heaviside(y - c),
    sp.Piecewise((1, y < c), (sp.exp(-y), True)),
    sp.sqrt(c - y),
    (y**2 - c * y**3) ** sp.Rational(1, 3),
    sp.log(c - y),
    sp.besselj(0, c * y),
    sp.besseli(0, c * y),
    sp.atan(1 / (y - c)),
    OwenT(c, y),
    1 / (sp.exp(sp.Abs(c - 2) / y) - 1),
    1 / (sp.exp((1 + 2 * sp.I) * c / y) - 1),
    1 / (sp.exp((c - y) / y**2) - 1),
    sp.sqrt(sp.exp(c / y) - 1),
]


@pytest.mark.parametrize("index", range(len(CONTINUED)))
def test_rules_hold_for_complex_values_of_a_real_symbol(index: int) -> None:
    f, rng, found = CONTINUED[index], Random(index), 0
    whole = compile_expr(f, [c, y])
    with precision(100):
        for _ in range(12):
            z = acb(arb(rng.randint(1, 40)) / 13, arb(rng.randint(-40, 40)) / 13)
            wide = z + acb(arb(0, 1), arb(0, 1)) / rng.choice((20, 1000))
            for N in (1, 4, 32):
                bounds = Majorant(y, arb(N), lambda e, w=wide: compile_expr(e, [c])([w], False), (c,))
                try:
                    terms = bounds.upper(f)
                except NoMajorant:
                    continue
                found += 1
                for _ in range(4):
                    point = N * (1 + sp.Rational(rng.randint(0, 997), rng.choice((9973, 997, 97))))
                    inside = z + (wide - z) * arb(rng.randint(-99, 99)) / 100
                    size = abs(whole([inside, acb(int(point.p)) / int(point.q)], False))
                    bound = sum((term_at(t, point) for t in terms), arb(0))
                    assert not size.is_finite() or not bound < size, (f, z, N, point, bound, size)
    assert found >= 6


@pytest.mark.parametrize("f", REFUSED)
def test_no_bound_where_a_continuation_is_not_seen_to_be_holomorphic(f: sp.Expr) -> None:
    for N in (1, 16, 1024):
        bounds = Majorant(y, arb(N), lambda e: compile_expr(e, [c])([acb(2, 1)], True), (c,))
        with pytest.raises(NoMajorant):
            bounds.upper(f)


def test_terms_keep_their_promises_under_attack() -> None:
    """`tame`, `sup`, `single` and `tail` of random terms with growing and decaying exponentials."""
    rng = Random(3)

    def number(low: int, high: int) -> arb:
        return arb(rng.randint(low, high)) / 7 + arb(0, 1) / rng.choice((1000, 10**9))

    proved = {"tame": 0, "sup": 0, "single": 0, "tail": 0}
    with precision(80):
        for _ in range(300):
            N = arb(rng.choice((1, 2, 5, 30)))
            decay = {j: (arb(rng.randint(1, 14)) / 7, number(-6, 12)) for j in range(rng.randint(0, 3))}
            term = Term(number(1, 50), number(-30, 30), decay)
            places = [N * (1 + arb(rng.randint(0, 900)) / rng.choice((100, 1000, 10))) for _ in range(6)]
            values = [
                sum((-s * v**p for p, s in decay.values()), arb(0)).exp() * term.C * v**term.k for v in places
            ]
            try:
                for rate, p in tame(term, N):
                    proved["tame"] += 1
                    for v, size in zip(places, values, strict=True):
                        assert (
                            not term.C.upper() * v**term.k * (-rate * v**p).exp() * arb("1.0001")
                            < size.lower()
                        )
                bound = sup(term, N)
                proved["sup"] += 1
                assert not any(bound < size for size in values)
                bound = tail([term], N)
                proved["tail"] += 1
                steps = [N * (1 + arb(j) / 50) for j in range(200)]
                sizes = [
                    sum((-s * v**p for p, s in decay.values()), arb(0)).exp() * term.C * v**term.k
                    for v in steps
                ]
                # the term decreases, so that right ends give a lower Riemann sum
                assert not bound < sum(sizes[1:], arb(0)) * N / 50
            except NoMajorant:
                pass
            other = Term(number(1, 50), number(-30, 30), {"o": (arb(1), number(-2, 12))})
            try:
                one = single([term, other], N)
            except NoMajorant:
                continue
            proved["single"] += 1
            for v, size in zip(places, values, strict=True):
                rate = sum((s * v**p for p, s in one.decay.values()), arb(0))
                extra = other.C * v**other.k * (-other.decay["o"][1] * v).exp()
                assert not one.C * v**one.k * (-rate).exp() < size + extra
    assert min(proved.values()) > 30, proved


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
    sp.exp(sp.log(y) ** 2 - y),
    sp.exp(-(y**2) / 2 + y * sp.log(2 + 1 / y)),
    sp.erfc(y) * sp.log(1 + y),
    1 / (y**3 * (sp.exp(1 / y) - 1)),
    (sp.exp(2 / y) - 1) * (1 - sp.exp(-1 / y)),
    y / (sp.exp(y) - 1),
]


@pytest.mark.parametrize("index", range(len(TAILS)))
def test_tails_exceed_the_quadrature(index: int) -> None:
    f = TAILS[index]
    g = sp.lambdify(y, f, "mpmath")
    with precision(80):
        proved = 0
        for N in (1, 2, 8, 32, 128, 512):
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
        1 / (y**2 * (sp.exp(1 / y) - 1)),
        1 - sp.exp(-1 / y),
        sp.exp(-sp.cos(y)),
        y ** (-1 + 1 / y),
        sp.exp(sp.log(y) ** 2 + y / 9),
    ],
)
def test_no_finite_tail_for_what_does_not_converge_or_is_not_covered(f: sp.Expr) -> None:
    for N in (1, 16, 1024):
        bounds = Majorant(y, arb(N), value)
        with pytest.raises(NoMajorant):
            bounds.tail(f)
