"""`animegan-tf demo`: serve a web page that stylizes photos and videos."""

import dataclasses
from pathlib import Path

from animegan_tf.cli.options import add_engine_argument, integer

# Copies of the defaults of `Limits`, whose module takes long to import.
_LIMITS = {
    "photos": (integer(1), 8, "photos in one request"),
    "megapixels": (float, 24.0, "millions of pixels of a photo"),
    "megabytes": (float, 100.0, "millions of bytes of a file"),
    "seconds": (float, 60.0, "seconds of a video"),
    "side": (integer(16), 1280, "pixels of the longer side of a stylized video"),
    "waiting": (integer(1), 16, "requests that wait while one is computed"),
}


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "demo",
        help="serve a web page that stylizes photos and videos",
        description="Serve a web page that stylizes photos, faces and videos on this "
        'computer; requires pip install "animegan_tf[demo]". Ctrl-C stops it.',
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0 accepts other computers "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=integer(1, 65535),
        default=7860,
        help="port to listen at (default: %(default)s)",
    )
    parser.add_argument(
        "--run",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="RUN",
        dest="runs",
        help="run folders, or .keras files, to offer beside the bundled styles",
    )
    add_engine_argument(parser)
    limits = parser.add_argument_group("limits")
    for name, (kind, default, text) in _LIMITS.items():
        limits.add_argument(
            f"--max-{name}",
            type=kind,
            default=default,
            metavar="N",
            help=f"maximum number of {text} (default: %(default)g)",
        )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Serve the page until interrupted."""
    from animegan_tf.demo.app import launch_app
    from animegan_tf.demo.service import Limits

    names = [field.name for field in dataclasses.fields(Limits)]
    app = launch_app(
        arguments.runs,
        host=arguments.host,
        port=arguments.port,
        limits=Limits(**{name: getattr(arguments, name) for name in names}),
        engine=arguments.engine,
    )
    print(f"The demo is at {app.local_url} (Ctrl-C stops it)", flush=True)
    app.block_thread()
    return 0
