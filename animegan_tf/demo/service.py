"""Stylize uploaded photos and videos, within limits on their size and number."""

import collections
import dataclasses
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from animegan_tf.imaging.reading import open_image, read_image, read_image_file
from animegan_tf.imaging.writing import write_image_file
from animegan_tf.inference.dials import AUTO, COLORS, Dials
from animegan_tf.inference.faces.stylizer import FaceStylizer
from animegan_tf.inference.files import stylize_image_file
from animegan_tf.inference.style_source import run_style_names
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.video.reader import read_video_info
from animegan_tf.inference.video.stylize import stylize_video
from animegan_tf.inference.video.timing import parse_time
from animegan_tf.presets import list_styles

FORMATS = ("png", "jpg", "webp")
FACES = ("off", "separately", "only")
# Frames per second above which a video is reduced to that rate.
_MAX_RATE = 60
# Generators kept in memory. Each blend is one of its own.
_MAX_LOADED = 4
# Seconds after which results are deleted.
_MAX_AGE = 3600

Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one request may contain.

    Attributes:
        max_photos: Number of photos, at least 1.
        max_megapixels: Millions of pixels of a photo, also after the dial `scale`.
        max_megabytes: Size of an uploaded file, in millions of bytes.
        max_seconds: Seconds of a video.
        max_side: Longer side of a stylized video in pixels, at least 16.
        max_waiting: Number of requests that wait while one is computed, at least 1.

    Raises:
        ValueError: If a limit is out of range.
    """

    max_photos: int = 8
    max_megapixels: float = 24.0
    max_megabytes: float = 100.0
    max_seconds: float = 60.0
    max_side: int = 1280
    max_waiting: int = 16

    def __post_init__(self):
        lowest = {"max_photos": 1, "max_side": 16, "max_waiting": 1}
        for field in dataclasses.fields(self):
            value, low = getattr(self, field.name), lowest.get(field.name)
            # Negated, so that NaN is refused.
            if not (value > 0 if low is None else value >= low):
                expected = "above 0" if low is None else f"at least {low}"
                raise ValueError(
                    f"`{field.name}` must be {expected}. Received: {field.name}={value}"
                )


@dataclasses.dataclass(frozen=True)
class StyleChoice:
    """A style or a blend of two bundled ones, and the dials.

    Attributes:
        style: One of the choices of `StylizingService.styles`.
        second: A bundled style to blend with; `None` for no blend.
        share: Share of the second style, in [0, 1].
        strength: See `Dials`.
        color: See `Dials`; or the path of an image whose palette is used.
        detail: See `Dials`.
        mask: Path of an image, white where to stylize; `None` is everywhere.
        scale: See `Dials`.
    """

    style: str
    second: str | None = None
    share: float = 0.5
    strength: float = 1.0
    color: str = "style"
    detail: float = 0.0
    mask: str | None = None
    scale: float | str = AUTO


@dataclasses.dataclass(frozen=True)
class FaceChoice:
    """How the faces of photos are stylized.

    Attributes:
        mode: "off"; "separately", each at its own size; or "only", with the rest of
            the photo kept.
        style: One of the choices of styles; `None` is that of the photo.
        size: See `FaceStylizer`.
        eyes: See `FaceStylizer`.
    """

    mode: str = "off"
    style: str | None = None
    size: int = 512
    eyes: float = 0.0


class StylizingService:
    """Stylize files that others upload, with bundled styles and results of trainings.

    Args:
        runs: Run folders, or `.keras` or `.h5` files, to offer beside the bundled
            styles.
        limits: What one request may contain.
        engine: Runtime of the networks; see `Stylizer.from_preset`.

    Attributes:
        styles: What `Stylizer.from_preset` takes, by the name shown to the user.
        limits: The given limits.

    Raises:
        FileNotFoundError: If there is no such run, or it has no generator yet.
        ValueError: If a run cannot be read.
    """

    def __init__(
        self, runs: Iterable = (), *, limits: Limits | None = None, engine: str = AUTO
    ):
        self.limits = limits or Limits()
        self._engine = engine
        self._loaded: collections.OrderedDict[str, Stylizer] = collections.OrderedDict()
        self._lock = threading.Lock()
        # Deleted when the process ends.
        self._folder = tempfile.TemporaryDirectory(prefix="animegan-tf-demo-")
        self.styles = {name: name for name in list_styles()}
        for run in runs:
            self._add_run(Path(run))

    def _add_run(self, path: Path) -> None:
        # Loaded at the start: a damaged file should not first fail for a visitor.
        self._load(str(path))
        names = run_style_names(path) if path.is_dir() else []
        sources = {f"{path.name}/{name}": path / name for name in names}
        for label, source in (sources or {path.name: path}).items():
            number, unique = 2, label
            while unique in self.styles:
                unique, number = f"{label} ({number})", number + 1
            self.styles[unique] = str(source)

    def stylize_photos(
        self,
        paths: Sequence,
        choice: StyleChoice,
        faces: FaceChoice | None = None,
        *,
        format: str = "png",
        progress: Progress | None = None,
    ) -> tuple[list[Path], list[str]]:
        """Stylize photos; one that fails does not stop the others.

        Args:
            paths: Image files; of animations, the first frame is used.
            choice: Style and dials.
            faces: How faces are stylized; `None` does not treat them separately.
            format: One of `FORMATS`.
            progress: Called with the number of photos done and their total.

        Returns:
            The files written, and a line of text for each photo that failed.

        Raises:
            ModuleNotFoundError: If faces are to be stylized and the detector is
                missing.
            ValueError: If there are no photos or too many, a choice is invalid, or no
                photo could be stylized.
        """
        faces = faces or FaceChoice()
        if not paths:
            raise ValueError("Add a photo first.")
        if len(paths) > self.limits.max_photos:
            raise ValueError(
                f"At most {self.limits.max_photos} photos at once. "
                f"Received: {len(paths)}"
            )
        _check_choice("format", format, FORMATS)
        dials = self._read_dials(choice)
        stylizer = self._with_faces(self._find_stylizer(choice), faces)
        folder = self._make_folder()
        written, failures = [], []
        for index, path in enumerate(map(Path, paths)):
            target = folder / f"{index + 1:02d}-{path.stem}.{format}"
            try:
                self._check_photo(path, dials)
                file = read_image_file(path, animated=False)
                file = stylize_image_file(file, stylizer, dials)
                written.append(write_image_file(file, target))
            except (ValueError, OSError, MemoryError) as error:
                failures.append(f"{path.name}: {_describe(error, path)}")
            if progress:
                progress(index + 1, len(paths))
        if not written:
            raise ValueError("; ".join(failures))
        return written, failures

    def stylize_video(
        self,
        path,
        choice: StyleChoice,
        *,
        start: str = "",
        end: str = "",
        max_side: int = 720,
        smooth: float = 0.0,
        audio: bool = True,
    ) -> Path:
        """Stylize a video, or a part of it.

        Args:
            path: Video file.
            choice: Style and dials.
            start: Where to start: seconds or hh:mm:ss; the beginning if empty.
            end: Where to end, likewise.
            max_side: Longer side to which larger videos are scaled down, in pixels.
            smooth: How much to reduce flicker in static regions, in [0, 1].
            audio: Whether to keep the audio.

        Returns:
            The .mp4 file written.

        Raises:
            ImportError: If PyAV is missing.
            ValueError: If there is no video, it is too long or too large, or a choice
                is invalid.
        """
        if path is None:
            raise ValueError("Add a video first.")
        path, limits = Path(path), self.limits
        self._check_bytes(path)
        if max_side > limits.max_side:
            raise ValueError(
                f"Videos are stylized at {limits.max_side} pixels at most. "
                f"Received: {max_side}"
            )
        dials = self._read_dials(choice)
        try:
            info = read_video_info(path)
            first = parse_time(start) if start.strip() else 0
            last = parse_time(end) if end.strip() else info.duration
            if last is not None and last - first > limits.max_seconds:
                raise ValueError(
                    f"At most {limits.max_seconds:g} seconds of video; choose where to "
                    f"start and end. Received: {float(last - first):.1f} seconds"
                )
            target = self._make_folder() / f"{path.stem}.mp4"
            report = stylize_video(
                path,
                target,
                self._find_stylizer(choice),
                dials=dials,
                start=first or None,
                # Metadata need not tell the true duration.
                end=last if end.strip() else first + limits.max_seconds,
                fps=_MAX_RATE if info.rate > _MAX_RATE else None,
                max_size=max_side,
                smooth=smooth,
                audio="copy" if audio else "drop",
                notify=lambda text: None,
            )
        except (ValueError, OSError) as error:
            raise ValueError(_describe(error, path)) from error
        return report.path

    def _check_photo(self, path: Path, dials: Dials) -> None:
        self._check_bytes(path)
        limit = self.limits.max_megapixels
        scale = 1.0 if dials.scale == AUTO else max(1.0, dials.scale)
        with open_image(path) as image:
            megapixels = image.width * image.height * scale**2 / 1e6
        if megapixels > limit:
            scaled = f" at scale {scale:g}" if scale > 1.0 else ""
            raise ValueError(
                f"at most {limit:g} megapixels. Received: {megapixels:.1f}{scaled}"
            )

    def _check_bytes(self, path: Path) -> None:
        limit, size = self.limits.max_megabytes, path.stat().st_size / 1e6
        if size > limit:
            raise ValueError(
                f"{path.name}: files of at most {limit:g} MB. Received: {size:.1f} MB"
            )

    def _read_dials(self, choice: StyleChoice) -> Dials:
        color, mask = choice.color, choice.mask
        for path in (None if color in COLORS else color, mask):
            if path is not None:
                self._check_photo(Path(path), Dials())
        return Dials(
            strength=choice.strength,
            color=color if color in COLORS else read_image(color),
            detail=choice.detail,
            # The channels of a gray image are equal.
            mask=None if mask is None else read_image(mask)[..., 1].copy(),
            scale=choice.scale,
        )

    def _find_stylizer(self, choice: StyleChoice) -> Stylizer:
        _check_choice("style", choice.style, self.styles)
        first, second, share = choice.style, choice.second, choice.share
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"`share` must be in [0, 1]. Received: share={share}")
        if second is None or second == first or share == 0.0:
            return self._load(self.styles[first])
        _check_choice("second", second, list_styles())
        if share == 1.0:
            return self._load(second)
        _check_choice("style", first, list_styles(), "to blend it, ")
        return self._load(f"{first}:{1.0 - share:.2f},{second}:{share:.2f}")

    def _with_faces(self, stylizer: Stylizer, faces: FaceChoice):
        _check_choice("faces", faces.mode, FACES)
        if faces.mode == "off":
            return stylizer
        own = stylizer
        if faces.style is not None:
            own = self._find_stylizer(StyleChoice(faces.style))
        return FaceStylizer(
            own,
            background=None if faces.mode == "only" else stylizer,
            size=int(faces.size),
            eyes=faces.eyes,
        )

    def _load(self, source: str) -> Stylizer:
        with self._lock:
            if source not in self._loaded:
                stylizer = Stylizer.from_preset(source, engine=self._engine)
                self._loaded[source] = stylizer
            self._loaded.move_to_end(source)
            if len(self._loaded) > _MAX_LOADED:
                self._loaded.popitem(last=False)
            return self._loaded[source]

    def _make_folder(self) -> Path:
        """Make a folder for the results of a request; delete those of old ones."""
        parent = Path(self._folder.name)
        for folder in parent.iterdir():
            if time.time() - folder.stat().st_mtime > _MAX_AGE:
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=parent))


def _check_choice(name, value, known, reason="") -> None:
    if value not in known:
        raise ValueError(
            f"`{name}` must be {reason}one of {', '.join(known)}. "
            f"Received: {name}={value!r}"
        )


def _describe(error: Exception, path: Path) -> str:
    """Return a line without the folder to which the file was uploaded."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.replace(str(path), path.name)
