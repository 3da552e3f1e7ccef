"""Import the packages that an export needs, or say what to install."""

import contextlib


@contextlib.contextmanager
def reported_missing(purpose: str):
    """Turn a missing package into one line that names the extra `export`.

    Args:
        purpose: What needs the package, such as `"Exporting to onnx"`.

    Raises:
        ModuleNotFoundError: If the block fails to import a package.
    """
    try:
        yield
    except ImportError as error:
        raise ModuleNotFoundError(
            f'{purpose} needs `pip install "animegan_tf[export]"`. Received: {error}'
        ) from error
