r"""The only place where symbols are made, and every normalisation, once.

Model. Data x ~ N(0, K) in R^d with K positive definite; label y = <x, theta_star> + eps, eps independent
of x; Delta = theta - theta_star; residual r = <x, Delta> - eps; per-sample gradient r x.

Risk. R = Delta^T K Delta / 2: **the 1/2 is part of R**, so <x, Delta> = sqrt(2 R) G with G ~ N(0, 1).
The population risk is P = R + E[eps^2]/2 (infinite when eps has no variance).

Time. One pass, one sample a step, step size eta(t)/d; t = k/d after k steps. A step of the update
rule f is theta_i <- theta_i - (eta/d) f(r x_i): f = sign is signSGD, f(z) = z is SGD.

Matrices. D = diag(sqrt(K_ii)), Kbar = D^-1 K (not symmetric unless the diagonal of K is constant),
S = D^(-1/2) K D^(-1/2) (symmetric, and similar to Kbar), C = D^-1 K D^-1 (correlations),
K_sigma = E[sign(x) sign(x)^T].

Correlations. rho_i = (K Delta)_i / (sqrt(K_ii) sqrt(2 R)) is the correlation of x_i with G;
h = eps / sqrt(2 R) is the label noise in units of G.

`Symbol("R", positive=True) != Symbol("R")`: take every symbol from here.
"""

from __future__ import annotations

import sympy as sp

# --- scalars ---------------------------------------------------------------------------------
R = sp.Symbol("R", positive=True)
"""Risk Delta^T K Delta / 2."""
P = sp.Symbol("P", positive=True)
"""Population risk R + E[eps^2]/2."""
eta = sp.Symbol("eta", positive=True)
"""Step size; the recursion steps by eta/d."""
t = sp.Symbol("t", nonnegative=True)
"""Time k/d."""
d = sp.Symbol("d", integer=True, positive=True)
"""Dimension."""
eps = sp.Symbol("epsilon", real=True)
"""Label noise."""
h = sp.Symbol("h", real=True)
"""Label noise in units of the Gaussian part of the residual, eps / sqrt(2 R)."""
rho = sp.Symbol("rho", real=True)
"""A correlation, -1 < rho < 1."""
g = sp.Symbol("g", real=True)
"""Value of G, the Gaussian part of the residual divided by sqrt(2 R)."""
w = sp.Symbol("w", real=True)
"""Standard Gaussian variable of integration, independent of g."""
x = sp.Symbol("x", real=True)
"""A value of the label noise in densities; a coordinate in orthant integrals."""
y = sp.Symbol("y", real=True)
"""Second coordinate in orthant integrals."""
z = sp.Symbol("z", real=True)
"""Argument of an update rule f(z), z = r x_i."""
a = sp.Symbol("a", real=True)
"""Second argument of Owen's T, rho / sqrt(1 - rho^2)."""
s = sp.Symbol("s", real=True)
"""Integration variable that replaces `a` or `rho`."""
K_ii = sp.Symbol("K_ii", positive=True)
"""Variance of coordinate i."""
K_jj = sp.Symbol("K_jj", positive=True)
"""Variance of coordinate j."""
psi = sp.Symbol("psi", positive=True)
"""Noise compression psi(R) = (pi/2) phi(R) sqrt(P/R)."""
eta_SGD = sp.Symbol("eta_SGD", positive=True)
"""The step at which SGD's drift has the rate of signSGD's: the matched step."""
eta_0 = sp.Symbol("eta_0", positive=True)
"""SGD's own step, where both optimizers have one."""
c = sp.Symbol("c", positive=True)
"""Step of a schedule without label noise: eta = c sqrt(2 R) for the sign rule, eta = c for SGD."""
mu = sp.Symbol("mu", positive=True)
"""Rate at which a solution of the mode ODE grows."""
kappa = sp.Symbol("kappa", positive=True)
"""Averaged condition number, the mean of a spectrum over its smallest value."""
kappa_sign = sp.Symbol("kappa_sign", positive=True)
"""(tr(D)/d)/lambda_min(Kbar)."""
kappa_SGD = sp.Symbol("kappa_SGD", positive=True)
"""(tr(K)/d)/lambda_min(K)."""
rest_sign = sp.Symbol("q_sign", positive=True)
"""R/P of signSGD at rest."""
rest_SGD = sp.Symbol("q_SGD", positive=True)
"""R/P of SGD at rest."""
eta_eff = sp.Symbol("eta_eff", positive=True)
"""The effective learning rate (2/pi) eta/sqrt(2 P): signSGD's step in units of the residual."""
omega = sp.Symbol("omega", positive=True)
"""Ratio of two standard deviations, the smaller over the larger."""
lam_K = sp.Symbol("lambda_min(K)", positive=True)
"""Smallest eigenvalue of K."""
lam_Kbar = sp.Symbol("lambda_min(Kbar)", positive=True)
"""Smallest eigenvalue of Kbar."""
varrho = sp.Symbol("varrho", real=True)
"""Correlation of two coordinates, where rho is that of a coordinate with the residual."""
rho_sigma = sp.Symbol("rho_sigma", real=True)
"""(2/pi) asin(varrho), the correlation of two signs."""
varsigma = sp.Symbol("varsigma", positive=True)
"""tr(K)/tr(D), a typical standard deviation of a coordinate: varsigma Kbar has the trace of K."""

