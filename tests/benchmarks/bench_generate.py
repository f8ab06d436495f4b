"""Accuracy of generated code for every law of a list, in every target that can be run here.

    python tests/benchmarks/bench_generate.py [--laws FILE] [--targets numpy,c,...] [--points 10000]

Each law is generated once, every target built and run at `--points` log-spaced R in [1e-12, 1e12] and at
1,000 in [1e-300, 1e300]. Laws whose closed form is computed as such are held to 4 ulp of ball arithmetic in
phi and in the drift rate; all others to 1e-13 relative (absolute below 1e-290), at `--few` R, for values
there are enclosures of an integral. On [1e-300, 1e300] values have to be finite, within 2/pi, and to reach
the limits.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signsgd_sym.codegen import reference
from signsgd_sym.codegen.harness import RUNNERS
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.derive.phi import phi_as_mean
from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import SignSGDError
from signsgd_sym.model import noise_law
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.report.workers import Pool
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.special import over

MORE = (
    "Rademacher(1)", "Rademacher(3/7)", "Dirac(0)", "Dirac(2)", "Uniform(1, 3)", "Erlang(8, 1)",
    "StudentT(5)", "StudentT(7)", "Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))",
    "Truncated(Laplace(0, 1), (-2, 3))",
    "Mixture((1/2, Laplace(0, 1)), (1/2, Dirac(0)))", "Laplace(0, 1) + Normal(0, 1/2)",
    "Normal(0, 1000000)",
    "Normal(10, 1)", "Truncated(Normal(0, 1), (-2, 3))", "Cauchy(0, 1) + Normal(0, 1)", "Laplace(0, 1/1000)",
)  # fmt: skip
FAR = np.logspace(-300, 300, 1000)


@dataclass(frozen=True)
class Task:
    """One law, and what to do with it."""

    law: str
    targets: tuple[str, ...]
    points: int
    few: int
    ode: Any


@dataclass(frozen=True)
class Row:
    """What came out: a line a target, and whether all is as promised."""

    lines: tuple[str, ...]
    good: bool


def examine(task: Task) -> Row:
    """Generate, run, compare."""
    text, _, given = (part.strip() for part in task.law.partition("|"))
    values = dict(pair.split("=") for pair in given.replace(" ", "").split(",") if pair)
    law = noise_law(text).substitute({name: exact_number(value) for name, value in values.items()})
    started = time.perf_counter()
    problem = make_problem(SIGN, law, ode=task.ode)
    seconds = time.perf_counter() - started
    elementary = problem.plan.ulp is not None
    count = task.points if elementary else task.few
    risks = np.logspace(-12, 12, count)
    expr = problem.phi if elementary else over(phi_as_mean(), law)
    phi, rate = reference.of_expression(expr, problem.functions.factor, risks, skip=not elementary)
    risks = phi.risks
    lines, good = [], True
    for target in task.targets:
        runner = RUNNERS[target]
        if runner.missing():
            lines.append(f"{law.text:45} {target:10} not run: {runner.missing()}")
            good = False
            continue
        try:
            source = source_of(target)(problem.generated)
        except SignSGDError as refusal:
            lines.append(f"{law.text:45} {target:10} refused: {refusal}")
            continue
        found = runner.run(source, np.concatenate([risks, FAR]))
        near, far = found[: len(risks)], found[len(risks) :]
        ulp = [float(np.max(r.ulp(near[:, k]))) for k, r in enumerate((phi, rate))]
        off = [float(np.max(r.relative(near[:, k]))) for k, r in enumerate((phi, rate))]
        finite = bool(np.all(np.isfinite(far)) and np.all(far >= 0) and np.all(far[:, 0] <= 0.63662))
        finite &= abs(far[-1, 0] * np.pi / 2 - 1) < (1e-10 if elementary else 1e-2)
        fine = finite and (max(ulp) <= 4 if elementary else max(off) <= 1e-13)
        good &= fine
        lines.append(
            f"{law.text:45} {target:10} {'elementary' if elementary else 'pieces':10} "
            f"ulp {ulp[0]:5.2f} {ulp[1]:5.2f}"
            f"  relative {max(off):.1e}  {len(problem.plan.chosen)} regimes  {seconds:4.1f} s"
            f"  {'' if finite else 'NOT FINITE OR WRONG LIMIT '}{'' if fine else 'FAILED'}"
        )
    return Row(tuple(lines), good)


def main() -> None:
    """Print a line for each law and target, then the totals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", type=Path, default=Path(__file__).with_name("laws.txt"))
    parser.add_argument("--targets", default="numpy,c,javascript,numba")
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--few", type=int, default=60)
    parser.add_argument("--only", default="", help="laws whose text contains this")
    options = parser.parse_args()
    laws = [line for line in options.laws.read_text().splitlines() if line.strip() and line[0] != "#"]
    laws = [law for law in (*laws, *MORE) if options.only in law]
    ode = derive_risk_ode(derive_sde(SIGN))
    tasks = [Task(law, tuple(options.targets.split(",")), options.points, options.few, ode) for law in laws]
    started, bad = time.perf_counter(), []
    for answer in Pool(examine, 2).run(tasks):
        if answer.error is not None:
            bad.append(laws[answer.index])
            print(f"{laws[answer.index]}: {type(answer.error).__name__}: {answer.error}", flush=True)
            continue
        print("\n".join(answer.value.lines), flush=True)
        if not answer.value.good:
            bad.append(laws[answer.index])
    seconds = time.perf_counter() - started
    print(f"\n{len(laws)} laws, {len(bad)} not as promised: {'; '.join(bad) or 'none'}; {seconds:.0f} s")


if __name__ == "__main__":
    main()
