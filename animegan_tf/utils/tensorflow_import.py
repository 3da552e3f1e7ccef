"""Import TensorFlow without its startup messages."""

import contextlib
import os
import sys
import tempfile


def import_tensorflow_quietly() -> None:
    """Import TensorFlow and Keras, hiding their startup messages unless it fails."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _buffer_stderr():
        import keras  # noqa: F401
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")


@contextlib.contextmanager
def _buffer_stderr():
    """Redirect standard error of the process, and show it only if the block fails."""
    # TensorFlow's C++ code writes to the file descriptor, some lines regardless of
    # TF_CPP_MIN_LOG_LEVEL, so replacing sys.stderr would not catch them.
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        except Exception:
            os.dup2(stderr, 2)
            buffer.seek(0)
            os.write(2, buffer.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
