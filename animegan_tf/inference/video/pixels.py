"""Convert video frames to and from RGB with exact colors, and orient them upright."""

import dataclasses

import numpy as np

# AVColorSpace ("matrix coefficients" of ISO/IEC 23091-2) to the names used here.
_MATRICES = {
    1: "bt709",
    4: "fcc",
    5: "bt601",
    6: "bt601",
    7: "smpte240m",
    9: "bt2020",
    10: "bt2020",
}
# The same matrices as numbered by swscale.
_SWSCALE = {"bt709": 1, "fcc": 4, "bt601": 5, "smpte240m": 7, "bt2020": 9}
_LIMITED, _FULL = 1, 2
UNSPECIFIED = 2
# Perceptual quantizer (PQ) and hybrid log-gamma (HLG).
_HDR_TRANSFERS = (16, 18)
# Bicubic, full-resolution chroma interpolation, accurate rounding.
_INTERPOLATION = 0x4 | 0x2000 | 0x4000 | 0x40000


@dataclasses.dataclass(frozen=True)
class VideoColors:
    """Color matrix, range and tags of a video.

    Attributes:
        matrix: Matrix from RGB to YUV: "bt709", "bt601", "bt2020", "fcc" or
            "smpte240m".
        full_range: Whether luma uses 0 to 255 rather than 16 to 235.
        primaries: AVColorPrimaries, copied as a tag; 2 is unspecified.
        transfer: AVColorTransferCharacteristic, copied as a tag; 2 is unspecified.
    """

    matrix: str
    full_range: bool
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED

    @property
    def is_hdr(self) -> bool:
        """Whether the transfer function is one of high dynamic range."""
        return self.transfer in _HDR_TRANSFERS

    def for_output(self) -> "VideoColors":
        """Choose the output colors: limited range, and BT.709 or BT.601.

        BT.601 is used only if it is the source's matrix. Frames are decoded to RGB and
        encoded again, so the matrix may change without a change of color; every player
        supports these two.
        """
        matrix = "bt601" if self.matrix == "bt601" else "bt709"
        return dataclasses.replace(self, matrix=matrix, full_range=False)

    def tag(self, codec_context) -> None:
        """Write the color tags that players read."""
        codec_context.colorspace = 6 if self.matrix == "bt601" else 1
        codec_context.color_range = _FULL if self.full_range else _LIMITED
        codec_context.color_primaries = self.primaries
        codec_context.color_trc = self.transfer


def detect_colors(frame) -> VideoColors:
    """Read a frame's color tags; missing ones are guessed as players do.

    Args:
        frame: Decoded `av.VideoFrame`.
    """
    # Untagged video is BT.601 at the sizes of standard-definition TV, else BT.709.
    is_small = frame.width < 1280 and frame.height <= 576
    guess = "bt601" if is_small else "bt709"
    return VideoColors(
        matrix=_MATRICES.get(int(frame.colorspace), guess),
        full_range=int(frame.color_range) == _FULL or "yuvj" in frame.format.name,
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
    )


def frame_to_rgb(frame, colors: VideoColors, size: tuple[int, int]) -> np.ndarray:
    """Convert a decoded frame to uint8 RGB, `(height, width, 3)`, not yet oriented.

    Args:
        frame: `av.VideoFrame` of any pixel format; transparent pixels are blended
            with white.
        colors: Color matrix and range of the frame.
        size: Height and width of the result; frames of another size are scaled.
    """
    height, width = size
    pixel_format = frame.format
    has_alpha = any(component.is_alpha for component in pixel_format.components)
    arguments = {}
    if not (
        pixel_format.is_rgb or pixel_format.name.startswith(("gray", "pal", "mono"))
    ):
        number = _SWSCALE[colors.matrix]
        arguments = {
            "src_colorspace": number,
            "dst_colorspace": number,
            "src_color_range": _FULL if colors.full_range else _LIMITED,
            "dst_color_range": _FULL,
        }
    image = frame.reformat(
        width=width,
        height=height,
        format="rgba" if has_alpha else "rgb24",
        interpolation=_INTERPOLATION,
        **arguments,
    ).to_ndarray()
    if not has_alpha:
        return image
    alpha = image[..., 3:].astype(np.float32) / 255.0
    on_white = image[..., :3] * alpha + 255.0 * (1.0 - alpha)
    return np.floor(on_white + 0.5).astype(np.uint8)


def rgb_to_frame(image: np.ndarray, colors: VideoColors):
    """Convert uint8 RGB of even height and width to a yuv420p frame."""
    import av

    number = _SWSCALE[colors.matrix]
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
        format="yuv420p",
        interpolation=_INTERPOLATION,
        src_colorspace=number,
        dst_colorspace=number,
        src_color_range=_FULL,
        dst_color_range=_FULL if colors.full_range else _LIMITED,
    )


@dataclasses.dataclass(frozen=True)
class Orientation:
    """Transform of stored pixels for display: transposed first, then mirrored."""

    transposed: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Orient an image, `(height, width, channels)`, for display."""
        if self.transposed:
            image = image.swapaxes(0, 1)
        if self.mirror_x:
            image = image[:, ::-1]
        if self.mirror_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


def detect_orientation(frame) -> Orientation:
    """Read a frame's display matrix, which cameras write when they are rotated.

    The matrix maps a stored point (x, y) to (a x + c y, b x + d y), in 16.16 fixed
    point with rows (a, b, u), (c, d, v); only quarter turns and mirrors occur.
    """
    for side_data in frame.side_data:
        if side_data.type.name == "DISPLAYMATRIX":
            numbers = np.frombuffer(bytes(side_data), dtype="<i4")
            a, b, c, d = (int(number) for number in numbers[[0, 1, 3, 4]])
            if abs(b) > abs(a):
                return Orientation(True, mirror_x=c < 0, mirror_y=b < 0)
            return Orientation(False, mirror_x=a < 0, mirror_y=d < 0)
    return Orientation()


def pad_to_even(image: np.ndarray) -> np.ndarray:
    """Repeat the last row and column where the height or width is odd.

    Encoders of yuv420p take even sizes only, since chroma has half the resolution.
    Padding by one pixel loses nothing; cropping would.
    """
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
