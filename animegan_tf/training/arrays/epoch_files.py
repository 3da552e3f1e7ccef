"""Files of a training that counts epochs: a log, and the networks."""

import json
from collections.abc import Mapping
from pathlib import Path

import keras

from animegan_tf.utils.atomic_path import atomic_path

SAVE_FORMATS = ("keras", "h5")


class EpochFiles:
    """Write the losses after each epoch, and the networks after some epochs.

    Args:
        folder: Folder of `metrics.jsonl` and the networks; `start` makes it.
        save_format: `"keras"`, or `"h5"` for the older files.
        every: Epochs between two saves of the networks, at least 1.
        last: Number of the last epoch, after which they are always saved.

    Attributes:
        folder: The folder.
        history: Lists of what was logged, not rounded, by name.

    Raises:
        ValueError: If there is no such format.
    """

    def __init__(self, folder, save_format: str, *, every: int, last: int):
        if save_format not in SAVE_FORMATS:
            raise ValueError(
                f"`save_format` must be one of {', '.join(SAVE_FORMATS)}. "
                f"Received: save_format={save_format!r}"
            )
        self.folder = Path(folder)
        self.history: dict[str, list[float]] = {}
        self._save_format = save_format
        self._every = every
        self._last = last

    def start(self) -> None:
        """Make the folder if it is missing, and an empty log in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._log.write_text("")

    def log(self, epoch: int, losses: Mapping[str, float]) -> None:
        """Append one line to `metrics.jsonl`."""
        line = {"epoch": epoch} | {k: round(value, 6) for k, value in losses.items()}
        with open(self._log, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        for name, value in losses.items():
            self.history.setdefault(name, []).append(value)

    def save(self, epoch: int, **networks: keras.Model) -> None:
        """Save each network as `{name}_epoch_{epoch}`, if it is their turn."""
        if epoch % self._every and epoch != self._last:
            return
        for name, network in networks.items():
            path = self.folder / f"{name}_epoch_{epoch}.{self._save_format}"
            with atomic_path(path) as temporary:
                network.save(temporary)

    @property
    def _log(self) -> Path:
        return self.folder / "metrics.jsonl"
