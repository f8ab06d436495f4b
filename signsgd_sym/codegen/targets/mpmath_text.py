"""Helper functions of the modules for mpmath, as text."""

from __future__ import annotations

ERFCX = '''
def _erfcx(z: Any) -> Any:
    """exp(z^2) erfc(z)."""
    return mp.exp(z * z) * mp.erfc(z)
'''

AT = '''
def _at(R: Any, formula: Callable[[Any], Any], limit: Any) -> Any:
    """The formula with guard bits; the limit at R = 0; NaN where R is negative, infinite or NaN."""
    risk = mp.mpf(R)
    if not (risk >= 0 and mp.isfinite(risk)):
        return mp.nan
    with mp.extraprec(GUARD):
        value = formula(risk) if risk > 0 else limit()
    return +value
'''

CLOSED = '''
def _settled(formula: Callable[[Any], Any], R: Any) -> Any:
    """A formula that cancels, with more and more bits until two values agree to the working precision.

    Two wrong values can agree where a term that matters is lost in a sum with 1: the first bits are those
    that ball arithmetic lost at R = 2^k, LOST for each unit of |k|.
    """
    goal, last = mp.prec, mp.zero
    bits = 40 + LOST * abs(mp.frexp(R)[1])
    limit = 20 * (goal + bits)
    while bits < limit:
        with mp.workprec(goal + bits):
            value = formula(R)
            if value != 0 and abs(value - last) <= mp.ldexp(abs(value), -goal):
                return value
        last, bits = value, bits + bits // 2
    raise mp.NoConvergence(f"the value at R = {mp.nstr(R)} was not found to {goal} bits")
'''

INTEGRATED = '''
def _integrated(formula: Callable[[Any, int, int], Any], R: Any) -> Any:
    """An integral, with more bits and smaller steps until two values agree to the working precision."""
    goal, last = mp.prec, mp.zero
    bits = 30 + abs(mp.frexp(R)[1])
    for attempt in range(8):
        with mp.workprec(goal + bits):
            value = formula(R, goal, attempt)
            if value != 0 and abs(value - last) <= mp.ldexp(abs(value), -goal):
                return value
        last, bits = value, bits + bits // 2
    raise mp.NoConvergence(f"the integral at R = {mp.nstr(R)} was not found to {goal} bits")
'''

EXP = '''
def _exp(x: Any) -> Any:
    """exp; a power of 2 of its size where not all digits of x before the point are known, then 0 and oo."""
    size = mp.frexp(x)[1]
    if size < mp.prec:
        return mp.exp(x)
    if size < 50 * mp.prec:
        return mp.ldexp(1, int(x / mp.ln2))
    return mp.zero if x < 0 else mp.inf
'''

INTEGRAL = '''
def _integral(
    forward: Callable[[Any], Any],
    backward: Callable[[Any], Any] | None,
    start: Any,
    end: Any,
    spread: Any,
    goal: int,
    attempt: int,
) -> Any:
    """int f(x) exp(-x^2/(4 spread)) dx over start < x < end, start >= 0, by the trapezoidal rule.

    f is `forward` of the distance from the start and `backward` of that from the end. The variable is
    the logarithm u of that distance, u = top + width (v + 1 - exp(-v)): then a smooth integrand decays fast
    on both sides of its largest value, which is at u = top, and the rule converges exponentially. Where
    the piece ends before the Gaussian does, u = top + width sinh(v), for u -> oo is then an end as well.
    """
    length = end - start
    two_ends = backward is not None and 4 * spread * goal > end * end

    def integrand(u: Any) -> Any:
        if backward is None:
            y = mp.exp(u)
            return forward(y) * _exp(-((start + y) ** 2) / (4 * spread)) * y
        near, far = length / (1 + mp.exp(-u)), length / (1 + mp.exp(u))
        if u < 0:
            value = forward(near) * _exp(-((start + near) ** 2) / (4 * spread))
        else:
            value = backward(far) * _exp(-((end - far) ** 2) / (4 * spread))
        return value * near * far / length

    # Where the integrand is large: looked for in steps of 1, then of the width of its peak.
    scale = int(mp.log(spread))
    first, last = min(0, scale) - 40, max(0, scale) + 40
    values = {u: integrand(u) for u in range(first, last + 1)}
    for _ in range(100):
        peak = max(values, key=lambda u: values[u])
        if first < peak < last:
            break
        more = range(first - 40, first) if peak == first else range(last + 1, last + 41)
        values.update({u: integrand(u) for u in more})
        first, last = min(values), max(values)
    top, largest, width = mp.mpf(peak), values[peak], mp.one
    while width > mp.ldexp(1, -mp.prec):
        left, right = integrand(top - width), integrand(top + width)
        if max(left, right) > largest:
            top, largest = (top - width, left) if left > right else (top + width, right)
        elif 8 * min(left, right) < largest:
            width /= 2
        else:
            break
    least = mp.ldexp(largest, -goal - 20)
    seen = [u for u in values if values[u] >= least]
    first, last = min(seen, default=peak), max(seen, default=peak)

    step = 6 / mp.mpf(goal) * (mp.mpf(5) / 8) ** attempt
    total = largest if two_ends else 2 * largest
    for sign in (1, -1):
        k = 0
        while True:
            k += sign
            v = k * step
            e = mp.exp(-v)
            u = top + width * ((1 / e - e) / 2 if two_ends else v + 1 - e)
            term = integrand(u) * ((1 / e + e) / 2 if two_ends else 1 + e)
            total += term
            if term < least and not first <= u <= last:
                break
    return total * step * width
'''

OWEN_T = '''
def _owen_t(h: Any, a: Any) -> Any:
    """Owen's T, (1/(2 pi)) int_0^a exp(-h^2 (1 + s^2)/2)/(1 + s^2) ds."""
    return mp.quad(lambda s: mp.exp(-h * h * (1 + s * s) / 2) / (1 + s * s), [0, a]) / (2 * mp.pi)
'''

KERNEL = '''
SERIES = [
    {2},
]


def {0}(rho: Any) -> Any:
    """{1}"""
    with mp.extraprec(GUARD):
        rho = min(max(mp.mpf(rho), -1), 1)
        x = 2 * mp.sqrt(mp.sqrt((1 - rho) * (1 + rho))) - 1
        now = after = mp.zero
        for c in SERIES[:0:-1]:
            now, after = (2 * x * now - after) + c, now
        value = rho * ((x * now - after) + SERIES[0])
    return +value
'''
