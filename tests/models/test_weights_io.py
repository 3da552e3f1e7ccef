import keras
import numpy as np
import pytest

from animegan_tf.models.weights_io import load_weights_npz, save_weights_npz


def build_network(width=4):
    """Build a network with unnamed layers, which Keras numbers consecutively."""
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(width, 3)(images)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(images, keras.layers.Conv2D(3, 1)(x))


def weights_of(model):
    return [weight.numpy() for weight in model.weights]


def test_float32_restores_every_weight_exactly(tmp_path):
    source, target = build_network(), build_network()
    path = save_weights_npz(source, tmp_path / "w.npz", dtype="float32")
    load_weights_npz(target, path)
    for stored, loaded in zip(weights_of(source), weights_of(target), strict=True):
        assert np.array_equal(stored, loaded)


def test_float16_rounds_each_weight(tmp_path):
    source, target = build_network(), build_network()
    load_weights_npz(target, save_weights_npz(source, tmp_path / "w.npz"))
    for stored, loaded in zip(weights_of(source), weights_of(target), strict=True):
        assert loaded.dtype == np.float32
        assert np.array_equal(stored.astype("float16").astype("float32"), loaded)


def test_saving_twice_writes_the_same_bytes(tmp_path):
    source = build_network()
    first = save_weights_npz(source, tmp_path / "1.npz").read_bytes()
    assert save_weights_npz(source, tmp_path / "2.npz").read_bytes() == first


@pytest.mark.parametrize("value", [1e6, float("nan")])
def test_weight_out_of_range_is_reported(tmp_path, value):
    source = build_network()
    source.weights[0].assign(np.full(source.weights[0].shape, value))
    with pytest.raises(ValueError, match="conv2d/kernel.*not finite in float16"):
        save_weights_npz(source, tmp_path / "w.npz")
    assert list(tmp_path.iterdir()) == []


def test_other_shape_is_rejected_without_a_change(tmp_path):
    path = save_weights_npz(build_network(width=4), tmp_path / "w.npz")
    target = build_network(width=5)
    before = weights_of(target)
    with pytest.raises(ValueError, match=r"another network.*\(3, 3, 3, 4\)"):
        load_weights_npz(target, path)
    for old, new in zip(before, weights_of(target), strict=True):
        assert np.array_equal(old, new)


def test_other_layers_are_rejected(tmp_path):
    path = save_weights_npz(build_network(), tmp_path / "w.npz")
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="8 arrays for 2 weights"):
        load_weights_npz(other, path)


def test_missing_and_damaged_files_are_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.npz"):
        load_weights_npz(build_network(), tmp_path / "gone.npz")
    path = save_weights_npz(build_network(), tmp_path / "w.npz")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"Not a valid .npz file.*w\.npz"):
        load_weights_npz(build_network(), path)


def test_wrong_suffix_and_missing_folder_are_rejected(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.npz"):
        save_weights_npz(build_network(), tmp_path / "w.h5")
    with pytest.raises(FileNotFoundError, match="No such output folder"):
        save_weights_npz(build_network(), tmp_path / "gone" / "w.npz")
