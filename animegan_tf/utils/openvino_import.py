"""Import OpenVINO without its telemetry, and compile with it."""

import sys
from concurrent.futures import ThreadPoolExecutor

_TELEMETRY = "openvino_telemetry"


def import_openvino():
    """Import OpenVINO, which otherwise reports each import to its makers.

    It would also leave files in the user's home folder.

    Returns:
        The module `openvino`.

    Raises:
        ModuleNotFoundError: If OpenVINO is not installed.
    """
    is_hidden = _TELEMETRY not in sys.modules
    if is_hidden:
        # OpenVINO goes without a package that cannot be imported.
        sys.modules[_TELEMETRY] = None
    try:
        import openvino
    finally:
        if is_hidden:
            del sys.modules[_TELEMETRY]
    return openvino


def compile_for_cpu(model, options):
    """Compile a model with OpenVINO.

    The first model for the processor, and each one after all others are deleted, gives
    the thread that compiles it another stack for signals, which OpenVINO unmaps later
    without giving the old one back: Ctrl-C would then end Python by a segmentation
    fault. So a thread of its own compiles.

    Args:
        model: What `Core.read_model` takes: a path, or the bytes of a model.
        options: OpenVINO's properties.

    Returns:
        The `openvino.CompiledModel`.
    """
    openvino = import_openvino()

    def compile_model():
        core = openvino.Core()
        return core.compile_model(core.read_model(model), "CPU", options)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(compile_model).result()
