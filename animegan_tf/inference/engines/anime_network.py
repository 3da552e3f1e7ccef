"""Read a saved default generator in NumPy, as a list of convolutions."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.inference.style_source import SavedStyle
from animegan_tf.models.analysis.field import ReceptiveField
from animegan_tf.models.arguments import check_counts
from animegan_tf.models.saved_options import (
    OPTIONS_FILE,
    WEIGHTS_FILE,
    check_option_sizes,
    read_options,
)
from animegan_tf.utils.array_file import read_arrays, read_shapes

# In 8 bits, these read or write pixels too coarsely: smooth areas get a fine pattern.
FLOAT_CONVOLUTIONS = frozenset({"stem", "up_half", "merge_half", "head"})
_LUMA = np.array([0.299, 0.587, 0.114], "float32")
_COUNTS = {"width": 48, "body_width": 128, "num_blocks": 4, "head_width": 32}
_OTHER_OPTIONS = {"image_shape", "num_styles", "name"}


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution, and what the styles multiply its output with and add to it.

    Attributes:
        kernel: float32, `(height, width, in_channels, out_channels)`.
        bias: float32, `(out_channels,)`.
        scales: float32, `(num_styles, out_channels)`; `None` without styles.
        shifts: The same.
    """

    kernel: np.ndarray
    bias: np.ndarray
    scales: np.ndarray | None = None
    shifts: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class AnimeNetwork:
    """The convolutions of `build_anime_generator`.

    Attributes:
        convolutions: By the name of the layer.
        num_blocks: Number of residual blocks.
        gray: For each style, the amount by which its images are made gray, in [0, 1];
            empty for a network of one style or blend, as `fold` returns it.
    """

    convolutions: dict[str, Convolution]
    num_blocks: int
    gray: tuple[float, ...] = ()

    def fold(self, shares: Sequence[float], gray: float) -> "AnimeNetwork":
        """Fold a blend of the styles into the convolutions.

        Args:
            shares: Share of each style; their sum is 1.
            gray: Amount by which images are made gray, in [0, 1].
        """
        weights = np.asarray(shares, "float32")
        convolutions = {
            name: _fold(layer, weights) for name, layer in self.convolutions.items()
        }
        convolutions["head"] = _remove_chroma(convolutions["head"], gray)
        return AnimeNetwork(convolutions, self.num_blocks)

    @property
    def fingerprint(self) -> str:
        """A text that other weights of the network of one style would change."""
        digest = hashlib.sha256()
        for name in sorted(self.convolutions):
            layer = self.convolutions[name]
            for part in (layer.kernel, layer.bias):
                digest.update(f"{name}{part.shape}".encode())
                digest.update(np.ascontiguousarray(part))
        return digest.hexdigest()[:32]

    @property
    def receptive_field(self) -> ReceptiveField:
        """What `measure_receptive_field` measures on the Keras model.

        The radius and the multiple are equal; the memory is that of the largest maps.
        """
        # At half the size: the decoder, the photo's detail, and both in one map.
        half = self.convolutions["merge_half"].kernel.shape[2]
        # At a quarter: the photo, and the stem's input and output around a padding.
        quarter = 3 * self.convolutions["stem"].kernel.shape[3]
        return ReceptiveField(
            radius=27 + 16 * self.num_blocks,
            multiple=8,
            bytes_per_pixel=float(max(2 * half, 12 + quarter / 4)),
        )


def is_anime_network(options: dict[str, Any]) -> bool:
    """Return whether options are those of a default generator for images of any size.

    Args:
        options: Keyword arguments of `build_generator`.
    """
    shape = options.get("image_shape") or (None, None, 3)
    return (
        options.get("name", "anime") == "anime"
        and set(options) <= _COUNTS.keys() | _OTHER_OPTIONS
        and isinstance(shape, list | tuple)
        and tuple(shape) == (None, None, 3)
    )


def read_anime_network(style: SavedStyle) -> AnimeNetwork | None:
    """Read the network of a style, or of a blend of styles.

    Args:
        style: The style and the folder of its generator.

    Returns:
        A network equal to that of `load_generator`; `None` if the folder has a
        generator of another kind.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is damaged, the weights do not match the options, or the
            generator does not have the styles.
    """
    read = _read(style.folder)
    if read is None:
        return None
    network, names = read
    # A network of one style need not name it.
    missing = style.shares.keys() - set(names) if names else list(style.shares)[1:]
    if missing:
        raise ValueError(
            "Only styles of one network can be blended. "
            f"Received: {', '.join(style.shares)}"
        )
    return network.fold([style.shares.get(name, 0.0) for name in names], style.gray)


