"""Train a GAN of subclassed `keras.Model`s on synthetic images.

`python examples/subclassed_gan.py` renders disks of random color, position and size,
trains for some seconds, and writes a grid of generated images.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

import animegan_tf

# Before Keras, which imports TensorFlow too.
animegan_tf.import_tensorflow_quietly()

import keras
from keras import layers

LATENT_DIM = 16
SIZE = 32


@keras.saving.register_keras_serializable(package="examples")
class Generator(keras.Model):
    """Map noise, `(batch, 16)`, to images in (-1, 1), `(batch, 32, 32, 3)`."""

    def __init__(self, width=32, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.project = layers.Dense(8 * 8 * width, use_bias=False)
        self.reshape = layers.Reshape((8, 8, width))
        self.norm = layers.BatchNormalization()
        self.act = layers.ReLU()
        # Upsampling before the convolution avoids checkerboard artifacts.
        self.upsample = layers.UpSampling2D(2)
        self.conv1 = layers.Conv2D(width, 3, padding="same")
        self.conv2 = layers.Conv2D(width, 3, padding="same")
        self.image = layers.Conv2D(3, 5, padding="same", activation="tanh")

    def call(self, noise, training=False):
        x = self.reshape(self.project(noise))
        x = self.act(self.norm(x, training=training))
        x = self.act(self.conv1(self.upsample(x)))
        x = self.act(self.conv2(self.upsample(x)))
        return self.image(x)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable(package="examples")
class Discriminator(keras.Model):
    """Map images in [-1, 1] to the probability of being real, `(batch, 1)`."""

    def __init__(self, width=32, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.down1 = layers.Conv2D(width, 5, strides=2, padding="same")
        self.down2 = layers.Conv2D(2 * width, 5, strides=2, padding="same")
        self.act = layers.LeakyReLU(0.2)
        self.dropout = layers.Dropout(0.3)
        self.flatten = layers.Flatten()
        self.probability = layers.Dense(1, activation="sigmoid")

    def call(self, image, training=False):
        x = self.act(self.down2(self.act(self.down1(image))))
        return self.probability(self.flatten(self.dropout(x, training=training)))

    def get_config(self):
        return {**super().get_config(), "width": self.width}


def render_disks(count, rng):
    """Render images of a disk on a lighter background, float32 in [-1, 1]."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    center = rng.uniform(13, SIZE - 13, (2, count, 1, 1))
    radius = rng.uniform(5, 9, (count, 1, 1))
    inside = np.hypot(rows - center[0], columns - center[1]) < radius
    background = rng.uniform(0.6, 1.0, (count, 1, 1, 3))
    color = rng.uniform(-1.0, 0.2, (count, 1, 1, 3))
    return np.where(inside[..., None], color, background).astype("float32")


def train(generator, discriminator, steps, batch_size=32, seed=0):
    """Train both networks with `train_step`; return the last losses."""
    loss = animegan_tf.build_loss(generator, discriminator)
    optimizer = animegan_tf.build_optimizer(loss, learning_rate=5e-4)
    rng = np.random.default_rng(seed)
    with tqdm(range(steps)) as bar:
        for _ in bar:
            batch = {
                "input": rng.normal(size=(batch_size, LATENT_DIM)).astype("float32"),
                "anime": render_disks(batch_size, rng),
            }
            losses = animegan_tf.train_step(generator, discriminator, optimizer, batch)
            losses = {name: float(value) for name, value in losses.items()}
            bar.set_postfix(D=losses["discriminator"], G=losses["generator"])
    return losses


def main(argv=None):
    parser = argparse.ArgumentParser(description="Train a GAN of subclassed models.")
    parser.add_argument(
        "--steps", type=int, default=200, help="training steps (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed (default: %(default)s)"
    )
    parser.add_argument(
        "--width", type=int, default=32, help="channels (default: %(default)s)"
    )
    parser.add_argument(
        "--output",
        default="generated.png",
        help="file to write (default: %(default)s)",
    )
    parser.add_argument(
        "--show", action="store_true", help="also show the images in a window"
    )
    arguments = parser.parse_args(argv)
    if arguments.steps < 1 or arguments.width < 1:
        parser.error("--steps and --width must be at least 1")
    keras.utils.set_random_seed(arguments.seed)
    generator = Generator(arguments.width)
    discriminator = Discriminator(arguments.width)
    try:
        train(generator, discriminator, arguments.steps, seed=arguments.seed)
        animegan_tf.generate_image(
            generator,
            num_images=16,
            latent_dim=LATENT_DIM,
            path=arguments.output,
            show=arguments.show,
        )
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {Path(arguments.output).resolve()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
