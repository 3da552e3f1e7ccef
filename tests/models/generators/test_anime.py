import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style, remove_chroma

TINY = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


def _image(height=64, width=64, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (1, height, width, 3)).astype("float32")


def test_far_pixels_have_no_influence():
    # With statistics of the whole image, every pixel would depend on every other one.
    generator = build_generator("anime", **TINY)
    image = _image(256, 256)
    changed = image.copy()
    changed[:, 200:, 200:] *= -1.0
    before, after = np.asarray(generator(image)), np.asarray(generator(changed))
    np.testing.assert_array_equal(before[:, :100, :100], after[:, :100, :100])
    assert not np.array_equal(before[:, 200:, 200:], after[:, 200:, 200:])


def test_receptive_field_of_the_default_is_between_100_and_220_pixels():
    generator = build_generator("anime", width=8, body_width=8, head_width=8)
    black = np.zeros((1, 256, 256, 3), "float32")
    reference = np.asarray(generator(black))
    reach = []
    # Because of the strides, the reach depends on the position within 8 pixels.
    for offset in range(8):
        dot = black.copy()
        dot[:, 128 + offset, 128 + offset] = 1.0
        changed = np.abs(np.asarray(generator(dot)) - reference)
        rows = np.flatnonzero(changed.max(axis=(0, 2, 3)))
        reach.append((rows[0] - 128 - offset, rows[-1] - 128 - offset))
    field = max(high for _, high in reach) - min(low for low, _ in reach) + 1
    assert 100 <= field <= 220


def test_default_has_at_most_two_and_a_half_million_parameters():
    assert build_generator("anime").count_params() <= 2_500_000


@pytest.fixture
def styled():
    keras.utils.set_random_seed(0)
    generator = build_generator("anime", num_styles=3, **TINY)
    rng = np.random.default_rng(1)
    for layer in generator.layers:
        if layer.name.endswith("_style"):
            tables = [w + rng.normal(0, 0.3, w.shape) for w in layer.get_weights()]
            layer.set_weights(tables)
    return generator


@pytest.mark.parametrize("shares", [[0.0, 1.0, 0.0], [0.5, 0.2, 0.3]])
def test_a_folded_style_equals_the_multi_style_network(styled, shares):
    image = _image()
    conditional = styled([image, np.array([shares], "float32")])
    folded = fold_style(styled, shares)(image)
    np.testing.assert_allclose(folded, conditional, atol=1e-4)


def test_styles_differ(styled):
    image = _image()
    first, second = (fold_style(styled, shares)(image) for shares in np.eye(3)[:2])
    assert np.abs(np.asarray(first) - np.asarray(second)).mean() > 0.01


def test_the_folded_network_is_a_single_style_network(styled):
    plain = build_generator("anime", **TINY)
    folded = fold_style(styled, [1.0, 0.0, 0.0])
    assert folded.count_params() == plain.count_params()
    assert folded.input_shape == plain.input_shape


def test_every_style_is_initialized_to_the_identity():
    generator = build_generator("anime", num_styles=2, **TINY)
    folded = fold_style(generator, [0.0, 1.0])
    kernel = generator.get_layer("down").get_weights()[0]
    np.testing.assert_array_equal(folded.get_layer("down").get_weights()[0], kernel)


def test_a_wrong_number_of_style_weights_is_rejected(styled):
    with pytest.raises(ValueError, match="each of the 3 styles"):
        fold_style(styled, [1.0, 0.0])


def test_without_chroma_the_channels_are_equal(styled):
    plain = fold_style(styled, [1.0, 0.0, 0.0])
    colored = np.asarray(plain(_image()))
    remove_chroma(plain, 1.0)
    gray = np.asarray(plain(_image()))
    assert np.ptp(colored, axis=-1).max() > 0.01
    assert np.ptp(gray, axis=-1).max() < 1e-5
    # Where tanh is not saturated, it can be inverted.
    unclipped = np.abs(colored).max(axis=-1) < 0.99
    luma = np.arctanh(colored[unclipped].astype("float64")) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(gray[unclipped][:, 0], np.tanh(luma), atol=1e-3)


def test_an_amount_of_one_half_gives_the_mean_of_color_and_gray(styled):
    plain, half, gray = (fold_style(styled, [1.0, 0.0, 0.0]) for _ in range(3))
    remove_chroma(half, 0.5)
    remove_chroma(gray, 1.0)
    for ends_and_middle in zip(
        *(n.get_layer("head").get_weights() for n in (plain, gray, half)), strict=True
    ):
        first, last, middle = ends_and_middle
        np.testing.assert_allclose(middle, 0.5 * (first + last), atol=1e-6)


def test_an_amount_above_one_is_rejected(styled):
    with pytest.raises(ValueError, match="`amount` must be in"):
        remove_chroma(fold_style(styled, [1.0, 0.0, 0.0]), 1.5)
