"""Event files for TensorBoard, read back by TensorBoard itself."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.tensorboard import TensorBoardLog, check_tensorboard

event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator"
)


def read_events(folder):
    """Return `{name: [(step, value)]}` of the event files of a folder."""
    events = event_accumulator.EventAccumulator(str(folder), {"tensors": 0})
    events.Reload()
    return {
        name: [(e.step, tf.make_ndarray(e.tensor_proto)) for e in events.Tensors(name)]
        for name in events.Tags()["tensors"]
    }


def test_scalars_have_the_names_values_and_steps_of_the_log(tmp_path):
    folder = tmp_path / "tensorboard"
    run = RunFolder(tmp_path, TensorBoardLog(folder))
    run.log(20, {"total": 1.5, "validation_l1": 0.25})
    run.log(40, {"total": 1.25})
    events = read_events(folder)
    assert events == {
        "total": [(20, 1.5), (40, 1.25)],
        "validation_l1": [(20, 0.25)],
    }
    assert run.read_log()[1] == {"step": 40, "total": 1.25}


def test_sample_sheets_are_images(tmp_path):
    folder = tmp_path / "tensorboard"
    run = RunFolder(tmp_path, TensorBoardLog(folder))
    columns = np.random.default_rng(0).uniform(-1, 1, (2, 3, 8, 8, 3))
    path = run.write_samples(7, list(columns))
    ((step, (width, height, png)),) = read_events(folder)["samples"]
    assert (step, int(width), int(height)) == (7, 16, 24)
    sheet = tf.io.decode_png(tf.io.read_file(str(path)))
    np.testing.assert_array_equal(tf.io.decode_png(png), sheet)


def test_without_tensorboard_nothing_else_is_written(tmp_path):
    RunFolder(tmp_path).log(1, {"total": 1.0})
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_a_log_that_is_never_written_makes_no_folder(tmp_path):
    TensorBoardLog(tmp_path / "tensorboard")
    assert not (tmp_path / "tensorboard").exists()


def test_without_the_package_the_extra_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n: None if n == "tensorboard" else find(n)
    )
    with pytest.raises(ModuleNotFoundError, match=r"animegan_tf\[tensorboard\]"):
        check_tensorboard()
