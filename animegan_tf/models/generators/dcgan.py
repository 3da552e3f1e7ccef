"""DCGAN's generator: images from noise."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_choice, check_counts
from animegan_tf.models.layers.blocks import (
    UPSAMPLINGS,
    normalization_layers,
    upsampling_layers,
)

_START_SIZE = 8
_MIN_WIDTH = 16


def build_dcgan_generator(
    latent_dim=100,
    *,
    image_size=256,
    width=128,
    upsampling="transpose",
    batch_norm=True,
    name="dcgan_generator",
) -> keras.Model:
    """Build DCGAN's generator from noise to square images.

    A dense layer computes a feature map of 8x8 positions; each upsampling doubles its
    size, halves the channels, down to 16, and is followed by a ReLU.

    Args:
        latent_dim: Length of the noise vector, at least 1.
        image_size: Side of the square images in pixels, a power of 2, at least 16.
        width: Channels of the 8x8 feature map, at least 1.
        upsampling: `"transpose"` for transposed convolutions, `"resize"` for
            nearest-neighbor upsampling and a convolution, without checkerboard
            artifacts.
        batch_norm: Whether batch normalization precedes every ReLU.
        name: Name of the model.

    Returns:
        A `keras.Sequential` from float noise, `(batch, latent_dim)`, usually standard
        normal, to float32 images in (-1, 1), `(batch, image_size, image_size, 3)`.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Radford et al., 2016, https://arxiv.org/abs/1511.06434.
    """
    check_counts(latent_dim=latent_dim, width=width)
    check_choice(UPSAMPLINGS, upsampling=upsampling)
    if image_size < 16 or image_size & (image_size - 1):
        raise ValueError(
            "`image_size` must be a power of 2 and at least 16. "
            f"Received: image_size={image_size}"
        )
    # A bias before a normalization has no effect.
    use_bias = not batch_norm
    project = layers.Dense(width * _START_SIZE**2, use_bias=use_bias, name="project")
    stack = [
        keras.Input((latent_dim,), name="noise"),
        project,
        layers.Reshape((_START_SIZE, _START_SIZE, width), name="map"),
        *_activated("map", batch_norm),
    ]
    size, filters = _START_SIZE, width
    while size < image_size:
        size, filters = 2 * size, max(filters // 2, min(width, _MIN_WIDTH))
        block = f"up{size}"
        stack += upsampling_layers(upsampling, filters, 5, block, use_bias=use_bias)
        stack += _activated(block, batch_norm)
    # float32 keeps the output exact under mixed precision.
    image = layers.Conv2D(
        3, 7, padding="same", activation="tanh", dtype="float32", name="picture"
    )
    return keras.Sequential([*stack, image], name=name)


def _activated(block: str, batch_norm: bool) -> list:
    """Return the last layers of a block: a normalization, if any, and the ReLU."""
    normalization = "batch" if batch_norm else "none"
    return [
        *normalization_layers(normalization, f"{block}_norm"),
        layers.ReLU(name=f"{block}_act"),
    ]
