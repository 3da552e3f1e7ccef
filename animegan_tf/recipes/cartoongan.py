"""CartoonGAN: drawings with smoothed edges count as generated (Chen et al., 2018).

The generator keeps the content of photos in VGG19's features. The discriminator must
accept drawings, and reject results and drawings whose edges are smoothed, so that it
asks for clear edges. A style loss by Gram matrices is optional.

Reference: Chen, Lai, Liu, 2018, CartoonGAN: Generative Adversarial Networks for Photo
Cartoonization, CVPR; weights of mnicnc404/CartoonGan-tensorflow.
"""

import dataclasses

from animegan_tf.config import LossWeights
from animegan_tf.recipes.family import NUM_PHOTOS, FamilyConfig, FamilyData

# The implementation that the weights come from feeds VGG19 with RGB in [-1, 1], where
# the network expects BGR in [0, 255] less a mean. Here it gets what it expects. This is
# the ratio of both content losses, measured at block3_conv4 between photos and painted
# photos; with it the terms keep the shares that the weights were chosen for.
FEATURE_SCALE = 0.0145


@dataclasses.dataclass(frozen=True)
class CartoonGANWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        content: Distance of VGG19's features to the photo's.
        style: Distance of Gram matrices to those of the drawings.
        adversarial: The adversarial loss.
    """

    content: float = 10.0
    style: float = 1.0
    adversarial: float = 1.0


@dataclasses.dataclass(frozen=True)
class CartoonGANConfig(FamilyConfig):
    """Settings of CartoonGAN; see `FamilyConfig`.

    Attributes:
        weights: Weights of the loss terms.
    """

    recipe: str = "cartoongan"
    data: FamilyData = dataclasses.field(
        default_factory=lambda: FamilyData(batch_size=1, coverage=(0.9, 1.0))
    )
    # 100 epochs, 2 of them pretraining.
    steps: int = 100 * NUM_PHOTOS
    pretraining_steps: int = 2 * NUM_PHOTOS
    pretraining_learning_rate: float = 1e-5
    generator: str = "cartoongan"
    discriminator: str = "cartoongan"
    adversarial_loss: str = "bce"
    generator_learning_rate: float = 1e-5
    discriminator_learning_rate: float = 1e-5
    weights: CartoonGANWeights = dataclasses.field(default_factory=CartoonGANWeights)


PRESETS = {
    "cartoongan": {
        "content": {
            "weights": {"content": 10.0, "style": 1.0, "adversarial": 1.0},
        },
        # For strong styles, with batches of 8.
        "style": {
            "data": {"batch_size": 8},
            "steps": 100 * NUM_PHOTOS // 8,
            "pretraining_steps": NUM_PHOTOS // 8,
            "pretraining_learning_rate": 2e-4,
            "generator_learning_rate": 8e-5,
            "discriminator_learning_rate": 3e-5,
            "weights": {"content": 0.4, "style": 25.0, "adversarial": 8.0},
        },
    }
}


def build(config: CartoonGANConfig, run, progress: bool = True):
    """Build CartoonGAN with its data; see `animegan_tf.recipes`."""
    from animegan_tf.recipes import family
    from animegan_tf.recipes.common import build_generators
    from animegan_tf.training.gan_program import Forward

    networks = build_generators(config)
    features = family.FeatureMaps(config, scale=FEATURE_SCALE)
    active = config.weights.active()
    extra = {"smooth": config.smooth_weight} if config.smooth_weight else {}

    def forward(generator, batch, step, turn, training):
        photo, anime = batch["photo"], batch.get("anime")
        stylized = generator(photo, training=training)
        compared = {"photo": photo}
        # Held-out batches have photos alone.
        if anime is not None and "style" in active:
            compared["anime"] = anime
        terms = {}
        if {"content", "style"} & set(active):
            own, maps = features(stylized), features.of_each(compared)
        if "content" in active:
            terms["content"] = family.content_loss(own, maps["photo"])
        if "anime" in compared:
            terms["style"] = family.style_loss(own, maps["anime"])
        fakes = {"discriminator": stylized}
        if anime is None:
            return Forward(terms, fakes=fakes)
        further = [family.smoothed(anime)] if extra else []
        return Forward(
            terms,
            reals={"discriminator": anime},
            fakes=fakes,
            extra={"discriminator": further},
        )

    return family.build_family_training(
        config,
        networks,
        adversaries={
            "discriminator": family.build_family_adversary(config, extra=extra)
        },
        forward=forward,
        pretraining=family.reproduce_content(features),
        pretraining_weights=family.PretrainingWeights(content=1.0),
    )
