"""Stylize image files; reading, stylizing and writing overlap."""

import dataclasses
import sys
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from pathlib import Path

from animegan_tf.imaging.image_file import ImageFile
from animegan_tf.imaging.reading import open_image, read_image_file
from animegan_tf.imaging.writing import write_image_file
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.files import (
    is_animated_target,
    stylize_file,
    stylize_image_file,
)
from animegan_tf.utils.prefetch import read_compute_write

# Seconds before a progress bar is shown.
_DELAY = 1.0


@dataclasses.dataclass(frozen=True)
class Pipeline:
    """Stylization of image files with the same settings.

    Attributes:
        stylizer: A `Stylizer` or `FaceStylizer`.
        dials: See `stylize_file`, as for the next four.
        bits: Bits per channel.
        keep_metadata: Whether to keep the source's metadata.
        quality: Quality of lossy formats.
        mark: Whether to mark the outputs.
        max_prefetch_pixels: Images with more pixels are not read ahead, so that only
            one of them is in memory.
    """

    stylizer: Callable
    dials: Dials
    bits: int | None
    keep_metadata: bool
    quality: int
    mark: bool
    max_prefetch_pixels: int = 2**25

    def run_one(self, source: Path, target: Path, *, show_progress=True) -> None:
        """Stylize a file, with a progress bar of its tiles or frames."""
        with _show_tiles() if show_progress else nullcontext() as show:
            stylize_file(
                source,
                target,
                self.stylizer,
                self.dials,
                quality=self.quality,
                bits=self.bits,
                keep_metadata=self.keep_metadata,
                mark=self.mark,
                progress=show,
            )

    def run_all(self, outputs: list[tuple[Path, Path]]) -> int:
        """Stylize files, with a progress bar.

        An error of one file is printed, and the others are stylized.

        Args:
            outputs: Pairs of a source and its output.

        Returns:
            The number of files that failed.
        """
        from tqdm import tqdm

        results = read_compute_write(
            outputs, read=self._read, compute=self._compute, write=self._write
        )
        failures = 0
        for (source, _), result in tqdm(
            results, total=len(outputs), unit="image", disable=None, delay=_DELAY
        ):
            if isinstance(result, Exception):
                failures += 1
                line = " ".join(str(result).split())
                if str(source) not in line:
                    line = f"{source}: {line}"
                tqdm.write(f"animegan-tf: {line}", file=sys.stderr)
        return failures

    def _read(self, pair) -> tuple[tuple[Path, Path], ImageFile | None]:
        """Read an image, or leave a large one to `_compute`."""
        source, target = pair
        with open_image(source) as image:
            if image.width * image.height > self.max_prefetch_pixels:
                return pair, None
        return pair, read_image_file(source, animated=is_animated_target(target))

    def _compute(self, content) -> ImageFile | None:
        pair, file = content
        if file is None:
            return self.run_one(*pair, show_progress=False)
        return stylize_image_file(
            file,
            self.stylizer,
            self.dials,
            bits=self.bits,
            keep_metadata=self.keep_metadata,
        )

    def _write(self, pair, file: ImageFile | None) -> None:
        if file is not None:
            write_image_file(file, pair[1], quality=self.quality, mark=self.mark)


@contextmanager
def _show_tiles():
    """Yield a function that shows progress by tiles, or `None` without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    # Importing it takes a part of the time of one small image.
    from tqdm import tqdm

    with tqdm(unit="tile", delay=_DELAY) as bar:

        def show(done, total):
            bar.total = total
            bar.update(done - bar.n)

        yield show
