"""Convolutions with padding, normalization and activation, under stable names."""

import dataclasses

import keras
from keras import layers

from animegan_tf.models.arguments import check_choice, check_counts, check_multiple
from animegan_tf.models.layers.adaptive_norm import AdaptiveInstanceNormalization
from animegan_tf.models.layers.bilinear_resize import RESIZE_MODES
from animegan_tf.models.layers.reflection_padding import ReflectionPadding2D
from animegan_tf.models.layers.spectral_norm import SpectralNormConv2D


@dataclasses.dataclass(frozen=True)
class ConvBlock:
    """Apply a convolution with what precedes and follows it in a family of networks.

    A call names its layers after the convolution: `NAME_pad`, `NAME`, `NAME_norm` and
    `NAME_act`; a LADE normalization adds the 1x1 convolution `NAME_lade`.

    Attributes:
        padding: `"reflect_start"` or `"reflect_end"`, by reflection, with an odd pixel
            at the top and left or at the bottom and right; `"zeros_start"`, by zeros;
            `"zeros_same"`, as `padding="same"` in TensorFlow; or `"none"`.
        normalization: `"instance"`, with scale and shift; `"layer"`, over height,
            width and channels jointly, with scale and shift per channel; `"batch"`;
            `"lade"`, linearly adaptive denormalization; or `None`.
        epsilon: Added to the variances.
        slope: Negative slope of the leaky ReLU; 0 is a ReLU.
        use_bias: Whether convolutions have a bias.
        initializer: Initializer of the kernels, as for `keras.layers.Conv2D`.
        spectral_norm: Whether kernels are divided by their largest singular value.
    """

    padding: str = "reflect_start"
    normalization: str | None = None
    epsilon: float = 1e-5
    slope: float = 0.2
    use_bias: bool = False
    initializer: str | keras.initializers.Initializer = "glorot_uniform"
    spectral_norm: bool = False

    def __call__(self, x, filters, name, *, size=3, strides=1):
        """Apply padding, a convolution, the normalization and the activation."""
        x = self.convolve(x, filters, name, size=size, strides=strides)
        return self.activate(self.normalize(x, name), name)

    def convolve(self, x, filters, name, *, size=3, strides=1, **options):
        """Apply padding and a convolution; options override those of the layer."""
        x = self.pad(x, name, size, strides)
        convolution = SpectralNormConv2D if self.spectral_norm else layers.Conv2D
        options = {
            "padding": "same" if self.padding == "zeros_same" else "valid",
            "use_bias": self.use_bias,
            "kernel_initializer": self.initializer,
        } | options
        return convolution(filters, size, strides=strides, name=name, **options)(x)

    def depthwise(self, x, name, *, strides=1, use_bias=False, initializer=None):
        """Apply padding and a depthwise 3x3 convolution."""
        return layers.DepthwiseConv2D(
            3,
            strides=strides,
            use_bias=use_bias,
            depthwise_initializer=initializer or self.initializer,
            name=name,
        )(self.pad(x, name, 3, strides))

    def residual(self, x, name):
        """Apply two convolutions, and add their input; the second is not activated."""
        filters = x.shape[-1]
        y = self(x, filters, f"{name}_conv1")
        y = self.convolve(y, filters, f"{name}_conv2")
        y = self.normalize(y, f"{name}_conv2")
        return layers.Add(name=f"{name}_add")([x, y])

    def inverted_residual(self, x, filters, name, **depthwise):
        """Apply an inverted residual block: expand, depthwise convolution, project.

        The input is added if it has as many channels.
        """
        y = self(x, 2 * x.shape[-1], f"{name}_widen", size=1)
        y = self.depthwise(y, f"{name}_depthwise", **depthwise)
        y = self.activate(self.normalize(y, f"{name}_depthwise"), f"{name}_depthwise")
        y = self.convolve(y, filters, f"{name}_narrow", size=1)
        y = self.normalize(y, f"{name}_narrow")
        if x.shape[-1] == filters:
            y = layers.Add(name=f"{name}_add")([x, y])
        return y

    def pad(self, x, name, size, strides):
        """Pad so that a convolution divides the size by its stride, rounded down."""
        total = size - strides
        if total == 0 or self.padding in ("zeros_same", "none"):
            return x
        sides = total // 2, total - total // 2
        if self.padding.endswith("start"):
            sides = sides[::-1]
        reflects = self.padding.startswith("reflect")
        layer = ReflectionPadding2D if reflects else layers.ZeroPadding2D
        return layer((sides, sides), name=f"{name}_pad")(x)

    def normalize(self, x, name):
        """Apply the normalization, if there is one."""
        name_norm = f"{name}_norm"
        if self.normalization == "lade":
            style = self.convolve(x, x.shape[-1], f"{name}_lade", size=1)
            return AdaptiveInstanceNormalization(self.epsilon, name=name_norm)(x, style)
        if self.normalization == "batch":
            return layers.BatchNormalization(epsilon=self.epsilon, name=name_norm)(x)
        if self.normalization is not None:
            # One group normalizes height, width and channels jointly; Keras'
            # LayerNormalization would normalize the channels of each pixel.
            groups = 1 if self.normalization == "layer" else -1
            norm = layers.GroupNormalization(
                groups, epsilon=self.epsilon, name=name_norm
            )
            return norm(x)
        return x

    def activate(self, x, name):
        """Apply a leaky ReLU, or a ReLU if the slope is 0."""
        if self.slope == 0.0:
            return layers.ReLU(name=f"{name}_act")(x)
        return layers.LeakyReLU(self.slope, name=f"{name}_act")(x)


def photo_input(image_shape, resize, **counts):
    """Check what generators that resize have as arguments, and build their input.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size.
        resize: Key of `RESIZE_MODES`.
        **counts: Arguments that are numbers of at least 1.

    Raises:
        ValueError: If an argument is out of range.
    """
    check_multiple(image_shape, 1)
    check_counts(**counts)
    check_choice(RESIZE_MODES, resize=resize)
    return keras.Input(image_shape, name="photo")


def tanh_image(x, name="stylized"):
    """Map to images in (-1, 1), in float32 under mixed precision too."""
    return layers.Activation("tanh", dtype="float32", name=name)(x)
