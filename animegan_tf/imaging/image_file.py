"""What a picture file holds: pixels, transparency, metadata and timing."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What a file says of its picture beside the pixels.

    Attributes:
        icc: Profile of the colours; `None` stands for sRGB.
        exif: EXIF block without the orientation, which is applied, nor the thumbnail,
            which shows the old picture.
        xmp: XMP packet in UTF-8.
        dpi: Horizontal and vertical resolution in pixels per inch.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Timing:
    """How the frames of an animation follow each other.

    Attributes:
        durations: Milliseconds that each frame is shown.
        disposals: What becomes of each frame before the next, in the numbers of the
            format.
        loop: Times to play, 0 for ever; `None` where the file does not say.
        has_cover: Whether the first is a still for programs that cannot animate, and
            no part of the animation (APNG).
    """

    durations: tuple[float, ...]
    disposals: tuple[int, ...]
    loop: int | None = None
    has_cover: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """A still picture or a frame, upright.

    Attributes:
        colors: uint8 or uint16 RGB of the full range, `(height, width, 3)`, in the
            profile `metadata.icc`.
        alpha: Opacity of the same type, `(height, width)`, or `None` if all is opaque.
        metadata: What else the file says.
    """

    colors: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = dataclasses.field(default_factory=Metadata)

    @property
    def bits(self) -> int:
        """Bits of a channel, 8 or 16."""
        return 8 * self.colors.dtype.itemsize


@dataclasses.dataclass(frozen=True, eq=False)
class PictureFile:
    """All pictures of a file.

    Attributes:
        frames: One for a still picture; those of an animation as they are shown.
        timing: How an animation plays; `None` for a still picture.
    """

    frames: tuple[Picture, ...]
    timing: Timing | None = None
