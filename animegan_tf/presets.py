"""The bundled styles: their networks, sources and licences."""

import dataclasses
import json
from pathlib import Path
from typing import Any

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
DEFAULT_STYLE = "comic"


@dataclasses.dataclass(frozen=True)
class Preset:
    """A bundled style.

    Attributes:
        name: The name users call it by.
        file: Its weights below `WEIGHTS_FOLDER`; `config.json` beside them holds the
            keyword arguments of `build_generator`.
        description: What the pictures look like, one line.
        source: What it was trained on, one line.
        credit: Whom to name, one line.
        license: Licence of the weights, an SPDX identifier.
        multiple: Pixels by which the network's input sizes must divide.
    """

    name: str
    file: str
    description: str
    source: str
    credit: str
    license: str
    multiple: int = 16


PRESETS: dict[str, Preset] = {}


def list_styles() -> list[str]:
    """List the names of the bundled styles, sorted."""
    return sorted(PRESETS)


def get_preset(name: str) -> Preset:
    """Look up a bundled style.

    Raises:
        ValueError: If there is no style of that name.
    """
    if name not in PRESETS:
        known = ", ".join(list_styles()) or "none"
        raise ValueError(f"Unknown style {name!r}. Bundled styles: {known}")
    return PRESETS[name]


def load_preset(name: str):
    """Build the network of a bundled style and load its weights.

    Args:
        name: One of `list_styles()`.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sizes divisible by the preset's `multiple`, to such images.

    Raises:
        FileNotFoundError: If the weights are missing.
        ValueError: If there is no such style, or its files do not fit together.
    """
    # These load TensorFlow, which `list_styles` does without.
    from animegan_tf.models.generators import build_generator
    from animegan_tf.models.weights_io import load_weights_npz

    weights = WEIGHTS_FOLDER / get_preset(name).file
    generator = build_generator(**_read_config(weights.parent / "config.json"))
    load_weights_npz(generator, weights)
    return generator


def save_preset_files(generator, config: dict[str, Any], folder) -> Path:
    """Write the two files of a style: `generator.npz` (float16) and `config.json`.

    Args:
        generator: `keras.Model` that `build_generator(**config)` builds.
        config: Keyword arguments of `build_generator`, JSON values.
        folder: Target folder, made if missing.

    Returns:
        The path of the weights.
    """
    from animegan_tf.models.weights_io import save_weights_npz

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config, indent=2) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")
    return save_weights_npz(generator, folder / "generator.npz")


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"No such configuration of a style: {str(path)!r}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"Not a JSON file: {str(path)!r} ({error})") from error
    if not isinstance(config, dict):
        raise ValueError(f"Not a JSON object: {str(path)!r}")
    return config
