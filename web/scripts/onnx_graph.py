"""Convert a multi-style generator to ONNX, with the style as an input of the graph.

The scales and shifts of a style, and the removal of chroma of monochrome styles, act on
the kernels of the convolutions inside the graph, which is much less work than acting on
feature maps: every blend runs at the speed of a network of one style.
"""

import numpy as np
import onnx
from keras import layers
from onnx import TensorProto, helper, numpy_helper

from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
    StyleModulation,
)

# Padding by reflection and DepthToSpace as used here exist since opset 13.
OPSET = 17
IR_VERSION = 8
_LUMA = np.array([0.299, 0.587, 0.114], "float32")


def convert_generator(generator, *, monochrome) -> onnx.ModelProto:
    """Convert a multi-style generator of `build_anime_generator`.

    Args:
        generator: `keras.Model` from images and weights of the styles to images.
        monochrome: For each style, whether its images are made gray.

    Returns:
        A model from `photo`, float32 `(1, 3, height, width)` in [-1, 1], and `style`,
        float32 `(1, num_styles)` with the sum 1, to `stylized` of the photo's shape.
        Weights that float16 represents exactly are stored as float16.

    Raises:
        ValueError: If a layer has no rule here, or the number of styles differs.
    """
    if len(generator.inputs) != 2 or generator.inputs[1].shape[1] != len(monochrome):
        raise ValueError(
            "`generator` must have one style for each element of `monochrome`. "
            f"Received: {len(generator.inputs)} inputs, {len(monochrome)} elements"
        )
    return _Graph(generator, np.asarray(monochrome, "float32")).model


