import dataclasses
import json

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.config import (
    DataConfig,
    LossWeights,
    Regularization,
    TrainingConfig,
    write_config,
)
from animegan_tf.recipes.anime import (
    REGRESSION_TERMS,
    AnimeConfig,
    AnimeData,
    AnimeWeights,
)
from animegan_tf.recipes.cut import Contrast, CUTConfig
from animegan_tf.recipes.cyclegan import CycleGANConfig
from animegan_tf.recipes.image_to_image import ImageToImageData
from animegan_tf.recipes.pix2pix import Pix2PixConfig, Pix2PixData
from animegan_tf.recipes.restore import RestoreData
from animegan_tf.recipes.runner import (
    RECIPES,
    config_class,
    config_from_dict,
    default_config,
    read_config,
)
from animegan_tf.recipes.styles import StyleConfig, StylesConfig
from animegan_tf.recipes.unconditional import DCGANConfig
from animegan_tf.utils.settings import to_dict


def _names(config):
    """Return the names of all settings, `data.photos` like `steps`."""
    names = set()
    for name, value in to_dict(config).items():
        names.add(name)
        if isinstance(value, dict) and dataclasses.is_dataclass(getattr(config, name)):
            names |= {f"{name}.{inner}" for inner in value}
    return names


ALL_NAMES = set().union(*(_names(default_config(recipe)) for recipe in RECIPES))


def _with(recipe, name, value):
    values = to_dict(default_config(recipe))
    group, dot, inner = name.partition(".")
    if dot:
        values.setdefault(group, {})[inner] = value
    else:
        values[name] = value
    return values


@pytest.mark.parametrize("recipe", RECIPES)
def test_settings_of_other_recipes_are_refused_by_name(recipe):
    own = _names(default_config(recipe))
    foreign = sorted(ALL_NAMES - own)
    assert foreign
    for name in foreign:
        group, _, inner = name.partition(".")
        wrong = inner if inner and group in own else group
        with pytest.raises(ValueError, match=f"Unknown settings of .*'{wrong}'"):
            config_from_dict(_with(recipe, name, 1))
        if not inner:
            with pytest.raises(TypeError, match=name):
                config_class(recipe)(**{name: 1})
        elif group in own:
            kind = type(getattr(default_config(recipe), group))
            with pytest.raises(TypeError, match=inner):
                kind(**{inner: 1})


@pytest.mark.parametrize(
    ("recipe", "assignment", "named"),
    [
        ("anime", "weights.cycle=1", "'cycle'"),
        ("anime", "regularization.critic_steps=2", "'critic_steps'"),
        ("styles", "weights.nce=1", "'nce'"),
        ("styles", "data.style=drawings", "`data.style`"),
        ("pix2pix", "weights.style=1", "'style'"),
        ("pix2pix", "pretraining_steps=5", "'pretraining_steps'"),
        ("restore", "data.pairing=name", "'pairing'"),
        ("cyclegan", "weights.l1=1", "'l1'"),
        ("cyclegan", "critic_steps=2", "'critic_steps'"),
        ("cut", "weights.identity=1", "'identity'"),
        ("dcgan", "weights.adversarial=1", "'weights'"),
        ("wgan", "contrast.patches=9", "'contrast'"),
        ("wgan_gp", "data.coverage=[0.5,1]", "'coverage'"),
    ],
)
def test_command_line_refuses_settings_of_other_recipes(
    recipe, assignment, named, tmp_path, capsys
):
    run = ["--run", str(tmp_path / "run"), "--recipe", recipe, "--dry-run"]
    assert main(["train", *run, "--set", assignment]) == 2
    error = capsys.readouterr().err
    assert named in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r1_every": 4}, "`r1_every` has no effect without r1"),
        (
            {"instance_noise_steps": 9},
            "`instance_noise_steps` has no effect without instance_noise",
        ),
    ],
)
@pytest.mark.parametrize("recipe", RECIPES)
def test_regularization_without_effect_is_refused(recipe, changes, message):
    before = default_config(recipe).regularization
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(before, **changes)
    ((name, value),) = changes.items()
    with pytest.raises(ValueError, match=message):
        config_from_dict(_with(recipe, f"regularization.{name}", value))


def test_regularization_with_effect_passes():
    Regularization(r1=1.0, r1_every=4)
    Regularization(instance_noise=0.1, instance_noise_steps=9)


