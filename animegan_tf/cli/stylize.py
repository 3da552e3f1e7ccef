"""`animegan-tf stylize`: files and folders of pictures."""

import argparse
import os
import sys
import time
from pathlib import Path

from animegan_tf.images import IMAGE_SUFFIXES, list_images, write_image
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.tensorflow_import import import_tensorflow_quietly


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "stylize",
        help="turn pictures into a style",
        description="Turn pictures, and folders of them, into a style. "
        "Sources are never overwritten.",
    )
    parser.add_argument("input", nargs="+", type=Path, help="pictures and folders")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="for one picture a file, its folder must exist; else a folder, which "
        "must exist or is made if the folder around it exists",
    )
    parser.add_argument(
        "--style",
        default=DEFAULT_STYLE,
        help="a bundled style (see `animegan-tf styles`), a run folder or a .keras "
        "file (default: %(default)s)",
    )
    parser.add_argument(
        "--recursive", action="store_true", help="take folders in folders too"
    )
    add_writing_arguments(parser)
    parser.set_defaults(run=run)


def add_writing_arguments(parser) -> None:
    """Add the arguments of how results are written, for every command that does."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace results that exist already"
    )
    parser.add_argument(
        "--quality",
        type=_quality,
        default=95,
        help="of JPEG and WebP files, 1 to 100 (default: %(default)s)",
    )
    parser.add_argument(
        "--no-mark",
        dest="mark",
        action="store_false",
        help="leave out the metadata that say a network made the picture",
    )


def run(arguments) -> int:
    """Stylize the pictures; return 1 if some of several failed."""
    jobs = plan_jobs(arguments.input, arguments.output, recursive=arguments.recursive)
    check_jobs(jobs, overwrite=arguments.overwrite)
    import_tensorflow_quietly()
    from animegan_tf.inference.stylizer import Stylizer

    stylizer = Stylizer.from_preset(arguments.style)
    for folder in {target.parent for _, target in jobs}:
        folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    if len(jobs) == 1:
        source, target = jobs[0]
        _write(stylizer(source), target, arguments)
        print(f"Wrote {target} in {time.perf_counter() - start:.1f} s")
        return 0
    failures = _stylize_all(stylizer, jobs, arguments)
    written = len(jobs) - failures
    seconds = time.perf_counter() - start
    print(f"Wrote {written} pictures to {arguments.output} in {seconds:.1f} s")
    if failures:
        message = f"{failures} of {len(jobs)} pictures failed"
        print(f"animegan-tf: error: {message}", file=sys.stderr)
    return 1 if failures else 0


def plan_jobs(
    inputs: list[Path], output: Path, *, recursive: bool = False
) -> list[tuple[Path, Path]]:
    """Pair every source picture with the file to write, touching nothing.

    Args:
        inputs: Pictures and folders of pictures.
        output: File for a single picture, else a folder.
        recursive: Whether to take folders in folders; their structure is kept.

    Raises:
        FileNotFoundError: If an input, or the folder around the output, is missing.
        ValueError: If there is no picture, or two would be written to one file.
    """
    if len(inputs) == 1 and not inputs[0].is_dir():
        _check_exists(inputs[0])
        return [(inputs[0], _single_target(inputs[0], output))]
    if output.suffix.lower() in IMAGE_SUFFIXES and not output.is_dir():
        raise ValueError(f"`--output` must be a folder here. Received: {str(output)!r}")
    _check_folder_or_parent(output)
    jobs = {}
    for path in inputs:
        _check_exists(path)
        if path.is_dir():
            sources = _list_sources(path, output, recursive)
            pairs = [(source, output / source.relative_to(path)) for source in sources]
        else:
            pairs = [(path, output / path.name)]
        for source, target in pairs:
            # A picture named twice, alone and by its folder, is one job.
            jobs.setdefault(source.absolute(), (source, target))
    if not jobs:
        raise ValueError(f"No pictures in {', '.join(repr(str(p)) for p in inputs)}")
    return list(jobs.values())


def check_jobs(jobs: list[tuple[Path, Path]], *, overwrite: bool) -> None:
    """Refuse to overwrite sources, to write twice to a file, or without permission.

    Raises:
        FileExistsError: If a result exists and `overwrite` is false.
        OSError: If an output folder is missing or not writable.
        ValueError: If a target is a source or another picture's target.
    """
    # Device and inode see through links of both kinds, and through other spellings.
    sources = {_identity(source): source for source, _ in jobs}
    targets = {}
    for source, target in jobs:
        other = targets.setdefault(target, source)
        if other is not source:
            raise ValueError(
                f"Both {str(other)!r} and {str(source)!r} would be written to "
                f"{str(target)!r}"
            )
        if target.exists() and _identity(target) in sources:
            raise ValueError(f"The output would overwrite the source {str(target)!r}")
    existing = [target for target in targets if target.exists()]
    if existing and not overwrite:
        raise FileExistsError(
            f"{len(existing)} of the results exist already, such as "
            f"{str(existing[0])!r}; add --overwrite to replace them"
        )
    for folder in sorted({target.parent for target in targets}):
        _check_writable(folder)


def _stylize_all(stylizer, jobs, arguments) -> int:
    """Stylize many pictures with a progress bar; return how many failed."""
    from tqdm import tqdm

    failures = 0
    for source, target in tqdm(jobs, unit="picture", disable=None):
        try:
            _write(stylizer(source), target, arguments)
        except (ValueError, OSError) as error:
            failures += 1
            line = " ".join(str(error).split())
            if str(source) not in line:
                line = f"{source}: {line}"
            tqdm.write(f"animegan-tf: {line}", file=sys.stderr)
    return failures


def _write(image, target: Path, arguments) -> None:
    write_image(image, target, quality=arguments.quality, mark=arguments.mark)


def _list_sources(folder: Path, output: Path, recursive: bool) -> list[Path]:
    sources = list_images(folder, recursive=recursive)
    if folder.resolve() in output.resolve().parents:
        # What an earlier run wrote below the input is not a source.
        return [
            source
            for source in sources
            if output.resolve() not in source.resolve().parents
        ]
    return sources


def _single_target(source: Path, output: Path) -> Path:
    if output.is_dir():
        return output / source.name
    if output.suffix.lower() in IMAGE_SUFFIXES:
        if not output.parent.is_dir():
            raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
        return output
    if output.suffix:
        # More likely a mistyped file than a folder with a dot.
        raise ValueError(
            f"`--output` must be a folder or end in one of {', '.join(IMAGE_SUFFIXES)}."
            f" Received: {str(output)!r}"
        )
    _check_folder_or_parent(output)
    return output / source.name


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"No such file or folder: {str(path)!r}")


def _check_folder_or_parent(output: Path) -> None:
    if not output.exists() and not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")


def _check_writable(folder: Path) -> None:
    """Check that files can be made in a folder, or the folder itself can be."""
    missing = folder
    while not missing.exists():
        missing = missing.parent
    if not missing.is_dir():
        raise NotADirectoryError(f"Not a folder: {str(missing)!r}")
    if not os.access(missing, os.W_OK | os.X_OK):
        raise PermissionError(f"No permission to write to the folder {str(missing)!r}")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _quality(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"must be 1 to 100, not {text}")
    return value
