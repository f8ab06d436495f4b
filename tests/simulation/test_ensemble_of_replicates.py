"""Replicates share Delta(0), depend on (seed, index) alone, and record the exact risk."""

import numpy as np
import pytest
import sympy as sp
from numpy.random import SeedSequence

from signsgd_sym.errors import NotConverged, NotFinite, ParameterError, RuleError, ShapeMismatch, StepError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.notation import R, t, z
from signsgd_sym.simulate import GaussianStream, PoolStream, SimulationInterrupted, simulate

D = 20
DELTA = np.linspace(-1, 1, D)
DIAGONAL = Covariance.from_diagonal(np.linspace(0.5, 2, D))
MIXTURE = noise_law("Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))")
SETTING = {"delta0": DELTA, "times": np.linspace(0, 20, 11), "runs": 5, "seed": 1}
HALF = Schedule.of(0.5)
ONE = PoolStream([[1.0]], noise=[0.0])  # d = 1, x = 1, no noise


def run(optimizer=SIGN, stream=None, eta=HALF, **changes):
    stream = stream or GaussianStream(DIAGONAL, MIXTURE)
    return simulate(optimizer, stream, eta, **{**SETTING, **changes})


def test_result_does_not_depend_on_workers():
    dense = GaussianStream(Covariance.random_unequal(D, seed=0), MIXTURE)
    one, many = (run(stream=dense, workers=workers) for workers in (1, 4))
    np.testing.assert_array_equal(one.risk, many.risk)


@pytest.mark.parametrize("eta", [Schedule.of(0.5), Schedule.of(sp.sqrt(2 * R) / 2)], ids=["constant", "of R"])
def test_result_does_not_depend_on_block_size(eta):
    whole, cut = (
        run(eta=eta, stream=GaussianStream(DIAGONAL, MIXTURE, block_rows=rows)) for rows in (None, 3)
    )
    np.testing.assert_array_equal(whole.risk, cut.risk)


def test_more_runs_repeat_the_first_ones_and_differ_among_themselves():
    few, more = run(runs=2), run(runs=4)
    np.testing.assert_array_equal(few.risk, more.risk[:2])
    assert len(np.unique(more.risk[:, -1])) == 4
    assert np.any(run(runs=2, seed=2).risk != few.risk)


def test_recorded_times_do_not_change_the_run():
    often = run(times=np.linspace(0, 20, 101))
    np.testing.assert_array_equal(often.risk[:, ::10], run().risk)


def test_all_runs_share_the_exact_initial_risk():
    np.testing.assert_allclose(run().risk[:, 0], DELTA @ DIAGONAL.K @ DELTA / 2, rtol=1e-14)


def test_times_are_the_multiples_of_1_over_d_that_were_run():
    assert run(times=[0.0, 0.024, 0.026, 1 / 3]).times.tolist() == [0.0, 0.0, 1 / D, 7 / D]


def test_noise_free_sgd_in_one_dimension_is_geometric():
    result = simulate(SGD, ONE, Schedule.of(0.25), [2.0], times=range(20), runs=2, seed=0)
    np.testing.assert_allclose(result.mean, 2 * 0.75 ** (2 * np.arange(20)), rtol=1e-14)


def test_noise_free_sign_steps_onto_zero_and_stays():
    result = simulate(SIGN, ONE, Schedule.of(0.25), [1.0], times=range(8), runs=1, seed=0)
    assert result.risk[0].tolist() == [max(0.0, 1 - k / 4) ** 2 / 2 for k in range(8)]


