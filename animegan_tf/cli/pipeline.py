"""Stylize many files: the next is read and the last is written beside the network."""

import dataclasses
import sys
from pathlib import Path

from tqdm import tqdm

from animegan_tf.imaging.image_file import ImageFile
from animegan_tf.imaging.reading import open_image, read_image_file
from animegan_tf.imaging.writing import write_image_file
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.files import (
    is_animated_target,
    stylize_file,
    stylize_picture_file,
)
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.utils.prefetch import read_compute_write

# Larger pictures are neither read ahead nor written behind, to have but one in memory.
_LARGE_PIXELS = 2**25
# Seconds after which a progress bar shows.
_DELAY = 1.0


@dataclasses.dataclass(frozen=True)
class Pipeline:
    """What is done with every file; the fields are those of `stylize_file`."""

    stylizer: Stylizer
    dials: Dials
    bits: int | None
    keep_metadata: bool
    quality: int
    mark: bool

    def run_one(self, source: Path, target: Path, *, show_progress=True) -> None:
        """Stylize a file, with a progress bar of its tiles or frames."""
        disable = None if show_progress else True
        with tqdm(unit="tile", disable=disable, delay=_DELAY) as bar:

            def show(done, total):
                bar.total = total
                bar.update(done - bar.n)

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

    def run_all(self, jobs: list[tuple[Path, Path]]) -> int:
        """Stylize files, with a progress bar; return how many failed."""
        results = read_compute_write(
            jobs, read=self._read, compute=self._compute, write=self._write
        )
        failures = 0
        for (source, _), result in tqdm(
            results, total=len(jobs), unit="picture", disable=None, delay=_DELAY
        ):
            if isinstance(result, Exception):
                failures += 1
                _report(source, result)
        return failures

    def _read(self, job) -> tuple[tuple[Path, Path], ImageFile | None]:
        """Read a picture, unless it is a large one."""
        source, target = job
        with open_image(source) as image:
            if image.width * image.height > _LARGE_PIXELS:
                return job, None
        return job, read_image_file(source, animated=is_animated_target(target))

    def _compute(self, content) -> ImageFile | None:
        job, file = content
        if file is None:
            return self.run_one(*job, show_progress=False)
        return stylize_picture_file(
            file,
            self.stylizer,
            self.dials,
            bits=self.bits,
            keep_metadata=self.keep_metadata,
        )

    def _write(self, job, file: ImageFile | None) -> None:
        if file is not None:
            write_image_file(file, job[1], quality=self.quality, mark=self.mark)


def _report(source: Path, error: Exception) -> None:
    """Print an error as one line that names the file."""
    line = " ".join(str(error).split())
    if str(source) not in line:
        line = f"{source}: {line}"
    tqdm.write(f"animegan-tf: {line}", file=sys.stderr)
