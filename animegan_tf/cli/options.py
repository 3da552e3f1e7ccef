"""Parsing that the commands share: the parser, types of arguments, and options."""

import argparse
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.dials import COLORS, Dials
from animegan_tf.presets import DEFAULT_STYLE

# Copies of values whose modules import TensorFlow.
_PRECISIONS = ("auto", "float32", "bfloat16", "float16", "int8")
_ENGINES = ("auto", "tensorflow", "openvino", "onnxruntime")
_FACE_SIZE, _MIN_FACE_SIZE = 512, 64

# Formats of outputs that `--format` may ask for, and their suffixes.
FORMATS = {name: f".{name}" for name in ("png", "jpg", "webp", "tiff", "avif")}

STYLE_HELP = (
    "bundled style (see `animegan-tf styles`), weighted blend of bundled styles such "
    "as a:0.6,b:0.4, run folder, or .keras file"
)


class Parser(argparse.ArgumentParser):
    """Argument parser that reports an error in one line, without the usage."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse arguments; each command reports its own unrecognized arguments."""
        values, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return values, unknown

    def error(self, message: str):
        """Print the message and exit with code 2."""
        self.exit(2, f"animegan-tf: error: {message} (see {self.prog} --help)\n")


def add_commands(
    parser, functions: Iterable[Callable], *, title: str, metavar: str
) -> None:
    """Add commands to a parser, one of which must be given.

    Args:
        parser: The parser.
        functions: Each adds one command to the result of `parser.add_subparsers`, and
            sets its `run`, a function from the parsed arguments to an exit code.
        title: Heading of the commands in the help.
        metavar: Placeholder of the command in the usage.
    """
    subparsers = parser.add_subparsers(title=title, metavar=metavar)
    for add_command in functions:
        add_command(subparsers)

    def run(arguments):
        names = ", ".join(subparsers.choices)
        parser.error(
            f"`{parser.prog}` must be followed by one of {names}. Received: nothing"
        )

    # Replaced by that of the given command.
    parser.set_defaults(run=run)


def integer(low: int, high: int | None = None) -> Callable[[str], int]:
    """Return an argument type: an integer from `low` to `high`, or at least `low`."""
    expected = f"at least {low}" if high is None else f"{low} to {high}"

    def read(text: str) -> int:
        valid = text.isdecimal() and low <= int(text)
        if not valid or (high is not None and int(text) > high):
            raise argparse.ArgumentTypeError(f"must be {expected}, not {text}")
        return int(text)

    return read


def tile_size(text: str) -> int | str | None:
    """Read a tile size: a number of pixels, "auto", or "none" for `None`."""
    if text in ("auto", "none"):
        return None if text == "none" else text
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"must be a number of pixels, auto or none, not {text}"
        )
    return int(text)


