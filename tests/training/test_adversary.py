import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import Regularization
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.training.adversary import Adversary
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.optimizers import build_adam

STEP = tf.constant(0, tf.int64)
# What `linear_critic` says of images of 0.5 and of -0.5: 12 * 0.5 * level + 0.25.
REAL, FAKE = 3.25, -2.75


def _adversary(network, loss="lsgan", *, optimizer=None, **options):
    """Build an adversary; its discriminator does not move without an optimizer."""
    arguments = ("seed", "clip_norm", "from_logits", "pool", "critic_steps", "extra")
    arguments += ("sum_outputs",)
    given = {name: options.pop(name) for name in arguments if name in options}
    optimizer = optimizer or keras.optimizers.SGD(0.0)
    return Adversary(network, optimizer, loss, Regularization(**options), **given)


def _images(seed=0, shape=(2, 16, 16, 3)):
    values = np.random.default_rng(seed).uniform(-1, 1, shape)
    return tf.constant(values, tf.float32)


@pytest.fixture
def measure(linear_critic, flat, eagerly):
    """A function to the loss of a linear critic on 0.5 and -0.5, and the log."""

    def function(loss="lsgan", *, step=0, turn=0, activation=None, **options):
        kernel = 0.5 if activation is None else 0.1
        adversary = _adversary(
            linear_critic(options.pop("kernel", kernel), activation=activation),
            loss,
            **options,
        )
        logs = adversary.step(flat(0.5), flat(-0.5), step, turn=turn)
        logs = {name: float(value) for name, value in logs.items()}
        return logs["discriminator"], logs

    return function


def test_loss_without_regularization_is_the_plain_one(measure):
    total, logs = measure()
    assert total == pytest.approx((REAL - 1) ** 2 + FAKE**2)
    assert logs["real_logits"] == pytest.approx(REAL)
    assert logs["fake_logits"] == pytest.approx(FAKE)
    names = {"discriminator", "real_logits", "fake_logits", "discriminator_norm"}
    assert set(logs) == names | {"separation"}
    # Taken for probabilities, the outputs are clipped to [0, 1].
    assert logs["separation"] == 1.0
    for loss, expected in (("wasserstein", FAKE - REAL), ("hinge", 0.0)):
        total, logs = measure(loss)
        assert total == pytest.approx(expected)
        # Both hinge terms are 0: it is saturated. A Wasserstein critic never is.
        assert logs.pop("separation", None) == (1.0 if loss == "hinge" else None)
        assert set(logs) == names


def test_norm_is_the_gradient_s_before_clipping(measure):
    # Wasserstein: each weight's derivative is -0.5 - 0.5, the bias cancels.
    for clip_norm in (1e6, 0.1):
        _, logs = measure("wasserstein", clip_norm=clip_norm)
        assert logs["discriminator_norm"] == pytest.approx(np.sqrt(12), rel=1e-5)


def test_parts_on_real_and_generated_images_are_weighted(measure):
    total, _ = measure(real_weight=2.0, fake_weight=0.5)
    assert total == pytest.approx(2.0 * (REAL - 1) ** 2 + 0.5 * FAKE**2)
    total, _ = measure("wasserstein", real_weight=0.0, fake_weight=3.0)
    assert total == pytest.approx(3.0 * FAKE)


def test_label_smoothing_changes_the_label_of_real_images_alone(measure):
    assert measure(real_label=0.9)[0] == pytest.approx((REAL - 0.9) ** 2 + FAKE**2)
    real, fake = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-FAKE))
    expected = -0.9 * np.log(real) - 0.1 * np.log(1 - real) - np.log(1 - fake)
    assert measure("bce", real_label=0.9)[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["bce", "bce_saturating"])
def test_probabilities_cost_what_their_logits_do(loss, measure):
    expected, logs = measure(loss, kernel=0.1, real_label=0.9)
    options = {"activation": "sigmoid", "from_logits": False, "real_label": 0.9}
    total, sigmoid_logs = measure(loss, **options)
    assert total == pytest.approx(expected, rel=1e-5)
    assert sigmoid_logs["separation"] == pytest.approx(logs["separation"], rel=1e-5)
    # 12 * 0.1 * 0.5 + 0.25 and 12 * 0.1 * -0.5 + 0.25.
    separation = 1 / (1 + np.exp(-0.85)) - 1 / (1 + np.exp(0.35))
    assert logs["separation"] == pytest.approx(separation, rel=1e-5)


def test_gradient_penalty_of_a_linear_critic_is_known_by_hand(measure):
    # Its gradient is the kernel everywhere.
    norm = np.sqrt(12) * 0.5
    plain, _ = measure("wasserstein")
    total, logs = measure("wasserstein", gradient_penalty=10.0)
    assert logs["gradient_penalty"] == pytest.approx((norm - 1) ** 2, rel=1e-5)
    assert total - plain == pytest.approx(10 * (norm - 1) ** 2, rel=1e-4)


