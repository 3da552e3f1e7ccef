import sys

import numpy as np
import pytest

from animegan_tf.inference import engines
from animegan_tf.inference.engines import load_engine
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator


@pytest.fixture
def without(monkeypatch):
    """Make packages look as if they were not installed."""

    def remove(*names):
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return remove


@pytest.fixture
def with_runtimes():
    for name in ("onnx", "openvino", "onnxruntime"):
        pytest.importorskip(name)


def test_auto_is_tensorflow_without_another_runtime(run, without):
    without("openvino", "onnxruntime")
    assert load_engine(run).name == "tensorflow"


def test_auto_is_tensorflow_without_the_package_that_writes_graphs(run, without):
    without("onnx")
    assert load_engine(run).name == "tensorflow"


def test_auto_prefers_openvino(run, with_runtimes):
    assert load_engine(run).name == "openvino"


def test_auto_is_onnx_runtime_without_openvino(run, with_runtimes, without):
    without("openvino")
    assert load_engine(run).name == "onnxruntime"


@pytest.mark.parametrize(
    ("visible", "name"), [("0", "tensorflow"), ("", "openvino"), ("-1", "openvino")]
)
def test_auto_is_tensorflow_with_a_gpu_that_the_process_may_use(
    run, with_runtimes, monkeypatch, tmp_path, visible, name
):
    (tmp_path / "driver").write_bytes(b"")
    monkeypatch.setattr(engines, "_GPU_FILE", tmp_path / "driver")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert load_engine(run).name == name


@pytest.mark.parametrize("threads", ["1", "2", "none"])
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_number_of_threads_changes_no_image(
    run, with_runtimes, monkeypatch, engine, threads
):
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 48, 3), np.uint8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    expected = load_engine(run, engine)(image).astype(int)
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    difference = load_engine(run, engine)(image) - expected
    assert abs(difference).max() <= 1


def test_auto_is_tensorflow_for_a_precision_that_only_it_has(run):
    engine = load_engine(run, precision="float16")
    assert (engine.name, engine.precision) == ("tensorflow", "float16")


def test_auto_is_tensorflow_for_other_generators(tmp_path, identity_generator):
    options = {"name": "animegan_v2", "width": 2}
    save_generator(build_generator(**options), options, tmp_path / "run")
    identity_generator.save(tmp_path / "identity.keras")
    assert load_engine(tmp_path / "run").name == "tensorflow"
    assert load_engine(tmp_path / "identity.keras").name == "tensorflow"


def test_given_engine_refuses_other_generators(tmp_path, identity_generator):
    identity_generator.save(tmp_path / "identity.keras")
    with pytest.raises(ValueError, match="computes the default generator"):
        load_engine(tmp_path / "identity.keras", "openvino")


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engine_that_is_missing_is_named_with_its_extra(run, without, engine):
    without("openvino", "onnxruntime")
    with pytest.raises(ModuleNotFoundError, match=f"engine '{engine}' needs `pip"):
        load_engine(run, engine)


def test_graph_writer_that_is_missing_is_named_with_its_extra(run, without):
    without("onnx", "animegan_tf.inference.engines.onnx_graph")
    with pytest.raises(ModuleNotFoundError, match="needs `pip install"):
        load_engine(run, "openvino")


def test_int8_without_openvino_is_refused(run, without):
    without("openvino")
    with pytest.raises(ModuleNotFoundError, match=r"animegan_tf\[fast\]"):
        load_engine(run, precision="int8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "openvinno"}, "`engine` must be one of.*Did you mean 'openvino'"),
        ({"precision": "int4"}, "`precision` must be one of"),
        ({"engine": "tensorflow", "precision": "int8"}, "`precision` must be one of"),
    ],
)
def test_unknown_values_are_refused(run, options, message):
    with pytest.raises(ValueError, match=message):
        load_engine(run, **options)


def test_missing_path_is_reported_as_such(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_engine(tmp_path / "none.keras")


def test_stylizer_of_any_engine_has_the_keras_model(run, with_runtimes):
    stylizer = Stylizer.from_preset(run / "ink", engine="openvino")
    assert stylizer.styles == {"ink": 1.0}
    assert stylizer.license is None
    assert stylizer.generator.input_shape == (None, None, None, 3)
