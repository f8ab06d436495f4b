"""Closed forms of the laws of a list: how many are certified with generic parameters, and how long it takes.

    python tests/benchmarks/bench_closed_form.py [--laws FILE] [--workers 2]

Each line of FILE is `LAW | a=2, b=3`: the law with symbols, and an instance. For the law with symbols the
search runs cold (no cache) and its formula is certified at 20 points to 40 digits; for the instance phi is
enclosed to 50 digits at four R, and the float64 surrogate is built and held against those enclosures.
Without --laws the list beside this file is used.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ["SIGNSGD_SYM_CACHE"] = "off"

import numpy as np
import sympy as sp

from signsgd_sym.balls import enclose
from signsgd_sym.codegen.surrogate import build_surrogate
from signsgd_sym.derive.phi import phi_as_mean, phi_mean, phi_of
from signsgd_sym.model import noise_law
from signsgd_sym.model.exact import exact_number
from signsgd_sym.notation import R
from signsgd_sym.report.workers import Pool
from signsgd_sym.solve.functions import measure_of
from signsgd_sym.special import over

RISKS = (sp.Rational(1, 1000), sp.Rational(1, 10), sp.Integer(1), sp.Integer(20))
DIGITS = 50


@dataclass(frozen=True)
class Row:
    """What came out for one law."""

    law: str
    formula: str
    verdict: str
    search: float
    proved: float
    worst: float
    radius: float
    numbers: float
    complaint: str = ""


def examine(line: str) -> Row:
    """Search with symbols, then the numbers of the instance."""
    text, _, given = (part.strip() for part in line.partition("|"))
    law, response = noise_law(text), phi_as_mean()
    started = time.perf_counter()
    form = phi_mean(law, response)
    formula = phi_of(form, response)
    searched = time.perf_counter()
    values = dict(pair.split("=") for pair in given.replace(" ", "").split(",") if pair)
    instance = law.substitute({name: exact_number(value) for name, value in values.items()})
    integral = over(response, instance)
    surrogate = build_surrogate(measure_of(instance))
    worst = radius = 0.0
    complaint = ""
    for r in RISKS:
        found = enclose(integral, {R: r}, digits=DIGITS).ball.real
        radius = max(radius, float((found.rad() / abs(found)).upper()))
        middle = float(found.mid())
        if middle > 1e-290:
            worst = max(worst, abs(float(surrogate(np.array([float(r)]))[0]) / middle - 1))
        if formula is not None:
            at = {**{s: exact_number(values[s.name]) for s in law.parameters}, R: r}
            if not enclose(formula, at, digits=30).ball.real.overlaps(found):
                complaint = f"the formula is wrong at R = {r}"
    if worst > surrogate.error + 1e-15:
        complaint = f"the surrogate is off by {worst:.1e}, more than its bound"
    done = time.perf_counter()
    return Row(
        text, "" if formula is None else str(formula), form.verdict.value, searched - started,
        surrogate.error, worst, radius, done - searched, complaint,
    )  # fmt: skip


def main() -> None:
    """Print one line a law, then the totals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", type=Path, default=Path(__file__).with_name("laws.txt"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    lines = [line for line in options.laws.read_text().splitlines() if line.strip() and line[0] != "#"]
    started, rows, failed = time.perf_counter(), [], []
    for answer in Pool(examine, options.workers).run(lines):
        if answer.error is not None:
            failed.append(lines[answer.index])
            print(f"{lines[answer.index]}: {type(answer.error).__name__}: {answer.error}", flush=True)
            continue
        row = answer.value
        rows.append(row)
        print(
            f"{row.law:28} {row.verdict:10} {row.search:5.1f} s  numbers {row.numbers:4.1f} s  "
            f"radius {row.radius:.0e}  surrogate {row.proved:.0e} (seen {row.worst:.0e})  "
            f"{row.complaint or row.formula[:90]}",
            flush=True,
        )
    certified = sum(bool(row.formula) for row in rows)
    print(
        f"\n{len(lines)} laws, {certified} with a certified closed form, {len(failed)} failed, "
        f"{sum(bool(row.complaint) for row in rows)} wrong, {time.perf_counter() - started:.0f} s; "
        f"largest proved surrogate error {max(row.proved for row in rows):.1e}, "
        f"largest relative radius {max(row.radius for row in rows):.1e}"
    )


if __name__ == "__main__":
    main()
