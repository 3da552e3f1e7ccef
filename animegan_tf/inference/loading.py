"""Find the network that a style's name, a run folder or a file stands for."""

from pathlib import Path

import keras
import numpy as np

# Importing the networks registers their layers, which loading a file needs.
import animegan_tf.models.generators  # noqa: F401
from animegan_tf import presets
from animegan_tf.config import read_config
from animegan_tf.inference.keras_file import check_keras_file
from animegan_tf.models.generators.anime import fold_style
from animegan_tf.utils.messages import reason_of


def load_generator(name_or_path) -> keras.Model:
    """Load the network of a bundled style, a run folder or a `.keras` file.

    Args:
        name_or_path: Name of a bundled style or a blend of several; a run folder; one
            style of a run folder, `RUN/STYLE`; or a `.keras` file. A folder that has a
            bundled style's name is reached as `./NAME`.

    Returns:
        A `keras.Model` from images to images. Of a run with several styles, the one
        named, or the first.

    Raises:
        FileNotFoundError: If there is no such path, or the run folder has no
            generator yet.
        ValueError: If it is no style's name, or the file holds no network.
    """
    given, path = str(name_or_path), Path(name_or_path)
    if given in presets.PRESETS:
        return presets.load_preset(given)
    if path.is_dir():
        return _load_run(path, None)
    if _is_style_of_run(path):
        return _load_run(path.parent, path.name)
    bare_word = path.suffix != ".keras" and Path(given).name == given
    if bare_word and not path.exists():
        return presets.load_preset(given)
    if not path.is_file():
        raise FileNotFoundError(f"No such run folder or .keras file: {given!r}")
    if path.suffix != ".keras":
        raise ValueError(f"Not a run folder or .keras file: {given!r}")
    return _load_file(path)


def style_shares(name_or_path) -> dict[str, float]:
    """Return the share of each named style in what `load_generator` loads.

    Args:
        name_or_path: As for `load_generator`.

    Returns:
        Such as `{"comic": 0.6, "oil": 0.4}`; empty for a network without names.
    """
    given, path = str(name_or_path), Path(name_or_path)
    if given in presets.PRESETS:
        return {given: 1.0}
    if path.is_dir():
        return dict.fromkeys(_style_names(path)[:1], 1.0)
    if _is_style_of_run(path):
        return {path.name: 1.0}
    if path.exists() or path.suffix == ".keras":
        return {}
    return presets.parse_blend(given)


def _is_style_of_run(path: Path) -> bool:
    return (path.parent / "config.json").is_file() and path.suffix != ".keras"


def _load_run(folder: Path, style: str | None) -> keras.Model:
    path = folder / "generator.keras"
    if not path.is_file():
        raise FileNotFoundError(
            f"The folder {str(folder)!r} has no generator.keras; a training writes it."
        )
    generator = _load_file(path)
    names = _style_names(folder)
    if style is not None and style not in names:
        raise ValueError(
            f"No style {style!r} in {str(folder)!r}. "
            f"It has: {', '.join(names) or 'one, without a name'}"
        )
    if not names:
        return generator
    chosen = style or names[0]
    return fold_style(generator, [float(name == chosen) for name in names])


def _style_names(folder: Path) -> list[str]:
    config = folder / "config.json"
    if not config.is_file():
        return []
    return [style.name for style in read_config(config).styles]


def _load_file(path: Path) -> keras.Model:
    try:
        check_keras_file(path)
        generator = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    # The file is a stranger's, and zipfile, h5py and Keras each have their own ways to
    # say what is wrong with it.
    except Exception as error:
        raise ValueError(
            f"Not a network that can be read: {str(path)!r} ({reason_of(error)})"
        ) from error
    if not all(np.isfinite(weight.numpy()).all() for weight in generator.weights):
        raise ValueError(f"The weights in {str(path)!r} are not finite.")
    return generator
