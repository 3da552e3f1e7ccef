"""CycleGAN: unpaired translation with cycle consistency (Zhu et al., 2017).

Two generators translate from photos to the style and back, each against a discriminator
of its own. Translated there and back, an image must return to itself. Unlike in
the paper, a moving average of the first generator is kept, which validation and samples
use; the generators resize and convolve instead of transposed convolutions; patches have
77x77 pixels; and the discriminators' loss is not halved.
"""

import dataclasses

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.recipes.image_to_image import ImageToImageConfig
from animegan_tf.recipes.unpaired import build_unpaired_training
from animegan_tf.utils.settings import check


@dataclasses.dataclass(frozen=True)
class CycleGANWeights(LossWeights):
    """Weights of the loss terms, each the sum of both directions.

    Attributes:
        adversarial: The adversarial losses.
        cycle: L1 distance between images and their translation there and back.
        identity: L1 distance between a generator's results and its inputs, for inputs
            that already are of its output domain (section 5.2).
    """

    adversarial: float = 1.0
    cycle: float = 10.0
    identity: float = 5.0

    def __post_init__(self):
        super().__post_init__()
        for name in ("adversarial", "cycle"):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))


@dataclasses.dataclass(frozen=True)
class CycleGANConfig(ImageToImageConfig):
    """Settings of CycleGAN, of both generators; see `TrainingConfig`."""

    recipe: str = "cyclegan"
    steps: int = 200000
    weights: CycleGANWeights = dataclasses.field(default_factory=CycleGANWeights)
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(pool_size=50)
    )
    generator: str = "resnet"


def build(config: CycleGANConfig, run, progress: bool = True):
    """Build CycleGAN with its data; see `animegan_tf.recipes`.

    Each row of the sample sheets is a photo, its translation, and the translation back.
    The generator that is kept is the one from photos to the style.
    """
    import tensorflow as tf

    from animegan_tf.losses.pixel import l1_loss
    from animegan_tf.models.generators import build_generator
    from animegan_tf.recipes.common import (
        build_adversary,
        build_generators,
        build_optimizer,
        dtype_policy,
    )
    from animegan_tf.training.gan_program import Forward, GanProgram

    generator, average, options = build_generators(config)
    with dtype_policy(config.precision):
        generator_back = build_generator(**options)
    adversaries = {
        "discriminator": build_adversary(config, (None, None, 3)),
        "discriminator_back": build_adversary(config, (None, None, 3), index=1),
    }

    def forward(generator, batch, step, turn, training):
        def to_style(image):
            return generator(image, training=training)

        def to_photo(image):
            return generator_back(image, training=training)

        photo, style = batch["photo"], batch.get("anime")
        fake_style = to_style(photo)
        # Held-out batches have photos only, so one direction is left.
        if style is None:
            cycle = l1_loss(to_photo(fake_style), photo)
            return Forward({"cycle": cycle}, fakes={"discriminator": fake_style})
        fake_photo = to_photo(style)
        cycle = l1_loss(to_photo(fake_style), photo)
        cycle += l1_loss(to_style(fake_photo), style)
        terms = {"cycle": cycle}
        if config.weights.identity:
            terms["identity"] = l1_loss(to_style(style), style) + l1_loss(
                to_photo(photo), photo
            )
        # `GanProgram` adds the adversarial losses of the fakes, and trains both
        # discriminators on reals and fakes.
        return Forward(
            terms,
            reals={"discriminator": style, "discriminator_back": photo},
            fakes={"discriminator": fake_style, "discriminator_back": fake_photo},
        )

    back = tf.function(lambda image: generator_back(image, training=False))

    def sample_columns(photos):
        translated = program.sample(photos)
        return [photos, translated, back(translated)]

    program = GanProgram(
        {"generator": generator, "generator_back": generator_back},
        average,
        forward,
        optimizer=build_optimizer(config, config.generator_learning_rate, beta_1=0.5),
        weights=config.weights,
        adversaries=adversaries,
        clip_norm=config.clip_norm,
        sample_columns=sample_columns,
    )
    return build_unpaired_training(config, program, options)
