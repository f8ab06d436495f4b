r"""The norm |eps| of the label noise of b samples as quadrature nodes, for any law of the noise.

What is averaged over |eps| is smooth in |eps|^2 on every octave of it. So a law is known by the Gauss rule
of its part on each octave: n nodes inside, positive weights, exact for polynomials in |eps|^2 of degree
2 n - 1. A sum of two independent squares has the sums of the nodes for nodes, and a new Gauss rule on each
octave: no density occurs, so that atoms, ends of densities and tails without a variance are all alike.
Polynomials of degree 2 n - 1 are kept by the sum too; b samples take log2(b) of them, or twice as many.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.solve.label_nodes import Component, components
from signsgd_sym.solve.noncentral_chi import NoncentralChi

Array = NDArray[np.float64]

ORDER = 8
"""Nodes on an octave of |eps|^2, where 1/|eps|^2 is then integrated to 1e-12."""
LOST = 1e-5
"""Weight below which a sum of two nodes is dropped, relative to that of a label which is dropped."""
BREAKDOWN = 1e-13
"""Width of the rest of a measure, in octaves, that counts as none: its Gauss rule is exact already."""


def norm_components(law: NoiseLaw, batch: int = 1, order: int = ORDER) -> tuple[Component, ...]:
    """|eps| of `batch` labels; a Gaussian part that all labels share stays a Gaussian.

    One label keeps each part of a mixture apart. For more of them the parts that are wider than the
    narrowest Gaussian have the rest of their Gaussian among the nodes. `order` is that of the Gauss rules,
    and sets how small a weight is kept as well.

    Raises:
        ParameterError: a batch below 1, or symbolic parameters.

    Example:
        >>> [two] = norm_components(NoiseLaw.from_text("Rademacher(3)"), batch=4)
        >>> two.nodes.round(12), two.weights.round(12), two.variance
        (array([6.]), array([1.]), 0.0)
        >>> [many] = norm_components(NoiseLaw.from_text("Laplace(0, 1)"), batch=7)
        >>> bool(abs(many.weights @ many.nodes**4 / (7 * 24 + 42 * 2 * 2) - 1) < 1e-12)
        True
    """
    if batch < 1:
        raise ParameterError(f"batch is {batch}; it must be at least 1.")
    parts = components(law, least_weight(order))
    if batch == 1:
        return tuple(
            Component(*gauss_rules(np.abs(part.nodes), part.weights, order), part.variance) for part in parts
        )
    common = min(part.variance for part in parts)
    wider = [_with_gaussian(part, part.variance - common) for part in parts]
    nodes, weights = (np.concatenate(column) for column in zip(*wider, strict=True))
    return (Component(*_norm_of(gauss_rules(nodes, weights, order), batch, order), common),)


def least_weight(order: int) -> float:
    """Weight of a node that is as small as the error of a Gauss rule."""
    return float(10.0 ** -(2 * order + 1))


def _norm_of(one: tuple[Array, Array], count: int, order: int) -> tuple[Array, Array]:
    """The norm of `count` independent labels, by doubling."""
    if count == 1:
        return one
    half = _norm_of(one, count // 2, order)
    even = norm_of_both(half, half, order)
    return norm_of_both(even, one, order) if count % 2 else even


def _with_gaussian(part: Component, variance: float) -> tuple[Array, Array]:
    """|sigma G - e| as nodes with positive weights."""
    if variance == 0:
        return np.abs(part.nodes), part.weights
    nodes, weights, _ = NoncentralChi.of(1).length(np.abs(part.nodes), part.weights, float(np.sqrt(variance)))
    return nodes, weights


def norm_of_both(
    one: tuple[Array, Array], other: tuple[Array, Array], order: int = ORDER
) -> tuple[Array, Array]:
    """sqrt(X^2 + Y^2) for independent X and Y, each as nodes with weights.

    Example:
        >>> coin = (np.array([0.0, 1.0]), np.array([0.5, 0.5]))
        >>> [nodes.tolist() for nodes in norm_of_both(coin, coin, 2)]
        [[0.0, 1.0, 1.4142135623730951], [0.25, 0.5, 0.25]]
    """
    weights = np.outer(one[1], other[1])
    kept = weights > LOST * least_weight(order)
    return gauss_rules(np.hypot(one[0][:, None], other[0])[kept], weights[kept], order)


def gauss_rules(nodes: Array, weights: Array, order: int = ORDER) -> tuple[Array, Array]:
    """The Gauss rule in the square of a discrete measure on each octave of the square; nodes are >= 0.

    Example:
        >>> nodes, weights = gauss_rules(np.linspace(1.0, 1.4, 500), np.full(500, 1 / 500), 8)
        >>> len(nodes), bool(abs(weights @ nodes**30 / np.mean(np.linspace(1.0, 1.4, 500) ** 30) - 1) < 1e-12)
        (8, True)
    """
    is_zero = nodes == 0
    at_zero = float(weights[is_zero].sum())
    nodes, weights = nodes[~is_zero], weights[~is_zero]
    octave = np.floor(2 * np.log2(nodes)).astype(np.int64)
    by_octave = np.argsort(octave, kind="stable")
    nodes, weights, octave = nodes[by_octave], weights[by_octave], octave[by_octave]
    numbers, starts = np.unique(octave, return_index=True)
    found = [(np.zeros(1), np.array([at_zero]))] if at_zero else []
    groups = zip(numbers, np.split(nodes, starts[1:]), np.split(weights, starts[1:]), strict=False)
    for number, inside, mass in groups:
        unit = np.exp2(number / 2)
        square, rule = _gauss_rule((inside / unit) ** 2, mass, order)
        found.append((unit * np.sqrt(square), rule))
    columns = zip(*found, strict=True)
    return tuple(np.concatenate(column) for column in columns)  # type: ignore[return-value]


def _gauss_rule(points: Array, weights: Array, order: int) -> tuple[Array, Array]:
    """Lanczos' process for multiplication by the points, with full reorthogonalisation."""
    total = weights.sum()
    basis = [np.sqrt(weights / total)]
    diagonal, beside = [], []
    for _ in range(order):
        image = points * basis[-1]
        diagonal.append(basis[-1] @ image)
        stack = np.stack(basis)
        for _ in range(2):
            image = image - (stack @ image) @ stack
        size = np.linalg.norm(image)
        if size < BREAKDOWN or len(basis) == order:
            break
        beside.append(size)
        basis.append(image / size)
    jacobi = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    nodes, vectors = np.linalg.eigh(jacobi)
    return nodes, total * vectors[0] ** 2
