"""A batch that is not finite leaves no trace in what is saved."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.training.adversary import Adversary
from animegan_tf.training.gan_program import Forward, GanProgram
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.trainer import Trainer

SHAPE = (4, 4, 3)


@dataclasses.dataclass(frozen=True)
class Weights(LossWeights):
    l1: float = 1.0
    adversarial: float = 0.5


def _network(*layers):
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(3, 1),
            keras.layers.BatchNormalization(),
            *layers,
        ]
    )


def _program():
    keras.utils.set_random_seed(0)
    generator, average = _network(), _network()
    discriminator = _network(keras.layers.Flatten(), keras.layers.Dense(1))

    def forward(generator, batch, step, turn, training):
        photo = batch["photo"]
        fakes = generator(photo, training=training)
        return Forward(
            {"l1": tf.reduce_mean(tf.abs(fakes - photo))},
            reals={"discriminator": photo},
            fakes={"discriminator": fakes},
        )

    adversary = Adversary(
        discriminator,
        build_adam(1e-2),
        "lsgan",
        Regularization(pool_size=3),
        pool=ImagePool(3, SHAPE, seed=0),
    )
    return GanProgram(
        {"generator": generator},
        MovingAverage(generator, average, 0.9),
        forward,
        optimizer=build_adam(1e-2),
        weights=Weights(),
        adversaries={"discriminator": adversary},
        clip_norm=1e6,
    )


@pytest.fixture
def train(tmp_path, eagerly):
    """A function of a number of steps to the checkpoint; batch 2 may be all NaN."""

    def run(name, steps, bad):
        def build_dataset(start):
            images = np.random.default_rng(0).uniform(-1, 1, (9, 2, *SHAPE))
            if bad:
                images[2] = np.nan
            photos = {"photo": images.astype("float32")[start:]}
            return tf.data.Dataset.from_tensor_slices(photos)

        folder = RunFolder(tmp_path / name)
        folder.create({})
        options = {"log_every": 1, "checkpoint_every": 99, "progress": False}
        Trainer(_program(), build_dataset, folder, steps=steps, **options).fit()
        with np.load(folder.latest_checkpoint()) as arrays:
            return dict(arrays)

    return run


def test_it_reaches_no_checkpoint(train):
    before, after = train("before", 2, False), train("after", 3, True)
    assert all(np.isfinite(array).all() for array in after.values())
    moved = {
        name
        for name in before
        if not np.array_equal(before[name], after[name])
        # The average moves on towards the network as it is.
        and not name.startswith("network/ema/")
    }
    assert moved == {"step", "ema/num_updates"}


def test_training_goes_on_after_it(train):
    before, after = train("before", 3, True), train("after", 4, True)
    assert all(np.isfinite(array).all() for array in after.values())
    moved = [name for name in before if not np.array_equal(before[name], after[name])]
    assert any("network/generator" in name for name in moved)
    assert any("network/discriminator" in name for name in moved)
    assert "variable/discriminator/pool/images" in moved
