"""Finished parts of an unfinished video, kept on disk so that a run can be resumed."""

import contextlib
import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.utils.array_file import read_arrays
from animegan_tf.utils.atomic_path import atomic_path, is_temporary
from animegan_tf.utils.folder_lock import LOCK_NAME, FolderLock
from animegan_tf.utils.json_file import read_json

_SETTINGS = "settings.json"
_PART_FILE = re.compile(r"part_\d+\.(json|npz|nut)")


@dataclasses.dataclass(frozen=True)
class Part:
    """A finished part of a video.

    Attributes:
        path: Its file.
        pts: Timestamp of each frame in display order, in ticks of the output.
        last_duration: Ticks for which the last frame is shown.
        order: Frame index of each packet, in decoding order.
        source_pts: Timestamp of the last frame in ticks of the source.
        num_broken: Number of broken source frames up to the end of this part.
    """

    path: Path
    pts: list[int]
    last_duration: int
    order: list[int]
    source_pts: int
    num_broken: int


class PartsFolder:
    """A hidden folder beside the output that holds its finished parts.

    Args:
        target: Path of the output; the folder is in the same directory.
    """

    def __init__(self, target: Path):
        self.path = target.with_name(f".{target.name}.parts")
        self._target = target

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs to the same output from starting; make the folder.

        Raises:
            FileExistsError: If another run has it, or it has files of someone else.
        """
        lock = FolderLock(self.path)
        if not lock.acquire():
            raise FileExistsError(
                f"Another run is writing {str(self._target)!r}; name another output, "
                "or wait until it has finished"
            )
        try:
            foreign = [path for path in self.path.iterdir() if not _is_own(path)]
            if foreign:
                raise FileExistsError(
                    f"The folder {str(self.path)!r} of unfinished runs has another "
                    f"file, {foreign[0].name!r}; move it away, or name another output"
                )
            yield
        finally:
            lock.release()

    @property
    def has_parts(self) -> bool:
        """Whether the folder holds a finished part."""
        return any(self.path.glob("part_*.json"))

    def begin(self, settings: dict[str, Any]) -> None:
        """Create an empty folder for a run with these settings."""
        self.clear()
        self.path.mkdir(exist_ok=True)
        self._write_json(_SETTINGS, settings)

    def resume(self, settings: dict[str, Any]) -> list[Part]:
        """Return the parts of an earlier run, in order.

        Raises:
            ValueError: If there is no earlier run, its settings were different or a
                file is damaged.
        """
        path = self.path / _SETTINGS
        if not path.is_file():
            raise ValueError(f"Nothing to resume: no unfinished run in {self.path}")
        earlier = read_json(path)
        if not isinstance(earlier, dict):
            raise ValueError(_damage(path))
        names = sorted(earlier.keys() | settings.keys())
        changed = [name for name in names if earlier.get(name) != settings.get(name)]
        if changed:
            name = changed[0]
            raise ValueError(
                f"The unfinished run had different settings: {', '.join(changed)}. "
                f"Received: {name}={settings.get(name)!r}, not {earlier.get(name)!r}"
            )
        parts = []
        for path in sorted(self.path.glob("part_*.json")):
            values = read_json(path)
            if not _is_part(values):
                raise ValueError(_damage(path))
            parts.append(Part(**values | {"path": path.with_suffix(".nut")}))
        return parts

    def part_path(self, index: int) -> Path:
        """Return the path of a part's file."""
        return self.path / f"part_{index:05}.nut"

    def finish_part(self, part: Part, state: dict[str, np.ndarray]) -> None:
        """Record that a part is complete; only then is it used by a resumed run.

        Args:
            part: The part, whose file is written.
            state: State of the temporal smoother and face tracker after the part.
        """
        stem = part.path.stem
        if state:
            with atomic_path(self.path / f"{stem}.npz") as temporary:
                np.savez(temporary, **state)
        values = dataclasses.asdict(part) | {"path": part.path.name}
        self._write_json(f"{stem}.json", values)
        for old in self.path.glob("part_*.npz"):
            if old.stem != stem:
                old.unlink()

    def read_state(self, part: Part) -> dict[str, np.ndarray]:
        """Read the state that `finish_part` was given."""
        path = part.path.with_suffix(".npz")
        return read_arrays(path) if path.is_file() else {}

    def clear(self) -> None:
        """Delete the files of the run; at its end, `locked` deletes the folder."""
        for path in self.path.glob("*"):
            if _is_own(path) and path.name != LOCK_NAME:
                path.unlink()

    def _write_json(self, name, values) -> None:
        with atomic_path(self.path / name) as temporary:
            temporary.write_text(json.dumps(values), encoding="utf-8")


def _is_own(path: Path) -> bool:
    is_named = path.name in (_SETTINGS, LOCK_NAME) or _PART_FILE.fullmatch(path.name)
    return bool(is_named) or is_temporary(path)


def _damage(path) -> str:
    return (
        f"Damaged file of an unfinished run: {str(path)!r}; add --overwrite to start "
        "again"
    )


def _is_part(values) -> bool:
    """Check that values are what `finish_part` writes."""
    fields = {field.name for field in dataclasses.fields(Part)}
    if not isinstance(values, dict) or values.keys() != fields:
        return False
    lists = [values["pts"], values["order"]]
    numbers = [values[n] for n in ("last_duration", "source_pts", "num_broken")]
    if not all(isinstance(some, list) and some for some in lists):
        return False
    return all(type(number) is int for number in sum(lists, numbers))
