"""CycleGAN: unpaired translation with cycle consistency (Zhu et al., 2017).

Two generators translate from photos to the style and back, each against a discriminator
of its own. Translated there and back, an image must return to itself. Unlike in
the paper, a moving average of the first generator is kept, which validation and samples
use; the generators resize and convolve instead of transposed convolutions; patches have
77x77 pixels; and the discriminators' loss is not halved.
"""

import dataclasses

from animegan_tf.config import Regularization
from animegan_tf.recipes.image_to_image import ImageToImageConfig
from animegan_tf.recipes.two_way import TwoWayWeights, build_two_way_training


@dataclasses.dataclass(frozen=True)
class CycleGANConfig(ImageToImageConfig):
    """Settings of CycleGAN, of both generators; see `TrainingConfig`.

    Attributes:
        weights: Weights of the loss terms; those of the paper, with the identity loss
            of its section 5.2.
    """

    recipe: str = "cyclegan"
    steps: int = 200000
    weights: TwoWayWeights = dataclasses.field(default_factory=TwoWayWeights)
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(pool_size=50)
    )
    generator: str = "resnet"


def build(config: CycleGANConfig, run, progress: bool = True):
    """Build CycleGAN with its data; see `animegan_tf.recipes`."""
    return build_two_way_training(config)
