"""Claim: nothing in the cache is taken for true: what is false, foreign or broken is seen, said and replaced.

A file that was changed is found out by its seal. Here the seal is forged as well wherever a formula is wrong,
so that it is the kernel that refutes it.
"""

import json
import multiprocessing
import os
import pickle

import pytest
import sympy as sp

from signsgd_sym.derive import closed_form, phi, question, store
from signsgd_sym.derive.closed_form import noise_mean
from signsgd_sym.derive.law_formulas import law_formulas
from signsgd_sym.derive.store import MAX_BYTES, Store, user_folder
from signsgd_sym.model import noise_law
from signsgd_sym.notation import R, eps
from signsgd_sym.proof.verdict import Verdict

IN_PHI = sp.exp(-(eps**2) / (4 * R))
LAW = noise_law("Normal(0, v)")
RIGHT = "sqrt(2)*sqrt(R)/sqrt(2*R + v**2)"
FEW = {"points": 4, "digits": 20}


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """The files of one law as text, by kind and name; made once."""
    folder = tmp_path_factory.mktemp("filled")
    law_formulas(LAW, cache=Store(folder), **FEW)
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    return {json.loads(text)["question"]["kind"]: (name, text) for name, text in texts.items()}


@pytest.fixture
def filled(contents, tmp_path):
    """A store of one's own with these files."""
    for name, text in contents.values():
        (tmp_path / name).write_text(text)
    return Store(tmp_path)


def file_of(kept, kind):
    [path] = [p for p in kept.folder.iterdir() if json.loads(p.read_text())["question"]["kind"] == kind]
    return path


def forge(path, change, seal=True):
    """Change the answer in a file, and its seal too."""
    content = json.loads(path.read_text())
    change(content["answer"])
    if seal:
        content["seal"] = store._sha([content["question"], content["answer"], content["made"]])
    path.write_text(json.dumps(content))


def test_the_file_can_be_read_by_a_person(filled):
    text = file_of(filled, "mean").read_text()
    for words in (f'"formula": "{RIGHT}"', '"verdict": "CERTIFIED"', '"region": "R > 0, v > 0"', '"sympy"'):
        assert f"    {words}" in text or words in text
    assert text.count("\n") > 20


def wrong_formula(answer):
    answer["formula"] = answer["stages"][-1]["form"] = "sqrt(2)*sqrt(R)/sqrt(3*R + v**2)"


def wrong_constant(answer):
    answer["formula"] = answer["stages"][-1]["form"] = f"10000000001*{RIGHT}/10000000000"


def wrong_on_the_way(answer):
    answer["stages"].insert(0, {"form": "R*v", "reason": "obviously"})


def code(answer):
    answer["formula"] = answer["stages"][-1]["form"] = "__import__('os').system('true')"


def attribute(answer):
    answer["formula"] = answer["stages"][-1]["form"] = "R.__class__"


def too_large(answer):
    answer["formula"] = answer["stages"][-1]["form"] = "9**9**9**9"


def too_deep(answer):
    answer["formula"] = answer["stages"][-1]["form"] = "sin(" * 300 + "R" + ")" * 300


def stranger(answer):
    answer["formula"] = answer["stages"][-1]["form"] = "R/(R + w)"


def not_the_last(answer):
    answer["formula"] = "1"


MEANS = [wrong_formula, wrong_constant, wrong_on_the_way, code, attribute, too_large, too_deep, stranger]
TYPES = [
    lambda answer: answer.update(stages=7),
    lambda answer: answer.update(stages=[["R", "no"]]),
    lambda answer: answer.update(routes=[1]),
    lambda answer: answer.update(verdict="TRUE"),
    lambda answer: answer.update(points="20"),
    lambda answer: answer.update(digits=-1),
    lambda answer: answer.update(seconds="long"),
    lambda answer: answer.clear(),
]


@pytest.mark.parametrize("change", [*MEANS, not_the_last, *TYPES])
def test_a_forged_mean_is_replaced(filled, change):
    path = file_of(filled, "mean")
    forge(path, change)
    found = noise_mean(LAW, IN_PHI, cache=filled, **FEW)
    assert (str(found.value), found.verdict) == (RIGHT, Verdict.CERTIFIED)
    assert "not believed" in found.cache and "\n" not in found.cache
    again = noise_mean(LAW, IN_PHI, cache=filled, **FEW)
    assert again.value == found.value and "certified again" in again.cache


