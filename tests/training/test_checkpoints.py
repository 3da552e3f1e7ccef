import keras
import numpy as np
import pytest

from animegan_tf.training.checkpoints import (
    list_checkpoints,
    restore_checkpoint,
    save_checkpoint,
)
from animegan_tf.training.ema import ExponentialMovingAverage
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program


def _program(units=2):
    network, average = (
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])
        for _ in range(2)
    )
    optimizer = build_adam(0.1)
    optimizer.build(network.trainable_variables)
    return Program(
        networks={"generator": network},
        optimizers={"generator": optimizer},
        update=lambda batch, step: {},
        sample=lambda photo: photo,
        ema=ExponentialMovingAverage(network, average, 0.9),
    )


def test_restore_brings_every_variable_back(tmp_path):
    program = _program()
    network = program.networks["generator"]
    gradients = [keras.ops.ones(v.shape) for v in network.trainable_variables]
    program.optimizers["generator"].apply(gradients, network.trainable_variables)
    program.ema.update()
    path = save_checkpoint(program, 7, tmp_path)
    expected = {k: v.numpy() for k, v in program.state().items()}

    other = _program()
    assert restore_checkpoint(other, path) == 7
    for name, variable in other.state().items():
        np.testing.assert_array_equal(variable.numpy(), expected[name], err_msg=name)


def test_only_the_newest_two_are_kept(tmp_path):
    program = _program()
    for step in (5, 10, 100):
        save_checkpoint(program, step, tmp_path)
    assert [step for step, _ in list_checkpoints(tmp_path)] == [10, 100]


def test_another_architecture_is_refused(tmp_path):
    path = save_checkpoint(_program(), 1, tmp_path)
    with pytest.raises(ValueError, match="another configuration"):
        restore_checkpoint(_program(units=3), path)


def test_damaged_file_is_refused(tmp_path):
    path = save_checkpoint(_program(), 1, tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="Not a sound .npz file"):
        restore_checkpoint(_program(), path)
