"""The folder of one training: settings, log, samples, checkpoints, generator."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from animegan_tf.config import read_config, to_dict, write_config
from animegan_tf.imaging.image_io import atomic_path, to_uint8, write_image
from animegan_tf.training.checkpoints import list_checkpoints
from animegan_tf.utils.json_file import parse_json

GENERATOR_FILE = "generator.keras"


class RunFolder:
    """Write and find the files of a training run.

    Args:
        path: The folder; `create` makes it.
    """

    def __init__(self, path):
        self.path = Path(path)

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    def check_new(self) -> None:
        """Check that no training has written here.

        Raises:
            ValueError: If one has.
        """
        if (self.path / "config.json").exists():
            raise ValueError(
                f"`run` already holds a training: {str(self.path)!r}. "
                "Add --resume to go on with it, or name another folder"
            )

    def create(self, config) -> None:
        """Make the folder and write the settings.

        Raises:
            ValueError: If a training has already written there.
        """
        self.check_new()
        self.path.mkdir(parents=True, exist_ok=True)
        write_config(config, self.path / "config.json")

    def reopen(self, config) -> None:
        """Check that the folder holds a training with these settings, and go on.

        The number of steps, and how often is logged, may differ.

        Raises:
            ValueError: If there is no training, or it has other settings.
        """
        if not (self.path / "config.json").exists():
            raise ValueError(f"Nothing to resume: no training in {str(self.path)!r}")
        old = to_dict(read_config(self.path / "config.json"))
        new = to_dict(config)
        for name in ("steps", "log_every", "sample_every", "checkpoint_every"):
            old.pop(name), new.pop(name)
        changed = sorted(name for name in new if old.get(name) != new[name])
        if changed:
            raise ValueError(
                f"`run` was trained with other settings of {', '.join(changed)}. "
                f"Resume with those in {str(self.path / 'config.json')!r}"
            )
        write_config(config, self.path / "config.json")

    def latest_checkpoint(self) -> Path | None:
        """Return the newest checkpoint."""
        found = list_checkpoints(self.checkpoints)
        return found[-1][1] if found else None

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Append one line to `metrics.jsonl`."""
        line = {"step": step} | {k: round(float(v), 6) for k, v in scalars.items()}
        with open(self.path / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop log lines of updates that a checkpoint does not have."""
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
        """Write a sheet: one row a picture, one column each of `columns`.

        Args:
            step: Number of updates made.
            columns: Float batches in [-1, 1], `(batch, height, width, 3)`, all alike.
        """
        folder = self.path / "samples"
        folder.mkdir(exist_ok=True)
        rows = np.concatenate([np.asarray(c, np.float32) for c in columns], axis=2)
        sheet = to_uint8(np.concatenate(list(rows), axis=0))
        return write_image(sheet, folder / f"step_{step:06d}.png")

    def write_generator(self, generator) -> Path:
        """Write `generator.keras`: all that inference needs."""
        path = self.path / GENERATOR_FILE
        with atomic_path(path) as temporary:
            generator.save(temporary)
        return path


def _step_of(line: str) -> float:
    with contextlib.suppress(ValueError):
        values = parse_json(line)
        if isinstance(values, dict) and isinstance(values.get("step"), int):
            return values["step"]
    # A line cut short by a crash belongs to no step.
    return float("inf")
