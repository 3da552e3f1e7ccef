import numpy as np
import tensorflow as tf

from animegan_tf.losses.perceptual import correlation_gram
from animegan_tf.training.style_statistics import RunningCorrelation


def test_first_style_estimates_are_even_means_of_the_batches():
    rng = np.random.default_rng(0)
    maps = [rng.normal(size=(2, 6, 6, 3)).astype("float32") for _ in range(2)]
    running = RunningCorrelation({"a": np.eye(3, dtype="float32")}, 0.9)
    for value in maps:
        estimate = running.update({"a": value})["a"]
    mean = np.mean([correlation_gram(m).numpy().mean(0) for m in maps], axis=0)
    np.testing.assert_allclose(estimate.numpy(), mean, atol=1e-6)


def test_style_gradient_is_that_of_the_batch():
    features = tf.Variable(np.random.default_rng(0).normal(size=(1, 4, 4, 2)))
    features = tf.cast(features, tf.float32)
    running = RunningCorrelation({"a": np.eye(2, dtype="float32")}, 0.9)
    running.update({"a": features})
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = running.update({"a": features})["a"][0, 1]
    with tf.GradientTape() as plain:
        plain.watch(features)
        alone = correlation_gram(features)[0, 0, 1]
    np.testing.assert_allclose(
        tape.gradient(value, features), plain.gradient(alone, features), atol=1e-6
    )
