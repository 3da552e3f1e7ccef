"""`animegan-tf evaluate pictures`: styles, on held-out photos."""

from pathlib import Path

from animegan_tf.images import list_images
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.tensorflow_import import import_tensorflow_quietly


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser("pictures", help="styles, on held-out photos")
    parser.add_argument("--style", default=DEFAULT_STYLE)
    parser.add_argument("--photos", required=True, type=Path)
    parser.add_argument("--style-images", required=True, type=Path)
    parser.add_argument("--features", default="vgg19", metavar="NAME|FILE")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Stylize the photos, and print the measures."""
    import_tensorflow_quietly()
    from animegan_tf.evaluation.metrics import STYLE_LAYERS
    from animegan_tf.evaluation.report import evaluate_pictures, format_table
    from animegan_tf.inference.stylizer import Stylizer
    from animegan_tf.models.feature_extractor import build_feature_extractor

    photos = list_images(arguments.photos)
    features = build_feature_extractor(arguments.features, layers=STYLE_LAYERS)
    stylizer = Stylizer.from_preset(arguments.style)
    outputs = [stylizer(photo) for photo in photos]
    style_images = list_images(arguments.style_images)
    report = evaluate_pictures(photos, outputs, style_images, features)
    print(format_table(report))
    return 0
