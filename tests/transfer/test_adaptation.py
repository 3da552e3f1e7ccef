"""Fine-tuning a copy of a generator to the texture of an image."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.losses.perceptual import correlation_style_loss
from animegan_tf.models.generators import build_generator
from animegan_tf.transfer.adaptation import (
    WEIGHTS,
    _measure_style,
    _sample,
    _shift_loss,
    adapt_generator,
)


@pytest.fixture
def photo():
    coarse = np.random.default_rng(2).integers(40, 216, (6, 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((12, 12, 1), np.uint8))


@pytest.fixture
def stripes():
    image = np.full((64, 80, 3), 230, np.uint8)
    image[:, ::4] = 20
    return image


def adapt(generator, photo, target, features, **options):
    options = {"steps": 2, "crop_size": 48} | options
    return adapt_generator(generator, [photo], target, features, **options)


@pytest.mark.slow
def test_crops_have_a_multiple_of_the_generator_s_size(photo, stripes, features):
    # 48 is not a multiple of 32.
    generator = build_generator(
        "unet", width=2, num_downsamples=5, normalization="none"
    )
    adapted = adapt(generator, photo, stripes, features, steps=1)
    assert len(adapted.weights) == len(generator.weights)


@pytest.mark.slow
def test_style_approaches_that_of_the_target(photo, stripes, features):
    keras.utils.set_random_seed(0)
    generator = build_generator(
        "anime", width=4, body_width=4, num_blocks=1, head_width=4
    )
    weights = dict.fromkeys(WEIGHTS, 0.0) | {"style": 1.0, "target": 0.1}
    options = {"steps": 40, "weights": weights, "learning_rate": 1e-2}
    adapted = adapt(generator, photo, stripes, features, **options)
    target = _measure_style(stripes, features, 48)
    before, after = (
        float(
            correlation_style_loss(
                _measure_style(Stylizer(network)(photo), features, 48), target
            )
        )
        for network in (generator, adapted)
    )
    assert after < 0.7 * before


def test_the_copy_is_determined_by_the_seed_and_the_original_is_unchanged(
    generator, photo, stripes, features
):
    weights = [value.copy() for value in generator.get_weights()]
    frozen = [value.copy() for value in features.get_weights()]
    adapted, same = (
        adapt(generator, photo, stripes, features, seed=3).get_weights()
        for _ in range(2)
    )
    for value, again in zip(adapted, same, strict=True):
        np.testing.assert_array_equal(value, again)
    for value, before in zip(generator.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(value, before)
    for value, before in zip(features.get_weights(), frozen, strict=True):
        np.testing.assert_array_equal(value, before)
    changes = [np.abs(a - b).max() for a, b in zip(adapted, weights, strict=True)]
    assert max(changes) > 0.0


def test_samples_are_determined_by_seed_and_step(photo):
    window, shift = _sample(photo, 56, 0, 5)
    again, same = _sample(photo, 56, 0, 5)
    np.testing.assert_array_equal(window, again)
    np.testing.assert_array_equal(shift, same)
    for seed, step in ((1, 5), (0, 6)):
        assert not np.array_equal(window, _sample(photo, 56, seed, step)[0])
    assert window.shape == (1, 56, 56, 3)
    assert -1.0 <= window.min() and window.max() <= 1.0
    shifts = np.array([_sample(photo, 56, 0, step)[1] for step in range(40)])
    assert shifts.min() == 0
    assert shifts.max() == 7


def test_shift_loss_of_results_that_move_with_the_photo_is_zero():
    wide = np.random.default_rng(0).uniform(-1, 1, (1, 60, 60, 3)).astype("float32")
    shift = tf.constant([3, 5])
    first, shifted = wide[:, :48, :48], wide[:, 3:51, 5:53]
    assert float(_shift_loss(first, shifted, shift)) == 0.0
    # A pattern of the grid does not move.
    rows = np.arange(48) % 8 == 0
    grid = np.where(rows, 1.0, 0.0).astype("float32")[None, :, None, None]
    grid = np.broadcast_to(grid, (1, 48, 48, 3))
    assert float(_shift_loss(grid, grid, shift)) == pytest.approx(0.25, abs=0.1)


def test_style_of_a_tiled_image_is_that_of_the_tile(stripes, features):
    tile = stripes[:32, :32]
    whole = _measure_style(np.tile(tile, (2, 3, 1)), features, 32)
    part = _measure_style(tile, features, 32)
    for layer, matrix in part.items():
        np.testing.assert_allclose(whole[layer], matrix, atol=1e-4)


def test_images_smaller_than_the_crop_are_accepted(generator, stripes, features):
    small = np.full((20, 30, 3), 90, np.uint8)
    adapt(generator, small, stripes[:17, :23], features, steps=1)


@pytest.mark.parametrize(
    ("photos", "steps", "message"),
    [
        ([], 1, "`photos` must contain at least one"),
        ([None], 0, "`steps` must be at l"),
    ],
)
def test_invalid_arguments_are_refused(generator, photos, steps, message):
    with pytest.raises(ValueError, match=message):
        adapt_generator(generator, photos, None, None, steps=steps)
