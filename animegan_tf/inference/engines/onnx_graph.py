"""Write the default generator as an ONNX graph, from its weights in NumPy."""

import json

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from animegan_tf.inference.engines.anime_network import AnimeNetwork

# Padding by reflection, DepthToSpace and quantization per channel exist since 13.
OPSET = 17
# The version of the file format; runtimes refuse newer ones than they know.
_IR_VERSION = 8
_SLOPE = 0.2
_TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}
# Values of the graph's input and output in the unit of the photo's 256 levels.
_MIDDLE = 127.5

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
        network: The network.
        dtype: `"uint8"` for images in [0, 255], or `"float32"` for images in [-1, 1].
        size: Height and width of the images; `None` for any multiple of 8.
        ranges: Smallest and largest value of the input of each convolution, as
            `measure_ranges` measures them; the graph then quantizes these inputs and
            the kernels to 8 bits. `None` computes in float32.
        observe: Whether to output the inputs of all convolutions too, each under the
            name of the convolution.

    Returns:
        An `onnx.ModelProto` from `photo`, `(batch, height, width, 3)`, to `stylized` of
        the same shape and dtype.
    """
    graph = _Graph(network, dtype, ranges)
    observed = graph.build() if observe else graph.build() and ()
    shape = ["batch", size[0] or "height", size[1] or "width", 3]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "animegan_tf",
            [helper.make_tensor_value_info("photo", _TYPES[dtype], shape)],
            [
                helper.make_tensor_value_info("stylized", _TYPES[dtype], shape),
                *(
                    helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4)
                    for name in observed
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


class _Graph:
    """Collect the nodes and constants of one network.

    In a graph of 8 bits, `Quantize`, `Pad` and `Dequantize` stand before each
    convolution. Runtimes compute that in integers, and keep what is between the
    convolutions, such as the sums of the residual blocks, in float.
    """

    def __init__(self, network, dtype, ranges):
        self.network = network
        self.dtype = dtype
        self.ranges = ranges
        self.nodes = []
        self.constants = {}
        self._observed = []

    def build(self):
        """Add all nodes; return the names of the observed tensors."""
        photo = self._read_photo()
        pixels = self._add("SpaceToDepth", [photo], blocksize=4)
        # The photo's levels are exact in 8 bits; their scale is folded into the kernel.
        quarter = self._conv(pixels, "stem", inputs=[(48, 1 / _MIDDLE, -1.0)])
        quarter = self._conv(quarter, "quarter")
        x = self._conv(quarter, "down", strides=2)
        for index in range(1, self.network.num_blocks + 1):
            y = self._conv(x, f"block{index}_conv1")
            y = self._conv(y, f"block{index}_conv2", activate=False)
            x = self._add("Add", [x, y])
        x = self._to_pixels(self._conv(x, "up_quarter"))
        x = self._add("Add", [x, quarter])
        x = self._conv(x, "merge_quarter")
        x = self._merge_half(x, self._add("SpaceToDepth", [photo], blocksize=2))
        x = self._conv(x, "head", activate=False)
        self._write_photo(self._add("Tanh", [x]))
        return self._observed

    def _read_photo(self):
        photo = "photo"
        if self.dtype == "float32":
            photo = self._add("Add", [photo, self._scalar(1.0)])
            photo = self._add("Mul", [photo, self._scalar(_MIDDLE)])
            if self.ranges is not None:
                photo = self._quantize(photo, 1.0, 0)
        photo = self._add("Transpose", [photo], perm=[0, 3, 1, 2])
        if self.dtype == "uint8" and self.ranges is None:
            photo = self._add("Cast", [photo], to=TensorProto.FLOAT)
        return photo

    def _write_photo(self, x):
        """Arrange the colors of 2x2 pixels, and convert them to the output's dtype."""
        if self.dtype == "uint8":
            x = self._add("Mul", [x, self._scalar(_MIDDLE)])
            x = self._add("Add", [x, self._scalar(_MIDDLE)])
            # At a quarter of the positions, so that fewer bytes are arranged.
            x = self._quantize(x, 1.0, 0)
        x = self._to_pixels(x)
        self._add("Transpose", [x], output="stylized", perm=[0, 2, 3, 1])

    def _merge_half(self, x, detail):
        """Concatenate the decoder's maps and the photo's levels, and convolve them."""
        channels = self.network.convolutions["up_half"].kernel.shape[3] // 4
        if self.ranges is None:
            x = self._to_pixels(self._conv(x, "up_half"))
            self._observe(x, "merge_half")
            x = self._add("Concat", [x, detail], axis=1)
            inputs = [(channels, 1.0, 0.0), (12, 1 / _MIDDLE, -1.0)]
            return self._conv(x, "merge_half", inputs=inputs, observe=False)
        # Both must have one scale. The decoder's maps are quantized with a scale of
        # their own, and then read in its unit, as the levels are in theirs.
        scale, zero = self._scale("merge_half")
        x = self._quantize(self._conv(x, "up_half"), scale, zero)
        x = self._add("Concat", [self._to_pixels(x), detail], axis=1)
        inputs = [(channels, scale, -scale * zero), (12, 1 / _MIDDLE, -1.0)]
        return self._conv(x, "merge_half", inputs=inputs)

    def _conv(self, x, name, *, strides=1, activate=True, inputs=None, observe=True):
        """Add padding by reflection, a convolution and a leaky ReLU.

        Args:
            x: Name of the input.
            name: Name of the convolution.
            strides: Stride in pixels.
            activate: Whether to add the activation.
            inputs: For groups of the input's channels, their number and the factor and
                the offset that convert them to the unit of the kernel; `None` if they
                have it.
            observe: Whether the input is one of those to measure.
        """
        layer = self.network.convolutions[name]
        kernel, bias = layer.kernel, layer.bias
        if inputs is not None:
            factors = np.concatenate([np.full(n, a) for n, a, _ in inputs])
            offsets = np.concatenate([np.full(n, b) for n, _, b in inputs])
            bias = bias + np.einsum("hwio,i->o", kernel, offsets)
            kernel = kernel * factors[:, np.newaxis]
        elif observe:
            self._observe(x, name)
        scale, zero = 1.0, 0
        if self.ranges is not None and inputs is None:
            scale, zero = self._scale(name)
            x = self._quantize(x, scale, zero)
        size = kernel.shape[0]
        if size > 1:
            x = self._pad(x, (1, 0) if strides == 2 else (1, 1))
        kernel = kernel.astype("float32").transpose(3, 2, 0, 1)
        if self.ranges is None:
            kernel = self._constant(f"{name}_kernel", kernel)
        else:
            x = self._dequantize(x, scale, zero)
            kernel = self._quantized_kernel(name, kernel)
        bias = self._constant(f"{name}_bias", bias.astype("float32"))
        x = self._add(
            "Conv",
            [x, kernel, bias],
            output=f"{name}_convolved",
            kernel_shape=[size, size],
            strides=[strides, strides],
        )
        return self._add("LeakyRelu", [x], alpha=_SLOPE) if activate else x

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

    def _quantize(self, x, scale, zero):
        return self._add("QuantizeLinear", [x, *self._levels(scale, zero)])

    def _dequantize(self, x, scale, zero):
        return self._add("DequantizeLinear", [x, *self._levels(scale, zero)])

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

    def _observe(self, x, name):
        self._observed.append(name)
        if self.ranges is None:
            self._add("Identity", [x], output=name)

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
