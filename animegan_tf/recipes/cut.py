"""CUT: unpaired translation with a patchwise contrastive loss (Park et al., 2020).

Features of a patch in the result must be nearer to those of the photo's patch at the
same place than to those of its other patches. The generator's own first half computes
the features, so no second generator and no feature extractor is needed.
"""

import dataclasses

from animegan_tf.config import LossWeights
from animegan_tf.recipes.image_to_image import ImageToImageConfig
from animegan_tf.recipes.unpaired import build_unpaired_training
from animegan_tf.utils.settings import check, convert_fields

_SALT = 104
# Layers that are compared: the pixels, those that halve the size, and the body. Of a
# smaller network, those that it has.
CONTRAST_LAYERS = {
    "anime": ("photo", "stem", "down", "block1_add", "block3_add"),
    "animegan_v2": ("photo", "a_down", "b_down", "c_block1_narrow", "c_block3_add"),
    "resnet": ("photo", "down1", "down2", "block1_add", "block5_add"),
    "unet": ("photo", "down1", "down2", "down3", "down4"),
}


@dataclasses.dataclass(frozen=True)
class Contrast:
    """How patches are contrasted.

    Attributes:
        layers: Names of the generator's layers whose features are compared; empty takes
            those that `CONTRAST_LAYERS` has for the generator.
        patches: Positions sampled in each layer, at least 2.
        width: Channels of the projection heads, at least 1.
        temperature: What similarities are divided by.
        identity: Whether style images are contrasted with their own results too, so
            that what is already in the style stays; FastCUT leaves it out.
    """

    layers: tuple[str, ...] = ()
    patches: int = 256
    width: int = 256
    temperature: float = 0.07
    identity: bool = True

    def __post_init__(self):
        convert_fields(self)
        check(self.patches >= 2, "patches", "at least 2", self.patches)
        check(self.width >= 1, "width", "at least 1", self.width)
        check(self.temperature > 0.0, "temperature", "positive", self.temperature)


@dataclasses.dataclass(frozen=True)
class CUTWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        adversarial: The adversarial loss.
        nce: The contrastive loss of patches; FastCUT has 10.
    """

    adversarial: float = 1.0
    nce: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        for name in ("adversarial", "nce"):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))


@dataclasses.dataclass(frozen=True)
class CUTConfig(ImageToImageConfig):
    """Settings of CUT; see `TrainingConfig`.

    Attributes:
        contrast: How patches are contrasted.
    """

    recipe: str = "cut"
    steps: int = 400000
    weights: CUTWeights = dataclasses.field(default_factory=CUTWeights)
    contrast: Contrast = dataclasses.field(default_factory=Contrast)
    generator: str = "resnet"


def build(config: CUTConfig, run, progress: bool = True):
    """Build CUT with its data; see `animegan_tf.recipes`."""
    import tensorflow as tf

    from animegan_tf.losses.contrastive import patch_nce_loss
    from animegan_tf.models.projection_heads import build_projection_heads
    from animegan_tf.recipes.common import (
        build_adversary,
        build_generators,
        build_program,
        dtype_policy,
    )
    from animegan_tf.training.gan_program import Forward
    from animegan_tf.training.seeds import stateless_seed

    contrast = config.contrast
    generator, average, options = build_generators(config)
    layers = contrast.layers or contrast_layers(config.generator, generator)
    encoders = {
        id(network): build_encoders(network, layers)
        for network in (generator, average.network)
    }
    channels = [maps.shape[-1] for maps in encoders[id(generator)][1].outputs]
    with dtype_policy(config.precision):
        heads = build_projection_heads(channels, width=contrast.width)

    def forward(generator, batch, step, turn, training):
        generate_and_encode, encode = encoders[id(generator)]
        # Held-out photos are compared at positions that stay the same.
        seed = stateless_seed(config.seed, _SALT, step if training else -1)

        def project(features, seed):
            patches = sample_patches(features, contrast.patches, seed)
            return tf.nest.flatten(heads(patches, training=training))

        def nce(image, seed):
            """Return a generator's result and its contrastive loss."""
            result, *keys = generate_and_encode(image, training=training)
            # Keras returns a single output without its list.
            queries = tf.nest.flatten(encode(result, training=training))
            pairs = zip(project(queries, seed), project(keys, seed), strict=True)
            losses = [
                patch_nce_loss(
                    query, tf.stop_gradient(key), temperature=contrast.temperature
                )
                for query, key in pairs
            ]
            return result, tf.add_n(losses) / len(losses)

        result, loss = nce(batch["photo"], seed)
        reals, logs = {}, {}
        if "anime" in batch:
            reals["discriminator"] = batch["anime"]
            if contrast.identity:
                _, own = nce(batch["anime"], tf.random.fold_in(seed, -1))
                logs["nce_identity"] = own
                loss = 0.5 * (loss + own)
        return Forward({"nce": loss}, reals, {"discriminator": result}, logs=logs)

    program = build_program(
        config,
        {"generator": generator, "heads": heads},
        average,
        forward,
        adversaries={"discriminator": build_adversary(config, (None, None, 3))},
    )
    return build_unpaired_training(config, program, options)


def contrast_layers(name: str, generator) -> tuple[str, ...]:
    """Return the layers that are compared in a generator, if the settings name none.

    Args:
        name: Name of the generator, a key of `GENERATORS`.
        generator: The network.

    Raises:
        ValueError: If there are none for this generator.
    """
    known = {layer.name for layer in generator.layers}
    layers = tuple(n for n in CONTRAST_LAYERS.get(name, ()) if n in known)
    if not layers:
        raise ValueError(
            f"`contrast.layers` must name layers of the generator {name}, "
            f"for which there is no default. It has: {', '.join(sorted(known))}"
        )
    return layers


def build_encoders(generator, layers):
    """Build the networks that return some of a generator's features.

    Args:
        generator: Functional model from images to images, whose layers they share.
        layers: Names of the layers.

    Returns:
        Two `keras.Model`s from images: to `[result, features, ...]`, and to the
        features alone.

    Raises:
        ValueError: If the generator has no layer of such a name.
    """
    import keras

    known = [layer.name for layer in generator.layers]
    unknown = [name for name in layers if name not in known]
    if unknown:
        raise ValueError(
            f"`contrast.layers` must name layers of {generator.name}: "
            f"{', '.join(known)}. Received: {', '.join(unknown)}"
        )
    features = [generator.get_layer(name).output for name in layers]
    return (
        keras.Model(generator.inputs, [generator.output, *features]),
        keras.Model(generator.inputs, features),
    )


def sample_patches(features, count: int, seed) -> list:
    """Sample the features of some positions, the same in every image of a batch.

    Args:
        features: Feature maps, `(batch, height, width, channels)`.
        count: Maximum number of positions of each map; of a smaller map, all are taken.
        seed: Integer pair; equal seeds give equal positions.

    Returns:
        One tensor `(batch, positions, channels)` for each map.
    """
    import tensorflow as tf

    patches = []
    for index, maps in enumerate(features):
        shape = tf.shape(maps)
        flat = tf.reshape(maps, (shape[0], shape[1] * shape[2], maps.shape[-1]))
        order = tf.random.experimental.stateless_shuffle(
            tf.range(shape[1] * shape[2]), tf.random.fold_in(seed, index)
        )
        patches.append(tf.gather(flat, order[:count], axis=1))
    return patches
