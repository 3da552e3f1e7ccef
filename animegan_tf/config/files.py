"""Settings in JSON files."""

import json
from pathlib import Path

from animegan_tf.config.conversion import from_dict, to_dict
from animegan_tf.config.training import TrainingConfig
from animegan_tf.utils.json_file import read_json


def write_config(config, path) -> None:
    """Write a config as JSON."""
    Path(path).write_text(json.dumps(to_dict(config), indent=2) + "\n")


def read_config(path, kind: type = TrainingConfig):
    """Read what `write_config` wrote.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not JSON or not such a config.
    """
    values = read_json(path)
    try:
        return from_dict(kind, values)
    except ValueError as error:
        raise ValueError(f"{error} (in {str(path)!r})") from error
