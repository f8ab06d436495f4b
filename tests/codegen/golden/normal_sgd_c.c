/*
 * Risk functions of the sgd rule under label noise Normal(0, 1/4).
 *
 *     drift_rate(R)   1
 *     noise_scale(R)  2*R + 1/16
 *     psi             left out: it belongs to the sign rule
 *     modes           K = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = U^T Delta; forcing_i = lam_i (U^T
 *                     M U)_ii/(2 d); M_ij = sqrt(K_ii)*sqrt(K_jj)*rho with rho = K_ij/sqrt(K_ii K_jj)
 *     derivation      sgd-modes
 *     evidence        no expectation over the law but E[eps^2]
 *     error           exact
 *
 * R is the risk Delta^T K Delta / 2, the 1/2 included, Delta = theta - theta*, K the covariance of the
 * data. risk_rhs(t, r, lam, forcing, eta) is the right-hand side of the ODE of the modes, one number a
 * mode in r, lam and forcing, eta the step size at time t. Functions of R return their limit at R = 0
 * and NaN where R is negative, infinite or NaN. Generated from the derivation; do not edit.
 */

#include <math.h>
#include <stddef.h>

/* Define SIGNSGD_API as static before including this file to keep its names to one translation unit.
   Not for -ffast-math, which removes the terms that make up for rounding errors. */
#ifndef SIGNSGD_API
#define SIGNSGD_API
#endif
#ifdef __cplusplus
extern "C" {
#endif
SIGNSGD_API double signsgd_drift_rate(double R);
SIGNSGD_API double signsgd_noise_scale(double R);
SIGNSGD_API double signsgd_sde_drift(double R, double eta);
SIGNSGD_API double signsgd_sde_diffusion(double R, double eta, double d);
SIGNSGD_API void signsgd_risk_rhs(double t, const double *r, const double *lam, const double *forcing, double eta,
                      size_t n, double *out);
#ifdef __cplusplus
}
#endif

/* The drift factor 1. */
double signsgd_drift_rate(double R) {
    if (!(R >= 0.0 && R < INFINITY)) {
        return NAN;
    }
    return 1.0;
}

/* E[f(residual)^2], the factor of the diffusion. */
double signsgd_noise_scale(double R) {
    if (!(R >= 0.0 && R < INFINITY)) {
        return NAN;
    }
    if (R == 0.0) {
        return 0.0625;
    }
    return 2.0 * R + 0.0625;
}

/* The drift of Delta is this times K Delta. */
double signsgd_sde_drift(double R, double eta) {
    return -eta * signsgd_drift_rate(R);
}

/* The diffusion of Delta is this times a square root of K. */
double signsgd_sde_diffusion(double R, double eta, double d) {
    return eta * sqrt(signsgd_noise_scale(R)) / sqrt(d);
}

/* dr/dt over n modes, written to out, which may be r itself; R = sum(r). */
void signsgd_risk_rhs(double t, const double *r, const double *lam, const double *forcing, double eta,
                      size_t n, double *out) {
    (void)t;
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += r[i];
        s1 += r[i + 1];
        s2 += r[i + 2];
        s3 += r[i + 3];
    }
    for (; i < n; ++i) {
        s0 += r[i];
    }
    const double R = (s0 + s1) + (s2 + s3);
    const double k_0 = eta * eta * signsgd_noise_scale(R);
    const double k_1 = -2.0 * eta;
    for (size_t j = 0; j < n; ++j) {
        out[j] = k_0 * forcing[j] + k_1 * lam[j] * r[j];
    }
}
