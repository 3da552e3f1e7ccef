"""Save a generator as its options and weights, and rebuild it from them.

`generator.json` holds the arguments of `build_generator`, the names of the styles and
the license of the weights, if they have one of their own; `generator.npz` holds the
weights. Neither can hold code.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import keras

from animegan_tf.models.generators import GENERATORS, build_generator
from animegan_tf.models.layers.license_notice import add_notice, find_notice
from animegan_tf.models.saved_options import (
    OPTIONS_FILE,
    WEIGHTS_FILE,
    check_option_sizes,
    read_license,
    read_options,
)
from animegan_tf.models.weights_io import load_weights_npz, save_weights_npz
from animegan_tf.utils.array_file import read_shapes
from animegan_tf.utils.messages import reason_of


def save_generator(
    generator: keras.Model,
    options: dict[str, Any],
    folder,
    *,
    styles=(),
    dtype: str = "float32",
) -> Path:
    """Save a generator as `generator.json` and `generator.npz`.

    Args:
        generator: `keras.Model` that `build_generator(**options)` builds, or that with
            a `LicenseNotice`.
        options: Keyword arguments of `build_generator`, JSON values. Options left out
            are saved too, so that a later change of their defaults does not matter.
        folder: Output folder, made if missing.
        styles: Names of the generator's styles, in order; empty if it has only one.
        dtype: Dtype in which the weights are stored.

    Returns:
        The path of the weights.

    Raises:
        ValueError: If a weight is not finite in `dtype`.
        OSError: If the folder is not writable.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = options.get("name", "anime")
    parameters = inspect.signature(GENERATORS[name]).parameters.values()
    defaults = {parameter.name: parameter.default for parameter in parameters}
    content = {"generator": defaults | options | {"name": name}, "styles": list(styles)}
    notice = find_notice(generator)
    if notice is not None:
        content["license"] = notice
    text = json.dumps(content, indent=2) + "\n"
    (folder / OPTIONS_FILE).write_text(text, encoding="utf-8")
    return save_weights_npz(generator, folder / WEIGHTS_FILE, dtype=dtype)


def load_saved_generator(folder) -> tuple[keras.Model, list[str]]:
    """Rebuild the generator that `save_generator` saved.

    Args:
        folder: The folder of its two files.

    Returns:
        `(generator, styles)`: the `keras.Model` and the names of its styles.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is damaged, or the weights do not match the options.
    """
    path = Path(folder) / OPTIONS_FILE
    options, styles = read_options(folder)
    weights = Path(folder) / WEIGHTS_FILE
    check_option_sizes(options, read_shapes(weights))
    try:
        generator = build_generator(**options)
    except (ArithmeticError, IndexError, TypeError) as error:
        raise ValueError(
            f"Not the options of a generator: {str(path)!r} ({reason_of(error)})"
        ) from error
    load_weights_npz(generator, weights)
    notice = read_license(folder)
    return (add_notice(generator, notice) if notice else generator), styles
