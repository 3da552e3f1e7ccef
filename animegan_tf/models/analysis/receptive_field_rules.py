"""What each kind of layer sees around a position: the tables behind tiling."""

import dataclasses
from fractions import Fraction

from keras import layers

from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
    SpectralNormConv2D,
)


@dataclasses.dataclass(frozen=True)
class Span:
    """Position `i` of a map sees the pixels `i * step + first` to `i * step + last`.

    Attributes:
        step: Pixels of the network's input from one position to the next.
        first: Offset of the first pixel seen, in pixels.
        last: Offset of the last pixel seen, in pixels.
    """

    step: Fraction = Fraction(1)
    first: Fraction = Fraction(0)
    last: Fraction = Fraction(0)


def rule_of(layer):
    """Return the function `(layer, axis, *spans) -> span` of a layer's kind.

    Raises:
        ValueError: If the layer sees the whole picture, or its kind is not known. A
            class derived from a known one may compute something else, so it is not.
    """
    rule = _RULES.get(type(layer))
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    if rule is None or channels_first:
        raise _whole_picture_error(layer)
    return rule


def _whole_picture_error(layer):
    return ValueError(
        f"the layer {layer.name!r} ({type(layer).__name__}) may see the whole picture"
    )


def _see_pixel(layer, axis, span):
    return span


def _see_channels(layer, axis, span):
    """Normalizations: pixel by pixel if their axis is that of the channels."""
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if [a for a in axes if a not in (-1, 3)]:
        raise _whole_picture_error(layer)
    return span


def _merge(layer, axis, *spans):
    if len({span.step for span in spans}) > 1:
        raise _whole_picture_error(layer)
    first, last = min(s.first for s in spans), max(s.last for s in spans)
    return Span(spans[0].step, first, last)


def _join(layer, axis, *spans):
    _see_channels(layer, axis, None)
    return _merge(layer, axis, *spans)


def _convolve(layer, axis, span):
    dilation = _at(getattr(layer, "dilation_rate", 1), axis)
    reach = (_at(layer.kernel_size, axis) - 1) * dilation + 1
    return _window(span, reach, _at(layer.strides, axis), layer.padding)


def _pool(layer, axis, span):
    size, stride = _at(layer.pool_size, axis), _at(layer.strides, axis)
    return _window(span, size, stride, layer.padding)


def _window(span, reach, stride, padding):
    # With sizes that divide by the stride, "same" adds this much before the first.
    before = max(reach - stride, 0) // 2 if padding == "same" else 0
    first = span.first - span.step * before
    last = span.last + span.step * (reach - 1 - before)
    return Span(span.step * stride, first, last)


def _convolve_transposed(layer, axis, span):
    size, stride = _at(layer.kernel_size, axis), _at(layer.strides, axis)
    if _at(layer.dilation_rate, axis) > 1 or layer.output_padding is not None:
        raise _whole_picture_error(layer)
    before = max(size - stride, 0) // 2 if layer.padding == "same" else 0
    step = span.step / stride
    # The taps that reach position i are those of (i + before - tap) / stride.
    first = span.first + step * (before - (size - 1))
    return Span(step, first, span.last + step * before)


def _gather(layer, axis, span):
    return _window(span, layer.block, layer.block, "valid")


def _spread(layer, axis, span):
    return _repeat(span, layer.block)


def _upsample(layer, axis, span):
    factor = _at(layer.size, axis)
    if layer.interpolation == "nearest":
        return _repeat(span, factor)
    if layer.interpolation != "bilinear":
        raise _whole_picture_error(layer)
    # Half-pixel centres: between the two positions around (i + 1/2) / factor - 1/2.
    step = span.step / factor
    centre = (step - span.step) / 2
    return Span(step, span.first + centre - span.step, span.last + centre + span.step)


def _repeat(span, factor):
    step = span.step / factor
    return Span(step, span.first - step * (factor - 1), span.last)


def _pad(layer, axis, span):
    return _shift(span, -layer.padding[axis][0])


def _crop(layer, axis, span):
    return _shift(span, layer.cropping[axis][0])


def _shift(span, positions):
    by = span.step * positions
    return Span(span.step, span.first + by, span.last + by)


def _at(value, axis):
    return value[axis] if isinstance(value, list | tuple) else value


_POINTWISE = (
    layers.Activation,
    layers.Dense,
    layers.Dropout,
    layers.ELU,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.Identity,
    layers.LeakyReLU,
    layers.ReLU,
    layers.Rescaling,
    layers.SpatialDropout2D,
)
_MERGING = (
    layers.Add,
    layers.Average,
    layers.Maximum,
    layers.Minimum,
    layers.Multiply,
    layers.Subtract,
)
_CONVOLUTIONS = (
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
    SpectralNormConv2D,
)
_RULES = {
    **dict.fromkeys(_POINTWISE, _see_pixel),
    **dict.fromkeys(_MERGING, _merge),
    **dict.fromkeys(_CONVOLUTIONS, _convolve),
    layers.AveragePooling2D: _pool,
    layers.MaxPooling2D: _pool,
    layers.BatchNormalization: _see_channels,
    layers.LayerNormalization: _see_channels,
    layers.Concatenate: _join,
    layers.Conv2DTranspose: _convolve_transposed,
    layers.Cropping2D: _crop,
    layers.UpSampling2D: _upsample,
    layers.ZeroPadding2D: _pad,
    DepthToSpace: _spread,
    ReflectionPadding2D: _pad,
    SpaceToDepth: _gather,
}
