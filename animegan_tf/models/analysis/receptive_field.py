"""Measure the receptive field of a network from its graph of layers."""

import dataclasses
import math
from fractions import Fraction

import keras
from keras import layers

from animegan_tf.models.analysis.field import ReceptiveField
from animegan_tf.models.layers import (
    AdaptiveInstanceNormalization,
    BilinearResize,
    ClassActivationMap,
    DepthToSpace,
    ExternalAttention,
    GuidedFilter,
    LayerInstanceNormalization,
    ReflectionPadding2D,
    SpaceToDepth,
    SpectralNormConv2D,
)
from animegan_tf.models.layers.license_notice import LicenseNotice


def measure_receptive_field(
    model: keras.Model, *, ignore_statistics: bool = False
) -> ReceptiveField:
    """Measure the receptive field of an image-to-image network.

    Layers without a rule in this module count as depending on the whole image, as do
    normalizations over an image, global pooling and attention.

    Args:
        model: Functional or sequential model from images, `(batch, height, width,
            channels)`, to images. Its layers may be such models.
        ignore_statistics: Whether to leave out the dependence on statistics of the
            image and on attention; what remains is the field of the convolutions, in
            which a result depends on single pixels, and the memory.

    Raises:
        ValueError: If a layer depends on the whole image; the message names it.
    """
    spans, traversal = _traverse(model, ignore_statistics)
    radius = max(max(-span.first, span.last) for span in spans)
    return ReceptiveField(max(0, math.ceil(radius)), traversal.multiple, traversal.peak)


def measure_field_size(model: keras.Model) -> int:
    """Measure the side of the square of pixels that the convolutions see, in pixels.

    It is less than twice the radius of the receptive field where that is not centered.

    Args:
        model: As for `measure_receptive_field`, with `ignore_statistics`.

    Raises:
        ValueError: If a layer has no rule.
    """
    spans, _ = _traverse(model, True)
    return max(math.ceil(span.last - span.first) + 1 for span in spans)


def _traverse(model, ignore_statistics):
    """Return the spans of the rows and columns of the output, and the traversal."""
    graph = _graph_of(model)
    if graph is None or len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ValueError("it is not a graph of layers from one input to one output")
    traversal = _Traversal(ignore_statistics)
    return traversal.run(graph, [(Span(), Span())])[0], traversal


class _Traversal:
    """Propagate spans, one for the rows and one for the columns, through a graph."""

    def __init__(self, ignore_statistics):
        self._ignore_statistics = ignore_statistics
        self.multiple = 1
        self.peak = 0.0
        # Bytes per input pixel of the feature maps that a later layer still needs.
        self._held = 0.0

    def run(self, graph, input_spans):
        """Return the pairs of spans of the outputs."""
        nodes = _nodes_in_order(graph)
        uses = [id(tensor) for node in nodes for tensor in node.input_tensors]
        spans = {}
        for tensor, pair in zip(graph.inputs, input_spans, strict=True):
            spans[id(tensor)] = pair
            self._hold(tensor, pair, 1)
        for node in nodes:
            inputs = [spans[id(tensor)] for tensor in node.input_tensors]
            outputs = self._apply(node.operation, inputs)
            if len(outputs) == 1:
                outputs *= len(node.output_tensors)
            for tensor, pair in zip(node.output_tensors, outputs, strict=True):
                spans[id(tensor)] = pair
                self._hold(tensor, pair, 1)
            self.peak = max(self.peak, self._held)
            for tensor in node.input_tensors:
                uses.remove(id(tensor))
                if id(tensor) not in uses:
                    self._hold(tensor, spans[id(tensor)], -1)
        return [spans[id(tensor)] for tensor in graph.outputs]

    def _apply(self, operation, inputs):
        graph = _graph_of(operation)
        if graph is not None:
            return self.run(graph, inputs)
        rule = _STATISTICS.get(type(operation)) if self._ignore_statistics else None
        rule = rule or rule_of(operation)
        rows, columns = zip(*inputs, strict=True)
        return [(rule(operation, 0, *rows), rule(operation, 1, *columns))]

    def _hold(self, tensor, pair, sign):
        rows, columns = (span.step for span in pair)
        self.multiple = math.lcm(self.multiple, rows.numerator, columns.numerator)
        self._held += sign * 4.0 * (tensor.shape[-1] or 1) / float(rows * columns)


def _graph_of(operation):
    """Return the object that holds the nodes of a model, or `None` for a layer."""
    graph = getattr(operation, "_functional", operation)
    return graph if hasattr(graph, "_nodes_by_depth") else None


def _nodes_in_order(graph):
    by_depth = graph._nodes_by_depth
    depths = sorted(by_depth, reverse=True)
    return [node for depth in depths for node in by_depth[depth] if not node.is_input]


@dataclasses.dataclass(frozen=True)
class Span:
    """The input pixels on which each position of a feature map depends, along one axis.

    Position `i` depends on the pixels `i * step + first` to `i * step + last`.

    Attributes:
        step: Input pixels from one position to the next.
        first: Offset of the first pixel, in pixels.
        last: Offset of the last pixel, in pixels.
    """

    step: Fraction = Fraction(1)
    first: Fraction = Fraction(0)
    last: Fraction = Fraction(0)


