"""Chains of independent gradients w = r x at a fixed Delta, and what Adam makes of them.

Time is the last axis. Averages start from 0 and have forgotten it after `burn_in` steps.
"""

import numpy as np
from scipy.signal import lfilter


def burn_in(*betas):
    """Steps after which moving averages have forgotten their start to 1e-7."""
    return max(int(np.ceil(np.log(1e-7) / np.log(beta))) if beta else 1 for beta in betas)


def average(beta, values):
    """sum_l (1 - beta) beta^l values_(s - l)."""
    return lfilter([1 - beta], [1, -beta], values)


def to_come(beta, values):
    """sum_l (1 - beta) beta^l values_(s + l)."""
    return average(beta, values[..., ::-1])[..., ::-1]


def inverse_roots(beta2, w):
    """1/sqrt(v)."""
    return 1 / np.sqrt(average(beta2, w**2))


def shares(beta1, beta2, w):
    """w_s sum_l (1 - beta1) beta1^l/sqrt(v_(s + l)): what a gradient adds to all steps that remember it.

    Gradients of different times are uncorrelated, given their sizes: the mean of the product of the shares of
    two coordinates is their long-run covariance, and the mean of a share that of a step.
    """
    return w * to_come(beta1, inverse_roots(beta2, w))


def mean_and_stderr(per_chain):
    """Over independent chains, which are the last axis."""
    return per_chain.mean(axis=-1), per_chain.std(axis=-1, ddof=1) / np.sqrt(per_chain.shape[-1])
