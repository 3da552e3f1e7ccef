"""Layers that several architectures choose by name."""

from keras import layers

NORMALIZATIONS = ("batch", "instance", "none")
UPSAMPLINGS = ("transpose", "resize")
# Keras' 0.99 lags by hundreds of updates: a GAN's quick first weights, used with the
# statistics of older ones, draw white.
_MOMENTUM = 0.9


def normalization_layers(kind: str, name: str) -> list:
    """Return the layer of a normalization as a list, empty for `"none"`.

    Args:
        kind: `"batch"`, statistics of the batch in training and their running mean
            afterwards; `"instance"`, statistics of each channel of each picture,
            without trained weights; `"none"`.
        name: Name of the layer.
    """
    if kind == "batch":
        return [layers.BatchNormalization(momentum=_MOMENTUM, name=name)]
    if kind == "instance":
        # As many groups as channels. CycleGAN's has neither scale nor shift.
        norm = layers.GroupNormalization(
            groups=-1, epsilon=1e-5, center=False, scale=False, name=name
        )
        return [norm]
    return []


def upsampling_layers(
    kind: str, filters: int, kernel_size: int, name: str, *, use_bias: bool = True
) -> list:
    """Return layers that double the size and convolve.

    Args:
        kind: `"transpose"`, one transposed convolution; `"resize"`, nearest neighbours
            and then a convolution, which cannot draw a checkerboard.
        filters: Channels of the result.
        kernel_size: Side of the kernel, in pixels.
        name: Name of the convolution.
        use_bias: Whether it has a bias.

    Reference: Odena et al., 2016, https://distill.pub/2016/deconv-checkerboard.
    """
    options = {"padding": "same", "use_bias": use_bias, "name": name}
    if kind == "transpose":
        return [layers.Conv2DTranspose(filters, kernel_size, strides=2, **options)]
    return [
        layers.UpSampling2D(2, name=f"{name}_resize"),
        layers.Conv2D(filters, kernel_size, **options),
    ]
