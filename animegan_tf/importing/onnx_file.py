"""Read the constants of an ONNX graph, in the order in which the graph uses them."""

import dataclasses
from pathlib import Path

import numpy as np

from animegan_tf.utils.messages import reason_of

_RESIZES = {
    "align_corners": "align_corners",
    "asymmetric": "legacy",
    "half_pixel": "half_pixel",
    "pytorch_half_pixel": "half_pixel",
}


@dataclasses.dataclass(frozen=True)
class OnnxConstant:
    """A constant operand.

    Attributes:
        name: Name of its node, for messages.
        values: A kernel `(output, input, height, width)`, or a vector of one value per
            channel.
    """

    name: str
    values: np.ndarray


@dataclasses.dataclass(frozen=True)
class OnnxWeights:
    """The constants of a graph of convolutions and normalizations.

    Attributes:
        kernels: Kernels of convolutions and matrices of products, in order.
        biases: Dict from the index of a kernel to the bias of its convolution.
        scales: Constant factors of the channels, in order.
        shifts: Constants added to the channels, in order, except biases.
        resize: How the graph resizes maps, as a mode of `BilinearResize`; `None` if it
            does not, or in another way.
        is_torch: Whether PyTorch wrote the file.
    """

    kernels: tuple[OnnxConstant, ...]
    biases: dict[int, OnnxConstant]
    scales: tuple[OnnxConstant, ...]
    shifts: tuple[OnnxConstant, ...]
    resize: str | None
    is_torch: bool


def is_onnx_file(path) -> bool:
    """Return whether a path has the suffix of ONNX files."""
    return Path(path).suffix.lower() == ".onnx"


