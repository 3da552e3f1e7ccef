"""Differentiable augmentation of a discriminator's input, real and generated alike.

A discriminator soon memorizes a small set of images; augmented, they last longer. Since
generated images are augmented too, the generator does not learn the augmentation.
"""

import tensorflow as tf

from animegan_tf.training.distribution import draw

_TRANSLATION = 1 / 8
_CUTOUT = 1 / 2


def diff_augment(images, augmentations, seed):
    """Augment every image of a batch at random, independently.

    Args:
        images: Float tensor, `(batch, height, width, channels)`; for images in [-1, 1]
            the 0 that fills gaps is mid-gray.
        augmentations: Any of `"translation"`, a shift by up to 1/8 of each side;
            `"cutout"`, a square of half the sides replaced by 0; and `"color"`, changes
            of brightness by up to 1/2, of saturation by 0 to 2 times and of contrast by
            1/2 to 3/2 times.
        seed: Integer pair; equal seeds give equal augmentations.

    Returns:
        A tensor like `images`. Gradients reach the pixels that are left.

    Raises:
        ValueError: If an augmentation is unknown.

    Reference: Zhao et al., 2020, https://arxiv.org/abs/2006.10738.
    """
    for index, name in enumerate(augmentations):
        if name not in _AUGMENTATIONS:
            raise ValueError(
                f"`augmentations` must be any of {', '.join(_AUGMENTATIONS)}. "
                f"Received: augmentations={tuple(augmentations)}"
            )
        images = _AUGMENTATIONS[name](images, tf.random.fold_in(seed, index))
    return images


def _translate(images, seed):
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    rows = _shifted(batch, height, tf.random.fold_in(seed, 0))
    columns = _shifted(batch, width, tf.random.fold_in(seed, 1))
    # A border of 0 on each side is what pixels from outside are read from.
    images = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    images = tf.gather(images, rows, axis=1, batch_dims=1)
    return tf.gather(images, columns, axis=2, batch_dims=1)


def _shifted(batch, length, seed):
    """Return where, along one padded side, each pixel of each image comes from."""
    most = _part(length, _TRANSLATION)
    shift = _draw(batch, seed, -most, most + 1)
    return tf.clip_by_value(tf.range(length)[None] + shift + 1, 0, length + 1)


def _cut_out(images, seed):
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    rows = _cut(batch, height, tf.random.fold_in(seed, 0))
    columns = _cut(batch, width, tf.random.fold_in(seed, 1))
    hidden = tf.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    return images * tf.cast(tf.logical_not(hidden), images.dtype)


def _cut(batch, length, seed):
    """Return which positions along one side are in the square of each image."""
    size = _part(length, _CUTOUT)
    # Any pixel may be the center, so the square may cross the border.
    center = _draw(batch, seed, 0, length)
    offset = tf.range(length)[None] - (center - size // 2)
    return tf.logical_and(offset >= 0, offset < size)


def _draw(batch, seed, low, high):
    """Draw an integer in [low, high) for each image, `(batch, 1)`."""
    return draw(
        lambda count: tf.random.stateless_uniform(
            [count, 1], seed, low, high, tf.int32
        ),
        batch,
    )


def _part(length, part: float):
    return tf.cast(tf.cast(length, tf.float32) * part + 0.5, tf.int32)


def _jitter_color(images, seed):

    def uniform(index, low, high):
        own = tf.random.fold_in(seed, index)
        values = draw(
            lambda count: tf.random.stateless_uniform([count, 1, 1, 1], own, low, high),
            tf.shape(images)[0],
        )
        return tf.cast(values, images.dtype)

    images += uniform(0, -0.5, 0.5)
    gray = tf.reduce_mean(images, axis=3, keepdims=True)
    images = gray + (images - gray) * uniform(1, 0.0, 2.0)
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    return mean + (images - mean) * uniform(2, 0.5, 1.5)


_AUGMENTATIONS = {
    "translation": _translate,
    "cutout": _cut_out,
    "color": _jitter_color,
}
