"""Loss and training step of feature distillation.

The student learns the maps divided by each channel's deviation, since in VGG19 these
differ by a factor of hundreds; `models.compact_features.scale_maps` multiplies them
back when it is done.

Reference: Hinton et al., 2015, https://arxiv.org/abs/1503.02531 (distillation); Romero
    et al., 2015, https://arxiv.org/abs/1412.6550 (of feature maps).
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.training.gradients import apply_gradients

# Units below zero give nothing; a hint of the difference there wakes dead ones.
_NEGATIVE_SLOPE = 0.1
# A channel that hardly ever speaks must not be made as loud as the others.
_LEAST_SCALE = 0.05


def measure_scales(teacher: keras.Model, batches) -> dict[str, np.ndarray]:
    """Measure the deviation of every channel over all positions of all pictures.

    Args:
        teacher: Model from images to a dict of maps before the ReLU.
        batches: Finite iterable of float pictures in [-1, 1],
            `(batch, height, width, 3)`.

    Returns:
        float32 `(channels,)` by layer: the standard deviations of the maps after the
        ReLU, and at least 1/20 of the layer's mean one.

    Raises:
        ValueError: If there are no batches.
    """

    @tf.function
    def sums(images):
        return {
            layer: tf.stack(
                [tf.reduce_mean(tf.nn.relu(x) ** n, (0, 1, 2)) for n in (1, 2)]
            )
            for layer, x in teacher(images, training=False).items()
        }

    totals, count = {}, 0
    for batch in batches:
        count += 1
        for layer, values in sums(batch).items():
            totals[layer] = totals.get(layer, 0.0) + values.numpy().astype(np.float64)
    if not count:
        raise ValueError("`batches` must hold at least one batch. Received: none")
    scales = {}
    for layer, total in totals.items():
        mean, square = total / count
        deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
        floor = max(_LEAST_SCALE * deviation.mean(), 1e-6)
        scales[layer] = np.maximum(deviation, floor).astype(np.float32)
    return scales


def distillation_terms(student_maps, teacher_maps, scales) -> dict:
    """Measure how far maps are from the teacher's, by layer.

    It is the mean of (l(s) - l(t / scale))^2 with l(x) = max(x, x / 10), about the
    share of the variance that is missed.

    Args:
        student_maps: Dict of maps before the ReLU, in units of the scales.
        teacher_maps: Dict of the teacher's maps before the ReLU.
        scales: Deviations by layer, `(channels,)`.

    Returns:
        float32 scalars >= 0 by layer.
    """
    return {
        layer: tf.reduce_mean(
            tf.square(
                tf.nn.leaky_relu(
                    tf.cast(student_maps[layer], tf.float32), _NEGATIVE_SLOPE
                )
                - tf.nn.leaky_relu(
                    tf.cast(teacher_maps[layer], tf.float32) / factors, _NEGATIVE_SLOPE
                )
            )
        )
        for layer, factors in scales.items()
    }


def build_distillation_step(
    student: keras.Model,
    teacher: keras.Model,
    scales,
    optimizer: keras.optimizers.Optimizer,
    *,
    clip_norm: float,
) -> Callable:
    """Build the update of the student.

    Args:
        student: Model from images to a dict of maps before the ReLU, of the layers of
            `scales`; they come to be in units of the scales.
        teacher: Model from images to a dict of maps before the ReLU.
        scales: What `measure_scales` returns.
        optimizer: Keras optimizer of the student.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function from a batch, a dict with float `image` in [-1, 1], to a dict of
        float32 scalars: the terms by layer, and `norm`, the gradient's.
    """
    optimizer.build(student.trainable_variables)

    @tf.function
    def distillation_step(batch):
        # Outside the tape: the teacher's maps take far more memory than its result.
        targets = teacher(batch["image"], training=False)
        with tf.GradientTape() as tape:
            maps = student(batch["image"], training=True)
            terms = distillation_terms(maps, targets, scales)
            loss = tf.add_n(list(terms.values())) / len(terms)
        variables = student.trainable_variables
        norm = apply_gradients(optimizer, tape, loss, variables, clip_norm)
        return terms | {"norm": norm}

    return distillation_step
