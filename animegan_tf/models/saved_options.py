"""Read the options and the style names of a saved generator, without Keras."""

from pathlib import Path
from typing import Any

from animegan_tf.utils.json_file import read_json

OPTIONS_FILE = "generator.json"
WEIGHTS_FILE = "generator.npz"


def read_options(folder) -> tuple[dict[str, Any], list[str]]:
    """Read what `save_generator` saved beside the weights.

    Args:
        folder: The folder of the two files.

    Returns:
        `(options, styles)`: the keyword arguments of `build_generator` and the names of
        the styles.

    Raises:
        FileNotFoundError: If there is no `generator.json`.
        ValueError: If it is damaged.
    """
    path = Path(folder) / OPTIONS_FILE
    content = read_json(path)
    if isinstance(content, dict):
        options, styles = content.get("generator"), content.get("styles")
        named = isinstance(styles, list) and all(isinstance(s, str) for s in styles)
        if isinstance(options, dict) and named:
            return options, styles
    raise ValueError(
        'A saved generator must have an object "generator" and a list "styles". '
        f"Received: {str(path)!r}"
    )


def read_license(folder) -> str | None:
    """Read the license of a saved generator's weights, if it has one of its own.

    Raises:
        FileNotFoundError: If there is no `generator.json`.
        ValueError: If it is damaged.
    """
    content = read_json(Path(folder) / OPTIONS_FILE)
    return content.get("license") if isinstance(content, dict) else None


def read_style_names(folder) -> list[str]:
    """Read the names of a saved generator's styles.

    Raises:
        FileNotFoundError: If there is no `generator.json`.
        ValueError: If it is damaged.
    """
    return read_options(folder)[1]


def check_option_sizes(options, shapes) -> None:
    """Check that no number is greater than the dimensions of the weights.

    A damaged one would make a network that fills the memory before any weight is read.

    Args:
        options: Keyword arguments of `build_generator`.
        shapes: Dict from the name of each array of weights to its shape.

    Raises:
        ValueError: If one is.
    """
    lengths = (length for shape in shapes.values() for length in shape)
    limit = max([len(shapes), *lengths])
    for name, value in options.items():
        # Image sizes are not dimensions of the weights, but the channels are.
        if name == "image_shape" and isinstance(value, list) and value:
            value = value[-1]
        if name != "image_size" and isinstance(value, int) and value > limit:
            raise ValueError(
                f"`{name}` must be at most {limit}, the largest dimension of the "
                f"weights. Received: {name}={options[name]}"
            )
