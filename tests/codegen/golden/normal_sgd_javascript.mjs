// Risk functions of the sgd rule under label noise Normal(0, 1/4).
//
//     drift_rate(R)   1
//     noise_scale(R)  2*R + 1/16
//     psi             left out: it belongs to the sign rule
//     modes           K = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = U^T Delta; forcing_i = lam_i (U^T
//                     M U)_ii/(2 d); M_ij = sqrt(K_ii)*sqrt(K_jj)*rho with rho = K_ij/sqrt(K_ii K_jj)
//     derivation      sgd-modes
//     evidence        no expectation over the law but E[eps^2]
//     error           exact
//
// R is the risk Delta^T K Delta / 2, the 1/2 included, Delta = theta - theta*, K the covariance of the
// data. risk_rhs(t, r, lam, forcing, eta) is the right-hand side of the ODE of the modes, one number a
// mode in r, lam and forcing, eta the step size at time t. Functions of R return their limit at R = 0
// and NaN where R is negative, infinite or NaN. Generated from the derivation; do not edit.

// The drift factor 1.
export function drift_rate(R) {
  R = Number(R);
  if (!(R >= 0 && R < Infinity)) {
    return NaN;
  }
  return 1.0;
}

// E[f(residual)^2], the factor of the diffusion.
export function noise_scale(R) {
  R = Number(R);
  if (!(R >= 0 && R < Infinity)) {
    return NaN;
  }
  if (R === 0) {
    return 0.0625;
  }
  return 2.0 * R + 0.0625;
}

// The drift of Delta is this times K Delta.
export function sde_drift(R, eta) {
  return -eta * drift_rate(R);
}

// The diffusion of Delta is this times a square root of K.
export function sde_diffusion(R, eta, d) {
  return eta * Math.sqrt(noise_scale(R)) / Math.sqrt(d);
}

// dr/dt over the modes, written to `out`, which may be r itself; R = sum(r).
export function risk_rhs(t, r, lam, forcing, eta, out = new Float64Array(r.length)) {
  let R = 0;
  for (let j = 0; j < r.length; ++j) {
    R += r[j];
  }
  const k_0 = eta * eta * noise_scale(R);
  const k_1 = -2.0 * eta;
  for (let j = 0; j < r.length; ++j) {
    out[j] = k_0 * forcing[j] + k_1 * lam[j] * r[j];
  }
  return out;
}
