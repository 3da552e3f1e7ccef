"""Let networks for images of one size take images of any size, where that is exact."""

import keras
import numpy as np

from animegan_tf.models.analysis.input_multiple import input_multiple


def with_any_size(network: keras.Model) -> keras.Model | None:
    """Rebuild a network that was declared for images of one size without that size.

    A network of convolutions has the same weights for images of any size. The copy
    shares the weights' values, not the variables.

    Args:
        network: Functional or sequential model from `(batch, height, width, channels)`
            to images of the same size.

    Returns:
        The network for images of any size; `None` if its layers depend on the size,
        such as dense layers or resizing to a fixed size.
    """
    height, width, channels = network.input_shape[1:]
    image = keras.Input((None, None, channels))
    # Layers report sizes that they do not support in different ways.
    try:
        copy = keras.models.clone_model(network, input_tensors=image)
        copy.set_weights(network.get_weights())
        input_multiple(copy)
        # Constants of a size, such as a vignette, only show in results.
        sample = np.random.default_rng(0).uniform(
            -1.0, 1.0, (1, height or 64, width or 64, channels)
        )
        expected, result = (
            keras.ops.convert_to_numpy(model(sample, training=False))
            for model in (network, copy)
        )
    except Exception:
        return None
    same = result.shape == expected.shape and np.allclose(result, expected, atol=1e-4)
    return copy if same else None