def rule_of(layer):
    """Return the function `(layer, axis, *spans) -> span` of a layer's class.

    Raises:
        ValueError: If the layer may depend on the whole image. Subclasses of known
            layers are not known, since they may compute something else.
    """
    rule = _RULES.get(type(layer))
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    if rule is None or channels_first:
        raise _global_error(layer)
    return rule


def _global_error(layer):
    return ValueError(
        f"the layer {layer.name!r} ({type(layer).__name__}) may depend on the whole "
        "image"
    )


def _keep(layer, axis, span):
    return span


def _normalize(layer, axis, span):
    """Normalizations work per pixel if their axis is that of the channels."""
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if [a for a in axes if a not in (-1, 3)]:
        raise _global_error(layer)
    return span


def _merge(layer, axis, *spans):
    if len({span.step for span in spans}) > 1:
        raise _global_error(layer)
    first, last = min(s.first for s in spans), max(s.last for s in spans)
    return Span(spans[0].step, first, last)


def _concatenate(layer, axis, *spans):
    _normalize(layer, axis, None)
    return _merge(layer, axis, *spans)


def _convolve(layer, axis, span):
    dilation = _at(getattr(layer, "dilation_rate", 1), axis)
    reach = (_at(layer.kernel_size, axis) - 1) * dilation + 1
    return _window(span, reach, _at(layer.strides, axis), layer.padding)


def _pool(layer, axis, span):
    size, stride = _at(layer.pool_size, axis), _at(layer.strides, axis)
    return _window(span, size, stride, layer.padding)


def _window(span, reach, stride, padding):
    # For sizes divisible by the stride, "same" pads this much before the first.
    before = max(reach - stride, 0) // 2 if padding == "same" else 0
    first = span.first - span.step * before
    last = span.last + span.step * (reach - 1 - before)
    return Span(span.step * stride, first, last)


def _convolve_transposed(layer, axis, span):
    size, stride = _at(layer.kernel_size, axis), _at(layer.strides, axis)
    if _at(layer.dilation_rate, axis) > 1 or layer.output_padding is not None:
        raise _global_error(layer)
    before = max(size - stride, 0) // 2 if layer.padding == "same" else 0
    step = span.step / stride
    # The taps that reach position i are those of (i + before - tap) / stride.
    first = span.first + step * (before - (size - 1))
    return Span(step, first, span.last + step * before)


def _space_to_depth(layer, axis, span):
    return _window(span, layer.block, layer.block, "valid")


def _depth_to_space(layer, axis, span):
    return _repeat(span, layer.block)


def _upsample(layer, axis, span):
    factor = _at(layer.size, axis)
    if layer.interpolation == "nearest":
        return _repeat(span, factor)
    if layer.interpolation != "bilinear":
        raise _global_error(layer)
    # Half-pixel centers: between the two positions around (i + 1/2) / factor - 1/2.
    step = span.step / factor
    center = (step - span.step) / 2
    return Span(step, span.first + center - span.step, span.last + center + span.step)


def _resize(layer, axis, span, like):
    if layer.mode == "align_corners":
        raise _global_error(layer)
    return _sample(layer, axis, span, like)


def _sample(layer, axis, span, like):
    """Return the span of samples between two positions, on the grid of other maps."""
    ratio = like.step / span.step
    center = (ratio - 1) / 2 if layer.mode == "half_pixel" else Fraction(0)
    parts = {(center + i * ratio) % 1 for i in range(ratio.denominator)}
    first = span.first + span.step * (center - max(parts))
    last = span.last + span.step * (center + max(-part % 1 for part in parts))
    return Span(like.step, first, last)


def _filter(layer, axis, span, guide):
    # A mean of a function of means.
    reach = 2 * layer.radius * span.step
    span = _merge(layer, axis, span, guide)
    return Span(span.step, span.first - reach, span.last + reach)


def _keep_first(layer, axis, span, *others):
    return span


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
    LicenseNotice,
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
    **dict.fromkeys(_POINTWISE, _keep),
    **dict.fromkeys(_MERGING, _merge),
    **dict.fromkeys(_CONVOLUTIONS, _convolve),
    layers.AveragePooling2D: _pool,
    layers.MaxPooling2D: _pool,
    layers.BatchNormalization: _normalize,
    layers.LayerNormalization: _normalize,
    layers.Concatenate: _concatenate,
    layers.Conv2DTranspose: _convolve_transposed,
    layers.Cropping2D: _crop,
    layers.UpSampling2D: _upsample,
    layers.ZeroPadding2D: _pad,
    DepthToSpace: _depth_to_space,
    ReflectionPadding2D: _pad,
    SpaceToDepth: _space_to_depth,
    BilinearResize: _resize,
    GuidedFilter: _filter,
}
# Rules of layers that depend on the whole image, but on no single distant pixel.
_STATISTICS = {
    layers.GlobalAveragePooling2D: _keep,
    layers.GroupNormalization: _keep,
    AdaptiveInstanceNormalization: _merge,
    BilinearResize: _sample,
    ClassActivationMap: _keep,
    ExternalAttention: _keep,
    LayerInstanceNormalization: _keep_first,
}
