import numpy as np
import pytest

from animegan_tf.inference.video.temporal import TemporalSmoother

SIZE = (32, 48, 3)


def flat(level):
    return np.full(SIZE, level, np.uint8)


def test_zero_strength_changes_nothing():
    smoother = TemporalSmoother(0.0)
    smoother(flat(10), flat(0))
    assert np.array_equal(smoother(flat(10), flat(200)), flat(200))


def test_a_static_source_mixes_results():
    smoother = TemporalSmoother(0.5)
    assert np.array_equal(smoother(flat(10), flat(100)), flat(100))
    # 0.9 * 0.5 of the earlier result is kept: 0.45 * 100 + 0.55 * 200 = 155.
    assert np.array_equal(smoother(flat(10), flat(200)), flat(155))


def test_motion_keeps_the_new_frame():
    smoother = TemporalSmoother(1.0)
    smoother(flat(10), flat(100))
    assert np.array_equal(smoother(flat(60), flat(200)), flat(200))


def test_only_moving_regions_keep_the_new_frame():
    smoother = TemporalSmoother(1.0)
    smoother(flat(10), flat(100))
    photo = flat(10)
    photo[:, 32:] = 200
    result = smoother(photo, flat(200))
    assert np.array_equal(result[:, :16], flat(110)[:, :16])
    assert np.array_equal(result[:, 32:], flat(200)[:, 32:])


def test_slow_drift_is_followed():
    smoother = TemporalSmoother(1.0)
    # The lag never exceeds the change that counts as motion.
    lags = [
        level - int(smoother(flat(level), flat(level))[0, 0, 0])
        for level in range(10, 200)
    ]
    assert max(lags) <= 10


def test_noise_in_a_static_scene_is_reduced():
    random = np.random.default_rng(0)
    frames = [
        np.clip(120 + random.normal(0, 3, SIZE), 0, 255).astype(np.uint8)
        for _ in range(12)
    ]
    smoother = TemporalSmoother(0.8)
    results = [smoother(frame, frame).astype(float) for frame in frames]
    change = np.abs(np.diff(np.array(frames, float), axis=0)).mean()
    smoothed = np.abs(np.diff(results[4:], axis=0)).mean()
    assert smoothed < 0.6 * change


def test_the_state_can_be_set_in_another_smoother():
    first, second = TemporalSmoother(0.7), TemporalSmoother(0.7)
    first(flat(10), flat(100))
    second.state = first.state
    expected = first(flat(12), flat(180))
    assert np.array_equal(second(flat(12), flat(180)), expected)


@pytest.mark.parametrize("strength", [-0.1, 1.1])
def test_a_strength_out_of_range_is_an_error(strength):
    with pytest.raises(ValueError, match=rf"\[0, 1\].*strength={strength}"):
        TemporalSmoother(strength)
