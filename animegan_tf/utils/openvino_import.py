"""Import OpenVINO without its telemetry."""

import sys

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
