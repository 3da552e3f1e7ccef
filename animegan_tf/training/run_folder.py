"""The folder of one training: settings, log, samples, checkpoints, generator."""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.imaging.arrays import to_uint8
from animegan_tf.imaging.writing import write_image
from animegan_tf.training.checkpoints import list_checkpoints
from animegan_tf.training.tensorboard import TensorBoardLog
from animegan_tf.utils.atomic_path import atomic_path, is_temporary
from animegan_tf.utils.folder_lock import FolderLock
from animegan_tf.utils.json_file import parse_json, read_json

# Enough of a file's start to tell two images apart, little enough to read thousands.
_DIGEST_BYTES = 2**20
# Settings that a resumed training may change: none of them changes what it learns.
_RESUMABLE = (
    "steps",
    "log_every",
    "sample_every",
    "checkpoint_every",
    "tensorboard",
    "distribution",
)


class RunFolder:
    """Write and read the files of a training run.

    Args:
        path: The folder; `create` makes it.
        mirror: Further place of the log and the sample sheets, or `None`.
    """

    def __init__(self, path, mirror: TensorBoardLog | None = None):
        self.path = Path(path)
        self.mirror = mirror

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other trainings from the folder; delete what a killed one left half.

        Raises:
            FileExistsError: If another training is running in it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(self.path)
        if not lock.acquire():
            raise FileExistsError(
                f"Another training is running in {str(self.path)!r}; name another "
                "folder, or wait until it has ended"
            )
        try:
            for folder in (".", "checkpoints", "samples", "cache"):
                for path in (self.path / folder).glob(".*"):
                    if is_temporary(path):
                        path.unlink()
            yield
        finally:
            lock.release()

    def check_new(self) -> None:
        """Check that the folder holds no training.

        Raises:
            ValueError: If it does.
        """
        if (self.path / "config.json").exists():
            raise ValueError(
                f"`run` already holds a training: {str(self.path)!r}. "
                "Add --resume to continue it, or name another folder"
            )

    def create(self, settings: Mapping[str, Any]) -> None:
        """Make the folder and write the settings.

        Raises:
            ValueError: If it already holds a training.
        """
        self.check_new()
        self.path.mkdir(parents=True, exist_ok=True)
        self.write_settings(settings)

    def read_settings(self) -> dict[str, Any]:
        """Read the settings of the training.

        Raises:
            ValueError: If there is no training, or its settings cannot be read.
        """
        path = self.path / "config.json"
        if not path.exists():
            raise ValueError(f"Nothing to resume: no training in {str(self.path)!r}")
        values = read_json(path)
        if not isinstance(values, dict):
            raise ValueError(f"Not the settings of a training: {str(path)!r}")
        return values

    def check_settings(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """Check that settings of a training may replace those that it began with.

        Raises:
            ValueError: If others than its length and its outputs differ.
        """
        changed = sorted(
            name
            for name in set(before) | set(now)
            if name not in _RESUMABLE and before.get(name) != now.get(name)
        )
        if changed:
            raise ValueError(
                f"`run` was trained with other settings of {', '.join(changed)}. "
                f"Resume with those in {str(self.path / 'config.json')!r}"
            )

    def write_settings(self, settings: Mapping[str, Any]) -> None:
        """Write the settings of the training."""
        self._write_json("config.json", settings)

    def write_inputs(self, files: Iterable[Path]) -> None:
        """Record the files that the training reads, for `check_inputs`."""
        self._write_json("inputs.json", {str(path): _digest(path) for path in files})

    def check_inputs(self, files: Iterable[Path]) -> None:
        """Check that the training's files are those that it began with.

        Raises:
            ValueError: If files were added, removed or changed; it names them.
        """
        path = self.path / "inputs.json"
        # Version 0.1 recorded none.
        if not path.exists():
            self.write_inputs(files)
            return
        before = read_json(path)
        now = {str(path): _digest(path) for path in files}
        differences = {
            "added": sorted(set(now) - set(before)),
            "removed": sorted(set(before) - set(now)),
            "changed": sorted(n for n in set(now) & set(before) if now[n] != before[n]),
        }
        found = [
            f"{len(names)} {kind}, such as {names[0]!r}"
            for kind, names in differences.items()
            if names
        ]
        if found:
            raise ValueError(
                f"The images of the training in {str(self.path)!r} are not those that "
                f"it began with: {'; '.join(found)}. Put them back, or start a new "
                f"training with --set initial={str(self.path)!r}"
            )

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Append one line to `metrics.jsonl`."""
        line = {"step": step} | {k: round(float(v), 6) for k, v in scalars.items()}
        with open(self.path / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self.mirror is not None:
            self.mirror.log(step, scalars)

    def last_logged(self, name: str) -> float | None:
        """Return the last value of a scalar in the log, or `None`."""
        value = None
        for line in self.read_log():
            value = line.get(name, value)
        return value

    def read_log(self) -> list[dict[str, float]]:
        """Read the lines of `metrics.jsonl`; those that are damaged are left out."""
        path = self.path / "metrics.jsonl"
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = (line for line in text.splitlines() if _step_of(line) < float("inf"))
        return [parse_json(line) for line in lines]

    def forget_after(self, step: int) -> None:
        """Drop the log lines of steps after a checkpoint."""
        path = self.path / "metrics.jsonl"
        if not path.exists():
            return
        # Bytes that are no text make a line that belongs to no step.
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if _step_of(line) <= step]
        with atomic_path(path) as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")

    def write_samples(self, step: int, columns) -> Path:
        """Write a sheet of sample images, one row per sample, and `preview.png`.

        A viewer that follows `preview.png` always finds a whole image.

        Args:
            step: Number of training steps made.
            columns: Float batches in [-1, 1], `(batch, height, width, 3)`, all of one
                shape.
        """
        folder = self.path / "samples"
        folder.mkdir(exist_ok=True)
        rows = np.concatenate([np.asarray(c, np.float32) for c in columns], axis=2)
        sheet = to_uint8(np.concatenate(list(rows), axis=0))
        with atomic_path(self.path / "preview.png") as temporary:
            write_image(sheet, temporary)
        if self.mirror is not None:
            self.mirror.log_image(step, "samples", sheet)
        return write_image(sheet, folder / f"step_{step:06d}.png")

    def latest_checkpoint(self) -> Path | None:
        """Return the newest checkpoint."""
        found = list_checkpoints(self.checkpoints)
        return found[-1][1] if found else None

    def _write_json(self, name: str, values) -> None:
        with atomic_path(self.path / name) as temporary:
            text = json.dumps(values, indent=2) + "\n"
            temporary.write_text(text, encoding="utf-8")


def _digest(path: Path) -> str:
    """Describe a file's content by its size and a hash of its first megabyte."""
    with path.open("rb") as file:
        start = file.read(_DIGEST_BYTES)
    return f"{path.stat().st_size}-{hashlib.blake2b(start, digest_size=8).hexdigest()}"


def _step_of(line: str) -> float:
    with contextlib.suppress(ValueError):
        values = parse_json(line)
        if isinstance(values, dict) and isinstance(values.get("step"), int):
            return values["step"]
    # A line cut short by a crash belongs to no step.
    return float("inf")
