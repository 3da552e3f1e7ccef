import subprocess
import sys

import pytest

CODE = """
import socket, sys
from animegan_tf.inference.engines import load_engine

def refuse(*arguments, **options):
    print("connects")

socket.socket.connect = refuse
print(load_engine("anime", "openvino").name)
import openvino.tools.ovc
print("openvino_telemetry" in sys.modules)
"""


@pytest.mark.slow
def test_openvino_sends_nothing_and_leaves_no_files_at_home(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("openvino")
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.stdout.split() == ["openvino", "False"], result.stderr
    assert result.stderr == ""
    assert [path.name for path in tmp_path.iterdir() if path.name != ".cache"] == []


def test_missing_openvino_is_not_hidden(monkeypatch):
    from animegan_tf.utils.openvino_import import import_openvino

    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "openvino_telemetry", raising=False)
    with pytest.raises(ModuleNotFoundError):
        import_openvino()
    assert "openvino_telemetry" not in sys.modules
