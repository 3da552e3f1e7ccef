import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import DataConfig
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.common import (
    copy_weights,
    dtype_policy,
    hold_out,
    split_photos,
)
from animegan_tf.recipes.runner import (
    RECIPES,
    check_names,
    check_run_path,
    default_config,
    prepare,
    with_image_folders,
)
from animegan_tf.recipes.styles import StyleConfig
from animegan_tf.training.health import HealthCheck
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.utils.settings import to_dict

# One recipe for each way of finding its images.
WITH_IMAGES = ("anime", "pix2pix", "restore", "cut", "cyclegan", "dcgan", "white_box")
# Their networks take seconds to build.
LARGE = (
    "animegan_v1",
    "animegan_v2",
    "animegan_v3",
    "white_box",
    "cartoongan",
    "ugatit_light",
    "cyclegan",
    "cut",
)


def slow_if_large(recipes):
    return [
        pytest.param(recipe, marks=[pytest.mark.slow] if recipe in LARGE else [])
        for recipe in recipes
    ]


@pytest.mark.parametrize("recipe", RECIPES)
def test_names_in_the_default_settings_are_known(recipe):
    check_names(default_config(recipe))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generator": "anmie"}, "`generator` must be .*Did you mean 'anime'"),
        (
            {"generator_options": {"widht": 4}},
            "no option `widht`. Did you mean 'width'",
        ),
        ({"discriminator": "pacth"}, "`discriminator` must be .*Did you mean 'patch'"),
        ({"discriminator_options": {"width": "4"}}, "`width` must be an integer"),
        ({"adversarial_loss": "lsgna"}, "`adversarial_loss` .*Did you mean 'lsgan'"),
    ],
)
@pytest.mark.parametrize("recipe", ["anime", "cut"])
def test_a_misspelt_name_is_refused_before_anything_is_made(
    recipe, change, message, make_config, run_training, tmp_path
):
    config = dataclasses.replace(make_config(recipe), **change)
    with pytest.raises(ValueError, match=message):
        run_training(config)
    assert not (tmp_path / "run").exists()


def test_misspelt_targets_are_refused():
    config = default_config("anime")
    data = dataclasses.replace(config.data, target="oli")
    with pytest.raises(ValueError, match="`target` must be .*Did you mean 'oil'"):
        check_names(dataclasses.replace(config, data=data))
    styles = (StyleConfig("a", "b", "sotf"),)
    with pytest.raises(ValueError, match="Did you mean 'soft'"):
        check_names(dataclasses.replace(default_config("styles"), styles=styles))


@pytest.mark.parametrize("recipe", RECIPES)
def test_label_smoothing_of_a_loss_without_labels_is_refused(
    recipe, make_config, run_training, tmp_path
):
    config = make_config(
        recipe, adversarial_loss="hinge", regularization={"real_label": 0.9}
    )
    with pytest.raises(ValueError, match="`real_label` must be 1.*'hinge'"):
        run_training(config)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe", WITH_IMAGES)
@pytest.mark.parametrize("name", ["photos", "style", "validation"])
def test_run_folder_among_the_images_is_refused(
    recipe, name, make_config, run_training, folders
):
    (folders / "validation").mkdir()
    config = make_config(recipe, data={"validation": str(folders / "validation")})
    for run in (folders / name / "run", folders / name):
        with pytest.raises(ValueError, match=f"must not be inside .* `{name}`"):
            run_training(config, run)
        assert not (run / "config.json").exists()
    # A folder beside them will do, also one whose name begins alike.
    check_run_path(config, folders / f"{name}_run")


def test_run_folder_among_a_style_s_images_is_refused(make_config, folders):
    styles = (StyleConfig("ink", str(folders / "style")),)
    config = make_config("styles", styles=styles)
    run = folders / "photos" / ".." / "style" / "run"
    with pytest.raises(ValueError, match="must not be inside the folder of `ink`"):
        check_run_path(config, run)


@pytest.mark.parametrize("recipe", slow_if_large(RECIPES))
def test_a_missing_folder_is_named_and_leaves_no_run_behind(
    recipe, make_config, run_training, folders
):
    gone = str(folders / "gone")
    changes = {"data": {"photos": gone}}
    if recipe in ("dcgan", "wgan", "wgan_gp"):
        changes = {"data": {"style": gone}}
    if recipe == "styles":
        changes["styles"] = (StyleConfig("ink", gone),)
    with pytest.raises(FileNotFoundError, match="gone"):
        run_training(make_config(recipe, **changes))
    assert not (folders / "run").exists()


