r"""What every target prints: straight-line float64 programs for functions of R, cut at powers of two.

A `Node` is one floating-point operation; the order of operations is that of the tree, and a printer may not
change it, for the error bounds and the measured errors belong to this order. A `Function` is a list of
regimes, R < upper, each with its own program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Node: TypeAlias = "Num | Var | Op"


@dataclass(frozen=True)
class Num:
    """A float64 constant."""

    value: float


@dataclass(frozen=True)
class Var:
    """An argument, or a name bound by a `let`."""

    name: str


@dataclass(frozen=True)
class Op:
    """One operation. Names and arguments:

    add, sub, mul, div, neg, abs, sqrt, exp, expm1, log, pow    as everywhere
    erf, erfcx                                           of an argument >= 0
    sum_error(a, b, s)        (a + b) - s exactly, for s = fl(a + b)
    product_error(a, b, p)    a b - p exactly, for p = fl(a b)
    quotient_rest(a, b, q)    a - q b exactly, for q = fl(a/b), or q = b = fl(sqrt(a))
    exp_sum(hi, lo)           exp(hi + lo) for |lo| of the order of an ulp of hi; lo is left out when NaN
    max, min                  of two numbers
    less(a, b, x, y)          x if a < b, else y
    nonnegative(v, a, b)      a if v >= 0, else b
    table(R)                  phi from the Chebyshev pieces of the module
    pieces:NAME(u)            another table of the module, a function of u
    call:NAME(R)              another function of the module
    """

    name: str
    args: tuple[Node, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Trees share subtrees: without a stored hash each lookup would walk the whole tree.
        object.__setattr__(self, "_hash", hash((self.name, self.args)))

    def __hash__(self) -> int:
        return self._hash


def op(name: str, *args: Node) -> Node:
    """The operation, with what is trivial in exact arithmetic and in floating point alike left out.

    >>> op("mul", Num(1.0), Var("R"))
    Var(name='R')
    >>> op("add", Var("R"), Num(0.0))
    Var(name='R')
    """
    a, b = args[0], args[-1]
    if name == "mul" and len(args) == 2:
        if a == Num(1.0):
            return b
        if b == Num(1.0):
            return a
        if a == Num(-1.0):
            return op("neg", b)
        if a == Num(0.0) or b == Num(0.0):
            return Num(0.0)
        if isinstance(a, Num) and isinstance(b, Op) and b.name == "div" and b.args[0] == Num(1.0):
            return Op("div", (a, b.args[1]))
    if name == "add":
        if a == Num(0.0):
            return b
        if b == Num(0.0):
            return a
        if isinstance(b, Op) and b.name == "neg":
            return op("sub", a, b.args[0])
        if isinstance(a, Op) and a.name == "neg":
            return op("sub", b, a.args[0])
        if isinstance(b, Num) and b.value < 0:
            return Op("sub", (a, Num(-b.value)))
    if name == "sub":
        if b == Num(0.0):
            return a
        if a == Num(0.0):
            return op("neg", b)
    if name == "div":
        if b == Num(1.0):
            return a
        if a == Num(0.0):
            return Num(0.0)
    if name == "neg":
        if isinstance(a, Num):
            return Num(-a.value)
        if isinstance(a, Op) and a.name == "neg":
            return a.args[0]
    if name == "exp_sum" and b == Num(0.0):
        return Op("exp", (a,))
    if name in ("sum_error", "product_error") and any(isinstance(x, Num) for x in args[:2]):
        exact = {
            "sum_error": (0.0,),
            "product_error": (0.0, 1.0, -1.0, 2.0, -2.0, 4.0, 0.5, -0.5, 0.25, 0.125),
        }
        if any(isinstance(x, Num) and x.value in exact[name] for x in args[:2]):
            return Num(0.0)
    return Op(name, args)


@dataclass(frozen=True)
class Program:
    """`lets` in order, then the result."""

    lets: tuple[tuple[str, Node], ...]
    result: Node

    @property
    def operations(self) -> frozenset[str]:
        """Names of all operations in it."""
        return frozenset(n.name for root in self.roots for n in walk(root) if isinstance(n, Op))

    @property
    def roots(self) -> tuple[Node, ...]:
        """Every expression that is evaluated."""
        return (*(node for _, node in self.lets), self.result)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, shared ones again."""
    yield node
    if isinstance(node, Op):
        for arg in node.args:
            yield from walk(arg)


def program(result: Node) -> Program:
    """The tree with every repeated operation bound to a name.

    >>> R = Var("R")
    >>> root = op("sqrt", R)
    >>> program(op("add", root, op("exp", root)))
    Program(lets=(('a', Op(name='sqrt', args=(Var(name='R'),))),), result=Op(name='add', \
args=(Var(name='a'), Op(name='exp', args=(Var(name='a'),)))))
    """
    uses: Counter[Node] = Counter()

    def count(node: Node) -> None:
        uses[node] += 1
        if isinstance(node, Op) and uses[node] == 1:
            for arg in node.args:
                count(arg)

    count(result)
    lets: list[tuple[str, Node]] = []
    bound: dict[Node, Node] = {}

    def rebuild(node: Node) -> Node:
        if not isinstance(node, Op):
            return node
        if node in bound:
            return bound[node]
        rebuilt: Node = Op(node.name, tuple(rebuild(arg) for arg in node.args))
        if uses[node] > 1:
            lets.append((_name(len(lets)), rebuilt))
            rebuilt = Var(lets[-1][0])
        bound[node] = rebuilt
        return rebuilt

    done = rebuild(result)
    return Program(tuple(lets), done)


def _name(k: int) -> str:
    """a, b, c, ... without e and the capital letters that the modules use."""
    letters = "abcdfghkmnpqsuvwxyz"
    return letters[k] if k < len(letters) else f"{letters[k % len(letters)]}{k // len(letters)}"


@dataclass(frozen=True)
class Regime:
    """The program for R below `upper` (and from the regime before on), and what it is in words."""

    upper: float
    program: Program
    note: str


@dataclass(frozen=True)
class Function:
    """A function of R >= 0: `at_zero` at 0, the first regime with R < upper else; NaN for R < 0, oo, NaN."""

    name: str
    doc: str
    at_zero: float
    regimes: tuple[Regime, ...]

    @property
    def is_constant(self) -> bool:
        """Whether it has the same value everywhere."""
        return len(self.regimes) == 1 and self.regimes[0].program.result == Num(self.at_zero)

    @property
    def operations(self) -> frozenset[str]:
        """Names of all operations in all regimes."""
        return frozenset().union(*(regime.program.operations for regime in self.regimes))
