"""The adversarial losses by name, for logits and for probabilities."""

from animegan_tf.config import Stabilizers
from animegan_tf.losses.adversarial import (
    ADVERSARIAL_LOSSES,
    bce_generator_loss,
    bce_loss,
    bce_saturating_generator_loss,
    lsgan_loss,
)
from animegan_tf.messages import suggestion

_BCE_GENERATOR_LOSSES = {
    "bce": bce_generator_loss,
    "bce_saturating": bce_saturating_generator_loss,
}


def check_adversary(
    adversarial_loss: str, stabilizers: Stabilizers, from_logits: bool
) -> None:
    """Refuse an unknown loss, and settings that it has no use for.

    Raises:
        ValueError: In those cases.
    """
    if adversarial_loss not in ADVERSARIAL_LOSSES:
        raise ValueError(
            f"`adversarial_loss` must be one of {', '.join(ADVERSARIAL_LOSSES)}. "
            f"{suggestion(adversarial_loss, ADVERSARIAL_LOSSES)}"
            f"Received: adversarial_loss={adversarial_loss!r}"
        )
    bce = adversarial_loss in _BCE_GENERATOR_LOSSES
    if not from_logits and not bce:
        raise ValueError(
            "A discriminator that ends in a sigmoid needs the loss bce or "
            f"bce_saturating. Received: adversarial_loss={adversarial_loss!r}"
        )
    if stabilizers.real_label != 1.0 and not bce and adversarial_loss != "lsgan":
        raise ValueError(
            "`real_label` must be 1 where the loss has no labels. Received: "
            f"real_label={stabilizers.real_label}, "
            f"adversarial_loss={adversarial_loss!r}"
        )


def real_loss(adversarial_loss: str, outputs, real_label=1.0, from_logits=True):
    """Measure a discriminator's loss on reals, with their label smoothed or not.

    Reference: Salimans et al., 2016, https://arxiv.org/abs/1606.03498 (one-sided).
    """
    if adversarial_loss in _BCE_GENERATOR_LOSSES:
        return bce_loss(outputs, real_label, from_logits=from_logits)
    if adversarial_loss == "lsgan":
        return lsgan_loss(outputs, real_label)
    return ADVERSARIAL_LOSSES[adversarial_loss].real(outputs)


def fake_loss(adversarial_loss: str, outputs, from_logits=True):
    """Measure a discriminator's loss on fakes."""
    if adversarial_loss in _BCE_GENERATOR_LOSSES:
        return bce_loss(outputs, 0.0, from_logits=from_logits)
    return ADVERSARIAL_LOSSES[adversarial_loss].fake(outputs)


def generator_verdict_loss(adversarial_loss: str, outputs, from_logits=True):
    """Measure a generator's loss on what the discriminator makes of its fakes."""
    if adversarial_loss in _BCE_GENERATOR_LOSSES:
        loss = _BCE_GENERATOR_LOSSES[adversarial_loss]
        return loss(outputs, from_logits=from_logits)
    return ADVERSARIAL_LOSSES[adversarial_loss].generator(outputs)
