import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import build_gan
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers import SpectralNormConv2D
from animegan_tf.training.arrays.adversarial_step import build_adversarial_step, frozen
from animegan_tf.training.arrays.keras_step import build_keras_step, compile_gan
from animegan_tf.training.optimizers import build_adam

SHAPE = (4, 4, 3)


def _noise_networks(*, from_logits=True):
    """Networks with all that has a mode or a state, small enough to trace fast."""
    keras.utils.set_random_seed(0)
    # No bias before a normalization: its gradient is rounding error alone, which Adam
    # would blow up to whole steps.
    generator = [
        keras.Input((4,)),
        layers.Dense(48, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("tanh"),
        layers.Reshape(SHAPE),
    ]
    discriminator = [
        keras.Input(SHAPE),
        SpectralNormConv2D(4, 3, strides=2, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(1, activation=None if from_logits else "sigmoid"),
    ]
    return keras.Sequential(generator), keras.Sequential(discriminator)


def _library_networks(discriminator):
    keras.utils.set_random_seed(0)
    generator = build_generator("dcgan", latent_dim=4, image_size=16, width=4)
    return generator, build_discriminator(discriminator, (16, 16, 3), width=4)


def _batch(seed=0, count=4, shape=SHAPE):
    rng = np.random.default_rng(seed)
    return {
        "input": rng.normal(size=(count, 4)).astype("float32"),
        "anime": rng.uniform(-1, 1, (count, *shape)).astype("float32"),
    }


def _values(network):
    return [variable.numpy().copy() for variable in network.weights]


def _floats(scalars):
    return {name: float(value) for name, value in scalars.items()}


def _equal(first, second):
    return all(map(np.array_equal, first, second))


def _build_step(networks, **options):
    return build_adversarial_step(
        *networks, build_adam(1e-3), build_adam(1e-3), **options
    )


def _check_parity(build, shape=SHAPE):
    networks, others = build(), build()
    fast = _build_step(networks)
    gan = build_gan(*others)
    compile_gan(*others, gan, learning_rate=1e-3)
    slow = build_keras_step(*others, gan)
    for seed in range(4):
        expected = slow(_batch(seed, shape=shape))
        losses = fast(_batch(seed, shape=shape))
        assert _floats(losses) == pytest.approx(expected, abs=1e-5)
    for network, other in zip(networks, others, strict=True):
        for one, two in zip(_values(network), _values(other), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-4)


@pytest.mark.parametrize("from_logits", [True, False])
def test_losses_are_those_of_train_on_batch_step_by_step(from_logits):
    _check_parity(lambda: _noise_networks(from_logits=from_logits))


@pytest.mark.slow
@pytest.mark.parametrize("discriminator", ["conv", "dcgan", "dense", "patch"])
def test_losses_are_those_of_train_on_batch_for_every_discriminator(discriminator):
    _check_parity(lambda: _library_networks(discriminator), (16, 16, 3))


def test_first_losses_are_those_worked_by_hand():
    generator, discriminator = _noise_networks()
    head = discriminator.layers[-1]
    # A head of zeros gives the logit 0, the probability 1/2: each loss is log 2.
    head.set_weights([np.zeros_like(weight) for weight in head.get_weights()])
    losses = _floats(_build_step((generator, discriminator))(_batch()))
    assert losses["discriminator_on_real"] == pytest.approx(np.log(2), abs=1e-6)
    both = losses["discriminator_on_real"] + losses["discriminator_on_fake"]
    assert losses["discriminator"] == pytest.approx(both / 2)


@pytest.mark.parametrize("moving", ["generator", "discriminator"])
def test_each_update_moves_only_its_own_network(moving):
    networks = dict(zip(("generator", "discriminator"), _noise_networks(), strict=True))
    resting = networks["generator" if moving == "discriminator" else "discriminator"]
    # A rate of 0 silences the other network's optimizer; what still moves, moves by
    # mistake.
    rates = {name: 1e-2 if name == moving else 0.0 for name in networks}
    optimizers = [build_adam(rates[name]) for name in ("generator", "discriminator")]
    step = build_adversarial_step(*networks.values(), *optimizers)
    before = [v.numpy().copy() for v in resting.trainable_variables]
    own = _values(networks[moving])
    step(_batch())
    assert _equal(before, [v.numpy() for v in resting.trainable_variables])
    assert not _equal(own, _values(networks[moving]))


@pytest.mark.parametrize("loss", ["lsgan", "hinge", "wasserstein", "bce_saturating"])
def test_other_losses_train_too(loss):
    step = _build_step(_noise_networks(), loss=loss)
    for seed in range(2):
        assert all(np.isfinite(float(value)) for value in step(_batch(seed)).values())


def test_the_same_seed_gives_the_same_training():
    first, second = (
        [_floats(step(_batch(seed))) for seed in range(2)]
        for step in (_build_step(_noise_networks()) for _ in range(2))
    )
    assert first == second


def test_frozen_puts_back_each_layer_s_own_flag():
    network = _noise_networks()[1]
    network.layers[0].trainable = False
    flags = [layer.trainable for layer in network.layers]
    with frozen(network):
        assert network.trainable_variables == []
    assert [layer.trainable for layer in network.layers] == flags
    assert network.trainable and network.trainable_variables


def test_frozen_reaches_networks_in_networks_and_survives_errors():
    inner = _noise_networks()[1]
    outer = keras.Sequential([keras.Input(SHAPE), inner])
    inner.layers[0].trainable = False
    with pytest.raises(RuntimeError), frozen(outer):
        assert outer.trainable_variables == []
        raise RuntimeError
    assert [layer.trainable for layer in inner.layers[:2]] == [False, True]


def test_probabilities_with_a_loss_of_logits_are_refused():
    networks = _noise_networks(from_logits=False)
    with pytest.raises(ValueError, match="sigmoid.*'hinge'"):
        _build_step(networks, loss="hinge")


def test_unknown_losses_are_refused():
    with pytest.raises(ValueError, match="bce.*Received: adversarial_loss='bcee'"):
        _build_step(_noise_networks(), loss="bcee")


def test_networks_that_cannot_be_trained_are_refused():
    generator, discriminator = _noise_networks()
    discriminator.trainable = False
    with pytest.raises(ValueError, match="`discriminator` must have something"):
        _build_step((generator, discriminator))

    class Generator(keras.Model):
        pass

    with pytest.raises(ValueError, match="`generator` must be built"):
        _build_step((Generator(), discriminator))
