"""Discriminators that judge a whole picture of one size."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts

# Reals and fakes come as batches of their own: a short memory follows both.
_MOMENTUM = 0.8


def build_conv_discriminator(
    image_shape=None,
    *,
    image_size=256,
    width=128,
    num_downsamples=2,
    dropout=0.3,
    slope=0.2,
    from_logits=True,
    name="conv_discriminator",
) -> keras.Model:
    """Build a plain convolutional discriminator: one verdict per picture.

    Args:
        image_shape: `(height, width, channels)`, all known, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square colour pictures, in pixels.
        width: Channels of every 5x5 convolution with stride 2, at least 1.
        num_downsamples: Number of these convolutions, at least 1.
        dropout: Share of the activations dropped in training, in [0, 1).
        slope: Slope of the leaky ReLU below 0.
        from_logits: Whether the verdict is an unbounded logit; else it is the
            probability of being real, in [0, 1].
        name: Name of the model.

    Returns:
        A `keras.Sequential` from float images in [-1, 1],
        `(batch, height, width, channels)`, to float32 verdicts, `(batch, 1)`.

    Raises:
        ValueError: If an argument is out of range or a size unknown.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    _check_dropout(dropout)
    stack = [_image_input(image_shape, image_size)]
    for level in range(1, num_downsamples + 1):
        block = f"level{level}"
        stack += [
            layers.Conv2D(width, 5, strides=2, padding="same", name=block),
            layers.LeakyReLU(slope, name=f"{block}_act"),
            layers.Dropout(dropout, name=f"{block}_dropout"),
        ]
    return _with_verdict([*stack, layers.Flatten(name="map")], from_logits, name)


def build_dense_discriminator(
    image_shape=None,
    *,
    image_size=256,
    width=64,
    num_layers=2,
    dropout=0.3,
    slope=0.2,
    from_logits=True,
    name="dense_discriminator",
) -> keras.Model:
    """Build a fully connected discriminator: every unit sees every pixel.

    Args:
        image_shape: `(height, width, channels)`, all known, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square colour pictures, in pixels. The first layer has
            `3 * width` weights for each pixel.
        width: Units of a hidden layer, at least 1.
        num_layers: Number of hidden layers, at least 1.
        dropout: Share of the activations dropped in training, in [0, 1).
        slope: Slope of the leaky ReLU below 0.
        from_logits: Whether the verdict is an unbounded logit; else it is the
            probability of being real, in [0, 1].
        name: Name of the model.

    Returns:
        A `keras.Sequential` from float images in [-1, 1],
        `(batch, height, width, channels)`, to float32 verdicts, `(batch, 1)`.

    Raises:
        ValueError: If an argument is out of range or a size unknown.

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661.
    """
    check_counts(width=width, num_layers=num_layers)
    _check_dropout(dropout)
    stack = [_image_input(image_shape, image_size), layers.Flatten(name="pixels")]
    for level in range(1, num_layers + 1):
        block = f"hidden{level}"
        stack += [
            layers.Dense(width, name=block),
            layers.LeakyReLU(slope, name=f"{block}_act"),
            layers.Dropout(dropout, name=f"{block}_dropout"),
        ]
    return _with_verdict(stack, from_logits, name)


def build_dcgan_discriminator(
    image_shape=None,
    *,
    image_size=256,
    width=64,
    num_downsamples=4,
    slope=0.2,
    from_logits=True,
    name="dcgan_discriminator",
) -> keras.Model:
    """Build DCGAN's discriminator: strided convolutions with batch normalization.

    Args:
        image_shape: `(height, width, channels)`, all known, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square colour pictures, in pixels.
        width: Channels of the first convolution, at least 1; they double at each
            further one, up to 8 times as many.
        num_downsamples: Number of 4x4 convolutions with stride 2, at least 1.
        slope: Slope of the leaky ReLU below 0.
        from_logits: Whether the verdict is an unbounded logit; else it is the
            probability of being real, in [0, 1].
        name: Name of the model.

    Returns:
        A `keras.Sequential` from float images in [-1, 1],
        `(batch, height, width, channels)`, to float32 verdicts, `(batch, 1)`.

    Raises:
        ValueError: If an argument is out of range or a size unknown.

    Reference: Radford et al., 2016, https://arxiv.org/abs/1511.06434.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    stack = [_image_input(image_shape, image_size)]
    for level in range(1, num_downsamples + 1):
        block, normalized = f"level{level}", level > 1
        filters = width * min(2 ** (level - 1), 8)
        convolution = layers.Conv2D(
            filters, 4, strides=2, padding="same", use_bias=not normalized, name=block
        )
        stack.append(convolution)
        # Without it on the first layer the pictures' own contrast stays visible.
        if normalized:
            norm = layers.BatchNormalization(momentum=_MOMENTUM, name=f"{block}_norm")
            stack.append(norm)
        stack.append(layers.LeakyReLU(slope, name=f"{block}_act"))
    return _with_verdict([*stack, layers.Flatten(name="map")], from_logits, name)


def _image_input(image_shape, image_size):
    if image_shape is None:
        check_counts(image_size=image_size)
        image_shape = (image_size, image_size, 3)
    if len(image_shape) != 3 or None in image_shape:
        raise ValueError(
            "`image_shape` must have a known height, width and number of channels, "
            "since every pixel has weights of its own. "
            f"Received: image_shape={image_shape}"
        )
    return keras.Input(image_shape, name="image")


def _with_verdict(stack, from_logits, name):
    # float32 keeps the loss exact under mixed precision.
    verdict = layers.Dense(
        1,
        activation=None if from_logits else "sigmoid",
        dtype="float32",
        name="logits" if from_logits else "probabilities",
    )
    return keras.Sequential([*stack, verdict], name=name)


def _check_dropout(dropout):
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
