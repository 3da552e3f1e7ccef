"""White-box Cartoonization: surface, structure and texture, a loss for each.

Surface: a discriminator sees drawings and results smoothed by a guided filter.
Structure: results keep close to the mean colors of their own superpixels, in VGG19's
features. Texture: a discriminator sees them in gray, of random weights of the channels.

The original computes superpixels on the host, image by image in every step; here they
are tensor operations, see `losses.superpixels`.

Reference: Wang, Yu, 2020, Learning to Cartoonize Using White-box Cartoon
Representations, https://github.com/SystemErrorWang/White-box-Cartoonization.
"""

import dataclasses

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.recipes.family import FamilyConfig, FamilyData
from animegan_tf.utils.settings import check

_SALT = 109
# The original divides the mean distance of features by the size of their map, and the
# total variation by that of the image; both at crops of 256 pixels.
_MAP_SIZE = 32 * 32 * 512
_IMAGE_SIZE = 256 * 256 * 3
# Smallest and largest weights of red, green and blue in the gray view.
_GRAY_WEIGHTS = ((0.199, 0.487, 0.014), (0.399, 0.687, 0.214))
# Radius and epsilon of the guided filter of the surface.
_SURFACE_RADIUS, _SURFACE_EPSILON = 5, 0.2


@dataclasses.dataclass(frozen=True)
class WhiteBoxWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        content: Distance of VGG19's features to the photo's, divided by their number.
        structure: The same distance to the result's superpixels.
        total_variation: Squared differences of neighboring pixels, divided by the
            number of values of the image.
        adversarial: The adversarial loss of texture, in gray of random weights.
        adversarial_surface: The adversarial loss of the surface.
    """

    content: float = 200.0
    structure: float = 200.0
    total_variation: float = 1e4
    adversarial: float = 1.0
    adversarial_surface: float = 0.1


@dataclasses.dataclass(frozen=True)
class WhiteBoxConfig(FamilyConfig):
    """Settings of White-box Cartoonization; see `FamilyConfig`.

    Attributes:
        weights: Weights of the loss terms.
        superpixel_size: Side of the superpixels' squares, in pixels; 18 gives about 200
            of them in an image of 256x256.
        structure_power: Exponent of the superpixels' colors in [0, 1], which are then
            divided by their maximum; 1.0 leaves them alone, 1.2 raises the contrast
            (adaptive coloring).
    """

    recipe: str = "white_box"
    data: FamilyData = dataclasses.field(
        default_factory=lambda: FamilyData(batch_size=16)
    )
    steps: int = 150000
    pretraining_steps: int = 50000
    generator: str = "white_box"
    discriminator: str = "white_box"
    weights: WhiteBoxWeights = dataclasses.field(default_factory=WhiteBoxWeights)
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(real_weight=0.5, fake_weight=0.5)
    )
    # The original has no edge-smoothed images.
    smooth_weight: float = 0.0
    superpixel_size: int = 18
    structure_power: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        size = self.superpixel_size
        check(size >= 2, "superpixel_size", "at least 2", size)
        power = self.structure_power
        check(power > 0.0, "structure_power", "positive", power)


_SHARED = {
    "weights": {
        "content": 200.0,
        "structure": 200.0,
        "total_variation": 1e4,
        "adversarial": 1.0,
        "adversarial_surface": 0.1,
    },
    "regularization": {"real_weight": 0.5, "fake_weight": 0.5},
    "superpixel_size": 18,
}
PRESETS = {
    "white_box": {
        "superpixel": {**_SHARED, "structure_power": 1.0},
        "adaptive_color": {**_SHARED, "structure_power": 1.2},
    }
}


def build(config: WhiteBoxConfig, run, progress: bool = True):
    """Build White-box Cartoonization with its data; see `animegan_tf.recipes`."""
    import tensorflow as tf

    from animegan_tf.losses.pixel import l1_loss, total_variation_loss, weighted_gray
    from animegan_tf.losses.superpixels import superpixel_means
    from animegan_tf.models.layers.guided_filter import GuidedFilter
    from animegan_tf.recipes import family
    from animegan_tf.recipes.common import build_generators
    from animegan_tf.training.gan_program import Forward
    from animegan_tf.training.seeds import stateless_seed

    networks = build_generators(config)
    features = family.FeatureMaps(config)
    active = config.weights.active()
    smooth = {"smooth": config.smooth_weight} if config.smooth_weight else {}
    blur = GuidedFilter(_SURFACE_RADIUS, _SURFACE_EPSILON, dtype="float32")
    adversaries = {
        "discriminator": family.build_family_adversary(
            config, channels=1, extra=smooth, beta_2=0.99
        )
    }
    if "adversarial_surface" in active:
        adversaries["discriminator_surface"] = family.build_family_adversary(
            config, index=1, beta_2=0.99
        )

    def surface(images):
        return blur(images, images)

    def pretraining(generator, batch, step, turn, training):
        stylized = generator(batch["photo"], training=training)
        return Forward({"reconstruction": l1_loss(stylized, batch["photo"])})

    def forward(generator, batch, step, turn, training):
        photo, anime = batch["photo"], batch.get("anime")
        stylized = generator(photo, training=training)
        compared = {}
        if "content" in active:
            compared["content"] = photo
        if "structure" in active:
            compared["structure"] = _raise_contrast(
                superpixel_means(stylized, config.superpixel_size),
                config.structure_power,
            )
        terms = {}
        if compared:
            own, maps = features(stylized), features.of_each(compared)
            for name in compared:
                terms[name] = family.content_loss(own, maps[name]) / _MAP_SIZE
        if "total_variation" in active:
            terms["total_variation"] = 2.0 * total_variation_loss(stylized)
            terms["total_variation"] /= _IMAGE_SIZE
        low, high = (tf.constant(limits) for limits in _GRAY_WEIGHTS)
        seed = stateless_seed(config.seed, _SALT, step, turn)
        mixture = low + (high - low) * tf.random.stateless_uniform([3], seed)
        views = {"discriminator": lambda images: weighted_gray(images, mixture)}
        if "discriminator_surface" in adversaries:
            views["discriminator_surface"] = surface
        fakes = {name: view(stylized) for name, view in views.items()}
        if anime is None:
            return Forward(terms, fakes=fakes)
        further = [views["discriminator"](family.smoothed(anime))] if smooth else []
        return Forward(
            terms,
            reals={name: view(anime) for name, view in views.items()},
            fakes=fakes,
            extra={"discriminator": further},
        )

    return family.build_family_training(
        config,
        networks,
        adversaries=adversaries,
        forward=forward,
        pretraining=pretraining,
        pretraining_weights=family.PretrainingWeights(reconstruction=1.0),
        beta_2=0.99,
    )


def _raise_contrast(images, power: float):
    """Raise colors in [0, 1] to a power, and divide each image by its maximum."""
    import tensorflow as tf

    if power == 1.0:
        return images
    levels = tf.clip_by_value((images + 1.0) / 2.0, 0.0, 1.0) ** power
    largest = tf.reduce_max(levels, axis=(1, 2, 3), keepdims=True)
    return 2.0 * levels / tf.maximum(largest, 1e-6) - 1.0
