"""Read JSON from untrusted sources."""

import json
from pathlib import Path

from animegan_tf.utils.messages import reason_of


def parse_json(text: str):
    """Parse JSON.

    Raises:
        ValueError: If the text is not JSON, or nested too deeply to parse.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_json(path):
    """Read a JSON file, in UTF-8 with or without a byte order mark.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not JSON.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No such JSON file. Received: {str(path)!r}")
    try:
        return parse_json(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(
            f"Not a JSON file: {str(path)!r} ({reason_of(error)})"
        ) from error
