"""Write the default generator as an ONNX graph, from its weights in NumPy."""

import json

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from animegan_tf.inference.engines.anime_network import (
    FLOAT_CONVOLUTIONS,
    AnimeNetwork,
    chroma_change,
)

# Padding by reflection, DepthToSpace and quantization per channel exist since 13.
OPSET = 17
# The version of the file format; runtimes refuse newer ones than they know.
_IR_VERSION = 8
_SLOPE = 0.2
_TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}
# Values of the graph's input and output in the unit of the photo's 256 levels.
_MIDDLE = 127.5
# Smaller constants, such as shapes and biases, stay in float32 when others are halved.
_MIN_HALF_SIZE = 256

Ranges = dict[str, tuple[float, float]]


def build_anime_graph(
    network: AnimeNetwork,
    *,
    dtype: str = "uint8",
    size: tuple[int | None, int | None] = (None, None),
    ranges: Ranges | None = None,
    observe: bool = False,
):
    """Write a network as an ONNX model that runs without TensorFlow.

    Args:
        network: The network. If it has several styles, the model has a second input,
            `style`, float32 `(1, num_styles)`, the share of each, with the sum 1; a
            blend takes as long as one style.
        dtype: `"uint8"` for images in [0, 255], or `"float32"` for images in [-1, 1].
        size: Height and width of the images; `None` for any multiple of 8.
        ranges: Smallest and largest value of the input of each convolution that is
            computed in 8 bits, as `measure_ranges` measures them, for a network of one
            style; the others are computed in float32.
        observe: Whether to output the inputs of the convolutions that can be computed
            in 8 bits too, each under the name of the convolution.

    Returns:
        An `onnx.ModelProto` from `photo`, `(batch, height, width, 3)`, to `stylized` of
        the same shape and dtype.
    """
    graph = _Graph(network, dtype, ranges or {}, observe)
    graph.build()
    shape = ["batch", size[0] or "height", size[1] or "width", 3]
    inputs = [helper.make_tensor_value_info("photo", _TYPES[dtype], shape)]
    if network.gray:
        style = helper.make_tensor_value_info(
            "style", TensorProto.FLOAT, [1, len(network.gray)]
        )
        inputs.append(style)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "animegan_tf",
            inputs,
            [
                helper.make_tensor_value_info("stylized", _TYPES[dtype], shape),
                *(
                    helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4)
                    for name in graph.observed
                ),
            ],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="animegan_tf",
    )
    field = network.receptive_field
    properties = {"radius": field.radius, "multiple": field.multiple}
    helper.set_model_props(model, {"animegan_tf": json.dumps(properties)})
    checker.check_model(model)
    return model


def store_half(model) -> None:
    """Store the large float32 constants of a model in float16, before a cast.

    Args:
        model: `onnx.ModelProto`; changed.
    """
    casts = []
    for constant in list(model.graph.initializer):
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < _MIN_HALF_SIZE:
            continue
        name = f"{constant.name}_half"
        casts.append(
            helper.make_node("Cast", [name], [constant.name], to=TensorProto.FLOAT)
        )
        half = numpy_helper.from_array(values.astype(np.float16), name)
        model.graph.initializer.remove(constant)
        model.graph.initializer.append(half)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


