import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES
from animegan_tf.training.adversary import Adversary
from animegan_tf.training.gan_program import Forward, GanProgram
from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.optimizers import build_adam, build_rmsprop
from animegan_tf.training.program import Alternating, Consecutive, Program
from animegan_tf.training.seeds import stateless_seed

LATENT_DIM = 4
BOTH = ("discriminator", "discriminator_back")


@dataclasses.dataclass(frozen=True)
class Weights(LossWeights):
    l1: float = 2.0
    adversarial: float = 0.5


def _generator(width=16, normalize=False):
    """From latents to 4x4 images of one color each."""
    layers = [keras.Input((LATENT_DIM,)), keras.layers.Dense(width, activation="relu")]
    if normalize:
        layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
    layers += [
        keras.layers.Dense(3, activation="tanh"),
        keras.layers.RepeatVector(16),
        keras.layers.Reshape((4, 4, 3)),
    ]
    return keras.Sequential(layers)


def _discriminator(width=16, normalize=False):
    layers = [keras.Input((4, 4, 3)), keras.layers.Flatten()]
    for _ in range(2):
        layers += [keras.layers.Dense(width), keras.layers.LeakyReLU(0.2)]
        if normalize:
            layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
    return keras.Sequential([*layers, keras.layers.Dense(1)])


def _latents(batch, step, turn):
    count = tf.shape(batch["image"])[0]
    return tf.random.stateless_normal(
        (count, LATENT_DIM), stateless_seed(1, 2, step, turn)
    )


def _forward(names=("discriminator",), terms=True):
    """Compare generated images with real ones in pairs."""

    def forward(generator, batch, step, turn, training):
        fakes = generator(_latents(batch, step, turn), training=training)
        reals = batch["image"]
        distance = tf.reduce_mean(tf.abs(fakes - reals))
        return Forward(
            terms={"l1": distance} if terms else {},
            reals=dict.fromkeys(names, reals),
            fakes=dict.fromkeys(names, fakes),
            logs={"brightness": tf.reduce_mean(fakes)},
        )

    return forward


def _images(count=4, seed=0):
    values = np.random.default_rng(seed).uniform(-1, 1, (count, 4, 4, 3))
    return {"image": tf.constant(values, tf.float32)}


def _program(
    names=("discriminator",),
    *,
    weights=None,
    loss="lsgan",
    rates=(1e-2, 1e-2),
    normalize=False,
    width=16,
    forward=None,
    optimizers=None,
    critic_steps=None,
    schedules=None,
    **regularization,
):
    keras.utils.set_random_seed(0)
    generator, average = (_generator(width, normalize) for _ in "ab")
    build = optimizers or build_adam
    adversaries = {
        name: Adversary(
            _discriminator(width, normalize),
            build(rates[1]),
            loss,
            Regularization(**regularization),
            seed=1,
            critic_steps=critic_steps or 1,
        )
        for name in names
    }
    return GanProgram(
        {"generator": generator},
        MovingAverage(generator, average, 0.9),
        forward or _forward(names),
        optimizer=build(rates[0]),
        weights=weights or Weights(),
        adversaries=adversaries,
        clip_norm=1e6,
        critic_steps=critic_steps,
        schedules=schedules,
        inputs=lambda batch, step: _latents(batch, step, -9),
    )


def _trained(program):
    return {
        name: [v.numpy() for v in network.trainable_variables]
        for name, network in program.networks.items()
    }


def _floats(logs):
    return {name: float(value) for name, value in logs.items()}


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("moving", ["generator", "discriminator"])
def test_each_step_moves_only_its_own_network(moving, normalize, eagerly, same_weights):
    # A rate of 0 silences the other step; what still moves, moves by mistake.
    rates = tuple(0.01 * (moving == name) for name in ("generator", "discriminator"))
    program = _program(normalize=normalize, rates=rates, gradient_penalty=1.0, r1=1.0)
    before = _trained(program)
    program.update(_images(), 0)
    after = _trained(program)
    changed = {name for name in before if not same_weights(before[name], after[name])}
    assert changed == {moving}


def test_generator_step_leaves_the_state_of_the_discriminator_alone(eagerly):
    program = _program(normalize=True, rates=(1e-2, 0.0))
    logs = [_floats(program.update(_images(), step)) for step in range(2)]
    norm = program.networks["discriminator"].layers[3]
    # Four updates of the statistics: real and generated images, in two steps.
    zero_debias = 1.0 - 0.99**4
    assert np.all(1.0 - norm.moving_variance.numpy() <= zero_debias + 1e-6)
    assert logs[0]["generator_norm"] > 0.0


