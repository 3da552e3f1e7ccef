"""Find the saved generator that a style's name or path refers to, without Keras."""

import dataclasses
import os
from pathlib import Path

from animegan_tf import presets
from animegan_tf.models.saved_options import OPTIONS_FILE, read_style_names
from animegan_tf.utils.json_file import read_json

KERAS_SUFFIXES = (".keras", ".h5")


@dataclasses.dataclass(frozen=True)
class SavedStyle:
    """A style, or a blend of styles, of a saved generator.

    Attributes:
        folder: Folder of `generator.json` and `generator.npz`.
        shares: Share of each style by name; empty for a generator without style names.
        gray: Share of the styles whose images are gray, in [0, 1].
    """

    folder: Path
    shares: dict[str, float]
    gray: float = 0.0


def find_saved_style(name_or_path) -> SavedStyle | None:
    """Find the saved generator that `load_generator` would load.

    Args:
        name_or_path: As for `load_generator`.

    Returns:
        The style; `None` if it is not in `generator.json` and `generator.npz`: a
        `.keras` or `.h5` file, a run of version 0.1, or a path that does not exist.

    Raises:
        ValueError: If there is no such style, or `generator.json` is damaged.
    """
    given, path = str(name_or_path), Path(name_or_path)
    if is_bundled(given):
        return _find_bundled(presets.parse_blend(given))
    if path.is_dir():
        return _find_in_run(path, None)
    if is_style_of_run(path):
        return _find_in_run(path.parent, path.name)
    return None


def check_name(name_or_path) -> None:
    """Refuse what cannot be the name of a style or a path.

    Raises:
        ValueError: If it is neither text nor a path, or empty.
    """
    is_name = isinstance(name_or_path, str | os.PathLike)
    # An empty path would mean the current folder.
    if not is_name or not os.fspath(name_or_path).strip():
        raise ValueError(
            "`name_or_path` must be a bundled style, a run folder or a .keras file. "
            f"Received: {name_or_path!r}"
        )


def style_shares(name_or_path) -> dict[str, float]:
    """Return the share of each named style in what `load_generator` loads.

    Args:
        name_or_path: As for `load_generator`.

    Returns:
        Such as `{"anime": 0.6, "ukiyoe": 0.4}`; empty for a generator without style
        names.
    """
    given, path = str(name_or_path), Path(name_or_path)
    if given in presets.PRESETS:
        return {given: 1.0}
    if path.is_dir():
        return dict.fromkeys(run_style_names(path)[:1], 1.0)
    if is_style_of_run(path):
        return {path.name: 1.0}
    if path.exists() or path.suffix in KERAS_SUFFIXES:
        return {}
    return presets.parse_blend(given)


def is_bundled(given: str) -> bool:
    """Return whether a name is that of a bundled style or of a blend, not a path."""
    path = Path(given)
    if given in presets.PRESETS:
        return True
    if path.suffix in KERAS_SUFFIXES or path.name != given or path.exists():
        return False
    return not is_style_of_run(path)


def is_style_of_run(path: Path) -> bool:
    """Return whether a path is that of a style of a run folder, `RUN/STYLE`."""
    files = (OPTIONS_FILE, "config.json")
    is_run = any((path.parent / file).is_file() for file in files)
    return is_run and not path.exists() and path.suffix not in KERAS_SUFFIXES


def run_style_names(folder: Path) -> list[str]:
    """Read the names of the styles of a run folder.

    Raises:
        ValueError: If the file that has them is damaged.
    """
    if (folder / OPTIONS_FILE).is_file():
        return read_style_names(folder)
    # Older runs have them in the settings of the training, of which nothing else is
    # read: other settings may have been renamed since.
    path = folder / "config.json"
    if not path.is_file():
        return []
    try:
        return [style["name"] for style in read_json(path).get("styles", [])]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"Not the settings of a training: {str(path)!r}") from error


def choose_run_style(folder: Path, names: list[str], style: str | None) -> str | None:
    """Return the given style of a run folder, or its first one.

    Raises:
        ValueError: If it does not have the given one.
    """
    if style is not None and style not in names:
        raise ValueError(
            f"No style {style!r} in {str(folder)!r}. "
            f"It has: {', '.join(names) or 'one style without a name'}"
        )
    return style or (names[0] if names else None)


def _find_bundled(shares):
    styles = [presets.get_preset(name) for name in shares]
    gray = sum(shares[style.name] for style in styles if style.monochrome)
    return SavedStyle(presets.WEIGHTS_FOLDER / styles[0].folder, shares, gray)


def _find_in_run(folder, style):
    if not (folder / OPTIONS_FILE).is_file():
        return None
    chosen = choose_run_style(folder, read_style_names(folder), style)
    return SavedStyle(folder, {} if chosen is None else {chosen: 1.0})
