import dataclasses
import json

import keras
import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.config import DataConfig, LossWeights, TrainingConfig  # noqa: E402
from animegan_tf.data.datasets.anime import build_validation_dataset  # noqa: E402
from animegan_tf.data.targets.cache import compute_targets  # noqa: E402
from animegan_tf.data.targets.cel_shading import CelAndInkOptions, cel_and_ink  # noqa: E402
from animegan_tf.imaging.writing import write_image  # noqa: E402
from animegan_tf.losses.pixel import l1_loss  # noqa: E402
from animegan_tf.recipes.runner import run_recipe  # noqa: E402


@pytest.fixture
def folders(tmp_path):
    """Smooth colourful photos, and a style of black lines on white."""
    rng = np.random.default_rng(0)
    for name in ("photos", "style"):
        (tmp_path / name).mkdir()
    for index in range(4):
        corners = rng.integers(40, 216, (2, 2, 3)).astype(float)
        ramp = np.linspace(0, 1, 48)
        rows = corners[0] + (corners[1] - corners[0]) * ramp[:, None, None]
        photo = rows[:, :1] + (rows[:, 1:] - rows[:, :1]) * ramp[None, :, None]
        write_image(photo.astype(np.uint8), tmp_path / "photos" / f"{index}.png")
        drawing = np.full((48, 48, 3), 240, np.uint8)
        drawing[:, 6 + index :: 12] = 10
        write_image(drawing, tmp_path / "style" / f"{index}.png")
    return tmp_path


@pytest.fixture
def features(tmp_path):
    """Write a feature network of VGG19's first two layers, two channels wide."""
    rng = np.random.default_rng(1)
    path = tmp_path / "features.npz"
    arrays, channels = {}, 3
    for layer in (
        "block1_conv1",
        "block1_conv2",
        "block2_conv1",
        "block2_conv2",
        "block3_conv1",
    ):
        kernel = rng.normal(0, 0.3, (3, 3, channels, 4)).astype("float32")
        arrays[f"{layer}/kernel"] = kernel
        arrays[f"{layer}/bias"] = np.zeros(4, "float32")
        channels = 4
    np.savez(path, **arrays)
    return path


def _config(folders, features, steps, **options):
    return TrainingConfig(
        steps=steps,
        pretraining_steps=3,
        data=DataConfig(
            photos=str(folders / "photos"),
            style=str(folders / "style"),
            scales=(32, 48),
            crop_size=32,
            batch_size=2,
            validation=0.25,
        ),
        weights=LossWeights(
            target=10.0, gradient=5.0, content=0.1, style=1.0, adversarial=1.0
        ),
        smooth_weight=0.5,
        generator_options={
            "width": 4,
            "body_width": 4,
            "num_blocks": 1,
            "head_width": 4,
        },
        discriminator_options={"width": 4, "num_downsamples": 1},
        features=str(features),
        log_every=1,
        **options,
    )


def _train(config, run, **options):
    return run_recipe(config, run, progress=False, **options)


def test_resumed_training_equals_an_unbroken_one(folders, features, tmp_path):
    _train(_config(folders, features, 6), tmp_path / "a")
    # The break lies in the adversarial phase, where every network has moved.
    _train(_config(folders, features, 4), tmp_path / "b")
    _train(_config(folders, features, 6), tmp_path / "b", resume=True)
    last = "checkpoints/step_00000006.npz"
    with np.load(tmp_path / "a" / last) as a, np.load(tmp_path / "b" / last) as b:
        assert set(a) == set(b)
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_log_names_the_terms_of_each_phase(folders, features, tmp_path):
    _train(_config(folders, features, 4), tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in lines]
    shared = {"step", "epoch", "total", "target", "gradient", "generator_norm"}
    assert set(lines[0]) == shared
    assert {"content", "style", "adversarial", "discriminator"} <= set(lines[3])


def test_held_out_photos_are_measured_by_the_training_s_own_terms(
    folders, features, tmp_path
):
    config = _config(folders, features, 4, sample_every=2)
    _train(config, tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in lines]
    terms = ("target", "gradient", "content", "style")
    names = {f"validation_{term}" for term in terms}
    found = [line for line in lines if "validation_target" in line]
    assert [line["step"] for line in found] == [2, 4]
    for line in found:
        assert set(line) == {"step", "epoch", *names}
    # Three photos at two scales, two to a batch.
    assert found[0]["epoch"] == pytest.approx(2 / 3, abs=1e-6)


def test_validation_is_that_of_the_kept_generator(folders, features, tmp_path):
    run = _train(_config(folders, features, 2), tmp_path / "run")
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    generator = keras.saving.load_model(run.path / "generator.keras")
    items = compute_targets(
        [folders / "photos" / "0.png"],
        scales=(32, 48),
        function=cel_and_ink,
        fingerprint=CelAndInkOptions().fingerprint(),
        cache_dir=tmp_path / "cache",
        progress=False,
    )
    distances = [
        float(l1_loss(generator(batch["photo"]), batch["target"]))
        for batch in build_validation_dataset(items, crop_size=32)
    ]
    logged = json.loads(lines[-1])["validation_target"]
    assert logged == pytest.approx(np.mean(distances), abs=1e-5)


def test_without_held_out_photos_nothing_is_validated(folders, features, tmp_path):
    config = _config(folders, features, 2)
    data = dataclasses.replace(config.data, validation=0.0)
    run = _train(dataclasses.replace(config, data=data), tmp_path / "run")
    assert "validation" not in (run.path / "metrics.jsonl").read_text()


def test_kept_generator_is_float32_after_mixed_precision(folders, features, tmp_path):
    config = _config(folders, features, 4, precision="mixed_bfloat16")
    run = _train(config, tmp_path / "run")
    kept = keras.saving.load_model(run.path / "generator.keras")
    assert {layer.compute_dtype for layer in kept.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.slow
def test_training_reaches_the_target(folders, features, tmp_path):
    _train(_config(folders, features, 60), tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in lines]
    targets = [line["target"] for line in lines if "target" in line]
    assert targets[-1] < 0.7 * targets[0]


def test_one_photo_is_too_few(folders, features, tmp_path):
    for path in sorted((folders / "photos").iterdir())[1:]:
        path.unlink()
    with pytest.raises(ValueError, match="photos"):
        _train(_config(folders, features, 2), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_without_a_regression_term_are_refused(folders, features, tmp_path):
    config = _config(folders, features, 2)
    weights = LossWeights(style=1.0, adversarial=1.0)
    config = TrainingConfig(data=config.data, weights=weights, features=str(features))
    with pytest.raises(ValueError, match="for the pretraining"):
        _train(config, tmp_path / "run")
