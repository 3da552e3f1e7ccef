"""`animegan-tf stylize`: stylize images, folders of images, or one video."""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from animegan_tf.cli import video
from animegan_tf.cli.io_plan import check_outputs, missing_outputs, plan_outputs
from animegan_tf.cli.options import (
    FORMATS,
    add_dial_arguments,
    add_engine_argument,
    add_face_arguments,
    add_folder_arguments,
    add_format_arguments,
    add_precision_argument,
    add_style_argument,
    add_tile_argument,
    add_writing_arguments,
    dial_images,
    read_dials,
    with_faces,
)
from animegan_tf.cli.pipeline import Pipeline
from animegan_tf.data.array_images import SUFFIX, extract_images, is_array_file
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.files import check_bits
from animegan_tf.inference.video.options import SOURCE_SUFFIXES, VIDEO_SUFFIXES
from animegan_tf.utils.atomic_path import atomic_path

# Standard input and output, where a file is expected.
_STANDARD = Path("-")


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "stylize",
        help="stylize images",
        description="Stylize images and folders of images. Sources are never "
        "overwritten.",
    )
    _add_arguments(parser)
    parser.set_defaults(run=run)


def _add_arguments(parser) -> None:
    parser.add_argument(
        "input",
        nargs="+",
        type=Path,
        help="images and folders; - reads an image from standard input; or one .npy "
        "file of images; or one video, see `animegan-tf video`",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="for one image, a file in an existing folder; else a folder, which is "
        "created if its parent folder exists; - writes one image to standard output, "
        "as PNG unless --format is given; for a .npy file, a folder or a .npy file",
    )
    add_style_argument(parser)
    add_dial_arguments(parser)
    add_face_arguments(parser)
    add_folder_arguments(parser)
    add_tile_argument(parser)
    add_precision_argument(parser)
    add_engine_argument(parser)
    add_writing_arguments(parser)
    add_format_arguments(parser)


def run(arguments) -> int:
    """Stylize the images; return 1 if some of several failed."""
    if _STANDARD in (*arguments.input, arguments.output):
        return _run_standard(arguments)
    if any(is_array_file(path) for path in arguments.input):
        return _run_array(arguments)
    if is_video(arguments):
        return video.run(video_arguments(arguments))
    return run_images(arguments, build_pipeline, inputs=dial_images(arguments))


def run_images(
    arguments, build: Callable[..., Pipeline], *, inputs: Sequence[Path] = ()
) -> int:
    """Read, process and write images; return 1 if some of several failed.

    Args:
        arguments: Those of this command, or of another one with `input`, `output`,
            `recursive`, `resume`, `overwrite`, `format` and `bits`.
        build: Function from the arguments to the pipeline, called after the checks.
        inputs: Further files that are read, which no output may replace.
    """
    planned = _plan(arguments, inputs)
    outputs = missing_outputs(planned) if arguments.resume else planned
    if not outputs:
        print(f"All {len(planned)} outputs already exist")
        return 0
    pipeline = build(arguments)
    for folder in {target.parent for _, target in outputs}:
        folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    if len(planned) == 1:
        pipeline.run_one(*outputs[0])
        print(f"Wrote {outputs[0][1]} in {time.perf_counter() - start:.1f} s")
        return 0
    failures = pipeline.run_all(outputs)
    seconds = time.perf_counter() - start
    written = len(outputs) - failures
    print(f"Wrote {written} images to {arguments.output} in {seconds:.1f} s")
    if failures:
        message = f"{failures} of {len(outputs)} images failed"
        print(f"animegan-tf: error: {message}", file=sys.stderr)
    return 1 if failures else 0


def is_video(arguments) -> bool:
    """Return whether the input is one video rather than images."""
    if len(arguments.input) != 1 or arguments.input[0].is_dir():
        return False
    # From GIF to GIF, every frame is stylized as an image.
    suffixes = {arguments.input[0].suffix.lower(), arguments.output.suffix.lower()}
    return bool(suffixes & set(SOURCE_SUFFIXES) - {".gif"})


