"""What all generators have in common, and the published architectures."""

import keras
import numpy as np
import pytest

from animegan_tf.models.generators import GENERATORS, build_generator

TINY = {
    "anime": {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4},
    "animegan_v1": {"width": 4, "num_blocks": 1},
    "animegan_v2": {"width": 4},
    "animegan_v2_lite": {"width": 4, "num_blocks": 1},
    "animegan_v3": {"width": 4, "slots": 6},
    "autoencoder": {"width": 4, "latent_channels": 5},
    "cartoongan": {"width": 4, "num_blocks": 1},
    "dcgan": {"latent_dim": 4, "image_size": 16, "width": 4},
    "resnet": {"width": 4, "num_blocks": 1},
    "restoration": {"width": 4},
    "ugatit_light": {"width": 4, "num_blocks": 1},
    "unet": {"width": 4, "dropout": 0.0},
    "white_box": {"width": 4, "num_blocks": 1},
}
VARIANTS = [
    ("anime", {}),
    ("animegan_v1", {}),
    ("animegan_v2", {}),
    ("animegan_v2", {"resize": "align_corners"}),
    ("animegan_v2_lite", {"resize": "legacy"}),
    ("animegan_v3", {}),
    ("cartoongan", {}),
    *[
        (name, {"normalization": normalization})
        for name in ("autoencoder", "resnet", "unet")
        for normalization in ("batch", "instance", "none")
    ],
    ("dcgan", {"upsampling": "transpose"}),
    ("dcgan", {"upsampling": "resize"}),
    ("resnet", {"upsampling": "transpose"}),
    ("restoration", {}),
    ("ugatit_light", {}),
    ("unet", {"upsampling": "resize"}),
    ("white_box", {}),
    ("white_box", {"guided_filter": False}),
]
# Those that limit their images in another way, and those that batches do mix in.
UNBOUNDED = ("restoration", "white_box")
MIXING = ("animegan_v3", "autoencoder", "dcgan", "resnet", "unet")
variants = pytest.mark.parametrize(("name", "options"), VARIANTS)


def build(name, **options):
    """Build a small generator whose output is not trivial."""
    generator = build_generator(name, **TINY[name] | options)
    if name == "restoration":
        kernel = generator.get_layer("correction").kernel
        kernel.assign(np.random.default_rng(1).normal(0, 0.2, kernel.shape))
    return generator


def photos(batch=1, height=16, width=32, seed=0):
    shape = (batch, height, width, 3)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def inputs(name, batch=1):
    if name != "dcgan":
        return photos(batch)
    return np.random.default_rng(0).normal(size=(batch, 4)).astype("float32")


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_builds_without_options(name):
    generator = build_generator(name)
    assert len(generator.inputs) == len(generator.outputs) == 1
    assert generator.output_shape[-1] == 3
    assert keras.backend.standardize_dtype(generator.outputs[0].dtype) == "float32"
    if name != "dcgan":
        assert generator.input_shape == (None, None, None, 3)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@variants
def test_output_is_float32_of_the_input_size_in_the_range_of_tanh(
    name, options, policy
):
    keras.config.set_dtype_policy(policy)
    try:
        generator = build(name, **options)
    finally:
        keras.config.set_dtype_policy("float32")
    output = generator(inputs(name, batch=2))
    assert output.shape == ((2, 16, 16, 3) if name == "dcgan" else (2, 16, 32, 3))
    assert keras.backend.standardize_dtype(output.dtype) == "float32"
    if name not in UNBOUNDED:
        assert np.abs(output).max() <= 1.0


@variants
def test_images_of_a_batch_do_not_mix(name, options):
    generator = build(name, **options)
    batch = inputs(name, batch=2)
    # Batch normalization mixes them in training alone.
    training = name not in MIXING or options.get("normalization", "batch") != "batch"
    together = generator(batch, training=training)
    alone = generator(batch[:1], training=training)
    np.testing.assert_allclose(together[:1], alone, atol=1e-4)


