"""Plan which pictures are read and which files are written, touching nothing."""

import collections
import os
from pathlib import Path

from animegan_tf.imaging.formats import IMAGE_SUFFIXES, list_images


def plan_jobs(
    inputs: list[Path],
    output: Path,
    *,
    recursive: bool = False,
    suffix: str | None = None,
) -> list[tuple[Path, Path]]:
    """Pair every source picture with the file to write, touching nothing.

    Args:
        inputs: Pictures and folders of pictures.
        output: File for a single picture, else a folder.
        recursive: Whether to take folders in folders; their structure is kept.
        suffix: Format of the files to write, such as `".png"`; `None` keeps those of
            the sources. Of sources that differ in their suffixes only, each result's
            name keeps its source's, as in `a-jpg.png`.

    Raises:
        FileNotFoundError: If an input, or the folder around the output, is missing.
        ValueError: If there is no picture, or the output is a file where it must be a
            folder, or of another format.
    """
    if len(inputs) == 1 and not inputs[0].is_dir():
        _check_exists(inputs[0])
        return [(inputs[0], _single_target(inputs[0], output, suffix))]
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
    return _with_suffix(list(jobs.values()), suffix)


def unfinished(jobs: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Leave out jobs whose result exists: files are written whole, or not at all."""
    return [(source, target) for source, target in jobs if not target.exists()]


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
            f"{len(existing)} of {len(jobs)} results exist already, such as "
            f"{str(existing[0])!r}; add --overwrite to replace them"
        )
    for folder in sorted({target.parent for target in targets}):
        _check_writable(folder)


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


def _with_suffix(jobs, suffix):
    """Rename targets to a format, such that no two become one."""
    if suffix is None:
        return jobs
    renamed = [target.with_suffix(suffix) for _, target in jobs]
    counts = collections.Counter(renamed)
    return [
        (source, new if counts[new] == 1 else _distinct(target, suffix))
        for (source, target), new in zip(jobs, renamed, strict=True)
    ]


def _distinct(target: Path, suffix: str) -> Path:
    return target.with_name(f"{target.stem}-{target.suffix[1:].lower()}{suffix}")


def _single_target(source: Path, output: Path, suffix: str | None) -> Path:
    name = source.with_suffix(suffix).name if suffix else source.name
    if output.is_dir():
        _check_format(source, suffix)
        return output / name
    if suffix and output.suffix and output.suffix.lower() != suffix:
        raise ValueError(
            f"`--output` must be a folder or end in {suffix} here. "
            f"Received: {str(output)!r}"
        )
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
    _check_format(source, suffix)
    return output / name


def _check_format(source: Path, suffix: str | None) -> None:
    """Check that a result which is named like its source has a format."""
    if suffix is None and source.suffix.lower() not in IMAGE_SUFFIXES:
        raise ValueError(
            "A result is in its source's format, unless --format or --output names "
            f"one. Received: {str(source)!r}, whose suffix is that of no picture"
        )


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