def test_a_wrong_formula_is_refuted_by_the_kernel(filled):
    forge(file_of(filled, "mean"), wrong_formula)
    assert "its formula is REFUTED at " in noise_mean(LAW, IN_PHI, cache=filled, **FEW).cache


def test_an_edited_file_is_seen_without_the_kernel(filled, monkeypatch):
    forge(file_of(filled, "mean"), wrong_formula, seal=False)
    assert "changed after it was written" in noise_mean(LAW, IN_PHI, cache=filled, **FEW).cache


def test_a_stronger_verdict_is_not_repeated(filled):
    forge(file_of(filled, "mean"), lambda answer: answer.update(verdict="PROVED", points=9999, digits=9999))
    found = noise_mean(LAW, IN_PHI, cache=filled)
    evidence = found.judgement.evidence
    assert (found.verdict, evidence.points, evidence.digits) == (Verdict.CERTIFIED, 3, 12)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, pickle.dumps({"value": 1}),
        b" " * (MAX_BYTES + 1),
    ],
    ids=["empty", "half", "list", "null", "bytes", "deep", "pickle", "large"],
)  # fmt: skip
def test_a_broken_file_is_replaced(filled, content):
    file_of(filled, "mean").write_bytes(content)
    found = noise_mean(LAW, IN_PHI, cache=filled, **FEW)
    assert str(found.value) == RIGHT and "not believed" in found.cache
    assert "certified again" in noise_mean(LAW, IN_PHI, cache=filled, **FEW).cache


def test_the_file_of_another_law(filled):
    other = noise_law("Laplace(0, v)")
    asked = question.question("mean", other, IN_PHI)
    mine, theirs = file_of(filled, "mean"), filled.path(asked)
    theirs.write_text(mine.read_text())
    assert "another question" in noise_mean(other, IN_PHI, cache=filled, **FEW).cache
    content = json.loads(mine.read_text())  # and with a forged question
    content["question"] = asked
    theirs.write_text(json.dumps(content))
    forge(theirs, lambda answer: None)
    found = noise_mean(other, IN_PHI, cache=filled, **FEW)
    assert "REFUTED" in found.cache and found.value.has(sp.erfc)


def replaced(name, text):
    return lambda answer: answer["formulas"].update({name: text})


FOLLOWING = {
    "phi": replaced("phi", "2*sqrt(R)/sqrt(2*R + v**2)"),
    "psi": replaced("psi", "2"),
    "drift rate": lambda answer: answer["drift rate at 0"].update(value="2/(pi*v**2)"),
    "drift rate, no table": lambda answer: answer.update({"drift rate at 0": 7}),
    "a power": lambda answer: answer["expansions"][0]["powers"].__setitem__(0, "1"),
    "a power too few": lambda answer: answer["expansions"][0]["powers"].pop(),
    "equation": replaced("stationary equation", "R"),
    "a term": lambda answer: answer["expansions"][0]["terms"].__setitem__(1, "R**(3/2)"),
    "the order": lambda answer: answer["expansions"][0].update(order="R**9"),
    "solution": lambda answer: answer.update(solutions=["pi*eta*Trace(D)/d"]),
    "psi, doubted": lambda answer: (
        replaced("psi", "2")(answer),
        answer["verdicts"]["psi"].update(verdict="UNKNOWN"),
    ),
    "a missing verdict": lambda answer: answer["verdicts"].pop("psi"),
    "phi is missing": lambda answer: answer["formulas"].pop("phi"),
    "code": replaced("psi", "exec('1')"),
    "no monotonicity": lambda answer: answer.pop("monotone"),
    "types": lambda answer: answer.update(expansions={"point": 0}),
}


@pytest.mark.parametrize("change", FOLLOWING.values(), ids=FOLLOWING)
def test_forged_consequences_are_replaced(filled, change):
    true = law_formulas(LAW, cache=filled, **FEW)
    forge(file_of(filled, "what follows from phi"), change)
    found = law_formulas(LAW, cache=filled, **FEW)
    for name in ("phi", "psi", "stationary", "equation", "expansions", "monotone", "derivations"):
        assert getattr(found, name) == getattr(true, name), name
    assert "what follows from phi in the cache was not believed: " in found.cache