def test_r1_comes_every_nth_update_and_is_n_times_as_heavy(measure):
    plain, _ = measure()
    added = [measure(r1=4.0, r1_every=3, step=step)[0] - plain for step in range(4)]
    # gamma / 2 * |w|^2 * 3, with |w|^2 = 12 * 0.25.
    assert added == pytest.approx([18.0, 0, 0, 18.0], abs=1e-4)
    options = {"r1": 4.0, "r1_every": 3, "critic_steps": 2}
    added = [
        measure(step=step, turn=turn, **options)[0] - plain
        for step in range(2)
        for turn in range(2)
    ]
    # The discriminator's own updates count.
    assert added == pytest.approx([18.0, 0, 0, 18.0], abs=1e-4)


def test_l2_adds_its_weight_times_the_squares(measure):
    plain, _ = measure("wasserstein")
    total, logs = measure("wasserstein", l2=0.1)
    assert logs["l2"] == pytest.approx(3.0)
    assert total - plain == pytest.approx(0.3, rel=1e-4)


def test_extra_images_count_as_real_or_generated_by_their_weight(
    linear_critic, flat, eagerly
):
    extra = [(False, 0.5), (True, 2.0)]
    adversary = _adversary(linear_critic(), extra=extra)
    images = [flat(1.0), flat(0.0)]
    logs = adversary.step(flat(0.5), flat(-0.5), STEP, extra=images)
    # Logits 6.25 and 0.25.
    expected = (REAL - 1) ** 2 + FAKE**2 + 0.5 * 6.25**2 + 2.0 * 0.75**2
    assert float(logs["discriminator"]) == pytest.approx(expected)
    with pytest.raises(ValueError, match="zip"):
        adversary.step(flat(0.5), flat(-0.5), STEP, extra=images[:1])


@pytest.mark.parametrize("sum_outputs", [False, True])
def test_losses_of_several_outputs_are_averaged_or_added(
    sum_outputs, linear_critic, flat, eagerly
):
    one, two = linear_critic(), linear_critic(kernel=0.25)
    image = keras.Input((2, 2, 3))
    both = keras.Model(image, [one(image), two(image)])
    first, second, together = (
        {
            **_adversary(network, **options).step(flat(0.5), flat(-0.5), STEP),
            **_adversary(network, **options).validate(flat(-0.5)),
            "generator": _adversary(network, **options).generator_loss(
                flat(-0.5), STEP
            ),
        }
        for network, options in (
            (one, {}),
            (two, {}),
            (both, {"sum_outputs": sum_outputs}),
        )
    )
    losses = {"discriminator", "generator", "adversarial"}
    for name in {"real_logits", "separation"} | losses:
        expected = float(first[name]) + float(second[name])
        if not (sum_outputs and name in losses):
            expected /= 2
        assert float(together[name]) == pytest.approx(expected, rel=1e-5), name


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
def test_generator_loss_is_that_of_its_name(loss, expected, linear_critic, flat):
    adversary = _adversary(linear_critic(), loss)
    received = float(adversary.generator_loss(flat(0.5), STEP))
    assert received == pytest.approx(expected, rel=1e-4)