def test_labelled_pool_matches_a_computation_by_hand():
    X, y, theta_star = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.5, 2.0]), np.array([1.0, 1.0])
    pool = PoolStream.from_labels(X, y, theta_star)
    result = simulate(SGD, pool, Schedule.of(0.2), [1.0, -1.0], times=[0, 0.5, 1, 1.5], runs=1, seed=5)
    theta, risks = theta_star + np.array([1.0, -1.0]), []
    x, _ = next(pool.blocks(SeedSequence(5, spawn_key=(0,))))
    for k in range(4):
        risks.append(np.mean((X @ (theta - theta_star)) ** 2) / 2)
        label = y[0] if x[k, 0] else y[1]
        theta = theta - 0.2 / 2 * (x[k] @ theta - label) * x[k]
    np.testing.assert_allclose(result.risk[0], risks, rtol=1e-14)


def test_schedule_in_time_is_the_one_of_the_definition():
    result = simulate(SGD, ONE, Schedule.of(1 / (2 + t)), [1.0], times=range(6), runs=1, seed=0)
    expected = np.cumprod([1.0] + [1 - 1 / (2 + k) for k in range(5)])
    np.testing.assert_allclose(result.risk[0], expected**2 / 2, rtol=1e-14)


def test_mean_and_standard_error():
    result = run()
    np.testing.assert_allclose(result.mean, result.risk.sum(axis=0) / 5)
    np.testing.assert_allclose(
        result.stderr[1:] ** 2, ((result.risk - result.mean) ** 2).sum(axis=0)[1:] / 4 / 5
    )
    assert np.isnan(run(runs=1).stderr).all()
    assert result.runs == 5 and result.seed == 1 and result.steps_per_second > 0


def test_progress_ends_at_the_total():
    seen = []
    run(progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5 * 20 * D, 5 * 20 * D)
    assert seen == sorted(seen)


def test_interruption_hands_over_the_finished_runs():
    def interrupt_when_two_are_done(done, total):
        if done >= 2 * total / 400:
            raise KeyboardInterrupt

    with pytest.raises(SimulationInterrupted, match="of 400 runs finished") as caught:
        run(runs=400, times=[0, 2000], workers=1, progress=interrupt_when_two_are_done)
    partial = caught.value.partial
    assert 2 <= partial.runs < 400
    assert partial.replicates.tolist() == list(range(partial.runs))
    np.testing.assert_array_equal(partial.risk[:2], run(runs=2, times=[0, 2000]).risk)


def test_interruption_before_any_run_finished_has_an_empty_result():
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(SimulationInterrupted, match="0 of 2 runs finished") as caught:
        run(runs=2, times=[0, 1e8], progress=interrupt)
    assert caught.value.partial.risk.shape == (0, 2)
    assert np.isnan([caught.value.partial.mean, caught.value.partial.stderr]).all()


def test_divergence_is_reported_not_returned():
    with pytest.raises(NotConverged, match="replicate 0 overflowed before t = 5000"):
        simulate(SGD, ONE, Schedule.of(3), [1.0], times=[0, 5000], runs=1, seed=0)


@pytest.mark.parametrize(
    ("error", "says", "changes"),
    [
        (ShapeMismatch, r"delta0 has shape \(3,\)", {"delta0": np.ones(3)}),
        (NotFinite, "delta0 contains inf", {"delta0": np.full(D, np.inf)}),
        (StepError, "1 follows 2", {"times": [0, 2, 1]}),
        (StepError, "must not be negative", {"times": [-1, 2]}),
        (StepError, "at least one time", {"times": []}),
        (StepError, "no run is that long", {"times": [1e300]}),
        (NotFinite, "times contains nan", {"times": [np.nan]}),
        (ParameterError, "runs is 0", {"runs": 0}),
        (ParameterError, "workers is 0", {"workers": 0}),
        (ParameterError, "seed is -1", {"seed": -1}),
        (StepError, "at t = 1.05", {"eta": Schedule.of(1 - t)}),
        (StepError, "cannot be compiled", {"eta": Schedule.of(sp.besselj(0, t))}),
        (RuleError, "cannot be compiled", {"optimizer": UpdateRule(sp.besselj(1, z), "Bessel")}),
    ],
)
def test_bad_input_is_refused_in_words(error, says, changes):
    with pytest.raises(error, match=says):
        run(**changes)
