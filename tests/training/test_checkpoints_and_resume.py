import itertools
import json
import logging
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.training.checkpoints import (
    list_checkpoints,
    restore_checkpoint,
    save_checkpoint,
)
from animegan_tf.training.health import TrainingDivergedError
from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Alternating, Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.trainer import Trainer


class _Regression(Program):
    """Train a 1x1 convolution to return its input."""

    def __init__(self, channels=3, variables=None):
        keras.utils.set_random_seed(0)
        network, average = (
            keras.Sequential(
                [keras.Input((None, None, 3)), keras.layers.Conv2D(channels, 1)]
            )
            for _ in "ab"
        )
        optimizer = build_adam(0.01)
        optimizer.build(network.trainable_variables)
        super().__init__(
            {"generator": network},
            {"generator": optimizer},
            MovingAverage(network, average, 0.9),
            variables=variables,
        )

    def update(self, batch, step):
        network, optimizer = self.networks["generator"], self.optimizers["generator"]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(batch["photo"]) - batch["photo"]) ** 2)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        self.average.update(batch["photo"])
        return {"total": loss, "generator_norm": 1.0}

    def validate(self, batch):
        # Not every batch has every scalar.
        values = {"total": tf.reduce_mean(batch["photo"])}
        return values | ({"first": 7.0} if float(values["total"]) == 0.0 else {})


def _dataset(start):
    def batch(index):
        seed = tf.stack([index, 0])
        return {"photo": tf.random.stateless_uniform((2, 8, 8, 3), seed, -1.0, 1.0)}

    return tf.data.Dataset.range(start, 10**6).map(batch)


@pytest.fixture
def make_trainer(tmp_path, eagerly):
    """A function of a folder's name and options to a trainer."""

    def make(name="run", steps=5, *, resume=False, program=None, **options):
        run = RunFolder(tmp_path / name)
        if not resume:
            run.create({"steps": steps})
        options = {"log_every": 1, "checkpoint_every": 2, "progress": False} | options
        program = program or _Regression()
        trainer = Trainer(program, _dataset, run, steps=steps, **options)
        if resume:
            trainer.restore()
        return trainer

    return make


def _state(program):
    return {name: v.numpy() for name, v in program.state().items()}


