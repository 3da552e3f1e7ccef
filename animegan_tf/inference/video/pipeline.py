"""Decode, stylize and encode frames in parallel, part by part."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from tqdm import tqdm

from animegan_tf.inference.video.encoder import PartWriter
from animegan_tf.inference.video.faces import FaceTracker
from animegan_tf.inference.video.parts import Part, PartsFolder
from animegan_tf.inference.video.plan import VideoPlan
from animegan_tf.inference.video.reader import DecodingLog, decode_frames
from animegan_tf.inference.video.temporal import TemporalSmoother
from animegan_tf.utils.prefetch import BackgroundWriter, prefetch

# A resumed run starts from the last finished part.
PART_SECONDS = Fraction(10)
# Maximum number of frames queued before and after the network.
_QUEUE_SIZE = 8
# Maximum pixels of a frame for each batch size.
_BATCH_SIZES = ((640 * 360, 4), (1280 * 720, 2))


@dataclasses.dataclass(frozen=True)
class _Frame:
    """The image of a frame, its timestamps, and the state of the face tracker."""

    image: np.ndarray | None
    pts: int
    duration: int
    source_pts: int
    num_broken: int
    faces: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class _PartEnd:
    """Follows the last frame of a part, with the state for the next one."""

    state: dict[str, np.ndarray]


class VideoRun:
    """Encode the parts of a video from its source.

    Args:
        plan: The plan of the video.
        folder: Folder of its parts.

    Attributes:
        parts: Finished parts, in order.
    """

    def __init__(self, plan: VideoPlan, folder: PartsFolder):
        self._plan, self._folder = plan, folder
        self._size = plan.info.scaled_size(plan.options.max_size)
        self._batch_size = plan.options.batch_size or choose_batch_size(self._size)
        self._reader = self._writer = self._part_writer = None
        self._part_frames = []
        self.parts: list[Part] = []

    def run(
        self,
        parts: list[Part],
        stylize: Callable[..., np.ndarray],
        smoother: TemporalSmoother,
        tracker: FaceTracker | None = None,
        *,
        progress: bool = False,
    ) -> None:
        """Encode all missing parts; `self.parts` is complete afterwards.

        Args:
            parts: Parts of an earlier run.
            stylize: Function from uint8 RGB `(batch, height, width, 3)` to the same;
                with a tracker, it also takes a list of the faces in each frame.
            smoother: Reduces flicker; its state must be that after `parts`.
            tracker: Finds the faces; its state must be that after `parts`, too. `None`
                does not look for faces.
            progress: Whether to show a progress bar.

        Raises:
            ValueError: If there are no frames, or `stylize` changes their shape.
        """
        self.parts = list(parts)
        self._reader = prefetch(self._read(tracker), depth=_QUEUE_SIZE)
        self._writer = BackgroundWriter(self._write, depth=_QUEUE_SIZE)
        timeline, index, previous = self._plan.timeline, len(self.parts), None
        # The tracker itself is ahead, by the frames that are queued.
        face_state = {}
        with tqdm(
            total=timeline.num_frames,
            initial=sum(len(part.pts) for part in self.parts),
            unit="frame",
            disable=None if progress else True,
        ) as bar:
            for batch in batched(self._reader, self._batch_size):
                images = [frame.image for frame in batch]
                faces = None
                if tracker is not None:
                    faces = [frame.faces["faces"] for frame in batch]
                results, previous = stylize_batch(stylize, images, previous, faces)
                for frame, result in zip(batch, results, strict=True):
                    seconds = frame.pts * timeline.time_base
                    # During a long pause, a part may have no frame.
                    if (own_index := int(seconds // PART_SECONDS)) != index:
                        index = own_index
                        self._writer.put(_PartEnd(smoother.state | face_state))
                    smooth, face_state = smoother(frame.image, result), frame.faces
                    self._writer.put(dataclasses.replace(frame, image=smooth, faces={}))
                bar.update(len(batch))
        self._writer.put(_PartEnd(smoother.state | face_state))
        self._writer.finish()
        if not self.parts:
            raise ValueError(f"No frames to stylize in {str(self._plan.source)!r}")

    def close_early(self) -> list[Part]:
        """Stop, and return all parts, including the unfinished one."""
        self._stop()
        unfinished = [self._close_part()] if self._part_frames else []
        return [*self.parts, *unfinished]

    def discard_unfinished(self) -> None:
        """Stop, and delete the unfinished part."""
        with contextlib.suppress(Exception):
            self._stop()
        if self._part_writer is not None:
            with contextlib.suppress(Exception):
                self._part_writer.close()
            self._part_writer, self._part_frames = None, []
        self._folder.part_path(len(self.parts)).unlink(missing_ok=True)

    def _read(self, tracker: FaceTracker | None) -> Iterator[_Frame]:
        info, timeline = self._plan.info, self._plan.timeline
        start, done, log = timeline.origin, -1, DecodingLog()
        if self.parts:
            last = self.parts[-1]
            done, log.num_broken = last.pts[-1], last.num_broken
            # Decoded again, since with `fps` the last frame may be repeated.
            start = last.source_pts * info.time_base
        frames = decode_frames(self._plan.source, log, start=start)
        shown = image = None
        faces = {}
        for timed in timeline.schedule(frames):
            if timed.pts <= done:
                continue
            if timed.frame is not shown:
                shown = timed.frame
                image = info.to_image(shown, self._size)
                if tracker is not None:
                    tracker(image)
                    faces = tracker.state
            times = timed.pts, timed.duration, shown.pts
            yield _Frame(image, *times, log.num_broken, faces)

    def _write(self, item: _Frame | _PartEnd) -> None:
        if isinstance(item, _Frame):
            if self._part_writer is None:
                path = self._folder.part_path(len(self.parts))
                self._part_writer = PartWriter(path, self._plan.encoding)
            self._part_writer.write(item.image)
            self._part_frames.append(dataclasses.replace(item, image=None))
        elif self._part_frames:
            part = self._close_part()
            self._folder.finish_part(part, item.state)
            self.parts.append(part)

    def _close_part(self) -> Part:
        writer, frames = self._part_writer, self._part_frames
        self._part_writer, self._part_frames = None, []
        order, last = writer.close(), frames[-1]
        return Part(
            path=self._folder.part_path(len(self.parts)),
            pts=[frame.pts for frame in frames],
            last_duration=last.duration,
            order=order,
            source_pts=last.source_pts,
            num_broken=last.num_broken,
        )

    def _stop(self) -> None:
        if self._reader is not None:
            self._reader.close()
        if self._writer is not None:
            self._writer.finish()


def choose_batch_size(size: tuple[int, int]) -> int:
    """Choose how many frames of a height and width the network processes at once."""
    pixels = size[0] * size[1]
    return next((batch for limit, batch in _BATCH_SIZES if pixels <= limit), 1)


def batched(items: Iterable, size: int) -> Iterator[list[Any]]:
    """Collect items in lists of `size`, the last of which may be shorter."""
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def stylize_batch(
    stylize: Callable[..., np.ndarray],
    images: list[np.ndarray],
    previous: tuple[np.ndarray, np.ndarray] | None,
    faces: list[np.ndarray] | None = None,
) -> tuple[list[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Stylize frames; a frame equal to the previous one gets the same result.

    Args:
        stylize: Function from uint8 RGB `(batch, height, width, 3)` to the same.
        images: Frames in order, at least one, uint8 RGB `(height, width, 3)`.
        previous: The frame before them and its result, or `None`.
        faces: Faces in each frame, a second argument of `stylize`, or `None`; they
            must be equal in equal frames that follow each other.

    Returns:
        The results, and the last frame with its result.

    Raises:
        ValueError: If `stylize` changes the shape of the frames.
    """
    last = None if previous is None else previous[0]
    new, places = [], []
    for index, image in enumerate(images):
        if last is None or not (image is last or np.array_equal(image, last)):
            new.append(index)
        places.append(len(new) - 1)
        last = image
    results = []
    if new:
        batch = np.stack([images[index] for index in new])
        found = () if faces is None else ([faces[index] for index in new],)
        results = stylize(batch, *found)
        if results.shape != batch.shape:
            raise ValueError(
                "`style` must return frames of its input's shape. Received: input "
                f"{batch.shape}, output {results.shape}"
            )
    # Place -1 is the result before this batch.
    ordered = [previous[1] if place < 0 else results[place] for place in places]
    return ordered, (last, ordered[-1])
