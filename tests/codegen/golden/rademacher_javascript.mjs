// Risk functions of the sign rule under label noise Rademacher().
//
//     phi(R)          2*exp(-1/(4*R))/pi
//     drift_rate(R)   sqrt(2)*phi(R)/(2*sqrt(R))
//     noise_scale(R)  1
//     modes           D^(-1/2) K D^(-1/2) = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = U^T D^(1/2)
//                     Delta; forcing_i = lam_i (U^T D^(1/2) M D^(1/2) U)_ii/(2 d); M_ij =
//                     2*asin(rho)/pi with rho = K_ij/sqrt(K_ii K_jj), D = diag(sqrt(K_ii))
//     derivation      sign-modes
//     evidence        closed form PROVED: against the integral in ball arithmetic, R > 0
//     error           at most 1.9 ulp in phi, 2.3 ulp in drift_rate at 2000 points R in [1e-12, 1e12],
//                     against ball arithmetic
//
// R is the risk Delta^T K Delta / 2, the 1/2 included, Delta = theta - theta*, K the covariance of the
// data. risk_rhs(t, r, lam, forcing, eta) is the right-hand side of the ODE of the modes, one number a
// mode in r, lam and forcing, eta the step size at time t. phi, psi, drift_rate and noise_scale return
// their limit at R = 0 and NaN where R is negative, infinite or NaN. Generated from the derivation; do
// not edit.

// a b - p exactly, for p = a b rounded (Dekker); NaN where the splitting overflows.
function productError(a, b, p) {
  const s = 134217729 * a, t = 134217729 * b;
  const a1 = s - (s - a), b1 = t - (t - b);
  const a2 = a - a1, b2 = b - b1;
  return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2);
}

// a - q b exactly, for q = a/b rounded, or q = b = sqrt(a) rounded.
function quotientRest(a, b, q) {
  const p = q * b;
  return (a - p) - productError(q, b, p);
}

// exp(hi + lo), lo a rounding error of hi.
function expSum(hi, lo) {
  const e = Math.exp(hi);
  return Math.abs(lo) < 1 ? e + e * lo : e;
}

// (2/pi) E[exp(-eps^2/(4 R))].
export function phi(R) {
  R = Number(R);
  if (!(R >= 0 && R < Infinity)) {
    return NaN;
  }
  if (R === 0) {
    return 0.0;
  }
  const a = -0.25 / R;
  return 0.6366197723675814 * expSum(a, quotientRest(-0.25, R, a) * (-4.0 * a));
}

// The drift factor sqrt(2)*phi(R)/(2*sqrt(R)).
export function drift_rate(R) {
  R = Number(R);
  if (!(R >= 0 && R < Infinity)) {
    return NaN;
  }
  if (R === 0) {
    return 0.0;
  }
  const a = -0.25 / R;
  return 0.45015815807855303 * expSum(a, quotientRest(-0.25, R, a) * (-4.0 * a)) / Math.sqrt(R);
}

// E[f(residual)^2], the factor of the diffusion.
export function noise_scale(R) {
  R = Number(R);
  if (!(R >= 0 && R < Infinity)) {
    return NaN;
  }
  return 1.0;
}

// Noise compression (pi/2) phi(R) sqrt(P/R), P = R + E[eps^2]/2.
export function psi(R) {
  R = Number(R);
  if (!(R >= 0 && R < Infinity)) {
    return NaN;
  }
  if (R === 0) {
    return 0.0;
  }
  return 2.221441469079183 * drift_rate(R) * Math.sqrt(R + 0.5);
}

// The drift of Delta is this times D**(-1)*K Delta.
export function sde_drift(R, eta) {
  return -eta * drift_rate(R);
}

// The diffusion of Delta is this times a square root of K_sigma.
export function sde_diffusion(R, eta, d) {
  return eta * Math.sqrt(noise_scale(R)) / Math.sqrt(d);
}

// dr/dt over the modes, written to `out`, which may be r itself; R = sum(r).
export function risk_rhs(t, r, lam, forcing, eta, out = new Float64Array(r.length)) {
  let R = 0;
  for (let j = 0; j < r.length; ++j) {
    R += r[j];
  }
  const k_0 = eta * eta;
  const k_1 = -2.0 * eta * drift_rate(R);
  for (let j = 0; j < r.length; ++j) {
    out[j] = k_0 * forcing[j] + k_1 * lam[j] * r[j];
  }
  return out;
}
