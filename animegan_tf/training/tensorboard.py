"""The log and the sample sheets of a run as event files for TensorBoard."""

import importlib.util
from collections.abc import Mapping

import numpy as np

FOLDER = "tensorboard"


def check_tensorboard() -> None:
    """Check that TensorBoard is installed.

    Raises:
        ModuleNotFoundError: If it is not.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise ModuleNotFoundError(
            'The setting `tensorboard` needs `pip install "animegan_tf[tensorboard]"`.'
        )


class TensorBoardLog:
    """Write scalars and images to event files.

    Args:
        folder: Folder of the event files, made at the first write.

    Raises:
        ModuleNotFoundError: If TensorBoard is not installed.
    """

    def __init__(self, folder):
        check_tensorboard()
        self._folder = str(folder)
        self._writer = None

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write scalars under the names of the log."""
        import tensorflow as tf

        with self._open().as_default(step=step):
            for name, value in scalars.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def log_image(self, step: int, name: str, image: np.ndarray) -> None:
        """Write a uint8 RGB image, `(height, width, 3)`."""
        import tensorflow as tf

        with self._open().as_default(step=step):
            tf.summary.image(name, image[np.newaxis])
        self._writer.flush()

    def _open(self):
        # TensorFlow takes seconds to import, and `check_tensorboard` does not need it.
        import tensorflow as tf

        # Not before the run folder is made.
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self._folder)
        return self._writer
