"""Content and style losses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses.perceptual import (
    content_loss,
    correlation,
    correlation_gram,
    correlation_style_loss,
    covariance,
    gram_matrix,
    style_loss,
)


def random_features(seed=0, shape=(2, 5, 4, 3)):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_content_loss_is_the_mean_absolute_difference():
    x = np.zeros((1, 2, 2, 1), dtype="float32")
    y = np.array([0.0, 1.0, -2.0, 3.0], dtype="float32").reshape(1, 2, 2, 1)
    assert float(content_loss(x, y)) == pytest.approx(1.5)


def test_content_loss_averages_layers_of_any_size():
    small, large = np.zeros((1, 1, 1, 2)), np.zeros((1, 4, 4, 1))
    x = {"deep": small, "shallow": large}
    y = {"shallow": large + 3.0, "deep": small + 1.0}
    assert float(content_loss(x, y)) == pytest.approx(2.0)


@pytest.mark.parametrize("other", [{"b": np.zeros((1, 1, 1, 1))}, np.zeros(1)])
def test_content_loss_rejects_other_layers(other):
    with pytest.raises(ValueError, match="must name the same layers.*Received: .'a'"):
        content_loss({"a": np.zeros((1, 1, 1, 1))}, other)


def test_gram_matrix_computed_by_hand():
    features = np.array([[1.0, 2.0], [3.0, 6.0]], dtype="float32").reshape(1, 1, 2, 2)
    plain = to_numpy(gram_matrix(features, centered=False))
    np.testing.assert_allclose(plain, [[[5.0, 10.0], [10.0, 20.0]]])
    centered = to_numpy(gram_matrix(features))
    np.testing.assert_allclose(centered, [[[1.0, 2.0], [2.0, 4.0]]])


def test_covariance_equals_numpy():
    features = random_features()
    for image, matrix in zip(features, to_numpy(covariance(features)), strict=True):
        expected = np.cov(image.reshape(-1, 3).T, bias=True)
        np.testing.assert_allclose(matrix, expected, atol=1e-5)


def test_correlation_equals_numpy():
    features = random_features()
    for image, matrix in zip(
        features, to_numpy(correlation_gram(features)), strict=True
    ):
        expected = np.corrcoef(image.reshape(-1, 3).T)
        # The floor increases each of the two deviations by 0.1 %.
        np.testing.assert_allclose(matrix, expected, atol=3e-3)


def test_correlation_computed_by_hand():
    matrix = np.array([[[4.0, 1.0], [1.0, 1.0]]], dtype="float32")
    deviations = np.array([2.0, 1.0]) + 0.001 * 1.5
    expected = matrix[0] / np.outer(deviations, deviations)
    np.testing.assert_allclose(to_numpy(correlation(matrix))[0], expected, rtol=1e-6)


def test_style_losses_are_invariant_to_the_positions_of_features():
    features = random_features()
    moved = features[:, ::-1, ::-1]
    gram, moved_gram = gram_matrix(features), gram_matrix(moved)
    assert float(style_loss(gram, moved_gram)) == pytest.approx(0.0, abs=1e-6)
    distance = correlation_style_loss(
        correlation_gram(features), correlation_gram(moved)
    )
    assert float(distance) == pytest.approx(0.0, abs=1e-5)


def test_only_the_gram_loss_depends_on_contrast():
    features = random_features()
    faded = 0.5 * features + 3.0
    assert float(style_loss(gram_matrix(faded), gram_matrix(features))) > 0.1
    distance = correlation_style_loss(
        correlation_gram(faded), correlation_gram(features)
    )
    assert float(distance) == pytest.approx(0.0, abs=1e-4)


def test_correlation_style_loss_computed_by_hand():
    target = np.array([[1.0, 0.5], [0.5, 1.0]])
    matrices = np.stack([target, np.array([[1.0, -0.5], [-0.5, 1.0]])])
    # 0 for the first matrix, (1 + 1) / 3 for the second.
    assert float(correlation_style_loss(matrices, target)) == pytest.approx(1 / 3)
    assert float(correlation_style_loss(matrices, target[None])) == pytest.approx(1 / 3)
    layers = {"a": matrices, "b": target}
    targets = {"a": target, "b": target}
    assert float(correlation_style_loss(layers, targets)) == pytest.approx(1 / 6)


def test_averaging_covariances_differs_from_averaging_correlations():
    covariances = covariance(
        random_features() * np.array([1.0, 9.0])[:, None, None, None]
    )
    of_batch = correlation(keras.ops.mean(covariances, axis=0, keepdims=True))
    assert of_batch.shape == (1, 3, 3)
    of_images = keras.ops.mean(correlation(covariances), axis=0)
    assert np.abs(to_numpy(of_batch[0] - of_images)).max() > 0.01


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_gradients_are_finite_for_dead_channels(level):
    features = random_features()
    features[..., 1] = level
    features = tf.constant(features)
    for inputs in (features, tf.zeros_like(features)):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            correlations = correlation_gram(inputs)
            loss = correlation_style_loss(correlations, np.eye(3, dtype="float32"))
        assert np.isfinite(correlations).all()
        assert np.isfinite(tape.gradient(loss, inputs)).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_statistics_of_half_precision_features_are_float32(dtype):
    features = tf.cast(np.full((1, 64, 64, 2), 200.0), dtype)
    gram = gram_matrix(features, centered=False)
    assert gram.dtype == tf.float32
    np.testing.assert_allclose(gram, np.full((1, 2, 2), 40000.0))
    assert correlation_gram(features).dtype == tf.float32
    assert content_loss(features, features).dtype == tf.float32


def test_statistics_trace_once_for_any_size():
    signature = [tf.TensorSpec((None, None, None, 3))]
    compiled = tf.function(correlation_gram, input_signature=signature)
    for shape in ((1, 4, 5, 3), (2, 3, 3, 3)):
        features = random_features(0, shape)
        expected = to_numpy(correlation_gram(features))
        np.testing.assert_allclose(compiled(features), expected, atol=1e-5)
