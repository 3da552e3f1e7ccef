import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.recipes.runner import precision
from animegan_tf.training.penalties import input_gradients, interpolate
from animegan_tf.training.regularization import (
    build_discriminator_loss,
    build_generator_loss,
    noise_deviation,
    see,
)

SEED = tf.constant([3, 4], tf.int64)


def _linear(kernel=0.5, bias=0.25, activation=None):
    """A critic that is linear in the 12 values of a 2x2 picture."""
    network = keras.Sequential(
        [
            keras.Input((2, 2, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation=activation, dtype="float32"),
        ]
    )
    network.layers[-1].set_weights([np.full((12, 1), kernel), np.full(1, bias)])
    return network


def _flat(value, count=4):
    return tf.fill((count, 2, 2, 3), float(value))


def _loss(network, loss="lsgan", *, from_logits=True, step=0, turn=0, **settings):
    function = build_discriminator_loss(
        network, loss, Stabilizers(**settings), seed=1, from_logits=from_logits
    )
    total, logs = function(_flat(0.5), _flat(-0.5), step, turn)
    return float(total), {name: float(value) for name, value in logs.items()}


# With 12 values of 0.5 each, logits are 12 * 0.5 * value + bias.
REAL, FAKE = 3.25, -2.75


def test_without_stabilizers_the_loss_is_the_plain_one():
    total, logs = _loss(_linear())
    assert total == pytest.approx((REAL - 1) ** 2 + FAKE**2)
    assert logs["real_logits"] == pytest.approx(REAL)
    assert logs["fake_logits"] == pytest.approx(FAKE)
    assert set(logs) == {"discriminator", "real_logits", "fake_logits"}
    assert _loss(_linear(), "wasserstein")[0] == pytest.approx(FAKE - REAL)
    assert _loss(_linear(), "hinge")[0] == pytest.approx(0.0)


def test_parts_on_reals_and_fakes_are_weighted():
    total, _ = _loss(_linear(), real_weight=2.0, fake_weight=0.5)
    assert total == pytest.approx(2.0 * (REAL - 1) ** 2 + 0.5 * FAKE**2)
    total, _ = _loss(_linear(), "wasserstein", real_weight=0.0, fake_weight=3.0)
    assert total == pytest.approx(3.0 * FAKE)


def test_label_smoothing_moves_the_label_of_reals_alone():
    total, _ = _loss(_linear(), real_label=0.9)
    assert total == pytest.approx((REAL - 0.9) ** 2 + FAKE**2)
    total, _ = _loss(_linear(), "bce", real_label=0.9)
    real, fake = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-FAKE))
    expected = -0.9 * np.log(real) - 0.1 * np.log(1 - real) - np.log(1 - fake)
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["bce", "bce_saturating"])
def test_probabilities_lose_what_their_logits_lose(loss):
    logits, sigmoid = _linear(0.1), _linear(0.1, activation="sigmoid")
    expected = _loss(logits, loss, real_label=0.9)[0]
    assert _loss(sigmoid, loss, from_logits=False, real_label=0.9)[0] == pytest.approx(
        expected, rel=1e-5
    )
    generator = [
        build_generator_loss(n, loss, Stabilizers(), seed=1, from_logits=k)
        for n, k in ((logits, True), (sigmoid, False))
    ]
    values = [float(function(_flat(0.5), 0)) for function in generator]
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_penalty_of_a_linear_critic_is_known_by_hand():
    # Its gradient is the kernel everywhere: norm sqrt(12) * 0.5.
    norm = np.sqrt(12) * 0.5
    plain, _ = _loss(_linear(), "wasserstein")
    total, logs = _loss(_linear(), "wasserstein", gradient_penalty=10.0)
    assert logs["gradient_penalty"] == pytest.approx((norm - 1) ** 2, rel=1e-5)
    assert total - plain == pytest.approx(10 * (norm - 1) ** 2, rel=1e-5)


def test_penalty_has_the_derivative_that_calculus_gives():
    network = _linear()
    function = build_discriminator_loss(
        network, "wasserstein", Stabilizers(gradient_penalty=10.0), seed=1
    )
    with tf.GradientTape() as tape:
        _, logs = function(_flat(0.5), _flat(-0.5), 0)
    kernel = network.trainable_variables[0]
    gradient = tape.gradient(logs["gradient_penalty"], kernel.value)
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|
    norm = np.sqrt(12) * 0.5
    np.testing.assert_allclose(gradient, 2 * (norm - 1) * 0.5 / norm, rtol=1e-5)


def test_penalty_is_float32_and_right_in_mixed_precision():
    with precision("mixed_bfloat16"):
        network = keras.Sequential(
            [
                keras.Input((2, 2, 3)),
                keras.layers.Conv2D(3, 1, use_bias=False),
                keras.layers.Flatten(),
                keras.layers.Dense(1, dtype="float32"),
            ]
        )
    # An identity in bfloat16 below the linear critic; 0.5 is exact in it.
    network.layers[0].set_weights([np.eye(3).reshape(1, 1, 3, 3)])
    network.layers[-1].set_weights([np.full((12, 1), 0.5), np.zeros(1)])
    gradients = input_gradients(network, interpolate(_flat(0.3), _flat(-0.7), SEED))
    assert gradients.dtype == tf.float32
    np.testing.assert_array_equal(gradients, 0.5)
    _, logs = _loss(network, "wasserstein", gradient_penalty=1.0)
    assert logs["gradient_penalty"] == pytest.approx((np.sqrt(3) - 1) ** 2, rel=1e-5)


