"""What the `.steps` format refuses: at the line, with a caret at the place, and what to write instead."""

import os
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.steps.read import read_steps

ENDS = 60  # seconds: no speed is claimed, only that it ends

HEAD = "symbols: x > 0; y real; n integer\ngiven: f = x**2\n"


def refused(text):
    with pytest.raises(ParseError) as caught:
        read_steps(text, "file.steps")
    return caught.value


IN_CHAIN = [
    # the last line of a chain, what is said of it, and the character at which the caret points
    ("= q", "q is not declared", "q"),
    ("= sqr(x)", "did you mean sqrt?", "sqr"),
    ("= 2x", "not a complete expression", "2x"),
    ("= x^2", "write ** instead", "^"),
    ("= (x + 1", "not a complete expression", "(x"),
    ("= x)", "not a complete expression", ")"),
    ("= exp", "exp is a function", "exp"),
    ("=", "an expression is missing", ""),
    ("= # why", "an expression is missing", " # why"),
    ("= x = y", "one relation a line", "= y"),
    ("== x", "== is not one of the relations", "=="),
    (">= x", "write the bound as <= of the larger side", ">="),
    ("< x", "write <=", "<"),
    ("x + 1", "a line of a chain begins with", "x + 1"),
    ("~ x as x -> 0", "the order of what is neglected is missing", ""),
    ("~ x, order x", "where this limit is taken is missing", ""),
    ("-> 1", "where this limit is taken is missing", ""),
    ("-> 1 as q -> 0", "q is not declared", "q"),
    ("-> 1 as f -> 0", "f is an abbreviation", "f"),
    ("-> 1 as x", "where this limit is taken is not clear", "x"),
    ("-> 1 as x ->", "an expression is missing", ""),
    ("-> 1 as x -> q", "q is not declared", "q"),
    ("-> 1 as x -> 0, order x", "a limit has no order", ", order"),
    ("~ x as x -> 0, order O(x)", "O is not read here", "O(x)"),
    ("= $x", "do not mix", "$x"),
    ("= 2*$x$", "do not mix", "2*"),
    (r"= $\frac{x}$", "the denominator is missing", "$"),
    (r"= $\foo x$", r"\foo is not part of the LaTeX", r"\foo"),
    (r"= $q$", "q is not declared", "q"),
    ("= 1/0", "division by zero", "0"),
    ("= sqrt(-1)", "not real", "sqrt"),
    ("= I*x", "I is not declared", "I"),
    ("= 9**9**9", "too large", "9**9"),
    ("= x if x else y", "not part of the language", "x if"),
    ("= Integral(x, x)", "expected a range with both ends", "x)"),
    ("= Integral(x)", "the range is missing", "Integral"),
    ("= Integral(z, (f, 0, 1))", "f is an abbreviation", "f,"),
    ("= Integral(f, (x, -1, 1))", "declare it as `x real`", "f,"),
    ("= Sum(n, (n, 1/2, 3))", "a sum runs over integers", "(n, 1/2"),
    ("= Derivative(x, 2)", "taken by a declared symbol", "2)"),
    ("= Derivative(x, (x, 99))", "a number from 1 to 20", "99"),
    ("= integrate(x, (x, 0, 1))", "write Integral(f, (x, a, b))", "integrate"),
    ("= E(X, X, Normal(0))", "2 parameters", "Normal"),
    ("= E(X, X, Norml(0, 1))", "did you mean Normal", "Norml"),
    ("= E(X, X, Normal(0, -1))", "must be positive", "Normal"),
    ("= E(X, X)", "write E(f, X, LAW)", "E("),
    ("= polygamma(999, x)", "exceeds 50", "polygamma"),
    ("= polylog(pi, oo)", "finite arguments only", "polylog"),
    ("= erf(Integral(y, (y, 0, 1)))", "give its value", "erf"),
    ("= binomial(Integral(y, (y, 0, 1)), 999)", "give its value", "binomial"),
    ("= Max(Integral(y, (y, 0, 1)), 1)", "give its value", "Max"),
    ("= σ", "not ASCII", "σ"),
]
CODE = [
    ("= x.real", "an attribute", "x.real"),
    ("= (1).__class__.__bases__", "an attribute", "(1)"),
    ("= __import__('os')", "not a known function", "__import__"),
    ("= eval('1')", "not a known function", "eval"),
    ("= lambda: x", "lambda", "lambda"),
    ("= [y for y in x]", "not part of the language", "[y"),
    ("= f'{x}'", "an f-string", "f'"),
    ("= 'x'", "not a decimal number", "'x'"),
    ("= (y := 1)", "an assignment", "y :="),
    ("= x[0]", "an index", "x[0]"),
    ("= {1: 2}", "a table in braces", "{"),
    ("= exp(x)(x)", "only functions called by name", "exp(x)"),
    ("= exp(x=1)", "keyword", "exp("),
    ("= Sum.mro", "an attribute", "Sum"),
    ("import os", "a line of a chain begins with", "import"),
    (r"= $\input{/etc/passwd}$", r"\input is not part of the LaTeX", r"\input"),
    ("-> 1 as __import__('os') -> 0", "", "__import__"),
]