@pytest.mark.parametrize("recipe", RECIPES)
def test_start_of_a_constant_learning_rate_s_decay_is_refused(recipe):
    values = _with(recipe, "learning_rate_decay", "constant")
    config_from_dict(values)
    message = "`learning_rate_decay_start` has no effect without learning_rate_decay"
    with pytest.raises(ValueError, match=message):
        config_from_dict(values | {"learning_rate_decay_start": 0.25})
    config_from_dict(
        values | {"learning_rate_decay_start": 0.25, "learning_rate_decay": "cosine"}
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("regularization", Regularization(l2=0.1)),
        ("discriminator", "conv"),
        ("discriminator_options", {"width": 4}),
        ("discriminator_learning_rate", 1.0),
    ],
)
@pytest.mark.parametrize("recipe", ["anime", "styles", "pix2pix", "restore"])
def test_discriminator_settings_without_adversarial_loss_are_refused(
    recipe, name, value
):
    config = default_config(recipe)
    weights = dataclasses.replace(config.weights, adversarial=0.0)
    without = dataclasses.replace(config, weights=weights)
    message = f"`{name}` has no effect without weights.adversarial"
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(without, **{name: value})
    dataclasses.replace(config, **{name: value})


@pytest.mark.parametrize("recipe", RECIPES)
def test_settings_survive_the_way_through_json(recipe):
    config = default_config(recipe)
    assert config.recipe == recipe
    assert type(config) is config_class(recipe)
    assert config_from_dict(json.loads(json.dumps(to_dict(config)))) == config


def test_settings_of_another_recipe_s_class_are_refused():
    with pytest.raises(ValueError, match="`recipe` must be 'cut'.*recipe='anime'"):
        CUTConfig(recipe="anime")


def test_a_file_keeps_every_setting(tmp_path):
    config = StylesConfig(
        steps=7,
        data=AnimeData(photos="a", scales=(64, 96), validation="held"),
        weights=AnimeWeights(style=0.5),
        styles=(StyleConfig("ink", "drawings"),),
        generator_options={"width": 8},
        regularization=Regularization(diff_augment=("color",)),
    )
    write_config(config, tmp_path / "config.json")
    assert read_config(tmp_path / "config.json") == config


@pytest.mark.parametrize("text", ["{", '{"stepss": 5}', '{"steps": "many"}', "[]"])
def test_a_file_of_other_content_is_named_on_one_line(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match="config.json") as error:
        read_config(tmp_path / "config.json")
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="config.json"):
        read_config(tmp_path / "config.json")


def test_a_misspelt_name_is_met_by_the_one_meant():
    with pytest.raises(ValueError, match="'stepss'. Did you mean 'steps'"):
        config_from_dict({"stepss": 5})
    with pytest.raises(ValueError, match="Did you mean 'anime'.*recipe='anmie'"):
        default_config("anmie")
    with pytest.raises(ValueError, match="`recipe` must be one of anime, styles"):
        config_from_dict({"recipe": "gan"})