def test_r1_comes_every_nth_update_and_is_n_times_as_heavy():
    plain, _ = _loss(_linear())
    added = [
        _loss(_linear(), r1=4.0, r1_every=3, step=step)[0] - plain for step in range(7)
    ]
    # gamma / 2 * |w|^2 * 3, with |w|^2 = 12 * 0.25
    assert added == pytest.approx([18.0, 0, 0, 18.0, 0, 0, 18.0], abs=1e-4)


def test_r1_counts_the_updates_of_the_critic():
    plain, _ = _loss(_linear())
    options = {"r1": 4.0, "r1_every": 3, "critic_steps": 2}
    added = [
        _loss(_linear(), step=step, turn=turn, **options)[0] - plain
        for step in range(3)
        for turn in range(2)
    ]
    assert added == pytest.approx([18.0, 0, 0, 18.0, 0, 0], abs=1e-4)


def test_r1_is_differentiable_inside_a_graph():
    network = _linear()
    function = build_discriminator_loss(
        network, "wasserstein", Stabilizers(r1=2.0, r1_every=2), seed=1
    )

    @tf.function
    def gradient(step):
        with tf.GradientTape() as tape:
            loss, _ = function(_flat(0.5), _flat(0.5), step)
        return tape.gradient(loss, network.trainable_variables[0].value)

    # d/dw of gamma / 2 * 2 * |w|^2 = 2 * gamma * w
    np.testing.assert_allclose(gradient(tf.constant(0)), 2.0, rtol=1e-5)
    np.testing.assert_allclose(gradient(tf.constant(1)), 0.0, atol=1e-6)


def test_l2_adds_its_weight_times_the_squares():
    plain, _ = _loss(_linear(), "wasserstein")
    total, logs = _loss(_linear(), "wasserstein", l2=0.1)
    assert logs["l2"] == pytest.approx(3.0)
    assert total - plain == pytest.approx(0.3, rel=1e-4)


def test_instance_noise_fades_along_a_line():
    deviations = [float(noise_deviation(0.4, 100, step)) for step in (0, 25, 100, 999)]
    assert deviations == pytest.approx([0.4, 0.3, 0.0, 0.0])
    settings = Stabilizers(instance_noise=0.4, instance_noise_steps=100)
    images = tf.zeros((16, 16, 16, 3))
    for step, deviation in ((0, 0.4), (25, 0.3)):
        noise = see(images, settings, step, SEED).numpy()
        assert noise.std() == pytest.approx(deviation, rel=0.02)
        assert noise.mean() == pytest.approx(0.0, abs=0.02)
    assert np.all(see(images, settings, 100, SEED) == 0.0)


def test_discriminator_sees_the_same_kinds_of_changes_of_reals_and_fakes():
    seen = []

    def discriminator(images, training):
        seen.append(images.numpy())
        return tf.reduce_mean(images, axis=(1, 2, 3))

    discriminator.non_trainable_weights = []
    settings = Stabilizers(diff_augment=("cutout",), instance_noise=0.1)
    images = tf.ones((256, 8, 8, 3))
    function = build_discriminator_loss(discriminator, "lsgan", settings, seed=1)
    function(images, images, 0)
    build_generator_loss(discriminator, "lsgan", settings, seed=1)(images, 0)
    assert len(seen) == 3
    shares = [np.mean(np.abs(values) < 0.6) for values in seen]
    assert shares == pytest.approx([shares[0]] * 3, abs=0.02)
    assert 0.1 < shares[0] < 0.25
    # Alike in kind, but every batch has draws of its own.
    assert not any(np.array_equal(seen[0], other) for other in seen[1:])


def test_draws_depend_on_seed_step_and_turn_alone():
    settings = {"instance_noise": 0.5, "gradient_penalty": 1.0}
    network = _linear()
    first = _loss(network, step=3, turn=1, **settings)
    assert first == _loss(network, step=3, turn=1, **settings)
    assert first != _loss(network, step=4, turn=1, **settings)
    assert first != _loss(network, step=3, turn=2, **settings)


def _stateful():
    return keras.Sequential(
        [
            keras.Input((2, 2, 3)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


@pytest.mark.parametrize("extra", [{}, {"gradient_penalty": 1.0, "r1": 1.0}])
def test_batch_statistics_are_those_of_reals_and_fakes_in_turn(extra):
    network = _stateful()
    _loss(network, **extra)
    # Momentum 0.99: first the reals, 0.5, then the fakes, -0.5; no penalty counts.
    expected = 0.99 * (0.99 * 0.0 + 0.01 * 0.5) - 0.01 * 0.5
    np.testing.assert_allclose(network.layers[0].moving_mean, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("lsgan", (REAL - 1) ** 2),
        ("hinge", -REAL),
        ("wasserstein", -REAL),
        ("bce", np.log1p(np.exp(-REAL))),
        ("bce_saturating", -np.log1p(np.exp(REAL))),
    ],
)
def test_generator_loss_is_that_of_its_name(loss, expected):
    function = build_generator_loss(_linear(), loss, Stabilizers(), seed=1)
    assert float(function(_flat(0.5), 0)) == pytest.approx(expected, rel=1e-4)


def test_senseless_settings_are_refused():
    def build(loss, from_logits=True, **settings):
        return build_generator_loss(
            _linear(), loss, Stabilizers(**settings), seed=0, from_logits=from_logits
        )

    with pytest.raises(ValueError, match="`adversarial_loss` must be one of.*'gan'"):
        build("gan")
    with pytest.raises(ValueError, match="`real_label` must be 1.*'wasserstein'"):
        build("wasserstein", real_label=0.9)
    with pytest.raises(ValueError, match="sigmoid.*'lsgan'"):
        build("lsgan", from_logits=False)