# --- Adam --------------------------------------------------------------------------------------
beta_1 = sp.Symbol("beta_1", nonnegative=True)
"""Memory of Adam's first moment, 0 <= beta_1 < 1."""
beta_2 = sp.Symbol("beta_2", positive=True)
"""Memory of Adam's second moment, 0 < beta_2 < 1."""
c_1 = sp.Symbol("c_1", positive=True)
"""Adam's response: its mean step is c_1 (K Delta)_i/(sqrt(K_ii) sqrt(2 P))."""
c_2 = sp.Symbol("c_2", positive=True)
"""Variance per step of one coordinate of Adam in the long run."""
sigma = sp.Symbol("sigma", positive=True)
"""Argument of the Laplace transform L_w of w^2, w = r x_i in units of its two standard deviations."""
s_v = sp.Symbol("s_v", positive=True)
"""Variable of Laplace's representation of a power of Adam's v."""
v_old = sp.Symbol("v_old", positive=True)
"""What older gradients contribute to Adam's v."""
eps_A = sp.Symbol("varepsilon", positive=True)
"""Adam's eps, in units of the gradient."""
eps_i = sp.Symbol("varepsilon_i", positive=True)
"""Adam's eps as coordinate i sees it: in units of sqrt(K_ii)."""
eps_j = sp.Symbol("varepsilon_j", positive=True)
"""The same for coordinate j, in units of sqrt(K_jj)."""
c_1i = sp.Function("c_1", positive=True)(eps_i)
"""c_1 of Adam with eps > 0, for coordinate i: a function of varepsilon_i and of R."""
c_2i = sp.Function("c_2", positive=True)(eps_i)
"""c_2 of Adam with eps > 0, for coordinate i."""
Sigma_ij = sp.Symbol("Sigma_ij", real=True)
"""Entry of Sigma for Adam with eps > 0: long-run covariance of the steps of two coordinates."""
L_w = sp.Function("L_w", positive=True)(sigma)
"""E exp(-sigma w^2)."""
rho_r = sp.Symbol("corr(r, x_i)", real=True)
"""Correlation of x_i with a Gaussian residual, (K Delta)_i/(sqrt(K_ii) sqrt(2 P))."""
residual_value = sp.Symbol("r", real=True)
"""A value of the residual, in units of its standard deviation."""

phi = sp.Function("phi", positive=True)(R)
"""Linear response of the sign rule, (2/pi) E[exp(-eps^2/(4 R))]: the mean step is phi(R) rho_i."""

