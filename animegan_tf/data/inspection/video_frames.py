"""Select training images of a video: shots, and the sharpest frames of each."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from animegan_tf.data.inspection.duplicates import is_duplicate
from animegan_tf.data.inspection.measures import (
    SIDE,
    find_bars,
    perceptual_blur,
    perceptual_hash,
    reduce_to,
)
from animegan_tf.data.targets.cel_shading import import_opencv
from animegan_tf.imaging.writing import write_image
from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.json_file import read_json

# Histograms of hue, saturation and value; the distance is 0 for equal ones, 1 at most.
_BINS = (16, 4, 8)
_CUT_DISTANCE = 0.4
# Frames below this luminance, or with this contrast or less, are fades.
_MIN_LUMINANCE, _MIN_CONTRAST = 20, 8
# Compression smears the edge between a bar and the picture by some rows.
_SMEARED = 2


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame of a video.

    Attributes:
        seconds: Time from the beginning of the video.
        image: Function without arguments to uint8 RGB, `(height, width, 3)`.
    """

    seconds: float
    image: Callable[[], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Selection:
    """How frames are selected.

    Attributes:
        rate: Frames per second that are looked at, positive.
        every: Seconds of a shot of which one frame is taken, positive.
        max_blur: Largest perceptual blur of a frame, in [0, 1].
        keep_bars: Whether images keep the bars, which are always left out of what is
            measured.
    """

    rate: float = 5.0
    every: float = 5.0
    max_blur: float = 0.5
    keep_bars: bool = False

    def __post_init__(self):
        for name in ("rate", "every"):
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={value}")


@dataclasses.dataclass(frozen=True)
class Summary:
    """What was selected.

    Attributes:
        num_images: Images written, those of an interrupted extraction included.
        num_shots: Shots.
        num_dropped: Parts of shots of which no frame was kept: blurred, dark, or like
            an earlier one.
    """

    num_images: int
    num_shots: int
    num_dropped: int


def extract_frames(
    read_frames: Callable[[float], Iterable[Frame]],
    source,
    output,
    *,
    selection: Selection | None = None,
    bars: tuple[int, int, int, int] = (0, 0, 0, 0),
    report: Callable[[float], object] = lambda seconds: None,
) -> Summary:
    """Write the sharpest frames of a video's shots, without near-duplicates.

    A shot ends where the color histograms of two frames differ. One full frame is in
    memory at a time beside the one that is looked at. What is done is recorded in the
    output folder, so that an interrupted extraction goes on to the same result.

    Args:
        read_frames: Function of a time in seconds to the frames from there on, in
            order; earlier ones are skipped.
        source: Path of the video; images are named after it and their time.
        output: Folder of the images; made if missing.
        selection: How frames are selected.
        bars: Rows at the top and bottom and columns at the left and right.
        report: Called with the seconds that are done.

    Returns:
        The summary.

    Raises:
        ImportError: If OpenCV is missing.
    """
    selection = selection or Selection()
    source, output = Path(source), Path(output)
    output.mkdir(parents=True, exist_ok=True)
    state = _State.load(output / f".{source.name}.json", source, selection, bars)
    if state.done is not None:
        for segment in _segments(read_frames(state.done), state.done, selection, bars):
            name = f"{source.stem}-{round(1000 * segment.seconds):08d}.jpg"
            kept = segment.blur <= selection.max_blur
            kept = kept and not is_duplicate(segment.phash, state.hashes)
            if kept:
                write_image(segment.image, output / name)
                state.hashes.append(segment.phash)
            state.num_dropped += not kept
            state.num_shots += segment.ends_shot
            state.done = segment.end
            state.save()
            report(state.done)
        state.done = None
        state.save()
    return Summary(len(state.hashes), state.num_shots, state.num_dropped)


def common_bars(images: Iterable[np.ndarray]) -> tuple[int, int, int, int]:
    """Find the bars that all frames of a video have.

    Args:
        images: uint8 RGB of some frames, all of one shape. Dark ones are left out,
            since their borders cannot be told from bars.

    Returns:
        Rows at the top and bottom and columns at the left and right, in pixels, with
        the two rows or columns beside a bar; zeros without bars.
    """
    found = [find_bars(image) for image in images if image.mean() >= _MIN_LUMINANCE]
    if not found:
        return (0, 0, 0, 0)
    return tuple(int(side) + _SMEARED if side else 0 for side in np.min(found, axis=0))


def histogram(image: np.ndarray) -> np.ndarray:
    """Return the normalized color histogram of uint8 RGB, a float32 vector."""
    cv2 = import_opencv()
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    ranges = [0, 180, 0, 256, 0, 256]
    counts = cv2.calcHist([hsv], [0, 1, 2], None, list(_BINS), ranges).ravel()
    return counts / counts.sum()


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Return whether two histograms are of different shots.

    They are if more than 40 % of the pixels have moved to other bins.
    """
    return bool(0.5 * np.abs(before - after).sum() > _CUT_DISTANCE)


@dataclasses.dataclass
class _Segment:
    """The sharpest frame of a part of a shot."""

    start: float
    seconds: float = 0.0
    blur: float = 2.0
    phash: str = ""
    image: np.ndarray | None = None
    end: float = 0.0
    ends_shot: bool = False


def _segments(frames, start, selection, bars) -> Iterator[_Segment]:
    cv2 = import_opencv()
    top, bottom, left, right = bars
    segment, before, due, last = None, None, start, start
    for frame in frames:
        if frame.seconds < due:
            continue
        # On a fixed grid, so that a resumed extraction looks at the same frames.
        due = (int(frame.seconds * selection.rate) + 1) / selection.rate
        image = frame.image()
        inner = image[top : len(image) - bottom, left : image.shape[1] - right]
        small = reduce_to(inner, SIDE)
        now = histogram(reduce_to(small, 128))
        cut = before is not None and is_cut(before, now)
        if segment is None or cut or frame.seconds - segment.start >= selection.every:
            if segment is not None:
                segment.end, segment.ends_shot = frame.seconds, cut
                yield segment
            segment = _Segment(frame.seconds)
        gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        before, last = now, frame.seconds
        if gray.mean() < _MIN_LUMINANCE or gray.std() <= _MIN_CONTRAST:
            continue
        blur = perceptual_blur(gray)
        if blur < segment.blur:
            segment.seconds, segment.blur = frame.seconds, blur
            # A copy does not hold the bars in memory.
            segment.image = image if selection.keep_bars else inner.copy()
            segment.phash = perceptual_hash(gray)
    if segment is not None:
        segment.end, segment.ends_shot = last, True
        yield segment


@dataclasses.dataclass
class _State:
    """What of a video is done; `done` is `None` when all is."""

    path: Path
    key: list
    done: float | None = 0.0
    hashes: list[str] = dataclasses.field(default_factory=list)
    num_shots: int = 0
    num_dropped: int = 0

    @classmethod
    def load(cls, path, source, selection, bars) -> "_State":
        status = source.stat()
        key = [status.st_size, status.st_mtime_ns, *dataclasses.astuple(selection)]
        state = cls(path, [*key, *bars])
        if path.exists():
            values = read_json(path)
            if values.pop("key", None) == state.key:
                return dataclasses.replace(state, **values)
        return state

    def save(self) -> None:
        values = dataclasses.asdict(self)
        values.pop("path")
        with atomic_path(self.path) as temporary:
            temporary.write_text(json.dumps(values), encoding="utf-8")
