"""pix2pix: image-to-image translation with paired images (Isola et al., 2017).

The generator minimizes the L1 distance to the target and an adversarial loss; the
discriminator sees the photo and the target, or the photo and the result, side by side
in its channels.
"""

import dataclasses
from typing import Any

from animegan_tf.config import LossWeights
from animegan_tf.recipes.image_to_image import ImageToImageConfig, ImageToImageData
from animegan_tf.utils.settings import check

PAIRINGS = ("name", "side_by_side", "side_by_side_reversed")


@dataclasses.dataclass(frozen=True)
class Pix2PixData(ImageToImageData):
    """Where the pairs are.

    Adds to `ImageToImageData`:

    Attributes:
        pairing: How images are paired: `"name"`, equal names in `photos` and `style`;
            `"side_by_side"`, photo and target are the halves of each image in `photos`;
            or `"side_by_side_reversed"`, with the target on the left. With pairing by
            name, a folder of `validation` holds photos whose targets are in `style`.
    """

    pairing: str = "name"

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {', '.join(PAIRINGS)}"
        check(self.pairing in PAIRINGS, "pairing", expected, self.pairing)


@dataclasses.dataclass(frozen=True)
class Pix2PixWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        gradient: L1 distance of image gradients to the target's.
        color: Distance to the target's colors in YUV.
        adversarial: The adversarial loss.
        l1: L1 distance to the target.
    """

    gradient: float = 0.0
    color: float = 0.0
    adversarial: float = 1.0
    l1: float = 100.0


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(ImageToImageConfig):
    """Settings of pix2pix; see `TrainingConfig`."""

    recipe: str = "pix2pix"
    steps: int = 80000
    data: Pix2PixData = dataclasses.field(default_factory=Pix2PixData)
    weights: Pix2PixWeights = dataclasses.field(default_factory=Pix2PixWeights)
    generator: str = "unet"
    # The paper normalizes a batch of one by its own statistics, in use too.
    generator_options: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"normalization": "instance"}
    )
    adversarial_loss: str = "bce"


def build(config: Pix2PixConfig, run, progress: bool = True):
    """Build pix2pix with its data; see `animegan_tf.recipes`."""
    from animegan_tf.data.datasets.paired import build_paired_dataset, read_pair_squares
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.data.image_pairs import pair_by_name, pair_halves
    from animegan_tf.recipes.common import MAX_VALIDATION, crop_options, hold_out

    data = config.data

    def find_pairs(folder):
        if data.pairing == "name":
            scan_images(data.style, argument="style")
            return pair_by_name(folder, data.style)
        return pair_halves(folder, reverse=data.pairing == "side_by_side_reversed")

    program, options = build_paired_program(config)
    pairs = find_pairs(data.photos)
    if isinstance(data.validation, str):
        held_out = find_pairs(data.validation)
    else:
        pairs, held_out = hold_out(pairs, data.validation)
    return build_paired_training(
        program,
        lambda start_step: build_paired_dataset(
            pairs, **crop_options(config, start_step)
        ),
        read_pair_squares((held_out or pairs)[:MAX_VALIDATION], data.crop_size),
        generator_options=options,
        files=sorted({path for p in pairs for path in (p.photo, p.target) if path}),
        is_held_out=bool(held_out),
        steps_per_epoch=len(pairs) / data.batch_size,
    )


def build_paired_program(config: ImageToImageConfig):
    """Build a generator that learns from pairs, with or without a discriminator.

    Args:
        config: Settings, with `Pix2PixWeights`.

    Returns:
        `(program, generator_options)`. Batches have `photo` and `target`, and each row
        of the sample sheets is a photo, its result and its target.
    """
    import tensorflow as tf

    from animegan_tf.losses.pixel import color_yuv_loss, gradient_loss, l1_loss
    from animegan_tf.recipes.common import (
        build_adversary,
        build_generators,
        build_program,
    )
    from animegan_tf.training.gan_program import Forward

    losses = {"l1": l1_loss, "gradient": gradient_loss, "color": color_yuv_loss}
    is_adversarial = "adversarial" in config.weights.active()
    generator, average, options = build_generators(config)
    adversaries = {}
    if is_adversarial:
        adversaries["discriminator"] = build_adversary(config, (None, None, 6))

    def with_photo(batch, image):
        """Concatenate a photo and an image: what the discriminator sees."""
        images = (batch["photo"], image)
        return tf.concat([tf.cast(i, tf.float32) for i in images], axis=-1)

    def forward(generator, batch, step, turn, training):
        result, target = generator(batch["photo"], training=training), batch["target"]
        logs = {}
        if not training:
            logs = {
                "l1": l1_loss(result, target),
                "psnr": mean_psnr(result, target),
                "psnr_before": mean_psnr(batch["photo"], target),
            }
        return Forward(
            terms={
                name: loss(result, target)
                for name, loss in losses.items()
                if name in config.weights.active()
            },
            reals={"discriminator": with_photo(batch, target)},
            fakes={"discriminator": with_photo(batch, result)},
            logs=logs,
        )

    program = build_program(
        config,
        {"generator": generator},
        average,
        forward,
        beta_1=0.5 if is_adversarial else 0.9,
        adversaries=adversaries,
        sample_columns=lambda samples: [
            samples["photo"],
            program.sample(samples["photo"]),
            samples["target"],
        ],
    )
    return program, options


def build_paired_training(
    program, build_dataset, squares, *, is_held_out: bool, **fields
):
    """Put a paired program and its data together.

    Args:
        program: From `build_paired_program`.
        build_dataset: Function of a start step to endless batches.
        squares: Dict of arrays with the center crops of some pairs, `photo` and
            `target`.
        is_held_out: Whether those are held out of the training.
        **fields: Further fields of `Training`.
    """
    from animegan_tf.recipes.common import Training, build_validation
    from animegan_tf.training.best import BestRule

    return Training(
        program,
        build_dataset,
        samples={name: images[:4] for name, images in squares.items()},
        validation=build_validation(squares) if is_held_out else None,
        best=BestRule("validation_psnr", highest=True) if is_held_out else None,
        **fields,
    )


def mean_psnr(images, targets):
    """Return the mean peak signal-to-noise ratio of images in [-1, 1], in decibels.

    Equal images count as 100 dB, so that a mean stays finite.
    """
    import tensorflow as tf

    images, targets = tf.cast(images, tf.float32), tf.cast(targets, tf.float32)
    return tf.reduce_mean(tf.minimum(tf.image.psnr(images, targets, 2.0), 100.0))
