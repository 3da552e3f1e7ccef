"""What the generator of a style is measured by, besides its adversary."""

from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.config import LossWeights
from animegan_tf.losses.perceptual import (
    content_loss,
    correlation_gram,
    correlation_style_loss,
)
from animegan_tf.losses.pixel import (
    color_yuv_loss,
    gradient_loss,
    l1_loss,
    rgb_to_gray,
    total_variation_loss,
)

PIXEL_TERMS = {
    "target": l1_loss,
    "gradient": gradient_loss,
    "color": color_yuv_loss,
}


def build_terms(
    weights: LossWeights,
    feature_extractor: keras.Model | None = None,
    style_statistics: "RunningCorrelation | None" = None,
) -> Callable:
    """Build the function that measures every term but the adversarial one.

    Args:
        weights: `LossWeights`; terms of weight 0 are not computed.
        feature_extractor: Frozen network, needed for `content` and `style`.
        style_statistics: `RunningCorrelation`, needed for `style`.

    Returns:
        A function from `(stylized, batch)` to a dict of scalars by term.
    """
    active = weights.active()

    def terms(stylized, batch):
        values = {
            name: measure(stylized, batch["target"])
            for name, measure in PIXEL_TERMS.items()
            if name in active
        }
        if "total_variation" in active:
            values["total_variation"] = total_variation_loss(stylized)
        if "content" in active:
            features = feature_extractor(stylized)
            reference = feature_extractor(batch["target"])
            # VGG's layer names sort by depth.
            deepest = max(features)
            values["content"] = content_loss(features[deepest], reference[deepest])
        if "style" in active:
            gray = tf.repeat(rgb_to_gray(stylized), 3, axis=-1)
            estimate = style_statistics.update(feature_extractor(gray))
            values["style"] = correlation_style_loss(estimate, style_statistics.target)
        return values

    return terms


class RunningCorrelation:
    """The stylized pictures' channel correlations, averaged over past batches.

    A batch is a noisy sample of a set's statistics. The estimate's value is the running
    mean, its gradient that of the batch alone.

    Args:
        target: Dict of the style set's correlations by layer, `(channels, channels)`.
        momentum: Share of the past, in [0, 1).
    """

    def __init__(self, target, momentum: float):
        self.target = {
            name: tf.constant(keras.ops.convert_to_numpy(value), tf.float32)
            for name, value in target.items()
        }
        self.momentum = momentum
        self.count = tf.Variable(0.0, trainable=False)
        self.running = {
            name: tf.Variable(tf.zeros_like(value), trainable=False)
            for name, value in self.target.items()
        }

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state that an exact checkpoint needs."""
        running = {f"style/{name}": v for name, v in self.running.items()}
        return {"style/count": self.count, **running}

    def update(self, features):
        """Take in a batch's feature maps and return the estimate by layer."""
        # The first batches are averaged evenly: there is no past to trust yet.
        count = self.count.assign_add(1.0)
        momentum = tf.minimum(self.momentum, 1.0 - 1.0 / count)
        estimate = {}
        for name, running in self.running.items():
            batch = tf.reduce_mean(correlation_gram(_thin(features[name])), axis=0)
            mixed = momentum * running + (1.0 - momentum) * tf.stop_gradient(batch)
            running.assign(mixed)
            estimate[name] = batch + tf.stop_gradient(mixed - batch)
        return estimate


def _thin(features, limit=96):
    """Take every n-th position of a large map: the statistics stay, the time falls."""
    stride = tf.maximum(tf.shape(features)[1] // limit, 1)
    return features[:, ::stride, ::stride]
