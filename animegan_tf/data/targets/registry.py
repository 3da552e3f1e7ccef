"""The ways to draw a generator's targets, by name."""

import dataclasses
from collections.abc import Callable

import numpy as np

from animegan_tf.data.targets.cel_shading import CelAndInkOptions, cel_and_ink
from animegan_tf.data.targets.painting import brush_and_ink, oil_paint, soft_paint
from animegan_tf.utils.messages import suggestion


@dataclasses.dataclass(frozen=True)
class Target:
    """A way to draw targets.

    Attributes:
        render: Pure function from uint8 RGB `(height, width, 3)` to the same.
        fingerprint: Text that changes whenever its result would.
    """

    render: Callable[[np.ndarray], np.ndarray]
    fingerprint: str


TARGETS = {
    "cel_and_ink": Target(cel_and_ink, CelAndInkOptions().fingerprint()),
    "brush_and_ink": Target(brush_and_ink, "brush_and_ink-1"),
    "oil": Target(oil_paint, "oil-1"),
    "soft": Target(soft_paint, "soft-1"),
}


def get_target(name: str) -> Target:
    """Look up a way to draw targets.

    Raises:
        ValueError: If there is none of that name.
    """
    if name not in TARGETS:
        raise ValueError(
            f"`target` must be one of {', '.join(TARGETS)}. "
            f"{suggestion(name, TARGETS)}Received: target={name!r}"
        )
    return TARGETS[name]
