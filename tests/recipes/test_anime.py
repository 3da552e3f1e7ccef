import dataclasses

import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.config import DISCRIMINATOR_SETTINGS
from animegan_tf.data.datasets.anime import build_validation_dataset  # noqa: E402
from animegan_tf.data.targets.cache import compute_targets  # noqa: E402
from animegan_tf.data.targets.cel_shading import CelAndInkOptions, cel_and_ink  # noqa: E402
from animegan_tf.imaging.arrays import to_float  # noqa: E402
from animegan_tf.imaging.reading import read_image  # noqa: E402
from animegan_tf.inference.loading import load_generator  # noqa: E402
from animegan_tf.losses.pixel import l1_loss  # noqa: E402
from animegan_tf.recipes.anime import (  # noqa: E402
    ANIME_STYLE_LAYERS,
    REGRESSION_TERMS,
    AnimeWeights,
    StyleReference,
    build,
    compute_terms,
    standardize,
)
from animegan_tf.training.run_folder import RunFolder  # noqa: E402

NO_WEIGHTS = dict.fromkeys((f.name for f in dataclasses.fields(AnimeWeights)), 0.0)


@pytest.fixture
def make_program(make_config, tmp_path):
    """A function of changes to the settings to the program and a batch."""

    def make(**changes):
        config = make_config("anime", **{"learning_rate_decay": "constant"} | changes)
        training = build(config, RunFolder(tmp_path / "run"), False)
        return training.program, next(iter(training.build_dataset(0)))

    return make


def _floats(logs):
    return {name: float(value) for name, value in logs.items()}


def test_resumed_training_equals_an_unbroken_one(make_config, check_resumed, read_log):
    # The resume is in the adversarial part, where every network has moved.
    config = make_config(
        "anime",
        steps=5,
        checkpoint_every=4,
        pretraining_steps=2,
        data={"validation": 0.25},
        regularization={"instance_noise": 0.1, "diff_augment": ("color",)},
    )
    run, names = check_resumed(config)
    assert any(name.startswith("optimizer/pretraining") for name in names)
    lines = read_log(run)
    pretraining = {"step", "epoch", "total", "target", "gradient", "generator_norm"}
    pretraining |= {f"output_{name}" for name in ("deviation", "luminance", "change")}
    assert set(lines[0]) == pretraining
    assert {"adversarial", "discriminator", "separation"} <= set(lines[3])
    (line,) = read_log(run, "validation_target")
    held_out = {"target", "gradient", "adversarial"}
    assert {f"validation_{name}" for name in held_out} <= set(line)
    # Four photos at one scale, two in a batch.
    assert line["epoch"] == pytest.approx(5 * 2 / 4, abs=1e-6)
    assert load_generator(run.path)(np.zeros((1, 16, 24, 3))).shape == (1, 16, 24, 3)


def test_each_optimizer_moves_its_own_network_alone(make_program, check_steps_apart):
    program, batch = make_program()
    owners = {name: {name} for name in ("generator", "discriminator")}
    check_steps_apart(program, batch, owners, step=5)


def test_discriminator_rests_until_the_pretraining_is_over(make_program, find_moved):
    program, batch = make_program(pretraining_steps=1, adversarial_warmup=0)
    assert set(program.networks) == {"generator", "discriminator"}
    assert find_moved(program, batch, 0) == {"generator"}
    assert find_moved(program, batch, 1) == {"generator", "discriminator"}


def test_discriminator_is_trained_on_drawings_targets_and_edge_smoothed_drawings(
    make_program,
):
    program, batch = make_program(pretraining_steps=0)
    for variable in program.networks["discriminator"].trainable_variables:
        # Its last bias alone decides: 0.5 for every patch of every image.
        is_bias = "logits" in variable.path and variable.path.endswith("bias")
        variable.assign(np.full(variable.shape, 0.5 if is_bias else 0.0))
    # LSGAN, with smoothed drawings by half as generated and targets once as real.
    expected = (0.5**2 + 0.5**2) + 0.5 * 0.5**2 + 1.0 * 0.5**2
    received = float(program.update(batch, 0)["discriminator"])
    assert received == pytest.approx(expected, rel=1e-5)


