"""What the discriminator of a noise GAN makes of held-out pictures."""

from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.training.adversarial_losses import choose_losses
from animegan_tf.training.unconditional_steps import draw_latents

_VALIDATION_TURN = -3


def build_noise_validation(
    generator: keras.Model,
    discriminator: keras.Model,
    adversarial_loss: str,
    *,
    seed: int,
    from_logits: bool,
) -> Callable:
    """Build the measures of held-out pictures beside as many drawn ones.

    Logits of held-out reals far below those of the training's reals, which the log has
    under the same name, say that the discriminator knows its pictures by heart.

    Args:
        generator: Network from latents to float images in [-1, 1].
        discriminator: Network from such images to verdicts; it is not changed.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        seed: Seed of the latents, the same at every call.
        from_logits: Whether the verdicts are logits rather than probabilities.

    Returns:
        A function of a batch with `image` to float32 scalars: `discriminator`, its
        loss without penalties, and the mean verdicts `real_logits` and `fake_logits`.

    Raises:
        ValueError: If the loss is unknown or needs logits.
    """
    losses = choose_losses(adversarial_loss, from_logits=from_logits)

    @tf.function
    def validate(batch):
        images = batch["image"]
        count = tf.shape(images)[0]
        latents = draw_latents(generator, count, seed, 0, _VALIDATION_TURN)
        reals = discriminator(images, training=False)
        fakes = discriminator(generator(latents, training=False), training=False)
        return {
            "discriminator": losses.discriminator(reals, fakes),
            "real_logits": tf.reduce_mean(tf.cast(reals, tf.float32)),
            "fake_logits": tf.reduce_mean(tf.cast(fakes, tf.float32)),
        }

    return validate
