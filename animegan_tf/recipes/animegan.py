"""AnimeGAN and AnimeGANv2: gray drawings and smoothed edges count as generated.

The style loss and the discriminator look at gray drawings, so that brush strokes and
edges are learned from them, and the colors of the photos are held by a loss in YUV. The
discriminator must accept drawings in color, and reject results, gray drawings and gray
drawings with smoothed edges.

Reference: Chen et al., 2020, AnimeGAN: A Novel Lightweight GAN for Photo Animation;
Liu et al., AnimeGANv2, https://github.com/TachibanaYoshino/AnimeGANv2.
"""

import dataclasses

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.recipes.family import NUM_PHOTOS, FamilyConfig, FamilyData
from animegan_tf.utils.settings import check


@dataclasses.dataclass(frozen=True)
class AnimeGANWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        content: Distance of VGG19's features to the photo's.
        style: Distance of Gram matrices to those of gray drawings.
        color: Distance to the photo's colors in YUV.
        total_variation: Half the mean squared difference of neighboring pixels.
        adversarial: The adversarial loss.
    """

    content: float = 1.5
    style: float = 2.5
    color: float = 15.0
    total_variation: float = 1.0
    adversarial: float = 300.0


@dataclasses.dataclass(frozen=True)
class AnimeGANConfig(FamilyConfig):
    """Settings of AnimeGAN and AnimeGANv2; see `FamilyConfig`.

    Attributes:
        weights: Weights of the loss terms.
        gray_weight: Weight of gray drawings as generated images in the discriminator's
            loss.
    """

    weights: AnimeGANWeights = dataclasses.field(default_factory=AnimeGANWeights)
    discriminator_weight: float = 300.0
    gray_weight: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        check(self.gray_weight >= 0.0, "gray_weight", "at least 0", self.gray_weight)


def _data(batch_size: int):
    return dataclasses.field(default_factory=lambda: FamilyData(batch_size=batch_size))


def _weights(**values):
    return dataclasses.field(default_factory=lambda: AnimeGANWeights(**values))


@dataclasses.dataclass(frozen=True)
class AnimeGANv1Config(AnimeGANConfig):
    """Settings of AnimeGAN; see `AnimeGANConfig`."""

    recipe: str = "animegan_v1"
    data: FamilyData = _data(6)
    # 101 epochs, 5 of them pretraining.
    steps: int = 101 * NUM_PHOTOS // 6
    pretraining_steps: int = 5 * NUM_PHOTOS // 6
    pretraining_learning_rate: float = 1e-4
    generator: str = "animegan_v1"
    discriminator: str = "animegan_v1"
    generator_learning_rate: float = 8e-5
    discriminator_learning_rate: float = 1.6e-4
    weights: AnimeGANWeights = _weights(style=3.0, color=10.0, total_variation=0.0)
    smooth_weight: float = 0.1


@dataclasses.dataclass(frozen=True)
class AnimeGANv2Config(AnimeGANConfig):
    """Settings of AnimeGANv2, by default of the preset hayao; see `AnimeGANConfig`."""

    recipe: str = "animegan_v2"
    data: FamilyData = _data(12)
    # 101 epochs, 10 of them pretraining.
    steps: int = 101 * NUM_PHOTOS // 12
    pretraining_steps: int = 10 * NUM_PHOTOS // 12
    generator: str = "animegan_v2"
    discriminator: str = "animegan_v2"
    generator_learning_rate: float = 2e-5
    discriminator_learning_rate: float = 4e-5
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(real_weight=1.2, fake_weight=1.2)
    )
    gray_weight: float = 1.2
    smooth_weight: float = 0.8


def _row(content, style, color, total_variation, real, fake, gray, smooth):
    """Return a row of the table below as settings."""
    return {
        "weights": {
            "content": content,
            "style": style,
            "color": color,
            "total_variation": total_variation,
            "adversarial": 300.0,
        },
        "discriminator_weight": 300.0,
        "regularization": {"real_weight": real, "fake_weight": fake},
        "gray_weight": gray,
        "smooth_weight": smooth,
    }


# Weights of each style: content, style, color, total variation; and in the loss of the
# discriminator: real, fake, gray, smooth. AnimeGANv2's code has Shinkai's weights of
# the discriminator for every style; these are those that its comments give for each.
PRESETS = {
    "animegan_v1": {
        "hayao": _row(1.5, 3.0, 10.0, 0.0, 1.0, 1.0, 1.0, 0.1),
        "paprika": _row(1.5, 3.0, 10.0, 0.0, 1.0, 1.0, 1.0, 0.1),
        "shinkai": _row(1.1, 3.0, 10.0, 0.0, 1.0, 1.0, 1.0, 0.1),
    },
    "animegan_v2": {
        "hayao": _row(1.5, 2.5, 15.0, 1.0, 1.2, 1.2, 1.2, 0.8),
        "paprika": _row(2.0, 0.6, 50.0, 0.1, 1.0, 1.0, 1.0, 0.005),
        "shinkai": _row(1.2, 2.0, 10.0, 1.0, 1.7, 1.7, 1.7, 1.0),
    },
}


def build(config: AnimeGANConfig, run, progress: bool = True):
    """Build AnimeGAN or AnimeGANv2 with its data; see `animegan_tf.recipes`."""
    from animegan_tf.losses.pixel import color_yuv_loss, total_variation_loss
    from animegan_tf.recipes import family
    from animegan_tf.recipes.common import build_generators
    from animegan_tf.training.gan_program import Forward

    networks = build_generators(config)
    features = family.FeatureMaps(config)
    active = config.weights.active()
    weights = {"gray": config.gray_weight, "smooth": config.smooth_weight}
    extra = {name: weight for name, weight in weights.items() if weight}

    def forward(generator, batch, step, turn, training):
        photo, anime = batch["photo"], batch.get("anime")
        stylized = generator(photo, training=training)
        terms = {
            "color": lambda: color_yuv_loss(stylized, photo),
            "total_variation": lambda: total_variation_loss(stylized),
        }
        terms = {name: term() for name, term in terms.items() if name in active}
        gray = None if anime is None else family.gray_rgb(anime)
        compared = {"photo": photo}
        # Held-out batches have photos alone.
        if gray is not None and "style" in active:
            compared["gray"] = gray
        if {"content", "style"} & set(active):
            own, maps = features(stylized), features.of_each(compared)
        if "content" in active:
            terms["content"] = family.content_loss(own, maps["photo"])
        if "gray" in compared:
            terms["style"] = family.style_loss(own, maps["gray"])
        fakes = {"discriminator": stylized}
        if anime is None:
            return Forward(terms, fakes=fakes)
        further = {"gray": lambda: gray, "smooth": lambda: family.smoothed(gray)}
        return Forward(
            terms,
            reals={"discriminator": anime},
            fakes=fakes,
            extra={"discriminator": [further[name]() for name in extra]},
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
