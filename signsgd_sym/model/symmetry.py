"""Whether a mixture is the law of -eps too."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from signsgd_sym.model.parts import Atom, DensityPart


def is_symmetric(parts: Iterable[tuple[sp.Expr, Atom | DensityPart]]) -> bool:
    """Whether each part is even or has its mirror image among the parts, with the same weight.

    True only where it is proved: images are compared as expressions.
    """
    skew = [(weight, part) for weight, part in parts if not _is_even(part)]
    while skew:
        weight, part = skew.pop()
        image = part.affine(sp.Integer(-1), sp.Integer(0))
        for k, (other_weight, other) in enumerate(skew):
            if other_weight == weight and _same(image, other):
                del skew[k]
                break
        else:
            return False
    return True


def _is_even(part: Atom | DensityPart) -> bool:
    return part.location == 0 if isinstance(part, Atom) else part.is_symmetric


def _same(image: Atom | DensityPart, other: Atom | DensityPart) -> bool:
    if isinstance(image, Atom) or isinstance(other, Atom):
        return image == other
    return image == other or (
        image.has_elementary_density
        and other.has_elementary_density
        and len(image.pieces) == len(other.pieces)
        and all(
            p.lo == q.lo and p.hi == q.hi and sp.simplify(p.density - q.density) == 0
            for p, q in zip(image.pieces, other.pieces, strict=True)
        )
    )
