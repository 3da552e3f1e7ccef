"""What an image file holds: frames with transparency and metadata, and their timing."""

import dataclasses

import numpy as np

from animegan_tf.imaging.arrays import uint8_to_uint16, uint16_to_uint8


@dataclasses.dataclass(frozen=True)
class Metadata:
    """Metadata of an image.

    Attributes:
        icc: ICC profile of the colors; `None` means sRGB.
        exif: EXIF block, without the orientation, which is already applied, and without
            the thumbnail, which shows the original image.
        xmp: XMP packet in UTF-8.
        dpi: Horizontal and vertical resolution in pixels per inch.
        license: License of the network that made the image, for its mark; `None` if it
            asks for nothing.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    license: str | None = None


@dataclasses.dataclass(frozen=True)
class Timing:
    """Timing of the frames of an animation.

    Attributes:
        durations: Milliseconds that each frame is shown.
        disposals: What happens to each frame before the next one is shown, as numbers
            of the file format.
        loop: Number of times to play, 0 for endless; `None` if the file does not say.
        has_cover: Whether the first frame is a still image for viewers without
            animation, and not part of the animation (APNG).
    """

    durations: tuple[float, ...]
    disposals: tuple[int, ...]
    loop: int | None = None
    has_cover: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class ImageFrame:
    """A still image or a frame of an animation, upright.

    Attributes:
        colors: uint8 or uint16 RGB of the full range, `(height, width, 3)`, in the
            color space of `metadata.icc`.
        alpha: Opacity of the same dtype, `(height, width)`, or `None` if the image is
            opaque.
        metadata: The metadata.
    """

    colors: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = dataclasses.field(default_factory=Metadata)

    @property
    def bits(self) -> int:
        """Bits per channel, 8 or 16."""
        return 8 * self.colors.dtype.itemsize

    def with_bits(self, bits: int) -> "ImageFrame":
        """Convert to 8 or 16 bits per channel; return `self` if it has them.

        Raises:
            ValueError: If `bits` is another number.
        """
        if bits not in (8, 16):
            raise ValueError(f"`bits` must be 8 or 16. Received: bits={bits}")
        if bits == self.bits:
            return self
        convert = uint16_to_uint8 if bits == 8 else uint8_to_uint16
        alpha = None if self.alpha is None else convert(self.alpha)
        return ImageFrame(convert(self.colors), alpha, self.metadata)


@dataclasses.dataclass(frozen=True, eq=False)
class ImageFile:
    """The content of an image file.

    Attributes:
        frames: One frame of a still image; all frames of an animation, as shown.
        timing: Timing of an animation; `None` for a still image.
    """

    frames: tuple[ImageFrame, ...]
    timing: Timing | None = None
