import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES
from animegan_tf.training.discriminator_step import build_adversary_update
from animegan_tf.training.optimizers import build_adam, build_rmsprop
from animegan_tf.training.regularization import build_generator_loss
from animegan_tf.training.unconditional_steps import (
    build_discriminator_step,
    build_generator_step,
    build_noise_gan_update,
    draw_latents,
)

LATENT_DIM = 4
STEP, TURN = tf.constant(0, tf.int64), tf.constant(0, tf.int64)


def _generator(width=16, normalize=False):
    """From latents to 4x4 pictures of one colour each."""
    layers = [keras.Input((LATENT_DIM,)), keras.layers.Dense(width, activation="relu")]
    if normalize:
        layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
    layers += [
        keras.layers.Dense(3, activation="tanh"),
        keras.layers.RepeatVector(16),
        keras.layers.Reshape((4, 4, 3)),
    ]
    return keras.Sequential(layers)


def _discriminator(width=16, normalize=False, activation=None):
    layers = [keras.Input((4, 4, 3)), keras.layers.Flatten()]
    for _ in range(2):
        layers += [keras.layers.Dense(width), keras.layers.LeakyReLU(0.2)]
        if normalize:
            layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
    return keras.Sequential([*layers, keras.layers.Dense(1, activation=activation)])


@pytest.fixture(params=[False, True], ids=["plain", "normalized"])
def networks(request):
    keras.utils.set_random_seed(0)
    return _generator(normalize=request.param), _discriminator(normalize=request.param)


def _images(count, seed=0):
    values = np.random.default_rng(seed).uniform(-1, 1, (count, 4, 4, 3))
    return tf.constant(values, tf.float32)


def _update(networks, loss="bce", from_logits=True, batch_size=4, **settings):
    return build_noise_gan_update(
        *networks,
        {"generator": build_adam(1e-3), "discriminator": build_adam(1e-3)},
        loss,
        Stabilizers(**settings),
        batch_size=batch_size,
        seed=1,
        clip_norm=1e6,
        from_logits=from_logits,
    )


def _discriminator_step(networks, loss="bce", **settings):
    generator, discriminator = networks
    update = build_adversary_update(
        discriminator,
        build_adam(1e-3),
        loss,
        Stabilizers(**settings),
        seed=1,
        clip_norm=1e6,
    )
    return build_discriminator_step(generator, update, seed=1)


def _weights(network):
    return network.get_weights()


def _same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("penalty", [0.0, 10.0])
def test_discriminator_step_moves_only_the_discriminator(networks, penalty):
    generator, discriminator = networks
    step = _discriminator_step(networks, "wasserstein", gradient_penalty=penalty)
    before = _weights(generator), _weights(discriminator)
    step(_images(4), STEP, TURN)
    assert _same(before[0], _weights(generator))
    assert not _same(before[1], _weights(discriminator))


def test_generator_step_moves_only_the_generator(networks):
    generator, discriminator = networks
    step = build_generator_step(
        generator,
        build_generator_loss(discriminator, "bce", Stabilizers(), seed=1),
        build_adam(1e-3),
        batch_size=4,
        seed=1,
        clip_norm=1e6,
    )
    before = _weights(generator), _weights(discriminator)
    step(STEP)
    assert not _same(before[0], _weights(generator))
    assert _same(before[1], _weights(discriminator))


@pytest.mark.parametrize("loss", ADVERSARIAL_LOSSES)
def test_every_loss_makes_a_finite_update(loss):
    keras.utils.set_random_seed(0)
    networks = _generator(), _discriminator()
    scalars = _update(networks, loss)({"image": _images(4)}, 0)
    assert all(np.isfinite(float(value)) for value in scalars.values())
    assert set(scalars) == {
        "discriminator",
        "real_logits",
        "fake_logits",
        "discriminator_norm",
        "diversity",
        "adversarial",
        "generator_norm",
    }


def test_critic_makes_its_steps_on_the_parts_of_the_batch():
    keras.utils.set_random_seed(0)
    networks = _generator(), _discriminator()
    optimizers = {"generator": build_adam(1e-3), "discriminator": build_adam(1e-3)}
    update = build_noise_gan_update(
        *networks,
        optimizers,
        "bce",
        Stabilizers(critic_steps=3),
        batch_size=2,
        seed=1,
        clip_norm=1e6,
    )
    update({"image": _images(6)}, 0)
    assert int(optimizers["discriminator"].iterations) == 3
    assert int(optimizers["generator"].iterations) == 1
    with pytest.raises(ValueError, match="batch_size .* critic_steps images, 6.*: 4"):
        update({"image": _images(4)}, 1)


def test_update_is_a_function_of_the_seed_and_the_step():
    keras.utils.set_random_seed(0)
    networks = _generator(), _discriminator()
    update = _update(networks, instance_noise=0.1, diff_augment=("cutout",))
    weights = [_weights(network) for network in networks]

    def run(step):
        for network, start in zip(networks, weights, strict=True):
            network.set_weights(start)
        scalars = update({"image": _images(4)}, step)
        return float(scalars["discriminator"]), float(scalars["diversity"])

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_latents_of_one_step_are_all_different():
    generator = _generator()
    draws = [draw_latents(generator, 2, 1, 5, turn).numpy() for turn in range(-1, 4)]
    assert len(np.unique(draws)) == np.size(draws)
    np.testing.assert_array_equal(draws[0], draw_latents(generator, 2, 1, 5, -1))


