import dataclasses
import json

import keras
import numpy as np
import pytest

from animegan_tf.config import DataConfig, LossWeights, from_dict, to_dict
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.runner import run_recipe
from animegan_tf.recipes.unconditional import build_noise_gan
from animegan_tf.training.run_folder import RunFolder

KINDS = ("dcgan", "wgan", "wgan_gp")


@pytest.fixture
def style(tmp_path):
    """Pictures of one colour each, of two sizes."""
    folder = tmp_path / "style"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(5):
        image = np.zeros((20, 20 + 4 * (index % 2), 3), np.uint8)
        image[:] = rng.integers(0, 256, 3)
        write_image(image, folder / f"{index}.png")
    return folder


def _config(kind, style, steps=2, stabilizers=(), **changes):
    """Return the recipe's own settings, made tiny."""
    config = default_config(kind)
    settings = {
        "steps": steps,
        "data": DataConfig(style=str(style), batch_size=2),
        "stabilizers": dataclasses.replace(config.stabilizers, **dict(stabilizers)),
        "generator_options": {"latent_dim": 4, "image_size": 16, "width": 4},
        "discriminator_options": config.discriminator_options | {"width": 4},
        "log_every": 1,
    }
    return dataclasses.replace(config, **settings | changes)


def _train(config, run, **options):
    return run_recipe(config, run, progress=False, **options)


def _lines(run, name):
    """Return the lines of a run's log that have a value of that name."""
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if name in line]


def _layer_kinds(network):
    return {type(layer).__name__ for layer in network.layers}


@pytest.mark.parametrize("kind", KINDS)
def test_run_folder_has_the_log_the_sheet_and_the_average(kind, style, tmp_path):
    run = _train(_config(kind, style), tmp_path / "run")
    line = _lines(run, "adversarial")[-1]
    assert line["step"] == 2
    assert {"adversarial", "discriminator", "diversity"} <= set(line)
    assert all(np.isfinite(value) for value in line.values())
    (line,) = _lines(run, "validation_real_logits")
    assert {"validation_discriminator", "validation_fake_logits"} <= set(line)
    assert all(np.isfinite(value) for value in line.values())
    # 64 pictures, eight in a row.
    sheet = read_image(run.path / "samples" / "step_000002.png")
    assert sheet.shape == (8 * 16, 8 * 16, 3)
    generator = keras.saving.load_model(run.path / "generator.keras")
    assert generator(np.zeros((1, 4), "float32")).shape == (1, 16, 16, 3)


