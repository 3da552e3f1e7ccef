from fractions import Fraction

import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.analysis.receptive_field import (
    Span,
    measure_field_size,
    measure_receptive_field,
    rule_of,
)
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers import (
    BilinearResize,
    DepthToSpace,
    ExternalAttention,
    GuidedFilter,
    ReflectionPadding2D,
    SpaceToDepth,
    SpectralNormConv2D,
)

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
    ("white_box", {"width": 2, "num_blocks": 1}),
    ("white_box", {"width": 2, "num_blocks": 1, "resize": "legacy"}),
]


@pytest.mark.parametrize(("name", "options"), LOCAL)
def test_pixels_beyond_the_radius_have_no_influence(name, options):
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


def test_radius_of_a_network_computed_by_hand():
    # 1 pixel by the first convolution, 1 by the strided one, 2 by the one at half size;
    # after upsampling, the second pixel of a pair sees one more to the left.
    image = keras.Input((None, None, 3))
    x = ReflectionPadding2D(1)(image)
    x = layers.Conv2D(4, 3)(x)
    x = ReflectionPadding2D(((1, 0), (1, 0)))(x)
    x = layers.Conv2D(4, 3, strides=2)(x)
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = layers.UpSampling2D(2)(x)
    field = measure_receptive_field(keras.Model(image, x))
    assert (field.radius, field.multiple) == (5, 2)


def test_memory_counts_the_maps_needed_at_the_same_time():
    image = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 1)(image)
    y = layers.ReLU()(layers.Conv2D(2, 1)(x))
    model = keras.Model(image, layers.Concatenate()([x, y]))
    # The last layer has 8 + 2 channels in and 10 out, of 4 bytes each.
    assert measure_receptive_field(model).bytes_per_pixel == 4 * 20


def test_nested_models_count_as_their_layers():
    image = keras.Input((None, None, 3))
    inner = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(3, 5, padding="same")]
    )
    model = keras.Model(image, inner(inner(image)))
    assert measure_receptive_field(model).radius == 4


def test_a_saved_network_has_the_same_receptive_field(tmp_path):
    generator = build_generator("anime", **LOCAL[0][1])
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    assert measure_receptive_field(loaded) == measure_receptive_field(generator)


@pytest.mark.parametrize(
    ("name", "options", "layer"),
    [
        ("animegan_v2", {"width": 4}, "a_conv1_norm"),
        ("animegan_v3", {"width": 4}, "base_conv0_norm"),
        ("white_box", {"width": 4, "resize": "align_corners"}, "up1_resize"),
        ("resnet", {"width": 4, "num_blocks": 1}, "stem_norm"),
        ("anime", {"num_styles": 2}, "from one input"),
    ],
)
def test_networks_that_depend_on_the_whole_image_are_rejected(name, options, layer):
    with pytest.raises(ValueError, match=layer):
        measure_receptive_field(build_generator(name, **options))


def test_subclassed_network_is_rejected():
    class Network(keras.Model):
        def call(self, images):
            return images

    with pytest.raises(ValueError, match="not a graph of layers"):
        measure_receptive_field(Network())


def span(step, first, last):
    return Span(Fraction(step), Fraction(first), Fraction(last))


# Position i of a map that has a position every 2 pixels sees 2 i - 1 to 2 i + 3.
BEFORE = span(2, -1, 3)


@pytest.mark.parametrize(
    ("layer", "after"),
    [
        (layers.LeakyReLU(), BEFORE),
        (layers.Dense(4), BEFORE),
        (layers.BatchNormalization(), BEFORE),
        (layers.LayerNormalization(), BEFORE),
        # Taps i, i + 1, i + 2; the last of them sees 2 (i + 2) + 3.
        (layers.Conv2D(4, 3), span(2, -1, 7)),
        (layers.Conv2D(4, 3, padding="same"), span(2, -3, 5)),
        (SpectralNormConv2D(4, 3), span(2, -3, 5)),
        (layers.DepthwiseConv2D(3, padding="same"), span(2, -3, 5)),
        (layers.SeparableConv2D(4, 3, padding="same"), span(2, -3, 5)),
        (layers.Conv2D(4, 3, dilation_rate=2), span(2, -1, 11)),
        # Kernel 3, stride 2, even size: one zero, after the last.
        (layers.Conv2D(4, 3, strides=2, padding="same"), span(4, -1, 7)),
        (layers.Conv2D(4, 4, strides=2, padding="same"), span(4, -3, 7)),
        (layers.MaxPooling2D(2), span(4, -1, 5)),
        (layers.AveragePooling2D(3, strides=1, padding="same"), span(2, -3, 5)),
        (SpaceToDepth(4), span(8, -1, 9)),
        # Position 3 of the doubled map is position 1 of the old, which sees from 1 on.
        (DepthToSpace(2), span(1, -2, 3)),
        (layers.UpSampling2D(2), span(1, -2, 3)),
        # Position i mixes those around i / 2 - 1/4: at most one either way.
        (
            layers.UpSampling2D(2, interpolation="bilinear"),
            span(1, Fraction(-7, 2), Fraction(9, 2)),
        ),
        # Position i takes taps 0 to 3 of positions (i + 1 - tap) / 2.
        (layers.Conv2DTranspose(4, 4, strides=2, padding="same"), span(1, -3, 4)),
        (layers.Conv2DTranspose(4, 2, strides=2), span(1, -2, 3)),
        (ReflectionPadding2D(3), span(2, -7, -3)),
        (layers.ZeroPadding2D(1), span(2, -3, 1)),
        (layers.Cropping2D(1), span(2, 1, 5)),
    ],
)
def test_spans_of_layers_computed_by_hand(layer, after):
    assert [rule_of(layer)(layer, axis, BEFORE) for axis in (0, 1)] == [after] * 2


