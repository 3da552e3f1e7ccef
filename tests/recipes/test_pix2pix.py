import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.recipes.pix2pix import Pix2PixConfig, build, mean_psnr
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def pairs(folders):
    """Make every image of the style the negative of the photo of its name."""
    for path in sorted((folders / "photos").iterdir()):
        write_image(255 - read_image(path), folders / "style" / path.name)
    return folders


@pytest.fixture
def make_training(make_config, tmp_path):
    """A function of changes to the settings to the training."""

    def make(**changes):
        config = make_config("pix2pix", **{"learning_rate_decay": "constant"} | changes)
        return build(config, RunFolder(tmp_path / "run"), False)

    return make


def _batch(count=1):
    photo = np.random.default_rng(0).uniform(-1, 1, (count, 16, 16, 3))
    photo = photo.astype("float32")
    return {"photo": photo, "target": -photo}


@pytest.mark.slow
def test_pix2pix_learns_an_inversion(pairs, make_config, run_training, read_log):
    config = make_config(
        "pix2pix",
        steps=200,
        data={"validation": 0.25, "batch_size": 4},
        generator_options={"width": 8, "body_width": 8, "num_blocks": 1},
        generator_learning_rate=4e-3,
        ema_decay=0.9,
    )
    run = run_training(config)
    (line,) = read_log(run, "validation_l1")
    assert line["validation_l1"] < 0.15
    assert line["validation_psnr"] > line["validation_psnr_before"] + 8
    photo = np.full((1, 32, 32, 3), 0.5, "float32")
    result = float(np.mean(load_generator(run.path)(photo)))
    assert result == pytest.approx(-0.5, abs=0.15)


@pytest.mark.slow
def test_resumed_training_equals_an_unbroken_one(make_config, check_resumed, read_log):
    # The published generator, with normalization and dropout of its own.
    config = make_config(
        "pix2pix",
        steps=4,
        checkpoint_every=2,
        generator="unet",
        generator_options={"width": 4, "num_downsamples": 2, "normalization": "batch"},
        weights={"gradient": 1.0},
        regularization={"instance_noise": 0.1, "pool_size": 3},
    )
    run, names = check_resumed(config)
    assert "variable/discriminator/pool/images" in names
    expected = {"total", "l1", "gradient", "adversarial", "discriminator"}
    assert expected <= set(read_log(run)[0])
    (line,) = read_log(run, "validation_l1")
    names = ("psnr", "psnr_before", "gradient", "adversarial", "discriminator")
    assert {f"validation_{name}" for name in names} <= set(line)


def test_each_optimizer_moves_its_own_network_alone(make_training, check_steps_apart):
    owners = {name: {name} for name in ("generator", "discriminator")}
    check_steps_apart(make_training().program, _batch(), owners)


