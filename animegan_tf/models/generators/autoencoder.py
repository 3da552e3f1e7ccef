"""An autoencoder as generator."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_choice, check_counts, check_multiple
from animegan_tf.models.layers import ReflectionPadding2D
from animegan_tf.models.layers.blocks import NORMALIZATIONS, normalization_layers

_SLOPE = 0.2


def build_autoencoder_generator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=3,
    latent_channels=64,
    normalization="none",
    name="autoencoder_generator",
) -> keras.Model:
    """Build a convolutional autoencoder: code z = E(x) and image D(z).

    It has no skip connections, so the output depends on the code alone. Both parts are
    models of their own: `model.get_layer("encoder")` and `model.get_layer("decoder")`.

    Args:
        image_shape: `(height, width, channels)`, sizes multiples of
            `2**num_downsamples`; `None` accepts any size.
        width: Channels at full size, at least 1; they double at each halving, up to 8
            times as many.
        num_downsamples: Number of halvings, at least 1.
        latent_channels: Channels of the code, at least 1.
        normalization: `"none"`, `"batch"` or `"instance"`.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same size. The code is unbounded,
        `(batch, height / 8, width / 8, latent_channels)` at the default.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Hinton, Salakhutdinov, 2006, https://doi.org/10.1126/science.1127647.
    """
    check_counts(
        width=width, num_downsamples=num_downsamples, latent_channels=latent_channels
    )
    check_choice(NORMALIZATIONS, normalization=normalization)
    check_multiple(image_shape, 2**num_downsamples)
    widths = [width * min(2**level, 8) for level in range(num_downsamples + 1)]
    encoder = _build_encoder(image_shape, widths, latent_channels, normalization)
    decoder = _build_decoder(encoder.output.shape[1:], widths, normalization)
    photo = keras.Input(image_shape, name="photo")
    return keras.Model(photo, decoder(encoder(photo)), name=name)


def _build_encoder(image_shape, widths, latent_channels, normalization):
    image = keras.Input(image_shape, name="image")
    x = _conv(image, widths[0], "stem", normalization)
    for level, filters in enumerate(widths[1:], start=1):
        x = _conv(x, filters, f"down{level}", normalization, strides=2)
    x = ReflectionPadding2D(1, name="code_pad")(x)
    code = layers.Conv2D(latent_channels, 3, name="code")(x)
    return keras.Model(image, code, name="encoder")


def _build_decoder(code_shape, widths, normalization):
    code = keras.Input(code_shape, name="code")
    x = _conv(code, widths[-1], "expand", normalization)
    for level in reversed(range(len(widths) - 1)):
        x = layers.UpSampling2D(2, name=f"up{level}_resize")(x)
        x = _conv(x, widths[level], f"up{level}", normalization)
    x = ReflectionPadding2D(1, name="head_pad")(x)
    x = layers.Conv2D(3, 3, name="head")(x)
    image = layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model(code, image, name="decoder")


def _conv(x, filters, name, normalization, strides=1):
    """Apply reflection padding, a 3x3 convolution, normalization and a leaky ReLU."""
    padding = 1 if strides == 1 else ((1, 0), (1, 0))
    x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters, 3, strides=strides, kernel_initializer="he_normal", name=name
    )(x)
    for layer in normalization_layers(normalization, f"{name}_norm"):
        x = layer(x)
    return layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x)
