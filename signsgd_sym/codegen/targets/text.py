"""The header that every generated file begins with."""

from __future__ import annotations

import math
import textwrap

from signsgd_sym.codegen.module import Module

WIDTH = 100
"""Columns of generated code; SymPy text that has no spaces may be longer."""


def header(module: Module) -> list[str]:
    """Lines: what the file computes, where it comes from, how exact it is."""
    f = module.facts
    rows = [
        ("phi(R)", f.formula),
        ("drift_rate(R)", f.drift_rate),
        ("noise_scale(R)", f.noise_scale),
        ("modes", f.modes),
        ("derivation", f.derivation),
        ("evidence", f.evidence),
        ("error", f.measured),
    ]
    if module.function("phi") is None:
        rows = rows[1:]
    if module.exact.step is not None:
        rows.insert(-4, ("learning_rate", f"{module.exact.step}, of t and R, to be passed on as eta"))
    if module.function("psi") is None:
        reason = "E[eps^2] is infinite" if module.function("phi") else f.without_psi
        rows.insert(-4, ("psi", f"left out: {reason}"))
    rows[-3:-3] = f.more
    lines = [*_wrap(f"Risk functions of the {f.rule} rule under label noise {f.law}.", ""), ""]
    for name, value in rows:
        lines += _wrap(f"    {name:15} {value}", " " * 20)
    lines += regimes(module)
    lines.append("")
    names = "phi, psi, drift_rate and noise_scale" if module.function("phi") else "Functions of R"
    ends = "their limit at R = 0 and NaN where R is negative, infinite or NaN"
    if f.at_ends:
        ends = f"NaN {f.at_ends}"
    lines += _wrap(
        "R is the risk Delta^T K Delta / 2, the 1/2 included, Delta = theta - theta*, K the covariance of "
        "the data. risk_rhs(t, r, lam, forcing, eta) is the right-hand side of the ODE of the modes, one "
        "number a mode in r, lam and forcing, eta the step size at time t. "
        f"{names} return {ends}. Generated from the derivation; do not edit.",
        "",
    )
    return lines


def regimes(module: Module) -> list[str]:
    """Which form is used where, if there is more than one."""
    phi = module.function("phi")
    if phi is None or (len(phi.regimes) == 1 and module.table is None):
        return []
    lines: list[str] = []
    lower, relation = 0.0, "<"
    for regime in phi.regimes:
        upper = "oo" if math.isinf(regime.upper) else f"{regime.upper:.6g}"
        lead = "used where" if not lines else ""
        note = regime.note
        if module.table is not None and "table" in regime.program.operations and any(module.table_ends):
            first, last = module.table.range
            note += (
                f" on [{first:.3g}, {last:.3g}], beyond it a power of R towards the limits: finite and "
                "monotone, no error claimed"
            )
        lines += _wrap(f"    {lead:15} {lower:.6g} {relation} R < {upper}: {note}", " " * 20)
        lower, relation = regime.upper, "<="
    return lines


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def fold(text: str, indent: str, width: int) -> str:
    """A long statement on several lines, broken before binary operators and after commas; languages that
    end statements with the line need it in parentheses.

    >>> print(fold("y = aa + bb * cc - dd", "", 16))
    y = aa
        + bb * cc
        - dd
    """
    lines: list[str] = []
    rest = text
    lead = indent + "    "
    first = True
    while True:
        room = width - len(indent if first else lead)
        if len(rest) <= room:
            lines.append(rest)
            break
        cut = max((rest.rfind(sign, 1, room) for sign in (" + ", " - ", ", ")), default=-1)
        if cut <= 0:
            cut = max((rest.rfind(sign, 1, room) for sign in (" * ", " / ")), default=-1)
        if cut <= 0:
            lines.append(rest)
            break
        after = cut + 1 if rest[cut] == "," else cut
        lines.append(rest[:after].rstrip())
        rest = rest[after:].lstrip()
        first = False
    return f"\n{lead}".join(lines)


def numbers(values: object, per_line: int = 4, indent: str = "    ") -> str:
    """Float64 numbers, separated by commas, a few a line."""
    texts = [repr(float(v)) for v in values]  # type: ignore[attr-defined]
    rows = [", ".join(texts[k : k + per_line]) for k in range(0, len(texts), per_line)]
    return (",\n" + indent).join(rows)
