r"""The formulas of a law as LaTeX: one `align*`, its verdicts as comments, so that it can be pasted.

What is not a pass is said in the text as well: a reader of the paper has to see it.
"""

from __future__ import annotations

from signsgd_sym.derive.values import Value
from signsgd_sym.report.closed_form_command import ClosedFormAnswer
from signsgd_sym.report.closed_form_data import assumptions
from signsgd_sym.report.latex import derivation_latex
from signsgd_sym.report.latex import escape as tex
from signsgd_sym.report.law_facts import Fact, facts


def closed_form_latex(answer: ClosedFormAnswer) -> str:
    """Comments, then the formulas; `--how` adds the derivation of the expectation in phi."""
    formulas = answer.formulas
    head = [f"eps ~ {formulas.law.text}", "given: " + ", ".join(assumptions(formulas))]
    head += [str(proof) for proof in answer.densities]
    head.append(f"the points were drawn with --seed {answer.request.seed}")
    found = facts(formulas)
    rows = [_row(fact) for fact in found if fact.latex]
    head += [f"{fact.name}: {fact.text}" + (f" ({fact.note})" if fact.note else "")
             for fact in found if not fact.latex]  # fmt: skip
    body = " \\\\\n".join(rows)
    parts = ["".join(f"% {line}\n" for line in head) + f"\\begin{{align*}}\n{body}\n\\end{{align*}}"]
    if answer.values:
        shown = (_value(value) for value in answer.values if isinstance(value, Value))
        lost = [f"% no value: {value}\n" for value in answer.values if isinstance(value, str)]
        body = " \\\\\n".join(shown)
        table = f"\\begin{{align*}}\n{body}\n\\end{{align*}}" if body else ""
        parts.append("".join(lost) + table)
    if answer.how is not None:
        parts.append(derivation_latex(formulas.form.derivation, answer.how))
    return "\n\n".join(parts)


def _row(fact: Fact) -> str:
    judgement = fact.judgement
    weak = "" if judgement is None or judgement.verdict.passed else rf" \textbf{{[{fact.verdict}]}}"
    evidence = "" if judgement is None else judgement.evidence.summary()
    comment = f"  % {fact.name}: {', '.join(part for part in (fact.verdict, evidence) if part)}\n"
    left, relation, right = _aligned(fact.latex)
    reason = rf"{tex(fact.note)}{weak}" if fact.note or weak else ""
    return rf"{comment}  {left} &{relation} {right}" + (rf" && \text{{{reason}}}" if reason else "")


def _aligned(formula: str) -> tuple[str, str, str]:
    """Left side, relation, right side."""
    for relation in (" = ", r" \to "):
        left, sign, right = formula.partition(relation)
        if sign:
            return left, sign.strip(), right
    return formula, "", ""


def _value(value: Value) -> str:
    where = ", ".join(f"{name} = {number}" for name, number in value.at)
    number, radius = _power_of_ten(value.phi.text), _power_of_ten(value.phi.radius)
    return (
        rf"  % CERTIFIED, {value.source}"
        + "\n"
        + rf"  \phi &= {number} \pm {radius} && \text{{{tex(where)}}}"
    )


def _power_of_ten(number: str) -> str:
    mantissa, e, power = number.partition("e")
    return rf"{mantissa} \cdot 10^{{{power}}}" if e else mantissa