class _Graph:
    """Collect the nodes and constants of one network.

    `Quantize`, `Pad` and `Dequantize` stand before each convolution of 8 bits. Runtimes
    compute that in integers, and keep what is between the convolutions, such as the
    sums of the residual blocks, in float.
    """

    def __init__(self, network, dtype, ranges, observe):
        self.network = network
        self.dtype = dtype
        self.ranges = ranges
        self.observe = observe
        self.nodes = []
        self.constants = {}
        self.observed = []

    def build(self):
        """Add all nodes."""
        photo = self._add("Transpose", ["photo"], perm=[0, 3, 1, 2])
        quarter = self._conv(self._blocks(photo, 4), "stem", photo_channels=48)
        quarter = self._conv(quarter, "quarter")
        x = self._conv(quarter, "down", strides=2)
        for index in range(1, self.network.num_blocks + 1):
            y = self._conv(x, f"block{index}_conv1")
            y = self._conv(y, f"block{index}_conv2", activate=False)
            x = self._add("Add", [x, y])
        x = self._to_pixels(self._conv(x, "up_quarter"))
        x = self._add("Add", [x, quarter])
        x = self._conv(x, "merge_quarter")
        x = self._to_pixels(self._conv(x, "up_half"))
        x = self._add("Concat", [x, self._blocks(photo, 2)], axis=1)
        x = self._conv(x, "merge_half", photo_channels=12)
        x = self._conv(x, "head", activate=False)
        self._write_photo(self._add("Tanh", [x]))

    def _blocks(self, photo, size):
        """Arrange blocks of pixels as channels, as floats."""
        x = self._add("SpaceToDepth", [photo], blocksize=size)
        if self.dtype == "uint8":
            # Here rather than before, so that fewer bytes are arranged.
            x = self._add("Cast", [x], to=TensorProto.FLOAT)
        return x

    def _write_photo(self, x):
        """Arrange the colors of 2x2 pixels, and convert them to the output's dtype."""
        if self.dtype == "uint8":
            x = self._add("Mul", [x, self._scalar(_MIDDLE)])
            x = self._add("Add", [x, self._scalar(_MIDDLE)])
            # At a quarter of the positions, so that fewer bytes are arranged.
            x = self._add("QuantizeLinear", [x, *self._levels(1.0, 0)])
        x = self._to_pixels(x)
        self._add("Transpose", [x], output="stylized", perm=[0, 2, 3, 1])

    def _conv(self, x, name, *, strides=1, activate=True, photo_channels=0):
        """Add padding by reflection, a convolution and a leaky ReLU.

        Args:
            x: Name of the input.
            name: Name of the convolution.
            strides: Stride in pixels.
            activate: Whether to add the activation.
            photo_channels: Number of the input's last channels that are the photo's.
        """
        if self.observe and name not in FLOAT_CONVOLUTIONS:
            self.observed.append(name)
            self._add("Identity", [x], output=name)
        kernel, bias = self._weights(name, photo_channels)
        size = self.network.convolutions[name].kernel.shape[0]
        levels = None
        if name in self.ranges:
            levels = self._levels(*self._scale(name))
            x = self._add("QuantizeLinear", [x, *levels])
        if size > 1:
            x = self._pad(x, (1, 0) if strides == 2 else (1, 1))
        if levels is not None:
            x = self._add("DequantizeLinear", [x, *levels])
        x = self._add(
            "Conv",
            [x, kernel, bias],
            output=f"{name}_convolved",
            kernel_shape=[size, size],
            strides=[strides, strides],
        )
        return self._add("LeakyRelu", [x], alpha=_SLOPE) if activate else x

    def _weights(self, name, photo_channels):
        """Add the kernel and the bias of a convolution; return their names."""
        layer = self.network.convolutions[name]
        kernel, bias = layer.kernel, layer.bias
        if photo_channels and self.dtype == "uint8":
            # The photo comes in levels; the kernel converts them to [-1, 1].
            part = kernel[:, :, -photo_channels:]
            bias = bias - part.sum(axis=(0, 1, 2))
            kernel = np.concatenate(
                [kernel[:, :, :-photo_channels], part / _MIDDLE], axis=2
            )
        kernel = kernel.astype("float32").transpose(3, 2, 0, 1)
        bias = bias.astype("float32")
        if layer.scales is not None:
            return self._styled(name, layer, kernel, bias)
        if name in self.ranges:
            kernel = self._quantized_kernel(name, kernel)
        else:
            kernel = self._constant(f"{name}_kernel", kernel)
        return kernel, self._constant(f"{name}_bias", bias)

    def _styled(self, name, layer, kernel, bias):
        """Multiply and shift the weights as the input `style` says.

        That is much less work than to do so with the feature maps.
        """
        shape, filters = kernel.shape, len(bias)
        scale, shift = (
            self._add("MatMul", ["style", self._constant(f"{name}_{kind}", table)])
            for kind, table in (("scales", layer.scales), ("shifts", layer.shifts))
        )
        bias = self._constant(f"{name}_bias", bias[np.newaxis])
        bias = self._add("Add", [self._add("Mul", [bias, scale]), shift])
        rows = self._constant(f"{name}_kernel", kernel.reshape(filters, -1))
        rows = self._add("Mul", [rows, self._reshape(scale, (filters, 1))])
        if name == "head" and any(self.network.gray):
            mix = self._gray_mix()
            bias = self._add("MatMul", [bias, mix])
            rows = self._add("MatMul", [self._add("Transpose", [mix]), rows])
        return self._reshape(rows, shape), self._reshape(bias, (filters,))

    def _gray_mix(self):
        """Add the matrix that makes the head's colors as gray as the styles are."""
        change = chroma_change()
        amounts = np.array(self.network.gray, "float32")[:, np.newaxis]
        amount = self._add("MatMul", ["style", self._constant("gray", amounts)])
        change = self._add("Mul", [self._constant("chroma_change", change), amount])
        identity = np.eye(len(chroma_change()), dtype="float32")
        return self._add("Add", [change, self._constant("identity", identity)])

    def _reshape(self, x, shape):
        name = "shape_" + "x".join(map(str, shape))
        return self._add("Reshape", [x, self._constant(name, np.array(shape))])

    def _pad(self, x, padding):
        before, after = padding
        pads = np.array([0, 0, before, before, 0, 0, after, after])
        pads = self._constant(f"pads_{before}{after}", pads)
        return self._add("Pad", [x, pads], mode="reflect")

    def _to_pixels(self, x):
        return self._add("DepthToSpace", [x], blocksize=2, mode="DCR")

    def _scale(self, name):
        """Return the scale and the level of zero of the input of a convolution."""
        low, high = self.ranges[name]
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max(high - low, 1e-6) / 255.0
        return float(np.float32(scale)), round(-low / scale)

    def _levels(self, scale, zero):
        zero = self._constant(f"zero_{zero}", np.uint8(zero))
        return self._scalar(scale), zero

    def _quantized_kernel(self, name, kernel):
        """Quantize a kernel to 8 bits with a scale for each output channel."""
        scales = np.abs(kernel).max(axis=(1, 2, 3)) / 127.0
        scales = np.maximum(scales, 1e-12).astype("float32")
        levels = np.round(kernel / scales[:, np.newaxis, np.newaxis, np.newaxis])
        parts = [
            self._constant(f"{name}_kernel", levels.astype("int8")),
            self._constant(f"{name}_scales", scales),
            self._constant(f"{name}_zeros", np.zeros(len(scales), "int8")),
        ]
        return self._add("DequantizeLinear", parts, axis=0)

    def _scalar(self, value):
        return self._constant(f"scalar_{value:.9g}", np.float32(value))

    def _constant(self, name, value):
        if name not in self.constants:
            array = np.ascontiguousarray(value).reshape(np.shape(value))
            self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def _add(self, kind, inputs, *, output=None, **attributes):
        output = output or f"{kind}_{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [output], name=output, **attributes)
        self.nodes.append(node)
        return output
