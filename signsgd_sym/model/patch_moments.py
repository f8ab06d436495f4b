"""Second moments of all patches of an image, from box sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def patch_moments(images: list[Array], size: int) -> tuple[Array, Array]:
    """Mean (size^2,) and centred second moments (size^2, size^2) of all patches, without making them.

    The product of pixels k and l over all patches is a box sum of image * (image shifted by l - k), so one
    product of images gives every pair with that shift: (2 size - 1) size products of images in all,
    instead of size^4 products of pixels for every patch.
    """
    count, offset = 0, float(np.mean([image.mean() for image in images]))
    mean, second = np.zeros(size * size), np.zeros((size * size, size * size))
    index = np.arange(size * size).reshape(size, size)
    for image in images:
        grey = image - offset  # near-centred pixels: the sums below then lose no digits to the mean
        rows, columns = grey.shape[0] - size + 1, grey.shape[1] - size + 1
        count += rows * columns
        mean += _box_sums(grey, rows, columns)[:size, :size].ravel()
        for down in range(size):
            for right in range(-size + 1 if down else 0, size):
                lower, upper = max(-right, 0), min(size, size - right)
                first, left = (
                    grey[: grey.shape[0] - down],
                    slice(max(-right, 0), grey.shape[1] - max(right, 0)),
                )
                shifted = slice(max(right, 0), grey.shape[1] + min(right, 0))
                sums = _box_sums(first[:, left] * grey[down:, shifted], rows, columns)
                k = index[: size - down, lower:upper].ravel()
                second[k, k + down * size + right] += sums[: size - down, : upper - lower].ravel()
    mean /= count
    second = np.triu(second) / count
    second = second + np.triu(second, 1).T - np.outer(mean, mean)
    return mean + offset, second


def _box_sums(image: Array, rows: int, columns: int) -> Array:
    """Entry (i, j): the sum of image over [i, i + rows) x [j, j + columns), for every box that fits."""
    return _window_sums(_window_sums(image, rows).T, columns).T


def _window_sums(array: Array, length: int) -> Array:
    """Row i: the sum of rows i, ..., i + length - 1. One full sum; then a row comes in as one goes out."""
    first = array[:length].sum(axis=0, keepdims=True)
    changes = array[length:] - array[: array.shape[0] - length]
    return np.concatenate([first, first + np.cumsum(changes, axis=0)])
