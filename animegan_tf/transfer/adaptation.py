"""Fine-tune a copy of a trained generator to the texture of one image."""

import types

import keras
import numpy as np
import tensorflow as tf
from tqdm import trange

from animegan_tf.data.augmentation import random_crop_and_flip
from animegan_tf.data.image_folder import limit_short_side
from animegan_tf.imaging.arrays import to_float
from animegan_tf.losses.perceptual import (
    content_loss,
    correlation_gram,
    correlation_style_loss,
)
from animegan_tf.losses.pixel import gradient_loss, l1_loss, rgb_to_gray, rgb_to_yuv
from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.style_statistics import RunningCorrelation

ADAPTATION_LAYERS = ("block1_conv2", "block2_conv2", "block3_conv1")
# All terms but `style` keep the results close to those of the original generator.
# `shift` is the change of a result when the crop of its photo moves by a few pixels:
# without it, the style is matched most easily by a pattern of the network's own grid.
WEIGHTS = types.MappingProxyType(
    {
        "style": 1.0,
        "target": 1.0,
        "gradient": 0.5,
        "color": 20.0,
        "content": 0.0005,
        "shift": 10.0,
    }
)
_STYLE_MOMENTUM = 0.9
_CLIP_NORM = 10.0
_MAX_SHIFT = 8
# Pixels at a crop's border that padding changes visibly.
_MARGIN = 16


def adapt_generator(
    generator: keras.Model,
    photos: list[np.ndarray],
    target: np.ndarray,
    feature_extractor: keras.Model,
    *,
    steps: int,
    weights=WEIGHTS,
    crop_size: int = 192,
    learning_rate: float = 5e-4,
    seed: int = 0,
    progress: bool = False,
) -> keras.Model:
    """Fine-tune a copy of a generator until its results have the texture of an image.

    On random crops of the photos, the feature correlations of the copy's results, in
    gray, approach those of the target, while their pixels, gradients, colors and
    content stay close to the results of the original generator.

    Args:
        generator: `keras.Model` from float32 images in [-1, 1],
            `(batch, height, width, 3)`, to such images. It is not changed.
        photos: uint8 RGB images for training, `(height, width, 3)`.
        target: uint8 RGB image of the style. If it is larger than the photos, it is
            scaled down to the smallest of their short sides, so that the sizes of
            details match.
        feature_extractor: Frozen model from float images to a dict of feature maps.
        steps: Number of training steps, at least 1.
        weights: Weight of each term, with the keys of `WEIGHTS`.
        crop_size: Side of the crops in pixels, at least 48; rounded up to a size that
            the generator accepts.
        learning_rate: Initial learning rate of Adam; cosine decay to 1/100.
        seed: Seed of the crops: the same seed gives the same network.
        progress: Whether to show a progress bar.

    Returns:
        The fine-tuned copy.

    Raises:
        ValueError: If there are no photos, or `steps` is less than 1.
    """
    if not photos:
        raise ValueError("`photos` must contain at least one image. Received: none")
    if steps < 1:
        raise ValueError(f"`steps` must be at least 1. Received: steps={steps}")
    multiple = input_multiple(generator)
    crop_size = -(-crop_size // multiple) * multiple
    short_side = min(min(photo.shape[:2]) for photo in photos)
    target = limit_short_side(target, short_side)
    style = _measure_style(target, feature_extractor, crop_size)
    copy = keras.models.clone_model(generator)
    copy.set_weights(generator.get_weights())
    terms = _build_terms(feature_extractor, RunningCorrelation(style, _STYLE_MOMENTUM))
    optimizer = build_adam(learning_rate, cosine_steps=steps, beta_1=0.9)
    train_step = _build_step(generator, copy, optimizer, terms, weights, crop_size)
    bar = trange(steps, desc="adapting", unit="step", disable=not progress)
    for step in bar:
        photo = photos[step % len(photos)]
        losses = train_step(*_sample(photo, crop_size + _MAX_SHIFT, seed, step))
        if progress:
            bar.set_postfix(style=f"{float(losses['style']):.3f}", refresh=False)
    return copy


def _build_step(generator, copy, optimizer, terms, weights, crop_size):
    optimizer.build(copy.trainable_variables)

    @tf.function
    def step(window, shift):
        photo = window[:, :crop_size, :crop_size]
        begin = tf.concat([[0], shift, [0]], axis=0)
        shifted = tf.slice(window, begin, (1, crop_size, crop_size, 3))
        original = generator(photo, training=False)
        with tf.GradientTape() as tape:
            both = copy(tf.concat([photo, shifted], axis=0), training=True)
            losses = terms(both[:1], original)
            losses["shift"] = _shift_loss(both[:1], both[1:], shift)
            total = sum(weights[name] * loss for name, loss in losses.items())
        variables = copy.trainable_variables
        apply_gradients(optimizer, tape, total, variables, _CLIP_NORM)
        return losses

    return step


def _build_terms(feature_extractor, statistics):
    deepest = max(statistics.target)

    def terms(stylized, original):
        features = _extract(stylized, feature_extractor)
        content = _extract(original, feature_extractor)[deepest]
        estimate = statistics.update(features)
        chroma, target_chroma = (rgb_to_yuv(x)[..., 1:] for x in (stylized, original))
        return {
            "style": correlation_style_loss(estimate, statistics.target),
            "target": l1_loss(stylized, original),
            "gradient": gradient_loss(stylized, original),
            "color": l1_loss(chroma, target_chroma),
            "content": content_loss(features[deepest], content),
        }

    return terms


def _shift_loss(stylized, shifted, shift):
    """Compute the L1 loss of the overlap of two results, `shift` pixels apart."""
    inner = stylized[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    size = tf.shape(inner) - tf.concat([[0], shift, [0]], axis=0)
    first = tf.slice(inner, tf.concat([[0], shift, [0]], axis=0), size)
    second = shifted[:, _MARGIN:, _MARGIN:][:, : size[1], : size[2]]
    return l1_loss(first, second)


def _extract(images, feature_extractor):
    gray = tf.repeat(rgb_to_gray(images), 3, axis=-1)
    return feature_extractor(gray, training=False)


def _sample(photo, size, seed, step):
    """Sample a crop of a photo and a shift inside it, determined by seed and step."""
    window = random_crop_and_flip(photo, size, [seed, step])
    shift = tf.random.stateless_uniform([2], [seed, step], 0, _MAX_SHIFT, tf.int32)
    return to_float(window.numpy()[np.newaxis]), shift


def _measure_style(image, feature_extractor, crop_size):
    """Average the feature correlations of gray crops that cover an image."""
    sums, count = {}, 0
    height, width = image.shape[:2]
    for top in _starts(height, crop_size):
        for left in _starts(width, crop_size):
            crop = image[top : top + crop_size, left : left + crop_size]
            features = _extract(to_float(crop)[np.newaxis], feature_extractor)
            count += 1
            for layer in features:
                matrix = correlation_gram(features[layer])[0]
                sums[layer] = sums.get(layer, 0.0) + matrix
    return {layer: total / count for layer, total in sums.items()}


def _starts(length, size):
    """Return the starts of the fewest windows of `size` that cover `length` evenly."""
    count = max(1, -(-length // size))
    return np.linspace(0, max(length - size, 0), count).round().astype(int)