def test_log_has_the_terms_unweighted_and_the_names_of_every_discriminator(eagerly):
    program = _program(BOTH, rates=(0.0, 0.0))
    logs = _floats(program.update(_images(), 0))
    own = {
        "discriminator",
        "real_logits",
        "fake_logits",
        "separation",
        "discriminator_norm",
    }
    shared = {"total", "l1", "adversarial", "brightness", "generator_norm"}
    assert set(logs) == shared | own | {f"{name}_back" for name in own}
    expected = 2.0 * logs["l1"] + 0.5 * logs["adversarial"]
    assert logs["total"] == pytest.approx(expected, rel=1e-5)
    # The adversarial loss is the sum over the discriminators.
    one = _program(BOTH[:1], rates=(0.0, 0.0))
    first = _floats(one.update(_images(), 0))["adversarial"]
    assert logs["adversarial"] != pytest.approx(first, rel=1e-3)


def test_scheduled_weights_count_by_their_factor_and_are_logged_without(eagerly):
    schedules = {"l1": lambda step: tf.cast(step, tf.float32) / 4}
    program = _program(rates=(0.0, 0.0), schedules=schedules)
    for step, factor in ((0, 0.0), (2, 0.5)):
        logs = _floats(program.update(_images(), step))
        expected = 2.0 * factor * logs["l1"] + 0.5 * logs["adversarial"]
        assert logs["total"] == pytest.approx(expected, rel=1e-5)
        assert logs["l1"] > 0.1


@dataclasses.dataclass(frozen=True)
class TwoTerms(LossWeights):
    first: float = 3.0
    second: float = 1.0


def test_gradient_shares_are_those_of_the_weighted_terms(eagerly):
    generator, average = (
        keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        for _ in "ab"
    )
    generator.set_weights([np.ones((1, 1), "float32")])

    def forward(generator, batch, step, turn, training):
        output = tf.reduce_mean(generator(batch["image"], training=training))
        return Forward({"first": 2.0 * output, "second": output**2})

    program = GanProgram(
        {"generator": generator},
        MovingAverage(generator, average, 0.5),
        forward,
        optimizer=build_adam(0.1),
        weights=TwoTerms(),
        clip_norm=1.0,
        schedules={"second": lambda step: tf.cast(step, tf.float32)},
        inputs=lambda batch, step: batch["image"],
    )
    batch = {"image": tf.ones((1, 1))}
    # At the weight 1 both terms have the derivative 2; the factor is the step.
    shares = program.gradient_shares(batch, 1)
    assert shares == pytest.approx({"first": 0.75, "second": 0.25})
    shares = program.gradient_shares(batch, 3)
    assert shares == pytest.approx({"first": 0.5, "second": 0.5})


def test_program_without_discriminators_minimizes_its_terms_alone(eagerly):
    @dataclasses.dataclass(frozen=True)
    class Distance(LossWeights):
        l1: float = 1.0

    program = _program((), weights=Distance(), forward=_forward(()))
    logs = [_floats(program.update(_images(), 0)) for _ in range(10)]
    assert set(logs[0]) == {"total", "l1", "brightness", "generator_norm"}
    assert logs[-1]["l1"] < logs[0]["l1"]
    assert set(program.networks) == set(program.optimizers) == {"generator"}


@pytest.mark.parametrize("critic_steps", [None, 2])
def test_one_trace_serves_every_step(critic_steps):
    traces = []
    plain = _forward()

    def forward(*arguments):
        traces.append(arguments)
        return plain(*arguments)

    program = _program(forward=forward, critic_steps=critic_steps)
    program.update(_images(), 0)
    num_traces = len(traces)
    for step in range(1, 4):
        program.update(_images(seed=step), step)
    assert len(traces) == num_traces == (1 if critic_steps is None else 2)


@pytest.mark.parametrize("loss", ADVERSARIAL_LOSSES)
def test_every_loss_makes_a_finite_step(loss, eagerly):
    program = _program(loss=loss, critic_steps=2)
    logs = _floats(program.update(_images(), 0))
    assert all(np.isfinite(value) for value in logs.values())
    assert ("separation" in logs) == (loss != "wasserstein")


def test_critic_steps_have_images_and_random_values_of_their_own(eagerly):
    seen = []
    plain = _forward()

    def forward(generator, batch, step, turn, training):
        seen.append((int(turn), batch["image"].numpy(), training))
        return plain(generator, batch, step, turn, training)

    program = _program(forward=forward, critic_steps=3, normalize=True)
    batch = _images(6)
    program.update(batch, 0)
    optimizers = program.optimizers
    assert int(optimizers["discriminator"].iterations) == 3
    assert int(optimizers["generator"].iterations) == 1
    turns = [turn for turn, _, _ in seen]
    assert turns[:3] == [0, 1, 2] and turns[3] < 0
    shown = np.concatenate([images for _, images, _ in seen[:3]])
    np.testing.assert_array_equal(shown, batch["image"])
    # Generating for the critic does not count for the generator's statistics.
    norm = program.networks["generator"].layers[1]
    assert np.all(1.0 - norm.moving_variance.numpy() <= 0.01 + 1e-6)


