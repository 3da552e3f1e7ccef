"""`animegan-tf adapt`: fit a new style to a few images, in minutes."""

import time
from pathlib import Path

from animegan_tf.cli.options import STYLE_HELP, add_features_argument, integer
from animegan_tf.imaging.formats import list_images
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

# Copies of constants of a module that imports TensorFlow.
_BLEND, _MAX_STYLE_IMAGES = "blend", 20


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "adapt",
        help="fit a new style to 1 to 20 images, in minutes",
        description="Fit a new style to a few images, starting from a trained one.",
    )
    parser.add_argument(
        "--style-images",
        required=True,
        nargs="+",
        type=Path,
        metavar="FILE",
        help=f"1 to {_MAX_STYLE_IMAGES} images of the style, or folders of them",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help=".keras file to write, in an existing folder; or a new folder, which the "
        "fast engines and `train --set initial=FOLDER` take too",
    )
    parser.add_argument(
        "--base",
        default=DEFAULT_STYLE,
        help=f"style to start from: {STYLE_HELP}; or {_BLEND}, the blend of bundled "
        "styles that is nearest to the images (default: %(default)s)",
    )
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="DIR",
        help="folder of photos to learn on, such as those to stylize (default: six "
        "that come with the package)",
    )
    parser.add_argument(
        "--steps",
        type=integer(1),
        default=600,
        help="training steps (default: %(default)s)",
    )
    add_features_argument(parser, "feature extractor")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an existing output"
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Fit the style, save it, and print how near it is to the images."""
    output = arguments.output
    _check_output(output, arguments.overwrite)
    images = _list_style_images(arguments.style_images)
    photos = None if arguments.photos is None else list_images(arguments.photos)
    import_tensorflow_quietly()
    from animegan_tf.transfer.few_shot import adapt_style

    start = time.perf_counter()
    fitted = adapt_style(
        images,
        arguments.base,
        photos=photos,
        features=arguments.features or "bundled",
        steps=arguments.steps,
        seed=arguments.seed,
        progress=True,
    )
    fitted.save(output)
    if fitted.base:
        shares = ",".join(f"{name}:{share:g}" for name, share in fitted.base.items())
        print(f"Started from {shares}")
    distances = ", ".join(
        f"{name} {distance:.3f}" for name, distance in fitted.distances.items()
    )
    print(f"Distance to the style images: {distances}")
    print(f"Wrote {output} in {time.perf_counter() - start:.0f} s")
    print(f"Try it with: animegan-tf stylize PHOTO -o OUT.png --style {output}")
    return 0


def _list_style_images(paths: list[Path]) -> list[Path]:
    images = []
    for path in paths:
        images += list_images(path) if path.is_dir() else [path]
    missing = [path for path in images if not path.is_file()]
    if missing:
        raise FileNotFoundError(f"No such image: {str(missing[0])!r}")
    if not 1 <= len(images) <= _MAX_STYLE_IMAGES:
        raise ValueError(
            f"`--style-images` must be 1 to {_MAX_STYLE_IMAGES} images; for more, use "
            f"`animegan-tf train`. Received: {len(images)}"
        )
    return images


def _check_output(output: Path, overwrite: bool) -> None:
    if output.exists() and not overwrite:
        raise FileExistsError(
            f"The output {str(output)!r} exists; --overwrite replaces it"
        )
    is_file = output.suffix == ".keras"
    if output.exists() and is_file == output.is_dir():
        kind = "file" if is_file else "folder"
        raise ValueError(f"`--output` is no {kind}. Received: {str(output)!r}")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
