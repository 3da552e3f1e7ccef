"""The bundled styles: their weights, sources and licenses."""

import dataclasses
import math
from pathlib import Path

from animegan_tf.utils.messages import suggestion

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
DEFAULT_STYLE = "comic"


@dataclasses.dataclass(frozen=True)
class Preset:
    """A bundled style.

    Attributes:
        name: Name of the style.
        folder: Folder of its generator below `WEIGHTS_FOLDER`, as `save_generator`
            writes it; one generator may hold several styles, by name.
        description: Appearance of the images, one line.
        source: Training data, one line.
        credit: Attribution, one line.
        license: License of the weights, an SPDX identifier.
        monochrome: Whether its images are gray.
    """

    name: str
    folder: str
    description: str
    source: str
    credit: str
    license: str
    monochrome: bool = False


_PHOTOS = "openly licensed photographs"
_PANELS = "panels of the webcomic Pepper&Carrot"
_CREDIT = "Pepper&Carrot by David Revoy, www.peppercarrot.com, CC BY 4.0"

PRESETS: dict[str, Preset] = {
    "comic": Preset(
        name="comic",
        folder="styles",
        description="ink contours, flat areas, stepped shading, the photo's colors",
        source=f"{_PANELS}; {_PHOTOS}",
        credit=_CREDIT,
        license="Apache-2.0",
    ),
    "ink": Preset(
        name="ink",
        folder="styles",
        description="black and white: brush lines, black shadows, two grays",
        source=f"{_PANELS}, drawn in ink by a filter; {_PHOTOS}",
        credit=_CREDIT,
        license="Apache-2.0",
        monochrome=True,
    ),
    "oil": Preset(
        name="oil",
        folder="styles",
        description="oil paint: visible strokes of one color, strong chroma",
        source=f"{_PANELS}, painted by a filter; {_PHOTOS}",
        credit=_CREDIT,
        license="Apache-2.0",
    ),
    "soft": Preset(
        name="soft",
        folder="styles",
        description="painted portrait: smooth skin, warm light, a slight glow",
        source=f"painted portraits of artflow.ai; {_PHOTOS}",
        credit="artflow.ai, CC BY 4.0",
        license="Apache-2.0",
    ),
}


def list_styles() -> list[str]:
    """List the names of the bundled styles, sorted."""
    return sorted(PRESETS)


def get_preset(name: str) -> Preset:
    """Look up a bundled style.

    Raises:
        ValueError: If there is no style with that name.
    """
    if name not in PRESETS:
        known = ", ".join(list_styles()) or "none"
        raise ValueError(
            f"Unknown style {name!r}. {suggestion(name, PRESETS)}"
            f"Bundled styles: {known}"
        )
    return PRESETS[name]


def parse_blend(text: str) -> dict[str, float]:
    """Parse the name of a style, or a blend such as `"comic:0.6,oil:0.4"`.

    Returns:
        Dict from style to its share; the shares sum to 1.

    Raises:
        ValueError: If a style is unknown or given twice, or a share is not a number
            above 0.
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
                "A blend must give each style once with a share above 0, such as "
                f"'comic:0.6,oil:0.4'. Received: {text!r}"
            )
        shares[name] = value
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def load_preset(name: str):
    """Build the network of a bundled style, or of a blend, and load its weights.

    Args:
        name: One of `list_styles()`, or a blend of styles of one network, such as
            `"comic:0.6,oil:0.4"`.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sizes divisible by 16, to such images.

    Raises:
        FileNotFoundError: If the weights are missing.
        ValueError: If there is no such style, the styles are not of one network, or a
            file is damaged.
    """
    # These load TensorFlow, which `list_styles` does not need.
    from animegan_tf.models.generator_files import load_saved_generator
    from animegan_tf.models.generators.anime import fold_style, remove_chroma

    shares = parse_blend(name)
    styles = [get_preset(style) for style in shares]
    generator, names = load_saved_generator(WEIGHTS_FOLDER / styles[0].folder)
    if len(styles) == 1 and not names:
        return generator
    if not set(shares) <= set(names):
        raise ValueError(
            f"Only styles of one network can be blended. Received: {name!r}"
        )
    folded = fold_style(generator, [shares.get(style, 0.0) for style in names])
    remove_chroma(folded, sum(shares[s.name] for s in styles if s.monochrome))
    return folded
