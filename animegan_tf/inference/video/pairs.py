"""Read a film beside its source, frame by frame."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from animegan_tf.inference.video.pixels import frame_to_rgb
from animegan_tf.inference.video.reader import (
    DecodingLog,
    VideoInfo,
    decode_frames,
    read_video_info,
)
from animegan_tf.inference.video.timing import build_timeline


def read_frame_pairs(
    source, film, *, start: Fraction | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair every frame of a film with the one that its source shows then.

    Args:
        source: The source.
        film: What was made of it. If it is larger by a pixel of padding, that is cut
            off; if it was scaled, the source is scaled likewise.
        start: Seconds of the source at which the film begins.

    Yields:
        Two uint8 RGB arrays of the same size, `(height, width, 3)`.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If one is no video, or `start` is not before the source's end.
    """
    source_info, film_info = read_video_info(source), read_video_info(film)
    size = _shown_size(film_info)
    own = _shown_size(source_info)
    if own != size and all(a + a % 2 == b for a, b in zip(own, size, strict=True)):
        size = own
    stored = size[::-1] if source_info.orientation.transposed else size
    offset = build_timeline(source_info, start=start).origin - film_info.origin
    photos = _read_at(source, source_info, stored)
    photo, following = next(photos, None), next(photos, None)
    for frame in decode_frames(film, DecodingLog()):
        # Containers round times; half a frame of the film is far more than that.
        time = frame.pts * film_info.time_base + offset + 1 / (2 * film_info.rate)
        while following is not None and following[0] <= time:
            photo, following = following, next(photos, None)
        if photo is None:
            return
        image = frame_to_rgb(frame, film_info.colors, film_info.stored_size)
        image = film_info.orientation.apply(image)[: size[0], : size[1]]
        yield photo[1](), image


def _read_at(path, info: VideoInfo, size):
    for frame in decode_frames(path, DecodingLog()):

        def convert(frame=frame):
            return info.orientation.apply(frame_to_rgb(frame, info.colors, size))

        yield frame.pts * info.time_base, convert


def _shown_size(info: VideoInfo) -> tuple[int, int]:
    height, width = info.stored_size
    return (width, height) if info.orientation.transposed else (height, width)