@variants
def test_saved_model_gives_the_same_output(tmp_path, name, options):
    generator = build(name, **options)
    generator(inputs(name), training=True)
    generator.save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    assert type(loaded) is type(generator)
    np.testing.assert_array_equal(generator(inputs(name)), loaded(inputs(name)))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("anime", {"image_shape": (60, 64, 3)}, "divisible by 8"),
        ("anime", {"num_blocks": 0}, "`num_blocks` must be"),
        ("anime", {"width": 0}, "`width` must be"),
        ("animegan_v1", {"num_blocks": 0}, "`num_blocks` must be"),
        ("animegan_v1", {"resize": "bicubic"}, "one of half_pixel, legacy, align_cor"),
        ("animegan_v2", {"image_shape": (30, 32)}, "`image_shape` must be"),
        ("animegan_v2", {"resize": "nearest"}, "`resize` must be one of half_pixel"),
        ("animegan_v2", {"width": 0}, "`width` must be at least 1. Received: width=0"),
        ("animegan_v2_lite", {"width": 0}, "`width` must be"),
        ("animegan_v2_lite", {"resize": "cubic"}, "`resize` must be one of"),
        ("animegan_v3", {"tails": "support"}, "`tails` must be one of main, both"),
        ("animegan_v3", {"slots": 0}, "`slots` must be at least 1"),
        ("animegan_v3", {"resize": "cubic"}, "`resize` must be one of"),
        ("autoencoder", {"image_shape": (60, 64, 3)}, "divisible by 8"),
        ("autoencoder", {"width": 0}, "`width` must be .* width=0"),
        ("autoencoder", {"num_downsamples": 0}, "`num_downsamples` must be"),
        ("autoencoder", {"latent_channels": 0}, "`latent_channels` must be"),
        ("autoencoder", {"normalization": "layer"}, "one of batch, instance, none"),
        ("cartoongan", {"num_blocks": 0}, "`num_blocks` must be"),
        ("cartoongan", {"resize": "cubic"}, "`resize` must be one of"),
        ("dcgan", {"image_size": 8}, "`image_size` must be .* image_size=8"),
        ("dcgan", {"image_size": 48}, "`image_size` must be .* image_size=48"),
        ("dcgan", {"latent_dim": 0}, "`latent_dim` must be .* latent_dim=0"),
        ("dcgan", {"width": 0}, "`width` must be .* width=0"),
        ("dcgan", {"upsampling": "bicubic"}, "`upsampling` must be .*'bicubic'"),
        ("resnet", {"image_shape": (30, 32, 3)}, "divisible by 4"),
        ("resnet", {"num_blocks": 0}, "`num_blocks` must be"),
        ("resnet", {"width": 0}, "`width` must be"),
        ("resnet", {"upsampling": "bicubic"}, "one of transpose, resize"),
        ("resnet", {"normalization": "layer"}, "one of batch, instance, none"),
        ("restoration", {"image_shape": (20, 16, 3)}, "divisible by 8"),
        ("restoration", {"num_blocks": 0}, "`num_blocks`"),
        ("ugatit_light", {"image_shape": (30, 32, 3)}, "divisible by 4"),
        ("ugatit_light", {"num_blocks": 0}, "`num_blocks` must be"),
        ("white_box", {"width": 0}, "`width` must be"),
        ("white_box", {"resize": "cubic"}, "`resize` must be one of"),
        ("unet", {"image_shape": (24, 32, 3)}, "divisible by 16"),
        ("unet", {"num_downsamples": 1}, "at least 2. Received: num_downsamples=1"),
        ("unet", {"width": 0}, "`width` must be"),
        ("unet", {"dropout": 1.0}, "`dropout` must be in"),
        ("unet", {"normalization": "layer"}, "one of batch, instance, none"),
        ("unet", {"upsampling": "bilinear"}, "one of transpose, resize"),
        ("anmie", {}, "anime.*Received: name='anmie'"),
    ],
)
def test_invalid_options_are_rejected(name, options, message):
    with pytest.raises(ValueError, match=message):
        build_generator(name, **options)