@pytest.mark.parametrize("recipe", slow_if_large(WITH_IMAGES))
def test_images_that_differ_at_the_resume_are_named(
    recipe, make_config, run_training, folders, tmp_path
):
    config = make_config(recipe, data={"validation": 0.0})
    read = {"dcgan": ["style"], "restore": ["photos"]}.get(recipe, ["photos", "style"])
    run = RunFolder(tmp_path / "run")
    run.create(to_dict(config))
    paths = [path for name in read for path in sorted((folders / name).iterdir())]
    run.write_inputs(paths)
    image = np.zeros((24, 24, 3), np.uint8)
    for name in read:
        changed = folders / name / "3.png"
        before = changed.read_bytes()
        write_image(image, changed)
        message = f"1 changed, such as .*{name}/3.png"
        with pytest.raises(ValueError, match=message) as error:
            run_training(config, resume=True)
        assert "\n" not in str(error.value)
        changed.write_bytes(before)
    if recipe == "anime":
        added, removed = folders / "style" / "9.png", folders / "style" / "3.png"
        write_image(image, added)
        with pytest.raises(ValueError, match="1 added, such as .*style/9.png"):
            run_training(config, resume=True)
        added.unlink()
        removed.unlink()
        with pytest.raises(ValueError, match="1 removed, such as .*style/3.png"):
            run_training(config, resume=True)


def test_other_settings_at_the_resume_are_named(make_config, run_training, tmp_path):
    config = make_config("cut")
    with pytest.raises(ValueError, match="Nothing to resume"):
        run_training(config, resume=True)
    run = RunFolder(tmp_path / "run")
    run.create(to_dict(config))
    other = make_config("cut", seed=1, contrast={"patches": 5})
    with pytest.raises(ValueError, match="other settings of contrast, seed"):
        run_training(other, resume=True)
    with pytest.raises(ValueError, match="already holds a training"):
        run_training(config)


@pytest.mark.slow
def test_a_resume_may_change_rates_and_weights(make_config, run_training, tmp_path):
    run_training(make_config("cut", steps=1))
    weights = {"nce": 0.5}
    changed = make_config("cut", steps=2, weights=weights, generator_learning_rate=1e-5)
    run_training(changed, resume=True)
    run = RunFolder(tmp_path / "run")
    settings = run.read_settings()
    assert settings["weights"]["nce"] == 0.5
    assert settings["generator_learning_rate"] == 1e-5
    line = json.loads((run.path / "changes.jsonl").read_text())
    assert line["step"] == 1
    assert line["changes"]["weights.nce"] == [1.0, 0.5]


def _settings_in(text, config):
    """The settings that a text names, those of plain words such as steps left out."""
    names = set()
    for name, value in to_dict(config).items():
        fields = value if isinstance(value, dict) else {}
        names |= {name, *(f"{name}.{field}" for field in fields)}
    words = {word.strip(".,;") for word in text.split() if "_" in word}
    return names & words


@pytest.mark.slow
def test_a_resume_takes_every_setting_that_a_warning_names(
    make_config, run_training, tmp_path
):
    health = HealthCheck()
    (warning,) = filter(None, (health.check({"separation": 1.0}) for _ in range(200)))
    names = _settings_in(warning, make_config("dcgan"))
    assert len(names) >= 2
    values = {
        "discriminator_learning_rate": 1e-5,
        "regularization.diff_augment": ("translation", "color"),
    }
    # Compiling two trainings takes longer than their steps.
    tf.config.run_functions_eagerly(True)
    changes = {}
    for name in names:
        group, dot, field = name.partition(".")
        changes[group] = {field: values[name]} if dot else values[name]
    run_training(make_config("dcgan", steps=1))
    run_training(make_config("dcgan", steps=2, **changes), resume=True)
    (line,) = (tmp_path / "run" / "changes.jsonl").read_text().splitlines()
    assert set(json.loads(line)["changes"]) == names


def test_a_resume_may_not_change_the_image_pool(make_config, run_training, tmp_path):
    RunFolder(tmp_path / "run").create(to_dict(make_config("cut")))
    changed = make_config("cut", regularization={"pool_size": 4, "r1": 1.0})
    with pytest.raises(ValueError, match="other settings of regularization"):
        run_training(changed, resume=True)


def test_styles_of_a_run_load_whatever_its_training_settings_are(tmp_path):
    options = {
        "name": "anime",
        "width": 4,
        "body_width": 4,
        "num_blocks": 1,
        "head_width": 4,
        "num_styles": 2,
    }
    keras.utils.set_random_seed(0)
    generator = build_generator(**options)
    for layer in generator.layers:
        if layer.name.endswith("_style"):
            scales, shifts = layer.get_weights()
            layer.set_weights([scales, shifts + [[0.5], [-0.5]]])
    run = tmp_path / "run"
    save_generator(generator, options, run, styles=["ink", "comic"])
    settings = {"recipe": "painting", "surprise": 3, "styles": [{"title": 1}]}
    (run / "config.json").write_text(json.dumps(settings))
    photo = np.zeros((1, 16, 16, 3), "float32")
    for index, name in enumerate(("ink", "comic")):
        code = np.eye(2, dtype="float32")[index : index + 1]
        expected = generator([photo, code])
        received = load_generator(run / name)(photo)
        np.testing.assert_allclose(received, expected, atol=1e-5)
    with pytest.raises(ValueError, match="No style 'oil'.*ink, comic"):
        load_generator(run / "oil")
    # A run of before `generator.json` has the names in its settings.
    generator.save(run / "generator.keras")
    (run / "generator.json").unlink()
    settings["styles"] = [{"name": "ink", "pictures": "x"}, {"name": "comic"}]
    (run / "config.json").write_text(json.dumps(settings))
    np.testing.assert_allclose(
        load_generator(run / "comic")(photo), expected, atol=1e-5
    )


