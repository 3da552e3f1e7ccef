"""The generator's update of CUT: patches of the result know their place in the photo.

What a patch should keep of the photo is measured by the features of the generator's
own first half, so there is neither a second generator nor a feature extractor.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from animegan_tf.config import Contrast
from animegan_tf.losses.contrastive import patch_nce_loss
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.seeds import stateless_seed

_SALT = 104


def build_tapped_generator(
    generator: keras.Model, layers: Sequence[str]
) -> keras.Model:
    """Build the network that gives a generator's result and some of its features.

    Args:
        generator: Network from images to images, whose layers it shares.
        layers: Names of the layers whose outputs are wanted.

    Returns:
        A `keras.Model` from images to `[result, features, ...]`.

    Raises:
        ValueError: If the generator has no layer of such a name.
    """
    known = [layer.name for layer in generator.layers]
    unknown = [name for name in layers if name not in known]
    if unknown or not layers:
        raise ValueError(
            f"`contrast.layers` must name layers of {generator.name}: "
            f"{', '.join(known)}. Received: {', '.join(unknown) or 'none'}"
        )
    features = [generator.get_layer(name).output for name in layers]
    return keras.Model(generator.inputs, [generator.output, *features])


def build_encoder(generator: keras.Model, layers: Sequence[str]) -> keras.Model:
    """Build the network that gives a generator's features alone, as a list."""
    features = [generator.get_layer(name).output for name in layers]
    return keras.Model(generator.inputs, features)


def sample_patches(features: Sequence, count: int, seed) -> list[tf.Tensor]:
    """Take the features of some positions out of maps, the same in every picture.

    Args:
        features: Maps, `(batch, height, width, channels)`.
        count: Most positions to take of each map; a smaller map gives all it has.
        seed: Integer pair; equal seeds give equal positions.

    Returns:
        One tensor `(batch, positions, channels)` for each map.
    """
    patches = []
    for index, maps in enumerate(features):
        shape = tf.shape(maps)
        flat = tf.reshape(maps, (shape[0], shape[1] * shape[2], maps.shape[-1]))
        order = tf.random.experimental.stateless_shuffle(
            tf.range(shape[1] * shape[2]), tf.random.fold_in(seed, index)
        )
        patches.append(tf.gather(flat, order[:count], axis=1))
    return patches


def build_cut_generator_step(
    generator: keras.Model,
    heads: keras.Model,
    adversarial: Callable,
    optimizer: keras.optimizers.Optimizer,
    objective: Callable,
    contrast: Contrast,
    layers: Sequence[str],
    *,
    seed: int,
    clip_norm: float,
) -> Callable:
    """Build the update of the generator and the projection heads at once.

    Args:
        generator: Network from photos to the style, a functional model.
        heads: From `build_projection_heads`, for the channels of `layers`.
        adversarial: Function of `(images, step)` to the adversary's scalar, from
            `build_generator_loss`.
        optimizer: Optimizer of the generator and the heads.
        objective: From `losses.objective.build_objective`, of `adversarial` and `nce`.
        contrast: `config.Contrast`.
        layers: Names of the generator's layers that are compared.
        seed: Seed of the positions.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function of `(batch, step)`, the batch with `photo` and `anime`, to
        `(scalars by name, stylized pictures)`. With `contrast.identity`, `nce` is the
        mean of the photos' and of `nce_identity`, the style pictures' own.

    Raises:
        ValueError: If the generator lacks one of the layers.

    Reference: Park et al., 2020, https://arxiv.org/abs/2007.15651.
    """
    tapped = build_tapped_generator(generator, layers)
    encoder = build_encoder(generator, layers)
    variables = generator.trainable_variables + heads.trainable_variables
    optimizer.build(variables)

    def nce(result, keys, drawn):
        queries = _as_list(encoder(result, training=True))
        return contrast_features(queries, keys, heads, contrast, drawn, training=True)

    @tf.function
    def generator_step(batch, step):
        drawn = stateless_seed(seed, _SALT, step)
        with tf.GradientTape() as tape:
            stylized, *keys = tapped(batch["photo"], training=True)
            value, extra = nce(stylized, keys, drawn), {}
            if contrast.identity:
                same, *keys = tapped(batch["anime"], training=True)
                extra["nce_identity"] = nce(same, keys, tf.random.fold_in(drawn, -1))
                value = 0.5 * (value + extra["nce_identity"])
            values = {"adversarial": adversarial(stylized, step), "nce": value}
            total, logs = objective(values)
        norm = apply_gradients(optimizer, tape, total, variables, clip_norm)
        return {**logs, **extra, "generator_norm": norm}, stylized

    return generator_step


def contrast_features(queries, keys, heads, contrast, seed, *, training: bool):
    """Measure how well a result's patches recall their places in the photo.

    Args:
        queries: Feature maps of the result.
        keys: The same of the photo, which stays what it is: no gradient reaches it.
        heads: From `build_projection_heads`.
        contrast: `config.Contrast`.
        seed: Integer pair, of the positions.
        training: Whether the heads are in training.

    Returns:
        The mean of `patch_nce_loss` over the maps, a float32 scalar.
    """
    query_patches, key_patches = (
        _as_list(heads(sample_patches(maps, contrast.patches, seed), training=training))
        for maps in (queries, keys)
    )
    losses = [
        patch_nce_loss(query, tf.stop_gradient(key), temperature=contrast.temperature)
        for query, key in zip(query_patches, key_patches, strict=True)
    ]
    return tf.add_n(losses) / len(losses)


def build_cut_validation(
    generator: keras.Model,
    heads: keras.Model,
    judge: Callable,
    contrast: Contrast,
    layers: Sequence[str],
    *,
    seed: int,
) -> Callable:
    """Build the measures of held-out photos, at positions that stay the same.

    Args:
        generator: Network from photos to the style, a functional model.
        heads: From `build_projection_heads`, for the channels of `layers`.
        judge: From `training.adversary_steps.build_judgement`.
        contrast: `config.Contrast`.
        layers: Names of the generator's layers that are compared.
        seed: Seed of the positions.

    Returns:
        A function of a batch with `photo` to float32 scalars, `adversarial` and `nce`.
    """
    tapped = build_tapped_generator(generator, layers)
    encoder = build_encoder(generator, layers)

    @tf.function
    def validate(batch):
        stylized, *keys = tapped(batch["photo"], training=False)
        queries = _as_list(encoder(stylized, training=False))
        drawn = stateless_seed(seed, _SALT, -1)
        nce = contrast_features(queries, keys, heads, contrast, drawn, training=False)
        return {"adversarial": judge(stylized), "nce": nce}

    return validate


def _as_list(outputs) -> list:
    """Undo that Keras returns the only output of a list without the list."""
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]
