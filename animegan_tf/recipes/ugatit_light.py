"""U-GAT-IT, light: unpaired translation with class activation maps (Kim et al., 2019).

As in CycleGAN, two generators translate there and back. Each also classifies its input
by its domain, and weights its features by that class activation map, and so do the
discriminators: a local and a global one for each direction, whose maps' logits have
adversarial losses too. AdaLIN keeps its share of instance normalization in [0, 1].

Unlike in the original, a moving average of the first generator is kept, and in each
step the generators are updated before the discriminators, on the same images.

Reference: Kim et al., 2019, https://arxiv.org/abs/1907.10830,
https://github.com/znxlwm/UGATIT-pytorch.
"""

import dataclasses
from typing import Any

from animegan_tf.config import Regularization
from animegan_tf.recipes.image_to_image import ImageToImageConfig
from animegan_tf.recipes.two_way import TwoWayWeights, build_two_way_training
from animegan_tf.utils.settings import check

# The original's weight decay of 1e-4 is half of that times the sum of squares.
_WEIGHT_DECAY = 1e-4


@dataclasses.dataclass(frozen=True)
class UGATITWeights(TwoWayWeights):
    """Weights of the loss terms, each the sum of both directions.

    Adds to `TwoWayWeights`:

    Attributes:
        cam: Cross-entropy of the generators' class activation maps, which tell the
            images that a generator translates from those of its output domain.
        weight_decay: Half the sum of squares of the generators' kernels.
    """

    identity: float = 10.0
    cam: float = 1000.0
    weight_decay: float = _WEIGHT_DECAY

    def __post_init__(self):
        super().__post_init__()
        check(self.cam > 0.0, "cam", "positive", self.cam)


@dataclasses.dataclass(frozen=True)
class UGATITLightConfig(ImageToImageConfig):
    """Settings of U-GAT-IT, light; see `TrainingConfig`.

    Attributes:
        weights: Weights of the loss terms. The adversarial losses of a discriminator's
            four outputs are added.
    """

    recipe: str = "ugatit_light"
    steps: int = 1000000
    generator: str = "ugatit_light"
    discriminator: str = "ugatit"
    discriminator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    generator_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 1e-4
    weights: UGATITWeights = dataclasses.field(default_factory=UGATITWeights)
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(l2=0.5 * _WEIGHT_DECAY)
    )

    def __post_init__(self):
        super().__post_init__()
        check(
            "cam_logits" not in self.generator_options,
            "generator_options",
            "without cam_logits: the training needs them, and stylizing does not",
            self.generator_options,
        )


PRESETS = {
    "ugatit_light": {
        # The published settings, the same for each of its data sets.
        "selfie2anime": {
            "weights": {
                "adversarial": 1.0,
                "cycle": 10.0,
                "identity": 10.0,
                "cam": 1000.0,
                "weight_decay": _WEIGHT_DECAY,
            },
            "regularization": {"l2": 0.5 * _WEIGHT_DECAY},
        },
    }
}


def build(config: UGATITLightConfig, run, progress: bool = True):
    """Build U-GAT-IT with its data; see `animegan_tf.recipes`."""
    from animegan_tf.losses.adversarial import bce_loss
    from animegan_tf.recipes.common import keep_image
    from animegan_tf.training.regularization import sum_of_squares

    _check_crop_size(config)

    def cam_loss(source, target):
        """Return the loss of one generator's maps for its two kinds of input."""
        (_, of_source), (_, of_target) = source, target
        return bce_loss(of_source, 1.0) + bce_loss(of_target, 0.0)

    def further_terms(generators, outputs):
        terms = {
            "cam": cam_loss(outputs.photo_to_style, outputs.style_to_style)
            + cam_loss(outputs.style_to_photo, outputs.photo_to_photo)
        }
        if config.weights.weight_decay:
            squares = [sum_of_squares(generator) for generator in generators]
            terms["weight_decay"] = 0.5 * sum(squares)
        return terms

    training = build_two_way_training(
        config,
        further_terms=further_terms,
        sum_outputs=True,
        generator_options={"cam_logits": True},
        deploy=keep_image,
    )
    options = training.generator_options | {"cam_logits": False}
    return training._replace(generator_options=options)


def _check_crop_size(config: UGATITLightConfig) -> None:
    """Refuse crops of which the global discriminator would leave no pixel."""
    num_layers = config.discriminator_options.get("num_layers", 6)
    # Two pixels after its last convolution.
    smallest = 3 * 2 ** (num_layers - 1)
    expected = f"at least {smallest} for discriminators of {num_layers} layers"
    size = config.data.crop_size
    ok = config.discriminator != "ugatit" or size >= smallest
    check(ok, "data.crop_size", expected, size)
