"""Initialize a student network by least squares, layer by layer.

Features of neighbouring pixels are so alike that gradient descent takes thousands of
updates to find their differences. A linear regression finds them at once; what is left
to the updates are the ReLUs and how errors add up over the layers.

Reference: Zhang et al., 2016, https://arxiv.org/abs/1505.06798 (layers one by one, each
    on what the ones before really give).
"""

import keras
import numpy as np
import tensorflow as tf

# Positions of all pictures that a layer's regression is made on.
_NUM_POSITIONS = 40_000
# Part of the mean variance that is added to each: tames directions hardly ever seen.
_RIDGE = 1e-5


def fit_layers(student: keras.Model, teacher: keras.Model, images, scales) -> None:
    """Set the weights of the student, layer by layer, to a regression on the teacher.

    Args:
        student: What `models.compact_features.build_compact_features` built, of maps
            before the ReLU.
        teacher: Model from images to a dict of maps before the ReLU.
        images: Float pictures in [-1, 1], `(batch, height, width, 3)`.
        scales: Deviations by layer, what `training.distillation.measure_scales` gives:
            the student comes to give the teacher's maps divided by them.
    """
    random = np.random.default_rng(0)
    targets = teacher(images, training=False)
    for layer, factors in scales.items():
        inputs = _input_of(student, layer)(images, training=False)
        reduce = _find(student, f"{layer}_reduce")
        if reduce is not None:
            kernel = _principal_directions(inputs, reduce.filters)
            reduce.set_weights([kernel[np.newaxis, np.newaxis]])
            inputs = tf.matmul(inputs, kernel)
        space = student.get_layer(f"{layer}_space")
        patches, wanted = _sample(inputs, targets[layer] / factors, random)
        first, second, bias = _reduced_rank_regression(patches, wanted, space.filters)
        space.set_weights([first.reshape(space.kernel.shape)])
        student.get_layer(layer).set_weights([second[np.newaxis, np.newaxis], bias])


def _find(model, name):
    return next((layer for layer in model.layers if layer.name == name), None)


def _input_of(student, layer):
    """Return the float32 part of the student up to what a layer takes in."""
    first = _find(student, f"{layer}_reduce") or student.get_layer(f"{layer}_space")
    return keras.Model(student.input, first.input)


def _principal_directions(maps, count):
    """Return `(channels, count)`: the directions of most power, each brought to 1."""
    flat = tf.reshape(maps, (-1, maps.shape[-1]))
    moments = (tf.matmul(flat, flat, transpose_a=True) / len(flat)).numpy()
    powers, directions = np.linalg.eigh(moments.astype(np.float64))
    powers = np.maximum(powers[-count:], 1e-8 * powers[-1])
    return (directions[:, -count:] / np.sqrt(powers)).astype(np.float32)


def _sample(inputs, wanted, random):
    """Return 3x3 patches, `(count, 9 * channels)`, and what their middles should be."""
    batch, height, width, _ = inputs.shape
    count = min(_NUM_POSITIONS, batch * height * width)
    chosen = random.choice(batch * height * width, count, replace=False)
    picture, row, column = np.unravel_index(np.sort(chosen), (batch, height, width))
    padded = np.pad(inputs.numpy(), ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = np.concatenate(
        [padded[picture, row + i, column + j] for i in range(3) for j in range(3)], -1
    )
    return patches, wanted.numpy()[picture, row, column]


def _reduced_rank_regression(x, y, rank):
    """Fit `y` by `x @ first @ second + bias`, with `rank` numbers in between.

    Reference: Izenman, 1975, https://doi.org/10.1016/0047-259X(75)90042-1.
    """
    mean_x, mean_y = x.mean(0, dtype=np.float64), y.mean(0, dtype=np.float64)
    x, y = (x - mean_x).astype(np.float32), (y - mean_y).astype(np.float32)
    moments = (x.T @ x).astype(np.float64)
    moments += _RIDGE * np.trace(moments) / len(moments) * np.eye(len(moments))
    products = (x.T @ y).astype(np.float64)
    whole = np.linalg.solve(moments, products)
    _, directions = np.linalg.eigh(products.T @ whole)
    # Of equal deviation, as suits the updates that follow.
    second = directions[:, -rank:]
    first = whole @ second
    deviations = np.sqrt(np.maximum(np.diag(first.T @ moments @ first) / len(x), 1e-12))
    first, second = first / deviations, (second * deviations).T
    bias = mean_y - mean_x @ first @ second
    return tuple(values.astype(np.float32) for values in (first, second, bias))
