"""The hidden folder beside a film in the making: its finished parts, to go on from."""

import contextlib
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.imaging.image_io import atomic_path
from animegan_tf.utils.array_file import read_arrays
from animegan_tf.utils.json_file import read_json

_SETTINGS = "settings.json"


@dataclasses.dataclass(frozen=True)
class Part:
    """A finished stretch of film.

    Attributes:
        path: Its file.
        pts: Time of each frame in the order of showing, in ticks of the result.
        last_duration: Ticks for which the last frame is seen.
        order: Number of the frame in each packet, in the order of decoding.
        source_pts: Time of the last frame in the source's ticks.
        num_broken: Broken frames of the source up to here.
    """

    path: Path
    pts: list[int]
    last_duration: int
    order: list[int]
    source_pts: int
    num_broken: int


class PartsFolder:
    """Keep the finished parts of a film until it is put together.

    Args:
        target: The film's file; the folder lies beside it.
    """

    def __init__(self, target: Path):
        self.path = target.with_name(f".{target.name}.parts")

    @property
    def has_parts(self) -> bool:
        """Whether a part of an earlier run is there."""
        return any(self.path.glob("part_*.json"))

    def begin(self, settings: dict[str, Any]) -> None:
        """Make the folder anew for a film with these settings."""
        self.remove()
        self.path.mkdir()
        self._write_json(_SETTINGS, settings)

    def resume(self, settings: dict[str, Any]) -> list[Part]:
        """Return the parts of an earlier run, in order.

        Raises:
            ValueError: If there is none, or its settings were others.
        """
        path = self.path / _SETTINGS
        if not path.is_file():
            raise ValueError(f"Nothing to resume: no unfinished run in {self.path}")
        earlier = read_json(path)
        if not isinstance(earlier, dict):
            raise ValueError(self._damage(path))
        names = sorted(earlier.keys() | settings.keys())
        changed = [name for name in names if earlier.get(name) != settings.get(name)]
        if changed:
            name = changed[0]
            raise ValueError(
                f"The unfinished run had other settings: {', '.join(changed)}. "
                f"Received: {name}={settings.get(name)!r}, not {earlier.get(name)!r}"
            )
        return self._read_parts()

    def part_path(self, index: int) -> Path:
        """Name the file of a part."""
        return self.path / f"part_{index:05}.nut"

    def finish_part(self, part: Part, state: dict[str, np.ndarray]) -> None:
        """Note that a part is whole; only then a later run builds on it.

        Args:
            part: The part, its file written.
            state: What the smoothing remembers at its end.
        """
        stem = part.path.with_suffix("").name
        if state:
            with atomic_path(self.path / f"{stem}.npz") as temporary:
                np.savez(temporary, **state)
        values = dataclasses.asdict(part) | {"path": part.path.name}
        self._write_json(f"{stem}.json", values)
        for old in self.path.glob("part_*.npz"):
            if old.stem != stem:
                old.unlink()

    def read_state(self, part: Part) -> dict[str, np.ndarray]:
        """Read what the smoothing remembered at a part's end."""
        path = part.path.with_suffix(".npz")
        if not path.is_file():
            return {}
        return read_arrays(path)

    def remove(self) -> None:
        """Delete the folder."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.path)

    def _read_parts(self) -> list[Part]:
        parts = []
        for path in sorted(self.path.glob("part_*.json")):
            values = read_json(path)
            if not _is_part(values):
                raise ValueError(self._damage(path))
            parts.append(Part(**values | {"path": path.with_suffix(".nut")}))
        return parts

    def _damage(self, path) -> str:
        return f"Damaged file of an unfinished run, start anew: {str(path)!r}"

    def _write_json(self, name, values) -> None:
        with atomic_path(self.path / name) as temporary:
            temporary.write_text(json.dumps(values), encoding="utf-8")


def _is_part(values) -> bool:
    """Tell whether values are what `finish_part` writes."""
    fields = {field.name for field in dataclasses.fields(Part)}
    if not isinstance(values, dict) or values.keys() != fields:
        return False
    lists = [values["pts"], values["order"]]
    numbers = [values[n] for n in ("last_duration", "source_pts", "num_broken")]
    if not all(isinstance(some, list) and some for some in lists):
        return False
    return all(type(number) is int for number in sum(lists, numbers))