def _check_equal(state, expected):
    assert set(state) == set(expected)
    for name, value in state.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def _lines(trainer):
    text = (trainer.run.path / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_restored_checkpoint_has_every_variable(tmp_path, eagerly):
    program = _Regression()
    for step in range(3):
        program.update(next(iter(_dataset(step))), step)
    path = save_checkpoint(program, 7, tmp_path)
    other = _Regression()
    assert restore_checkpoint(other, path) == 7
    _check_equal(_state(other), _state(program))


def test_half_precision_variables_are_exact_in_the_file(tmp_path):
    values = tf.constant([1 / 3, 1e30], tf.bfloat16)
    path = save_checkpoint(
        _Regression(variables={"x": tf.Variable(values)}), 1, tmp_path
    )
    other = tf.Variable(tf.zeros((2,), tf.bfloat16))
    restore_checkpoint(_Regression(variables={"x": other}), path)
    np.testing.assert_array_equal(other.numpy(), values.numpy())


def test_only_the_newest_two_checkpoints_are_kept(tmp_path):
    program = _Regression()
    for step in (5, 10, 100):
        save_checkpoint(program, step, tmp_path)
    assert [step for step, _ in list_checkpoints(tmp_path)] == [10, 100]


def test_another_architecture_is_refused_and_not_taken_for_damage(
    tmp_path, make_trainer
):
    path = save_checkpoint(_Regression(), 1, tmp_path)
    with pytest.raises(ValueError, match="another configuration.*generator/0000"):
        restore_checkpoint(_Regression(channels=4), path)
    make_trainer().fit()
    with pytest.raises(ValueError, match="another configuration"):
        make_trainer(resume=True, program=_Regression(channels=4))


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_damaged_file_is_refused_and_changes_nothing(tmp_path, kept):
    path = save_checkpoint(_Regression(), 1, tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    program = _Regression()
    before = _state(program)
    with pytest.raises(ValueError, match="npz"):
        restore_checkpoint(program, path)
    _check_equal(_state(program), before)


def test_checkpoint_of_version_0_1_has_image_pools_under_other_names(tmp_path):
    def program(names):
        return _Regression(variables={name: tf.Variable(0.0) for name in names})

    renamed = {
        "pool/anime/images": "discriminator/pool/images",
        "pool/photo/count": "discriminator_back/pool/count",
        "style/count": "style/count",
    }
    old, new = program(renamed), program(renamed.values())
    for value, variable in enumerate(old.variables.values(), 5):
        variable.assign(value)
    restore_checkpoint(new, save_checkpoint(old, 3, tmp_path))
    for before, now in renamed.items():
        assert float(new.variables[now]) == float(old.variables[before]) > 0.0


def test_resumed_run_equals_an_unbroken_one(make_trainer):
    unbroken = make_trainer("a", 7)
    unbroken.fit()
    make_trainer("b", 3).fit()
    resumed = make_trainer("b", 7, resume=True)
    assert resumed.step == 3
    resumed.fit()
    _check_equal(_state(resumed.program), _state(unbroken.program))
    assert _lines(resumed) == _lines(unbroken)


def test_resume_before_the_first_checkpoint_starts_the_log_anew(make_trainer, caplog):
    unbroken = make_trainer("a")
    unbroken.fit()
    broken = make_trainer("b", checkpoint_every=100)
    update = broken.program.update

    def crash(batch, step):
        if step == 3:
            raise OSError("no more power")
        return update(batch, step)

    broken.program.update = crash
    with pytest.raises(OSError, match="power"):
        broken.fit()
    assert len(_lines(broken)) == 3
    resumed = make_trainer("b", resume=True)
    assert resumed.step == 0
    assert "no checkpoint" in caplog.text
    resumed.fit()
    assert _lines(resumed) == _lines(unbroken)
    _check_equal(_state(resumed.program), _state(unbroken.program))


def test_damaged_newest_checkpoint_is_passed_over_and_named(make_trainer, caplog):
    unbroken = make_trainer("a")
    unbroken.fit()
    broken = make_trainer("b")
    broken.fit()
    (_, _), (_, newest) = list_checkpoints(broken.run.checkpoints)
    newest.write_bytes(newest.read_bytes()[:-50])
    resumed = make_trainer("b", resume=True)
    assert resumed.step == 4
    assert newest.name in caplog.text
    assert "going back to the one before it" in caplog.text
    resumed.fit()
    _check_equal(_state(resumed.program), _state(unbroken.program))
    assert _lines(resumed) == _lines(unbroken)


def test_fewer_steps_than_are_made_are_refused(make_trainer):
    make_trainer(steps=5).fit()
    with pytest.raises(ValueError, match="at least the 5 steps .*Received: steps=4"):
        make_trainer(steps=4, resume=True)
    # As many as are made are no mistake: nothing is left to do.
    trainer = make_trainer(steps=5, resume=True)
    lines = _lines(trainer)
    trainer.fit()
    assert _lines(trainer) == lines


def test_run_folder_holds_all_that_is_promised(make_trainer):
    samples = np.zeros((1, 8, 8, 3), "float32")
    written = []
    trainer = make_trainer(samples=samples, write_generator=written.append)
    trainer.fit()
    names = {path.name for path in trainer.run.path.iterdir()}
    files = {"config.json", "metrics.jsonl", "preview.png"}
    assert names == {*files, "samples", "checkpoints"}
    np.testing.assert_array_equal(
        read_image(trainer.run.path / "preview.png"),
        read_image(trainer.run.path / "samples" / "step_000005.png"),
    )
    assert (trainer.run.path / "samples" / "step_000005.png").exists()
    # The averaged generator is written beside each of the three checkpoints.
    assert written == [trainer.program.average.network] * 3


def test_image_that_is_gone_is_one_line_and_the_training_can_be_resumed(
    tmp_path, make_trainer, photo
):
    path = write_image(photo[:4, :4], tmp_path / "a.png")

    def read(step):
        if step == 3:
            path.unlink()
        return read_image(path).astype(np.float32)

    def load(step):
        image = tf.numpy_function(read, [step], tf.float32)
        return {"photo": tf.ensure_shape(image, (4, 4, 3))[tf.newaxis]}

    run = RunFolder(tmp_path / "run")
    run.create({})
    options = {"log_every": 1, "checkpoint_every": 2, "progress": False}
    trainer = Trainer(
        _Regression(),
        lambda start: tf.data.Dataset.range(start, 99).map(load),
        run,
        steps=9,
        **options,
    )
    message = r"An image .* cannot be read: FileNotFoundError: No such image .*a\.png"
    with pytest.raises(ValueError, match=message) as error:
        trainer.fit()
    assert "\n" not in str(error.value)
    assert make_trainer(steps=9, resume=True).step == 2


def _fit_interrupted(trainer, number, at=4):
    update = trainer.program.update

    def interrupted(batch, step):
        if step == at:
            signal.raise_signal(number)
        return update(batch, step)

    trainer.program.update = interrupted
    trainer.fit()


def test_interrupt_finishes_the_step_and_saves(make_trainer):
    trainer = make_trainer(steps=100, checkpoint_every=100)
    with pytest.raises(KeyboardInterrupt):
        _fit_interrupted(trainer, signal.SIGINT)
    assert make_trainer(steps=100, resume=True).step == 5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_signals_do_the_same_and_then_what_they_did_before(make_trainer, name):
    def handle(number, _):
        raise ConnectionAbortedError(number)

    number = getattr(signal, name)
    before = signal.signal(number, handle)
    try:
        trainer = make_trainer(steps=100, checkpoint_every=100)
        with pytest.raises(ConnectionAbortedError):
            _fit_interrupted(trainer, number)
        assert signal.getsignal(number) == handle
        assert make_trainer(steps=100, resume=True).step == 5
        signal.signal(number, signal.SIG_IGN)
        trainer = make_trainer("ignored", steps=6)
        _fit_interrupted(trainer, number)
        assert trainer.step == 6
    finally:
        signal.signal(number, before)


def test_validation_logs_the_means_of_what_each_batch_has(make_trainer):
    photos = {"photo": tf.constant([0.0, 1.0])}
    validation = tf.data.Dataset.from_tensor_slices(photos)
    trainer = make_trainer(steps=1, validation=validation)
    trainer.fit()
    assert _lines(trainer)[-1] == {
        "step": 1,
        "validation_total": 0.5,
        "validation_first": 7.0,
    }


def test_program_may_choose_the_columns_of_the_sample_sheet(make_trainer):
    # Three latents are no images.
    trainer = make_trainer(steps=1, samples=np.zeros((3, 2), "float32"))
    trainer.program.sample_columns = lambda samples: [
        np.full((len(samples), 4, 4, 3), value) for value in (-1.0, 1.0)
    ]
    trainer.fit()
    sheet = read_image(trainer.run.path / "samples" / "step_000001.png")
    assert sheet.shape == (12, 8, 3)
    assert sheet[:, :4].max() == 0 and sheet[:, 4:].min() == 255


def test_epochs_are_logged_where_they_mean_something(make_trainer):
    trainer = make_trainer(steps=3, steps_per_epoch=2.0)
    trainer.fit()
    assert [line["epoch"] for line in _lines(trainer)] == [0.5, 1.0, 1.5]


def test_every_log_line_has_the_latest_values_of_all_alternating_programs(make_trainer):
    first = _Regression()
    second = _Regression()
    second.networks, second.average = first.networks, first.average
    second.optimizers = first.optimizers
    programs = {"ink": first, "comic": second}
    turns = itertools.cycle(programs)
    program = Alternating(programs, choose=lambda batch: next(turns))
    # Two programs in turn, and every second step logged: one of them at each line.
    trainer = make_trainer(steps=6, log_every=2, program=program)
    trainer.fit()
    lines = _lines(trainer)
    assert [line["step"] for line in lines] == [2, 4, 6]
    for line in lines:
        assert {"total_ink", "total_comic"} <= set(line)


def test_last_step_of_a_short_run_is_logged(make_trainer):
    trainer = make_trainer(steps=3, log_every=100)
    trainer.fit()
    assert [line["step"] for line in _lines(trainer)] == [3]


def test_health_is_checked_at_every_step_and_not_at_logged_ones(make_trainer, caplog):
    trainer = make_trainer(steps=1000, log_every=1000)
    trainer.program.update = lambda batch, step: {
        "total": float("nan") if step >= 2 else 1.0
    }
    with caplog.at_level(logging.WARNING), pytest.raises(TrainingDivergedError):
        trainer.fit()
    assert trainer.step == 22
    warned = [r.getMessage() for r in caplog.records if "not finite" in r.getMessage()]
    # At first, and after three recoveries.
    assert len(warned) == 4 * 19
    assert warned[0].startswith("step 3: total")


class _Descent(Program):
    """Minimize the square of one weight by gradient descent.

    Each step multiplies it by 1 - 2 * rate: above a rate of 1 it diverges.
    """

    def __init__(self, rate):
        keras.utils.set_random_seed(0)
        network, average = (
            keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
            for _ in "ab"
        )
        network.set_weights([np.ones((1, 1), "float32")])
        optimizer = keras.optimizers.SGD(rate)
        optimizer.build(network.trainable_variables)
        super().__init__(
            {"generator": network},
            {"generator": optimizer},
            MovingAverage(network, average, 0.9),
        )

    def update(self, batch, step):
        (weight,) = self.networks["generator"].trainable_variables
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(weight**2)
        gradient = tape.gradient(loss, weight)
        if bool(tf.math.is_finite(loss)):
            self.optimizers["generator"].apply([gradient], [weight])
        return {"total": loss, "generator_norm": 1.0}


@pytest.mark.parametrize("schedule", [False, True])
def test_diverged_training_goes_on_with_half_the_learning_rate(
    make_trainer, caplog, schedule
):
    rate = 3.0
    if schedule:
        rate = keras.optimizers.schedules.PiecewiseConstantDecay([10**6], [3.0, 1.0])
    program = _Descent(rate)
    options = {"checkpoint_every": 1000, "log_every": 100}
    trainer = make_trainer(steps=300, program=program, **options)
    trainer.fit()
    # 3 and 1.5 diverge, 0.75 halves the weight and changes its sign.
    assert float(program.optimizers["generator"].learning_rate) == 0.75
    (weight,) = program.networks["generator"].get_weights()
    assert abs(float(weight[0, 0])) < 1e-30
    found = [line for line in _lines(trainer) if "recovery" in line]
    assert [(line["step"], line["recovery"]) for line in found] == [(0, 1), (0, 2)]
    assert "Restored step 0, with half the learning rates (recovery 2 of 3)" in (
        caplog.text
    )
    # A resumed training has the learning rate, and the number of recoveries.
    program = _Descent(rate)
    resumed = make_trainer(steps=301, resume=True, program=program, **options)
    assert float(program.optimizers["generator"].learning_rate) == 0.75
    resumed.fit()


class _Breaking(_Descent):
    """Lose the weight in step 45, at the first time."""

    def __init__(self):
        super().__init__(0.4)
        self.steps = []

    def update(self, batch, step):
        if step == 45 and 45 not in self.steps:
            self.networks["generator"].set_weights([np.full((1, 1), np.inf)])
        self.steps.append(step)
        return super().update(batch, step)


def test_diverged_training_goes_back_to_a_good_checkpoint(make_trainer):
    program = _Breaking()
    trainer = make_trainer(steps=80, program=program, checkpoint_every=10)
    trainer.fit()
    # None was written at the steps 50 and 60, when the weight was not finite.
    assert program.steps == [*range(65), *range(40, 80)]
    (line,) = [line for line in _lines(trainer) if "recovery" in line]
    assert (line["step"], line["diverged_at"]) == (40, 65)
    assert [line["step"] for line in _lines(trainer)] == [
        *range(1, 41),
        *range(40, 81),
    ]


def test_fourth_divergence_ends_the_training(make_trainer):
    trainer = make_trainer(steps=300, program=_Descent(100.0), checkpoint_every=1000)
    with pytest.raises(TrainingDivergedError, match="diverged 4 times"):
        trainer.fit()