# Parts that recipes share


@pytest.fixture
def photos(tmp_path):
    for index in range(10):
        image = np.full((12, 20, 3), 10 * index, np.uint8)
        write_image(image, tmp_path / f"{index}.png")
    return tmp_path


def test_fraction_is_held_out_and_never_trained_on(photos):
    for fraction, count in ((0.2, 2), (0.01, 1), (0.0, 0)):
        data = DataConfig(photos=str(photos), validation=fraction)
        training, held_out = split_photos(data, minimum=2)
        assert (len(training), len(held_out)) == (10 - count, count)
        assert not set(training) & set(held_out)


@pytest.mark.parametrize(("count", "fraction"), [(2, 0.05), (3, 0.5), (10, 0.9)])
def test_something_is_always_left_to_train_on(count, fraction):
    kept, held_out = hold_out(list(range(count)), fraction)
    assert kept and held_out
    assert sorted(kept + held_out) == list(range(count))


def test_a_single_item_is_trained_on():
    assert hold_out(["only"], 0.5) == (["only"], [])


def test_dtype_policy_is_restored_even_after_an_error():
    with pytest.raises(RuntimeError), dtype_policy("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise RuntimeError
    assert keras.config.dtype_policy().name == "float32"


def _dense(*layers):
    stack = [keras.layers.Dense(units, name=name) for name, units in layers]
    return keras.Sequential([keras.Input((2,)), *stack])


def test_weights_are_copied_by_layer_name():
    source, target = _dense(("a", 2), ("b", 1)), _dense(("a", 2), ("b", 3))
    before = target.get_layer("b").get_weights()[0]
    copy_weights(source, target)
    kernels = [network.get_layer("a").get_weights()[0] for network in (source, target)]
    np.testing.assert_array_equal(*kernels)
    np.testing.assert_array_equal(target.get_layer("b").get_weights()[0], before)


def test_network_without_a_fitting_layer_is_refused():
    with pytest.raises(ValueError, match="`initial`"):
        copy_weights(_dense(("a", 2)), _dense(("b", 2)))


def test_prepared_training_finds_everything_in_the_cache(
    make_config, run_training, tmp_path
):
    config = make_config("anime", steps=1, pretraining_steps=1)
    cache = tmp_path / "cache"
    count = prepare(config, cache, progress=False)
    # Six photos, of which one is held out, at one scale.
    assert count == 6
    before = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert prepare(config, cache, progress=False) == 6
    data = dataclasses.replace(config.data, cache=str(cache))
    run = run_training(dataclasses.replace(config, data=data))
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == before
    assert not (run.path / "cache").exists()


@pytest.mark.parametrize("recipe", ["anime", "styles"])
def test_preparation_takes_files_of_images(recipe, make_config, tmp_path):
    rng = np.random.default_rng(0)
    places = {}
    for name in ("photos", "style", "validation"):
        images = rng.integers(0, 256, (3, 24, 24, 3), dtype=np.uint8)
        places[name] = str(tmp_path / f"{name}.npy")
        np.save(places[name], images)
    changes = {}
    if recipe == "styles":
        changes = {"styles": (StyleConfig("photos", places.pop("style"), "soft"),)}
    config = make_config(recipe, data=places, **changes)
    assert prepare(config, tmp_path / "cache", progress=False) == 6
    # Of the same images in folders, everything is found there.
    targets = set((tmp_path / "cache").glob("*.png"))
    assert len(targets) >= 6
    folders = with_image_folders(config, tmp_path / "cache" / "arrays")
    assert prepare(folders, tmp_path / "cache", progress=False) == 6
    assert set((tmp_path / "cache").glob("*.png")) == targets


def test_recipe_without_targets_has_nothing_to_prepare(make_config, tmp_path):
    with pytest.raises(ValueError, match="`recipe` must be one with targets"):
        prepare(make_config("animegan_v2"), tmp_path / "cache")


@pytest.mark.slow
def test_tensorboard_may_be_switched_on_at_a_resume(
    make_config, run_training, tmp_path
):
    config = make_config("anime", steps=2, checkpoint_every=2)
    run = run_training(config)
    assert not (run.path / "tensorboard").exists()
    config = dataclasses.replace(config, steps=3, tensorboard=True)
    run_training(config, resume=True)
    assert len(list((run.path / "tensorboard").iterdir())) == 1
