"""The adversarial losses by name, for logits and for probabilities."""

import dataclasses
import functools

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
    """Choose the losses of a pair of networks, for what its discriminator gives.

    Args:
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        real_label: Label of reals in the discriminator's loss; less than 1 smooths it.
        from_logits: Whether the discriminator gives logits rather than probabilities.

    Returns:
        The family's losses with that label, of such outputs.

    Raises:
        ValueError: If the loss is unknown, or has no use for an argument.

    Reference: Salimans et al., 2016, https://arxiv.org/abs/1606.03498 (smoothed labels,
    on one side).
    """
    check_losses(adversarial_loss, real_label=real_label, from_logits=from_logits)
    losses = ADVERSARIAL_LOSSES[adversarial_loss]
    if adversarial_loss == "lsgan":
        real = functools.partial(lsgan_loss, label=real_label)
        return dataclasses.replace(losses, real=real)
    if adversarial_loss not in _CROSS_ENTROPIES:
        return losses
    judge = functools.partial(bce_loss, from_logits=from_logits)
    return AdversarialLoss(
        generator=functools.partial(losses.generator, from_logits=from_logits),
        real=functools.partial(judge, label=real_label),
        fake=functools.partial(judge, label=0.0),
    )


def check_losses(
    adversarial_loss: str, *, real_label: float = 1.0, from_logits: bool = True
) -> None:
    """Refuse an unknown loss, and settings that it has no use for.

    Args:
        adversarial_loss: As in `choose_losses`.
        real_label: As there.
        from_logits: As there.

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
            "`real_label` must be 1 where the loss has no labels. Received: "
            f"real_label={real_label}, adversarial_loss={adversarial_loss!r}"
        )
