"""Updates of pix2pix: a generator of pairs, and an adversary that sees both halves."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from animegan_tf.losses.pixel import l1_loss
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.terms import PIXEL_TERMS

# Every term that is measured against the paired picture.
PAIRED_TERMS = {**PIXEL_TERMS, "l1": l1_loss}


def pair_with_condition(batch, picture):
    """Lay a picture on the photo that it belongs to: what the adversary sees.

    Args:
        batch: Batch with `photo`.
        picture: The target or the result, float `(batch, height, width, 3)`.

    Returns:
        float32 tensor `(batch, height, width, 6)`, the photo first.

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004, section 3.1.
    """
    pictures = (batch["photo"], picture)
    return tf.concat([tf.cast(p, tf.float32) for p in pictures], axis=-1)


def build_pix2pix_generator_step(
    generator: keras.Model,
    adversarial: Callable | None,
    optimizer: keras.optimizers.Optimizer,
    objective: Callable,
    terms: Sequence[str],
    clip_norm: float,
) -> Callable:
    """Build the generator's update on pairs.

    Args:
        generator: Network to train.
        adversarial: Function of `(pairs, step)` to the adversary's scalar, from
            `build_generator_loss`, or `None` without an adversary.
        optimizer: The generator's optimizer.
        objective: From `losses.objective.build_objective`; its terms are `terms` and,
            with an adversary, `"adversarial"`.
        terms: Names of the terms measured against the target, of `PAIRED_TERMS`.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function of `(batch, step)`, the batch with `photo` and `target`, to
        `(scalars by name, results)`.
    """
    optimizer.build(generator.trainable_variables)

    @tf.function
    def generator_step(batch, step):
        with tf.GradientTape() as tape:
            result = generator(batch["photo"], training=True)
            values = {
                name: PAIRED_TERMS[name](result, batch["target"]) for name in terms
            }
            if adversarial is not None:
                pairs = pair_with_condition(batch, result)
                values["adversarial"] = adversarial(pairs, step)
            total, logs = objective(values)
        variables = generator.trainable_variables
        norm = apply_gradients(optimizer, tape, total, variables, clip_norm)
        return {**logs, "generator_norm": norm}, result

    return generator_step


def build_pair_validation(generator: keras.Model) -> Callable:
    """Build the measures of held-out pairs.

    Args:
        generator: Network to judge.

    Returns:
        A function of a batch with `photo` and `target` to float32 scalars: `l1` and
        `psnr`, in decibels, of the result, and `psnr_before`, that of the photo.
    """

    @tf.function
    def validate(batch):
        result = generator(batch["photo"], training=False)
        return {
            "l1": l1_loss(result, batch["target"]),
            "psnr": psnr(result, batch["target"]),
            "psnr_before": psnr(batch["photo"], batch["target"]),
        }

    return validate


def psnr(pictures, targets):
    """Measure the mean peak signal-to-noise ratio of float pictures, in decibels.

    Equal pictures count as 100 dB.
    """
    difference = tf.cast(pictures, tf.float32) - tf.cast(targets, tf.float32)
    error = tf.reduce_mean(tf.square(difference), axis=(1, 2, 3))
    # The peak is 2, from -1 to 1.
    ratio = tf.maximum(error / 4.0, 1e-10)
    return tf.reduce_mean(-10.0 * tf.math.log(ratio) / tf.math.log(10.0))
