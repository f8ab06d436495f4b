"""SymPy only: from an update rule and a law to the SDE and the risk ODE."""
