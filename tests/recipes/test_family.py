"""The recipes of the AnimeGAN family and their presets."""

import json

import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.losses.perceptual import gram_matrix
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers.license_notice import add_notice, find_notice
from animegan_tf.recipes import animegan_v3, family, white_box
from animegan_tf.recipes.runner import (
    RECIPES,
    check_names,
    config_class,
    config_from_dict,
    default_config,
    load_builder,
    presets,
)
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.utils.settings import to_dict

FAMILY = ("animegan_v1", "animegan_v2", "animegan_v3", "white_box", "cartoongan")
DISCRIMINATORS = {
    "animegan_v3": {"discriminator", "discriminator_main"},
    "white_box": {"discriminator", "discriminator_surface"},
}
# One recipe in quick tests; the others take their time.
SLOW_BUT_ONE = [
    pytest.param(name, marks=[] if name == "animegan_v2" else pytest.mark.slow)
    for name in FAMILY
]
ALL_PRESETS = [(recipe, preset) for recipe in RECIPES for preset in presets(recipe)]


@pytest.fixture
def make_program(make_config, tmp_path):
    """A function of a recipe and changes to its settings to the program."""

    def make(recipe, **changes):
        config = make_config(recipe, **changes)
        return load_builder(recipe)(config, RunFolder(tmp_path / "run"), False).program

    return make


def _batch(size=16):
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(-1, 1, (2, size, size, 3)).astype("float32")
        for name in ("photo", "anime")
    }


# Presets


@pytest.mark.parametrize(("recipe", "preset"), ALL_PRESETS)
def test_presets_are_settings_of_their_recipe(recipe, preset):
    config = default_config(recipe, preset)
    assert type(config) is config_class(recipe)
    check_names(config)
    assert config_from_dict(json.loads(json.dumps(to_dict(config)))) == config


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("hayao", (1.5, 2.5, 15.0, 1.0, 1.2, 1.2, 1.2, 0.8)),
        ("paprika", (2.0, 0.6, 50.0, 0.1, 1.0, 1.0, 1.0, 0.005)),
        ("shinkai", (1.2, 2.0, 10.0, 1.0, 1.7, 1.7, 1.7, 1.0)),
    ],
)
def test_animegan_v2_has_the_weights_of_each_style(style, expected):
    config = default_config("animegan_v2", style)
    weights, labels = config.weights, config.regularization
    assert expected == (
        weights.content,
        weights.style,
        weights.color,
        weights.total_variation,
        labels.real_weight,
        labels.fake_weight,
        config.gray_weight,
        config.smooth_weight,
    )
    assert (weights.adversarial, config.discriminator_weight) == (300.0, 300.0)
    assert config.data.batch_size == 12
    # 10 of 101 epochs of 6,656 photos.
    assert (config.pretraining_steps, config.steps) == (5546, 56021)
    assert config.pretraining_learning_rate == 2e-4
    assert config.generator_learning_rate == 2e-5
    assert config.discriminator_learning_rate == 4e-5


def test_animegan_v1_has_the_weights_of_the_paper():
    config = default_config("animegan_v1", "hayao")
    assert config.weights.active() == {
        "content": 1.5,
        "style": 3.0,
        "color": 10.0,
        "adversarial": 300.0,
    }
    assert default_config("animegan_v1", "shinkai").weights.content == 1.1
    assert (config.gray_weight, config.smooth_weight) == (1.0, 0.1)
    rates = (config.pretraining_learning_rate, config.generator_learning_rate)
    assert (*rates, config.discriminator_learning_rate) == (1e-4, 8e-5, 1.6e-4)


@pytest.mark.parametrize(
    ("style", "weights", "others"),
    [
        (
            "hayao",
            (0.5, 0.1, 5.0, 25.0, 0.2, 0.2, 10.0, 1e-3, 1.0, 50.0, 0.5, 0.02),
            (2.0, 0.0, True, 5.0, 6.0),
        ),
        (
            "shinkai",
            (0.5, 0.1, 2.0, 28.0, 0.8, 0.5, 8.0, 1e-4, 1.0, 50.0, 0.5, 0.02),
            (5.0, 0.1, False, 7.0, 6.0),
        ),
    ],
)
def test_animegan_v3_has_the_weights_of_each_style(style, weights, others):
    config = default_config("animegan_v3", style)
    assert tuple(config.weights.active().values()) == weights
    assert others == (
        config.smooth_weight,
        config.salt_noise,
        config.pretrain_main,
        config.luma_strength,
        config.chroma_strength,
    )
    labels = config.regularization
    labels = (labels.real_label, labels.fake_label, labels.generator_label)
    assert labels == (0.9, 0.1, 0.9)
    assert config.regularization.real_weight == 0.5
    assert config.regularization.fake_weight == 1.0
    assert config.generator_learning_rate == config.discriminator_learning_rate == 1e-4


