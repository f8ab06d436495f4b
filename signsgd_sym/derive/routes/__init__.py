r"""Routes from an integral to a formula, one a file; each knows one kind of integrand and refuses the others.

`square` (Gaussian times polynomial and waves), `power` (one exponential of a power), `mellin` (two factors
with known Mellin transforms), `termwise` (a hypergeometric series under a Gaussian) and `library` (SymPy's
own Meijer G algorithm, the last resort) take an `Integral`; `whole` uses a fact about a law. None is
trusted.
"""
