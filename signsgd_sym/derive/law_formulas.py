r"""Everything about one label-noise law: phi in closed form, what follows from it, each with its verdict.

`law_formulas` searches a closed form of phi = (2/pi) E exp(-eps^2/(4 R)), then records as derivations

    phi         the closed form, its limits and expansions at R -> 0 and R -> oo,
    psi         psi = (pi/2) phi sqrt(P/R) and its limits, where eps has a variance,
    stationary  R phi/sqrt(2 R) = eta tr(D)/(4 d) and its solution, where one is found,

and has every step checked. Without a closed form phi stays an integral that the kernel encloses. What SymPy
found is kept (`store`), and every statement made of it is judged again when it is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive.book import Book, Statement
from signsgd_sym.derive.certificate import NotBelieved
from signsgd_sym.derive.closed_form import DIGITS, POINTS, ClosedForm, noise_mean
from signsgd_sym.derive.consequences import DriftLimit, Expansion
from signsgd_sym.derive.follow_up import LEVEL, again, compression_of, find
from signsgd_sym.derive.memo import Memo, read_memo
from signsgd_sym.derive.monotone import Monotonicity
from signsgd_sym.derive.phi import phi_mean, response_and_note
from signsgd_sym.derive.question import question
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.simplicity import hardest
from signsgd_sym.derive.store import Store
from signsgd_sym.derive.stored_text import NotStorable
from signsgd_sym.derive.values import DIGITS as DIGITS_OF_VALUES
from signsgd_sym.derive.values import Value, value_at
from signsgd_sym.derive.worker import ahead
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.notation import D, P, R, d, eps, eta, phi
from signsgd_sym.proof.asymptotic import Effort
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.proof.verdict import Judgement, Verdict
from signsgd_sym.special import NoiseMean, over

SECONDS = 20.0
"""For the search of a closed form; what follows from it gets as long again."""
GUESS = sp.exp(-(eps**2) / (4 * R))
"""The quantity whose mean the linear response is expected to be."""
QUICK = 3
"""Up to this class (`simplicity`) a formula is quick to evaluate at any R; others are measured less deep."""
BEYOND = 12
"""A rest smaller than every power is checked as O(R^12)."""


@dataclass(frozen=True)
class LawFormulas:
    """What is known of one law; `statements` carry the verdicts.

    `phi` is None without a certified closed form; `integral` is phi as an integral, always there. `psi` is
    None where it is undefined, `psi_reason` then says why. `expansions` are those of phi; `drift_at_zero` has
    a statement of its own unless it is a Piecewise: that follows from the expansion at 0. `cache` says in
    sentences what the cache had to do with the answer, if anything.
    """

    law: NoiseLaw
    form: ClosedForm
    phi: Any | None
    integral: Any
    psi: Any | None
    psi_reason: str
    expansions: tuple[Expansion, ...]
    drift_at_zero: DriftLimit | None
    monotone: Monotonicity
    equation: Any
    stationary: Any | None
    derivations: tuple[Derivation, ...]
    statements: tuple[Statement, ...]
    stopped: str = ""
    cache: str = ""

    def statement(self, name: str) -> Statement | None:
        """The statement of this name, or None."""
        return next((s for s in self.statements if s.name == name), None)

    @property
    def verdict(self) -> Verdict:
        """Of phi: UNKNOWN without a closed form."""
        return self.form.verdict

    @property
    def evaluable(self) -> Any:
        """phi for numbers: the closed form where there is one."""
        return self.integral if self.phi is None else self.phi

    def values(self, at: Mapping[Any, Any], digits: int = DIGITS_OF_VALUES) -> Value:
        """Certified numbers at R and every parameter, such as {"R": "1/10", "b": 2}: see `values`."""
        return value_at(self.law, self.phi, self.integral, at, digits)

    def _repr_latex_(self) -> str:
        from signsgd_sym.report.law_latex import phi_latex

        return f"${phi_latex(self)}$"


def law_formulas(
    law: NoiseLaw,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    points: int = POINTS,
    digits: int = DIGITS,
    form: ClosedForm | None = None,
    cache: bool | Store = True,
) -> LawFormulas:
    """Search, derive and check; `form` is the closed form of the mean in phi where it is known already.

    With `cache` what an earlier call found is used, after the kernel has judged it again.

    >>> from signsgd_sym.model.noise import noise_law
    >>> found = law_formulas(noise_law("Normal(0, v)"), points=5, digits=20)
    >>> found.phi, found.psi
    (2*sqrt(2)*sqrt(R)/(pi*sqrt(2*R + v**2)), 1)
    """
    store, sampling = Store.of(cache), (seed, points, digits)
    with ahead(response_and_note, (store,)) as derived:
        # The search need not wait for the derivation of what is searched: a wrong guess costs time only.
        guessed = form or noise_mean(law, GUESS, seconds=seconds, cache=store)
        response, note = derived()
    if form is None:
        is_right = response.atoms(NoiseMean) == {NoiseMean(GUESS)}
        form = guessed if is_right else phi_mean(law, response, seconds=seconds, cache=store)
    if store.folder is None:
        return _told(form, response, sampling, seconds, find(form, response, seconds))
    notes = [note, form.cache]
    mean = sp.S.NaN if form.value is None else form.value
    asked = question("what follows from phi", law, sp.Tuple(response, mean))
    entry, note = store.read(asked)
    if entry is not None:
        try:
            memo = read_memo(entry.answer, law, entry.made)
            if memo.answers(seconds, points, digits):
                told = _told(form, response, sampling, seconds, memo)
                return replace(told, cache=_sentences(*notes, f"the rest is kept since {memo.made}"))
        except NotBelieved as problem:
            note = f"what follows from phi in the cache was not believed: {problem}"
    memo = find(form, response, seconds)
    told = _told(form, response, sampling, seconds, memo)
    try:
        kept = store.write(asked, memo.data(law))
    except NotStorable as problem:
        kept = str(problem)
    return replace(told, cache=_sentences(*notes, note, kept))


def _sentences(*notes: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, notes)))


def _told(
    form: ClosedForm, response: Any, sampling: tuple[int, int, int], seconds: float, memo: Memo
) -> LawFormulas:
    """Everything recorded and judged; `NotBelieved` where what the memo read from a file is wrong."""
    law, integral, value = form.law, over(response, form.law), memo.values.get("phi")
    if (value is None) != (form.value is None):
        raise NotBelieved("its phi is missing")
    is_quick = value is not None and hardest(value) <= QUICK
    effort = Effort() if is_quick else Effort(deepest=7, samples=3)
    book = Book(law, *sampling, seconds, effort, is_quick, memo)
    if memo.was_read:
        memo = book.memo = again(memo, form, response, seconds if not is_quick else None)
    _record_phi(book, form, value, integral)
    psi, reason = _record_psi(book, value, integral)
    equation, stationary = _record_stationary(book, value)
    return LawFormulas(
        law, form, value, integral, psi, reason, memo.expansions, memo.limit, memo.monotone,
        equation, stationary, tuple(book.derivations), tuple(book.statements), memo.stopped,
    )  # fmt: skip


def _given(law: NoiseLaw) -> tuple[Assumption, ...]:
    relations = (Assumption(str(relation), relation) for relation in law.relations)
    return (Assumption(f"eps ~ {law.text}", laws=(law,), name="law"), *relations)


def _record_phi(book: Book, form: ClosedForm, value: Any, integral: Any) -> None:
    """phi, its limits and its expansions."""
    law, limit = book.law, book.memo.limit
    record = Recorder("law-phi", f"phi for eps ~ {law.text}", _given(law))
    names: dict[str, str] = {}
    known: dict[str, Judgement] = {}
    record.define(phi, integral, "the linear response of the sign rule, integrated against the law")
    steps = itertools.count(2)
    if value is not None:
        record.equal(phi, value, " and ".join(form.routes))
        step = str(next(steps))
        names[step], known[step] = "phi", form.judgement
    mass = sp.Add(*(w for w, part in law.parts if isinstance(part, Atom) and part.location == 0))
    record.tends(phi, 2 * mass / sp.pi, "(2/pi) P(eps = 0)", variable=R, point=0)
    names[str(next(steps))] = "phi at 0"
    record.tends(phi, 2 / sp.pi, "dominated convergence", variable=R, point=sp.oo)
    names[str(next(steps))] = "phi at oo"
    record.tends(phi / sp.sqrt(2 * R), 0, "0 <= phi <= 2/pi", variable=R, point=sp.oo)
    names[str(next(steps))] = "drift rate at oo"
    for expansion in book.memo.expansions:
        order = expansion.order if expansion.order != 0 else R**BEYOND
        at, series = expansion.point, expansion.series
        record.expand(phi, series, expansion.reason, variable=R, order=order, point=at)
        names[str(next(steps))] = "small R" if at == 0 else "large R"
    if limit is not None and not isinstance(limit.value, sp.Piecewise):
        reason = "the first term at 0" if limit.follows else "the smoothing identity"
        record.tends(phi / sp.sqrt(2 * R), limit.value, reason, variable=R, point=0)
        names[str(next(steps))] = "drift rate at 0"
    book.close(record, names, known)


def _record_psi(book: Book, value: Any, integral: Any) -> tuple[Any | None, str]:
    """psi = (pi/2) phi sqrt(P/R) where eps has a variance; else None and the reason."""
    short, limit = book.memo.values.get("psi"), book.memo.limit
    rate = None if limit is None else limit.value
    power = book.law.second_moment()
    given = list(_given(book.law))
    if isinstance(power, sp.Piecewise):
        (finite, condition), *_ = power.args
        words = f"{condition}, so that E[eps^2] is finite"
        given.append(Assumption(words, condition, name="finite-variance"))
        power = finite
    if power.is_infinite:
        return None, f"E[eps^2] is infinite for {book.law.text}: P = R + E[eps^2]/2 does not exist"
    record = Recorder("law-psi", f"psi for eps ~ {book.law.text}", tuple(given))
    inserted = integral if value is None else value
    record.define(phi, inserted, "phi, see above")
    record.define(P, R + power / 2, "the population risk")
    compression = sp.pi / 2 * phi * sp.sqrt(P / R)
    names: dict[str, str] = {}
    psi = compression_of(book.law, inserted) if short is None else short
    if value is not None:
        record.equal(compression, psi, "insert")
        names["3"] = "psi"
    step = len(names) + 2
    if rate is not None and not rate.has(sp.Piecewise):
        at_zero = sp.powsimp(sp.pi / 2 * rate * sp.sqrt(power)) if rate.is_finite else sp.oo
        reason = "(pi/2) sqrt(E eps^2) times the drift rate at 0"
        record.tends(compression, at_zero, reason, variable=R, point=0)
        step += 1
        names[str(step)] = "psi at 0"
    record.tends(compression, 1, "phi tends to 2/pi and P/R to 1", variable=R, point=sp.oo)
    names[str(step + 1)] = "psi at oo"
    book.close(record, names, {})
    return psi, ""


def _record_stationary(book: Book, value: Any) -> tuple[Any, Any | None]:
    """The stationary equation, and the first solution that is certified."""
    memo = book.memo
    left = shown = R * (phi if value is None else value) / sp.sqrt(2 * R)
    if value is not None:
        shown = memo.value("stationary equation", lambda: readable(left))
        book.check_again("stationary equation", left, shown)
    equation = sp.Eq(shown, LEVEL, evaluate=False)
    level = sp.Symbol("A", positive=True)
    for root in memo.solutions:
        title = f"The stationary risk for eps ~ {book.law.text}"
        record = Recorder("law-stationary", title, _given(book.law))
        inserted = left.subs(R, root.subs(sp.Trace(D), 4 * d * level / eta))
        record.equal(inserted, level, "insert the solution; A = eta tr(D)/(4 d)")
        trial = replace(book, derivations=[], statements=[])
        trial.close(record, {"1": "stationary risk"}, {})
        if trial.statements[0].judgement.verdict.passed:
            book.derivations += trial.derivations
            book.statements += trial.statements
            memo.solutions = (root,)
            return equation, root
    memo.solutions = ()
    memo.certificates.pop("stationary risk", None)
    return equation, None


__all__ = ["LawFormulas", "Statement", "law_formulas"]
