"""Real data: predict the middle pixel of a patch of a photograph from the pixels around it.

All size x size patches of the two sample photographs that ship with scikit-learn (427 x 640 pixels each;
523,328 patches at size 12), in grey, every pixel position centred by its mean over the patches. The label y
is the pixel at row size//2, column size//2; x holds the size^2 - 1 others in reading order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import InputError, ParameterError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.patch_moments import patch_moments
from signsgd_sym.model.positive_definite import check_diagonal, factor
from signsgd_sym.model.structure import Dense

Array = NDArray[np.float64]

REC_601 = np.array([0.299, 0.587, 0.114])
"""Weights of red, green, blue in grey (ITU-R BT.601)."""

SMALLEST, LARGEST = 2, 32


@dataclass(frozen=True, eq=False)
class PatchRegression:
    """Least squares on image patches.

    Attributes:
        size: side of a patch in pixels.
        X: patches without the middle pixel, (n, size^2 - 1), float32 to halve the memory; the
            moments below are those of the patches in float64.
        y: middle pixels, (n,), float64.
        covariance: K = X^T X/n.
        theta_star: K^-1 X^T y/n, the least-squares solution over all patches.
        residuals: the label noise eps = y - <x, theta_star>, (n,).
    """

    size: int
    X: NDArray[np.float32]
    y: Array
    covariance: Covariance
    theta_star: Array
    residuals: Array


def patch_regression(size: int = 12) -> PatchRegression:
    """The regression on all patches of both photographs; about 1.2 s and 300 MB at size 12.

    Raises:
        ParameterError: unless size is an integer from 2 to 32.
        InputError: when scikit-learn is not installed.
    """
    if size != int(size) or not SMALLEST <= size <= LARGEST:
        raise ParameterError(
            f"the patch size is {size}, but it must be an integer from {SMALLEST} to {LARGEST}"
        )
    size = int(size)
    images = [_grey(image) for image in _photographs()]
    mean, second = patch_moments(images, size)
    middle = (size // 2) * size + size // 2
    others = np.delete(np.arange(size * size), middle)
    K, b = second[np.ix_(others, others)], second[others, middle]
    check_diagonal(np.diagonal(K))
    L = factor(K)
    theta_star = np.asarray(np.linalg.solve(L.T, np.linalg.solve(L, b)), dtype=np.float64)
    contrast = np.insert(-theta_star, middle, 1.0)
    X, y, residuals = _centred_patches(images, size, mean, contrast)
    covariance = Covariance(Dense(K, L), f"patches:size={size}")
    return PatchRegression(size, X, y, covariance, theta_star, residuals)


def _photographs() -> list[NDArray[np.uint8]]:
    try:
        from sklearn.datasets import load_sample_images
    except ImportError:
        raise InputError(
            "the sample photographs come with scikit-learn, which is missing; pip install 'signsgd-sym[data]'"
        ) from None
    return list(load_sample_images().images)


def _grey(image: NDArray[np.uint8]) -> Array:
    """Grey values in [0, 1]."""
    return np.asarray(image @ (REC_601 / 255), dtype=np.float64)


def _centred_patches(
    images: list[Array], size: int, mean: Array, contrast: Array
) -> tuple[NDArray[np.float32], Array, Array]:
    """X, y, and the product of every whole patch with `contrast`, which is y - <x, theta_star>."""
    shapes = [(image.shape[0] - size + 1, image.shape[1] - size + 1) for image in images]
    n = sum(rows * columns for rows, columns in shapes)
    middle = (size // 2) * size + size // 2
    X, y = np.empty((n, size * size - 1), dtype=np.float32), np.empty(n)
    residuals = np.empty(n)
    start = 0
    for image, (rows, columns) in zip(images, shapes, strict=True):
        buffer = np.empty((columns, size, size))
        windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
        for row in range(rows):  # one row of patches stays in cache
            stop = start + columns
            np.subtract(windows[row], mean.reshape(size, size), out=buffer)
            patches = buffer.reshape(columns, size * size)
            X[start:stop, :middle] = patches[:, :middle]
            X[start:stop, middle:] = patches[:, middle + 1 :]
            y[start:stop] = patches[:, middle]
            residuals[start:stop] = patches @ contrast
            start = stop
    return X, y, residuals