def fraction(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, not {text}")
    return value


def parsed_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return an argument type from a function that raises a `ValueError`.

    `argparse` replaces the message of a `ValueError`; this keeps it.
    """

    def read(text: str):
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def add_style_argument(parser) -> None:
    """Add `--style`."""
    parser.add_argument(
        "--style", default=DEFAULT_STYLE, help=f"{STYLE_HELP} (default: %(default)s)"
    )


def add_precision_argument(parser) -> None:
    """Add `--precision`."""
    parser.add_argument(
        "--precision",
        choices=_PRECISIONS,
        default="float32",
        help="precision of the network; auto selects the fastest one for this machine "
        "that is nearly exact; int8 is faster, with OpenVINO (default: %(default)s)",
    )


def add_engine_argument(parser) -> None:
    """Add `--engine`."""
    parser.add_argument(
        "--engine",
        choices=_ENGINES,
        default="auto",
        help="runtime of the network; auto selects OpenVINO or ONNX Runtime if it is "
        "installed and can run it, else TensorFlow (default: %(default)s)",
    )


def add_features_argument(parser, purpose: str) -> None:
    """Add `--features`, with its purpose in the help."""
    parser.add_argument(
        "--features",
        metavar="NAME|FILE",
        help=f"{purpose}: bundled; vgg19, which is downloaded once; or a weights file "
        "(default: bundled)",
    )


def add_settings_arguments(parser, *, recipes: str) -> None:
    """Add the settings of a training that `cli.train.resolve_config` merges.

    Args:
        parser: The parser.
        recipes: What `--recipe` may be, for the help.
    """
    parser.add_argument("--photos", help="folder of photos")
    parser.add_argument("--style", help="folder of images in the style to learn")
    parser.add_argument(
        "--validation", help="folder of held-out photos, or a fraction of --photos"
    )
    parser.add_argument("--recipe", help=f"{recipes} (default: anime)")
    add_features_argument(parser, "feature extractor")
    parser.add_argument("--seed", type=int, help="seed of everything random")
    parser.add_argument("--config", type=Path, help="JSON file of settings")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting, such as --set weights.style=0.5 (may be repeated)",
    )


def add_dial_arguments(parser) -> None:
    """Add the fields of `Dials`; `read_dials` reads them."""
    dials = parser.add_argument_group("dials")
    dials.add_argument(
        "--strength",
        type=float,
        default=1.0,
        help="strength of the style, from 0, the source, to 1 (default: %(default)s)",
    )
    dials.add_argument(
        "--color",
        default="style",
        help="colors of the output: style; photo, those of the source; luma-gain, the "
        "source's with the luminance of the style; or an image, whose palette is used "
        "(default: %(default)s)",
    )
    dials.add_argument(
        "--detail",
        type=float,
        default=0.0,
        help="amount of the source's fine texture to add, 0 to 1 "
        "(default: %(default)s)",
    )
    dials.add_argument(
        "--mask",
        type=Path,
        metavar="IMAGE",
        help="where to stylize: white is stylized, black is not",
    )
    dials.add_argument(
        "--scale",
        type=_number_or_auto,
        default="auto",
        help="resize the network's input by this factor: below 1 makes coarser "
        "strokes, above 1 finer; auto: strokes grow with images larger than 720 "
        "pixels (default: %(default)s)",
    )


def _number_or_auto(text: str) -> float | str:
    return text if text == "auto" else float(text)


def dial_images(arguments) -> list[Path]:
    """Return the paths of the images that the dials name."""
    paths = [] if arguments.mask is None else [arguments.mask]
    return paths if arguments.color in COLORS else [*paths, Path(arguments.color)]


def read_dials(arguments) -> Dials:
    """Build the dials, and read the images that they name.

    Raises:
        FileNotFoundError: If an image does not exist.
        ValueError: If an image cannot be read, or a dial is out of range.
    """
    color, mask = arguments.color, arguments.mask
    if color not in COLORS:
        if not Path(color).is_file():
            raise ValueError(
                f"`--color` must be one of {', '.join(COLORS)} or an image. "
                f"Received: {color!r}"
            )
        color = read_image(color)
    if mask is not None:
        # The channels of a gray image are equal.
        mask = read_image(mask)[..., 1].copy()
    return Dials(
        strength=arguments.strength,
        color=color,
        detail=arguments.detail,
        mask=mask,
        scale=arguments.scale,
    )


def add_face_arguments(parser) -> None:
    """Add the options of face stylization; `with_faces` applies them."""
    faces = parser.add_argument_group(
        "faces", 'stylized separately; require pip install "animegan_tf[faces]"'
    )
    faces.add_argument(
        "--faces",
        action="store_true",
        help="stylize each face at its own size; implied by the options below",
    )
    faces.add_argument(
        "--faces-only", action="store_true", help="leave the rest of the image as it is"
    )
    faces.add_argument(
        "--face-style",
        metavar="STYLE",
        help="style of the faces (default: that of the image)",
    )
    faces.add_argument(
        "--face-size",
        type=integer(_MIN_FACE_SIZE),
        metavar="N",
        help="size in pixels of the square crop around a face for the network "
        f"(default: {_FACE_SIZE})",
    )
    faces.add_argument(
        "--eyes",
        type=fraction,
        metavar="AMOUNT",
        help="enlarge eyes and narrow chins before stylization, 0 to 1 (default: 0)",
    )


def wants_faces(arguments) -> bool:
    """Return whether any of the options of face stylization is given."""
    implied = (arguments.face_style, arguments.face_size, arguments.eyes)
    flags = arguments.faces or arguments.faces_only
    return flags or implied != (None, None, None)


def with_faces(stylizer, arguments):
    """Return a stylizer of images and their faces, if the arguments ask for it.

    Raises:
        FileNotFoundError: If the style of the faces is a path that does not exist.
        ModuleNotFoundError: If the face detector is not installed.
        ValueError: If the style is invalid.
    """
    if not wants_faces(arguments):
        return stylizer
    from animegan_tf.inference.faces.stylizer import FaceStylizer
    from animegan_tf.inference.stylizer import Stylizer

    face_stylizer = stylizer
    if arguments.face_style is not None:
        face_stylizer = Stylizer.from_preset(
            arguments.face_style,
            precision=arguments.precision,
            engine=arguments.engine,
        )
    return FaceStylizer(
        face_stylizer,
        background=None if arguments.faces_only else stylizer,
        size=_FACE_SIZE if arguments.face_size is None else arguments.face_size,
        eyes=arguments.eyes or 0.0,
    )


def add_tile_argument(parser) -> None:
    """Add `--tile`."""
    parser.add_argument(
        "--tile",
        type=tile_size,
        default="auto",
        metavar="N",
        help="tile size in pixels for large images; none processes whole images "
        "(default: limit memory)",
    )


def add_format_arguments(parser) -> None:
    """Add `--format`, `--bits` and `--strip-metadata`."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="format of the outputs (default: that of each source)",
    )
    parser.add_argument(
        "--bits",
        type=int,
        choices=(8, 16),
        help="bits per channel; 16 for PNG and TIFF only (default: those of each "
        "source)",
    )
    parser.add_argument(
        "--strip-metadata",
        action="store_true",
        help="leave out the source's metadata, such as place, time and camera",
    )


def add_folder_arguments(parser) -> None:
    """Add `--recursive` and `--resume`, of commands that take folders of images."""
    parser.add_argument(
        "--recursive", action="store_true", help="include images in subfolders"
    )
    parser.add_argument(
        "--resume", action="store_true", help="skip images whose output exists"
    )


def add_writing_arguments(parser) -> None:
    """Add `--overwrite`, `--quality` and `--no-mark`."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace existing outputs"
    )
    parser.add_argument(
        "--quality",
        type=integer(1, 100),
        default=95,
        help="quality of JPEG and WebP files, 1 to 100 (default: %(default)s)",
    )
    parser.add_argument(
        "--no-mark",
        dest="mark",
        action="store_false",
        help="leave out the metadata that say a network generated the image",
    )


def add_report_argument(parser) -> None:
    """Add `--output`, the file of an evaluation's report."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE.json",
        help="write all values to this file in an existing folder; an existing file is "
        "replaced",
    )


def check_report(output: Path | None) -> None:
    """Check, before any work, that a report can be written.

    Raises:
        FileNotFoundError: If its folder does not exist.
        ValueError: If its suffix is not .json, or it is a folder.
    """
    if output is None:
        return
    if output.suffix.lower() != ".json" or output.is_dir():
        raise ValueError(f"`--output` must be a .json file. Received: {str(output)!r}")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
