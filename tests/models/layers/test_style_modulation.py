import keras
import numpy as np
import pytest

from animegan_tf.models.layers import StyleModulation

MAPS = np.arange(2 * 3 * 3 * 2, dtype="float32").reshape(2, 3, 3, 2)


@pytest.fixture
def layer():
    """Two styles of two channels: the first doubles, the second shifts."""
    layer = StyleModulation()
    layer.build(MAPS.shape, (2, 2))
    layer.scale.assign([[2.0, 2.0], [1.0, 1.0]])
    layer.shift.assign([[0.0, 0.0], [10.0, 20.0]])
    return layer


def _codes(*rows):
    return np.array(rows, "float32")


def test_every_style_is_initially_the_identity():
    style = _codes([1.0, 0.0], [0.25, 0.75])
    np.testing.assert_allclose(StyleModulation()(MAPS, style), MAPS, rtol=1e-6)


def test_each_image_of_a_batch_has_its_own_style(layer):
    result = layer(MAPS, _codes([1.0, 0.0], [0.0, 1.0]))
    np.testing.assert_allclose(result[0], 2.0 * MAPS[0])
    np.testing.assert_allclose(result[1], MAPS[1] + np.array([10.0, 20.0]))


def test_a_blend_has_the_weighted_mean_scale_and_shift(layer):
    result = layer(MAPS, _codes([0.5, 0.5], [0.5, 0.5]))
    np.testing.assert_allclose(result, 1.5 * MAPS + np.array([5.0, 10.0]))


def test_tables_have_one_row_per_style(layer):
    assert [tuple(v.shape) for v in layer.trainable_variables] == [(2, 2), (2, 2)]
    assert layer.compute_output_shape((4, 5, 6, 2), (4, 2)) == (4, 5, 6, 2)


def test_half_precision_keeps_float32_tables():
    layer = StyleModulation(dtype="mixed_bfloat16")
    result = layer(MAPS, _codes([1.0, 0.0], [0.0, 1.0]))
    assert keras.backend.standardize_dtype(result.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(layer.scale.dtype) == "float32"


def test_saved_layer_gives_the_same_maps(layer, tmp_path):
    maps, style = keras.Input((None, None, 2)), keras.Input((2,))
    model = keras.Model([maps, style], layer(maps, style))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [MAPS, _codes([0.25, 0.75], [1.0, 0.0])]
    np.testing.assert_array_equal(loaded(inputs), model(inputs))
