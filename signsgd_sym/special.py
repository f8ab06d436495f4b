r"""Functions SymPy does not have: Owen's T, Tricomi's U, the scaled erfc, and the mean over label noise.

All are ordinary SymPy objects: they differentiate, print in LaTeX and expand into the integral or the
functions that define them; the kernel in `balls/` evaluates them.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from signsgd_sym.notation import eps


class OwenT(sp.Function):
    r"""Owen's function $T(h, a) = \frac{1}{2\pi} \int_0^a \frac{e^{-h^2 (1 + s^2)/2}}{1 + s^2}\, ds$.

    For independent standard Gaussians X and Y it is P(X > h, 0 < Y < a X) (h, a >= 0). It is even in h and
    odd in a; T(0, a) = atan(a)/(2 pi) and T(h, oo) = erfc(h/sqrt 2)/4 for h >= 0.

    Reference: D. B. Owen, Annals of Mathematical Statistics 27 (1956) 1075.

    >>> h, a = sp.symbols("h a", real=True)
    >>> OwenT(h, -a), OwenT(-h, a), OwenT(0, 1)
    (-OwenT(h, a), OwenT(h, a), 1/8)
    >>> OwenT(h, a).diff(a)
    exp(-h**2*(a**2 + 1)/2)/(2*pi*(a**2 + 1))
    """

    nargs = 2

    @classmethod
    def eval(cls, h: sp.Expr, a: sp.Expr) -> sp.Expr | None:
        """Special values, and the two parities as a normal form."""
        if a.is_zero or h in (sp.oo, -sp.oo):
            return sp.S.Zero
        if h.is_zero:
            return sp.atan(a) / (2 * sp.pi)
        if a is sp.oo and h.is_extended_real:
            return sp.erfc(sp.Abs(h) / sp.sqrt(2)) / 4
        if a.could_extract_minus_sign():
            return -cls(h, -a)
        if h.could_extract_minus_sign():
            return cls(-h, a)
        return None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """dT/da is the integrand at a; dT/dh = -exp(-h^2/2) erf(a h/sqrt 2)/(2 sqrt(2 pi))."""
        h, a = self.args
        if argindex == 1:
            return -sp.exp(-(h**2) / 2) * sp.erf(a * h / sp.sqrt(2)) / (2 * sp.sqrt(2 * sp.pi))
        if argindex == 2:
            return sp.exp(-(h**2) * (1 + a**2) / 2) / (2 * sp.pi * (1 + a**2))
        raise ArgumentIndexError(self, argindex)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(arg.is_extended_real for arg in self.args) else None

    def _eval_rewrite_as_Integral(self, h: sp.Expr, a: sp.Expr, **hints: Any) -> sp.Expr:
        s = sp.Dummy("s", real=True)
        return sp.Integral(sp.exp(-(h**2) * (1 + s**2) / 2) / (1 + s**2), (s, 0, a)) / (2 * sp.pi)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"T\left({printer._print(self.args[0])}, {printer._print(self.args[1])}\right)"
        return body if exp is None else rf"{body}^{{{exp}}}"


class TricomiU(sp.Function):
    r"""Tricomi's $U(a, b, z) = \frac{1}{\Gamma(a)} \int_0^\infty e^{-z s} s^{a-1} (1+s)^{b-a-1}\, ds$.

    The integral needs Re a, Re z > 0. Principal branch, cut along z in (-oo, 0]. Reference: DLMF 13.4.4.

    >>> z = sp.Symbol("z", positive=True)
    >>> TricomiU(0, 3, z), TricomiU(2, 3, z)
    (1, z**(-2))
    >>> TricomiU(1, 3, z).diff(z)
    -TricomiU(2, 4, z)
    """

    nargs = 3

    @classmethod
    def eval(cls, a: sp.Expr, b: sp.Expr, z: sp.Expr) -> sp.Expr | None:
        """U(0, b, z) = 1 and U(a, a + 1, z) = z^(-a) (DLMF 13.6.4)."""
        if a.is_zero:
            return sp.S.One
        if (b - a - 1).is_zero:
            return z**-a
        return None

    def fdiff(self, argindex: int = 3) -> sp.Expr:
        """dU/dz = -a U(a + 1, b + 1, z) (DLMF 13.3.22)."""
        a, b, z = self.args
        if argindex != 3:
            raise ArgumentIndexError(self, argindex)
        return -a * TricomiU(a + 1, b + 1, z)

    def _eval_is_extended_real(self) -> bool | None:
        a, b, z = self.args
        return True if a.is_extended_real and b.is_extended_real and z.is_positive else None

    def _eval_rewrite_as_Integral(self, a: sp.Expr, b: sp.Expr, z: sp.Expr, **hints: Any) -> sp.Expr:
        s = sp.Dummy("s", positive=True)
        integrand = sp.exp(-z * s) * s ** (a - 1) * (1 + s) ** (b - a - 1)
        return sp.Integral(integrand, (s, 0, sp.oo)) / sp.gamma(a)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        inside = ", ".join(printer._print(arg) for arg in self.args)
        body = rf"U\left({inside}\right)"
        return body if exp is None else rf"{body}^{{{exp}}}"


class Erfcx(sp.Function):
    r"""The scaled complementary error function erfcx(z) = exp(z^2) erfc(z).

    It stays between 0 and 1 for z >= 0, where exp(z^2) overflows and erfc(z) underflows.

    >>> import sympy as sp
    >>> z = sp.Symbol("z")
    >>> sp.simplify(Erfcx(z).diff(z) - 2 * z * Erfcx(z))
    -2/sqrt(pi)
    """

    nargs = 1

    @classmethod
    def eval(cls, z: Any) -> Any:
        """Exact value at zero."""
        return sp.S.One if z.is_zero else None

    def fdiff(self, argindex: int = 1) -> Any:
        """erfcx'(z) = 2 z erfcx(z) - 2/sqrt(pi)."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        z = self.args[0]
        return 2 * z * Erfcx(z) - 2 / sp.sqrt(sp.pi)

    def _eval_rewrite_as_erfc(self, z: Any, **_: Any) -> Any:
        return sp.exp(z**2) * sp.erfc(z)

    def _eval_is_positive(self) -> Any:
        return self.args[0].is_real

    def _eval_evalf(self, prec: int) -> Any:
        return self.rewrite(sp.erfc)._eval_evalf(prec)

    def _latex(self, printer: Any, exp: Any = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\operatorname{{erfcx}}{power}\left({printer._print(self.args[0])}\right)"


class NoiseMean(sp.Expr):
    r"""E[q(eps)], the expectation of an expression in `notation.eps` over the label-noise law.

    The law is not named: a derivation for any law keeps `NoiseMean`, and `over(law)` turns it into
    integrals against the density of one. Constants come out of the expectation.

    >>> import sympy as sp
    >>> from signsgd_sym.notation import R, eps
    >>> NoiseMean.of(2 * sp.exp(-eps**2 / (4 * R)) / sp.pi)
    2*NoiseMean(exp(-epsilon**2/(4*R)))/pi
    """

    is_commutative = True

    def __new__(cls, quantity: Any) -> Any:
        """An unevaluated expectation of `quantity`."""
        return sp.Expr.__new__(cls, sp.sympify(quantity, strict=True))

    @classmethod
    def of(cls, quantity: Any) -> Any:
        """Linear in `quantity`: sums are split and constants come out."""
        total = sp.S.Zero
        for term in sp.Add.make_args(sp.expand(quantity, power_exp=False)):
            constant, rest = term.as_independent(eps)
            total += constant * (sp.S.One if rest == 1 else cls(rest))
        return total

    @property
    def quantity(self) -> Any:
        """The expression inside the expectation."""
        return self.args[0]

    @property
    def free_symbols(self) -> set[Any]:
        """Free symbols of the quantity, the noise variable excepted."""
        return self.args[0].free_symbols - {eps}

    def _eval_derivative(self, symbol: Any) -> Any:
        return NoiseMean.of(self.args[0].diff(symbol)) if symbol != eps else sp.S.Zero

    def _eval_is_real(self) -> Any:
        return self.args[0].is_real

    def _eval_is_positive(self) -> Any:
        return self.args[0].is_positive

    def _eval_is_nonnegative(self) -> Any:
        return self.args[0].is_nonnegative

    def _latex(self, printer: Any) -> str:
        return rf"\mathbb{{E}}_{{\epsilon}}\left[{printer._print(self.args[0])}\right]"


class Generator(sp.Expr):
    r"""L f = grad f . b + tr(A hess f)/2: the drift of f(X, t) along dX = b dt + B dW, A = B B^T.

    An unevaluated node: it says what the drift of f *is*, and Ito's formula is what finds it.
    `function` is f, an expression in the column `state`; `drift` is b and `covariance` is A.
    """

    is_commutative = True

    def __new__(cls, function: Any, state: Any, drift: Any, covariance: Any) -> Any:
        """An unevaluated application of the generator."""
        return sp.Expr.__new__(
            cls, *(sp.sympify(x, strict=True) for x in (function, state, drift, covariance))
        )

    function = property(lambda self: self.args[0])
    state = property(lambda self: self.args[1])
    drift = property(lambda self: self.args[2])
    covariance = property(lambda self: self.args[3])

    def _sympystr(self, printer: Any) -> str:
        return f"L[{printer._print(self.function)}]"

    def _latex(self, printer: Any) -> str:
        return rf"\mathcal{{L}}\left[{printer._print(self.function)}\right]"


class Variation(sp.Expr):
    r"""d[f]/dt = grad f^T A grad f: the rate of the quadratic variation of f(X, t), X as in `Generator`."""

    is_commutative = True

    def __new__(cls, function: Any, state: Any, covariance: Any) -> Any:
        """An unevaluated quadratic variation."""
        return sp.Expr.__new__(cls, *(sp.sympify(x, strict=True) for x in (function, state, covariance)))

    function = property(lambda self: self.args[0])
    state = property(lambda self: self.args[1])
    covariance = property(lambda self: self.args[2])

    def _sympystr(self, printer: Any) -> str:
        return f"rate of [{printer._print(self.function)}]"

    def _latex(self, printer: Any) -> str:
        body = printer._print(self.function)
        return rf"\tfrac{{\mathrm{{d}}}}{{\mathrm{{d}}t}}\left[{body}\right]"


def over(expr: Any, law: Any) -> Any:
    """Replace every `NoiseMean(q)` in `expr` by the integral of q over `law`, unevaluated.

    `law` is anything with `mean_of(q)`, the expectation of an expression in `notation.eps`.
    """
    means = sorted(expr.atoms(NoiseMean), key=sp.default_sort_key)
    return expr.xreplace({mean: law.mean_of(mean.quantity) for mean in means})
