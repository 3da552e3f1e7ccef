import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import build_gan
from animegan_tf.training.arrays.keras_step import build_keras_step, compile_gan


def _networks(outputs="both"):
    """Networks with all that has a mode or a state, small enough to trace fast."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(48, activation="tanh"),
            layers.Reshape((4, 4, 3)),
        ],
        name="generator",
    )
    discriminator = build_discriminator("dense", image_size=4, width=8)
    gan = build_gan(generator, discriminator, outputs=outputs)
    return generator, discriminator, gan


def _values(network):
    return [variable.numpy().copy() for variable in network.weights]


def _equal(first, second):
    return all(map(np.array_equal, first, second))


@pytest.mark.parametrize("outputs", ["both", "logits"])
def test_train_on_batch_moves_only_what_it_should(outputs):
    generator, discriminator, gan = _networks(outputs)
    compile_gan(generator, discriminator, gan, learning_rate=1e-2)
    step = build_keras_step(generator, discriminator, gan)
    rng = np.random.default_rng(0)
    batch = {
        "input": rng.normal(size=(4, 4)).astype("float32"),
        "anime": rng.uniform(-1, 1, (4, 4, 4, 3)).astype("float32"),
    }
    calls = []

    def watched(network, resting):
        train = network.train_on_batch

        def train_on_batch(*args):
            before, own = _values(resting), _values(network)
            result = train(*args)
            assert _equal(before, _values(resting))
            assert not _equal(own, _values(network))
            calls.append(network)
            return result

        return train_on_batch

    discriminator.train_on_batch = watched(discriminator, generator)
    gan.train_on_batch = watched(gan, discriminator)
    for count in (4, 4, 2):
        # A batch of another size is traced anew: the flags must hold then too.
        step({name: value[:count] for name, value in batch.items()})
    assert calls == 3 * [discriminator, discriminator, gan]
    assert discriminator.trainable and len(discriminator.trainable_variables) > 0


def test_no_warning_about_flags_that_changed(recwarn):
    networks = _networks()
    compile_gan(*networks)
    step = build_keras_step(*networks)
    reals = np.zeros((2, 4, 4, 3), "float32")
    for _ in range(2):
        step({"input": np.zeros((2, 4), "float32"), "anime": reals})
    messages = [str(warning.message) for warning in recwarn]
    assert not [text for text in messages if "trainable" in text]


def test_networks_that_are_not_compiled_are_refused_by_the_step():
    with pytest.raises(ValueError, match="must be compiled: see compile_gan"):
        build_keras_step(*_networks())


def test_a_gan_of_other_networks_is_refused():
    generator, discriminator, _ = _networks()
    with pytest.raises(ValueError, match="of these very networks"):
        compile_gan(generator, discriminator, _networks()[2])