def test_white_box_and_cartoongan_have_published_weights():
    config = default_config("white_box")
    assert config.weights.active() == {
        "content": 200.0,
        "structure": 200.0,
        "total_variation": 1e4,
        "adversarial": 1.0,
        "adversarial_surface": 0.1,
    }
    assert (config.steps, config.pretraining_steps) == (150000, 50000)
    assert default_config("white_box", "adaptive_color").structure_power == 1.2
    style = default_config("cartoongan", "style")
    assert tuple(style.weights.active().values()) == (0.4, 25.0, 8.0)
    rates = (style.generator_learning_rate, style.discriminator_learning_rate)
    assert rates == (8e-5, 3e-5)
    content = default_config("cartoongan", "content")
    assert tuple(content.weights.active().values()) == (10.0, 1.0, 1.0)


@pytest.mark.parametrize("recipe", FAMILY)
def test_training_without_a_discriminator_is_refused(recipe):
    values = to_dict(default_config(recipe))
    values["weights"]["adversarial"] = 0.0
    with pytest.raises(ValueError, match="`weights.adversarial` must be positive"):
        config_from_dict(values)


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("animegan_v2", {"gray_weight": -1.0}, "`gray_weight` must be at least 0"),
        ("animegan_v2", {"smooth_weight": -1.0}, "`smooth_weight` must be at least 0"),
        ("animegan_v1", {"discriminator_weight": 0.0}, "`discriminator_weight` must b"),
        ("animegan_v3", {"salt_noise": 1.0}, r"`salt_noise` must be in \[0, 1\)"),
        ("animegan_v3", {"denoising_patch": 4}, "`denoising_patch` must be odd"),
        ("animegan_v3", {"l0_smoothness": 0.0}, "`l0_smoothness` must be positive"),
        ("animegan_v3", {"superpixel_size": 1}, "`superpixel_size` must be at least"),
        (
            "animegan_v3",
            {"generator_options": {"tails": "main"}},
            "`generator_options` must be without tails",
        ),
        ("white_box", {"structure_power": 0.0}, "`structure_power` must be positive"),
        ("cartoongan", {"pretraining_steps": -1}, "`pretraining_steps` must be at l"),
    ],
)
def test_impossible_values_are_refused(recipe, changes, message, make_config):
    with pytest.raises(ValueError, match=message):
        make_config(recipe, **changes)


# Trainings


@pytest.mark.parametrize("recipe", SLOW_BUT_ONE)
def test_each_step_moves_its_own_networks(recipe, make_program, find_moved):
    program = make_program(recipe)
    assert find_moved(program, _batch(), step=0) == {"generator"}
    discriminators = DISCRIMINATORS.get(recipe, {"discriminator"})
    assert find_moved(program, _batch(), step=1) == {"generator", *discriminators}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", FAMILY)
def test_optimizers_move_their_networks_alone(recipe, make_program, check_steps_apart):
    owners = {
        name: {name} for name in DISCRIMINATORS.get(recipe, {"discriminator"})
    } | {"generator": {"generator"}}
    check_steps_apart(make_program(recipe), _batch(), owners, step=1)


@pytest.mark.parametrize("recipe", SLOW_BUT_ONE)
def test_resumed_training_equals_an_unbroken_one(
    recipe, make_config, check_resumed, read_log
):
    config = make_config(recipe, steps=3, checkpoint_every=2)
    run, names = check_resumed(config)
    assert "optimizer/pretraining/0000" in names
    first, *later = read_log(run, "total")
    # The pretraining has neither a discriminator nor a style.
    pretraining = {"step", "epoch", "total", "generator_norm"}
    pretraining |= {f"output_{name}" for name in ("deviation", "luminance", "change")}
    terms = {"content", "main_content", "reconstruction"}
    assert set(first) - pretraining <= terms
    discriminators = DISCRIMINATORS.get(recipe, {"discriminator"})
    for line in later:
        active = set(config.weights.active()) - terms
        assert active | discriminators <= set(line)
    (line,) = [line for line in read_log(run) if "validation_adversarial" in line]
    # Held-out photos have no images of the style beside them.
    assert not [name for name in line if name.startswith("validation_style")]
    generator = load_generator(run.path)
    # Of two tails the main one is kept.
    assert generator(np.zeros((1, 16, 24, 3), "float32")).shape == (1, 16, 24, 3)
    sheet = read_image(run.path / "samples" / "step_000003.png")
    # Photo, one result of each tail, and two drawings.
    assert sheet.shape[1] == 16 * (5 if recipe == "animegan_v3" else 4)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", FAMILY)
def test_pretraining_learns_the_photos(recipe, make_config, run_training, read_log):
    config = make_config(
        recipe,
        steps=41,
        pretraining_steps=40,
        pretraining_learning_rate=5e-3,
        weights={},
    )
    run = run_training(config)
    losses = [line["total"] for line in read_log(run, "total")][:40]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


@pytest.mark.slow
def test_further_images_of_weight_0_are_left_out(make_program):
    program = make_program("animegan_v2", gray_weight=0.0, smooth_weight=0.0)
    logs = program.update(_batch(), 1)
    # Two losses of LSGAN, of weights 1.2 and 300, on logits near 0.
    assert 0.0 < float(logs["discriminator"]) < 1.2 * 300.0 * 3.0


