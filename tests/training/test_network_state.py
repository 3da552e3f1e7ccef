import keras
import numpy as np

from animegan_tf.training.network_state import unchanged_state


def test_state_is_put_back_and_random_generators_go_on():
    network = keras.Sequential(
        [
            keras.Input((12,)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1),
        ]
    )
    images = np.random.default_rng(0).normal(size=(4, 12)).astype("float32")
    before = network.get_weights()
    with unchanged_state(network):
        first = network(images, training=True)
    for value, other in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(value, other)
    assert not np.array_equal(first, network(images, training=True))