def test_discriminator_sees_the_photo_beside_the_image(make_training):
    program = make_training().program
    discriminator, batch = program.networks["discriminator"], _batch()
    assert discriminator.input_shape == (None, None, None, 6)
    result = program.average.network(batch["photo"], training=False)
    logs = program.validate(batch)
    for name, image in (("real_logits", batch["target"]), ("fake_logits", result)):
        pair = np.concatenate([batch["photo"], image], axis=-1)
        expected = float(np.mean(discriminator(pair, training=False)))
        assert float(logs[name]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.slow
def test_probabilities_of_the_discriminator_are_treated_as_such(make_training):
    logs = []
    for from_logits in (True, False):
        options = {"width": 4, "dropout": 0.0, "image_shape": (16, 16, 6)}
        keras.utils.set_random_seed(0)
        program = make_training(
            discriminator="conv",
            discriminator_options={**options, "from_logits": from_logits},
            adversarial_loss="bce",
            weights={"l1": 1.0, "adversarial": 1.0},
        ).program
        # The second step begins with the updates of the first.
        for step in range(2):
            scalars = program.update(_batch(), step)
            logs.append({name: float(value) for name, value in scalars.items()})
    for own, expected in zip(logs[2:], logs[:2], strict=True):
        for name in ("discriminator", "adversarial", "separation", "total"):
            assert own[name] == pytest.approx(expected[name], rel=1e-3), name
        for name in ("real_logits", "fake_logits"):
            probability = 1 / (1 + np.exp(-expected[name]))
            assert own[name] == pytest.approx(probability, rel=1e-3)


def test_probabilities_need_a_loss_of_probabilities(make_training):
    options = {"width": 4, "image_shape": (16, 16, 6), "from_logits": False}
    with pytest.raises(ValueError, match="must be bce or bce_saturating .* sigmoid"):
        make_training(
            discriminator="conv",
            discriminator_options=options,
            adversarial_loss="lsgan",
        )


def test_validation_compares_with_the_untouched_photo(make_training):
    program = make_training().program
    photo = np.zeros((1, 16, 16, 3), "float32")
    logs = program.validate({"photo": photo, "target": photo + 0.2})
    # A difference of 0.2 is 1/10 of the peak, so 20 dB.
    assert float(logs["psnr_before"]) == pytest.approx(20.0, abs=1e-3)
    result = program.average.network(photo, training=False)
    expected = float(np.mean(np.abs(result - 0.2)))
    assert float(logs["l1"]) == pytest.approx(expected, rel=1e-4)


def test_psnr_by_hand():
    images = tf.zeros((2, 4, 4, 3))
    assert float(mean_psnr(images, images + 0.2)) == pytest.approx(20.0, abs=1e-3)
    one_wrong = tf.concat([images[:1] + 0.2, images[1:]], axis=0)
    expected = pytest.approx((20 + 100) / 2, abs=1e-3)
    assert float(mean_psnr(images, one_wrong)) == expected


def test_no_discriminator_is_trained_without_weight(make_training):
    usual = Pix2PixConfig()
    training = make_training(
        weights={"l1": 1.0, "color": 1.0, "adversarial": 0.0},
        discriminator=usual.discriminator,
        discriminator_options=usual.discriminator_options,
    )
    program = training.program
    assert set(program.networks) == {"generator"}
    # Without an adversary, Adam may remember for longer.
    assert program.optimizers["generator"].beta_1 == 0.9
    assert make_training().program.optimizers["generator"].beta_1 == 0.5
    logs = program.update(_batch(), 0)
    assert set(logs) == {"total", "l1", "color", "generator_norm"}


def test_halves_of_an_image_are_a_pair(pairs, make_config, run_training, tmp_path):
    (tmp_path / "both").mkdir()
    for path in sorted((pairs / "photos").iterdir()):
        photo = read_image(path)
        pair = np.concatenate([255 - photo, photo], axis=1)
        write_image(pair, tmp_path / "both" / path.name)
    data = {
        "photos": str(tmp_path / "both"),
        "style": "",
        "pairing": "side_by_side_reversed",
    }
    run = run_training(make_config("pix2pix", steps=1, data=data))
    sheet = read_image(run.path / "samples" / "step_000001.png").astype(int)
    # Photo, result and target.
    assert sheet.shape[1] == 3 * 16
    assert np.abs(sheet[:, :16] + sheet[:, 32:] - 255).max() <= 2


def test_validation_folder_holds_further_photos(folders, make_training, tmp_path):
    (tmp_path / "held").mkdir()
    for name in ("0.png", "1.png"):
        (folders / "photos" / name).rename(tmp_path / "held" / name)
    training = make_training(data={"validation": str(tmp_path / "held")})
    assert len(list(training.validation)) == 2
    assert training.steps_per_epoch == 4 / 2
    names = sorted(f"{path.parent.name}/{path.name}" for path in training.files)
    assert names == sorted(
        f"{folder}/{index}.png"
        for folder in ("photos", "style")
        for index in range(2, 6)
    )
