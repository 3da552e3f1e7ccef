import json
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from animegan_tf.training.ema import ExponentialMovingAverage

from animegan_tf.config import TrainingConfig
from animegan_tf.imaging.reading import read_image
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.trainer import Trainer


def _program():
    keras.utils.set_random_seed(0)
    network, average = (
        keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(3, 1)])
        for _ in range(2)
    )
    optimizer = build_adam(0.01)
    optimizer.build(network.trainable_variables)

    @tf.function
    def update(batch):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(batch["photo"]) - batch["photo"]) ** 2)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return {"total": loss}

    return Program(
        networks={"generator": network},
        optimizers={"generator": optimizer},
        update=lambda batch, step: update(batch),
        sample=average,
        ema=ExponentialMovingAverage(network, average, 0.9),
        validate=lambda batch: {"total": tf.reduce_mean(batch["photo"])},
    )


def _dataset(start):
    def batch(index):
        seed = tf.stack([index, 0])
        return {"photo": tf.random.stateless_uniform((2, 8, 8, 3), seed, -1.0, 1.0)}

    return tf.data.Dataset.range(start, 10**6).map(batch)


def _trainer(folder, steps, resume=False, **options):
    config = TrainingConfig(steps=steps, log_every=1, checkpoint_every=4)
    run = RunFolder(folder)
    run.reopen(config) if resume else run.create(config)
    trainer = Trainer(_program(), _dataset, config, run, progress=False, **options)
    if resume:
        trainer.restore()
    return trainer


def _state(trainer):
    return {name: v.numpy() for name, v in trainer.program.state().items()}


def test_resumed_run_equals_an_unbroken_one(tmp_path):
    unbroken = _trainer(tmp_path / "a", 7)
    unbroken.fit()
    _trainer(tmp_path / "b", 3).fit()
    resumed = _trainer(tmp_path / "b", 7, resume=True)
    assert resumed.step == 3
    resumed.fit()
    expected = _state(unbroken)
    for name, value in _state(resumed).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    logs = [(tmp_path / k / "metrics.jsonl").read_text() for k in "ab"]
    assert logs[0] == logs[1]


def test_run_folder_holds_all_that_is_promised(tmp_path):
    samples = np.zeros((1, 8, 8, 3), "float32")
    _trainer(tmp_path / "run", 2, samples=samples).fit()
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {
        "config.json",
        "metrics.jsonl",
        "samples",
        "checkpoints",
        "generator.keras",
    }
    assert (tmp_path / "run" / "samples" / "step_000002.png").exists()


def test_kept_generator_is_the_average(tmp_path):
    trainer = _trainer(tmp_path / "run", 3)
    trainer.fit()
    kept = keras.saving.load_model(tmp_path / "run" / "generator.keras")
    expected = trainer.program.ema.average.get_weights()
    for value, other in zip(kept.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(value, other)


def test_interrupt_finishes_the_update_and_saves(tmp_path):
    trainer = _trainer(tmp_path / "run", 100)
    update = trainer.program.update

    def interrupted(batch, step):
        if step == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return update(batch, step)

    trainer.program.update = interrupted
    with pytest.raises(KeyboardInterrupt):
        trainer.fit()
    resumed = _trainer(tmp_path / "run", 100, resume=True)
    assert resumed.step == 5


def test_validation_losses_are_means_over_the_held_out_batches(tmp_path):
    values = tf.constant([0.0, 1.0])
    validation = tf.data.Dataset.from_tensor_slices({"photo": values})
    _trainer(tmp_path / "run", 1, validation=validation).fit()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[-1]) == {"step": 1, "validation_total": 0.5}


def test_program_may_choose_the_columns_of_the_sheet(tmp_path):
    # Three latents are no pictures: a sheet of theirs needs columns of the program's.
    trainer = _trainer(tmp_path / "run", 1, samples=np.zeros((3, 2), "float32"))
    trainer.program.sample_columns = lambda samples: [
        np.full((len(samples), 4, 4, 3), value) for value in (-1.0, 1.0)
    ]
    trainer.fit()
    sheet = read_image(tmp_path / "run" / "samples" / "step_000001.png")
    assert sheet.shape == (12, 8, 3)
    assert sheet[:, :4].max() == 0 and sheet[:, 4:].min() == 255


def test_epochs_are_logged_where_they_mean_something(tmp_path):
    _trainer(tmp_path / "run", 3, steps_per_epoch=2.0).fit()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [0.5, 1.0, 1.5]
