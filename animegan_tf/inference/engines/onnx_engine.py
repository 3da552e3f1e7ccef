"""Compute the default generator with OpenVINO or ONNX Runtime, without TensorFlow."""

import math

import numpy as np

from animegan_tf.inference.engines.anime_network import (
    FLOAT_CONVOLUTIONS,
    AnimeNetwork,
)
from animegan_tf.inference.engines.sessions import (
    PRECISIONS,
    open_session,
    reported_missing,
)
from animegan_tf.models.analysis.field import ReceptiveField
from animegan_tf.utils.cpu import has_bfloat16
from animegan_tf.utils.user_cache import read_cached, write_cached

AUTO = "auto"
INT8 = "int8"
# Change it when the measured ranges would change, so that cached ones are not used.
_CALIBRATION = 2


class OnnxEngine:
    """A default generator, computed by an ONNX runtime.

    Args:
        network: The network.
        runtime: `"openvino"` or `"onnxruntime"`.
        precision: One of `PRECISIONS[runtime]`, or `"auto"` for the fastest that
            changes results by a few levels at most: bfloat16 if the runtime and the
            processor have it, otherwise float32.

    Attributes:
        name: The runtime.
        precision: The precision, never `"auto"`.
        multiple: Number of which the sizes of images must be multiples.
        license: `None`; only imported weights have a license that marks state.

    Raises:
        ModuleNotFoundError: If the runtime is not installed.
        ValueError: If the runtime does not have the precision.
    """

    multiple = 8
    license = None

    def __init__(self, network: AnimeNetwork, runtime: str, precision: str = "float32"):
        known = PRECISIONS[runtime]
        if precision not in (*known, AUTO):
            raise ValueError(
                f"`precision` must be one of {', '.join((*known, AUTO))} for the "
                f"engine {runtime!r}. Received: precision={precision!r}"
            )
        if precision == AUTO:
            fast = "bfloat16" in known and has_bfloat16()
            precision = "bfloat16" if fast else "float32"
        self.name = runtime
        self.precision = precision
        self._network = network
        with reported_missing(runtime):
            ranges = cached_ranges(network) if precision == INT8 else None
        self._run = self._open("uint8", precision, ranges)
        self._run_float = None

    @property
    def network_name(self) -> str:
        """The name of the network, for error messages."""
        return "anime"

    @property
    def fingerprint(self) -> str:
        """A text that other weights would change."""
        return self._network.fingerprint

    def receptive_field(self) -> ReceptiveField:
        """Return the receptive field."""
        return self._network.receptive_field

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Stylize images.

        Args:
            images: uint8 or uint16, `(batch, height, width, 3)`, sides multiples of 8.

        Returns:
            Images of the same shape and dtype.
        """
        images = np.ascontiguousarray(images)
        if images.dtype == np.uint8:
            return self._run(images)[0]
        if self._run_float is None:
            # Images of 16 bits are worth float32, whatever images of 8 bits get.
            self._run_float = self._open("float32", "float32", None)
        middle = np.float32(65535 / 2)
        stylized = self._run_float(images / middle - np.float32(1.0))[0]
        levels = (stylized + np.float32(1.0)) * middle + np.float32(0.5)
        return np.clip(levels, 0.0, 65535.0).astype(np.uint16)

    def _open(self, dtype, precision, ranges):
        with reported_missing(self.name):
            from animegan_tf.inference.engines.onnx_graph import build_anime_graph

        model = build_anime_graph(self._network, dtype=dtype, ranges=ranges)
        return open_session(model.SerializeToString(), self.name, precision)


def cached_ranges(network: AnimeNetwork) -> dict[str, tuple[float, float]]:
    """Measure the ranges of a network's feature maps, or read them from the cache."""
    from animegan_tf.inference.engines.calibration import measure_ranges

    name = f"ranges-{_CALIBRATION}-{network.fingerprint}.json"
    ranges = _checked(read_cached(name), network)
    if ranges is None:
        ranges = measure_ranges(network)
        write_cached(name, ranges)
    return ranges


def _checked(ranges, network):
    """Return cached ranges if they are complete, else `None`."""
    names = network.convolutions.keys() - FLOAT_CONVOLUTIONS
    try:
        ranges = {
            name: (float(low), float(high)) for name, (low, high) in ranges.items()
        }
    except (AttributeError, TypeError, ValueError):
        return None
    finite = all(math.isfinite(value) for pair in ranges.values() for value in pair)
    return ranges if finite and ranges.keys() == names else None