u = sp.Symbol("u", positive=True)
"""|r| sqrt(K_ii), the scale of z = r x_i for a given residual; also a positive variable of integration."""
v = sp.Symbol("v", positive=True)
"""Standard deviation of Gaussian label noise."""
norm_r = sp.Symbol("|r|", positive=True)
"""Length of the vector of the residuals of a minibatch."""
norm_eps = sp.Symbol("|eps|", positive=True)
"""Length of the vector of the labels' noise of a minibatch."""
p_f = sp.Symbol("p_f", positive=True)
"""Exponent of a rule f(z) = |z|^p sign(z)."""
batch_slope = sp.Symbol("a_b(u)", positive=True)
"""What is averaged over u = sqrt(K_ii) |r|/b: the mean step of a minibatch is E[a_b(u)] (K Delta)_i."""
batch_rate = sp.Symbol("E[a_b | |eps|]", positive=True)
"""a(R) of a power and a minibatch, for a given norm of the labels' noise."""
batch_scale = sp.Symbol("E[s^(2 p) | |eps|]", positive=True)
"""Second moment of f(|r|/b), for a given norm of the labels' noise."""
length_to_rate = sp.Symbol("E[|r|^(p - 1) | |eps|]", positive=True)
"""Moment of the length of the residuals, for a given norm of the labels' noise."""
length_to_scale = sp.Symbol("E[|r|^(2 p) | |eps|]", positive=True)
"""Moment of the length of the residuals, for a given norm of the labels' noise."""
phi_b = sp.Function("phi_b", positive=True)(R)
"""Linear response of the sign of a mean gradient, sqrt(2/pi) E[<r, G>/|r|]."""
laplace_given_noise = sp.Symbol("E[exp(-u^2 r^2) | eps]", positive=True)
"""E exp(-u^2 r^2) for a fixed value of the label noise."""
laplace_of_square = sp.Function("L", positive=True)(u)
"""E exp(-u^2 r^2), the Laplace transform of r^2 at u^2."""
A = sp.Function("A", positive=True)(R)
"""Response of the residual's factor of a multiplicative rule, E[f(r) G]."""
s_R = sp.Function("s", positive=True)(R)
"""E[f(r)^2] as a function of R."""
a_RK = sp.Function("a", positive=True)(R, K_ii)
"""a(R, K_ii): the mean step of coordinate i is a (K Delta)_i, to first order in rho_i."""
h_1 = sp.Function("h_1", positive=True)(u)
"""First Hermite coefficient of x -> f(u x), E[f(u X) X]."""

# --- quantities a derivation speaks about before it knows them ---------------------------------
conditional_mean = sp.Symbol("E[f(x_i) | G = g]", real=True)
"""E[f(x_i) | G = g]."""
conditional_mean_of_pair = sp.Symbol("E[f(x_j) | x_i]", real=True)
"""E[f(x_j) | x_i = sqrt(K_ii) g]."""
marginal = sp.Function("m")(x)
"""Density at x of X, on the event Y > 0."""
mean_given_noise = sp.Symbol("E[f(r x_i) | eps]", real=True)
"""Mean step of coordinate i for a fixed value of the label noise, E[f(r x_i) | eps]."""
mean_step = sp.Symbol("E[f(r x_i)]", real=True)
"""Mean step of coordinate i, averaged over data and label noise."""
mean_square = sp.Symbol("E[f(r)^2]", real=True)
"""Second moment of f(residual)."""
mean_square_given_noise = sp.Symbol("E[f(r)^2 | eps]", real=True)
"""Second moment of f(residual) for a fixed value of the label noise."""
coordinate_square = sp.Symbol("E[f(x_i)^2 | G = g]", real=True)
"""E[f(x_i)^2 | G = g]."""
square_given_noise = sp.Symbol("E[f(r x_i)^2 | eps]", real=True)
"""Mean square step of coordinate i for a fixed value of the label noise, E[f(r x_i)^2 | eps]."""
square_step = sp.Symbol("E[f(r x_i)^2]", real=True)
"""Mean square step of coordinate i, averaged over data and label noise."""
pair_moment = sp.Symbol("E[f(x_i) f(x_j)]", real=True)
"""Second moment of two coordinates of correlation rho."""
orthant_probability = sp.Function("p_orthant")(rho)
"""P(X > 0, Y > 0) for standard Gaussian X, Y of correlation rho."""