def test_one_trace_serves_every_step_and_turn():
    networks = _generator(), _discriminator()
    step = _discriminator_step(networks)
    for number in range(3):
        step(_images(4), tf.constant(number, tf.int64), TURN + number)
    assert step.experimental_get_tracing_count() == 1


def test_clipped_weights_stay_within_the_limit_after_every_update():
    keras.utils.set_random_seed(0)
    networks = _generator(), _discriminator()
    update = _update(networks, "wasserstein", weight_clip=0.01)
    for step in range(3):
        update({"image": _images(4)}, step)
        most = max(np.abs(value).max() for value in _weights(networks[1]))
        assert most == pytest.approx(0.01)


def test_stronger_l2_leaves_smaller_kernels():
    sums = []
    for l2 in (0.0, 1.0):
        keras.utils.set_random_seed(0)
        networks = _generator(), _discriminator()
        update = _update(networks, "bce", l2=l2)
        for step in range(50):
            update({"image": _images(4, step)}, step)
        sums.append(sum(np.square(v).sum() for v in _weights(networks[1])))
    assert sums[1] < 0.95 * sums[0]


def test_generator_that_draws_one_picture_has_no_diversity():
    keras.utils.set_random_seed(0)
    generator = _generator()
    weights = generator.get_weights()
    weights[-2] *= 0.0
    generator.set_weights(weights)
    update = _update((generator, _discriminator()))
    assert float(update({"image": _images(4)}, 0)["diversity"]) < 1e-6


def _train(networks, sample, steps, loss, optimizers, **settings):
    """Train on flat pictures and return the colours that are drawn afterwards."""
    stabilizers, batch_size = Stabilizers(**settings), 64
    update = build_noise_gan_update(
        *networks,
        optimizers,
        loss,
        stabilizers,
        batch_size=batch_size,
        seed=1,
        clip_norm=1e6,
    )
    rng = np.random.default_rng(0)
    for step in range(steps):
        colors = sample(rng, batch_size * stabilizers.critic_steps)
        images = np.broadcast_to(colors[:, None, None, :], (len(colors), 4, 4, 3))
        update({"image": tf.constant(images, tf.float32)}, step)
    latents = tf.random.stateless_normal((2000, LATENT_DIM), (0, 0))
    return networks[0](latents, training=False).numpy()[:, 0, 0]


TWO_COLORS = np.array([[0.6, -0.5, 0.2], [-0.4, 0.3, 0.2]])


def _two_colors(rng, count):
    return TWO_COLORS[(rng.random(count) < 0.25).astype(int)]


# Of the colours in shares 3/4 and 1/4.
MEAN = TWO_COLORS[0] * 0.75 + TWO_COLORS[1] * 0.25
VARIANCE = 3 / 16 * np.square(TWO_COLORS[0] - TWO_COLORS[1])


@pytest.mark.slow
def test_wgan_gp_learns_two_colors_in_their_shares():
    keras.utils.set_random_seed(0)
    adams = {
        name: build_adam(1e-3, beta_1=0.0, beta_2=0.9)
        for name in ("generator", "discriminator")
    }
    drawn = _train(
        (_generator(64), _discriminator(64)),
        _two_colors,
        600,
        "wasserstein",
        adams,
        gradient_penalty=10.0,
        critic_steps=5,
    )
    np.testing.assert_allclose(drawn.mean(0), MEAN, atol=0.05)
    np.testing.assert_allclose(drawn.var(0), VARIANCE, atol=0.06)


@pytest.mark.slow
def test_wgan_with_clipped_weights_learns_the_mean_color():
    keras.utils.set_random_seed(0)
    drawn = _train(
        (_generator(64), _discriminator(64)),
        _two_colors,
        600,
        "wasserstein",
        {name: build_rmsprop(1e-3) for name in ("generator", "discriminator")},
        weight_clip=0.05,
        critic_steps=5,
    )
    np.testing.assert_allclose(drawn.mean(0), MEAN, atol=0.1)


# Without R1 the two networks chase each other round the solution.
@pytest.mark.parametrize(
    ("settings", "steps", "error"),
    [
        pytest.param({"r1": 1.0, "r1_every": 4}, 400, 0.08, id="r1"),
        pytest.param({}, 1000, 0.2, marks=pytest.mark.slow, id="plain"),
    ],
)
def test_cross_entropy_learns_the_mean_color(settings, steps, error):
    keras.utils.set_random_seed(0)
    color = np.array([0.5, -0.3, 0.1])
    drawn = _train(
        (_generator(64), _discriminator(64)),
        lambda rng, count: color + rng.normal(0, 0.1, (count, 3)),
        steps,
        "bce",
        {name: build_adam(1e-3) for name in ("generator", "discriminator")},
        **settings,
    )
    np.testing.assert_allclose(drawn.mean(0), color, atol=error)
