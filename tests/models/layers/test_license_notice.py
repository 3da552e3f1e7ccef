import keras
import numpy as np
import pytest

from animegan_tf.models.analysis.receptive_field import measure_receptive_field
from animegan_tf.models.layers.license_notice import (
    LicenseNotice,
    add_notice,
    find_notice,
)

NOTICE = "Weights: CC BY-NC-SA 4.0 <someone>"


@pytest.fixture
def network():
    """A network that uses its input twice."""
    photo = keras.Input((None, None, 3), name="photo")
    x = keras.layers.Conv2D(3, 3, padding="same", name="conv")(photo)
    x = keras.layers.Add(name="add")([x, photo])
    return keras.Model(photo, x, name="network")


def test_a_notice_changes_nothing_but_the_config(network):
    noted = add_notice(network, NOTICE)
    assert (find_notice(network), find_notice(noted)) == (None, NOTICE)
    photo = np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")
    np.testing.assert_array_equal(network(photo), noted(photo))
    assert measure_receptive_field(noted).radius == 1
    assert noted.count_params() == network.count_params()
    # Its weights are its own.
    noted.set_weights([2.0 * weight for weight in noted.get_weights()])
    assert not np.array_equal(network(photo), noted(photo))


def test_a_notice_inside_another_network_is_found(network):
    photo = keras.Input((None, None, 3))
    outer = keras.Model(photo, add_notice(network, NOTICE)(photo))
    assert find_notice(outer) == NOTICE


def test_half_precision_does_not_round_the_images():
    photo = np.float32([[[[0.123456789, -1.0, 1.0]]]])
    layer = LicenseNotice(NOTICE, dtype="mixed_bfloat16")
    assert layer(photo).dtype == "float32"
    np.testing.assert_array_equal(layer(photo), photo)


@pytest.mark.parametrize("notice", ["", "two\nlines", "ümlaut", "x" * 201, None])
def test_a_notice_is_one_line_of_ascii(notice):
    with pytest.raises(ValueError, match="`notice` must be one line"):
        LicenseNotice(notice)