@pytest.mark.parametrize(("line", "complaint", "at"), IN_CHAIN + CODE)
def test_a_wrong_line_of_a_chain_is_refused_at_its_place(line, complaint, at):
    error = refused(HEAD + "steps:\n  x   # to begin\n  = x\n   " + line + "\n  = q_never_read\n")
    assert str(error).startswith("file.steps:6: ")
    assert complaint in str(error)
    assert "\n" not in str(error)
    assert error.text == "   " + line
    shown, caret = error.caret().split("\n")
    column = caret.index("^")
    if at.startswith("$"):
        assert 0 < column <= len(shown)
    elif at:
        assert shown[column:].startswith(at), (column, error)
    else:
        assert column == len(shown)


@pytest.mark.parametrize(
    ("text", "line", "complaint", "column"),
    [
        ("x\n= x\n", 1, "under no heading", 0),
        ("import os\nos.system('true')\n", 1, "under no heading", 0),
        ("symbol: x > 0\n", 1, "did you mean symbols", 0),
        ("theorem: x\n", 1, "there are title, symbols, given, assume, steps", 0),
        ("symbols: x\n", 1, "expected a type or a bound", 9),
        ("symbols: x real; y\n", 1, "expected a type or a bound", 17),
        ("symbols: x complex\n", 1, "complex is not a type; there are real", 11),
        ("symbols: x > 0; x < 0\n", 1, "cannot be", 9),
        ("symbols: x > y + 1\n", 1, "y is not declared", 13),
        ("symbols: E > 0\n", 1, "has a meaning of its own", 9),
        ("symbols: lambda > 0\n", 1, "a word of Python", 9),
        ("symbols: x__y real\n", 1, "is not a name", 9),
        ("symbols: x > 0, y > 0\n", 1, "put ; between them", 14),
        ("symbols: x > __import__('os')\n", 1, "not a known function", 13),
        ("\nsymbols: x = 3\n", 2, "not a complete expression", 11),
        (HEAD + "given: x = 3\n", 3, "has a meaning already", 7),
        (HEAD + "given: f = 3\n", 3, "has a meaning already", 7),
        (HEAD + "given: g(x) = 3\n", 3, "no arguments", 7),
        (HEAD + "given: g\n", 3, "a name, = and an expression", 7),
        (HEAD + "given: g = \n", 3, "an expression is missing", 10),
        (HEAD + "given: g = 1; h = q\n", 3, "q is not declared", 18),
        (HEAD + "given: pi = 3\n", 3, "has a meaning of its own", 7),
        (HEAD + "given: g = x.real\n", 3, "an attribute", 11),
        (HEAD + "assume: x < 0\n", 3, "can never hold", 8),
        (HEAD + "assume: x < q\n", 3, "q is not declared", 12),
        (HEAD + "assume: x\n", 3, "expected a type or a bound", 8),
        (HEAD + "steps:\n = x\n", 4, "begins with an expression alone", 1),
        (HEAD + "steps:\n x\nsteps:\n x\n = x\n", 4, "has no second line", 1),
        (HEAD + "steps:\n x\n = x\nsteps:\n", 6, "no chain follows", 6),
        (HEAD + "steps:\n x\n = x\nsteps: x\n", 6, "has no second line", 7),
        (HEAD + "steps:\n x = x\n", 4, "one relation a line", 3),
        ("symbols: " + "x" * 5000 + " real\n", 1, "at most 4000 are read", 0),
    ],
)
def test_a_wrong_heading_or_declaration_is_refused_at_its_place(text, line, complaint, column):
    error = refused(text)
    assert str(error).startswith(f"file.steps:{line}: ")
    assert complaint in str(error)
    assert error.text == text.split("\n")[line - 1]
    assert error.position == column


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        (" \n\t\n", "is empty"),
        ("title: nothing\n", "has no steps"),
        ("# a comment\n", "has no steps"),
        ("steps:\0", "is not a text file"),
        ("x" * 1_000_001, "at most 1000000"),
        ("\n" * 3000 + "x", "at most 2000"),
    ],
)
def test_a_file_that_says_nothing_is_refused_in_one_sentence(text, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        read_steps(text, "file.steps")
    assert str(caught.value).startswith("file.steps ")


def test_abbreviations_of_abbreviations_cannot_grow_without_bound():
    lines = ["given: a0 = sin(x) + 1"]
    lines += [f"given: a{k + 1} = sin(a{k}) + cos(a{k}) + a{k}**2" for k in range(60)]
    started = time.process_time()
    error = refused(HEAD + "\n".join(lines) + "\n")
    assert "more than 2000 parts" in str(error)
    assert time.process_time() - started < ENDS


def test_numbers_of_abbreviations_cannot_grow_without_bound():
    lines = ["given: a0 = 9**999"]
    lines += [f"given: a{k + 1} = " + "*".join([f"a{k}"] * 300) for k in range(9)]
    started = time.process_time()
    assert "too large to write out" in str(refused(HEAD + "\n".join(lines) + "\n"))
    assert time.process_time() - started < ENDS


def test_nothing_in_a_file_is_executed(monkeypatch):
    called = []
    monkeypatch.setattr(os, "system", called.append)
    for line, *_ in CODE:
        with pytest.raises(ParseError):
            read_steps(HEAD + "steps:\n x\n " + line.replace("('os')", "('os').system('true')") + "\n")
    assert called == []


# --- any text ------------------------------------------------------------------------------------------

SYMPY = (
    "title: symbols: given: assume: steps: x > 0 y real n integer ; , = <= ~ -> as order oo + - * / ** ( ) "
    "[ ] { } # < : . ' 0 1 2 1/2 x y n f pi E exp( log( sqrt( erfc( Abs( Integral( Sum( Product( Limit( "
    "Subs( Derivative( E( hyper( meijerg( OwenT( gamma( factorial( binomial( Piecewise( Normal( Laplace( "
    "Dirac( (x,0,oo) (x,-oo,oo) (n,0,oo) lambda import __class__ .real"
)
LATEX = (
    r"$ $ \frac \int_0^1 \sum_{n=0}^\infty \sqrt ^ _ { } dx \left( \right) \infty | \pi \sin \lim_{x\to0} "
    r"\frac{d}{dx} \Gamma K_0 \, \operatorname{erfc} \lvert \cdot"
)
WORDS = [*SYMPY.split(), *LATEX.split()]
soup = st.lists(st.sampled_from([*WORDS, " ", "\n", "\n=", "\n~", "\n->"]), max_size=40).map(" ".join)
atoms = st.sampled_from(["x", "y", "n", "f", "0", "1", "2", "1/2", "-1", "pi", "oo", "E", "1e9", "999"])


def _grown(inner):
    one = [
        "exp",
        "log",
        "sqrt",
        "erfc",
        "erfcx",
        "Abs",
        "gamma",
        "factorial",
        "Ei",
        "digamma",
        "zeta",
        "asin",
    ]
    two = ["OwenT", "binomial", "uppergamma", "besselk", "expint", "polylog", "Max", "beta", "LambertW"]
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda p: f"({p[0]}){p[1]}({p[2]})"
        ),
        st.tuples(st.sampled_from(one), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(st.sampled_from(two), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"Integral({p[0]}, (y, {p[1]}, {p[2]}))"),
        st.tuples(inner, inner, inner).map(lambda p: f"Sum({p[0]}, (n, {p[1]}, {p[2]}))"),
        inner.map(lambda p: f"Derivative({p}, x)"),
        st.tuples(inner, inner).map(lambda p: f"Limit({p[0]}, x, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"Subs({p[0]}, x, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"E({p[0]}, y, Laplace({p[1]}, x))"),
        st.tuples(inner, inner, inner).map(lambda p: f"hyper([{p[0]}], [{p[1]}], {p[2]})"),
    )


def outcome(text):
    """Anything but an `InputError` passes through and fails the test."""
    started, error = time.process_time(), None
    try:
        read_steps(text, "file.steps")
    except InputError as problem:
        error = problem
    assert "\n" not in str(error)
    if isinstance(error, ParseError):
        assert str(error).startswith("file.steps:")
        assert 0 <= error.position <= len(error.text)
    assert time.process_time() - started < ENDS, text


@settings(max_examples=300, deadline=None)
@given(st.one_of(soup, st.text(max_size=80)))
@example("symbols: x > 0\nsteps:\n x\n = \\\n")
def test_any_text_is_a_derivation_or_bad_input(text):
    outcome(text)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(soup, st.text(max_size=60)),
    st.sampled_from(["= ", "~ ", "-> ", "<= ", "= $", "-> 1 as ", "= $\\"]),
)
def test_any_line_of_a_chain_is_a_step_or_bad_input(text, relation):
    outcome(
        HEAD + "steps:\n x\n" + relation + text.replace("\n", " ") + ("$" if "$" in relation else "") + "\n"
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(atoms, _grown, max_leaves=8))
def test_any_formula_is_a_step_or_bad_input(text):
    outcome(HEAD + f"steps:\n x\n = {text}\n")
