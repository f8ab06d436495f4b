"""The command `generate`: a law in, a stand-alone source file out, and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signsgd_sym.codegen.measured import Measured
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.derive.density import read_law
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.optimizer import Optimizer, as_optimizer
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.solve.generate import GeneratedCode, generate, writable


@dataclass(frozen=True)
class GenerateRequest:
    """What was asked for, checked before any work starts."""

    law: NoiseLaw
    target: str
    rule: Optimizer
    schedule: Schedule | None
    output: Path | None
    force: bool
    run: bool
    seconds: float

    @staticmethod
    def parse(
        law: str,
        target: str,
        optimizer: str,
        lr: str | None,
        output: Path | None,
        force: bool,
        run: bool,
        seconds: float,
    ) -> GenerateRequest:
        """Parse the texts of the command line; raises `InputError` of the kind that fits."""
        source_of(target)
        rule = as_optimizer(optimizer)
        if output is not None:
            writable(output, force)
        if not seconds > 0:
            raise ParameterError(f"--seconds is {seconds}; it must be positive.")
        schedule = None if lr is None else Schedule.of(lr)
        return GenerateRequest(read_law(law), target, rule, schedule, output, force, run, seconds)


def run_generate(request: GenerateRequest) -> GeneratedCode:
    """Generate, run, write."""
    return generate(
        request.law,
        request.target,
        optimizer=request.rule,
        lr=request.schedule,
        path=request.output,
        force=request.force,
        run=request.run,
        seconds=request.seconds,
    )


def generate_data(code: GeneratedCode, output: Path | None) -> dict[str, Any]:
    """The answer as JSON."""
    found: dict[str, Any] = {
        "law": code.law.text,
        "optimizer": code.rule.name,
        "target": code.target,
        "phi": None if code.functions.phi is None else str(code.functions.phi),
        "evidence": code.functions.evidence,
        "measured": None,
        "not_measured": None,
        "proved_relative_error": None,
        "regimes": [],
        "rewritings": None,
        "file": None if output is None else str(output),
        "source": code.source if output is None else None,
    }
    if isinstance(code.measured, Measured):
        m = code.measured
        found["measured"] = {
            "ulp": dict(zip(m.names, m.ulp, strict=True)),
            "relative": dict(zip(m.names, m.relative, strict=True)),
            "points": m.points,
            "tool": m.tool,
            "against": m.against,
        }
    else:
        found["not_measured"] = code.measured
    plan = None if code.problem is None else code.problem.plan
    if plan is not None:
        found["regimes"] = [
            {"from": 2.0**c.lo, "to": None if c.hi > 1023 else 2.0**c.hi, "form": c.form.note}
            for c in plan.chosen
            if c.form is not None
        ]
        if plan.table is not None:
            found["proved_relative_error"] = plan.table.error
    if code.rewritings is not None and code.rewritings.judgements:
        found["rewritings"] = code.rewritings.verdict.value
    return found


def generate_text(code: GeneratedCode) -> str:
    """What is said when the source went to a file."""
    lines = [f"{code.rule.name} under {code.law.text}, {code.target}"]
    facts = code.functions
    lines.append(f"  phi(R) = {facts.formula}" if facts.has_phi else f"  drift_rate(R) = {facts.rate}")
    lines.append(f"  {facts.evidence}")
    if isinstance(code.measured, Measured):
        lines.append(f"  {code.measured.text}")
    elif code.target != "latex":
        lines.append(f"  not measured: {code.measured}")
    return "\n".join(lines)
