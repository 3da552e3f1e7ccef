"""CycleGAN: unpaired translation with cycle consistency (Zhu et al., 2017).

Two generators translate from photos to the style and back, each against a discriminator
of its own. Translated there and back, an image must return to itself.
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
        cycle: L1 distance of images translated there and back to themselves.
        identity: L1 change of images that are already of a generator's output domain
            (section 5.2).
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
    """Settings of CycleGAN; see `TrainingConfig`. Both generators have them alike."""

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
    from animegan_tf.training.gan import Forward, GanProgram

    generator, average, options = build_generators(config)
    with dtype_policy(config.precision):
        generator_back = build_generator(**options)
    adversaries = {
        "discriminator": build_adversary(config, (None, None, 3)),
        "discriminator_back": build_adversary(config, (None, None, 3), index=1),
    }

    def forward(generator, batch, step, turn, training):
        def to_anime(image):
            return generator(image, training=training)

        def to_photo(image):
            return generator_back(image, training=training)

        photo, anime = batch["photo"], batch.get("anime")
        fakes = {"discriminator": to_anime(photo)}
        if anime is not None:
            fakes["discriminator_back"] = to_photo(anime)
        cycle = l1_loss(to_photo(fakes["discriminator"]), photo)
        # Held-out photos have no style images beside them.
        if anime is None:
            return Forward(terms={"cycle": cycle}, fakes=fakes)
        cycle += l1_loss(to_anime(fakes["discriminator_back"]), anime)
        terms = {"cycle": cycle}
        if config.weights.identity:
            terms["identity"] = l1_loss(to_anime(anime), anime) + l1_loss(
                to_photo(photo), photo
            )
        reals = {"discriminator": anime, "discriminator_back": photo}
        return Forward(terms, reals, fakes)

    back = tf.function(lambda anime: generator_back(anime, training=False))

    def sample_columns(photos):
        anime = program.sample(photos)
        return [photos, anime, back(anime)]

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
