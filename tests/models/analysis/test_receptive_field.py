import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.analysis.receptive_field import measure_receptive_field
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers import ReflectionPadding2D

LOCAL = [
    ("anime", {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}),
    ("restoration", {"width": 2}),
    ("autoencoder", {"width": 2, "num_downsamples": 2, "latent_channels": 4}),
    ("resnet", {"width": 2, "num_blocks": 1, "normalization": "batch"}),
    (
        "resnet",
        {"width": 2, "num_blocks": 1, "normalization": "none", "upsampling": "resize"},
    ),
    ("unet", {"width": 2, "num_downsamples": 2}),
]


@pytest.mark.parametrize(("name", "options"), LOCAL)
def test_pixels_beyond_the_radius_make_no_difference(name, options):
    keras.utils.set_random_seed(0)
    generator = build_generator(name, **options)
    field = measure_receptive_field(generator)
    size = -(-(2 * field.radius + 40) // field.multiple) * field.multiple
    images = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3))
    at = size // 2 + 3
    images[1] = images[0]
    images[1, at, at] = -images[0, at, at]
    first, second = np.asarray(generator(images.astype("float32"), training=False))
    changed = np.argwhere((first != second).any(-1))
    assert len(changed) > 0
    assert np.abs(changed - at).max() <= field.radius


def test_radius_of_a_hand_worked_network():
    # 1 pixel by the first, 1 by the strided, 2 by the one at half size; doubled back,
    # the second pixel of a pair sees one more to the left.
    image = keras.Input((None, None, 3))
    x = ReflectionPadding2D(1)(image)
    x = layers.Conv2D(4, 3)(x)
    x = ReflectionPadding2D(((1, 0), (1, 0)))(x)
    x = layers.Conv2D(4, 3, strides=2)(x)
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = layers.UpSampling2D(2)(x)
    field = measure_receptive_field(keras.Model(image, x))
    assert (field.radius, field.multiple) == (5, 2)


def test_memory_counts_what_is_needed_at_once():
    image = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 1)(image)
    y = layers.ReLU()(layers.Conv2D(2, 1)(x))
    model = keras.Model(image, layers.Concatenate()([x, y]))
    # At the end 8 + 2 go in and 10 come out, of 4 bytes each.
    assert measure_receptive_field(model).bytes_per_pixel == 4 * 20


def test_models_inside_count_as_their_layers():
    image = keras.Input((None, None, 3))
    inner = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(3, 5, padding="same")]
    )
    model = keras.Model(image, inner(inner(image)))
    assert measure_receptive_field(model).radius == 4


def test_saved_network_has_the_same(tmp_path):
    generator = build_generator("anime", **LOCAL[0][1])
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    assert measure_receptive_field(loaded) == measure_receptive_field(generator)


@pytest.mark.parametrize(
    ("name", "options", "layer"),
    [
        ("animegan_v2", {"width": 4}, "a_conv1_norm"),
        ("resnet", {"width": 4, "num_blocks": 1}, "stem_norm"),
        ("anime", {"num_styles": 2}, "from one input"),
    ],
)
def test_network_of_the_whole_picture_is_refused(name, options, layer):
    with pytest.raises(ValueError, match=layer):
        measure_receptive_field(build_generator(name, **options))


def test_subclassed_network_is_refused():
    class Network(keras.Model):
        def call(self, images):
            return images

    with pytest.raises(ValueError, match="no graph of layers"):
        measure_receptive_field(Network())
