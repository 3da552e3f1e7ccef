"""The arguments of faces, for commands that stylize pictures."""

from animegan_tf.cli import argument_types
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

# As in inference.faces, which loads slowly.
_SIZE = 512
_LEAST_SIZE = 64


def add_face_arguments(parser) -> None:
    """Add whether, how and at what size faces are drawn one by one to a parser."""
    faces = parser.add_argument_group(
        "faces", 'drawn one by one; need pip install "animegan_tf[faces]"'
    )
    faces.add_argument(
        "--faces",
        action="store_true",
        help="draw each face at a size of its own; the options below imply it",
    )
    faces.add_argument(
        "--faces-only", action="store_true", help="leave the rest as in the photo"
    )
    faces.add_argument(
        "--face-style", metavar="STYLE", help="of the faces (default: that of the rest)"
    )
    faces.add_argument(
        "--face-size",
        type=argument_types.at_least(_LEAST_SIZE),
        metavar="N",
        help="side in pixels at which a face with its surroundings is drawn "
        f"(default: {_SIZE})",
    )


def with_faces(stylizer, arguments):
    """Return what stylizes pictures, with their faces if the arguments ask for it.

    Raises:
        FileNotFoundError: If the faces' style is a path of nothing.
        ModuleNotFoundError: If the package that finds faces is not installed.
        ValueError: If the style or the size is wrong.
    """
    implied = (arguments.faces_only, arguments.face_style, arguments.face_size)
    if not arguments.faces and implied == (False, None, None):
        return stylizer
    import_tensorflow_quietly()
    from animegan_tf.inference.faces.stylizer import FaceStylizer
    from animegan_tf.inference.stylizer import Stylizer

    artist = stylizer
    if arguments.face_style is not None:
        artist = Stylizer.from_preset(
            arguments.face_style, precision=arguments.precision
        )
    return FaceStylizer(
        artist,
        background=None if arguments.faces_only else stylizer,
        size=_SIZE if arguments.face_size is None else arguments.face_size,
    )
