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

# A stack for signals that OpenVINO gives the thread is unmapped with the last model,
# and Python's handler would then run on memory of somebody else.
SIGNALS = """
import ctypes
import numpy as np
from onnx import TensorProto, helper
from animegan_tf.inference.engines.sessions import open_session

class Stack(ctypes.Structure):
    _fields_ = [
        ("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)
    ]

def stack():
    value = Stack()
    assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(value)) == 0
    return value.address, value.size

x, y = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [x], [y])
opset = helper.make_opsetid("", 17)
model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
before = stack()
for _ in range(2):
    run = open_session(model.SerializeToString(), "openvino")
    print(*run(np.float32([1, 2]))[0], stack() == before)
    del run
print(stack() == before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the structure is that of Linux")
def test_signals_keep_their_stack():
    pytest.importorskip("onnx")
    pytest.importorskip("openvino")
    result = subprocess.run(
        [sys.executable, "-c", SIGNALS], capture_output=True, text=True, timeout=300
    )
    lines = result.stdout.splitlines()
    assert lines == ["-1.0 -2.0 True", "-1.0 -2.0 True", "True"], result.stderr


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
