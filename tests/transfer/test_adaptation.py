"""Laws of tuning: the copy learns the strokes, the original is left alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.losses.perceptual import correlation_style_loss
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.generators import build_generator
from animegan_tf.transfer.adaptation import (
    ADAPTATION_LAYERS,
    WEIGHTS,
    _draw,
    _measure_style,
    _shift_loss,
    adapt_generator,
)


@pytest.fixture
def generator():
    keras.utils.set_random_seed(0)
    return build_generator("anime", width=4, body_width=4, num_blocks=1, head_width=4)


@pytest.fixture
def features(tmp_path):
    """Build VGG19's layers up to the deepest that is used, four channels wide."""
    rng = np.random.default_rng(1)
    arrays, channels = {}, 3
    for block, count in ((1, 2), (2, 2), (3, 1)):
        for index in range(1, count + 1):
            name = f"block{block}_conv{index}"
            arrays[f"{name}/kernel"] = rng.normal(0, 0.3, (3, 3, channels, 4))
            arrays[f"{name}/bias"] = np.zeros(4)
            channels = 4
    np.savez(tmp_path / "features.npz", **arrays)
    return build_feature_extractor(tmp_path / "features.npz", layers=ADAPTATION_LAYERS)


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


def test_network_of_many_halvings_takes_crops_of_its_multiple(photo, stripes, features):
    # 48 pixels would be no multiple of 32.
    generator = build_generator(
        "unet", width=2, num_downsamples=5, normalization="none"
    )
    adapted = adapt(generator, photo, stripes, features, steps=1)
    assert len(adapted.weights) == len(generator.weights)


def test_style_comes_nearer_to_the_target_s(generator, photo, stripes, features):
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


def test_original_is_left_alone(generator, photo, stripes, features):
    weights = [value.copy() for value in generator.get_weights()]
    frozen = [value.copy() for value in features.get_weights()]
    adapted = adapt(generator, photo, stripes, features)
    for value, before in zip(generator.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(value, before)
    for value, before in zip(features.get_weights(), frozen, strict=True):
        np.testing.assert_array_equal(value, before)
    changes = [
        np.abs(a - b).max() for a, b in zip(adapted.get_weights(), weights, strict=True)
    ]
    assert max(changes) > 0.0


def test_same_seed_gives_the_same_network(generator, photo, stripes, features):
    first, second = (
        adapt(generator, photo, stripes, features, seed=3).get_weights()
        for _ in range(2)
    )
    for value, same in zip(first, second, strict=True):
        np.testing.assert_array_equal(value, same)


def test_windows_are_those_of_their_step_alone(photo):
    window, shift = _draw(photo, 56, 0, 5)
    again, same = _draw(photo, 56, 0, 5)
    np.testing.assert_array_equal(window, again)
    np.testing.assert_array_equal(shift, same)
    for seed, step in ((1, 5), (0, 6)):
        assert not np.array_equal(window, _draw(photo, 56, seed, step)[0])
    assert window.shape == (1, 56, 56, 3)
    assert -1.0 <= window.min() and window.max() <= 1.0
    shifts = np.array([_draw(photo, 56, 0, step)[1] for step in range(40)])
    assert shifts.min() == 0
    assert shifts.max() == 7


def test_what_moves_with_the_picture_costs_nothing():
    wide = np.random.default_rng(0).uniform(-1, 1, (1, 60, 60, 3)).astype("float32")
    shift = tf.constant([3, 5])
    first, moved = wide[:, :48, :48], wide[:, 3:51, 5:53]
    assert float(_shift_loss(first, moved, shift)) == 0.0
    # A pattern of the grid stays where it is.
    rows = np.arange(48) % 8 == 0
    grid = np.where(rows, 1.0, 0.0).astype("float32")[None, :, None, None]
    grid = np.broadcast_to(grid, (1, 48, 48, 3))
    assert float(_shift_loss(grid, grid, shift)) == pytest.approx(0.25, abs=0.1)


def test_style_of_a_repeated_picture_is_that_of_its_part(stripes, features):
    tile = stripes[:32, :32]
    whole = _measure_style(np.tile(tile, (2, 3, 1)), features, 32)
    part = _measure_style(tile, features, 32)
    for layer, matrix in part.items():
        np.testing.assert_allclose(whole[layer], matrix, atol=1e-4)


def test_pictures_smaller_than_the_crop_work(generator, stripes, features):
    small = np.full((20, 30, 3), 90, np.uint8)
    adapt(generator, small, stripes[:17, :23], features, steps=1)


@pytest.mark.parametrize(
    ("photos", "steps", "message"),
    [([], 1, "`photos` must hold at least one"), ([None], 0, "`steps` must be at l")],
)
def test_senseless_arguments_are_refused(generator, photos, steps, message):
    with pytest.raises(ValueError, match=message):
        adapt_generator(generator, photos, None, None, steps=steps)
