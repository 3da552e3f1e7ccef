"""Adversarial losses on a discriminator's logits.

Every loss is an unweighted float32 scalar, finite for any finite logits.
`ADVERSARIAL_LOSSES` maps the name of each family to its functions.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from keras import ops

from animegan_tf.utils.messages import suggestion


def lsgan_loss(logits, label: float):
    """Compute the least-squares loss, mean((D - label)^2).

    Args:
        logits: Unbounded discriminator output, any shape.
        label: Target value of the logits, such as 1.0 for real, 0.0 for fake, or 0.9
            and 0.1 for smoothed labels.

    Returns:
        A float32 scalar >= 0.

    Reference: Mao et al., 2017, https://arxiv.org/abs/1611.04076, without its 1/2.
    """
    return ops.mean(ops.square(_float32(logits) - label))


def lsgan_real_loss(real_logits):
    """Compute the discriminator loss on real images, mean((D(y) - 1)^2)."""
    return lsgan_loss(real_logits, 1.0)


def lsgan_fake_loss(fake_logits):
    """Compute the discriminator loss on generated images, mean(D(G(x))^2)."""
    return lsgan_loss(fake_logits, 0.0)


def lsgan_generator_loss(fake_logits):
    """Compute the generator loss, mean((D(G(x)) - 1)^2)."""
    return lsgan_loss(fake_logits, 1.0)


def bce_loss(outputs, label: float, *, from_logits: bool = True):
    """Compute the binary cross-entropy with a label in [0, 1].

    With p = sigmoid(logit): mean(-label log p - (1 - label) log(1 - p)).

    Args:
        outputs: Logits, or probabilities in [0, 1], any shape.
        label: Target probability of being real, in [0, 1]; 0.9 for real images is
            one-sided label smoothing (Salimans et al., 2016,
            https://arxiv.org/abs/1606.03498).
        from_logits: Whether `outputs` are logits. Probabilities are clipped away from
            0 and 1, so logits train better where D is confident.

    Returns:
        A float32 scalar >= 0.

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661.
    """
    if not from_logits:
        outputs = _logit(outputs)
    outputs = _float32(outputs)
    # log p = -softplus(-x) neither overflows nor rounds to log(0).
    real_part = ops.mean(ops.softplus(-outputs))
    fake_part = ops.mean(ops.softplus(outputs))
    return label * real_part + (1.0 - label) * fake_part


def bce_real_loss(real_logits):
    """Compute the discriminator loss on real images, mean(-log D(y))."""
    return ops.mean(ops.softplus(-_float32(real_logits)))


def bce_fake_loss(fake_logits):
    """Compute the discriminator loss on generated images, mean(-log(1 - D(G(x))))."""
    return ops.mean(ops.softplus(_float32(fake_logits)))


def bce_generator_loss(fake_outputs, *, from_logits: bool = True):
    """Compute the non-saturating generator loss, mean(-log D(G(x))).

    Its gradient stays large while D rejects every generated image.

    Args:
        fake_outputs: D's logits, or probabilities in [0, 1], of generated images.
        from_logits: Whether `fake_outputs` are logits.

    Returns:
        A float32 scalar >= 0.

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661, section 3.
    """
    return bce_loss(fake_outputs, 1.0, from_logits=from_logits)


def bce_saturating_generator_loss(fake_outputs, *, from_logits: bool = True):
    """Compute the original minimax generator loss, mean(log(1 - D(G(x)))).

    Args:
        fake_outputs: D's logits, or probabilities in [0, 1], of generated images.
        from_logits: Whether `fake_outputs` are logits.

    Returns:
        A float32 scalar <= 0.

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661, equation 1.
    """
    return -bce_loss(fake_outputs, 0.0, from_logits=from_logits)


def hinge_real_loss(real_logits):
    """Compute the hinge loss on real images, mean(max(0, 1 - D(y)))."""
    return ops.mean(ops.relu(1.0 - _float32(real_logits)))


def hinge_fake_loss(fake_logits):
    """Compute the hinge loss on generated images, mean(max(0, 1 + D(G(x))))."""
    return ops.mean(ops.relu(1.0 + _float32(fake_logits)))


def hinge_generator_loss(fake_logits):
    """Compute the generator loss, -mean(D(G(x))), unbounded.

    Reference: Miyato et al., 2018, https://arxiv.org/abs/1802.05957.
    """
    return -ops.mean(_float32(fake_logits))


def wasserstein_real_loss(real_logits):
    """Compute the critic loss on real images, -mean(D(y)), unbounded."""
    return -ops.mean(_float32(real_logits))


def wasserstein_fake_loss(fake_logits):
    """Compute the critic loss on generated images, mean(D(G(x))), unbounded."""
    return ops.mean(_float32(fake_logits))


def wasserstein_generator_loss(fake_logits):
    """Compute the generator loss, -mean(D(G(x))), unbounded.

    The negated sum of the critic's two losses estimates the Wasserstein distance only
    while the critic is 1-Lipschitz: see `gradient_penalties.gradient_penalty`.

    Reference: Arjovsky et al., 2017, https://arxiv.org/abs/1701.07875.
    """
    return -ops.mean(_float32(fake_logits))


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """A family of adversarial losses.

    Attributes:
        generator: Generator loss of the logits of generated images.
        real: Discriminator loss of the logits of real images.
        fake: Discriminator loss of the logits of generated images, or of other images
            that it should reject.
    """

    generator: Callable[[Any], Any]
    real: Callable[[Any], Any]
    fake: Callable[[Any], Any]

    def discriminator(
        self,
        real_logits,
        fake_logits,
        *,
        real_weight: float = 1.0,
        fake_weight: float = 1.0,
    ):
        """Return the weighted sum of the discriminator's two losses."""
        real_loss, fake_loss = self.real(real_logits), self.fake(fake_logits)
        return real_weight * real_loss + fake_weight * fake_loss


ADVERSARIAL_LOSSES = {
    "lsgan": AdversarialLoss(lsgan_generator_loss, lsgan_real_loss, lsgan_fake_loss),
    "bce": AdversarialLoss(bce_generator_loss, bce_real_loss, bce_fake_loss),
    "bce_saturating": AdversarialLoss(
        bce_saturating_generator_loss, bce_real_loss, bce_fake_loss
    ),
    "hinge": AdversarialLoss(hinge_generator_loss, hinge_real_loss, hinge_fake_loss),
    "wasserstein": AdversarialLoss(
        wasserstein_generator_loss, wasserstein_real_loss, wasserstein_fake_loss
    ),
}
# The losses of probabilities, which can also be computed from logits.
_CROSS_ENTROPIES = ("bce", "bce_saturating")


def choose_losses(
    adversarial_loss: str,
    *,
    real_label: float = 1.0,
    fake_label: float = 0.0,
    generator_label: float = 1.0,
    from_logits: bool = True,
) -> AdversarialLoss:
    """Choose the losses of a generator and its discriminator.

    Args:
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        real_label: Label of real images in the discriminator's loss; less than 1
            smooths it.
        fake_label: Label of generated images in the discriminator's loss.
        generator_label: Label that the generator's loss asks for.
        from_logits: Whether the discriminator returns logits rather than
            probabilities.

    Returns:
        The losses with that label, for such outputs.

    Raises:
        ValueError: If the loss is unknown, or has no use for an argument.

    Reference: Salimans et al., 2016, https://arxiv.org/abs/1606.03498 (one-sided label
    smoothing).
    """
    check_losses(
        adversarial_loss,
        real_label=real_label,
        fake_label=fake_label,
        generator_label=generator_label,
        from_logits=from_logits,
    )
    losses = ADVERSARIAL_LOSSES[adversarial_loss]
    if adversarial_loss == "lsgan":
        return AdversarialLoss(
            generator=functools.partial(lsgan_loss, label=generator_label),
            real=functools.partial(lsgan_loss, label=real_label),
            fake=functools.partial(lsgan_loss, label=fake_label),
        )
    if adversarial_loss not in _CROSS_ENTROPIES:
        return losses
    cross_entropy = functools.partial(bce_loss, from_logits=from_logits)
    generator = functools.partial(losses.generator, from_logits=from_logits)
    if generator_label != 1.0:
        generator = functools.partial(cross_entropy, label=generator_label)
    return AdversarialLoss(
        generator=generator,
        real=functools.partial(cross_entropy, label=real_label),
        fake=functools.partial(cross_entropy, label=fake_label),
    )


def check_losses(
    adversarial_loss: str,
    *,
    real_label: float = 1.0,
    fake_label: float = 0.0,
    generator_label: float = 1.0,
    from_logits: bool = True,
) -> None:
    """Refuse an unknown loss, and settings that have no effect on it.

    Args:
        adversarial_loss: As in `choose_losses`.
        real_label: As in `choose_losses`.
        fake_label: As in `choose_losses`.
        generator_label: As in `choose_losses`.
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
    has_labels = adversarial_loss in (*_CROSS_ENTROPIES, "lsgan")
    for name, value, usual in (
        ("real_label", real_label, 1),
        ("fake_label", fake_label, 0),
        ("generator_label", generator_label, 1),
    ):
        if value != usual and not has_labels:
            raise ValueError(
                f"`{name}` must be {usual} for a loss without labels. Received: "
                f"{name}={value}, adversarial_loss={adversarial_loss!r}"
            )
    if generator_label != 1.0 and adversarial_loss == "bce_saturating":
        raise ValueError(
            "`generator_label` must be 1 for the loss bce_saturating. "
            f"Received: generator_label={generator_label}"
        )


def separation(
    adversarial_loss: str, real_outputs, fake_outputs, *, from_logits: bool = True
):
    """Measure how well a discriminator separates: E[p(real)] - E[p(fake)].

    At 1 the discriminator is certain. With labels, the generator's gradient then
    vanishes. With the hinge loss, p is (D + 1) / 2 in [0, 1], so that D is at least 1
    for every real image and at most -1 for every generated one: the discriminator's own
    loss and gradient are 0, and the generator follows one that no longer learns. A
    Wasserstein critic has no such state: the distance of its outputs, which has no
    bound, is what it estimates, and its gradients do not depend on it.

    Args:
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        real_outputs: The discriminator's outputs for real images.
        fake_outputs: Its outputs for generated images.
        from_logits: Whether the outputs are logits.

    Returns:
        A float32 scalar in [-1, 1], or `None` for the Wasserstein loss.
    """
    if adversarial_loss == "wasserstein":
        return None

    def mean_probability(outputs):
        outputs = ops.cast(outputs, "float32")
        if adversarial_loss in _CROSS_ENTROPIES and from_logits:
            outputs = ops.sigmoid(outputs)
        elif adversarial_loss == "hinge":
            # Its margins are at 1 and -1.
            outputs = 0.5 * (outputs + 1.0)
        return ops.mean(ops.clip(outputs, 0.0, 1.0))

    return mean_probability(real_outputs) - mean_probability(fake_outputs)


def _float32(tensor):
    return ops.cast(tensor, "float32")


def _logit(probabilities):
    # 1 - 1e-7 is still below 1 in float32.
    probabilities = ops.clip(_float32(probabilities), 1e-7, 1.0 - 1e-7)
    return ops.log(probabilities) - ops.log1p(-probabilities)
