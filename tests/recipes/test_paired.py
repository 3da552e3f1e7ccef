import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image

from animegan_tf.config import DataConfig, LossWeights, Stabilizers
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.paired import build_pix2pix, build_restore
from animegan_tf.recipes.runner import run_recipe
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def folders(tmp_path):
    """Smooth photos, and their negatives under the same names."""
    rng = np.random.default_rng(0)
    for name in ("photos", "targets"):
        (tmp_path / name).mkdir()
    for index in range(12):
        coarse = rng.integers(0, 256, (4, 4, 3)).astype("uint8")
        photo = np.asarray(Image.fromarray(coarse).resize((40, 40), Image.BICUBIC))
        write_image(photo, tmp_path / "photos" / f"{index:02}.png")
        write_image(255 - photo, tmp_path / "targets" / f"{index:02}.png")
    return tmp_path


def _config(recipe, folders, steps=2, data=(), **changes):
    """Return the recipe's own settings, made tiny."""
    config = default_config(recipe)
    places = {"photos": str(folders / "photos"), "style": str(folders / "targets")}
    tiny = {"crop_size": 32, "batch_size": 4, "validation": 0.25}
    settings = {
        "steps": steps,
        "data": dataclasses.replace(config.data, **places | tiny | dict(data)),
        "stabilizers": Stabilizers(),
        "generator": "anime",
        "generator_options": {
            "width": 8,
            "body_width": 8,
            "num_blocks": 1,
            "head_width": 16,
        },
        "discriminator_options": {"width": 4, "num_downsamples": 1},
        "log_every": 1,
    }
    return dataclasses.replace(config, **settings | changes)


def _train(config, run, **options):
    return run_recipe(config, run, progress=False, **options)


def _lines(run, name):
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if name in line]


def test_pix2pix_learns_an_inversion(folders, tmp_path):
    config = _config(
        "pix2pix", folders, steps=150, generator_learning_rate=4e-3, ema_decay=0.9
    )
    run = _train(config, tmp_path / "run")
    (line,) = _lines(run, "validation_l1")
    # The untouched photo is about 0.9 away from its negative.
    assert line["validation_l1"] < 0.12
    assert line["validation_psnr"] > line["validation_psnr_before"] + 10
    generator = keras.saving.load_model(run.path / "generator.keras")
    photo = np.full((1, 32, 32, 3), 0.5, "float32")
    assert float(np.mean(generator(photo))) == pytest.approx(-0.5, abs=0.15)


def test_restoration_beats_the_damaged_picture_on_held_out_ones(folders, tmp_path):
    config = _config(
        "restore",
        folders,
        steps=150,
        data={"degradations": ("noise",), "coverage": (0.8, 1.0)},
        generator_learning_rate=4e-3,
        ema_decay=0.9,
    )
    run = _train(config, tmp_path / "run")
    (line,) = _lines(run, "validation_psnr")
    assert line["validation_psnr"] > line["validation_psnr_before"] + 1


def test_sheet_shows_photo_result_and_target_of_halves(folders, tmp_path):
    (tmp_path / "both").mkdir()
    for path in sorted((folders / "photos").iterdir())[:4]:
        photo = read_image(path)
        pair = np.concatenate([255 - photo, photo], axis=1)
        write_image(pair, tmp_path / "both" / path.name)
    data = {
        "photos": str(tmp_path / "both"),
        "style": "",
        "pairing": "side_by_side_reversed",
        "batch_size": 1,
    }
    # The published generator, with batch normalization and dropout of its own.
    config = _config(
        "pix2pix",
        folders,
        data=data,
        generator="unet",
        generator_options={"width": 4, "num_downsamples": 2},
    )
    run = _train(config, tmp_path / "run")
    sheet = read_image(run.path / "samples" / "step_000002.png").astype(int)
    assert sheet.shape == (32, 3 * 32, 3)
    assert np.abs(sheet[:, :32] + sheet[:, 64:] - 255).max() <= 2
    line = _lines(run, "l1")[-1]
    assert {"l1", "adversarial", "discriminator", "real_logits"} <= set(line)


@pytest.mark.parametrize("recipe", ["pix2pix", "restore"])
def test_resumed_training_equals_an_unbroken_one(
    recipe, folders, tmp_path, forget_last_checkpoint
):
    stabilizers = Stabilizers(decay="linear", instance_noise=0.1)
    config = _config(
        recipe, folders, steps=4, checkpoint_every=2, stabilizers=stabilizers
    )
    whole = _train(config, tmp_path / "whole")
    expected = forget_last_checkpoint(whole)
    resumed = _train(config, whole.path, resume=True)
    with np.load(resumed.latest_checkpoint()) as state:
        assert set(state) == set(expected)
        for name in state:
            np.testing.assert_array_equal(state[name], expected[name], err_msg=name)


def test_validation_folder_holds_further_photos(folders, tmp_path):
    (tmp_path / "held").mkdir()
    for name in ("00.png", "01.png"):
        (folders / "photos" / name).rename(tmp_path / "held" / name)
    config = _config("pix2pix", folders, data={"validation": str(tmp_path / "held")})
    assembly = build_pix2pix(config, RunFolder(tmp_path / "run"), False)
    assert len(list(assembly.validation)) == 2
    assert assembly.steps_per_epoch == 10 / 4


def test_no_adversary_is_trained_without_weight(folders, tmp_path):
    config = _config("pix2pix", folders, weights=LossWeights(l1=1.0, color=1.0))
    program = build_pix2pix(config, RunFolder(tmp_path / "run"), False).program
    assert set(program.networks) == {"generator"}


def test_settings_that_do_not_fit_are_refused(folders, tmp_path):
    run = RunFolder(tmp_path / "run")
    config = _config("pix2pix", folders, weights=LossWeights(cycle=1.0))
    with pytest.raises(ValueError, match="`weights` of the recipe pix2pix.*cycle"):
        build_pix2pix(config, run, False)
    config = _config("restore", folders, data={"degradations": ()})
    with pytest.raises(ValueError, match="`degradations` must name at least one"):
        build_restore(config, run, False)
    with pytest.raises(ValueError, match="`degradations` must be any of blur"):
        DataConfig(degradations=("rust",))
