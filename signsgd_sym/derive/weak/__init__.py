r"""The SDE that signSGD approaches at a fixed dimension as its step size falls.

X <- X - eta sign(g) with a stochastic gradient g; **here the step is eta, not eta/d, and time is t = eta k**.
A step has mean -eta m and covariance eta^2 (E[sign g sign g^T] - m m^T), m = E[sign g], so the SDE with the
same two moments over a time eta is

    dX = -m(X) dt + sqrt(eta) (E[sign g sign g^T] - m m^T)^(1/2) dW.

That matching moments up to O(eta^2) makes expectations of smooth functions agree to O(eta) on [0, T] is a
theorem, cited where it is used (`WEAK_ORDER`); the moments are derived, from three kinds of assumptions:

* `gradient_noise`: g Gaussian around the gradient, a large batch; m is an error function;
* `any_noise`: additive noise of any law; m is its distribution function;
* `regression`: one sample of the linear model; m is an arcsine or Owen's T.

`minibatch` joins the first to the last, exactly, for every batch size, and `phases` has the limits of the
error function. In high dimension (steps eta/d, d -> oo) the limit is another one: `derive.sde`.
"""

WEAK_ORDER = (
    "Q. Li, C. Tai, W. E, Stochastic modified equations and dynamics of stochastic gradient algorithms I, "
    "JMLR 20 (2019), 40; for adaptive rules S. Malladi et al., arXiv 2205.10287, and for signSGD "
    "E. Monzio Compagnoni et al., arXiv 2411.15958"
)
"""Equal one-step moments up to O(eta^2) give weak order 1."""

__all__ = ["WEAK_ORDER"]
