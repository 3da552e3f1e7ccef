"""Adversarial losses by name, for discriminators of logits or of probabilities."""

import dataclasses
import functools

import keras

from animegan_tf.losses.adversarial import (
    ADVERSARIAL_LOSSES,
    AdversarialLoss,
    bce_loss,
    lsgan_loss,
)
from animegan_tf.utils.messages import suggestion

_CROSS_ENTROPIES = ("bce", "bce_saturating")


def choose_losses(
    adversarial_loss: str, *, real_label: float = 1.0, from_logits: bool = True
) -> AdversarialLoss:
    """Choose the losses of a generator and its discriminator.

    Args:
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        real_label: Label of real images in the discriminator's loss; less than 1
            smooths it.
        from_logits: Whether the discriminator returns logits rather than
            probabilities.

    Returns:
        The losses with that label, for such outputs.

    Raises:
        ValueError: If the loss is unknown, or has no use for an argument.

    Reference: Salimans et al., 2016, https://arxiv.org/abs/1606.03498 (one-sided label
    smoothing).
    """
    check_losses(adversarial_loss, real_label=real_label, from_logits=from_logits)
    losses = ADVERSARIAL_LOSSES[adversarial_loss]
    if adversarial_loss == "lsgan":
        real = functools.partial(lsgan_loss, label=real_label)
        return dataclasses.replace(losses, real=real)
    if adversarial_loss not in _CROSS_ENTROPIES:
        return losses
    cross_entropy = functools.partial(bce_loss, from_logits=from_logits)
    return AdversarialLoss(
        generator=functools.partial(losses.generator, from_logits=from_logits),
        real=functools.partial(cross_entropy, label=real_label),
        fake=functools.partial(cross_entropy, label=0.0),
    )


def check_losses(
    adversarial_loss: str, *, real_label: float = 1.0, from_logits: bool = True
) -> None:
    """Refuse an unknown loss, and settings that have no effect on it.

    Args:
        adversarial_loss: As in `choose_losses`.
        real_label: As in `choose_losses`.
        from_logits: As in `choose_losses`.

    Raises:
        ValueError: In those cases.
    """
    if adversarial_loss not in ADVERSARIAL_LOSSES:
        raise ValueError(
            f"`adversarial_loss` must be one of {', '.join(ADVERSARIAL_LOSSES)}. "
            f"{suggestion(adversarial_loss, ADVERSARIAL_LOSSES)}"
            f"Received: adversarial_loss={adversarial_loss!r}"
        )
    if not from_logits and adversarial_loss not in _CROSS_ENTROPIES:
        raise ValueError(
            f"`adversarial_loss` must be {' or '.join(_CROSS_ENTROPIES)} for a "
            "discriminator that ends in a sigmoid. "
            f"Received: adversarial_loss={adversarial_loss!r}"
        )
    if real_label != 1.0 and adversarial_loss not in (*_CROSS_ENTROPIES, "lsgan"):
        raise ValueError(
            "`real_label` must be 1 for a loss without labels. Received: "
            f"real_label={real_label}, adversarial_loss={adversarial_loss!r}"
        )


def separation(
    adversarial_loss: str, real_outputs, fake_outputs, *, from_logits: bool = True
):
    """Measure how well a discriminator separates: E[p(real)] - E[p(fake)].

    At 1 the discriminator is certain, and the generator's gradient vanishes.

    Args:
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        real_outputs: The discriminator's outputs for real images.
        fake_outputs: Its outputs for generated images.
        from_logits: Whether the outputs are logits.

    Returns:
        A float32 scalar in [-1, 1], or `None` for a loss that is linear in the logits
        of generated images (hinge, Wasserstein): its gradient does not vanish.
    """
    if adversarial_loss not in (*_CROSS_ENTROPIES, "lsgan"):
        return None

    def mean_probability(outputs):
        outputs = keras.ops.cast(outputs, "float32")
        if adversarial_loss in _CROSS_ENTROPIES and from_logits:
            outputs = keras.ops.sigmoid(outputs)
        return keras.ops.mean(keras.ops.clip(outputs, 0.0, 1.0))

    return mean_probability(real_outputs) - mean_probability(fake_outputs)
