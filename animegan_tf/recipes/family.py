"""What the recipes of the AnimeGAN family share: features, views, pretraining.

Each of them trains a generator in two phases: it first learns to reproduce photos, from
the content loss or from pixels alone, and is then trained against one or two
discriminators, with content, style and color losses.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from animegan_tf.config import LossWeights, TrainingConfig
from animegan_tf.recipes.image_to_image import NO_CLIPPING, ImageToImageData
from animegan_tf.utils.settings import check

# The layer that the whole family compares content by, before its ReLU.
CONTENT_LAYER = "block4_conv4"
# What stands in for it in a feature network of three blocks, such as the bundled one:
# its deepest layer. Its maps are multiplied by a factor, its channels count as those
# that it replaces. The factor gives the content and style terms of AnimeGAN together
# the size that a published log of its training has: a generator's loss of about 1070,
# of which 300 are the adversarial loss under a certain discriminator.
_STAND_IN = "block3_conv4"
_STAND_IN_SCALE = 0.47
_CONTENT_CHANNELS = 512
# The originals train on 6,656 photos; their epochs are converted to steps with it.
NUM_PHOTOS = 6656


@dataclasses.dataclass(frozen=True)
class FamilyData(ImageToImageData):
    """Where the images are; crops cover the whole short side, as in the originals."""

    batch_size: int = 8
    coverage: tuple[float, float] = (1.0, 1.0)


@dataclasses.dataclass(frozen=True)
class FamilyConfig(TrainingConfig):
    """Settings of a recipe of the AnimeGAN family; see `TrainingConfig`.

    Attributes:
        pretraining_steps: Steps at the start that reproduce the photos, without a
            discriminator.
        pretraining_learning_rate: Learning rate in them.
        features: Feature extractor: `"bundled"`, `"vgg19"`, which is downloaded once,
            or a weights file. The originals use VGG19; where a network has three blocks
            alone, its deepest layer stands in for that of block 4.
        smooth_weight: Weight of edge-smoothed images of the style as generated images
            in the discriminator's loss.
        discriminator_weight: Factor of the discriminator's losses. With Adam it matters
            only beside `clip_norm` and the other terms of `regularization`.
    """

    data: FamilyData = dataclasses.field(default_factory=FamilyData)
    pretraining_steps: int = 1000
    pretraining_learning_rate: float = 2e-4
    features: str = "bundled"
    smooth_weight: float = 1.0
    discriminator_weight: float = 1.0
    clip_norm: float = NO_CLIPPING
    ema_decay: float = 0.999
    sample_every: int = 1000
    checkpoint_every: int = 2000

    def __post_init__(self):
        super().__post_init__()
        for name in ("pretraining_steps", "smooth_weight"):
            check(getattr(self, name) >= 0, name, "at least 0", getattr(self, name))
        for name in ("pretraining_learning_rate", "discriminator_weight"):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))
        adversarial = getattr(self, "weights", LossWeights()).active()
        # Without a discriminator there would be nothing to learn but to copy photos.
        ok = "adversarial" in adversarial
        check(ok, "weights.adversarial", "positive", 0.0)


@dataclasses.dataclass(frozen=True)
class PretrainingWeights(LossWeights):
    """Weights of the terms of the pretraining, which compare results with the photos.

    Attributes:
        content: Distance of deep features.
        main_content: The same of the second tail of a generator that has two.
        reconstruction: L1 distance of pixels.
    """

    content: float = 0.0
    main_content: float = 0.0
    reconstruction: float = 0.0


class FeatureMaps:
    """Feature maps of images before the ReLU, on the scale of VGG19's.

    Args:
        config: Settings; `features` and `precision` apply.
        layers: Further layers beside `CONTENT_LAYER`.
        scale: Factor of all maps.
    """

    def __init__(
        self, config: FamilyConfig, layers: Sequence[str] = (), scale: float = 1.0
    ):
        from animegan_tf.models.features.extractor import build_feature_extractor
        from animegan_tf.recipes.common import dtype_policy

        self._source, factor = CONTENT_LAYER, 1.0
        if not _has_content_layer(config.features):
            self._source, factor = _STAND_IN, _STAND_IN_SCALE
        self._scales = {layer: scale for layer in layers}
        self._scales[CONTENT_LAYER] = factor * scale
        with dtype_policy(config.precision):
            names = tuple(dict.fromkeys((*layers, self._source)))
            self._network = build_feature_extractor(
                config.features, names, pre_activation=True
            )

    def __call__(self, images) -> dict:
        """Return the maps of RGB images in [-1, 1], by layer."""
        maps = dict(self._network(images))
        maps[CONTENT_LAYER] = maps[self._source]
        return {name: maps[name] * scale for name, scale in self._scales.items()}

    def of_each(self, images: Mapping) -> dict[str, dict]:
        """Return the maps of several batches of one size, by name, in one pass."""
        import tensorflow as tf

        joined = tf.concat([tf.cast(i, tf.float32) for i in images.values()], axis=0)
        parts = {
            layer: tf.split(maps, len(images)) for layer, maps in self(joined).items()
        }
        return {
            name: {layer: parts[layer][index] for layer in parts}
            for index, name in enumerate(images)
        }


def _has_content_layer(source: str) -> bool:
    """Return whether a feature network has the layer that the originals compare."""
    from animegan_tf.models.arguments import FEATURE_SOURCES
    from animegan_tf.utils.array_file import read_shapes

    if source in FEATURE_SOURCES:
        return source == "vgg19"
    # Another name is refused where the network is built.
    return Path(source).is_file() and f"{CONTENT_LAYER}/kernel" in read_shapes(source)


def channels_of(layer: str) -> int:
    """Return the channels of a layer of VGG19."""
    return min(64 * 2 ** (int(layer[5]) - 1), _CONTENT_CHANNELS)


def content_loss(maps_x: Mapping, maps_y: Mapping):
    """Compute the content loss of the family, mean |F(x) - F(y)|, a float32 scalar.

    Args:
        maps_x: Maps of generated images, by layer.
        maps_y: Maps of the images that they are compared with.
    """
    from animegan_tf.losses import perceptual

    return perceptual.content_loss(maps_x[CONTENT_LAYER], maps_y[CONTENT_LAYER])


def style_loss(
    maps_x: Mapping, maps_y: Mapping, layer: str = CONTENT_LAYER, *, centered=False
):
    """Compute the style loss of the family, mean |Gram(x) - Gram(y)|.

    A Gram matrix is divided by the number of values of the map, not of positions alone.

    Args:
        maps_x: Maps of generated images, by layer.
        maps_y: Maps of images of the style, of the same shape.
        layer: Layer to compare.
        centered: Whether each channel's mean is subtracted first (AnimeGANv3).

    Returns:
        A float32 scalar.
    """
    from animegan_tf.losses.perceptual import gram_matrix
    from animegan_tf.losses.perceptual import style_loss as mean_difference

    grams = (gram_matrix(maps[layer], centered) for maps in (maps_x, maps_y))
    return mean_difference(*grams) / channels_of(layer)


def gray_rgb(images):
    """Return the luma of images in three equal channels."""
    import tensorflow as tf

    from animegan_tf.losses.pixel import rgb_to_gray

    return tf.repeat(rgb_to_gray(images), 3, axis=-1)


def smoothed(images):
    """Return images with smoothed edges, `(batch, height, width, 3)` in [-1, 1]."""
    import tensorflow as tf

    from animegan_tf.data.targets.edge_smoothing import smooth_edges

    levels = (tf.cast(images, tf.float32) + 1.0) * 127.5
    return smooth_edges(levels) / 127.5 - 1.0


def build_family_adversary(
    config: FamilyConfig,
    *,
    channels: int = 3,
    index: int = 0,
    extra: Mapping[str, float] | None = None,
    regularization: Mapping[str, Any] | None = None,
    beta_2: float = 0.999,
):
    """Build a discriminator with its training, and its losses times their factor.

    Args:
        config: Settings.
        channels: Channels of its input.
        index: Number that tells several discriminators' random values apart.
        extra: Weights of further images that are to count as generated, by name.
        regularization: What differs from the settings' regularization.
        beta_2: Decay of Adam's second moments.

    Returns:
        The `Adversary`.
    """
    from animegan_tf.recipes.common import build_adversary, build_optimizer

    factor = config.discriminator_weight
    own = dataclasses.replace(config.regularization, **(regularization or {}))
    return build_adversary(
        config,
        (None, None, channels),
        index=index,
        optimizer=build_optimizer(
            config,
            config.discriminator_learning_rate,
            steps=num_adversarial_steps(config),
            beta_1=0.5,
            beta_2=beta_2,
        ),
        extra=[(False, factor * weight) for weight in (extra or {}).values()],
        regularization=dataclasses.replace(
            own,
            real_weight=factor * own.real_weight,
            fake_weight=factor * own.fake_weight,
        ),
    )


def num_adversarial_steps(config: FamilyConfig) -> int:
    """Return the number of steps after the pretraining."""
    return max(config.steps - config.pretraining_steps, 1)


def reproduce_content(features: FeatureMaps) -> Callable:
    """Build the forward pass of a pretraining on the content loss alone."""
    from animegan_tf.training.gan_program import Forward

    def forward(generator, batch, step, turn, training):
        stylized = generator(batch["photo"], training=training)
        maps = features(stylized), features(batch["photo"])
        return Forward({"content": content_loss(*maps)})

    return forward


def build_family_training(
    config: FamilyConfig,
    networks: tuple,
    *,
    adversaries: Mapping[str, Any],
    forward: Callable,
    pretraining: Callable,
    pretraining_weights: PretrainingWeights,
    beta_2: float = 0.999,
    sample_columns: Callable | None = None,
    **fields,
):
    """Build the pretraining and the training of a generator, with their data.

    Args:
        config: Settings.
        networks: What `recipes.common.build_generators` returns.
        adversaries: Discriminators with their training, by name.
        forward: Forward pass of the training, as `GanProgram` takes it.
        pretraining: Forward pass of the pretraining.
        pretraining_weights: Weights of its terms.
        beta_2: Decay of Adam's second moments.
        sample_columns: As in `Program`.
        **fields: Further fields of `Training`.

    Returns:
        The `Training`. Batches have `photo` and `anime`; held-out batches have `photo`
        alone.
    """
    from animegan_tf.recipes.common import build_program
    from animegan_tf.recipes.unpaired import build_unpaired_training
    from animegan_tf.training.gan_program import GanProgram
    from animegan_tf.training.optimizers import build_adam
    from animegan_tf.training.program import Consecutive

    generator, average, options = networks
    program = build_program(
        config,
        {"generator": generator},
        average,
        forward,
        steps=num_adversarial_steps(config),
        beta_2=beta_2,
        adversaries=adversaries,
        sample_columns=sample_columns,
    )
    if config.pretraining_steps:
        first = GanProgram(
            {"generator": generator},
            average,
            pretraining,
            optimizer=build_adam(
                config.pretraining_learning_rate, beta_1=0.5, beta_2=beta_2
            ),
            optimizer_name="pretraining",
            weights=pretraining_weights,
            clip_norm=config.clip_norm,
        )
        program = Consecutive(first, program, at=config.pretraining_steps)
    return build_unpaired_training(config, program, options)._replace(**fields)
