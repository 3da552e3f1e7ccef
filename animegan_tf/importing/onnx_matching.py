"""Match the constants of an ONNX graph to a network by the order of the graph."""

import math

import numpy as np

from animegan_tf.importing.families import FAMILIES, Family, Weight
from animegan_tf.importing.matching import Match, describe_differences, to_keras
from animegan_tf.importing.onnx_file import OnnxConstant, OnnxWeights

# Families in whose graph every weight has one place in the order of the nodes.
ONNX_FAMILIES = ("animegan_v2", "animegan_v2_lite", "animegan_v3")
# Of the batch normalization of AnimeGANv3's attention.
_BATCH_EPSILON = 1e-3


def guess_onnx_family(graph: OnnxWeights, path) -> str:
    """Tell the family of a graph from the numbers of its kernels and scales.

    Raises:
        ValueError: If it is none of `ONNX_FAMILIES`.
    """
    for name in ONNX_FAMILIES:
        kernels, norms = _count(FAMILIES[name])
        # Where the normalization has no statistics, exporters drop its scale.
        if len(graph.kernels) == kernels and norms - len(graph.scales) in (0, 1):
            return name
    raise ValueError(
        f"The family of {str(path)!r} cannot be told: its graph has "
        f"{len(graph.kernels)} kernels and {len(graph.scales)} scales, as none of "
        f"{', '.join(ONNX_FAMILIES)}"
    )


def match_onnx(
    family: Family, graph: OnnxWeights, shapes: dict[Weight, tuple[int, ...]], path
) -> tuple[Match, dict[str, np.ndarray]]:
    """Match kernels, biases, scales and shifts, each in the order of the graph.

    Args:
        family: The network.
        graph: The constants of the file.
        shapes: Dict from weight to its shape.
        path: The file, for messages.

    Returns:
        `(match, arrays)`: a name for every weight, and the arrays by these names,
        arranged as Keras does.

    Raises:
        ValueError: If the family is not in `ONNX_FAMILIES`, or the graph has other
            constants than the network.
    """
    if family.name not in ONNX_FAMILIES:
        raise ValueError(
            f"`family` of an ONNX file must be one of {', '.join(ONNX_FAMILIES)}. "
            f"Received: family={family.name!r}"
        )
    expected, _ = _count(family)
    if len(graph.kernels) != expected:
        raise ValueError(
            f"The graph in {str(path)!r} is not that of {family.name}: it must have "
            f"{expected} kernels, but has {len(graph.kernels)}"
        )
    return _Matcher(family, graph, shapes, path).match()


def _count(family: Family) -> tuple[int, int]:
    """Return the numbers of kernels and of scales in the graph of a family."""
    kernels = sum(weight.attribute == "kernel" for weight in family.weights)
    # The table of an attention is used twice.
    kernels += sum(_is_table(weight) for weight in family.weights)
    return kernels, sum(weight.attribute == "gamma" for weight in family.weights)


def _is_table(weight: Weight) -> bool:
    return weight.attribute == "kernel" and weight.tf1.endswith("/kernel")


class _Matcher:
    def __init__(self, family, graph, shapes, path):
        self._family, self._graph = family, graph
        self._shapes, self._path = shapes, path
        self._kernels = iter(enumerate(graph.kernels))
        self._scales, self._shifts = iter(graph.scales), iter(graph.shifts)
        self._biases = dict(graph.biases)
        self._index = -1
        self._sources, self._arrays = {}, {}
        self._missing, self._wrong = [], []

    def match(self):
        for weight in self._family.weights:
            if weight.attribute == "kernel":
                self._match_kernel(weight)
            elif weight.attribute == "bias":
                self._set(weight, self._biases.pop(self._index, None))
            elif self._family.name == "animegan_v3":
                self._match_batch_norm(weight)
            else:
                constants = {"gamma": self._scales, "beta": self._shifts}
                self._set(weight, next(constants[weight.attribute], None))
        rest = [*self._biases.values(), *self._scales, *self._shifts]
        # Exporters may write a bias of zeros.
        unknown = [constant.name for constant in rest if np.any(constant.values)]
        if self._missing or unknown or self._wrong:
            raise ValueError(
                f"The graph in {str(self._path)!r} is not that of {self._family.name}"
                + describe_differences(self._missing, unknown, self._wrong)
            )
        return Match(self._sources, by="graph order"), self._arrays

    def _match_kernel(self, weight):
        self._index, kernel = next(self._kernels)
        values = to_keras(kernel.values, is_torch=True)
        if not _is_table(weight):
            self._set(weight, OnnxConstant(kernel.name, values))
            return
        self._set(weight, OnnxConstant(kernel.name, values[0, 0]))
        self._index, again = next(self._kernels)
        transposed = to_keras(again.values, is_torch=True)[0, 0].T
        if transposed.shape != values.shape[2:] or np.any(transposed != values[0, 0]):
            self._wrong.append(f"{again.name}, which must be {kernel.name} transposed")

    def _match_batch_norm(self, weight):
        """Set a batch normalization of which the graph has a scale and a shift."""
        size = self._shapes[weight]
        if weight.attribute == "gamma":
            # Without a factor of its own, it is part of the kernel before it.
            scale = next(self._scales, None)
            name, values = (
                (f"kernel before {weight.layer}", np.ones(size))
                if scale is None
                else (scale.name, scale.values)
            )
            values = values * math.sqrt(1.0 + _BATCH_EPSILON)
            self._set(weight, OnnxConstant(name, values))
        elif weight.attribute == "beta":
            bias = self._biases.pop(self._index, None)
            self._set(weight, bias if bias is not None else next(self._shifts, None))
        else:
            constant = float(weight.attribute == "moving_variance")
            name = f"{constant:g} for {weight.name}"
            self._set(weight, OnnxConstant(name, np.full(size, constant)))

    def _set(self, weight, constant):
        if constant is None:
            self._missing.append(weight.name)
            return
        if constant.values.shape != self._shapes[weight]:
            self._wrong.append(
                f"{constant.name} {constant.values.shape} for {weight.name} "
                f"{self._shapes[weight]}"
            )
            return
        # The weights of a node have its name in common.
        name = f"{constant.name} [{weight.attribute}]"
        self._sources[weight] = name
        self._arrays[name] = constant.values
