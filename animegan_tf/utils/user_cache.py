"""Keep small results in the user's cache folder, if it can be written to."""

import contextlib
import json
import os
import sys
from pathlib import Path

from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.json_file import read_json

VARIABLE = "ANIMEGAN_TF_CACHE"


def user_cache_folder() -> Path:
    """Return the folder of cached files; it may not exist.

    It is that of the environment variable `ANIMEGAN_TF_CACHE`, or `animegan_tf` in the
    folder that the system has for caches.
    """
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.path.expanduser(base)) / "animegan_tf"


def read_cached(name: str):
    """Read a cached JSON value; `None` if there is none that can be read."""
    try:
        return read_json(user_cache_folder() / name)
    except (OSError, ValueError):
        return None


def write_cached(name: str, value) -> None:
    """Cache a JSON value; do nothing if the folder cannot be written to."""
    path = user_cache_folder() / name
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(value), encoding="utf-8")
