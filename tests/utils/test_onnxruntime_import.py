import os
import subprocess
import sys

import pytest

CODE = """
import os, sys
from animegan_tf.utils.onnxruntime_import import import_onnxruntime
assert import_onnxruntime() is sys.modules["onnxruntime"]
print(os.environ["ORT_DISABLE_TELEMETRY"])
"""


@pytest.mark.parametrize("given", [None, "0"])
def test_telemetry_is_off_unless_the_user_decides_otherwise(given):
    pytest.importorskip("onnxruntime")
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {} if given is None else {"ORT_DISABLE_TELEMETRY": given}
    result = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=environment
    )
    assert result.stdout.strip() == (given or "1"), result.stderr