def test_animegan_v2_has_the_published_size():
    # From the published layer table: every norm has a scale and an offset per channel,
    # only depthwise convolutions have a bias.
    model = build_generator("animegan_v2")
    counts = {"kernel": 0, "bias": 0, "gamma": 0, "beta": 0}
    for weight in model.trainable_variables:
        counts[weight.name] += int(np.prod(weight.shape))
    assert counts == {"kernel": 2_130_368, "bias": 1_792, "gamma": 5_696, "beta": 5_696}
    assert model.count_params() == 2_143_552


@pytest.mark.parametrize(("height", "width"), [(8, 8), (20, 12)])
def test_animegan_v2_accepts_sides_of_8_pixels_and_multiples_of_4(height, width):
    output = build("animegan_v2")(photos(1, height, width))
    assert output.shape == (1, height, width, 3)


def test_animegan_v2_normalizes_over_height_width_and_channels_jointly():
    norm = build("animegan_v2").get_layer("a_conv1_norm")
    x = np.random.default_rng(3).normal(2.0, 3.0, (2, 5, 6, 4)).astype("float32")
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    variance = x.var(axis=(1, 2, 3), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(norm(x), expected, atol=1e-5)


def test_animegan_v2_pads_strided_convolutions_at_the_end_only():
    generator = build("animegan_v2")
    for name in ("a_down_pad", "b_down_pad"):
        assert generator.get_layer(name).padding == ((0, 1), (0, 1))


def test_animegan_v2_in_bfloat16_stays_close_to_float32():
    generator = build("animegan_v2")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = build("animegan_v2")
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(generator.get_weights())
    np.testing.assert_allclose(mixed(photos()), generator(photos()), atol=0.2)


def test_the_autoencoder_is_its_decoder_of_its_encoder():
    generator = build("autoencoder")
    encoder, decoder = (generator.get_layer(name) for name in ("encoder", "decoder"))
    code = encoder(photos())
    assert code.shape == (1, 2, 4, 5)
    np.testing.assert_allclose(decoder(code), generator(photos()), atol=1e-6)


def test_the_output_of_the_autoencoder_depends_on_the_code_alone():
    generator = build("autoencoder")
    code = generator.get_layer("encoder").get_layer("code")
    code.set_weights([np.zeros_like(weight) for weight in code.get_weights()])
    first, second = generator(photos()), generator(photos(seed=1))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("num_downsamples", [1, 2])
def test_each_downsampling_halves_the_code(num_downsamples):
    generator = build("autoencoder", num_downsamples=num_downsamples)
    code = generator.get_layer("encoder")(photos())
    assert code.shape[1:3] == (16 // 2**num_downsamples, 32 // 2**num_downsamples)


def test_the_saved_autoencoder_has_its_parts(tmp_path):
    build("autoencoder").save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    assert loaded.get_layer("encoder").output_shape == (None, None, None, 5)


@pytest.mark.slow
def test_training_the_autoencoder_on_one_image_lowers_the_error():
    keras.utils.set_random_seed(0)
    generator = build("autoencoder", num_downsamples=1)
    generator.compile(keras.optimizers.Adam(2e-2), loss="mae", run_eagerly=True)
    losses = [generator.train_on_batch(photos(), photos()) for _ in range(8)]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("size", [32, 64])
def test_dcgan_gives_images_of_the_requested_size(size):
    output = build("dcgan", image_size=size)(10.0 * inputs("dcgan", batch=2))
    assert output.shape == (2, size, size, 3)
    assert np.abs(output).max() <= 1.0


def test_dcgan_is_sequential_from_100_numbers_to_256_pixels():
    generator = build_generator("dcgan")
    assert isinstance(generator, keras.Sequential)
    assert generator.input_shape == (None, 100)
    assert generator.output_shape == (None, 256, 256, 3)


def test_dcgan_has_the_expected_number_of_parameters():
    generator = build_generator("dcgan", image_size=32, batch_norm=False)
    project = 100 * 8 * 8 * 128 + 8 * 8 * 128
    up16 = 5 * 5 * 128 * 64 + 64
    up32 = 5 * 5 * 64 * 32 + 32
    output = 7 * 7 * 32 * 3 + 3
    assert generator.count_params() == project + up16 + up32 + output


def test_batch_norm_replaces_each_bias_by_four_numbers_per_channel():
    plain, normalized = build("dcgan", batch_norm=False), build("dcgan")
    # Biases: 8*8*4 of the projection, 4 of the upsampling. Norms: of two maps of 4.
    change = -(8 * 8 * 4 + 4) + 2 * 4 * 4
    assert normalized.count_params() == plain.count_params() + change


def test_different_noise_gives_different_images():
    first, second = np.asarray(build("dcgan")(inputs("dcgan", batch=2)))
    assert np.abs(first - second).max() > 1e-3


def test_resnet_has_the_published_size():
    # c7-64, d128, d256, nine blocks of two 3x3, u128, u64, c7-3, each with its bias.
    expected = 7 * 7 * 3 * 64 + 64
    expected += 9 * 64 * 128 + 128 + 9 * 128 * 256 + 256
    expected += 9 * 2 * (9 * 256 * 256 + 256)
    expected += 9 * 256 * 128 + 128 + 9 * 128 * 64 + 64
    expected += 7 * 7 * 64 * 3 + 3
    assert build_generator("resnet").count_params() == expected == 11_378_179


def test_each_residual_block_of_the_resnet_has_two_convolutions():
    three, two = (build("resnet", num_blocks=n) for n in (3, 2))
    block = 2 * (9 * 16 * 16 + 16)
    assert three.count_params() - two.count_params() == block


def test_instance_norm_removes_the_contrast_of_the_image():
    generator = build("resnet")
    stem = generator.get_layer("stem")
    kernel, bias = stem.get_weights()
    stem.set_weights([kernel, np.zeros_like(bias)])
    np.testing.assert_allclose(
        generator(photos()), generator(0.5 * photos()), atol=1e-2
    )


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_untrained_restoration_network_is_exactly_the_identity(policy):
    keras.config.set_dtype_policy(policy)
    try:
        output = build_generator("restoration", **TINY["restoration"])(photos())
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(output, photos())


def test_restoration_can_change_every_pixel():
    assert (np.abs(build("restoration")(photos()) - photos()) > 1e-4).mean() > 0.95


def test_the_restoration_of_a_tile_equals_that_region_of_the_whole():
    generator, image = build("restoration"), photos(1, 32, 256)
    whole, tile = generator(image), generator(image[:, :, 64:])
    np.testing.assert_allclose(whole[:, :, 160:], tile[:, :, 96:], atol=1e-5)


@pytest.mark.parametrize("num_downsamples", [2, 3])
def test_unet_accepts_multiples_of_its_downsampling(num_downsamples):
    size = 2**num_downsamples
    output = build("unet", num_downsamples=num_downsamples)(photos(1, size, 3 * size))
    assert output.shape == (1, size, 3 * size, 3)


def test_unet_with_resize_has_no_checkerboard_artifacts():
    # For uniform gray every position is the same, away from the border.
    options = {"num_downsamples": 2, "normalization": "none"}
    gray = np.full((1, 64, 64, 3), 0.3, "float32")
    resized, transposed = (
        np.asarray(build("unet", **options, upsampling=upsampling)(gray))[0]
        for upsampling in ("resize", "transpose")
    )
    assert np.ptp(resized[24:40, 24:40], axis=(0, 1)).max() < 1e-5
    assert np.ptp(transposed[24:40, 24:40], axis=(0, 1)).max() > 1e-3


@pytest.mark.slow
def test_unet_of_eight_downsamplings_has_the_published_size():
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


def test_dropout_of_the_unet_is_active_in_training_on_three_levels():
    generator = build("unet", normalization="none", dropout=0.5)
    dropouts = [x for x in generator.layers if isinstance(x, keras.layers.Dropout)]
    assert len(dropouts) == 3
    np.testing.assert_array_equal(generator(photos()), generator(photos()))
    first, second = (generator(photos(), training=True) for _ in range(2))
    assert not np.array_equal(first, second)


def test_skip_connections_pass_what_the_smallest_map_lacks():
    generator = build("unet", num_downsamples=2)
    lowest = generator.get_layer("down2")
    lowest.set_weights([np.zeros_like(weight) for weight in lowest.get_weights()])
    first, second = generator(photos()), generator(photos(seed=1))
    assert np.abs(np.asarray(first) - np.asarray(second)).max() > 1e-3
