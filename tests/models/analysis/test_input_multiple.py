import keras
import pytest

from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.models.generators import build_generator


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        # Space to depth by 4, then one halving.
        ("anime", {"width": 4, "body_width": 4, "num_blocks": 1}, 8),
        ("resnet", {"width": 4, "num_blocks": 1}, 4),
        ("restoration", {"width": 4}, 8),
        ("autoencoder", {"width": 4, "num_downsamples": 5}, 32),
        ("unet", {"width": 4, "num_downsamples": 2}, 4),
        ("unet", {"width": 4, "num_downsamples": 8}, 256),
    ],
)
def test_the_multiple_is_the_product_of_all_strides(name, options, expected):
    assert input_multiple(build_generator(name, **options)) == expected


def test_a_network_without_strides_accepts_every_size(identity_generator):
    assert input_multiple(identity_generator) == 1


def test_nested_networks_count():
    inner = build_generator("resnet", width=4, num_blocks=1)
    photo = keras.Input((None, None, 3))
    assert input_multiple(keras.Model(photo, inner(photo))) == 4


def test_network_that_changes_the_size_is_rejected():
    images = keras.Input((None, None, 3))
    smaller = keras.Model(images, keras.layers.AveragePooling2D(2)(images))
    with pytest.raises(ValueError, match="its input's shape.*divisible by 512"):
        input_multiple(smaller)
