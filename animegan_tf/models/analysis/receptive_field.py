"""How far a network looks around each pixel, read off its graph."""

import dataclasses
import math

import keras

from animegan_tf.models.analysis.receptive_field_rules import Span, rule_of


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """What a pixel of a network's result depends on.

    Attributes:
        radius: Farthest pixel of the input, up, down, left or right, in pixels.
        multiple: Pixels by which a region may be moved, and by which its size must
            divide, for the network's coarser grids to fall on the same pixels.
        bytes_per_pixel: Estimate of the memory for activations, at 4 bytes each, per
            pixel of the input, at the moment at which it is highest.
    """

    radius: int
    multiple: int
    bytes_per_pixel: float


def measure_receptive_field(model: keras.Model) -> ReceptiveField:
    """Walk the graph of a network of images and add up what its layers see.

    Every layer is either known to work on each pixel alone or on a neighbourhood that
    its arguments give, or is taken to see the whole picture: normalizations over a
    picture, global pooling, attention, and any layer that `layer_spans` lacks.

    Args:
        model: Functional or sequential model from images, `(batch, height, width,
            channels)`, to images. Layers of it may be such models.

    Raises:
        ValueError: If a layer sees the whole picture; the message names it.
    """
    graph = _graph_of(model)
    if graph is None or len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ValueError("it is no graph of layers from one input to one output")
    walk = _Walk()
    spans = walk.run(graph, [(Span(), Span())])[0]
    radius = max(max(-span.first, span.last) for span in spans)
    return ReceptiveField(max(0, math.ceil(radius)), walk.multiple, walk.peak)


class _Walk:
    """Pass spans, one for the rows and one for the columns, along a graph."""

    def __init__(self):
        self.multiple = 1
        self.peak = 0.0
        # Bytes per pixel of the maps that a later layer still needs.
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
            for tensor, pair in zip(
                node.output_tensors, self._apply(node.operation, inputs), strict=True
            ):
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
        rule = rule_of(operation)
        rows, columns = zip(*inputs, strict=True)
        return [(rule(operation, 0, *rows), rule(operation, 1, *columns))]

    def _hold(self, tensor, pair, sign):
        rows, columns = (span.step for span in pair)
        self.multiple = math.lcm(self.multiple, rows.numerator, columns.numerator)
        self._held += sign * 4.0 * (tensor.shape[-1] or 1) / float(rows * columns)


def _graph_of(operation):
    """Return what holds the nodes of a functional or sequential model, else `None`."""
    graph = getattr(operation, "_functional", operation)
    return graph if hasattr(graph, "_nodes_by_depth") else None


def _nodes_in_order(graph):
    by_depth = graph._nodes_by_depth
    depths = sorted(by_depth, reverse=True)
    return [node for depth in depths for node in by_depth[depth] if not node.is_input]
