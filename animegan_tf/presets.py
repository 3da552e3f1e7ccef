"""The bundled styles: their weights, sources and licenses."""

import dataclasses
import math
from pathlib import Path

from animegan_tf.utils.messages import suggestion

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
# The network of `restore`, which is no style.
RESTORATION_FOLDER = WEIGHTS_FOLDER / "restoration"
DEFAULT_STYLE = "anime"


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
_STELLA = "art from Houkago no Stella, (c) 2026 usakan2077, MIT license"
# Their drawings trained the network that the present one started from.
_FIRST = (
    "Pepper&Carrot by David Revoy, www.peppercarrot.com, CC BY 4.0, and portraits of "
    "artflow.ai, CC BY 4.0, in the first network"
)
_PAINTER = f"{_PHOTOS}, painted by rules"

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="anime",
            folder="styles",
            description="anime: bright light, painted areas, thin colored lines",
            source=f"{_PHOTOS}, painted by rules fitted to backgrounds and people of "
            "a visual novel, which its author made with image generators",
            credit=f"{_STELLA}; {_FIRST}",
            license="Apache-2.0",
        ),
        Preset(
            name="comic",
            folder="styles",
            description="comic panel: dark contours, flat areas, stepped shading",
            source=_PAINTER,
            credit=_FIRST,
            license="Apache-2.0",
        ),
        Preset(
            name="ink",
            folder="styles",
            description="black and white: brush lines, black shadows, two grays",
            source=_PAINTER,
            credit=_FIRST,
            license="Apache-2.0",
            monochrome=True,
        ),
        Preset(
            name="oil",
            folder="styles",
            description="oil paint: small areas of one color, strong chroma",
            source=f"{_PAINTER}, with the palette of paintings of the 19th century",
            credit="paintings by Monet, van Gogh, Renoir and others, public domain; "
            f"{_FIRST}",
            license="Apache-2.0",
        ),
        Preset(
            name="soft",
            folder="styles",
            description="soft paint: smooth skin, warm light, a slight glow",
            source=_PAINTER,
            credit=_FIRST,
            license="Apache-2.0",
        ),
        Preset(
            name="ukiyoe",
            folder="styles",
            description="woodblock print: dyes on warm paper, indigo-black lines",
            source=f"{_PAINTER} fitted to Japanese prints of the 19th century",
            credit=f"prints by Hokusai, Hiroshige and Eisen, public domain; {_FIRST}",
            license="Apache-2.0",
        ),
    )
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
    """Parse the name of a style, or a blend such as `"anime:0.6,ukiyoe:0.4"`.

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
                f"'anime:0.6,ukiyoe:0.4'. Received: {text!r}"
            )
        shares[name] = value
    total = sum(shares.values())
    if total == math.inf:
        raise ValueError(f"The shares of a blend are too large. Received: {text!r}")
    return {name: share / total for name, share in shares.items()}


def load_preset(name: str):
    """Build the network of a bundled style, or of a blend, and load its weights.

    Args:
        name: One of `list_styles()`, or a blend of styles of one network, such as
            `"anime:0.6,ukiyoe:0.4"`.

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
