"""The bundled styles: their networks, sources and licences."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from animegan_tf.utils.json_file import read_json
from animegan_tf.utils.messages import suggestion

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
        index: Which of the network's styles it is, or `None` for a network of one.
        monochrome: Whether its pictures are grey.
    """

    name: str
    file: str
    description: str
    source: str
    credit: str
    license: str
    index: int | None = None
    monochrome: bool = False


_PHOTOS = "openly licensed photographs"
_PANELS = "panels of the webcomic Pepper&Carrot"
_CREDIT = "Pepper&Carrot by David Revoy, www.peppercarrot.com, CC BY 4.0"

PRESETS: dict[str, Preset] = {
    "comic": Preset(
        name="comic",
        file="styles/generator.npz",
        description="ink contours, flat areas, stepped shading, the photo's colours",
        source=f"{_PANELS}; {_PHOTOS}",
        credit=_CREDIT,
        license="Apache-2.0",
        index=0,
    ),
    "ink": Preset(
        name="ink",
        file="styles/generator.npz",
        description="black and white: brush lines, black shadows, two greys",
        source=f"{_PANELS}, drawn in ink by a filter; {_PHOTOS}",
        credit=_CREDIT,
        license="Apache-2.0",
        index=1,
        monochrome=True,
    ),
    "oil": Preset(
        name="oil",
        file="styles/generator.npz",
        description="oil paint: visible strokes of one colour, strong chroma",
        source=f"{_PANELS}, painted by a filter; {_PHOTOS}",
        credit=_CREDIT,
        license="Apache-2.0",
        index=2,
    ),
    "soft": Preset(
        name="soft",
        file="styles/generator.npz",
        description="painted portrait: smooth skin, warm light, a slight glow",
        source=f"painted portraits of artflow.ai; {_PHOTOS}",
        credit="artflow.ai, CC BY 4.0",
        license="Apache-2.0",
        index=3,
    ),
}


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
        raise ValueError(
            f"Unknown style {name!r}. {suggestion(name, PRESETS)}"
            f"Bundled styles: {known}"
        )
    return PRESETS[name]


def parse_blend(text: str) -> dict[str, float]:
    """Read a style's name, or a blend such as `"comic:0.6,oil:0.4"`.

    Returns:
        The share of each style by name; the shares add up to 1.

    Raises:
        ValueError: If a style is unknown or named twice, or a share is no number above
            0.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, colon, share = part.strip().partition(":")
        get_preset(name)
        try:
            value = float(share) if colon else 1.0
        except ValueError:
            value = math.nan
        if not 0.0 < value < math.inf or name in shares:
            raise ValueError(
                "A blend names each style once with a share above 0, such as "
                f"'comic:0.6,oil:0.4'. Received: {text!r}"
            )
        shares[name] = value
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def load_preset(name: str):
    """Build the network of a bundled style, or of a blend, and load its weights.

    Args:
        name: One of `list_styles()`, or a blend of styles that share a network, such as
            `"comic:0.6,oil:0.4"`.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sizes divisible by 16, to such images.

    Raises:
        FileNotFoundError: If the weights are missing.
        ValueError: If there is no such style, the styles share no network, or the files
            do not fit together.
    """
    # These load TensorFlow, which `list_styles` does without.
    from animegan_tf.models.generators import build_generator
    from animegan_tf.models.generators.anime import fold_style, remove_chroma
    from animegan_tf.models.weights_io import load_weights_npz
    from animegan_tf.utils.array_file import read_shapes

    shares = parse_blend(name)
    styles = [get_preset(style) for style in shares]
    if len({style.file for style in styles}) > 1 or (
        len(styles) > 1 and styles[0].index is None
    ):
        raise ValueError(f"These styles share no network to blend. Received: {name!r}")
    weights = WEIGHTS_FOLDER / styles[0].file
    config = _read_config(weights.parent / "config.json")
    _check_sizes(config, read_shapes(weights))
    generator = build_generator(**config)
    load_weights_npz(generator, weights)
    if styles[0].index is None:
        return generator
    blend = [0.0] * config["num_styles"]
    for style in styles:
        blend[style.index] = shares[style.name]
    folded = fold_style(generator, blend)
    remove_chroma(folded, sum(shares[s.name] for s in styles if s.monochrome))
    return folded


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
    config = read_json(path)
    if not isinstance(config, dict):
        raise ValueError(f"Not a JSON object: {str(path)!r}")
    return config


def _check_sizes(config, shapes) -> None:
    """Check that no number is greater than what the weights are of.

    A damaged one would make a network that fills the memory before any weight is read.
    """
    lengths = (length for shape in shapes.values() for length in shape)
    limit = max([len(shapes), *lengths])
    for name, value in config.items():
        if isinstance(value, int) and value > limit:
            raise ValueError(
                f"`{name}` must be of the size of the style's weights, at most {limit}."
                f" Received: {name}={value}"
            )