drift_of_R = sp.Symbol("drift of R", real=True)
"""Drift of the risk along the SDE."""
variation_of_R = sp.Symbol("d[R]/dt", real=True)
"""Rate of the quadratic variation of the risk."""
drift_of_r = sp.Symbol("drift of r_i", real=True)
"""Drift of the risk of mode i."""
variation_of_r = sp.Symbol("d[r_i]/dt", real=True)
"""Rate of the quadratic variation of the risk of mode i."""
M_ii = sp.Symbol("M_ii", real=True)
"""Diagonal entry of the noise matrix."""
M_ij = sp.Symbol("M_ij", real=True)
"""Off-diagonal entry of the noise matrix."""
pair_of_steps = sp.Symbol("E[f(r x_i) f(r x_j)]", real=True)
"""Second moment of two coordinates of one step."""
drift_of_V = sp.Symbol("drift of V_ij", real=True)
"""Drift of an entry of Delta Delta^T along the SDE."""
radial_moment = sp.Symbol("E[(X^2 + W^2)^p]", positive=True)
"""Radial moment E (X^2 + W^2)^p of two independent standard Gaussians."""
angular_mean = sp.Symbol("E[f(X) f(Y)/(X^2 + W^2)^p]", real=True)
"""What is left of E[f(X) f(Y)], Y = rho X + sqrt(1 - rho^2) W, when the length of (X, W) is taken out."""
response_given_noise = sp.Symbol("E[f(r) G | eps]", real=True)
"""Response of f(residual) to G for a fixed value of the label noise."""
density_at_zero = sp.Symbol("p_R(0)", positive=True)
"""Density of eps + sqrt(2 R) Z at 0."""

# --- weak approximation: steps of size eta (not eta/d), time t = eta k ---------------------------
grad_i = sp.Symbol("grad_i", real=True)
"""Component i of the gradient of the objective f, the mean of a stochastic gradient g."""
Sigma_ii = sp.Symbol("Sigma_ii", positive=True)
"""Variance of component i of a stochastic gradient."""
mu_i = sp.Symbol("mu_i", real=True)
"""Signal-to-noise ratio grad_i/sqrt(Sigma_ii)."""
mu_j = sp.Symbol("mu_j", real=True)
"""Signal-to-noise ratio grad_j/sqrt(Sigma_jj)."""
Y = sp.Symbol("Y", positive=True)
"""|grad_i|/sqrt(2 Sigma_ii), the argument of the error function in the drift."""
batch = sp.Symbol("b", integer=True, positive=True)
"""Samples in a minibatch."""
q = sp.Symbol("q", real=True)
"""sqrt(b) rho, a correlation in units of what a minibatch resolves."""
mean_sign = sp.Symbol("E[sign(g_i)]", real=True)
"""Mean of the sign of component i of a stochastic gradient."""
square_of_sign = sp.Symbol("E[sign(g_i)^2]", real=True)
"""1 wherever g_i = 0 has probability 0."""
pair_of_signs = sp.Symbol("E[sign(g_i) sign(g_j)]", real=True)
"""Second moment of two signs, whose gradient noise has correlation rho."""
sign_given_noise = sp.Symbol("E[sign(g_j) | noise of g_i]", real=True)
"""Mean of sign(g_j) where the noise of g_i is sqrt(Sigma_ii) g."""
below = sp.Symbol("F(-grad_i)", real=True)
"""Probability of noise below -grad_i; an atom there counts half."""
above = sp.Symbol("F(grad_i)", real=True)
"""Probability of noise below grad_i; an atom there counts half."""
sign_given_norm = sp.Symbol("E[sign(g_i) | |r|]", real=True)
"""Mean of the sign of a minibatch gradient, given the norm of its residuals."""
mean_of_batch = sp.Symbol("m_b", real=True)
"""Mean of the sign of a minibatch gradient."""
mean_of_normal = sp.Symbol("m_N", real=True)
"""The same, were the minibatch gradient Gaussian."""
drift_i = sp.Symbol("drift_i", real=True)
"""Drift of coordinate i per unit of time t = eta k."""
variance_i = sp.Symbol("A_ii", real=True)
"""Variance of coordinate i per unit of time t = eta k."""
covariance_ij = sp.Symbol("A_ij", real=True)
"""Covariance of coordinates i and j per unit of time t = eta k."""

