"""Check and describe a training before TensorFlow, which takes seconds, is loaded."""

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from animegan_tf.config import BUNDLED, TrainingConfig
from animegan_tf.data.array_images import is_array_file
from animegan_tf.data.datasets.arrays import ImageArray
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import open_image
from animegan_tf.inference.style_source import is_bundled
from animegan_tf.presets import parse_blend
from animegan_tf.recipes.names import check_known_names
from animegan_tf.training.tensorboard import check_tensorboard
from animegan_tf.utils.user_cache import read_cached, write_cached

# Only headers are read, of an evenly spaced subset.
_MAX_MEASURED = 64
_TIMES_FILE = "training_times.json"
# Fewer steps are dominated by the start of the training.
_MIN_TIMED_STEPS = 50


@dataclasses.dataclass(frozen=True)
class FolderSummary:
    """What is known of a folder of images without decoding them.

    Attributes:
        count: Number of image files.
        smallest: `(width, height)` of the image with the shortest side, among those
            measured; `None` if none could be read.
        median_side: Median of the short sides in pixels.
        num_small: Number of measured images whose short side is less than the crop.
        num_measured: Number of images measured.
        num_bytes: Size of all files.
    """

    count: int
    smallest: tuple[int, int] | None
    median_side: int
    num_small: int
    num_measured: int
    num_bytes: int


def check_training(config: TrainingConfig) -> None:
    """Refuse unknown names, and folders that are missing or hold no images.

    Raises:
        FileNotFoundError: If a folder or file that a setting names does not exist.
        ModuleNotFoundError: If TensorBoard is asked for and not installed.
        ValueError: If a name is unknown, or a folder holds no images.
    """
    if config.tensorboard:
        check_tensorboard()
    check_known_names(config)
    for name, folder in image_folders(config).items():
        expected = f"`{name}` must be a folder of images"
        if not folder.exists():
            raise FileNotFoundError(
                f"{expected}; this one does not exist. Received: {name}={str(folder)!r}"
            )
        if not folder.is_dir() and not is_array_file(folder):
            raise ValueError(
                f"{expected}, not a file. Received: {name}={str(folder)!r}"
            )
        if folder.is_dir() and not list_images(folder, recursive=True):
            raise ValueError(
                f"{expected}. Received: {name}={str(folder)!r}, which holds none"
            )
    if config.initial in ("", BUNDLED):
        return
    if is_bundled(config.initial):
        parse_blend(config.initial)
    else:
        path = Path(config.initial)
        # A style of a run, `RUN/STYLE`, is no path itself.
        if not path.exists() and not path.parent.is_dir():
            raise FileNotFoundError(
                "`initial` must be a style, a run folder or a .keras file. "
                f"Received: initial={config.initial!r}"
            )


def image_folders(config: TrainingConfig) -> dict[str, Path]:
    """Return the folders of images that settings name, by setting."""
    data = config.data
    folders = {"photos": data.photos, "style": data.style}
    if isinstance(data.validation, str):
        folders["validation"] = data.validation
    for style in getattr(config, "styles", ()):
        folders[f"styles.{style.name}"] = style.images
    return {name: Path(folder) for name, folder in folders.items() if folder}


def describe_training(config: TrainingConfig, run) -> list[str]:
    """Describe the images, the disk and the expected duration of a training.

    Args:
        config: Settings, checked.
        run: Folder of the run.

    Returns:
        Lines of text; warnings begin with "warning:".
    """
    crop = config.data.crop_size
    lines = []
    for name, folder in image_folders(config).items():
        if is_array_file(folder):
            shape = ImageArray(folder, argument=name).shape
            lines.append(f"{name}: {shape[0]} images of {shape[2]}x{shape[1]} pixels")
            continue
        summary = summarize_folder(folder, crop)
        lines.append(f"{name}: {_describe(summary)} in {folder}")
        if summary.num_small:
            lines.append(
                f"warning: {summary.num_small} of {summary.num_measured} images of "
                f"{name} are smaller than the crops of {crop} pixels"
            )
    lines.append(
        f"steps: {config.steps:,}, batches of {config.data.batch_size} crops of "
        f"{crop}x{crop} pixels"
    )
    existing = next(p for p in [Path(run), *Path(run).absolute().parents] if p.exists())
    free = shutil.disk_usage(existing).free
    lines.append(f"disk: {_in_units(free)} free for {run}")
    seconds = seconds_per_step(config)
    if seconds is None:
        lines.append(
            "time: not known on this machine before its first such training; the "
            "progress bar estimates it"
        )
    else:
        lines.append(
            f"time: about {_duration(seconds * config.steps)}, at {seconds:.2g} s a "
            "step, as in the last such training on this machine"
        )
    return lines


def summarize_folder(folder: Path, crop_size: int) -> FolderSummary:
    """Count the images of a folder, and measure some from their headers."""
    paths = list_images(folder, recursive=True)
    sizes = []
    for path in paths[:: max(1, -(-len(paths) // _MAX_MEASURED))]:
        try:
            with open_image(path) as image:
                sizes.append(image.size)
        except (OSError, ValueError):
            # The training itself reports files that cannot be read.
            continue
    sides = sorted(min(size) for size in sizes)
    return FolderSummary(
        count=len(paths),
        smallest=min(sizes, key=min) if sizes else None,
        median_side=sides[len(sides) // 2] if sides else 0,
        num_small=sum(side < crop_size for side in sides),
        num_measured=len(sizes),
        num_bytes=sum(path.stat().st_size for path in paths),
    )


def seconds_per_step(config: TrainingConfig) -> float | None:
    """Return the duration of a step in the last such training, if there was one."""
    times = read_cached(_TIMES_FILE)
    value = times.get(_kind_of(config)) if isinstance(times, dict) else None
    return value if isinstance(value, float) and value > 0.0 else None


def record_duration(config: TrainingConfig, steps: int, seconds: float) -> None:
    """Keep the duration of a training for later estimates.

    Args:
        config: Its settings.
        steps: Steps that it made.
        seconds: Their duration.
    """
    if steps < _MIN_TIMED_STEPS:
        return
    times = read_cached(_TIMES_FILE)
    times = times if isinstance(times, dict) else {}
    write_cached(_TIMES_FILE, times | {_kind_of(config): seconds / steps})


def changed_settings(
    values: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings that differ from others, in groups as they are."""
    changed = {}
    for name, value in values.items():
        default = defaults.get(name)
        if isinstance(value, Mapping) and isinstance(default, Mapping) and default:
            value = changed_settings(value, default)
            if value:
                changed[name] = value
        elif value != default:
            changed[name] = value
    return changed


def _kind_of(config) -> str:
    """Describe what determines the duration of a step."""
    data = config.data
    parts = (config.recipe, config.generator, data.batch_size, data.crop_size)
    return " ".join(map(str, (*parts, config.precision)))


def _describe(summary: FolderSummary) -> str:
    if summary.smallest is None:
        return f"{summary.count} images"
    width, height = summary.smallest
    return (
        f"{summary.count} images, {_in_units(summary.num_bytes)}, short sides of "
        f"{summary.median_side} pixels (median), smallest {width}x{height},"
    )


def _in_units(num_bytes: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if num_bytes < 1000:
            return f"{num_bytes:.0f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} GB"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{max(1, round(seconds))} s"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
