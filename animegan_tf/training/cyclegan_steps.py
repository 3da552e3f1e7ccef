"""The generators' update of CycleGAN: there, back, and leave alone what fits."""

from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.losses.pixel import l1_loss
from animegan_tf.training.gradients import apply_gradients


def build_cyclegan_generator_step(
    generator: keras.Model,
    generator_back: keras.Model,
    adversarial: Callable,
    adversarial_back: Callable,
    optimizer: keras.optimizers.Optimizer,
    objective: Callable,
    *,
    identity: bool,
    clip_norm: float,
) -> Callable:
    """Build the update of both generators at once.

    Args:
        generator: Network from photos to the style.
        generator_back: Network from the style to photos.
        adversarial: Function of `(images, step)` to the scalar of the adversary that
            knows the style, from `build_generator_loss`.
        adversarial_back: The same of the adversary that knows photos.
        optimizer: Optimizer of both generators.
        objective: From `losses.objective.build_objective`, of `adversarial`, `cycle`
            and, with `identity`, `identity`. Each term is the sum of both directions.
        identity: Whether pictures that are what a generator makes should pass through
            it unchanged.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function of `(batch, step)`, the batch with `photo` and `anime`, to
        `(scalars by name, fakes)`; the fakes are a dict with `anime` and `photo`.

    Reference: Zhu et al., 2017, https://arxiv.org/abs/1703.10593, equation 3 and
    section 5.2 (identity).
    """
    variables = generator.trainable_variables + generator_back.trainable_variables
    optimizer.build(variables)

    @tf.function
    def generator_step(batch, step):
        photo, anime = batch["photo"], batch["anime"]
        with tf.GradientTape() as tape:
            fake_anime = generator(photo, training=True)
            fake_photo = generator_back(anime, training=True)
            values = {
                "adversarial": adversarial(fake_anime, step)
                + adversarial_back(fake_photo, step),
                "cycle": l1_loss(generator_back(fake_anime, training=True), photo)
                + l1_loss(generator(fake_photo, training=True), anime),
            }
            if identity:
                values["identity"] = l1_loss(
                    generator(anime, training=True), anime
                ) + l1_loss(generator_back(photo, training=True), photo)
            total, logs = objective(values)
        norm = apply_gradients(optimizer, tape, total, variables, clip_norm)
        fakes = {"anime": fake_anime, "photo": fake_photo}
        return {**logs, "generator_norm": norm}, fakes

    return generator_step


def build_cyclegan_validation(
    generator: keras.Model, generator_back: keras.Model, judge: Callable
) -> Callable:
    """Build the measures of held-out photos.

    Args:
        generator: Network from photos to the style.
        generator_back: Network from the style to photos.
        judge: From `build_judgement`, of the adversary that knows the style.

    Returns:
        A function of a batch with `photo` to float32 scalars: `cycle` and
        `adversarial`, of the way from the photo and back alone.
    """

    @tf.function
    def validate(batch):
        stylized = generator(batch["photo"], training=False)
        photo = generator_back(stylized, training=False)
        return {
            "adversarial": judge(stylized),
            "cycle": l1_loss(photo, batch["photo"]),
        }

    return validate