class _Graph:
    """Emit the nodes of one generator."""

    def __init__(self, generator, monochrome):
        self._nodes, self._constants = [], {}
        self._names = {}
        photo, style = generator.inputs
        self._set(photo, "photo")
        self._set(style, "style")
        self._head = _last_convolution(generator)
        if monochrome.any():
            self._chroma_mix = self._make_chroma_mix(monochrome)
        else:
            self._chroma_mix = None
        # A convolution is emitted with the modulation that follows it.
        self._pending = {}
        by_depth = generator._nodes_by_depth
        for depth in sorted(by_depth, reverse=True):
            for node in by_depth[depth]:
                if not node.is_input:
                    self._convert(node)
        self._add("Identity", [self._get(generator.outputs[0])], name="stylized_output")
        self._nodes[-1].output[0] = "stylized"
        sides = ["height", "width"]
        graph = helper.make_graph(
            self._nodes,
            "generator",
            [
                _value("photo", [1, 3, *sides]),
                _value("style", [1, len(monochrome)]),
            ],
            [_value("stylized", [1, 3, *sides])],
            list(self._constants.values()),
        )
        self.model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="animegan_tf",
        )
        onnx.checker.check_model(self.model, full_check=True)

    def _convert(self, node):
        layer = node.operation
        output = node.output_tensors[0]
        inputs = [self._get(tensor) for tensor in node.input_tensors]
        if isinstance(layer, layers.Conv2D):
            self._pending[layer.name] = layer, inputs[0]
            self._set(output, layer.name)
        elif isinstance(layer, StyleModulation):
            self._set(output, self._modulated_convolution(inputs[0], layer))
        else:
            self._set(output, self._emit(layer, inputs))

    def _emit(self, layer, inputs):
        name = layer.name
        if isinstance(layer, ReflectionPadding2D):
            (top, bottom), (left, right) = layer.padding
            pads = np.array([0, 0, top, left, 0, 0, bottom, right], "int64")
            pads = self._constant(f"{name}_pads", pads)
            return self._add("Pad", [inputs[0], pads], name=name, mode="reflect")
        if isinstance(layer, SpaceToDepth):
            return self._add("SpaceToDepth", inputs, name=name, blocksize=layer.block)
        if isinstance(layer, DepthToSpace):
            options = {"blocksize": layer.block, "mode": "DCR"}
            return self._add("DepthToSpace", inputs, name=name, **options)
        if isinstance(layer, layers.LeakyReLU):
            slope = float(layer.negative_slope)
            return self._add("LeakyRelu", inputs, name=name, alpha=slope)
        if isinstance(layer, layers.Add):
            return self._add("Add", inputs, name=name)
        if isinstance(layer, layers.Concatenate) and layer.axis in (-1, 3):
            return self._add("Concat", inputs, name=name, axis=1)
        is_tanh = getattr(getattr(layer, "activation", None), "__name__", "") == "tanh"
        if isinstance(layer, layers.Activation) and is_tanh:
            return self._add("Tanh", inputs, name=name)
        raise ValueError(f"No ONNX rule for the layer {name!r}, {type(layer).__name__}")

    def _modulated_convolution(self, name, modulation):
        layer, source = self._pending.pop(name)
        kernel, bias = layer.get_weights()
        scale_table, shift_table = modulation.get_weights()
        filters = kernel.shape[-1]
        kernel = self._weight(f"{name}_kernel", kernel.transpose(3, 2, 0, 1))
        bias = self._weight(f"{name}_bias", bias[np.newaxis])
        scale, shift = (
            self._add("MatMul", ["style", self._weight(f"{name}_{kind}", table)])
            for kind, table in (("scales", scale_table), ("shifts", shift_table))
        )
        column = self._constant(f"column_{filters}", np.array([filters, 1, 1, 1]))
        kernel = self._add("Mul", [kernel, self._add("Reshape", [scale, column])])
        bias = self._add("Add", [self._add("Mul", [bias, scale]), shift])
        if layer is self._head and self._chroma_mix is not None:
            kernel, bias = self._remove_chroma(kernel, bias, layer)
        flat = self._constant("flat", np.array([-1]))
        bias = self._add("Reshape", [bias, flat])
        return self._add(
            "Conv",
            [source, kernel, bias],
            name=name,
            kernel_shape=list(layer.kernel_size),
            strides=list(layer.strides),
        )

    def _make_chroma_mix(self, monochrome):
        """Emit the matrix that desaturates the colors of the head's four pixels."""
        groups = self._head.filters // 3
        gray = np.kron(np.eye(groups, dtype="float32"), np.tile(_LUMA, (3, 1)))
        table = self._constant("monochrome", monochrome[:, np.newaxis])
        amount = self._add("MatMul", ["style", table])
        identity = np.eye(self._head.filters, dtype="float32")
        change = self._constant("chroma_change", gray - identity)
        change = self._add("Mul", [change, amount])
        return self._add("Add", [change, self._constant("identity", identity)])

    def _remove_chroma(self, kernel, bias, layer):
        filters, depth = layer.filters, layer.kernel.shape[2]
        rows = self._constant("head_rows", np.array([filters, -1]))
        shape = np.array([filters, depth, *layer.kernel_size])
        kernel = self._add("Reshape", [kernel, rows])
        kernel = self._add("MatMul", [self._chroma_mix, kernel])
        kernel = self._add("Reshape", [kernel, self._constant("head_shape", shape)])
        bias = self._add("Reshape", [bias, rows])
        return kernel, self._add("MatMul", [self._chroma_mix, bias])

    def _weight(self, name, array):
        """Add a weight, as float16 followed by a cast if that loses nothing."""
        array = np.ascontiguousarray(array, "float32")
        half = array.astype("float16")
        if not np.array_equal(half.astype("float32"), array):
            return self._constant(name, array)
        return self._add("Cast", [self._constant(name, half)], to=TensorProto.FLOAT)

    def _constant(self, name, array):
        if name not in self._constants:
            array = np.ascontiguousarray(array)
            self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def _add(self, kind, inputs, *, name=None, **attributes):
        output = f"{kind.lower()}_{len(self._nodes)}" if name is None else f"{name}:0"
        node = helper.make_node(kind, inputs, [output], name=name or output)
        node.attribute.extend(
            helper.make_attribute(*item) for item in attributes.items()
        )
        self._nodes.append(node)
        return output

    def _set(self, tensor, name):
        self._names[id(tensor)] = name

    def _get(self, tensor):
        return self._names[id(tensor)]


def _last_convolution(generator):
    return [x for x in generator.layers if isinstance(x, layers.Conv2D)][-1]


def _value(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