class _Recorder(keras.Model):
    """A discriminator that keeps what it is shown."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.gain = self.add_weight(shape=(), initializer="ones", name="gain")
        self.built = True

    def call(self, images, training=False):
        self.seen.append((np.asarray(images), training))
        return self.gain * keras.ops.mean(images, axis=(1, 2, 3))


def test_every_image_is_augmented_alike_and_by_random_values_of_its_own(eagerly):
    network, images = _Recorder(), tf.ones((256, 8, 8, 3))
    regularization = {"diff_augment": ("cutout",), "instance_noise": 0.1}
    adversary = _adversary(network, extra=[(True, 1.0)], **regularization)
    adversary.step(images, images, STEP, extra=[images])
    adversary.generator_loss(images, STEP)
    assert [training for _, training in network.seen] == [True] * 4
    seen = [values for values, _ in network.seen]
    hidden = [np.mean(np.abs(values) < 0.6) for values in seen]
    assert hidden == pytest.approx([hidden[0]] * 4, abs=0.02)
    assert 0.1 < hidden[0] < 0.25
    pairs = [(i, j) for i in range(4) for j in range(i)]
    assert not any(np.array_equal(seen[i], seen[j]) for i, j in pairs)


def test_validation_has_plain_labels_and_no_regularization(
    eagerly, linear_critic, flat
):
    regularization = {"instance_noise": 1.0, "real_label": 0.9, "l2": 1.0, "r1": 1.0}
    adversary = _adversary(linear_critic(), **regularization, real_weight=3.0)
    logs = adversary.validate(flat(-0.5), flat(0.5))
    expected = {
        "adversarial": (FAKE - 1) ** 2,
        "discriminator": (REAL - 1) ** 2 + FAKE**2,
        "real_logits": REAL,
        "fake_logits": FAKE,
        "separation": 1.0,
    }
    received = {name: float(value) for name, value in logs.items()}
    assert received == pytest.approx(expected)
    assert set(adversary.validate(flat(-0.5))) == {"adversarial"}
    recorder = _Recorder()
    _adversary(recorder).validate(flat(0.5), flat(0.5))
    assert [training for _, training in recorder.seen] == [False, False]


def test_random_values_depend_on_seed_step_and_turn_alone(measure):
    options = {"instance_noise": 0.5, "gradient_penalty": 1.0}
    first = measure(step=3, turn=1, **options)
    assert first == measure(step=3, turn=1, **options)
    for change in ({"step": 4}, {"turn": 2}, {"seed": 5}):
        assert first != measure(**{"step": 3, "turn": 1, **options, **change})


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
def test_batch_statistics_are_those_of_real_then_generated_images(extra, flat, eagerly):
    network = _stateful()
    adversary = _adversary(network, **extra)
    adversary.step(flat(0.5), flat(-0.5), STEP)
    # Momentum 0.99; no penalty counts.
    expected = 0.99 * (0.99 * 0.0 + 0.01 * 0.5) - 0.01 * 0.5
    np.testing.assert_allclose(network.layers[0].moving_mean, expected, rtol=1e-4)


def test_generator_loss_reaches_the_images_and_leaves_the_discriminator_alone(
    same_weights,
):
    network = build_discriminator("patch", width=4, num_downsamples=1)
    before, images = network.get_weights(), _images()
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = _adversary(network).generator_loss(images, STEP)
    assert float(tf.norm(tape.gradient(loss, images))) > 0.0
    assert same_weights(before, network.get_weights())


def test_steps_teach_the_discriminator_and_one_trace_serves_them_all():
    keras.utils.set_random_seed(0)
    traces = []

    class Counter(keras.layers.Layer):
        def call(self, images):
            traces.append(images.shape)
            return images

    inner = build_discriminator("patch", width=4, num_downsamples=1)
    network = keras.Sequential([keras.Input((16, 16, 3)), Counter(), inner])
    adversary = _adversary(network, optimizer=build_adam(1e-2), clip_norm=10.0)
    traces.clear()
    reals, fakes = _images(0), _images(1)
    logs = [adversary.step(reals, fakes, tf.constant(i, tf.int64)) for i in range(40)]
    # In one trace it is called on real and on generated images.
    assert len(traces) == 2
    assert float(logs[-1]["discriminator"]) < 0.7 * float(logs[0]["discriminator"])
    assert float(logs[-1]["separation"]) > float(logs[0]["separation"])


def test_clipped_weights_stay_within_the_limit(eagerly, linear_critic, flat):
    network = linear_critic()
    optimizer = build_adam(1e-1)
    adversary = _adversary(network, optimizer=optimizer, weight_clip=0.01)
    for step in range(2):
        adversary.step(flat(0.5), flat(-0.5), step)
        most = max(np.abs(value).max() for value in network.get_weights())
        assert most == pytest.approx(0.01)


def test_pool_shows_earlier_images_to_the_discriminator_alone(
    eagerly, linear_critic, flat
):
    pool = ImagePool(2, (2, 2, 3), seed=0)
    adversary = _adversary(linear_critic(), "wasserstein", pool=pool)
    assert set(adversary.variables()) == {"pool/images", "pool/count"}
    assert _adversary(linear_critic()).variables() == {}
    shown = []
    for step in range(12):
        level = step / 12
        assert float(adversary.generator_loss(flat(level, 1), step)) == pytest.approx(
            -(6 * level + 0.25), abs=1e-5
        )
        logs = adversary.step(flat(0.5, 1), flat(level, 1), step)
        shown.append(round((float(logs["fake_logits"]) - 0.25) / 6 * 12))
    assert shown[:2] == [0, 1]
    earlier = [before < step for step, before in enumerate(shown)]
    assert 0 < sum(earlier) < 10
    assert all(before <= step for step, before in enumerate(shown))


@pytest.mark.parametrize(
    ("loss", "options", "message"),
    [
        ("gan", {}, "`adversarial_loss` must be one of.*'gan'"),
        ("wasserstein", {"real_label": 0.9}, "`real_label` must be 1.*'wasserstein'"),
        ("lsgan", {"from_logits": False}, "sigmoid.*'lsgan'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(loss, options, message, linear_critic):
    with pytest.raises(ValueError, match=message):
        _adversary(linear_critic(), loss, **options)