def read_styles_network(
    folder, gray: Mapping[str, float]
) -> tuple[AnimeNetwork, list[str]]:
    """Read the network of several styles, with the style left open.

    Args:
        folder: Folder of `generator.json` and `generator.npz`.
        gray: Amount by which the images of a style are made gray, in [0, 1], by its
            name; 0 for others.

    Returns:
        The network, and the names of its styles in order.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is damaged, or the generator is not a default one of
            several styles.
    """
    read = _read(folder)
    if read is None or not read[1]:
        raise ValueError(
            "`folder` must have a default generator of several styles. "
            f"Received: folder={str(folder)!r}"
        )
    network, names = read
    amounts = tuple(float(gray.get(name, 0.0)) for name in names)
    return dataclasses.replace(network, gray=amounts), names


def _read(folder) -> tuple[AnimeNetwork, list[str]] | None:
    """Read a network, and the names of its styles; `None` if it is of another kind."""
    options, names = read_options(folder)
    if not is_anime_network(options):
        return None
    num_styles = options.get("num_styles")
    if (num_styles or 0) != len(names):
        # A network whose styles have no names cannot be folded by name.
        return None
    path = Path(folder) / WEIGHTS_FILE
    shapes = read_shapes(path)
    check_option_sizes(options, shapes)
    counts = _read_counts(options, folder)
    layers = _read_layers(path, shapes, _expected_shapes(counts, num_styles))
    convolutions = {
        name: Convolution(
            layers[f"{name}/kernel"],
            layers[f"{name}/bias"],
            layers.get(f"{name}_style/scale"),
            layers.get(f"{name}_style/shift"),
        )
        for name in (key.removesuffix("/kernel") for key in layers)
        if f"{name}/kernel" in layers
    }
    return AnimeNetwork(convolutions, counts["num_blocks"]), names


def _read_counts(options, folder):
    counts = {name: options.get(name, value) for name, value in _COUNTS.items()}
    try:
        check_counts(**counts)
    except ValueError as error:
        path = str(Path(folder) / OPTIONS_FILE)
        raise ValueError(
            f"Not the options of a generator: {path!r} ({error})"
        ) from error
    return counts


def _expected_shapes(counts, num_styles):
    """List the weights of the network in the order of its layers, with their shapes."""
    width, body, head = counts["width"], counts["body_width"], counts["head_width"]
    layers = [("stem", 3, 48, width), ("quarter", 3, width, width)]
    layers.append(("down", 3, width, body))
    for block in range(1, counts["num_blocks"] + 1):
        layers += [(f"block{block}_conv{index}", 3, body, body) for index in (1, 2)]
    layers += [
        ("up_quarter", 1, body, 4 * width),
        ("merge_quarter", 3, width, width),
        ("up_half", 1, width, 4 * head),
        ("merge_half", 3, head + 12, head),
        ("head", 3, head, 12),
    ]
    shapes = {}
    for name, size, channels, filters in layers:
        shapes[f"{name}/kernel"] = (size, size, channels, filters)
        shapes[f"{name}/bias"] = (filters,)
        if num_styles is not None:
            shapes[f"{name}_style/scale"] = (num_styles, filters)
            shapes[f"{name}_style/shift"] = (num_styles, filters)
    return shapes


def _read_layers(path, found, expected):
    """Read the weights as float32, by the names of layer and variable."""
    # Files number the weights; the numbers add nothing to the names.
    keys = {key.partition("/")[2]: key for key in found}
    different = sorted(keys.keys() ^ expected.keys()) + sorted(
        name for name in keys.keys() & expected if found[keys[name]] != expected[name]
    )
    if different or len(keys) < len(found):
        raise ValueError(
            f"The weights in {str(path)!r} are those of another network: "
            f"{len(found)} arrays for {len(expected)} weights, first difference "
            f"{(different or sorted(keys))[0]!r}"
        )
    arrays = read_arrays(path)
    layers = {}
    for name, key in keys.items():
        with np.errstate(over="ignore"):
            layers[name] = arrays[key].astype("float32")
        if not np.isfinite(layers[name]).all():
            raise ValueError(f"Weight {key!r} in {str(path)!r} is not finite.")
    return layers


def _fold(layer, shares):
    if layer.scales is None:
        return layer
    scale, shift = shares @ layer.scales, shares @ layer.shifts
    return Convolution(layer.kernel * scale, layer.bias * scale + shift)


def _remove_chroma(head, amount):
    """Desaturate the colors of the four pixels that the head outputs."""
    mix = np.eye(12, dtype="float32") + np.float32(amount) * chroma_change()
    return Convolution(head.kernel @ mix, head.bias @ mix)


def chroma_change() -> np.ndarray:
    """Return what turns the head's four colors gray, `(12, 12)`.

    Values times the identity plus this matrix are gray.
    """
    gray = np.tile(_LUMA[:, np.newaxis], 3)
    return np.kron(np.eye(4, dtype="float32"), gray - np.eye(3, dtype="float32"))