def test_numbers_of_numpy_become_python_s():
    config = AnimeConfig(steps=np.int64(7), ema_decay=np.float64(0.5))
    assert (config.steps, config.ema_decay) == (7, 0.5)
    assert type(config.steps) is int


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (AnimeConfig, {"seed": -1}, r"`seed` must be in \[0, 2\*\*32\)"),
        (AnimeConfig, {"seed": 2**32}, r"`seed` must be in \[0, 2\*\*32\)"),
        (AnimeConfig, {"steps": 0}, "`steps` must be at least 1. Received: steps=0"),
        (AnimeConfig, {"log_every": 0}, "`log_every` must be at least 1"),
        (AnimeConfig, {"sample_every": 0}, "`sample_every` must be at least 1"),
        (AnimeConfig, {"checkpoint_every": 0}, "`checkpoint_every` must be at least"),
        (AnimeConfig, {"pretraining_steps": -1}, "`pretraining_steps` must be at le"),
        (AnimeConfig, {"smooth_weight": -0.1}, "`smooth_weight` must be at least 0"),
        (AnimeConfig, {"target_weight": -0.1}, "`target_weight` must be at least 0"),
        (AnimeConfig, {"pretraining_learning_rate": 0}, "`pretraining_.*` must be pos"),
        (AnimeConfig, {"generator_learning_rate": 0.0}, "`generator_.*` must be pos"),
        (AnimeConfig, {"discriminator_learning_rate": 0}, "`discriminator_.*` must be"),
        (AnimeConfig, {"clip_norm": 0.0}, "`clip_norm` must be positive"),
        (AnimeConfig, {"ema_decay": 1.0}, r"`ema_decay` must be in \[0, 1\)"),
        (AnimeConfig, {"style_momentum": 1.0}, r"`style_momentum` must be in \[0, 1\)"),
        (AnimeConfig, {"precision": "int8"}, "`precision` must be one of .*float32"),
        (AnimeConfig, {"learning_rate_decay": "steps"}, "one of constant, linear, cos"),
        (
            Pix2PixConfig,
            {"learning_rate_decay_start": 1.0},
            r"`learning_rate_decay_start` must be in \[0, 1\)",
        ),
        (DCGANConfig, {"critic_steps": 0}, "`critic_steps` must be at least 1"),
        (
            AnimeConfig,
            {"weights": dict.fromkeys(REGRESSION_TERMS, 0)},
            "must have one of target, .* for the pretraining",
        ),
        (CycleGANConfig, {"weights": {"cycle": 0}}, "`cycle` must be positive"),
        (CUTConfig, {"weights": {"adversarial": 0}}, "`adversarial` must be positive"),
        (DataConfig, {"crop_size": 20}, "`crop_size` must be a multiple of 8.*=20"),
        (DataConfig, {"crop_size": 8}, "`crop_size` must be .* at least 16"),
        (DataConfig, {"batch_size": 0}, "`batch_size` must be at least 1"),
        (DataConfig, {"validation": 1.0}, r"`validation` must be a folder or .* \[0"),
        (DataConfig, {"validation": -0.1}, "`validation` must be a folder or a fract"),
        (AnimeData, {"scales": ()}, "`scales` must be a list of sizes"),
        (AnimeData, {"scales": [256, 0]}, "`scales` must be a list of sizes of at l"),
        (Pix2PixData, {"pairing": "guess"}, "`pairing` must be one of name, side_by"),
        (ImageToImageData, {"coverage": (0.0, 1.0)}, r"`coverage` must .* in \(0, 1"),
        (ImageToImageData, {"coverage": (0.8, 0.6)}, "`coverage` must be two ascend"),
        (ImageToImageData, {"coverage": (0.8,)}, "`coverage` must be two ascending"),
        (ImageToImageData, {"coverage": (0.8, 1.1)}, "`coverage` must be two ascend"),
        (RestoreData, {"degradations": ("rust",)}, "`degradations` must be .* blur"),
        (RestoreData, {"degradations": ()}, "`degradations` must be one or more of"),
        (Regularization, {"real_label": 1.1}, r"`real_label` must be in \(0, 1\]"),
        (Regularization, {"real_label": 0.0}, r"`real_label` must be in \(0, 1\]"),
        (Regularization, {"instance_noise_steps": 0}, "must be at least 1.*steps=0"),
        (Regularization, {"r1_every": 0}, "`r1_every` must be at least 1.*every=0"),
        (Regularization, {"diff_augment": ("blur",)}, "any of .*cutout, color"),
        # One patch has nothing to be told from.
        (Contrast, {"patches": 1}, "`patches` must be at least 2. Received: patches=1"),
        (Contrast, {"width": 0}, "`width` must be at least 1"),
        (Contrast, {"temperature": 0.0}, "`temperature` must be positive"),
        (Contrast, {"layers": "stem"}, "`layers` must be a list of text"),
    ],
)
def test_impossible_values_are_refused(kind, values, message):
    with pytest.raises(ValueError, match=message) as error:
        kind(**values)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "real_weight",
        "fake_weight",
        "instance_noise",
        "l2",
        "r1",
        "gradient_penalty",
        "weight_clip",
        "pool_size",
    ],
)
def test_weights_and_amounts_are_not_below_0(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0"):
        Regularization(**{name: -1})


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_loss_weight_is_below_0(recipe):
    weights = getattr(default_config(recipe), "weights", None)
    for name in dataclasses.asdict(weights) if weights else ():
        with pytest.raises(ValueError, match=f"`{name}` must be at least 0.*=-1.0"):
            dataclasses.replace(weights, **{name: -1.0})


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (DataConfig, {"crop_size": 16, "validation": 0.0}),
        (DataConfig, {"validation": "folder"}),
        (ImageToImageData, {"coverage": (1.0, 1.0)}),
        (RestoreData, {"degradations": ("noise", "blur")}),
        (Pix2PixData, {"pairing": "side_by_side_reversed"}),
        (Regularization, {"real_weight": 0.0, "diff_augment": ("cutout", "color")}),
        (Contrast, {"layers": ("stem", "down"), "patches": 2}),
    ],
)
def test_limits_themselves_are_allowed(kind, values):
    settings = kind(**values)
    assert {name: getattr(settings, name) for name in values} == values


