"""A replicate of Adam in float64: the compiled step of `recursion.advance_adam` and the moving averages."""

from __future__ import annotations

import numpy as np

from signsgd_sym.model.adam import Adam
from signsgd_sym.simulate.formula import SIGN, Formula
from signsgd_sym.simulate.recursion import advance_adam
from signsgd_sym.simulate.runner import Float64Runner, SignCounts, Signs
from signsgd_sym.simulate.stream import Array, Stream


class AdamRunner(Float64Runner):
    """Adam with bias correction, from m = v = 0, rounding as it comes.

    Example:
        >>> from signsgd_sym.simulate import PoolStream
        >>> stream = PoolStream([[1.0]], noise=[0.0])
        >>> runner = AdamRunner(Adam("9/10", "99/100"), 0.25, stream, np.empty(0), np.array([1.0]))
        >>> _ = runner.advance(np.array([[1.0]]), np.zeros(1), 0)
        >>> round(runner.risk(), 6)  # |Delta| has fallen by eta
        0.28125
    """

    def __init__(
        self, adam: Adam, schedule: float | Formula, stream: Stream, K: Array, delta0: Array
    ) -> None:
        super().__init__(Formula(("z",), SIGN), schedule, stream, K, delta0)
        self._parameters = float(adam.beta1), float(adam.beta2), float(adam.eps)
        self._m, self._v = np.zeros_like(self.delta), np.zeros_like(self.delta)

    def _take(self, x: Array, eps: Array, first: int, signs: Signs) -> int:
        state = (self.delta, self._m, self._v, signs)
        return int(advance_adam(*self._parameters, self._schedule, self._K, x, eps, first, *state))

    def counts(self) -> SignCounts:
        """Adam decides no signs."""
        return SignCounts()
