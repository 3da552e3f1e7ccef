"""Engines: the runtimes that compute a generator, and the choice between them."""

import importlib.util
import os
from pathlib import Path

from animegan_tf.inference.engines.anime_network import (
    AnimeNetwork,
    read_anime_network,
)
from animegan_tf.inference.engines.onnx_engine import AUTO, INT8, OnnxEngine
from animegan_tf.inference.engines.sessions import PRECISIONS, RUNTIMES, extra_of
from animegan_tf.inference.style_source import find_saved_style
from animegan_tf.models.arguments import check_choice
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

TENSORFLOW = "tensorflow"
ENGINES = (AUTO, TENSORFLOW, *RUNTIMES)
# All precisions of any engine.
ALL_PRECISIONS = ("float32", "bfloat16", "float16", INT8)
# Linux has this file where the driver of a GPU is loaded.
_GPU_FILE = Path("/dev/nvidiactl")


def load_engine(name_or_path, engine: str = AUTO, precision: str = "float32"):
    """Load a generator into the engine that is to compute it.

    Args:
        name_or_path: As for `load_generator`.
        engine: One of `ENGINES`. `"auto"` is the first of `RUNTIMES` that is installed
            and has the precision, if the generator is a default one and there is no
            GPU; otherwise TensorFlow.
        precision: One of `ALL_PRECISIONS`, or `"auto"`.

    Returns:
        A `TensorFlowEngine` or `OnnxEngine`: a function from uint8 or uint16 images,
        `(batch, height, width, 3)`, to the same.

    Raises:
        FileNotFoundError: If there is no such path.
        ModuleNotFoundError: If the given engine is not installed, or none that has the
            precision.
        ValueError: If there is no such style, the file is damaged, or the engine does
            not have the precision or cannot compute the generator.
    """
    check_choice(ENGINES, engine=engine)
    check_choice((*ALL_PRECISIONS, AUTO), precision=precision)
    runtime = _choose_runtime(precision) if engine == AUTO else engine
    if runtime != TENSORFLOW:
        network = _read_network(name_or_path)
        if network is not None:
            return OnnxEngine(network, runtime, precision)
        if engine != AUTO or precision == INT8:
            raise ValueError(
                f"The engine {runtime!r} computes the default generator, in a run "
                f"folder or bundled. Received: {str(name_or_path)!r}; use "
                "engine='tensorflow'"
            )
    import_tensorflow_quietly()
    from animegan_tf.inference.engines.tensorflow_engine import TensorFlowEngine
    from animegan_tf.inference.loading import load_generator

    return TensorFlowEngine(load_generator(name_or_path), precision)


def installed_runtimes() -> list[str]:
    """List the runtimes that can be imported, the fastest first."""
    # The graph is written with the package `onnx`.
    if importlib.util.find_spec("onnx") is None:
        return []
    return [name for name in RUNTIMES if importlib.util.find_spec(name) is not None]


def _choose_runtime(precision):
    """Return the runtime for a precision, or TensorFlow."""
    able = [
        name for name in installed_runtimes() if precision in (*PRECISIONS[name], AUTO)
    ]
    if precision == INT8 and not able:
        raise ModuleNotFoundError(
            f"The precision 'int8' needs `pip install {extra_of(RUNTIMES[0])}`."
        )
    if precision != INT8 and _has_gpu():
        return TENSORFLOW
    return able[0] if able else TENSORFLOW


def _has_gpu():
    """Return whether there is a GPU that is not hidden from this process."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return _GPU_FILE.exists() and not hidden


def _read_network(name_or_path) -> AnimeNetwork | None:
    style = find_saved_style(name_or_path)
    return None if style is None else read_anime_network(style)
