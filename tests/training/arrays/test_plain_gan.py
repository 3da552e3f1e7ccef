import keras
import numpy as np
import pytest

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.training.arrays.adversarial_step import build_adversarial_step
from animegan_tf.training.arrays.plain_gan import (
    build_loss,
    build_optimizer,
    train_step,
)
from animegan_tf.training.optimizers import build_adam


def _networks():
    keras.utils.set_random_seed(0)
    generator = build_generator("autoencoder", width=4, num_downsamples=1)
    return generator, build_discriminator("dense", image_size=8, width=4)


def _batch(seed=0):
    rng = np.random.default_rng(seed)
    photo, anime = rng.uniform(-1, 1, (2, 2, 8, 8, 3)).astype("float32")
    return {"input": photo, "anime": anime}


def _floats(scalars):
    return {name: float(value) for name, value in scalars.items()}


def test_four_calls_train_as_the_step_does():
    networks = _networks()
    optimizer = build_optimizer(build_loss(*networks), learning_rate=1e-3)
    step = build_adversarial_step(*_networks(), build_adam(1e-3), build_adam(1e-3))
    for seed in range(2):
        scalars = _floats(train_step(*networks, optimizer, _batch(seed)))
        assert scalars == pytest.approx(_floats(step(_batch(seed))), abs=1e-6)


def test_each_network_has_an_optimizer_and_a_rate_of_its_own():
    optimizer = build_optimizer(
        build_loss(*_networks()), learning_rate=1e-3, discriminator_learning_rate=2e-3
    )
    assert float(optimizer.generator.learning_rate) == pytest.approx(1e-3)
    assert float(optimizer.discriminator.learning_rate) == pytest.approx(2e-3)


def test_a_sigmoid_is_taken_for_probabilities_unless_told_otherwise():
    generator, _ = _networks()
    discriminator = build_discriminator("patch", width=4, from_logits=False)
    assert not build_loss(generator, discriminator).from_logits
    assert build_loss(generator, discriminator, from_logits=True).from_logits


def test_networks_of_other_losses_are_refused():
    networks = _networks()
    optimizer = build_optimizer(build_loss(*networks))
    with pytest.raises(ValueError, match="`optimizer` must be built from the loss of"):
        train_step(*_networks(), optimizer, _batch())


def test_batches_without_their_fields_are_refused():
    networks = _networks()
    optimizer = build_optimizer(build_loss(*networks))
    with pytest.raises(ValueError, match=r"input and anime. Received: \['photo'\]"):
        train_step(*networks, optimizer, {"photo": _batch()["input"]})


def test_unknown_losses_are_refused():
    with pytest.raises(ValueError, match="Received: adversarial_loss='gan'"):
        build_loss(*_networks(), name="gan")


def test_rates_and_losses_of_other_kinds_are_refused():
    with pytest.raises(ValueError, match="`loss` must be what build_loss returned"):
        build_optimizer("lsgan")
    loss = build_loss(*_networks())
    for argument in ("learning_rate", "discriminator_learning_rate"):
        message = f"`{argument}` must be positive. Received: {argument}=-1.0"
        with pytest.raises(ValueError, match=message):
            build_optimizer(loss, **{argument: -1.0})
