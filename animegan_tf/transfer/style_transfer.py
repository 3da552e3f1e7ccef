"""Style transfer between two pictures: the palette, and on demand the strokes."""

import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from animegan_tf.imaging.color.palette import transfer_palette
from animegan_tf.imaging.formats import check_image_target, list_images
from animegan_tf.imaging.reading import pil_to_array, read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.transfer.adaptation import ADAPTATION_LAYERS, adapt_generator

# More photos than this are thinned out evenly: each is kept in memory.
_MAX_PHOTOS = 32


def style_transfer(
    source,
    target_style,
    generator=DEFAULT_STYLE,
    *,
    adapt_steps: int = 0,
    palette: float = 1.0,
    features=None,
    photos=None,
    output=None,
    quality: int = 95,
    mark: bool = True,
    seed: int = 0,
    progress: bool = False,
) -> np.ndarray:
    """Redraw a picture with a trained generator, in the style of another picture.

    The generator draws lines and areas. The target gives its palette, and with
    `adapt_steps` its strokes too: a copy of the generator is first tuned to them.

    Args:
        source: Picture to redraw: a path, a Pillow image, or a uint8 array in [0, 255],
            `(height, width)`, `(height, width, 3)` or `(height, width, 4)`.
        target_style: Picture whose style to take, of any size, as one of these.
        generator: What `Stylizer.from_preset` takes: a bundled style, a run folder or
            a `.keras` file; or a `keras.Model` from images in [-1, 1] to such images.
        adapt_steps: Updates that tune the copy, 0 for none; a few hundred, of about a
            third of a second each on two processors, take over the strokes.
        palette: Part of the way to the target's colours, in [0, 1].
        features: Feature extractor of the tuning: `"bundled"`, the default, `"vgg19"`,
            which is downloaded once, or the path of a weights file.
        photos: Pictures to tune on: a folder, or a sequence of what `source` may be;
            by default the source alone.
        output: File to write the result to, or `None`. It is replaced if it exists,
            unless it is one of the pictures given.
        quality: Quality of a JPEG or WebP file, 1 to 100.
        mark: Whether that file says that a network made it; see `write_image`.
        seed: Seed of the tuning.
        progress: Whether to show a progress bar of the tuning.

    Returns:
        uint8 RGB of exactly the source's height and width.

    Raises:
        FileNotFoundError: If a file, or the folder of the output, does not exist.
        ValueError: If an argument is out of range, a picture or network cannot be
            read, the feature extractor cannot be had, or the output would overwrite a
            picture given.
    """
    if not 0.0 <= palette <= 1.0:
        raise ValueError(f"`palette` must be in [0, 1]. Received: palette={palette}")
    if adapt_steps < 0:
        raise ValueError(
            f"`adapt_steps` must be at least 0. Received: adapt_steps={adapt_steps}"
        )
    if output is not None:
        _check_output(output, source, target_style, photos)
    picture, target = _read(source), _read(target_style)
    stylizer = _build_stylizer(generator)
    if adapt_steps:
        adapted = adapt_generator(
            stylizer.generator,
            _read_photos(photos) if photos is not None else [picture],
            target,
            build_feature_extractor(features or "bundled", layers=ADAPTATION_LAYERS),
            steps=adapt_steps,
            seed=seed,
            progress=progress,
        )
        stylizer = Stylizer(adapted)
    result = transfer_palette(stylizer(picture), target, strength=palette)
    if output is not None:
        write_image(result, output, quality=quality, mark=mark)
    return result


def _check_output(output, *pictures) -> None:
    """Find out before any work that the result could not be written."""
    output = check_image_target(output, argument="output")
    for path in _paths(pictures):
        # Sees through links of both kinds, and through other spellings.
        if output.exists() and path.exists() and os.path.samefile(output, path):
            raise ValueError(f"The output would overwrite the picture {str(path)!r}")


def _paths(pictures):
    for picture in pictures:
        if isinstance(picture, str | os.PathLike):
            path = Path(picture)
            yield from list_images(path) if path.is_dir() else [path]
        elif isinstance(picture, Sequence):
            yield from _paths(picture)


def _build_stylizer(generator) -> Stylizer:
    if isinstance(generator, keras.Model):
        return Stylizer(generator)
    return Stylizer.from_preset(generator)


def _read(picture) -> np.ndarray:
    if isinstance(picture, str | os.PathLike):
        return read_image(picture)
    if isinstance(picture, Image.Image):
        return pil_to_array(picture)
    array = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.size == 0:
        raise ValueError(
            "A picture must be a path, a Pillow image or a uint8 array, "
            "(height, width) or (height, width, channels). "
            f"Received: dtype {array.dtype}, shape {array.shape}"
        )
    if array.ndim == 3 and array.shape[2] not in (3, 4):
        raise ValueError(
            f"A picture must have 3 or 4 channels. Received: shape {array.shape}"
        )
    return pil_to_array(Image.fromarray(array))


def _read_photos(photos) -> list[np.ndarray]:
    if isinstance(photos, str | os.PathLike):
        photos = list_images(photos)
    if len(photos) == 0:
        raise ValueError("`photos` must hold at least one picture. Received: none")
    return [_read(photo) for photo in photos[:: -(-len(photos) // _MAX_PHOTOS)]]