def test_rows_and_columns_have_separate_spans():
    layer = layers.Conv2D(4, (1, 3), padding="same")
    rule = rule_of(layer)
    assert rule(layer, 0, BEFORE) == BEFORE
    assert rule(layer, 1, BEFORE) == span(2, -3, 5)


@pytest.mark.parametrize("layer", [layers.Add(), layers.Concatenate()])
def test_merged_maps_have_the_union_of_the_spans(layer):
    assert rule_of(layer)(layer, 0, BEFORE, span(2, -4, 1)) == span(2, -4, 3)


# Maps that have a position every pixel, and those that have one every 4.
@pytest.mark.parametrize(
    ("mode", "step", "after"),
    [
        # Samples at i / 2: of two neighbors, the half of the step apart.
        ("legacy", 1, span(1, -2, 4)),
        # Samples at i / 2 - 1/4: three quarters of the step to the farther one.
        ("half_pixel", 1, span(1, -3, 4)),
        ("legacy", 4, span(4, -1, 3)),
        # The mean of two.
        ("half_pixel", 4, span(4, -1, 5)),
        ("half_pixel", 2, BEFORE),
    ],
)
def test_spans_of_bilinear_resizing_by_hand(mode, step, after):
    layer = BilinearResize(mode)
    assert rule_of(layer)(layer, 0, BEFORE, span(step, 0, 0)) == after


def test_a_guided_filter_sees_twice_its_radius_of_image_and_guide():
    layer = GuidedFilter(3)
    assert rule_of(layer)(layer, 0, BEFORE, span(2, -4, 1)) == span(2, -16, 15)


@pytest.mark.parametrize(
    ("name", "options", "size"),
    [
        ("animegan_v2", {"resize": "legacy"}, 97),
        ("animegan_v2_lite", {"resize": "legacy"}, 159),
        ("animegan_v3", {"resize": "legacy"}, 97),
        ("cartoongan", {"resize": "legacy"}, 177),
        ("white_box", {"resize": "legacy", "guided_filter": False}, 119),
        ("white_box", {"resize": "legacy"}, 119 + 4),
        # Half-pixel centers see a quarter of a position more on each side.
        ("animegan_v2", {}, 100),
    ],
)
def test_field_of_the_convolutions_of_published_generators(name, options, size):
    generator = build_generator(name, width=4, **options)
    assert measure_field_size(generator) == size


@pytest.mark.parametrize(
    ("name", "size"),
    [("animegan_v1", 37), ("animegan_v3", 49), ("cartoongan", 37), ("white_box", 43)],
)
def test_patches_of_published_discriminators(name, size):
    assert measure_field_size(build_discriminator(name, width=4)) == size


def test_statistics_are_left_out_on_request_only():
    generator = build_generator("ugatit_light", width=4, num_blocks=1)
    field = measure_receptive_field(generator, ignore_statistics=True)
    assert field.multiple == 4
    # Two 7x7 convolutions, two strided ones, two blocks of two, two upsampled ones.
    assert 6 + 1 + 2 + 4 * 4 + 2 + 1 <= field.radius <= 6 + 1 + 2 + 4 * 4 + 2 + 1 + 6
    with pytest.raises(ValueError, match="stem_norm"):
        measure_receptive_field(generator)


class _Convolution(layers.Conv2D):
    pass


@pytest.mark.parametrize(
    "layer",
    [
        layers.GroupNormalization(1),
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.LayerNormalization(axis=(1, 2, 3)),
        layers.BatchNormalization(axis=1),
        layers.Concatenate(axis=1),
        layers.MultiHeadAttention(1, 4),
        ExternalAttention(4),
        layers.Flatten(),
        layers.Lambda(lambda x: x),
        layers.Conv2D(3, 3, data_format="channels_first"),
        layers.UpSampling2D(2, interpolation="bicubic"),
        keras.ops.add,
        _Convolution(3, 3),
    ],
)
def test_layers_not_known_to_be_local_count_as_global(layer):
    if not hasattr(layer, "name"):
        a = keras.Input((4,))
        layer = layer(a, a)._keras_history.operation
    with pytest.raises(ValueError, match="may depend on the whole image"):
        rule_of(layer)(layer, 0, BEFORE)
