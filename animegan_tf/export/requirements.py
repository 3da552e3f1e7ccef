"""Import the packages that an export needs, or say what to install or use."""

import contextlib

# Formats that people look for here, and what to use instead.
NOT_OFFERED = {
    "tfjs": "its converter does not install beside TensorFlow 2.21; use onnx, which "
    "ONNX Runtime Web runs in browsers"
}


def check_offered(to: str) -> None:
    """Refuse a format that is not offered.

    Raises:
        ValueError: If it is one of `NOT_OFFERED`.
    """
    if to in NOT_OFFERED:
        raise ValueError(f"There is no export to {to}: {NOT_OFFERED[to]}")


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
