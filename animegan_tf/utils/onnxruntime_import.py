"""Import ONNX Runtime without its telemetry."""

import os


def import_onnxruntime():
    """Import ONNX Runtime; its official builds would else send events on their use.

    Returns:
        The module.

    Raises:
        ImportError: If it is not installed.

    Reference: "Privacy", in the documentation of ONNX Runtime.
    """
    # Read when the library is loaded; the call is for builds that do not read it.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    if os.environ["ORT_DISABLE_TELEMETRY"] != "0":
        onnxruntime.disable_telemetry_events()
    return onnxruntime