def test_update_is_a_function_of_the_seed_and_the_step(eagerly):
    options = {"instance_noise": 0.1, "diff_augment": ("cutout",), "rates": (0.0, 0.0)}

    def run(step):
        return _floats(_program(**options).update(_images(), step))

    assert run(3) == run(3)
    assert run(3)["discriminator"] != run(4)["discriminator"]


def test_batch_that_is_not_finite_trains_nothing(eagerly, same_weights):
    program = _program()
    before = _trained(program)
    logs = _floats(program.update({"image": tf.fill((4, 4, 4, 3), np.nan)}, 0))
    after = _trained(program)
    assert not np.isfinite(logs["total"])
    assert all(same_weights(before[name], after[name]) for name in before)


def test_average_follows_the_generator(eagerly, same_weights):
    program = _program()
    before = program.average.network.get_weights()
    program.update(_images(), 0)
    assert int(program.average.num_updates) == 1
    assert not same_weights(before, program.average.network.get_weights())


def test_validation_measures_the_average_and_changes_nothing(eagerly, same_weights):
    program = _program(normalize=True)
    program.networks["generator"].trainable_variables[0].assign_add(
        tf.ones((LATENT_DIM, 16))
    )
    before = {k: v.numpy() for k, v in program.state().items()}
    batch = _images(8)
    logs = _floats(program.validate(batch))
    assert logs == _floats(program.validate(batch))
    names = ("l1", "adversarial", "brightness", "discriminator", "separation")
    assert set(logs) == {*names, "real_logits", "fake_logits"}
    for name, value in program.state().items():
        np.testing.assert_array_equal(value.numpy(), before[name], name)
    latents = _latents(batch, 0, -3)
    fakes = program.average.network(latents, training=False)
    outputs = program.networks["discriminator"](fakes, training=False)
    assert logs["brightness"] == pytest.approx(float(np.mean(fakes)), abs=1e-5)
    expected = np.mean(np.square(outputs - 1.0))
    assert logs["adversarial"] == pytest.approx(float(expected), rel=1e-4)


def test_held_out_batch_may_lack_real_images(eagerly):
    plain = _forward()

    def forward(*arguments):
        computed = plain(*arguments)
        # Validation is the only call that is not in training.
        return computed if arguments[-1] else computed._replace(reals={})

    program = _program(forward=forward)
    logs = program.validate(_images())
    assert set(logs) == {"l1", "adversarial", "brightness"}


def test_l2_leaves_smaller_kernels(eagerly):
    sums = []
    for l2 in (0.0, 1.0):
        program = _program(loss="bce", l2=l2)
        for step in range(3):
            program.update(_images(seed=step), step)
        weights = program.networks["discriminator"].get_weights()
        sums.append(sum(np.square(value).sum() for value in weights))
    assert sums[1] < 0.95 * sums[0]


def test_state_has_every_variable_by_a_name_that_stays():
    program = _program(BOTH)
    state = program.state()
    assert list(_program(BOTH).state()) == list(state)
    groups = {f"network/{name}": n.variables for name, n in program.networks.items()}
    groups["network/ema"] = program.average.network.variables
    groups |= {
        f"optimizer/{name}": o.variables for name, o in program.optimizers.items()
    }
    assert set(program.optimizers) == {"generator", *BOTH}
    for group, variables in groups.items():
        for index, variable in enumerate(variables):
            assert state.pop(f"{group}/{index:04d}") is variable
    assert set(state) == {"ema/num_updates"}


class _Counter(Program):
    """A program that counts its updates."""

    def __init__(self, network, average, name):
        self.count = tf.Variable(0)
        own = {"generator": network, "discriminator": _discriminator()}
        variables = {"count": self.count}
        super().__init__(own, {}, average, variables=variables)
        self._name = name

    def update(self, batch, step):
        self.count.assign_add(1)
        return {"total": step, "discriminator": 0.0}

    def validate(self, batch):
        return {"total": len(self._name)}


@pytest.fixture
def counters():
    network = _generator()
    average = MovingAverage(network, _generator(), 0.9)
    return {name: _Counter(network, average, name) for name in ("ink", "comic")}


