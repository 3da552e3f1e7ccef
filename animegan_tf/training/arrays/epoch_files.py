"""Files of a training that counts epochs: a log, and the networks."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import keras

from animegan_tf.utils.atomic_path import atomic_path

SAVE_FORMATS = ("keras", "h5")
_NETWORK = re.compile(r"(generator|discriminator)_epoch_\d+\.(keras|h5)")


class EpochFiles:
    """Write the losses after each epoch, and the networks after some epochs.

    Args:
        folder: Folder of `metrics.jsonl` and the networks; `start` makes it. It must
            not hold those of another training.
        save_format: `"keras"`, or `"h5"` for the older files.
        every: Epochs between two saves of the networks, at least 1.
        last: Number of the last epoch, after which they are always saved.
        overwrite: Whether the files of another training are replaced.

    Attributes:
        folder: The folder.
        history: Lists of what was logged, not rounded, by name.

    Raises:
        FileExistsError: If there is another training, and `overwrite` is false.
        ValueError: If there is no such format.
    """

    def __init__(
        self,
        folder,
        save_format: str,
        *,
        every: int,
        last: int,
        overwrite: bool = False,
    ):
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
        if self._log.exists() and not overwrite:
            raise FileExistsError(
                f"`output_dir` already holds a training: {str(self.folder)!r}; name "
                "another folder, or pass overwrite=True"
            )

    def start(self) -> None:
        """Make the folder if it is missing, and an empty log in it.

        The networks of an earlier training are deleted, so that they are not taken for
        those of this one.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*_epoch_*"):
            if self._log.exists() and _NETWORK.fullmatch(path.name):
                path.unlink()
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
