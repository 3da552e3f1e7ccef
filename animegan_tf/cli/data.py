"""`animegan-tf data`: check, extract and prepare the images of a training."""

import argparse
from fractions import Fraction
from pathlib import Path

from animegan_tf.cli.options import add_commands, add_settings_arguments

# Frames of a video whose borders are compared, to find bars.
_NUM_BAR_FRAMES = 16


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "data",
        help="check, extract and prepare images for a training",
        description="Check folders of images, extract images from videos, and compute "
        "what a training needs ahead of it.",
    )
    commands = (_add_check, _add_from_video, _add_prepare)
    add_commands(parser, commands, title="commands", metavar="COMMAND")


def _add_check(subparsers) -> None:
    parser = subparsers.add_parser(
        "check",
        help="measure the images of a folder and judge it",
        description="Measure the images of a folder: sizes, unreadable files, "
        "near-duplicates, blur, darkness, bars, text, color casts and faces. The "
        "heuristics are stated in the report. An interrupted check goes on.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument(
        "--role",
        choices=("photos", "style"),
        default="photos",
        help="what the images are in the training (default: %(default)s)",
    )
    parser.add_argument(
        "--recipe", default="anime", help="recipe to judge by (default: %(default)s)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE.html",
        help="the report; measures are kept beside it in FILE.jsonl (default: "
        "DIR-check.html in the working folder)",
    )
    parser.add_argument(
        "--faces",
        action="store_true",
        help='count faces; requires pip install "animegan_tf[faces]"',
    )
    parser.set_defaults(run=run_check)


def _add_from_video(subparsers) -> None:
    parser = subparsers.add_parser(
        "from-video",
        help="extract the sharpest frames of a video's shots",
        description="Extract the sharpest frames of each shot of a video, without "
        "near-duplicates, fades and letterbox. An interrupted extraction goes on.",
    )
    parser.add_argument("source", metavar="FILE", type=Path)
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True)
    parser.add_argument(
        "--every",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="take one frame of a shot in each of so many seconds (default: 5)",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=5.0,
        help="frames per second that are looked at (default: 5)",
    )
    parser.add_argument(
        "--keep-bars", action="store_true", help="do not cut a letterbox"
    )
    parser.set_defaults(run=run_from_video)


def _add_prepare(subparsers) -> None:
    parser = subparsers.add_parser(
        "prepare",
        help="compute the targets of a training ahead of it",
        description="Fit and paint the targets of a training, and measure the style, "
        "into a folder that trainings take with --set data.cache=DIR. An interrupted "
        "preparation goes on.",
    )
    add_settings_arguments(parser, recipes="anime or styles")
    parser.add_argument(
        "--cache", metavar="DIR", type=Path, required=True, help="folder of the results"
    )
    parser.set_defaults(
        run=run_prepare,
        resume=False,
        preset=None,
        steps=None,
        precision=None,
        tensorboard=False,
    )


def run_check(arguments: argparse.Namespace) -> int:
    """Check a folder, print the result and write the report.

    Returns:
        0, or 1 if the images are not ready for a training.
    """
    from animegan_tf.data.inspection.folder import check_folder
    from animegan_tf.data.inspection.report import describe_check, write_report

    folder = arguments.folder
    output = arguments.output or Path(f"{folder.resolve().name}-check.html")
    if output.suffix.lower() != ".html" or output.is_dir():
        raise ValueError(f"`--output` must be a .html file. Received: {str(output)!r}")
    if not output.absolute().parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
    detect_faces = None
    if arguments.faces:
        from animegan_tf.inference.faces.detection import build_face_detector

        detect_faces = build_face_detector()
    check = check_folder(
        folder,
        needs=find_needs(arguments.recipe, is_style=arguments.role == "style"),
        cache=output.with_suffix(".jsonl"),
        detect_faces=detect_faces,
    )
    write_report(check, output)
    for line in describe_check(check):
        print(line)
    print(f"report: {output}")
    return int(check.verdict == "not ready")


def find_needs(recipe: str, *, is_style: bool):
    """Return the `Needs` of a recipe with its default settings.

    Raises:
        ValueError: If there is no such recipe.
    """
    from animegan_tf.data.inspection.folder import Needs
    from animegan_tf.recipes.runner import default_config

    data = default_config(recipe).data
    sizes = getattr(data, "scales", ()) or (data.crop_size,)
    return Needs(crop_size=data.crop_size, good_size=max(sizes), is_style=is_style)


def run_from_video(arguments: argparse.Namespace) -> int:
    """Extract frames of a video, and print what was selected."""
    from tqdm import tqdm

    from animegan_tf.data.inspection.video_frames import Selection, extract_frames
    from animegan_tf.inference.video.reader import read_video_info

    selection = Selection(
        rate=arguments.rate, every=arguments.every, keep_bars=arguments.keep_bars
    )
    source = arguments.source
    info = read_video_info(source)
    bars = find_video_bars(source, info)
    total = None if info.duration is None else round(float(info.duration), 1)
    with tqdm(total=total, desc="extracting", unit="s") as bar:

        def report(seconds):
            bar.n = round(seconds, 1)
            bar.refresh()

        summary = extract_frames(
            lambda start: read_frames(source, info, Fraction(start)),
            source,
            arguments.output,
            selection=selection,
            bars=bars,
            report=report,
        )
    if any(bars) and not selection.keep_bars:
        top, bottom, left, right = bars
        print(f"cut: {top} + {bottom} rows, {left} + {right} columns of bars")
    print(
        f"{arguments.output}: {summary.num_images} images of {summary.num_shots} "
        f"shots; {summary.num_dropped} parts were blurred, dark or repeated"
    )
    return 0


def read_frames(source: Path, info, start: Fraction):
    """Yield a video's frames from a time on, or some earlier, with square pixels.

    Args:
        source: Path of the video.
        info: Its `VideoInfo`.
        start: Seconds from the beginning of the video.
    """
    from animegan_tf.data.inspection.video_frames import Frame
    from animegan_tf.inference.video.reader import decode_frames

    height, width = info.display_size
    width = max(1, round(width * info.sample_aspect))
    size = (width, height) if info.orientation.transposed else (height, width)
    for frame in decode_frames(source, start=info.origin + start):
        seconds = float(frame.pts * info.time_base - info.origin)
        # The image must be taken before the next frame is decoded.
        yield Frame(seconds, lambda frame=frame: info.to_image(frame, size))


def find_video_bars(source: Path, info) -> tuple[int, int, int, int]:
    """Find the bars of a video in frames spread over it.

    Returns:
        Rows at the top and bottom and columns at the left and right, in pixels; zeros
        if the duration is unknown.
    """
    from animegan_tf.data.inspection.video_frames import common_bars

    if info.duration is None:
        return (0, 0, 0, 0)
    times = [
        info.duration * Fraction(2 * index + 1, 2 * _NUM_BAR_FRAMES)
        for index in range(_NUM_BAR_FRAMES)
    ]
    frames = (next(read_frames(source, info, time), None) for time in times)
    return common_bars(frame.image() for frame in frames if frame is not None)


def run_prepare(arguments: argparse.Namespace) -> int:
    """Compute the targets of a training into a cache."""
    from animegan_tf.cli.train import resolve_config
    from animegan_tf.recipes.preflight import check_training
    from animegan_tf.recipes.runner import prepare
    from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

    config = resolve_config(arguments)
    check_training(config)
    import_tensorflow_quietly()
    count = prepare(config, arguments.cache)
    print(
        f"{arguments.cache}: {count} targets. Train with: --set "
        f"data.cache={arguments.cache}"
    )
    return 0
