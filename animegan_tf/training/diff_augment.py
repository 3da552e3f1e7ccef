"""Differentiable augmentation of all that a discriminator sees, real or fake.

A small set of pictures is soon learned by heart. Moved and cut at random it lasts
longer, and since the fakes are treated alike, the generator need not imitate that.
"""

import tensorflow as tf

_TRANSLATION = 1 / 8
_CUTOUT = 1 / 2


def diff_augment(images, augmentations, seed):
    """Change every picture of a batch at random, by draws of its own.

    Args:
        images: Float tensor, `(batch, height, width, channels)`; of [-1, 1] pictures
            the 0 that fills gaps is mid-grey.
        augmentations: Any of `"translation"`, a shift by up to 1/8 of each side, and
            `"cutout"`, a square of half the sides replaced by 0.
        seed: Integer pair; equal seeds give equal changes.

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
    """Return where, along one padded side, each pixel of each picture comes from."""
    most = _part(length, _TRANSLATION)
    shift = tf.random.stateless_uniform([batch, 1], seed, -most, most + 1, tf.int32)
    return tf.clip_by_value(tf.range(length)[None] + shift + 1, 0, length + 1)


def _cut_out(images, seed):
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    rows = _cut(batch, height, tf.random.fold_in(seed, 0))
    columns = _cut(batch, width, tf.random.fold_in(seed, 1))
    hidden = tf.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    return images * tf.cast(tf.logical_not(hidden), images.dtype)


def _cut(batch, length, seed):
    """Return which positions along one side lie in the square of each picture."""
    size = _part(length, _CUTOUT)
    # Any pixel may be the centre, so the square may hang over the border.
    centre = tf.random.stateless_uniform([batch, 1], seed, 0, length, tf.int32)
    offset = tf.range(length)[None] - (centre - size // 2)
    return tf.logical_and(offset >= 0, offset < size)


def _part(length, part: float):
    return tf.cast(tf.cast(length, tf.float32) * part + 0.5, tf.int32)


_AUGMENTATIONS = {"translation": _translate, "cutout": _cut_out}