def test_no_discriminator_is_built_without_weight(make_config, tmp_path):
    config = make_config("anime")
    weights = dataclasses.replace(config.weights, adversarial=0.0)
    kind = type(config)
    usual = {name: getattr(kind(), name) for name in DISCRIMINATOR_SETTINGS}
    usual |= {"smooth_weight": 0.0, "target_weight": 0.0}
    config = dataclasses.replace(config, weights=weights, **usual)
    training = build(config, RunFolder(tmp_path / "run"), False)
    program = training.program
    assert set(program.networks) == {"generator"}
    assert set(program.optimizers) == {"pretraining", "generator"}
    logs = program.update(next(iter(training.build_dataset(0))), 9)
    assert set(logs) == {"total", "target", "gradient", "generator_norm"}


def test_pretraining_minimizes_the_regression_terms_alone(make_program):
    weights = NO_WEIGHTS | {"target": 1.0, "adversarial": 1.0}
    program, batch = make_program(weights=weights)
    for step, names in ((0, {"target"}), (2, {"target", "adversarial"})):
        logs = program.update(batch, step)
        assert set(logs) & set(NO_WEIGHTS) == names
    assert set(REGRESSION_TERMS) <= set(NO_WEIGHTS)


def test_settings_choose_the_optimizers(make_program):
    rates = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 2e-3}
    program, _ = make_program(pretraining_learning_rate=5e-3, **rates)
    optimizers = program.optimizers
    assert float(optimizers["generator"].learning_rate) == pytest.approx(1e-3)
    assert float(optimizers["discriminator"].learning_rate) == pytest.approx(2e-3)
    assert float(optimizers["pretraining"].learning_rate) == pytest.approx(5e-3)
    betas = {name: (o.beta_1, o.beta_2) for name, o in optimizers.items()}
    assert betas == {
        "pretraining": (0.9, 0.99),
        "generator": (0.5, 0.999),
        "discriminator": (0.5, 0.999),
    }


def test_learning_rate_decays_over_the_adversarial_steps(make_program):
    program, _ = make_program(
        steps=12,
        pretraining_steps=2,
        generator_learning_rate=1e-3,
        learning_rate_decay="linear",
        learning_rate_decay_start=0.0,
    )
    optimizer = program.optimizers["generator"]
    for step, rate in ((0, 1e-3), (5, 0.5e-3), (10, 0.0)):
        optimizer.iterations.assign(step)
        assert float(optimizer.learning_rate) == pytest.approx(rate, abs=1e-9)


def test_validation_is_that_of_the_saved_generator(
    make_config, run_training, read_log, folders, tmp_path
):
    data = {"validation": 0.25, "scales": (16, 24)}
    config = make_config("anime", steps=2, sample_every=1, data=data)
    run = run_training(config)
    lines = read_log(run, "validation_target")
    assert [line["step"] for line in lines] == [1, 2]
    generator = load_generator(run.path)
    inputs = (run.path / "inputs.json").read_text()
    photos = sorted((folders / "photos").iterdir())
    held_out = [path for path in photos if str(path) not in inputs]
    assert len(held_out) == 2
    items = compute_targets(
        held_out,
        scales=(16, 24),
        function=cel_and_ink,
        fingerprint=CelAndInkOptions().fingerprint(),
        cache_dir=tmp_path / "cache",
        progress=False,
    )
    distances = [
        float(l1_loss(generator(batch["photo"]), batch["target"]))
        for batch in build_validation_dataset(items, crop_size=16)
    ]
    assert lines[-1]["validation_target"] == pytest.approx(np.mean(distances), abs=1e-5)


def test_without_held_out_photos_nothing_is_validated(make_config, run_training):
    run = run_training(make_config("anime", steps=1, data={"validation": 0.0}))
    assert "validation" not in (run.path / "metrics.jsonl").read_text()


@pytest.mark.slow
def test_saved_generator_is_float32_after_mixed_precision(make_config, run_training):
    run = run_training(make_config("anime", steps=3, precision="mixed_bfloat16"))
    kept = load_generator(run.path)
    assert {layer.compute_dtype for layer in kept.layers} == {"float32"}
    assert all(weight.dtype == "float32" for weight in kept.weights)


