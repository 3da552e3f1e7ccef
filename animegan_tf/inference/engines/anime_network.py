"""Read a saved default generator in NumPy, as a list of convolutions of one style."""

import dataclasses
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

_LUMA = np.array([0.299, 0.587, 0.114], "float32")
_COUNTS = {"width": 48, "body_width": 128, "num_blocks": 4, "head_width": 32}
_OTHER_OPTIONS = {"image_shape", "num_styles", "name"}


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution with the scale and the shift of its style folded in.

    Attributes:
        kernel: float32, `(height, width, in_channels, out_channels)`.
        bias: float32, `(out_channels,)`.
    """

    kernel: np.ndarray
    bias: np.ndarray


@dataclasses.dataclass(frozen=True)
class AnimeNetwork:
    """The convolutions of `build_anime_generator`, for one style or blend.

    Attributes:
        convolutions: By the name of the layer.
        num_blocks: Number of residual blocks.
    """

    convolutions: dict[str, Convolution]
    num_blocks: int

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
    options, names = read_options(style.folder)
    if not is_anime_network(options):
        return None
    num_styles = options.get("num_styles")
    if (num_styles or 0) != len(names):
        # A network whose styles have no names cannot be folded by name.
        return None
    path = Path(style.folder) / WEIGHTS_FILE
    shapes = read_shapes(path)
    check_option_sizes(options, shapes)
    counts = _read_counts(options, style.folder)
    layers = _read_layers(path, shapes, _expected_shapes(counts, num_styles))
    # A network of one style need not name it.
    missing = style.shares.keys() - set(names) if names else list(style.shares)[1:]
    if missing:
        raise ValueError(
            "Only styles of one network can be blended. "
            f"Received: {', '.join(style.shares)}"
        )
    shares = np.array([style.shares.get(name, 0.0) for name in names], "float32")
    convolutions = {
        name.removesuffix("/kernel"): _fold(
            layers, name.removesuffix("/kernel"), shares
        )
        for name in layers
        if name.endswith("/kernel")
    }
    convolutions["head"] = _remove_chroma(convolutions["head"], style.gray)
    return AnimeNetwork(convolutions, counts["num_blocks"])


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


def _fold(layers, name, shares):
    kernel, bias = layers[f"{name}/kernel"], layers[f"{name}/bias"]
    if f"{name}_style/scale" not in layers:
        return Convolution(kernel, bias)
    scale = shares @ layers[f"{name}_style/scale"]
    shift = shares @ layers[f"{name}_style/shift"]
    return Convolution(kernel * scale, bias * scale + shift)


def _remove_chroma(head, amount):
    """Desaturate the colors of the four pixels that the head outputs."""
    amount = np.float32(amount)
    mix = (1 - amount) * np.eye(3, dtype="float32") + amount * _LUMA[:, np.newaxis]
    kernel, bias = (
        (weight.reshape(*weight.shape[:-1], 4, 3) @ mix).reshape(weight.shape)
        for weight in (head.kernel, head.bias)
    )
    return Convolution(kernel, bias)
