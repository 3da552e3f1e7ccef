"""Run frames through the network: reading, stylizing and encoding overlap."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from animegan_tf.inference.video.batches import (
    batched,
    choose_batch_size,
    stylize_batch,
)
from animegan_tf.inference.video.encoder import PartWriter
from animegan_tf.inference.video.parts import Part, PartsFolder
from animegan_tf.inference.video.pixels import frame_to_rgb
from animegan_tf.inference.video.plan import VideoPlan
from animegan_tf.inference.video.reader import DecodingLog, decode_frames
from animegan_tf.inference.video.temporal import TemporalSmoother
from animegan_tf.inference.video.timing import count_frames, schedule
from animegan_tf.utils.background import ReadAhead, WriteBehind

PART_SECONDS = Fraction(10)
# Pictures held between the threads, on either side of the network.
_DEPTH = 8


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
        plan: The film.
        folder: Where parts are kept.

    Attributes:
        parts: Those that are whole, in order.
    """

    def __init__(self, plan: VideoPlan, folder: PartsFolder):
        self._plan, self._folder = plan, folder
        self._size = plan.info.scaled_size(plan.options.max_size)
        self._batch_size = plan.options.batch_size or choose_batch_size(self._size)
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
            for batch in batched(self._reader, self._batch_size):
                images = [picture.image for picture in batch]
                results, previous = stylize_batch(stylize, images, previous)
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
            raise ValueError(f"No frames to stylize in {str(self._plan.source)!r}")

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
        info, timeline = self._plan.info, self._plan.timeline
        start, done, log = timeline.origin, -1, DecodingLog()
        if self.parts:
            last = self.parts[-1]
            done, log.num_broken = last.pts[-1], last.num_broken
            # The last frame comes again, since it may be due another time.
            start = last.source_pts * info.time_base
        frames = decode_frames(self._plan.source, log, start=start)
        shown = image = None
        for timed in schedule(frames, info, timeline):
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
                self._film = PartWriter(path, self._plan.encoding)
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
        return int(pts * self._plan.timeline.time_base // PART_SECONDS)

    def _stop(self) -> None:
        if self._reader is not None:
            self._reader.stop()
        if self._writer is not None:
            self._writer.finish()

    def _progress_bar(self, progress):
        from tqdm import tqdm

        return tqdm(
            total=count_frames(self._plan.info, self._plan.timeline),
            initial=sum(len(part.pts) for part in self.parts),
            unit="frame",
            disable=None if progress else True,
        )