def test_training_starts_from_the_weights_of_another(
    make_config, run_training, tmp_path
):
    first = run_training(make_config("anime", steps=1), tmp_path / "first")
    config = make_config("anime", steps=1, seed=5, initial=str(first.path))
    program = build(config, RunFolder(tmp_path / "second"), False).program
    expected = load_generator(first.path).get_weights()
    for network in (program.networks["generator"], program.average.network):
        for value, other in zip(network.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(value, other)


def test_training_starts_from_the_bundled_network_if_it_fits(make_config, tmp_path):
    def start(name, **changes):
        config = make_config("anime", steps=1, initial="bundled", **changes)
        program = build(config, RunFolder(tmp_path / name), False).program
        return program.networks["generator"].get_weights()

    bundled = load_generator("anime").get_weights()
    for value, other in zip(start("same", generator_options={}), bundled, strict=True):
        np.testing.assert_array_equal(value, other)
    # Another width starts from random weights.
    assert start("other")[0].shape != bundled[0].shape


@pytest.mark.slow
def test_training_reaches_the_target(make_config, run_training, read_log):
    config = make_config(
        "anime", steps=80, pretraining_steps=60, pretraining_learning_rate=1e-2
    )
    targets = [line["target"] for line in read_log(run_training(config), "target")]
    assert np.mean(targets[50:60]) < 0.7 * targets[0]


def test_one_photo_is_too_few(make_config, run_training, folders):
    for path in sorted((folders / "photos").iterdir())[1:]:
        path.unlink()
    with pytest.raises(ValueError, match="photos"):
        run_training(make_config("anime"))
    assert not (folders / "run").exists()


# What the terms are computed from


def test_haze_is_invisible_after_standardizing():
    gray = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 1)).astype("float32")
    clear, faded = (standardize(g, 0.04).numpy() for g in (gray, 0.6 * gray + 0.3))
    np.testing.assert_allclose(clear, faded, atol=0.01)
    assert clear.mean() == pytest.approx(0.0, abs=1e-5)
    assert clear.std() == pytest.approx(1.0, abs=0.01)


def test_standardizing_leaves_an_empty_image_empty():
    assert np.all(standardize(np.full((1, 8, 8, 1), 0.3, "float32")) == 0.0)


def test_terms_are_those_with_weight():
    ones = np.ones((1, 8, 8, 3), "float32")
    weights = AnimeWeights(**NO_WEIGHTS | {"target": 1.0, "adversarial": 1.0})
    terms = _floats(compute_terms(weights, ones, {"photo": ones, "target": -ones}))
    assert terms == pytest.approx({"target": 2.0})


@pytest.fixture
def measure(make_config, features_file, folders, tmp_path):
    """A function that measures the drawings for a style term; counts its cache."""
    cache = tmp_path / "cache"

    def function(paths=None, features=features_file, **weights):
        ones = dict.fromkeys(("target", "style", "adversarial"), 1.0)
        weights = NO_WEIGHTS | ones | weights
        config = make_config("anime", features=str(features), weights=weights)
        paths = paths or sorted((folders / "style").iterdir())
        measured = StyleReference.measure(config, cache, paths, False)
        return measured, sorted(cache.glob("style-*.npz"))

    return function


def test_nothing_is_measured_that_no_term_needs(measure):
    measured, files = measure(style=0.0, features="no such file")
    assert (measured.features, measured.target, files) == (None, None, [])
    assert measured.statistics(0.9) is None


def test_style_is_measured_once_and_anew_when_drawings_or_weights_change(
    measure, features_file, folders
):
    first, (path,) = measure()
    marked = {name: values + 1.0 for name, values in first.target.items()}
    np.savez(path, **marked)
    # What is in the cache is believed.
    again, _ = measure()
    assert set(again.target) == set(ANIME_STYLE_LAYERS)
    for name in ANIME_STYLE_LAYERS:
        np.testing.assert_array_equal(again.target[name], marked[name])
    _, files = measure(sorted((folders / "style").iterdir())[:2])
    assert len(files) == 2
    with np.load(features_file) as archive:
        arrays = dict(archive)
    arrays["block2_conv1/kernel"] *= 2.0
    np.savez(features_file, **arrays)
    _, files = measure()
    assert len(files) == 3


def test_style_term_remembers_in_training_and_not_in_validation(measure, folders):
    measured, _ = measure()
    training, validation = measured.statistics(0.9), measured.statistics(0.0)
    names = {"style/count", *(f"style/{layer}" for layer in ANIME_STYLE_LAYERS)}
    assert set(training.variables()) == names
    weights = AnimeWeights(**NO_WEIGHTS | {"style": 1.0})
    first, other = (
        to_float(read_image(folders / "photos" / f"{index}.png"))[None]
        for index in (0, 1)
    )

    def style(images, statistics):
        batch = {"photo": images, "target": images}
        terms = compute_terms(weights, images, batch, measured.features, statistics)
        return float(terms["style"])

    once = style(first, validation)
    assert style(first, training) == pytest.approx(once, rel=1e-5)
    assert style(other, validation) != pytest.approx(once, rel=1e-5)
    assert style(first, validation) == pytest.approx(once, rel=1e-5)
    style(other, training)
    assert style(first, training) != pytest.approx(once, rel=1e-5)
