import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator


def _image(height=16, width=32, batch=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (batch, height, width, 3)).astype("float32")


@pytest.mark.parametrize("num_downsamples", [2, 3, 4])
def test_any_multiple_of_the_halvings_comes_back_in_its_size(num_downsamples):
    generator = build_generator("unet", width=4, num_downsamples=num_downsamples)
    output = generator(_image())
    assert output.shape == (1, 16, 32, 3)
    assert np.abs(output).max() <= 1.0


def test_resized_maps_leave_no_grid():
    # For uniform gray every position is the same, away from the border.
    generator = build_generator(
        "unet", width=4, num_downsamples=2, normalization="none", upsampling="resize"
    )
    gray = np.full((1, 64, 64, 3), 0.3, "float32")
    inner = np.asarray(generator(gray))[0, 24:40, 24:40]
    assert np.ptp(inner, axis=(0, 1)).max() < 1e-5
    transposed = build_generator(
        "unet", width=4, num_downsamples=2, normalization="none"
    )
    inner = np.asarray(transposed(gray))[0, 24:40, 24:40]
    assert np.ptp(inner, axis=(0, 1)).max() > 1e-3


@pytest.mark.slow
def test_eight_halvings_give_the_published_network():
    # Kernels of 4x4 pixels, from the shapes of https://arxiv.org/abs/1611.07004.
    widths = [64, 128, 256, 512, 512, 512, 512, 512]
    down = 3 * 64 + sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    up = 512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64 + 128 * 3
    scales = sum(widths[1:7]) + 4 * 512 + 256 + 128 + 64
    # Biases where no normalization follows: the first, the lowest and the last.
    expected = 16 * (down + up) + 2 * scales + 64 + 512 + 3
    generator = build_generator("unet", num_downsamples=8)
    count = sum(int(np.prod(v.shape)) for v in generator.trainable_variables)
    assert count == expected == 54_414_531


def test_dropout_works_in_training_alone_and_on_three_levels():
    generator = build_generator("unet", width=4, normalization="none")
    dropouts = [x for x in generator.layers if isinstance(x, keras.layers.Dropout)]
    assert len(dropouts) == 3
    np.testing.assert_array_equal(generator(_image()), generator(_image()))
    first, second = (generator(_image(), training=True) for _ in range(2))
    assert not np.array_equal(first, second)


def test_skips_carry_what_the_lowest_map_does_not():
    generator = build_generator("unet", width=4, num_downsamples=2)
    lowest = generator.get_layer("down2")
    lowest.set_weights([np.zeros_like(weight) for weight in lowest.get_weights()])
    first, second = generator(_image()), generator(_image(seed=1))
    assert np.abs(np.asarray(first) - np.asarray(second)).max() > 1e-3


@pytest.mark.parametrize("normalization", ["none", "instance"])
def test_images_of_a_batch_do_not_mix(normalization):
    generator = build_generator(
        "unet", width=4, normalization=normalization, dropout=0.0
    )
    together = generator(_image(batch=2), training=True)
    alone = generator(_image(batch=2)[:1], training=True)
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


@pytest.mark.parametrize("normalization", ["batch", "none", "instance"])
def test_saved_model_gives_the_same_image(tmp_path, normalization):
    generator = build_generator("unet", width=4, normalization=normalization)
    generator(_image(), training=True)
    generator.save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    np.testing.assert_array_equal(generator(_image()), loaded(_image()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (24, 32, 3)}, "divisible by 16"),
        ({"num_downsamples": 1}, "at least 2. Received: num_downsamples=1"),
        ({"width": 0}, "`width` must be"),
        ({"dropout": 1.0}, "`dropout` must be in"),
        ({"normalization": "layer"}, "one of batch, instance, none"),
        ({"upsampling": "bilinear"}, "one of transpose, resize"),
    ],
)
def test_invalid_options_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        build_generator("unet", **options)