def video_arguments(arguments) -> argparse.Namespace:
    """Convert arguments of `stylize` to those of `video`, with its defaults.

    Raises:
        ValueError: If an option is given that only applies to images.
    """
    image_parser, video_parser = (argparse.ArgumentParser() for _ in range(2))
    _add_arguments(image_parser)
    video.add_arguments(video_parser)
    converted = video_parser.parse_args(["input", "--output", "output"])
    for name, value in vars(arguments).items():
        if name in converted:
            setattr(converted, name, value)
        elif name != "run" and value != image_parser.get_default(name):
            option = name.replace("_", "-")
            raise ValueError(
                f"`--{option}` is for images only. Received: --{option} with the video "
                f"{str(arguments.input[0])!r}"
            )
    (converted.input,) = arguments.input
    if converted.output.is_dir():
        is_output_format = converted.input.suffix.lower() in VIDEO_SUFFIXES
        name = converted.input.name
        converted.output /= name if is_output_format else f"{converted.input.stem}.mp4"
    return converted


def _run_standard(arguments) -> int:
    """Stylize one image that is read from, or written to, a standard stream."""
    source, target = arguments.input[0], arguments.output
    if len(arguments.input) > 1 or source.is_dir():
        raise ValueError(
            "`-` stands for a single image, so it excludes other inputs. "
            f"Received: {' '.join(map(str, arguments.input))} -o {target}"
        )
    if target == _STANDARD and sys.stdout.isatty():
        raise ValueError(
            "`--output -` must be redirected to a file or another program. "
            "Received: a terminal"
        )
    suffix = FORMATS.get(arguments.format, ".png")
    with tempfile.TemporaryDirectory() as folder:
        files = argparse.Namespace(**vars(arguments))
        if source == _STANDARD:
            files.input = [Path(folder, "standard-input")]
            with files.input[0].open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            if target.is_dir():
                files.output = target / f"stdin{suffix}"
        if target == _STANDARD:
            files.output = Path(folder, f"standard-output{suffix}")
        try:
            # What a person reads must not get into the image.
            with contextlib.redirect_stdout(sys.stderr):
                code = run(files)
        except (ValueError, OSError) as error:
            # The file's name would mean nothing to the reader.
            message = str(error).replace(str(Path(folder, "standard-input")), "-")
            raise type(error)(message) from error
        if target == _STANDARD:
            with files.output.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    return code


def _run_array(arguments) -> int:
    """Stylize the images of a `.npy` file, to a folder or to such a file."""
    if len(arguments.input) > 1:
        raise ValueError(
            "A .npy file excludes other inputs. "
            f"Received: {' '.join(map(str, arguments.input))}"
        )
    (source,), output = arguments.input, arguments.output
    to_array = output.suffix == SUFFIX
    if to_array:
        check_outputs([(source, output)], overwrite=arguments.overwrite)
    with tempfile.TemporaryDirectory() as folder:
        images = extract_images(source, Path(folder, "images"), argument="input")
        options = {"input": [images]}
        if to_array:
            options |= {"output": Path(folder, "results"), "format": "png"}
        code = run(argparse.Namespace(**(vars(arguments) | options)))
        if to_array and code == 0:
            paths = list_images(Path(folder, "results"))
            array = np.stack([read_image(path) for path in paths])
            with atomic_path(output) as temporary, open(temporary, "wb") as file:
                np.save(file, array)
            print(f"Wrote {output}")
    return code


def _plan(arguments, inputs) -> list[tuple[Path, Path]]:
    """Pair sources with outputs, and check them before any work."""
    if arguments.resume and arguments.overwrite:
        raise ValueError("`--resume` and `--overwrite` exclude each other.")
    outputs = plan_outputs(
        arguments.input,
        arguments.output,
        recursive=arguments.recursive,
        suffix=FORMATS.get(arguments.format),
    )
    check_outputs(
        outputs,
        overwrite=arguments.overwrite or arguments.resume,
        inputs=inputs,
    )
    for _, target in outputs:
        check_bits(arguments.bits, target)
    return outputs


def build_pipeline(arguments) -> Pipeline:
    """Load the style, with the dials and options of the arguments."""
    dials = read_dials(arguments)
    # Here, since errors of arguments should be reported before it is imported.
    from animegan_tf.inference.stylizer import Stylizer

    stylizer = Stylizer.from_preset(
        arguments.style,
        precision=arguments.precision,
        tile=arguments.tile,
        engine=arguments.engine,
    )
    return Pipeline(
        with_faces(stylizer, arguments),
        dials,
        bits=arguments.bits,
        keep_metadata=not arguments.strip_metadata,
        quality=arguments.quality,
        mark=arguments.mark,
    )
