"""Image restoration: learn from clean images to undo a degradation.

The training is that of pix2pix, on clean images and degraded copies of them.
"""

import dataclasses
from typing import Any

from animegan_tf.recipes.image_to_image import ImageToImageConfig, ImageToImageData
from animegan_tf.recipes.pix2pix import (
    Pix2PixWeights,
    build_paired_program,
    build_paired_training,
)
from animegan_tf.utils.settings import check

DEGRADATIONS = ("blur", "downscale", "low_light", "noise", "jpeg", "holes")


@dataclasses.dataclass(frozen=True)
class RestoreData(ImageToImageData):
    """Where the clean images are.

    Adds to `ImageToImageData`:

    Attributes:
        degradations: What is done to the images, in this order: any of `"blur"`,
            `"downscale"`, `"low_light"`, `"noise"`, `"jpeg"` and `"holes"`.
    """

    crop_size: int = 128
    batch_size: int = 8
    coverage: tuple[float, float] = (0.3, 1.0)
    degradations: tuple[str, ...] = ("downscale", "noise", "jpeg")

    def __post_init__(self):
        super().__post_init__()
        check(
            self.degradations and set(self.degradations) <= set(DEGRADATIONS),
            "degradations",
            f"one or more of {', '.join(DEGRADATIONS)}",
            self.degradations,
        )


@dataclasses.dataclass(frozen=True)
class RestoreConfig(ImageToImageConfig):
    """Settings of the restoration recipe; see `TrainingConfig`."""

    recipe: str = "restore"
    steps: int = 20000
    data: RestoreData = dataclasses.field(default_factory=RestoreData)
    weights: Pix2PixWeights = dataclasses.field(default_factory=Pix2PixWeights)
    generator: str = "restoration"
    generator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Without normalization a rare steep gradient would destroy the weights.
    clip_norm: float = 10.0


def build(config: RestoreConfig, run, progress: bool = True):
    """Build the restoration with its data; see `animegan_tf.recipes`."""
    from animegan_tf.data.datasets.restoration import (
        build_restoration_dataset,
        read_degraded_squares,
    )
    from animegan_tf.recipes.common import (
        MAX_VALIDATION,
        crop_options,
        split_photos,
    )

    data = config.data
    program, options = build_paired_program(config)
    paths, held_out = split_photos(data, minimum=2)
    return build_paired_training(
        program,
        lambda start_step: build_restoration_dataset(
            paths,
            degradations=data.degradations,
            **crop_options(config, start_step),
        ),
        read_degraded_squares(
            (held_out or paths)[:MAX_VALIDATION],
            data.crop_size,
            data.degradations,
            config.seed,
        ),
        generator_options=options,
        files=paths,
        is_held_out=bool(held_out),
        steps_per_epoch=len(paths) / data.batch_size,
    )
