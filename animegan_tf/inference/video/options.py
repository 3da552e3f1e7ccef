"""What can be asked of a stylized video, and which files it may be written to."""

import dataclasses
from fractions import Fraction
from pathlib import Path

from animegan_tf.inference.video.encoder import ENCODERS
from animegan_tf.inference.video.timing import parse_time

CODECS = tuple(name for name in ENCODERS if name != "lossless")
AUDIO = ("copy", "drop")
_CODECS_OF_SUFFIX = {
    ".mp4": ("h264", "h265"),
    ".m4v": ("h264", "h265"),
    ".mov": ("h264", "h265"),
    ".mkv": ("h264", "h265", "vp9"),
    ".webm": ("vp9",),
    ".gif": ("lossless",),
}
VIDEO_SUFFIXES = tuple(_CODECS_OF_SUFFIX)
# Also read, though not written.
SOURCE_SUFFIXES = (
    *VIDEO_SUFFIXES,
    *(".3gp", ".avi", ".flv", ".m2ts", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".wmv"),
)


@dataclasses.dataclass(frozen=True)
class VideoOptions:
    """Settings of a stylized video.

    Attributes:
        codec: "h264", "h265" or "vp9"; `None` takes the first that the file can hold.
        crf: Quality as the codec's constant rate factor, 0 to 51, of VP9 to 63; lower
            is better and larger. `None`: 18 for H.264, 22 for H.265, 28 for VP9.
        audio: "copy" takes the sound along as it is, "drop" leaves it out.
        max_size: Pixels of the longer side to scale down to, or `None`.
        fps: Even frames a second, or `None` to keep each frame's time.
        start: Where to begin: seconds, or text such as "1:02:03.5"; or `None`.
        end: Where to end, likewise.
        smooth: How far to calm what stands still in the source, in [0, 1].
        batch_size: Frames that the network takes at once, 1 to 4; `None` goes by size.
        mark: Whether the file's metadata say that a network made it.
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
            _check_range(name, getattr(self, name), low, high)
        # Frozen, yet times are kept as the exact numbers that they mean.
        for name in ("start", "end", "fps"):
            if (value := getattr(self, name)) is not None:
                parse = parse_rate if name == "fps" else parse_time
                object.__setattr__(self, name, parse(value))
        if self.end is not None and self.end <= (self.start or 0):
            raise ValueError(
                "`end` must be later than `start`. Received: "
                f"start={float(self.start or 0):g}, end={float(self.end):g}"
            )

    def codec_for(self, suffix: str) -> str:
        """Choose the codec for a file's suffix.

        Raises:
            ValueError: If files of that kind cannot hold the codec asked for.
        """
        codecs = _CODECS_OF_SUFFIX[suffix]
        if self.codec is None or suffix == ".gif":
            return codecs[0]
        if self.codec not in codecs:
            raise ValueError(
                f"`codec` must be one of {', '.join(codecs)} for a {suffix} file. "
                f"Received: codec={self.codec!r}"
            )
        return self.codec


def check_target(source: Path, target: Path, *, overwrite: bool) -> None:
    """Refuse, before any work, a file that must not or cannot be written.

    Raises:
        FileExistsError: If it exists and `overwrite` is false.
        FileNotFoundError: If its folder is missing.
        ValueError: If its suffix is unknown, or it is the source.
    """
    if target.suffix.lower() not in VIDEO_SUFFIXES or target.is_dir():
        raise ValueError(
            f"`target` must be a file ending in one of {', '.join(VIDEO_SUFFIXES)}. "
            f"Received: target={str(target)!r}"
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(target.parent)!r}")
    for path in (target, partial_path(target)):
        if path.exists() and source.exists() and path.samefile(source):
            raise ValueError(f"The output would overwrite the source {str(path)!r}")
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"The result exists already: {str(target)!r}; add --overwrite to replace it"
        )


def partial_path(target: Path) -> Path:
    """Name the file for what is ready when a run is interrupted."""
    return target.with_name(f"{target.stem}.partial{target.suffix}")


def parse_rate(text) -> Fraction:
    """Read frames a second: a number, or a fraction such as "30000/1001".

    Raises:
        ValueError: If it is neither, or not in (0, 1000].
    """
    try:
        rate = Fraction(text).limit_denominator(100_000)
    except (ValueError, ZeroDivisionError, OverflowError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise ValueError(f"`fps` must be in (0, 1000]. Received: fps={text!r}")
    return rate


def _check_range(name, value, low, high):
    if value is None:
        return
    # Not a number is neither below nor above.
    if not (value >= low and (high is None or value <= high)):
        span = f"in [{low}, {high}]" if high is not None else f"at least {low}"
        raise ValueError(f"`{name}` must be {span}. Received: {name}={value}")
