"""Target renderers by name."""

import dataclasses
from collections.abc import Callable

import numpy as np

from animegan_tf.data.targets.cel_shading import CelAndInkOptions, cel_and_ink
from animegan_tf.data.targets.filters import brush_and_ink, oil_paint, soft_paint
from animegan_tf.data.targets.painter import PAINTERS
from animegan_tf.utils.messages import suggestion


@dataclasses.dataclass(frozen=True)
class Target:
    """A function that renders a photo in a style, and its version.

    Attributes:
        render: Pure function from a photo to its target, uint8 RGB `(height, width, 3)`
            in [0, 255].
        fingerprint: Text that changes whenever the result of `render` would.
    """

    render: Callable[[np.ndarray], np.ndarray]
    fingerprint: str


def _painter(name: str) -> Target:
    return Target(PAINTERS[name].paint, PAINTERS[name].fingerprint())


# The bundled painters are targets by name; `recipes.anime` can also fit one. The keys
# are literals, since `recipes.names` reads them from this source.
TARGETS = {
    "cel_and_ink": Target(cel_and_ink, CelAndInkOptions().fingerprint()),
    "brush_and_ink": Target(brush_and_ink, "brush_and_ink-1"),
    "oil": Target(oil_paint, "oil-1"),
    "soft": Target(soft_paint, "soft-1"),
    "anime": _painter("anime"),
    "comic": _painter("comic"),
    "ukiyoe": _painter("ukiyoe"),
    "impressionist": _painter("impressionist"),
    "engraving": _painter("engraving"),
}


def get_target(name: str) -> Target:
    """Return the target renderer of a name.

    Raises:
        ValueError: If `name` is unknown.
    """
    if name not in TARGETS:
        raise ValueError(
            f"`target` must be one of {', '.join(TARGETS)}. "
            f"{suggestion(name, TARGETS)}Received: target={name!r}"
        )
    return TARGETS[name]
