"""Settings that the image-to-image recipes of the literature have in common.

Isola et al., 2017; Zhu et al., 2017; Park et al., 2020: images scaled to 286 pixels and
cut to 256, one in a batch, and learning rates that fall to 0 in the second half.
"""

import dataclasses
from typing import Any

from animegan_tf.config import DataConfig, TrainingConfig
from animegan_tf.utils.settings import check

# The papers do not clip gradients; no gradient norm reaches this.
NO_CLIPPING = 1e6


@dataclasses.dataclass(frozen=True)
class ImageToImageData(DataConfig):
    """Where the images are.

    Adds to `DataConfig`:

    Attributes:
        coverage: Smallest and largest fraction of an image's short side that a crop
            covers, in (0, 1].
    """

    crop_size: int = 256
    batch_size: int = 1
    coverage: tuple[float, float] = (256 / 286, 256 / 286)

    def __post_init__(self):
        super().__post_init__()
        coverage = self.coverage
        check(
            len(coverage) == 2 and 0.0 < coverage[0] <= coverage[1] <= 1.0,
            "coverage",
            "two ascending numbers in (0, 1]",
            coverage,
        )


@dataclasses.dataclass(frozen=True)
class ImageToImageConfig(TrainingConfig):
    """Settings of an image-to-image recipe; see `TrainingConfig`."""

    data: ImageToImageData = dataclasses.field(default_factory=ImageToImageData)
    # Sees patches of 77x77 pixels, where the papers' sees 70x70.
    discriminator_options: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"num_downsamples": 3}
    )
    learning_rate_decay: str = "linear"
    ema_decay: float = 0.999
    clip_norm: float = NO_CLIPPING
    sample_every: int = 1000
    checkpoint_every: int = 2000
