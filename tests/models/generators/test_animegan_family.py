"""The generators of the AnimeGAN family: published sizes, and what sets them apart."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.inference.loading import load_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers import GuidedFilter
from animegan_tf.recipes.common import keep_image

SMALL = {
    "animegan_v1": {"width": 4, "num_blocks": 1},
    "animegan_v2": {"width": 4},
    "animegan_v2_lite": {"width": 4, "num_blocks": 1},
    "animegan_v3": {"width": 4, "slots": 6},
    "cartoongan": {"width": 4, "num_blocks": 1},
    "ugatit_light": {"width": 4, "num_blocks": 1},
    "white_box": {"width": 4, "num_blocks": 1},
}
ANY_SIZE = [name for name in SMALL if name != "ugatit_light"]


def build(name, **options):
    keras.utils.set_random_seed(0)
    return build_generator(name, **SMALL[name] | options)


def photos(batch=1, height=32, width=40, seed=0):
    shape = (batch, height, width, 3)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def separable(before, after):
    return 9 * before + before * after + 2 * after


def conv(before, after, size=3, extra=2):
    """Count a kernel, and as many numbers per output channel."""
    return size**2 * before * after + extra * after


def count_v1():
    down = 2 * separable(64, 128) + conv(128, 128) + separable(128, 128)
    block = conv(256, 512, 1) + 9 * 512 + 2 * 512 + conv(512, 256, 1)
    body = 2 * separable(128, 256) + 2 * conv(256, 256) + 8 * block
    up = separable(256, 128) + 2 * separable(128, 128) + conv(128, 128)
    full = conv(3, 64) + conv(64, 64) + conv(128, 64) + conv(64, 64) + 3 * 64
    return down + body + up + full


def count_v2_lite():
    encoder = conv(3, 32, 7) + conv(32, 32) + conv(32, 64) + conv(64, 64)
    encoder += conv(64, 128) + conv(128, 64) + conv(64, 128)
    block = conv(128, 32, 1) + conv(32, 32) + 32 * 128
    decoder = conv(128, 128) + conv(128, 64) + conv(64, 64) + conv(64, 32)
    return encoder + 4 * block + decoder + conv(32, 32) + conv(32, 32, 7) + 3 * 32


def count_v3(tails):
    def lade(before, after, size=3):
        return conv(before, after, size, 0) + after**2

    base = lade(3, 32, 7) + lade(32, 32) + lade(32, 64) + lade(64, 64)
    base += lade(64, 128) + 2 * lade(128, 128)
    attention = 3 * 128**2 + 2 * 128
    tail = 2 * lade(128, 128) + lade(128, 64) + lade(64, 64) + lade(64, 32)
    return base + tails * (attention + tail + lade(32, 32) + 49 * 32 * 3)


def count_white_box():
    def biased(*sizes, kernel=3):
        return sum(
            conv(a, b, kernel, 1) for a, b in zip(sizes, sizes[1:], strict=False)
        )

    body = biased(32, 32, 64, 64, 128) + 8 * biased(128, 128) + biased(128, 64, 64, 32)
    return biased(3, 32, kernel=7) + body + biased(32, 32) + biased(32, 3, kernel=7)


def count_cartoongan():
    # Only the second convolution of a pair is normalized.
    pairs = ((64, 128), (128, 256), (256, 128), (128, 64))
    count = sum(conv(a, b, extra=1) + conv(b, b, extra=3) for a, b in pairs)
    count += 16 * conv(256, 256, extra=3)
    return count + conv(3, 64, 7, extra=3) + conv(64, 3, 7, extra=1)


def count_ugatit_light():
    count = conv(3, 64, 7, 3) + conv(64, 128, 3, 3) + conv(128, 256, 3, 3)
    count += 8 * conv(256, 256, 3, 3) + 256 + conv(512, 256, 1, 1)
    # Four dense layers; each AdaLIN has one number per channel, each LIN three.
    count += 4 * conv(256, 256, 1, 1) + 8 * conv(256, 256, 3, 2)
    return count + conv(256, 128, 3, 4) + conv(128, 64, 3, 4) + conv(64, 3, 7, 1)


@pytest.mark.parametrize(
    ("name", "options", "expected", "published"),
    [
        ("animegan_v1", {}, count_v1(), 3_956_096),
        ("animegan_v2_lite", {}, count_v2_lite(), 698_240),
        ("animegan_v3", {}, count_v3(1), 1_027_520),
        ("animegan_v3", {"tails": "both"}, count_v3(2), 1_557_792),
        ("cartoongan", {}, count_cartoongan(), 11_129_667),
        ("ugatit_light", {}, count_ugatit_light(), 10_600_387),
        ("white_box", {}, count_white_box(), 1_467_075),
    ],
)
def test_trainable_parameters_are_those_of_the_layer_table(
    name, options, expected, published
):
    generator = build_generator(name, **options)
    count = sum(int(np.prod(v.shape)) for v in generator.trainable_variables)
    assert count == expected == published
    # The moving statistics of one batch normalization for each tail of AnimeGANv3.
    moving = 256 * options.get("tails", "main").count("both") + 256
    assert generator.count_params() == count + moving * (name == "animegan_v3")


@pytest.mark.parametrize("name", ANY_SIZE)
@pytest.mark.parametrize("resize", ["legacy", "align_corners"])
def test_any_size_is_kept(name, resize):
    generator = build(name, resize=resize)
    for height, width in ((16, 17), (29, 38)):
        image = photos(2, height, width)
        assert generator(image).shape == image.shape


@pytest.mark.parametrize("name", ANY_SIZE)
def test_the_way_of_resizing_changes_the_image_but_not_the_weights(name):
    images = []
    for resize in ("half_pixel", "legacy", "align_corners"):
        # The same seed, and so the same weights.
        images.append(np.asarray(build(name, resize=resize)(photos())))
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(images[first] - images[second]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in SMALL)]
    + [("animegan_v3", {"tails": "both"}), ("ugatit_light", {"cam_logits": True})],
)
def test_every_trainable_weight_has_a_gradient(name, options):
    generator = build(name, **options)
    if name == "animegan_v3":
        # Its output is nearly the same for all pixels of a random small network.
        for weight in generator.trainable_variables:
            if "attention/kernel" in weight.path:
                weight.assign(20.0 * weight)
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(generator(photos(2), training=True))
        loss = sum(tf.reduce_sum(tf.square(output - 0.7)) for output in outputs)
    gradients = tape.gradient(loss, [v.value for v in generator.trainable_variables])
    for weight, gradient in zip(generator.trainable_variables, gradients, strict=True):
        # A bias before a normalization over the image has none.
        cancelled = name in ("cartoongan", "ugatit_light") and "bias" in weight.path
        assert gradient is not None, weight.path
        assert cancelled or float(tf.reduce_max(tf.abs(gradient))) > 0, weight.path


@pytest.mark.parametrize("name", SMALL)
def test_saved_file_is_loaded_for_stylizing(tmp_path, name):
    generator = build(name)
    generator(photos(), training=True)
    generator.save(tmp_path / "style.keras")
    loaded = load_generator(tmp_path / "style.keras")
    np.testing.assert_array_equal(loaded(photos()), generator(photos()))


@pytest.mark.parametrize(
    ("name", "layer", "sides"),
    [
        ("animegan_v1", "b1_down_depthwise_pad", (0, 1)),
        ("animegan_v2", "a_down_pad", (0, 1)),
        ("animegan_v2_lite", "down3_pad", (0, 1)),
        ("animegan_v3", "base_down2_pad", (1, 0)),
        ("cartoongan", "down1_conv1_pad", (1, 0)),
        ("ugatit_light", "down1_pad", (1, 0)),
    ],
)
def test_strided_convolutions_pad_on_the_side_of_the_family(name, layer, sides):
    padding = build(name).get_layer(layer).padding
    assert tuple(tuple(axis) for axis in padding) == (sides, sides)


@pytest.mark.parametrize(
    ("name", "options", "epsilons"),
    [
        ("animegan_v1", {}, {1e-5, 1e-6}),
        ("animegan_v2", {}, {1e-5}),
        ("animegan_v2", {"epsilon": 1e-12}, {1e-12}),
        ("animegan_v2_lite", {"epsilon": 1e-12}, {1e-12}),
        ("animegan_v3", {}, {1e-5, 1e-3}),
        ("cartoongan", {}, {1e-5}),
        ("ugatit_light", {}, {1e-5}),
    ],
)
def test_epsilons_are_those_of_the_family(name, options, epsilons):
    norms = [x for x in build(name, **options).layers if x.name.endswith("_norm")]
    assert {norm.epsilon for norm in norms} == epsilons


def test_separable_convolutions_of_animegan_v1_have_their_own_epsilon():
    generator = build("animegan_v1")
    assert generator.get_layer("b2_sep_norm").epsilon == 1e-6
    assert generator.get_layer("b2_conv_norm").epsilon == 1e-5


def test_the_main_tail_alone_gives_the_images_of_the_main_tail():
    both, single = build("animegan_v3", tails="both"), build("animegan_v3")
    both(photos(2), training=True)
    main, support = both(photos())
    assert np.abs(np.asarray(main) - np.asarray(support)).max() > 1e-3
    kept = keep_image(both)
    np.testing.assert_allclose(kept(photos()), main, atol=1e-6)
    assert kept.count_params() == single.count_params()
    for layer in single.layers:
        layer.set_weights(both.get_layer(layer.name).get_weights())
    np.testing.assert_allclose(single(photos()), main, atol=1e-6)


def test_cam_logits_are_a_second_output():
    generator = build("ugatit_light", cam_logits=True)
    image, logits = generator(photos(2))
    assert logits.shape == (2, 2)
    np.testing.assert_array_equal(keep_image(generator)(photos(2)), image)
    np.testing.assert_array_equal(image, _same(generator, cam_logits=False)(photos(2)))


def test_white_box_is_filtered_with_the_photo_as_guide():
    filtered = build("white_box")
    plain = _same(filtered, guided_filter=False)
    expected = GuidedFilter(1, 5e-3)(plain(photos()), photos())
    np.testing.assert_allclose(filtered(photos()), expected, atol=1e-5)


def test_white_box_does_not_limit_its_images():
    generator = build("white_box")
    head = generator.get_layer("head")
    head.set_weights([head.get_weights()[0], np.full(3, 5.0, "float32")])
    assert np.min(generator(photos())) > 1.0


def _same(generator, **options):
    """Build a generator with other options and the same weights."""
    other = build(generator.name.removesuffix("_generator"), **options)
    other.set_weights(generator.get_weights())
    return other
