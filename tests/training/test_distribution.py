"""Parts of a batch: how they are read, what is drawn for them, and their gradients.

Trainings in several replicas are compared in `tests/recipes/test_distribution.py`.
"""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.data.streams import Shard, batched, index_stream, sharded, take_part
from animegan_tf.models.layers import LayerInstanceNormalization
from animegan_tf.training.adversary import Adversary
from animegan_tf.training.distribution import (
    batch_mean,
    build_distribution,
    draw,
    part_of_batch,
)
from animegan_tf.training.gan_program import Forward, GanProgram
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.moving_average import MovingAverage


@pytest.mark.parametrize("blocks", [1, 3])
def test_parts_of_a_batch_are_all_of_it(blocks):
    batch = {"a": tf.range(12), "b": tf.reshape(tf.range(24), (12, 2))}
    parts = [take_part(batch, index, 2, blocks) for index in range(2)]
    assert [len(part["a"]) for part in parts] == [6, 6]
    # Each has its share of every block.
    size = 12 // blocks
    for part in parts:
        counts = np.bincount(part["a"].numpy() // size, minlength=blocks)
        assert list(counts) == [size // 2] * blocks
    for name, whole in batch.items():
        together = np.concatenate([part[name].numpy() for part in parts])
        assert sorted(map(str, together)) == sorted(map(str, whole.numpy()))


def test_processes_read_what_one_reads():
    def build():
        stream = index_stream(7, seed=3, start=0, salt=1)
        return batched(stream, lambda index, seed: (index, seed), 4).take(5)

    whole = [[x.numpy() for x in batch] for batch in build()]
    shards = []
    for worker in range(2):
        with sharded(Shard(worker, 2)):
            shards.append([[x.numpy() for x in batch] for batch in build()])
    for batch, *parts in zip(whole, *shards, strict=True):
        for x, *own in zip(batch, *parts, strict=True):
            np.testing.assert_array_equal(np.concatenate(own), x)


def test_a_shard_loads_nothing_else():
    loaded = []

    def load(index, _):
        return tf.numpy_function(lambda i: loaded.append(int(i)) or i, [index], "int64")

    def read(worker, load, batches):
        with sharded(Shard(worker, 4)):
            stream = index_stream(1000, seed=0, start=0, salt=0)
            return [x.numpy() for x in batched(stream, load, 8).take(batches)]

    assert [len(batch) for batch in read(1, load, 3)] == [2, 2, 2]
    # A reader may be ahead, but not by a hundred batches.
    others = [read(worker, lambda index, _: index, 100) for worker in (0, 2, 3)]
    assert len(loaded) >= 6
    assert not set(loaded) & set(np.ravel(others))


def test_parts_draw_the_values_of_the_whole():
    def sample(count):
        return tf.random.stateless_uniform([count, 2], [1, 2])

    whole = draw(sample, 6)
    parts = []
    for index in range(3):
        with part_of_batch(tf.constant(index), 3):
            parts.append(draw(sample, 2))
    np.testing.assert_array_equal(tf.concat(parts, 0), whole)
    np.testing.assert_array_equal(whole, sample(6))


def test_mean_of_one_replica_is_its_own():
    values = [tf.constant(2.0), tf.constant([1.0, 3.0])]
    assert batch_mean(values) is values


# Accumulated gradients


@dataclasses.dataclass(frozen=True)
class Weights(LossWeights):
    l1: float = 2.0
    adversarial: float = 1.0


def _program(critic_steps=None, pool=None, dtype="float32", **regularization):
    keras.utils.set_random_seed(0)

    def generator():
        image = keras.Input((4, 4, 3))
        x = keras.layers.Conv2D(4, 3, padding="same", activation="tanh")(image)
        x = keras.layers.Conv2D(3, 1, dtype="float32")(x)
        return keras.Model(image, x)

    keras.config.set_dtype_policy(dtype)
    try:
        network = generator()
        image = keras.Input((4, 4, 3))
        x = keras.layers.Flatten()(keras.layers.Conv2D(4, 3, activation="tanh")(image))
        discriminator = keras.Model(image, keras.layers.Dense(1, dtype="float32")(x))
    finally:
        keras.config.set_dtype_policy("float32")

    def forward(generator, batch, step, turn, training):
        result = generator(batch["photo"], training=training)
        return Forward(
            terms={"l1": tf.reduce_mean(tf.abs(result - batch["target"]))},
            reals={"discriminator": batch["target"]},
            fakes={"discriminator": result},
        )

    return GanProgram(
        {"generator": network},
        MovingAverage(network, generator(), 0.9),
        forward,
        optimizer=keras.optimizers.SGD(0.1),
        weights=Weights(),
        adversaries={
            "discriminator": Adversary(
                discriminator,
                keras.optimizers.SGD(0.1),
                "lsgan",
                Regularization(**regularization),
                seed=1,
                pool=pool,
                critic_steps=critic_steps or 1,
            )
        },
        clip_norm=0.5,
        critic_steps=critic_steps,
    )


def _batch(count, seed=0):
    random = np.random.default_rng(seed)
    return {
        name: tf.constant(random.uniform(-1, 1, (count, 4, 4, 3)), tf.float32)
        for name in ("photo", "target")
    }


@pytest.mark.parametrize(
    ("critic_steps", "num_parts", "options"),
    [
        (None, 2, {"gradient_penalty": 1.0, "instance_noise": 0.3}),
        (None, 3, {"diff_augment": ("translation", "color", "cutout")}),
        (None, 2, {"r1": 1.0, "l2": 0.1, "weight_clip": 0.2}),
        (None, 3, {"pool": True}),
        (2, 3, {"gradient_penalty": 1.0}),
    ],
)
def test_batches_of_n_train_like_one_of_their_sum(
    critic_steps, num_parts, options, eagerly
):
    options = dict(options)
    pooled = options.pop("pool", False)
    programs = [
        _program(
            critic_steps,
            pool=ImagePool(4, (4, 4, 3), seed=5) if pooled else None,
            **options,
        )
        for _ in "ab"
    ]
    size = 2 * (critic_steps or 1)
    for step in range(3):
        whole = _batch(size * num_parts, seed=step)
        parts = [
            {name: x[i * size : (i + 1) * size] for name, x in whole.items()}
            for i in range(num_parts)
        ]
        logs, expected = (
            programs[0].update(parts, step),
            programs[1].update(whole, step),
        )
        assert set(logs) == set(expected)
        for name, value in expected.items():
            assert float(logs[name]) == pytest.approx(float(value), abs=1e-5), name
    found, wanted = (program.state() for program in programs)
    for name, variable in wanted.items():
        np.testing.assert_allclose(
            found[name].numpy(), variable.numpy(), atol=1e-5, err_msg=name
        )


# Loss scaling in float16


def test_losses_are_scaled_in_float16_alone(eagerly):
    for dtype, scaled in (
        ("float32", False),
        ("mixed_bfloat16", False),
        ("mixed_float16", True),
    ):
        program = _program(dtype=dtype)
        logs = program.update(_batch(2), 0)
        scales = {name: float(v) for name, v in logs.items() if "loss_scale" in name}
        expected = {
            "generator_loss_scale": 2.0**15,
            "discriminator_loss_scale": 2.0**15,
        }
        assert scales == (expected if scaled else {})
        names = {name for name in program.state() if "loss_scale" in name}
        assert len(names) == (4 if scaled else 0)


def test_float16_trains_like_float32(eagerly):
    programs = [_program(dtype=dtype) for dtype in ("float32", "mixed_float16")]
    # The first scale overflows, perhaps several times; then both make the same steps.
    for program in programs[1:]:
        for name, variable in program.state().items():
            if "loss_scale" in name and name.endswith("/value"):
                variable.assign(256.0)
    logs = [
        [program.update(_batch(4, seed), seed) for seed in range(5)]
        for program in programs
    ]
    for own, expected in zip(*logs[::-1], strict=True):
        for name, value in expected.items():
            assert float(own[name]) == pytest.approx(float(value), rel=0.05, abs=0.01)


def test_overflow_skips_the_update_and_halves_the_scale(eagerly, same_weights):
    program = _program(dtype="mixed_float16")
    state = program.state()
    scales = [name for name in state if name.endswith("/value") and "scale" in name]
    assert len(scales) == 2
    for name in scales:
        # float16 ends at 65504.
        state[name].assign(2.0**30)
    trained = {
        name: [v.numpy() for v in network.trainable_variables]
        for name, network in program.networks.items()
    }
    logs = program.update(_batch(2), 0)
    for name, network in program.networks.items():
        after = [v.numpy() for v in network.trainable_variables]
        assert same_weights(trained[name], after)
    assert not np.isfinite(float(logs["generator_norm"]))
    assert [float(state[name].numpy()) for name in scales] == [2.0**29] * 2
    assert all(int(o.iterations) == 0 for o in program.optimizers.values())
    # It falls until the gradients are finite, and training goes on.
    for step in range(1, 30):
        logs = program.update(_batch(2), step)
    assert np.isfinite(float(logs["generator_norm"]))
    assert int(program.optimizers["generator"].iterations) > 0


# Where a training runs


def _task(**changes):
    cluster = {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}
    return json.dumps(
        {"cluster": cluster, "task": {"type": "worker", "index": 0}} | changes
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        _task(task={"type": "worker", "index": 2}),
        _task(task={"type": "ps", "index": 0}),
        _task(task={}),
    ],
)
def test_tf_config_that_cannot_be_used_is_refused(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG must be JSON with `cluster`"):
        build_distribution("auto")


def test_several_workers_need_tf_config(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="needs the environment variable TF_CONFIG"):
        build_distribution("multi_worker")


def test_one_device_is_the_default(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    for name in ("auto", "none"):
        distribution = build_distribution(name)
        assert (distribution.num_replicas, distribution.num_workers) == (1, 1)
        assert distribution.is_chief
        assert distribution.mean({"a": tf.constant(2.0)}) == {"a": 2.0}


def test_constraints_hold_in_replicas(eagerly):
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        layer = LayerInstanceNormalization(rho=0.9)
        layer.build((None, 4, 4, 2))
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build([layer.rho])

    def step():
        with tf.GradientTape() as tape:
            loss = -5.0 * tf.reduce_sum(layer.rho.value)
        return apply_gradients(optimizer, tape, loss, [layer.rho], 1e6)

    strategy.run(step)
    np.testing.assert_array_equal(layer.rho.numpy(), [1.0, 1.0])
