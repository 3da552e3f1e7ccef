import keras
import numpy as np
import pytest

from animegan_tf.config import DataConfig
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.runner import (
    copy_weights,
    hold_out,
    precision,
    read_samples,
    split_photos,
)


@pytest.fixture
def folder(tmp_path):
    for index in range(10):
        image = np.full((12, 20, 3), 10 * index, np.uint8)
        write_image(image, tmp_path / f"{index}.png")
    return tmp_path


def test_fraction_is_held_out_and_never_trained_on(folder):
    data = DataConfig(photos=str(folder), validation=0.2)
    training, held_out = split_photos(data, minimum=2)
    assert len(training) == 8
    assert len(held_out) == 2
    assert not set(training) & set(held_out)


def test_small_fraction_still_holds_one_out(folder):
    data = DataConfig(photos=str(folder), validation=0.01)
    assert len(split_photos(data, minimum=2)[1]) == 1


def test_zero_holds_nothing_out(folder):
    data = DataConfig(photos=str(folder), validation=0.0)
    training, held_out = split_photos(data, minimum=2)
    assert (len(training), held_out) == (10, [])


@pytest.mark.parametrize(("count", "fraction"), [(2, 0.05), (3, 0.5), (10, 0.9)])
def test_something_is_always_left_to_train_on(count, fraction):
    kept, held_out = hold_out(list(range(count)), fraction)
    assert kept and held_out
    assert sorted(kept + held_out) == list(range(count))


def test_a_single_item_is_trained_on():
    assert hold_out(["only"], 0.5) == (["only"], [])


def test_samples_are_middle_squares(folder):
    samples = read_samples([folder / "5.png"], 8)
    assert samples.shape == (1, 8, 8, 3)
    np.testing.assert_allclose(samples, 50 / 127.5 - 1, atol=1e-6)


def test_precision_is_put_back_even_after_an_error():
    with pytest.raises(RuntimeError), precision("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise RuntimeError
    assert keras.config.dtype_policy().name == "float32"


def test_weights_are_copied_by_layer_name():
    source, target = (
        keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(2, name="a"), last],
        )
        for last in (keras.layers.Dense(1, name="b"), keras.layers.Dense(3, name="b"))
    )
    before = target.get_layer("b").get_weights()[0]
    copy_weights(source, target)
    np.testing.assert_array_equal(
        target.get_layer("a").get_weights()[0], source.get_layer("a").get_weights()[0]
    )
    np.testing.assert_array_equal(target.get_layer("b").get_weights()[0], before)


def test_network_without_a_fitting_layer_is_refused():
    source, target = (
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name=name)])
        for name in "ab"
    )
    with pytest.raises(ValueError, match="`initial`"):
        copy_weights(source, target)