# --- scaling laws: spectra that are powers of the index of the mode ----------------------------
alpha = sp.Symbol("alpha", positive=True)
"""Eigenvalues of K are i^(-2 alpha)."""
beta = sp.Symbol("beta", positive=True)
"""Squared coefficients of the target are i^(-2 beta)."""
varkappa = sp.Symbol("varkappa", positive=True)
"""Modes decay at rates lambda_i = i^(-varkappa)."""
nu = sp.Symbol("nu", positive=True)
"""Risks of the modes begin at r_i(0) = i^(-nu)/2."""
p = sp.Symbol("p", positive=True)
"""Exponent of the risk in the clock, (nu - 1)/varkappa."""
tau = sp.Symbol("tau", positive=True)
"""The clock all modes share, tau = int eta a(R) dt with the drift rate a(R)."""
amplitude = sp.Symbol("C", positive=True)
"""R = C tau^-p."""
floor = sp.Symbol("B", positive=True)
"""Risk that the noise of a step leaves, per unit of eta."""
time_of_clock = sp.Function("t_of", positive=True)(tau)
"""Time as a function of the clock."""

LATEX_NAMES = {
    time_of_clock: r"t(\tau)",
    eta_eff: r"\eta_{\mathrm{eff}}",
    lam_K: r"\lambda_{\min}(K)",
    lam_Kbar: r"\lambda_{\min}(\overline{K})",
    grad_i: r"(\nabla f)_i",
    Sigma_ii: r"\Sigma_{ii}",
    mean_sign: r"\mathbb{E}[\operatorname{sign} g_i]",
    square_of_sign: r"\mathbb{E}[(\operatorname{sign} g_i)^2]",
    pair_of_signs: r"\mathbb{E}[\operatorname{sign} g_i \operatorname{sign} g_j]",
    sign_given_noise: r"\mathbb{E}[\operatorname{sign} g_j \mid g]",
    below: r"F(-(\nabla f)_i)",
    above: r"F((\nabla f)_i)",
    sign_given_norm: r"\mathbb{E}[\operatorname{sign} g_i \mid |r|]",
    mean_of_batch: "m_b",
    mean_of_normal: "m_N",
    drift_i: r"\operatorname{drift}_i",
    variance_i: "A_{ii}",
    covariance_ij: "A_{ij}",
    conditional_mean: r"\mathbb{E}[f(x_i) \mid G = g]",
    conditional_mean_of_pair: r"\mathbb{E}[f(x_j) \mid x_i]",
    mean_given_noise: r"\mathbb{E}[f(r x_i) \mid \epsilon]",
    mean_step: r"\mathbb{E}[f(r x_i)]",
    mean_square_given_noise: r"\mathbb{E}[f(r)^2 \mid \epsilon]",
    mean_square: r"\mathbb{E}[f(r)^2]",
    coordinate_square: r"\mathbb{E}[f(x_i)^2 \mid G = g]",
    square_given_noise: r"\mathbb{E}[f(r x_i)^2 \mid \epsilon]",
    square_step: r"\mathbb{E}[f(r x_i)^2]",
    pair_moment: r"\mathbb{E}[f(x_i) f(x_j)]",
    sp.Symbol("(K Delta)_i", real=True): r"(K\Delta)_i",
    drift_of_R: r"\operatorname{drift}(R)",
    variation_of_R: r"\frac{\mathrm{d}[R]}{\mathrm{d}t}",
    drift_of_r: r"\operatorname{drift}(r_i)",
    variation_of_r: r"\frac{\mathrm{d}[r_i]}{\mathrm{d}t}",
    rho_r: r"\operatorname{corr}(r, x_i)",
    pair_of_steps: r"\mathbb{E}[f(r x_i) f(r x_j)]",
    drift_of_V: r"\operatorname{drift}(V_{ij})",
    radial_moment: r"\mathbb{E}[(X^2 + W^2)^p]",
    angular_mean: r"\mathbb{E}[f(X) f(Y) (X^2 + W^2)^{-p}]",
    norm_r: r"|r|",
    norm_eps: r"|\epsilon|",
    p_f: "p",
    batch_slope: "a_b(u)",
    batch_rate: r"\mathbb{E}[a_b \mid |\epsilon|]",
    batch_scale: r"\mathbb{E}[s^{2p} \mid |\epsilon|]",
    length_to_rate: r"\mathbb{E}[|r|^{p-1} \mid |\epsilon|]",
    length_to_scale: r"\mathbb{E}[|r|^{2p} \mid |\epsilon|]",
    laplace_given_noise: r"\mathbb{E}[e^{-u^2 r^2} \mid \epsilon]",
    response_given_noise: r"\mathbb{E}[f(r) G \mid \epsilon]",
    M_ii: "M_{ii}",
    M_ij: "M_{ij}",
    K_ii: "K_{ii}",
    K_jj: "K_{jj}",
}
"""LaTeX for the symbols whose names are words."""