def read_onnx_weights(path) -> OnnxWeights:
    """Read the weights of a convolutional network in an ONNX file.

    Nothing of the graph is run, except that constants are transposed and reshaped.

    Args:
        path: The file; weights are inside it, or in files beside it that it names, as
            PyTorch writes them.

    Returns:
        The constants of its convolutions, products and normalizations.

    Raises:
        ModuleNotFoundError: If the package onnx is not installed.
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, or its weights are in other folders.
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'ONNX files require the package onnx: pip install "animegan_tf[import]"'
        ) from error
    path = Path(path)
    try:
        model = onnx.load(str(path), load_external_data=False)
        return _Reader(onnx, model, path.parent).read()
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    # protobuf and onnx raise several kinds of errors for damaged files.
    except Exception as error:
        raise ValueError(
            f"Not an ONNX file that can be read: {str(path)!r} ({reason_of(error)})"
        ) from error


class _Reader:
    """Collect the constants of a graph; nodes of ONNX are in a valid order."""

    def __init__(self, onnx, model, folder):
        self._onnx = onnx
        self._model = model
        self._folder = folder
        self._constants = {}
        # Outputs of convolutions without a bias, and the index of their kernel.
        self._open = {}
        self._kernels, self._biases = [], {}
        self._scales, self._shifts, self._resizes = [], [], set()

    def read(self) -> OnnxWeights:
        for tensor in self._model.graph.initializer:
            self._constants[tensor.name] = self._to_array(tensor)
        for node in self._model.graph.node:
            method = getattr(self, f"_read_{node.op_type.lower()}", None)
            if method is not None:
                attributes = {
                    attribute.name: self._onnx.helper.get_attribute_value(attribute)
                    for attribute in node.attribute
                }
                method(node, attributes)
        return OnnxWeights(
            tuple(self._kernels),
            self._biases,
            tuple(self._scales),
            tuple(self._shifts),
            resize=self._resizes.pop() if len(self._resizes) == 1 else None,
            is_torch=self._model.producer_name == "pytorch",
        )

    def _to_array(self, tensor):
        if self._onnx.external_data_helper.uses_external_data(tensor):
            self._check_place(tensor)
        values = self._onnx.numpy_helper.to_array(tensor, str(self._folder))
        # Halves and bfloat16, of which NumPy has no arithmetic or a coarse one.
        is_short = values.dtype.itemsize == 2 and values.dtype.kind not in "iu"
        return values.astype("float32") if is_short else values

    def _check_place(self, tensor):
        """Refuse values in a file that is not beside this one."""
        place = self._onnx.external_data_helper.ExternalDataInfo(tensor).location
        path = self._folder / place
        # A relative path in the graph, or a link, could lead anywhere.
        if Path(place).name != place or path.is_symlink():
            raise ValueError(f"the values of {tensor.name!r} are in another folder")
        if not path.is_file():
            raise ValueError(f"the values of {tensor.name!r} are in {place!r}, missing")

    def _constant(self, node, index):
        names = node.input
        return self._constants.get(names[index]) if index < len(names) else None

    def _vector(self, node, index):
        """Return a constant of one value per channel."""
        value = self._constant(node, index)
        if value is None or value.size < 2 or max(value.shape) != value.size:
            return None
        return value.reshape(-1)

    def _add_kernel(self, node, values):
        self._kernels.append(OnnxConstant(node.name or node.output[0], values))
        return len(self._kernels) - 1

    def _read_conv(self, node, attributes):
        kernel = self._constant(node, 1)
        if kernel is None or kernel.ndim != 4:
            raise ValueError(f"the convolution {node.name!r} has no constant kernel")
        index = self._add_kernel(node, kernel)
        bias = self._vector(node, 2)
        if bias is None:
            self._open[node.output[0]] = index
        else:
            self._biases[index] = OnnxConstant(node.name, bias)

    # The same with an activation, in graphs that ONNX Runtime has optimized.
    _read_fusedconv = _read_conv

    def _read_matmul(self, node, attributes):
        matrix = self._constant(node, 1)
        if matrix is not None and matrix.ndim > 1:
            matrix = matrix.reshape(matrix.shape[-2:])
            self._add_kernel(node, matrix.T[..., np.newaxis, np.newaxis])

    def _read_mul(self, node, attributes):
        for index in (0, 1):
            values = self._vector(node, index)
            if values is not None:
                self._scales.append(OnnxConstant(node.name, values))

    def _read_add(self, node, attributes):
        for index in (0, 1):
            values = self._vector(node, index)
            if values is not None:
                constant = OnnxConstant(node.name, values)
                kernel = self._open.pop(node.input[1 - index], None)
                if kernel is None:
                    self._shifts.append(constant)
                else:
                    self._biases[kernel] = constant

    def _read_sub(self, node, attributes):
        for index, sign in ((0, 1), (1, -1)):
            values = self._vector(node, index)
            if values is not None:
                self._shifts.append(OnnxConstant(node.name, sign * values))

    def _read_normalization(self, node, attributes):
        """Read scale and shift; PyTorch's group normalization gives it one of each."""
        for index, constants in ((1, self._scales), (2, self._shifts)):
            values = self._vector(node, index)
            if values is not None:
                constants.append(OnnxConstant(node.name, values))

    _read_instancenormalization = _read_normalization
    _read_groupnormalization = _read_normalization

    def _read_batchnormalization(self, node, attributes):
        values = [self._vector(node, index) for index in range(1, 5)]
        if any(value is None for value in values):
            raise ValueError(f"the normalization {node.name!r} is not constant")
        scale, shift, mean, variance = values
        scale = scale / np.sqrt(variance + attributes.get("epsilon", 1e-5))
        self._scales.append(OnnxConstant(node.name, scale))
        self._shifts.append(OnnxConstant(node.name, shift - mean * scale))

    def _read_resize(self, node, attributes):
        # The first version of the operator, like Upsample, knew one mode only.
        default = b"half_pixel" if len(node.input) > 2 else b"asymmetric"
        mode = attributes.get("coordinate_transformation_mode", default).decode()
        is_linear = attributes.get("mode", b"nearest") == b"linear"
        self._resizes.add(_RESIZES.get(mode) if is_linear else None)

    _read_upsample = _read_resize

    # Constants that exporters keep in another arrangement.

    def _read_constant(self, node, attributes):
        if "value" in attributes:
            self._constants[node.output[0]] = self._to_array(attributes["value"])

    def _read_identity(self, node, attributes):
        value = self._constant(node, 0)
        if value is not None:
            self._constants[node.output[0]] = value

    _read_cast = _read_identity

    def _read_transpose(self, node, attributes):
        value = self._constant(node, 0)
        if value is not None:
            self._constants[node.output[0]] = value.transpose(attributes.get("perm"))

    def _read_reshape(self, node, attributes):
        value, shape = self._constant(node, 0), self._constant(node, 1)
        if value is not None and shape is not None:
            self._constants[node.output[0]] = value.reshape(tuple(shape))

    def _read_unsqueeze(self, node, attributes):
        value = self._constant(node, 0)
        axes = attributes.get("axes", self._constant(node, 1))
        if value is not None and axes is not None:
            axes = tuple(int(axis) for axis in axes)
            self._constants[node.output[0]] = np.expand_dims(value, axes)

    def _read_squeeze(self, node, attributes):
        value = self._constant(node, 0)
        if value is not None:
            self._constants[node.output[0]] = np.squeeze(value)
