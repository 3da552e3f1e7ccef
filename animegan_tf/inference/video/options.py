"""Options of a stylized video, and the files it may be written to."""

import dataclasses
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from animegan_tf.inference.video.encoder import ENCODERS
from animegan_tf.inference.video.timing import parse_rate, parse_time
from animegan_tf.utils.checks import check_integer, check_number

CODECS = tuple(name for name in ENCODERS if name != "lossless")
AUDIO = ("copy", "drop")
_CODECS_BY_SUFFIX = {
    ".mp4": ("h264", "h265"),
    ".m4v": ("h264", "h265"),
    ".mov": ("h264", "h265"),
    ".mkv": ("h264", "h265", "vp9"),
    ".webm": ("vp9",),
    ".gif": ("lossless",),
}
VIDEO_SUFFIXES = tuple(_CODECS_BY_SUFFIX)
# Formats that are read only are included.
SOURCE_SUFFIXES = (
    *VIDEO_SUFFIXES,
    *(".3gp", ".avi", ".flv", ".m2ts", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".wmv"),
)


@dataclasses.dataclass(frozen=True)
class VideoOptions:
    """Options of a stylized video.

    Attributes:
        codec: "h264", "h265" or "vp9"; `None` uses the default of the file format.
        crf: Constant rate factor of the codec, 0 to 51, or to 63 for VP9; lower is
            better quality and a larger file. `None` is 18 for H.264, 22 for H.265 and
            28 for VP9.
        audio: "copy" copies the audio streams, "drop" leaves them out.
        max_size: Maximum length of the longer side in pixels, at least 16; larger
            videos are scaled down. `None` keeps the size.
        fps: Constant frame rate, or `None` to keep each frame's timestamp.
        start: Where to start: seconds, or text such as "1:02:03.5"; or `None`.
        end: Where to end, likewise.
        smooth: How much to reduce flicker in static regions, in [0, 1].
        batch_size: Number of frames the network processes at once, 1 to 4; `None`
            chooses by their size.
        mark: Whether the metadata say that a network generated the video.

    Raises:
        ValueError: If an option is out of range.
    """

    codec: str | None = None
    crf: int | None = None
    audio: str = "copy"
    max_size: int | None = None
    fps: Fraction | float | str | None = None
    start: Fraction | float | str | None = None
    end: Fraction | float | str | None = None
    smooth: float = 0.0
    batch_size: int | None = None
    mark: bool = True

    def __post_init__(self):
        for name, known in (("codec", (None, *CODECS)), ("audio", AUDIO)):
            value = getattr(self, name)
            if value not in known:
                names = ", ".join(item for item in known if item)
                raise ValueError(
                    f"`{name}` must be one of {names}. Received: {name}={value!r}"
                )
        for name, low, high in (
            ("crf", 0, 63 if self.codec == "vp9" else 51),
            ("smooth", 0, 1),
            ("batch_size", 1, 4),
            ("max_size", 16, None),
        ):
            if (value := getattr(self, name)) is not None:
                check = check_number if name == "smooth" else _check_integer
                check(low, high, **{name: value})
        # The class is frozen, but text becomes the exact number it stands for.
        for name, parse in (
            ("start", parse_time),
            ("end", parse_time),
            ("fps", parse_rate),
        ):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, parse(value))
        if self.end is not None and self.end <= (self.start or 0):
            raise ValueError(
                "`end` must be later than `start`. Received: "
                f"start={float(self.start or 0):g}, end={float(self.end):g}"
            )

    def codec_for(self, suffix: str) -> str:
        """Return the codec to use for a file suffix.

        Raises:
            ValueError: If the file format does not support the requested codec.
        """
        codecs = _CODECS_BY_SUFFIX[suffix]
        if self.codec is None or suffix == ".gif":
            return codecs[0]
        if self.codec not in codecs:
            raise ValueError(
                f"`codec` must be one of {', '.join(codecs)} for a {suffix} file. "
                f"Received: codec={self.codec!r}"
            )
        return self.codec


def check_video_target(
    source: Path, target: Path, *, overwrite: bool, inputs: Iterable[Path] = ()
) -> None:
    """Check, before any work, that the output may be written.

    Args:
        source: Path of the source.
        target: Path of the output.
        overwrite: Whether the output may be replaced.
        inputs: Other files that are read, such as a mask.

    Raises:
        FileExistsError: If it exists and `overwrite` is false.
        FileNotFoundError: If its folder does not exist.
        ValueError: If its suffix is unknown, or it is the source or another input.
    """
    if target.suffix.lower() not in VIDEO_SUFFIXES or target.is_dir():
        raise ValueError(
            f"`target` must be a file ending in one of {', '.join(VIDEO_SUFFIXES)}. "
            f"Received: target={str(target)!r}"
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(target.parent)!r}")
    for path in (target, partial_path(target)):
        for name, files in (("source", [source]), ("input", inputs)):
            existing = [file for file in files if file.exists()]
            if path.exists() and any(path.samefile(file) for file in existing):
                raise ValueError(f"The output would overwrite the {name} {str(path)!r}")
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"The output already exists: {str(target)!r}; add --overwrite to replace it"
        )


def partial_path(target: Path) -> Path:
    """Return the path of the partial video that an interrupted run writes."""
    return target.with_name(f"{target.stem}.partial{target.suffix}")


def _check_integer(low, high, **arguments):
    check_integer(low, **arguments)
    if high is not None:
        check_number(low, high, **arguments)
