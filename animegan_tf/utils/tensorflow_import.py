"""Import TensorFlow without its greetings."""

import contextlib
import os
import sys
import tempfile


def import_tensorflow_quietly() -> None:
    """Import TensorFlow and Keras; show what that prints only if it fails."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _hold_back_stderr():
        import keras  # noqa: F401
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")


@contextlib.contextmanager
def _hold_back_stderr():
    """Keep the process's standard error from the screen unless the block fails."""
    # TensorFlow's C++ part writes to the descriptor itself, some lines whatever
    # TF_CPP_MIN_LOG_LEVEL says, so replacing sys.stderr would not catch them.
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            os.dup2(screen, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(screen, 2)
            os.close(screen)
