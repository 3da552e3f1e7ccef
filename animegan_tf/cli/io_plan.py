"""Decide which images are read and where each output is written."""

import os
from collections.abc import Iterable
from pathlib import Path

from animegan_tf.imaging.formats import IMAGE_SUFFIXES, change_suffixes, list_images


def plan_outputs(
    inputs: list[Path],
    output: Path,
    *,
    recursive: bool = False,
    suffix: str | None = None,
) -> list[tuple[Path, Path]]:
    """Pair every source image with the file to write; nothing is written.

    One image goes to the file `output`, or into the folder `output`. Several images go
    into the folder `output`, under their names; those of an input folder, under their
    paths relative to it.

    Args:
        inputs: Images and folders of images.
        output: File for a single image, else a folder.
        recursive: Whether to include the images in subfolders.
        suffix: Format of the outputs, such as `".png"`; `None` keeps that of each
            source. If sources differ only in their suffixes, their outputs are named
            like `a-jpg.png`.

    Returns:
        Pairs of a source and its output.

    Raises:
        FileNotFoundError: If an input, or the parent folder of the output, does not
            exist.
        ValueError: If there are no images, or the output is a file where it must be a
            folder, or of another format.
    """
    if len(inputs) == 1 and not inputs[0].is_dir():
        _check_exists(inputs[0])
        return [(inputs[0], _single_output(inputs[0], output, suffix))]
    if output.suffix.lower() in IMAGE_SUFFIXES and not output.is_dir():
        raise ValueError(f"`--output` must be a folder here. Received: {str(output)!r}")
    _check_folder_or_parent(output)
    outputs = {}
    for path in inputs:
        _check_exists(path)
        if path.is_dir():
            sources = _list_sources(path, output, recursive)
            pairs = [(source, output / source.relative_to(path)) for source in sources]
        else:
            pairs = [(path, output / path.name)]
        for source, target in pairs:
            # An image may be given twice, by itself and by its folder.
            outputs.setdefault(source.absolute(), (source, target))
    if not outputs:
        raise ValueError(f"No images in {', '.join(repr(str(p)) for p in inputs)}")
    sources, targets = map(list, zip(*outputs.values(), strict=True))
    if suffix is not None:
        targets = change_suffixes(targets, suffix)
    return list(zip(sources, targets, strict=True))


def missing_outputs(outputs: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Return the pairs whose output does not exist; an existing one is complete."""
    return [(source, target) for source, target in outputs if not target.exists()]


def check_outputs(
    outputs: list[tuple[Path, Path]],
    *,
    overwrite: bool,
    inputs: Iterable[Path] = (),
) -> None:
    """Check that the outputs may be written.

    Args:
        outputs: Pairs of a source and its output.
        overwrite: Whether existing outputs may be replaced.
        inputs: Files other than the sources that are read, such as a mask.

    Raises:
        FileExistsError: If an output exists and `overwrite` is false.
        OSError: If an output folder cannot be created or written to.
        ValueError: If an output is a source, another input, or the output of another
            source.
    """
    # Device and inode identify a file through links and different spellings.
    sources = {_identity(source): source for source, _ in outputs}
    others = {_identity(path) for path in inputs if path.exists()}
    targets = {}
    for source, target in outputs:
        other = targets.setdefault(target, source)
        if other is not source:
            raise ValueError(
                f"Both {str(other)!r} and {str(source)!r} would be written to "
                f"{str(target)!r}"
            )
        if target.exists() and _identity(target) in sources:
            raise ValueError(f"The output would overwrite the source {str(target)!r}")
        if target.exists() and _identity(target) in others:
            raise ValueError(f"The output would overwrite the input {str(target)!r}")
    existing = [target for target in targets if target.exists()]
    if existing and not overwrite:
        raise FileExistsError(
            f"{len(existing)} of {len(outputs)} outputs already exist, such as "
            f"{str(existing[0])!r}; add --overwrite to replace them"
        )
    for folder in sorted({target.parent for target in targets}):
        _check_writable(folder)


def _list_sources(folder: Path, output: Path, recursive: bool) -> list[Path]:
    """List the images of a folder, without outputs of an earlier run below it."""
    sources = list_images(folder, recursive=recursive)
    if folder.resolve() not in output.resolve().parents:
        return sources
    return [
        source for source in sources if output.resolve() not in source.resolve().parents
    ]


def _single_output(source: Path, output: Path, suffix: str | None) -> Path:
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
        # More likely a mistyped file name than a folder with a dot.
        raise ValueError(
            f"`--output` must be a folder or end in one of {', '.join(IMAGE_SUFFIXES)}."
            f" Received: {str(output)!r}"
        )
    _check_folder_or_parent(output)
    _check_format(source, suffix)
    return output / name


def _check_format(source: Path, suffix: str | None) -> None:
    """Check that an output with its source's suffix has a known format."""
    if suffix is None and source.suffix.lower() not in IMAGE_SUFFIXES:
        raise ValueError(
            "The output's format must be that of the source, or be given by --format "
            f"or --output. Received: {str(source)!r}, which has no image suffix"
        )


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"No such file or folder: {str(path)!r}")


def _check_folder_or_parent(output: Path) -> None:
    if not output.exists() and not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")


def _check_writable(folder: Path) -> None:
    """Check that a folder can be written to, or created."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise NotADirectoryError(f"Not a folder: {str(existing)!r}")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise PermissionError(f"No permission to write to the folder {str(existing)!r}")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino
