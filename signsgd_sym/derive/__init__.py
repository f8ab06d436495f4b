"""SymPy only: from an update rule and a law to the SDE and the risk ODE.

Called as a function, `derive(ID)` makes the built-in derivation with that id.
"""

from signsgd_sym._callable import make_callable

make_callable(__name__, "signsgd_sym.derive.catalogue", "derive")
