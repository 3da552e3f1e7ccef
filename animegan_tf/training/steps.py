"""Updates of the anime recipe."""

from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES
from animegan_tf.losses.pixel import rgb_to_gray
from animegan_tf.training.gradients import apply_gradients


def generator_inputs(batch):
    """Return what a generator takes of a batch: photos, and styles' shares if any."""
    return [batch["photo"], batch["style"]] if "style" in batch else batch["photo"]


def standardize(gray):
    """Give every picture zero mean and unit deviation, float32.

    What sees only this can neither be fooled by haze nor teach it: contrast and
    brightness are gone for real and fake alike.
    """
    gray = tf.cast(gray, tf.float32)
    gray = gray - tf.reduce_mean(gray, axis=(1, 2, 3), keepdims=True)
    power = tf.reduce_mean(tf.square(gray), axis=(1, 2, 3), keepdims=True)
    # The floor is 1/50 of full scale: an empty sky must not become amplified noise.
    return gray * tf.math.rsqrt(power + 0.04**2)


def build_pretraining_step(
    generator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    objective: Callable,
    terms: Callable,
    clip_norm: float,
) -> Callable:
    """Build the update that regresses the target, before there is an adversary.

    Args:
        generator: Network to train.
        optimizer: Its optimizer for this phase.
        objective: From `losses.objective.build_objective`.
        terms: Function from `(stylized, batch)` to the objective's terms.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function from a batch to a dict of float32 scalars.
    """
    optimizer.build(generator.trainable_variables)

    @tf.function
    def pretraining_step(batch):
        with tf.GradientTape() as tape:
            stylized = generator(generator_inputs(batch), training=True)
            total, logs = objective(terms(stylized, batch))
        variables = generator.trainable_variables
        norm = apply_gradients(optimizer, tape, total, variables, clip_norm)
        return {**logs, "generator_norm": norm}

    return pretraining_step


def build_generator_step(
    generator: keras.Model,
    discriminator: keras.Model | None,
    optimizer: keras.optimizers.Optimizer,
    objective: Callable,
    terms: Callable,
    adversarial_loss: str,
    clip_norm: float,
) -> Callable:
    """Build the generator's update against the adversary.

    Args:
        generator: Network to train.
        discriminator: Its adversary, on standardized grey pictures; not changed.
            `None` where the objective has no adversarial term.
        optimizer: The generator's optimizer.
        objective: From `losses.objective.build_objective`; its terms are those of
            `terms` and, where it has weight, `"adversarial"`.
        terms: Function from `(stylized, batch)` to the other terms.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function from a batch to `(scalars by name, stylized pictures)`.
    """
    optimizer.build(generator.trainable_variables)
    adversary = ADVERSARIAL_LOSSES[adversarial_loss]

    @tf.function
    def generator_step(batch):
        with tf.GradientTape() as tape:
            stylized = generator(generator_inputs(batch), training=True)
            values = terms(stylized, batch)
            if discriminator is not None:
                gray = standardize(rgb_to_gray(stylized))
                # training=True would let spectral normalization change D.
                values["adversarial"] = adversary.generator(
                    discriminator(gray, training=False)
                )
            total, logs = objective(values)
        variables = generator.trainable_variables
        norm = apply_gradients(optimizer, tape, total, variables, clip_norm)
        return {**logs, "generator_norm": norm}, stylized

    return generator_step


def build_discriminator_step(
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    adversarial_loss: str,
    *,
    smooth_weight: float,
    target_weight: float,
    clip_norm: float,
) -> Callable:
    """Build the adversary's update: style against stylized and edge-smoothed style.

    Args:
        discriminator: Network to train, on standardized grey pictures.
        optimizer: Its optimizer.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        smooth_weight: Weight of the edge-smoothed pictures among the fakes.
        target_weight: Weight of the photos' own targets among the reals.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function from `(batch, stylized pictures)` to a dict of float32 scalars.

    Reference: Chen et al., 2018 (CartoonGAN), the edge-promoting adversarial loss.
    """
    optimizer.build(discriminator.trainable_variables)
    adversary = ADVERSARIAL_LOSSES[adversarial_loss]

    @tf.function
    def discriminator_step(batch, stylized):
        pictures = {"real": batch["anime_gray"], "fake": rgb_to_gray(stylized)}
        if smooth_weight:
            pictures["smooth"] = batch["anime_smooth"]
        if target_weight:
            pictures["target"] = rgb_to_gray(batch["target"])
        stacked = standardize(tf.concat(list(pictures.values()), axis=0))
        with tf.GradientTape() as tape:
            # One call for all: spectral normalization iterates once a step.
            parts = tf.split(discriminator(stacked, training=True), len(pictures))
            logits = dict(zip(pictures, parts, strict=True))
            loss = adversary.discriminator(logits["real"], logits["fake"])
            if smooth_weight:
                loss += smooth_weight * adversary.fake(logits["smooth"])
            if target_weight:
                loss += target_weight * adversary.real(logits["target"])
        variables = discriminator.trainable_variables
        norm = apply_gradients(optimizer, tape, loss, variables, clip_norm)
        return {
            "discriminator": loss,
            "discriminator_real": tf.reduce_mean(logits["real"]),
            "discriminator_fake": tf.reduce_mean(logits["fake"]),
            "discriminator_norm": norm,
        }

    return discriminator_step


def build_validation_step(generator: keras.Model, terms: Callable) -> Callable:
    """Build the function that measures a generator on held-out photos.

    Args:
        generator: Network to measure; it is not changed.
        terms: Function from `(stylized, batch)` to scalars by term, without a memory
            of earlier batches.

    Returns:
        A function from a batch to a dict of float32 scalars.
    """

    @tf.function
    def validation_step(batch):
        return terms(generator(generator_inputs(batch), training=False), batch)

    return validation_step
