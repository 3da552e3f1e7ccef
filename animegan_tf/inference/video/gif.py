"""Write a stylized video as an animated GIF."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.inference.video.parts import Part
from animegan_tf.inference.video.reader import decode_frames
from animegan_tf.utils.atomic_path import atomic_path

# Viewers show frames of less than two hundredths of a second for a tenth.
MAX_RATE = Fraction(50)
_PALETTE_FRAMES = 16
_PALETTE_SIDE = 128


def write_gif(
    parts: list[Part], target: Path, *, time_base: Fraction, comment: str | None
) -> None:
    """Write the frames of lossless parts with one shared palette.

    With one palette and no dithering, static regions do not change between frames.

    Args:
        parts: Parts in order, at least one.
        target: File to write or replace.
        time_base: Seconds per tick of the parts' timestamps.
        comment: Text for the file's metadata.
    """
    palette = _build_palette(parts)
    frames = [
        Image.fromarray(image).quantize(palette=palette, dither=Image.Dither.NONE)
        for image in _read_images(parts)
    ]
    options = {"comment": comment.encode()} if comment else {}
    with atomic_path(target) as temporary:
        frames[0].save(
            temporary,
            save_all=True,
            append_images=frames[1:],
            duration=_delays(parts, time_base),
            loop=0,
            **options,
        )


def limit_rate(rate: Fraction) -> Fraction | None:
    """Return the frame rate of a GIF, or `None` if `rate` is at most `MAX_RATE`.

    The rate is divided by a whole number, so that frames are dropped evenly.
    """
    if rate <= MAX_RATE:
        return None
    return rate / -(-rate // MAX_RATE)


def _delays(parts: list[Part], time_base: Fraction) -> list[int]:
    """Return the milliseconds of each frame, in tens, without accumulated rounding."""
    pts = [time for part in parts for time in part.pts]
    pts.append(pts[-1] + parts[-1].last_duration)
    ends = [round(time * time_base * 100) for time in pts]
    return [10 * (end - begin) for begin, end in zip(ends[:-1], ends[1:], strict=True)]


def _build_palette(parts: list[Part]) -> Image.Image:
    """Build a palette of 256 colors from evenly spaced frames."""
    count = sum(len(part.pts) for part in parts)
    step = max(1, -(-count // _PALETTE_FRAMES))
    samples = []
    for index, image in enumerate(_read_images(parts)):
        if index % step == 0:
            small = Image.fromarray(image)
            small.thumbnail((_PALETTE_SIDE, _PALETTE_SIDE), Image.Resampling.NEAREST)
            samples.append(np.asarray(small).reshape(1, -1, 3))
    pixels = np.concatenate(samples, axis=1)
    return Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE)


def _read_images(parts: list[Part]) -> Iterator[np.ndarray]:
    for part in parts:
        for frame in decode_frames(part.path):
            yield frame.to_ndarray(format="rgb24")