def test_consecutive_programs_train_one_after_the_other(counters):
    first, then = counters.values()
    program = Consecutive(first, then, at=2)
    for step in range(5):
        program.update(None, step)
    assert [int(first.count), int(then.count)] == [2, 3]
    assert program.validate(None) == {"total": 5}


def test_each_batch_trains_its_own_program_under_names_of_its_own(counters):
    program = Alternating(counters, choose=lambda batch: batch)
    order = ("ink", "comic", "ink", "ink", "comic")
    logs = [program.update(name, step) for step, name in enumerate(order)]
    assert [int(counter.count) for counter in counters.values()] == [3, 2]
    assert set(logs[0]) == {"total_ink", "discriminator_ink"}
    assert set(logs[1]) == {"total_comic", "discriminator_comic"}
    assert program.validate("comic") == {"total_comic": 5}
    # What the programs share keeps its name in the checkpoint.
    names = {"generator", "discriminator_ink", "discriminator_comic"}
    assert set(program.networks) == names
    assert set(program.variables) == {"ink/count", "comic/count"}


def _train(program, sample, steps, critic_steps):
    """Train on images of one color each; return the colors generated afterwards."""
    rng = np.random.default_rng(0)
    for step in range(steps):
        colors = sample(rng, 64 * critic_steps)
        images = np.broadcast_to(colors[:, None, None, :], (len(colors), 4, 4, 3))
        program.update({"image": tf.constant(images, tf.float32)}, step)
    latents = tf.random.stateless_normal((2000, LATENT_DIM), (0, 0))
    return program.networks["generator"](latents, training=False).numpy()[:, 0, 0]


TWO_COLORS = np.array([[0.6, -0.5, 0.2], [-0.4, 0.3, 0.2]])
# Of the colors in proportions 3/4 and 1/4.
MEAN = TWO_COLORS[0] * 0.75 + TWO_COLORS[1] * 0.25
VARIANCE = 3 / 16 * np.square(TWO_COLORS[0] - TWO_COLORS[1])


def _two_colors(rng, count):
    return TWO_COLORS[(rng.random(count) < 0.25).astype(int)]


@dataclasses.dataclass(frozen=True)
class _Adversarial(LossWeights):
    adversarial: float = 1.0


def _unconditional(loss, **options):
    return _program(
        weights=_Adversarial(),
        forward=_forward(terms=False),
        loss=loss,
        rates=(1e-3, 1e-3),
        width=64,
        **options,
    )


@pytest.mark.slow
def test_wgan_gp_learns_two_colors_in_their_proportions():
    program = _unconditional(
        "wasserstein",
        optimizers=lambda rate: build_adam(rate, beta_1=0.0, beta_2=0.9),
        gradient_penalty=10.0,
        critic_steps=5,
    )
    generated = _train(program, _two_colors, 600, 5)
    np.testing.assert_allclose(generated.mean(0), MEAN, atol=0.05)
    np.testing.assert_allclose(generated.var(0), VARIANCE, atol=0.06)


@pytest.mark.slow
def test_wgan_with_clipped_weights_learns_the_mean_color():
    program = _unconditional(
        "wasserstein", optimizers=build_rmsprop, weight_clip=0.05, critic_steps=5
    )
    generated = _train(program, _two_colors, 600, 5)
    np.testing.assert_allclose(generated.mean(0), MEAN, atol=0.1)


# Without R1 the two networks circle around the solution.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "steps", "error"),
    [({"r1": 1.0, "r1_every": 4}, 400, 0.08), ({}, 1000, 0.2)],
    ids=["r1", "plain"],
)
def test_cross_entropy_learns_the_mean_color(settings, steps, error):
    color = np.array([0.5, -0.3, 0.1])
    generated = _train(
        _unconditional("bce", critic_steps=1, **settings),
        lambda rng, count: color + rng.normal(0, 0.1, (count, 3)),
        steps,
        1,
    )
    np.testing.assert_allclose(generated.mean(0), color, atol=error)


@dataclasses.dataclass(frozen=True)
class WeightsOfEach(Weights):
    adversarial_back: float = 0.25


def test_a_discriminator_with_a_weight_of_its_own_has_a_term_of_its_own():
    summing = _program(BOTH)
    together = summing.update(_images(), 0)
    program = _program(BOTH, weights=WeightsOfEach())
    apart = program.update(_images(), 0)
    terms = [float(apart[name]) for name in ("adversarial", "adversarial_back")]
    assert sum(terms) == pytest.approx(float(together["adversarial"]), rel=1e-5)
    total = 2.0 * float(apart["l1"]) + 0.5 * terms[0] + 0.25 * terms[1]
    assert float(apart["total"]) == pytest.approx(total, rel=1e-5)
    validated = program.validate(_images())
    assert {"adversarial", "adversarial_back"} <= set(validated)
