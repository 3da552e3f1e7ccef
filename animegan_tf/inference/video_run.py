"""Run frames through the network: reading, stylizing and encoding overlap."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from animegan_tf.inference.background import ReadAhead, WriteBehind
from animegan_tf.inference.temporal import TemporalSmoother
from animegan_tf.inference.video_encoder import EncoderSettings, PartWriter
from animegan_tf.inference.video_parts import Part, PartsFolder
from animegan_tf.inference.video_pixels import frame_to_rgb
from animegan_tf.inference.video_reader import DecodingLog, VideoInfo, decode_frames
from animegan_tf.inference.video_timing import Timeline, count_frames, schedule

PART_SECONDS = Fraction(10)
# Pictures held between the threads, on either side of the network.
_DEPTH = 8
# Up to these pixels a frame, the network takes several at once.
_BATCHES = ((640 * 360, 4), (1280 * 720, 2))


@dataclasses.dataclass(frozen=True)
class _Picture:
    """A frame's pixels on their way, and its times."""

    image: np.ndarray
    pts: int
    duration: int
    source_pts: int
    num_broken: int


@dataclasses.dataclass(frozen=True)
class _PartEnd:
    """Follows the last picture of a part; the state is the smoothing's."""

    state: dict[str, np.ndarray]


class VideoRun:
    """Make the parts of a film from its source.

    Args:
        source: The source.
        info: What is known of it.
        timeline: Its times in the result.
        encoding: How to encode.
        folder: Where parts are kept.
        max_size: Pixels of the longer side to scale down to, or `None`.
        batch_size: Frames that the network takes at once; `None` goes by their size.
    """

    def __init__(
        self,
        source: Path,
        info: VideoInfo,
        timeline: Timeline,
        encoding: EncoderSettings,
        folder: PartsFolder,
        *,
        max_size: int | None = None,
        batch_size: int | None = None,
    ):
        self._source, self._info, self._timeline = source, info, timeline
        self._size = info.scaled_size(max_size)
        self._batch_size = batch_size or _choose_batch_size(self._size)
        self._encoding, self._folder = encoding, folder
        self._reader = self._writer = self._film = None
        self._open_part = []
        self.parts: list[Part] = []

    def run(
        self,
        parts: list[Part],
        stylize: Callable[[np.ndarray], np.ndarray],
        smoother: TemporalSmoother,
        *,
        progress: bool = False,
    ) -> None:
        """Make all parts that are missing; `parts` of this object has them then.

        Args:
            parts: Those of an earlier run.
            stylize: From uint8 RGB `(batch, height, width, 3)` to the same.
            smoother: Mixes frames over time, its state that at the end of `parts`.
            progress: Whether to show a progress bar.

        Raises:
            ValueError: If there is no frame, or the styler gives another shape.
        """
        self.parts = list(parts)
        self._reader = ReadAhead(self._read(), depth=_DEPTH)
        self._writer = WriteBehind(self._write, depth=_DEPTH)
        index, previous = len(self.parts), None
        with self._progress_bar(progress) as bar:
            for batch in _batched(self._reader, self._batch_size):
                results, previous = _stylize_batch(stylize, batch, previous)
                for picture, result in zip(batch, results, strict=True):
                    if self._part_index(picture.pts) != index:
                        # Parts of a film with long pauses may have no frame.
                        index = self._part_index(picture.pts)
                        self._writer.put(_PartEnd(smoother.state))
                    smooth = smoother(picture.image, result)
                    self._writer.put(dataclasses.replace(picture, image=smooth))
                bar.update(len(batch))
        self._writer.put(_PartEnd(smoother.state))
        self._writer.finish()
        if not self.parts:
            raise ValueError(f"No frames to stylize in {str(self._source)!r}")

    def close_early(self) -> list[Part]:
        """Stop, and return all that was made, the part just begun included."""
        self._stop()
        unfinished = [self._close_part()] if self._open_part else []
        return [*self.parts, *unfinished]

    def discard_unfinished(self) -> None:
        """Stop, and delete a part that is not whole."""
        with contextlib.suppress(Exception):
            self._stop()
        if self._film is not None:
            with contextlib.suppress(Exception):
                self._film.close()
            self._film, self._open_part = None, []
        self._folder.part_path(len(self.parts)).unlink(missing_ok=True)

    def _read(self) -> Iterator[_Picture]:
        info, start, done = self._info, self._timeline.origin, -1
        log = DecodingLog()
        if self.parts:
            last = self.parts[-1]
            done, log.num_broken = last.pts[-1], last.num_broken
            # The last frame comes again, since it may be due another time.
            start = last.source_pts * info.time_base
        frames = decode_frames(self._source, log, start=start)
        shown = image = None
        for timed in schedule(frames, info, self._timeline):
            if timed.pts <= done:
                continue
            if timed.frame is not shown:
                shown = timed.frame
                stored = frame_to_rgb(shown, info.colors, self._size)
                image = info.orientation.apply(stored)
            yield _Picture(image, timed.pts, timed.duration, shown.pts, log.num_broken)

    def _write(self, item: _Picture | _PartEnd) -> None:
        if isinstance(item, _Picture):
            if self._film is None:
                path = self._folder.part_path(len(self.parts))
                self._film = PartWriter(path, self._encoding)
            self._film.write(item.image)
            self._open_part.append(dataclasses.replace(item, image=None))
        elif self._open_part:
            part = self._close_part()
            self._folder.finish_part(part, item.state)
            self.parts.append(part)

    def _close_part(self) -> Part:
        film, pictures = self._film, self._open_part
        self._film, self._open_part = None, []
        order, last = film.close(), pictures[-1]
        return Part(
            path=self._folder.part_path(len(self.parts)),
            pts=[picture.pts for picture in pictures],
            last_duration=last.duration,
            order=order,
            source_pts=last.source_pts,
            num_broken=last.num_broken,
        )

    def _part_index(self, pts: int) -> int:
        return int(pts * self._timeline.time_base // PART_SECONDS)

    def _stop(self) -> None:
        if self._reader is not None:
            self._reader.stop()
        if self._writer is not None:
            self._writer.finish()

    def _progress_bar(self, progress):
        from tqdm import tqdm

        return tqdm(
            total=count_frames(self._info, self._timeline),
            initial=sum(len(part.pts) for part in self.parts),
            unit="frame",
            disable=None if progress else True,
        )


def _stylize_batch(stylize, batch, previous):
    """Stylize pictures, each that repeats the one before it only once.

    Args:
        stylize: The function.
        batch: Pictures.
        previous: Picture and result before them, or `None`.

    Returns:
        The results, and the last picture with its result.
    """
    last = None if previous is None else previous[0]
    new, places = [], []
    for picture in batch:
        image = picture.image
        if last is None or not (image is last or np.array_equal(image, last)):
            new.append(image)
        places.append(len(new) - 1)
        last = image
    results = []
    if new:
        results = stylize(np.stack(new))
        if results.shape != (len(new), *new[0].shape):
            raise ValueError(
                "`style` must give frames of its input's shape. Received: input "
                f"{(len(new), *new[0].shape)}, output {results.shape}"
            )
    # Place -1: still the result of the batch before.
    ordered = [previous[1] if place < 0 else results[place] for place in places]
    return ordered, (last, ordered[-1])


def _batched(items, size):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _choose_batch_size(size: tuple[int, int]) -> int:
    pixels = size[0] * size[1]
    return next((batch for limit, batch in _BATCHES if pixels <= limit), 1)
