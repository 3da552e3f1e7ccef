"""Write a film as an animated GIF."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.imaging.image_io import atomic_path
from animegan_tf.inference.video.parts import Part
from animegan_tf.inference.video.reader import DecodingLog, decode_frames

# Viewers play delays under two hundredths of a second at a tenth.
MAX_RATE = Fraction(50)
_PALETTE_FRAMES = 16
_PALETTE_SIDE = 128


def write_gif(
    parts: list[Part], target: Path, *, time_base: Fraction, comment: str | None
) -> None:
    """Write the frames of lossless parts with one palette for all of them.

    One palette, and no dithering, keep what stands still the same from frame to frame.

    Args:
        parts: Parts in order, at least one.
        target: File to write or replace.
        time_base: Seconds of one tick of the parts' times.
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
    """Return the rate at which a GIF can show a film, or `None` if as it is.

    Every second, or third, ... frame is left out: an even rhythm looks calmer.
    """
    if rate <= MAX_RATE:
        return None
    return rate / -(-rate // MAX_RATE)


def _delays(parts: list[Part], time_base: Fraction) -> list[int]:
    """Return milliseconds of each frame, in tens; rounding does not add up."""
    pts = [time for part in parts for time in part.pts]
    pts.append(pts[-1] + parts[-1].last_duration)
    ends = [round(time * time_base * 100) for time in pts]
    return [10 * (end - begin) for begin, end in zip(ends[:-1], ends[1:], strict=True)]


def _build_palette(parts: list[Part]) -> Image.Image:
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
        for frame in decode_frames(part.path, DecodingLog()):
            yield frame.to_ndarray(format="rgb24")
