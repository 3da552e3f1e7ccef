"""Weights of the loss terms."""

import dataclasses

from animegan_tf.config.conversion import check, convert_fields


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the generator's loss terms; 0 leaves a term out.

    Each field's name is also the term's name in the objective and in the log.

    Attributes:
        target: L1 distance to the cel-and-ink target.
        gradient: L1 distance of image gradients to the target's.
        content: L1 distance of deep features to the target's.
        style: Distance of the correlation Gram matrices to the style set's.
        color: YUV distance to the target's colours.
        total_variation: Mean squared difference of neighbouring pixels.
        adversarial: The adversary's verdict.
        l1: L1 distance to the paired picture (pix2pix).
        cycle: L1 distance after there and back (CycleGAN).
        identity: L1 change of a picture that is in the style already.
        nce: Contrast of patches with those of the photo (CUT).
    """

    target: float = 0.0
    gradient: float = 0.0
    content: float = 0.0
    style: float = 0.0
    color: float = 0.0
    total_variation: float = 0.0
    adversarial: float = 0.0
    l1: float = 0.0
    cycle: float = 0.0
    identity: float = 0.0
    nce: float = 0.0

    def __post_init__(self):
        convert_fields(self)
        for name, value in dataclasses.asdict(self).items():
            check(value >= 0.0, name, "at least 0", value)

    def active(self) -> dict[str, float]:
        """Return the terms with a weight other than 0."""
        return {name: w for name, w in dataclasses.asdict(self).items() if w != 0.0}