# --- matrices --------------------------------------------------------------------------------
Delta = sp.MatrixSymbol("Delta", d, 1)
"""theta - theta_star, the state of the SDE."""
KDelta_i = sp.Symbol("(K Delta)_i", real=True)
"""Component i of K Delta."""
K = sp.MatrixSymbol("K", d, d)
"""Covariance of the data."""
D = sp.MatrixSymbol("D", d, d)
"""diag(sqrt(K_ii))."""
Kbar = sp.MatrixSymbol("Kbar", d, d)
"""D^-1 K."""
K_sigma = sp.MatrixSymbol("K_sigma", d, d)
"""E[sign(x) sign(x)^T]."""
K_A = sp.MatrixSymbol("K_A", d, d)
"""Covariance per step of Adam's steps in the long run, an entrywise function of C; its diagonal is c_2."""
M = sp.MatrixSymbol("M", d, d)
"""E[f(x) f(x)^T] for a rule that has no name of its own for it."""
a_K = sp.MatrixSymbol("a", d, d)
"""diag(a(R, K_ii)), the preconditioner of a coordinate-wise rule."""
Sigma = sp.MatrixSymbol("Sigma", d, d)
"""E[f(r x) f(r x)^T] of a coordinate-wise rule, a function of R."""
V = sp.MatrixSymbol("V", d, d)
"""E[Delta Delta^T]."""
V_dot = sp.MatrixSymbol("dV/dt", d, d)
"""Derivative of V in time."""
U = sp.MatrixSymbol("U", d, d)
"""Orthogonal matrix of eigenvectors of S."""
Lambda = sp.MatrixSymbol("Lambda", d, d)
"""Diagonal matrix of the eigenvalues of S."""
e_i = sp.MatrixSymbol("e_i", d, 1)
"""Unit vector of mode, or coordinate, i."""
e_j = sp.MatrixSymbol("e_j", d, 1)
"""Unit vector of a coordinate j other than i."""

# --- modes -----------------------------------------------------------------------------------
i = sp.Symbol("i", integer=True, positive=True)
"""Index of a mode."""
j = sp.Symbol("j", integer=True, positive=True)
"""Index of summation over modes."""
lam = sp.IndexedBase("lambda", real=True)
"""Eigenvalues of S, which are those of Kbar."""
r = sp.IndexedBase("r", real=True)
"""Mode risks r_i = lambda_i c_i^2/2 with c = U^T D^(1/2) Delta, so that R = sum_i r_i."""
r_star = sp.IndexedBase("r^*", real=True)
"""Stationary mode risks."""
r_mu = sp.IndexedBase("r^mu", real=True)
"""Mode risks of a solution that grows like exp(mu t)."""
n = sp.IndexedBase("n", real=True)
"""Mode forcing n_i = lambda_i (U^T D^(1/2) K_sigma D^(1/2) U)_ii/(2 d) for the sign rule."""


r_i = r[i]
"""Risk of mode i."""
risk_sum = sp.Sum(r[j], (j, 1, d))
"""R as the sum of its modes."""
step_of = {
    "drift": sp.MatrixSymbol("b", d, 1),
    "covariance": sp.MatrixSymbol("A", d, d),
}
"""Names of the drift vector and of the covariance per unit time of an SDE."""


def gaussian_density(u: sp.Expr) -> sp.Expr:
    """Density of N(0, 1) at `u`: exp(-u^2/2)/sqrt(2 pi)."""
    return sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)


def normal_density(u: sp.Expr, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """Density of N(mean, variance) at `u`."""
    return sp.exp(-((u - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)


def residual() -> sp.Expr:
    """The residual sqrt(2 R) g - eps as an expression in `R`, `g` and `eps`."""
    return sp.sqrt(2 * R) * g - eps
