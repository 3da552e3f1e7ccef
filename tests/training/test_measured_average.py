import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator
from animegan_tf.training.measured_average import MeasuredAverage

# Every generator of photos that may have batch normalization, and what it is told.
OPTIONS = {
    "unet": {"num_downsamples": 2, "dropout": 0.0},
    "resnet": {"num_blocks": 1},
    "autoencoder": {"num_downsamples": 1},
}


def _photos(seed, count=8):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.2, 1.0, (count, 16, 16, 3)).astype("float32")


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_kept_network_has_the_statistics_of_its_own_weights(name):
    keras.utils.set_random_seed(0)
    network, average = (
        build_generator(name, width=4, normalization="batch", **OPTIONS[name])
        for _ in range(2)
    )
    ema = MeasuredAverage(network, average, 0.9)
    # A step of the training far away, which the average follows slowly.
    for weight in network.trainable_weights:
        weight.assign(weight * 1.3)
    for _ in range(6):
        ema.update()
    for seed in range(500):
        ema.measure(_photos(seed % 20, count=16))
    photos = _photos(99, count=32)
    used, trained = (np.asarray(average(photos, training=t)) for t in (False, True))
    assert np.abs(used - trained).mean() < 0.15 * trained.std()


def test_statistics_are_not_averaged_along():
    network, average = (
        build_generator("resnet", width=2, num_blocks=1, normalization="batch")
        for _ in range(2)
    )
    ema = MeasuredAverage(network, average, 0.5)
    for weight in network.weights:
        weight.assign(weight + 1.0)
    before = [weight.numpy() for weight in average.non_trainable_weights]
    ema.update()
    for weight, old in zip(average.non_trainable_weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), old)
    assert not np.array_equal(
        average.trainable_weights[0].numpy(), network.trainable_weights[0].numpy()
    )


def test_measuring_leaves_trained_weights_and_the_network_alone():
    network, average = (
        build_generator("resnet", width=2, num_blocks=1, normalization="batch")
        for _ in range(2)
    )
    ema = MeasuredAverage(network, average, 0.5)
    before = [w.numpy() for w in [*network.weights, *average.trainable_weights]]
    ema.measure(_photos(0, count=1))
    after = [w.numpy() for w in [*network.weights, *average.trainable_weights]]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_network_without_statistics_is_not_called():
    network, average = (
        build_generator("resnet", width=2, num_blocks=1) for _ in range(2)
    )
    # Nothing that could be called with.
    MeasuredAverage(network, average, 0.5).measure(None)