def test_what_starts_from_imported_weights_keeps_their_license(
    make_config, run_training, tmp_path
):
    options = {"width": 4, "num_blocks": 1}
    imported = add_notice(build_generator("white_box", **options), "CC BY-NC-SA 4.0")
    imported.save(tmp_path / "imported.keras")
    config = make_config(
        "cut",
        steps=1,
        generator="white_box",
        generator_options=options,
        contrast={"layers": ("photo", "down1")},
        initial=str(tmp_path / "imported.keras"),
    )
    generator = load_generator(run_training(config).path)
    assert find_notice(generator) == "CC BY-NC-SA 4.0"


# Losses and views


def test_style_loss_divides_grams_by_the_values_of_the_map():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 1, 2, 3, 4)).astype("float32")
    loss = family.style_loss({"block1_conv1": x}, {"block1_conv1": y}, "block1_conv1")
    grams = [np.einsum("nhwi,nhwj->nij", maps, maps) / (2 * 3 * 64) for maps in (x, y)]
    assert float(loss) == pytest.approx(np.abs(grams[0] - grams[1]).mean(), rel=1e-5)
    # Centered, a constant added to a channel changes nothing.
    loss = family.style_loss(
        {"block1_conv1": x}, {"block1_conv1": x + 3.0}, "block1_conv1", centered=True
    )
    assert float(loss) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize(
    ("layer", "channels"),
    [("block2_conv2", 128), ("block3_conv3", 256), ("block4_conv4", 512)],
)
def test_channels_are_those_of_vgg19(layer, channels):
    assert family.channels_of(layer) == channels


def _write_features(path, deepest):
    """Write a feature network of two channels, down to a layer."""
    from animegan_tf.models.features.vgg19 import LAYER_NAMES

    rng = np.random.default_rng(0)
    arrays, inputs = {}, 3
    for name in LAYER_NAMES[: LAYER_NAMES.index(deepest) + 1]:
        kernel = rng.normal(0, 0.5, (3, 3, inputs, 2)).astype("float32")
        arrays |= {f"{name}/kernel": kernel, f"{name}/bias": np.zeros(2, "float32")}
        inputs = 2
    np.savez(path, **arrays)
    return str(path)


def test_a_network_of_three_blocks_has_a_stand_in_of_its_own_scale(
    make_config, tmp_path
):
    from animegan_tf.models.features.extractor import build_feature_extractor

    image = _batch()["photo"]
    for deepest, factor in (("block3_conv4", 0.47), ("block4_conv4", 1.0)):
        path = _write_features(tmp_path / f"{deepest}.npz", deepest)
        maps = family.FeatureMaps(make_config("animegan_v2", features=path), scale=2.0)
        network = build_feature_extractor(path, [deepest], pre_activation=True)
        expected = 2.0 * factor * np.asarray(network(image)[deepest])
        np.testing.assert_allclose(
            maps(image)["block4_conv4"], expected, rtol=1e-4, atol=1e-5
        )


def test_maps_of_several_batches_are_those_of_each(make_config):
    maps = family.FeatureMaps(make_config("animegan_v3"), ["block2_conv2"])
    images = _batch()
    together = maps.of_each(images)
    assert list(together) == ["photo", "anime"]
    for name, image in images.items():
        for layer, expected in maps(image).items():
            np.testing.assert_allclose(
                together[name][layer], expected, rtol=1e-3, atol=1e-2
            )
    gram = gram_matrix(together["photo"]["block2_conv2"])
    assert gram.shape == (2, 128, 128)


def test_gray_has_three_equal_channels_and_smoothing_keeps_flat_images():
    image = np.float32([[[[1.0, -1.0, 0.0]]]])
    gray = 0.299 - 0.587
    np.testing.assert_allclose(family.gray_rgb(image)[0, 0, 0], [gray] * 3, atol=1e-6)
    flat = np.full((1, 8, 8, 3), 0.25, "float32")
    np.testing.assert_allclose(family.smoothed(flat), flat, atol=1e-6)
    flat[:, :, 4:] = -1.0
    blurred = np.asarray(family.smoothed(flat))
    assert -1.0 < blurred[0, 4, 4, 0] < 0.25


def test_salt_is_white_and_repeats_with_its_seed():
    image = np.zeros((1, 50, 40, 3), "float32")
    salted = np.asarray(animegan_v3._add_salt(image, 0.1, (1, 2)))
    white = (salted == 1.0).all(axis=-1)
    assert white.mean() == pytest.approx(0.1, abs=0.03)
    assert (salted[~white] == 0.0).all()
    np.testing.assert_array_equal(salted, animegan_v3._add_salt(image, 0.1, (1, 2)))
    assert animegan_v3._add_salt(image, 0.0, (1, 2)) is image


def test_contrast_is_raised_by_hand():
    # Levels 0.25 and 0.5: squared 1/16 and 1/4, divided by the largest 1/4 and 1.
    image = np.float32([-0.5, 0.0]).reshape(1, 1, 2, 1)
    raised = white_box._raise_contrast(image, 2.0)
    np.testing.assert_allclose(np.ravel(raised), [-0.5, 1.0], atol=1e-6)
    assert white_box._raise_contrast(image, 1.0) is image
