"""Numbers from the derived ODE and SDE."""