def test_active_terms_are_those_with_weight_in_the_order_of_the_fields():
    assert LossWeights().active() == {}
    zeros = dict.fromkeys(dataclasses.asdict(AnimeWeights()), 0.0)
    weights = AnimeWeights(**zeros | {"adversarial": 1.0, "target": 2.0})
    assert list(weights.active().items()) == [("target", 2.0), ("adversarial", 1.0)]


@pytest.mark.parametrize("name", ["ink", "Ink-2", "pen_and_ink"])
def test_style_names_are_letters_digits_and_dashes(name):
    assert StyleConfig(name, "drawings").name == name


@pytest.mark.parametrize("name", ["", "-", "a b", "a/b", "../a", "a.keras"])
def test_style_names_that_could_be_paths_are_refused(name):
    with pytest.raises(ValueError, match="`name` must be letters, digits, - and _"):
        StyleConfig(name, "drawings")


def test_styles_need_names_and_images_of_their_own():
    with pytest.raises(ValueError, match="StyleConfig must have images, name"):
        config_from_dict({"recipe": "styles", "styles": [{"name": "ink"}]})
    styles = (StyleConfig("a", "x"), StyleConfig("a", "y"))
    with pytest.raises(ValueError, match="`styles` must be of different names"):
        StylesConfig(styles=styles)


def test_settings_are_those_of_the_papers():
    # Radford et al., 2016; Arjovsky et al., 2017; Gulrajani et al., 2017.
    dcgan, wgan, gp = map(default_config, ("dcgan", "wgan", "wgan_gp"))
    assert (dcgan.data.batch_size, dcgan.generator_learning_rate) == (128, 2e-4)
    assert wgan.regularization == Regularization(weight_clip=0.01)
    assert gp.regularization == Regularization(gradient_penalty=10.0)
    assert (wgan.generator_learning_rate, gp.generator_learning_rate) == (5e-5, 1e-4)
    assert (dcgan.critic_steps, wgan.critic_steps, gp.critic_steps) == (1, 5, 5)
    # Isola et al., 2017; Zhu et al., 2017; Park et al., 2020.
    for recipe in ("pix2pix", "cyclegan", "cut"):
        config = default_config(recipe)
        assert (config.data.crop_size, config.data.batch_size) == (256, 1)
        assert config.data.coverage == (256 / 286, 256 / 286)
        assert config.learning_rate_decay == "linear"
        assert config.learning_rate_decay_start == 0.5
        assert config.generator_learning_rate == 2e-4
    active = {
        "pix2pix": {"adversarial": 1.0, "l1": 100.0},
        "cyclegan": {"adversarial": 1.0, "cycle": 10.0, "identity": 5.0},
        "cut": {"adversarial": 1.0, "nce": 1.0},
    }
    for recipe, weights in active.items():
        assert default_config(recipe).weights.active() == weights
    assert default_config("cyclegan").regularization == Regularization(pool_size=50)
    contrast = Contrast(patches=256, width=256, temperature=0.07)
    assert default_config("cut").contrast == contrast


