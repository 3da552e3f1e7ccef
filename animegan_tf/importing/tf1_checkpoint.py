"""Read the variables of TensorFlow 1 checkpoints, without their graph."""

import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from animegan_tf.utils.messages import reason_of

_INDEX = ".index"
_PART = re.compile(r"\.(?:index|meta|data-\d{5}-of-\d{5})$")
# What a training saves besides the networks: optimizers, counters, moving averages.
_EXTRA_NAME = re.compile(
    r"(?:^|/)(?:global_step|beta[12]_power(?:_\d+)?"
    r"|(?:Ada\w+|Ftrl|Momentum|NAdam|RMSProp)(?:_\d+)?|ExponentialMovingAverage)$"
)
_EXTRA_SCOPE = re.compile(r"(?:^|/)discriminator|(?:^|/)vgg", re.IGNORECASE)


def find_tf1_checkpoint(path) -> str | None:
    """Find a checkpoint of TensorFlow 1.

    Args:
        path: Its prefix, such as `Hayao-99.ckpt`; one of its files; or its folder, with
            a file `checkpoint` or the files of one checkpoint.

    Returns:
        The prefix of its files, or `None` if there is no checkpoint.

    Raises:
        ValueError: If a folder has several checkpoints and does not say which one.
    """
    path = Path(path)
    if not path.is_dir():
        prefix = _PART.sub("", str(path))
        return prefix if Path(prefix + _INDEX).is_file() else None
    prefixes = sorted(str(file)[: -len(_INDEX)] for file in path.glob("*" + _INDEX))
    latest = _read_latest(path / "checkpoint")
    if latest and str(path / latest) in prefixes:
        return str(path / latest)
    if len(prefixes) > 1:
        names = ", ".join(Path(prefix).name for prefix in prefixes)
        raise ValueError(
            f"The folder {str(path)!r} has several checkpoints; give the path of one: "
            f"{names}"
        )
    return prefixes[0] if prefixes else None


def read_tf1_checkpoint(prefix: str) -> dict[str, np.ndarray]:
    """Read the variables of the networks in a checkpoint.

    The variables of optimizers, moving averages, discriminators and VGG are left out.

    Args:
        prefix: Prefix of the files of the checkpoint.

    Returns:
        Dict from name to float array.

    Raises:
        ValueError: If the checkpoint is damaged, or a file is missing.
    """
    try:
        reader = tf.train.load_checkpoint(prefix)
        names = sorted(reader.get_variable_to_shape_map())
        dtypes = reader.get_variable_to_dtype_map()
        return {
            name: reader.get_tensor(name)
            for name in names
            if dtypes[name].is_floating
            and not _EXTRA_NAME.search(name)
            and not _EXTRA_SCOPE.search(name)
        }
    # TensorFlow raises its own errors for damaged files, and Python's.
    except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"Not a TensorFlow checkpoint that can be read: {prefix!r} "
            f"({reason_of(error)})"
        ) from error


def _read_latest(path: Path) -> str | None:
    """Read the name of the latest checkpoint; its folder may be on another machine."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r'^model_checkpoint_path: "([^"]*)"', text, re.MULTILINE)
    return re.split(r"[/\\]", found[1])[-1] if found else None
