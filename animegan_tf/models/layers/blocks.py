"""Normalization and upsampling layers by name."""

from keras import layers

NORMALIZATIONS = ("batch", "instance", "none")
UPSAMPLINGS = ("transpose", "resize")
# Keras' 0.99 averages over hundreds of steps: early in GAN training the weights change
# faster, and inference with outdated statistics gives white images.
_MOMENTUM = 0.9


def normalization_layers(kind: str, name: str) -> list:
    """Return a list of one normalization layer, or an empty list for `"none"`.

    Args:
        kind: `"batch"`, batch normalization; `"instance"`, instance normalization
            without trainable weights; `"none"`.
        name: Name of the layer.
    """
    if kind == "batch":
        return [layers.BatchNormalization(momentum=_MOMENTUM, name=name)]
    if kind == "instance":
        # One group per channel. As in CycleGAN, without scale and shift.
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
        kind: `"transpose"`, a transposed convolution; `"resize"`, nearest-neighbor
            upsampling and a convolution, without checkerboard artifacts.
        filters: Channels of the output.
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