# What version 0.1 wrote: every recipe had the settings of all.
VERSION_0_1 = {
    "steps": 8,
    "pretraining_steps": 0,
    "seed": 7,
    "data": {
        "photos": "photos",
        "target": "cel_and_ink",
        "style": "drawings",
        "validation": 0.25,
        "scales": [256, 384, 512],
        "crop_size": 32,
        "batch_size": 1,
        "flip": True,
        "cache": None,
        "pairing": "name",
        "coverage": [0.5, 0.75],
        "degradations": ["noise"],
    },
    "styles": [],
    "weights": {
        "target": 3.0,
        "gradient": 0.0,
        "content": 0.0,
        "style": 0.0,
        "color": 0.0,
        "total_variation": 0.0,
        "adversarial": 1.0,
        "l1": 0.5,
        "cycle": 10.0,
        "identity": 5.0,
        "nce": 2.0,
    },
    "stabilizers": {
        "real_label": 1.0,
        "real_weight": 1.0,
        "fake_weight": 1.0,
        "instance_noise": 0.25,
        "instance_noise_steps": 1000,
        "l2": 0.0,
        "r1": 0.0,
        "r1_every": 16,
        "diff_augment": ["cutout"],
        "gradient_penalty": 0.0,
        "weight_clip": 0.0,
        "critic_steps": 3,
        "pool_size": 2,
        "decay": "linear",
        "decay_start": 0.75,
    },
    "contrast": {
        "layers": [],
        "patches": 9,
        "width": 4,
        "temperature": 0.07,
        "identity": True,
    },
    "generator": "anime",
    "generator_options": {"width": 4},
    "initial": "",
    "discriminator": "patch",
    "discriminator_options": {"width": 4, "num_downsamples": 1},
    "features": "bundled",
    "adversarial_loss": "lsgan",
    "smooth_weight": 0.0,
    "target_weight": 0.0,
    "style_momentum": 0.9,
    "pretraining_learning_rate": 0.001,
    "generator_learning_rate": 0.0002,
    "discriminator_learning_rate": 0.0002,
    "ema_decay": 0.999,
    "clip_norm": 1000000.0,
    "precision": "float32",
    "log_every": 1,
    "sample_every": 4,
    "checkpoint_every": 4,
}


def _version_0_1(recipe, **changes):
    values = json.loads(json.dumps(VERSION_0_1)) | {"recipe": recipe}
    if recipe == "styles":
        values["data"]["style"] = ""
        values["styles"] = [{"name": "ink", "pictures": "drawings", "target": "oil"}]
    for name, value in changes.items():
        values[name] = values[name] | value if isinstance(value, dict) else value
    return values


@pytest.mark.parametrize("recipe", RECIPES)
def test_settings_of_version_0_1_are_converted(recipe, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(_version_0_1(recipe)))
    config = read_config(path)
    assert type(config) is config_class(recipe)
    assert (config.seed, config.data.crop_size) == (7, 32)
    if recipe in ("anime", "styles"):
        # They took no notice of the stabilizers.
        assert config.regularization == Regularization()
        assert config.learning_rate_decay == "constant"
        # What they did has other defaults now.
        assert (config.view, config.gate_floor) == ("gray", 1.0)
        assert config.view_downscale == 1
        assert config.target_factor == config.final_target_factor == 1.0
        assert set(config.weights.active()) == {"target", "adversarial"}
        return
    assert config.regularization.instance_noise == 0.25
    assert config.regularization.diff_augment == ("cutout",)
    assert config.learning_rate_decay == "linear"
    assert config.learning_rate_decay_start == 0.75


def test_every_recipe_keeps_what_it_had_of_version_0_1():
    convert = lambda recipe: config_from_dict(_version_0_1(recipe))  # noqa: E731
    assert convert("cyclegan").weights.active() == {
        "adversarial": 1.0,
        "cycle": 10.0,
        "identity": 5.0,
    }
    assert convert("cyclegan").regularization.pool_size == 2
    assert convert("cut").contrast == Contrast(patches=9, width=4)
    assert convert("wgan").critic_steps == 3
    assert convert("restore").data.degradations == ("noise",)
    assert convert("restore").data.coverage == (0.5, 0.75)
    assert convert("anime").weights.target == 3.0
    assert convert("styles").styles == (StyleConfig("ink", "drawings", "oil"),)


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [
        ("cyclegan", {"stabilizers": {"r1_every": 4}}),
        (
            "cut",
            {"stabilizers": {"instance_noise": 0.0, "instance_noise_steps": 7}},
        ),
        ("dcgan", {"stabilizers": {"decay": "constant", "decay_start": 0.1}}),
        ("pix2pix", {"weights": {"adversarial": 0.0}}),
    ],
)
def test_settings_without_effect_in_version_0_1_do_not_hinder(recipe, changes):
    config = config_from_dict(_version_0_1(recipe, **changes))
    # What is written then is read again.
    assert config_from_dict(to_dict(config)) == config


def test_unknown_settings_are_refused_beside_those_of_version_0_1():
    assert isinstance(default_config(), TrainingConfig)
    with pytest.raises(ValueError, match="Settings must be an object"):
        config_from_dict([1])