def test_a_forged_response_is_replaced(filled):
    path = file_of(filled, "linear response of the sign rule")
    forge(path, lambda answer: answer.update(formula="3*NoiseMean(exp(-epsilon**2/(4*R)))/pi"))
    response, note = phi.response_and_note(filled)
    assert str(response) == "2*NoiseMean(exp(-epsilon**2/(4*R)))/pi" and "REFUTED" in note
    assert phi.response_and_note(filled) == (response, "")


def test_other_rules_or_versions_ask_another_question(filled, monkeypatch):
    monkeypatch.setattr(question, "rules", lambda: "other")
    found = noise_mean(LAW, IN_PHI, cache=filled, **FEW)
    assert not found.cache and len(list(filled.folder.iterdir())) == 4


def test_another_density_asks_another_question():
    asked = [
        question.question("mean", noise_law(text), IN_PHI)["exactly"]
        for text in ("Normal(0, v)", "Cauchy(0, v)")
    ]
    assert len({*asked, question.question("mean", LAW, eps**2)["exactly"]}) == 3
    smooth = "SymmetricStable(3/2, c) + Normal(0, s)"  # with numbered variables of integration
    first, second = (question.question("mean", noise_law(smooth), IN_PHI) for _ in range(2))
    assert first == second


def test_more_seconds_search_again_and_a_deadline_is_no_answer(tmp_path, monkeypatch):
    law, kept, searches = noise_law("Logistic(0, 1)"), Store(tmp_path), []
    original = closed_form.stream

    def counted(function, arguments, seconds):
        searches.append(seconds)
        if seconds < 1:
            raise closed_form.Stopped("no answer")
        return original(function, arguments, seconds)

    monkeypatch.setattr(closed_form, "stream", counted)
    for seconds in (0.5, 0.5, 20, 20, 10, 30):
        assert noise_mean(law, IN_PHI, cache=kept, seconds=seconds).value is None
    assert searches == [0.5, 0.5, 20, 30]
    told = Store(tmp_path / "told", keep_stopped=True)
    noise_mean(law, IN_PHI, cache=told, seconds=0.5)
    noise_mean(law, IN_PHI, cache=told, seconds=0.5)
    assert searches == [0.5, 0.5, 20, 30, 0.5]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    found = noise_mean(LAW, IN_PHI, cache=Store(tmp_path / "file" / "folder"), **FEW)
    assert str(found.value) == RIGHT and "nothing is kept" in found.cache


def test_where_the_folder_is(tmp_path, monkeypatch):
    for word in ("", "off", "OFF"):
        assert user_folder({"SIGNSGD_SYM_CACHE": word}) is None
    assert user_folder({"SIGNSGD_SYM_CACHE": str(tmp_path)}) == tmp_path
    monkeypatch.setenv("HOME", "/home/ada")
    assert user_folder({}, "linux").as_posix() == "/home/ada/.cache/signsgd-sym"
    assert user_folder({}, "darwin").as_posix() == "/home/ada/Library/Caches/signsgd-sym"
    local = {"LOCALAPPDATA": "C:/Users/ada/AppData/Local"}
    assert user_folder(local, "win32").as_posix() == "C:/Users/ada/AppData/Local/signsgd-sym"
    assert Store.of(False).folder is None
    monkeypatch.setenv("SIGNSGD_SYM_CACHE", str(tmp_path / "mine"))
    assert Store.of(True).folder == tmp_path / "mine"


def test_the_oldest_entries_go(tmp_path):
    kept = Store(tmp_path, max_entries=5)
    for k in range(9):
        kept.write({"k": k}, {"value": "1"})
        os.utime(kept.path({"k": k}), (k, k))
    assert [k for k in range(9) if kept.read({"k": k})[0]] == [4, 5, 6, 7, 8]


def write_and_read(folder, number):
    kept, asked = Store(folder), {"same": "question"}
    for k in range(60):
        note = kept.write(asked, {"value": "1" * (1 + (number * 37 + k * 101) % 4000)})
        entry, refused = kept.read(asked)
        assert not note and not refused and entry is not None


def test_processes_do_not_see_each_others_halves(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_and_read, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]
