"""Run ONNX models with OpenVINO or with ONNX Runtime."""

import contextlib
import os
import threading
from collections.abc import Callable

import numpy as np

from animegan_tf.utils.onnxruntime_import import import_onnxruntime
from animegan_tf.utils.openvino_import import compile_for_cpu

RUNTIMES = ("openvino", "onnxruntime")
# Precisions that each runtime computes faster than float32.
PRECISIONS = {
    "openvino": ("float32", "bfloat16", "int8"),
    "onnxruntime": ("float32",),
}

Run = Callable[..., list[np.ndarray]]


def open_session(model: bytes, runtime: str, precision: str = "float32") -> Run:
    """Load an ONNX model.

    It runs on all cores, or on as many threads as the environment variable
    `OMP_NUM_THREADS` says.

    Args:
        model: The model, as bytes.
        runtime: One of `RUNTIMES`.
        precision: One of `PRECISIONS[runtime]`: how the runtime computes what the model
            has in float32; `"int8"` for a quantized model.

    Returns:
        A function from the model's inputs, arrays in order, to the list of its outputs.
        It may be called from several threads.

    Raises:
        ModuleNotFoundError: If the runtime is not installed.
    """
    with reported_missing(runtime):
        if runtime == "openvino":
            return _open_openvino(model, precision)
        return _open_onnxruntime(model)


@contextlib.contextmanager
def reported_missing(runtime: str):
    """Name what to install if the block fails to import a package."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"The engine {runtime!r} needs `pip install {extra_of(runtime)}`. "
            f"Received: {error}"
        ) from error


def extra_of(runtime: str) -> str:
    """Return what to install for a runtime."""
    return {"openvino": '"animegan_tf[fast]"', "onnxruntime": "onnx onnxruntime"}[
        runtime
    ]


def _open_openvino(model, precision):
    # Parts that are not quantized are computed in half precision where the processor
    # can, which is exact enough between quantized convolutions.
    hint = "f32" if precision == "float32" else "bf16"
    options = {
        "INFERENCE_PRECISION_HINT": hint,
        "PERFORMANCE_HINT": "LATENCY",
        # Threads bound to a core wait for other programs that use it: on a busy
        # machine, images took 1.6 times as long.
        "ENABLE_CPU_PINNING": False,
    }
    if threads := _num_threads():
        options["INFERENCE_NUM_THREADS"] = threads
    compiled = compile_for_cpu(model, options)
    request = compiled.create_infer_request()
    # A request runs once at a time.
    lock = threading.Lock()

    def run(*inputs):
        with lock:
            results = request.infer(list(inputs), share_inputs=True)
            return [results[output] for output in compiled.outputs]

    return run


def _open_onnxruntime(model):
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    # Errors only; warnings go to standard error.
    options.log_severity_level = 3
    options.intra_op_num_threads = _num_threads()
    session = onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )
    names = [value.name for value in session.get_inputs()]

    def run(*inputs):
        return session.run(None, dict(zip(names, inputs, strict=True)))

    return run


def _num_threads() -> int:
    """Return the number of threads that the environment asks for, 0 for all cores.

    Neither runtime reads the variable itself.
    """
    value = os.environ.get("OMP_NUM_THREADS", "")
    return int(value) if value.isdecimal() else 0
