"""A stream is a function of its seed: not of block sizes, nor of earlier calls."""

import numpy as np
import pytest
from numpy.random import SeedSequence

from signsgd_sym.errors import InputError, NotFinite, ParameterError, ShapeMismatch
from signsgd_sym.model import Covariance, noise_law
from signsgd_sym.simulate import GaussianStream, PoolStream
from signsgd_sym.simulate.stream import CHUNK

NORMAL, MIXTURE = noise_law("Normal(0, 1)"), noise_law("Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))")
TOO_WIDE = noise_law("Laplace(0, 10**308)")
POOL = np.random.default_rng(0).standard_normal((50, 3))
STREAMS = {
    "diagonal": lambda rows: GaussianStream(Covariance.powerlaw(3, 1.0), MIXTURE, rows),
    "dense": lambda rows: GaussianStream(Covariance.random_unequal(3, seed=0), MIXTURE, rows),
    "ar1": lambda rows: GaussianStream(Covariance.ar1(3, 0.5), MIXTURE, rows),
    "pool, law": lambda rows: PoolStream(POOL, MIXTURE, rows),
    "pool, labels": lambda rows: PoolStream(POOL, np.arange(50.0), rows),
}


def first(stream, n, seed=7):
    xs, all_eps, have = [], [], 0
    for x, eps in stream.blocks(SeedSequence(seed)):
        xs.append(x.copy())
        all_eps.append(eps.copy())
        have += len(x)
        if have >= n:
            return np.concatenate(xs)[:n], np.concatenate(all_eps)[:n]
    raise AssertionError("a stream never ends")


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("rows", [1, 7, CHUNK, CHUNK + 1, None])
def test_block_size_does_not_matter(make, rows):
    x, eps = first(make(100), 6000)
    x_too, eps_too = first(make(rows), 6000)
    np.testing.assert_array_equal(eps, eps_too)
    np.testing.assert_allclose(x, x_too, rtol=0, atol=1e-14)  # BLAS may round a dense product differently


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_same_seed_same_samples_and_another_seed_others(make):
    stream, seed = make(None), SeedSequence(3)
    once, again = (next(stream.blocks(seed))[0].copy() for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert np.any(once != next(stream.blocks(SeedSequence(4)))[0])


def test_samples_do_not_depend_on_the_noise():
    K = Covariance.identity(3)
    x, _ = first(GaussianStream(K, NORMAL), 10)
    np.testing.assert_array_equal(x, first(GaussianStream(K, MIXTURE), 10)[0])


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_second_moment_is_that_of_the_samples(make):
    x, _ = first(make(None), 40_000)
    K = make(None).second_moment
    K = np.diag(K) if K.ndim == 1 else K
    products = x[:, :, None] * x[:, None, :]
    stderr = products.std(axis=0) / np.sqrt(len(x))
    assert np.all(np.abs(products.mean(axis=0) - K) < 4 * stderr)


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_risk_is_the_quadratic_form(make):
    delta, K = np.array([1.0, -2.0, 0.5]), make(None).second_moment
    expected = delta @ (np.diag(K) if K.ndim == 1 else K) @ delta / 2
    np.testing.assert_allclose(make(None).risk(delta), expected, rtol=1e-14)
    few = PoolStream(POOL[:2], [0.0, 0.0])  # fewer rows than dimensions
    np.testing.assert_allclose(few.risk(delta), np.mean((POOL[:2] @ delta) ** 2) / 2, rtol=1e-14)


def test_labels_become_the_noise_of_their_row():
    X, y = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), np.array([1.5, 2.0, 0.0])
    pool = PoolStream.from_labels(X, y, theta_star=[1.0, -1.0])
    assert pool.noise.tolist() == [0.5, 4.0, 0.0]
    x, eps = first(pool, 200)
    label_of_row = {tuple(row): label for row, label in zip(X.tolist(), y, strict=True)}
    for row, noise in zip(x.tolist(), eps, strict=True):
        assert row[0] - row[1] + noise == label_of_row[tuple(row)]


@pytest.mark.parametrize(
    ("error", "says", "make"),
    [
        (ShapeMismatch, r"X has shape \(3,\)", lambda: PoolStream(np.ones(3), [0.0])),
        (ShapeMismatch, "2 samples", lambda: PoolStream(np.ones((2, 3)), [0.0])),
        (ShapeMismatch, "do not fit", lambda: PoolStream.from_labels(np.ones((2, 3)), [1, 2], [1, 2])),
        (NotFinite, "X contains nan", lambda: PoolStream([[np.nan]], [0.0])),
        (NotFinite, "noise contains inf", lambda: PoolStream([[1.0]], [np.inf])),
        (InputError, "not an array of numbers", lambda: PoolStream([["a"]], [0.0])),
        (ParameterError, "block_rows is 0", lambda: PoolStream([[1.0]], [0.0], block_rows=0)),
        (NotFinite, r"Laplace.* drew -?inf", lambda: first(PoolStream([[1.0]], TOO_WIDE), 1)),
        (ParameterError, "block_rows is -1", lambda: GaussianStream(Covariance.identity(1), NORMAL, -1)),
    ],
)
def test_bad_input_is_refused_in_words(error, says, make):
    with pytest.raises(error, match=says):
        make()