# Batch normalization and dropout have states of their own.
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        pytest.param("dcgan", {}, marks=pytest.mark.slow),
        (
            "wgan_gp",
            {"discriminator_options": {"width": 4, "dropout": 0.3}},
        ),
    ],
)
def test_resumed_training_equals_an_unbroken_one(kind, changes, style, tmp_path):
    changes["stabilizers"] = {"diff_augment": ("translation",), "instance_noise": 0.1}
    # The run that breaks off validates at its end, the unbroken one does not.
    changes["data"] = DataConfig(style=str(style), batch_size=2, validation=0.0)
    _train(_config(kind, style, 4, **changes), tmp_path / "a")
    _train(_config(kind, style, 2, **changes), tmp_path / "b")
    _train(_config(kind, style, 4, **changes), tmp_path / "b", resume=True)
    last = "checkpoints/step_00000004.npz"
    with np.load(tmp_path / "a" / last) as a, np.load(tmp_path / "b" / last) as b:
        assert set(a) == set(b)
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    logs = [(tmp_path / k / "metrics.jsonl").read_text() for k in "ab"]
    assert logs[0] == logs[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dcgan", "wgan_gp"])
def test_mixed_precision_trains_and_keeps_a_float32_generator(kind, style, tmp_path):
    run = _train(_config(kind, style, precision="mixed_bfloat16"), tmp_path / "run")
    line = _lines(run, "adversarial")[-1]
    assert all(np.isfinite(value) for value in line.values())
    assert line["generator_norm"] > 0.0
    kept = keras.saving.load_model(run.path / "generator.keras")
    assert {layer.compute_dtype for layer in kept.layers} == {"float32"}


def test_settings_are_those_of_the_papers(style, tmp_path):
    run = RunFolder(tmp_path / "run")
    assemblies = {k: build_noise_gan(_config(k, style), run, False) for k in KINDS}
    optimizers = {k: a.program.optimizers for k, a in assemblies.items()}
    for kind, betas in (("dcgan", (0.5, 0.999)), ("wgan_gp", (0.0, 0.9))):
        for optimizer in optimizers[kind].values():
            assert (optimizer.beta_1, optimizer.beta_2) == betas
    for optimizer in optimizers["wgan"].values():
        assert isinstance(optimizer, keras.optimizers.RMSprop)
    # A penalty on each picture's gradient means nothing across a batch.
    critic = assemblies["wgan_gp"].program.networks["discriminator"]
    assert "BatchNormalization" not in _layer_kinds(critic)


def test_sheet_shows_the_same_latents_whatever_the_step(style, tmp_path):
    run = RunFolder(tmp_path / "run")
    first, second = (
        build_noise_gan(_config("dcgan", style), run, False) for _ in range(2)
    )
    np.testing.assert_array_equal(first.samples, second.samples)
    assert first.samples.shape == (64, 4)
    assert len(np.unique(first.samples)) == first.samples.size


def test_rates_fall_to_0_at_the_last_update_of_each_network(style, tmp_path):
    config = _config("wgan_gp", style, 10, {"decay": "linear", "decay_start": 0.0})
    assembly = build_noise_gan(config, RunFolder(tmp_path / "run"), False)
    for name, updates in (("generator", 10), ("discriminator", 50)):
        optimizer = assembly.program.optimizers[name]
        optimizer.iterations.assign(updates // 2)
        assert float(optimizer.learning_rate) == pytest.approx(0.5e-4)
        optimizer.iterations.assign(updates)
        assert float(optimizer.learning_rate) == 0.0


def test_discriminator_may_give_probabilities(style, tmp_path):
    options = {"width": 4, "from_logits": False}
    data = DataConfig(style=str(style), batch_size=2, validation=0.0)
    config = _config("dcgan", style, 1, discriminator_options=options, data=data)
    scalars = _lines(_train(config, tmp_path / "run"), "adversarial")[0]
    # An undecided sigmoid, 1/2, and twice its cross-entropy, log 2.
    assert scalars["real_logits"] == pytest.approx(0.5, abs=0.1)
    assert scalars["discriminator"] == pytest.approx(2 * np.log(2), abs=0.3)


def test_photos_stand_in_for_a_missing_style(style, tmp_path):
    data = DataConfig(photos=str(style), batch_size=2)
    config = _config("dcgan", style, data=data)
    build_noise_gan(config, RunFolder(tmp_path / "run"), False)


def test_held_out_pictures_are_a_share_or_a_folder(style, tmp_path):
    run = RunFolder(tmp_path / "run")
    (tmp_path / "held").mkdir()
    for name in ("0.png", "1.png"):
        (style / name).rename(tmp_path / "held" / name)
    for validation, seen, held in ((0.0, 3, 0), (0.4, 2, 1), (tmp_path / "held", 3, 2)):
        data = DataConfig(style=str(style), batch_size=1, validation=validation)
        assembly = build_noise_gan(_config("dcgan", style, data=data), run, False)
        assert assembly.steps_per_epoch == seen
        batches = list(assembly.validation) if held else []
        assert assembly.validation is not None or not held
        assert sum(len(batch["image"]) for batch in batches) == held


def test_senseless_settings_are_refused(style, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(ValueError, match="`style` must name the folder"):
        _train(_config("dcgan", style, data=DataConfig()), run)
    with pytest.raises(ValueError, match="`weights` must all be 0.*'style': 2.0"):
        _train(_config("dcgan", style, weights=LossWeights(style=2.0)), run)
    with pytest.raises(ValueError, match="`pool_size` must be 0"):
        _train(_config("dcgan", style, stabilizers={"pool_size": 50}), run)
    with pytest.raises(ValueError, match="draw square images.*from latents"):
        _train(_config("dcgan", style, generator="anime", generator_options={}), run)
    with pytest.raises(ValueError, match="`adversarial_loss` must be one of"):
        _train(_config("dcgan", style, adversarial_loss="gan"), run)
    assert not run.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_settings_survive_the_way_through_json(kind):
    config = default_config(kind)
    assert from_dict(type(config), to_dict(config)) == config
