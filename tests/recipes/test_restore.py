import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.recipes.restore import build
from animegan_tf.training.run_folder import RunFolder


@pytest.mark.slow
def test_restoration_beats_the_degraded_image_on_held_out_ones(
    make_config, run_training, read_log
):
    config = make_config(
        "restore",
        steps=200,
        data={
            "degradations": ("noise",),
            "coverage": (0.8, 1.0),
            "validation": 0.25,
            "batch_size": 4,
        },
        weights={"l1": 100.0, "adversarial": 0.0},
        discriminator_options={"num_downsamples": 3},
        generator="restoration",
        generator_options={"width": 8, "num_blocks": 1},
        generator_learning_rate=1e-3,
        ema_decay=0.9,
    )
    (line,) = read_log(run_training(config), "validation_psnr")
    assert line["validation_psnr"] > line["validation_psnr_before"] + 1


@pytest.mark.slow
def test_resumed_training_equals_an_unbroken_one(make_config, check_resumed, read_log):
    config = make_config(
        "restore",
        steps=4,
        checkpoint_every=2,
        generator="restoration",
        generator_options={"width": 4, "num_blocks": 1},
        regularization={"r1": 1.0, "r1_every": 2},
    )
    run, _ = check_resumed(config)
    assert {"l1", "adversarial", "discriminator"} <= set(read_log(run)[0])
    # Degraded image, result and original.
    sheet = read_image(run.path / "samples" / "step_000004.png")
    assert sheet.shape[1] == 3 * 16


def test_batches_hold_degraded_images_beside_the_originals(make_config, tmp_path):
    config = make_config("restore", data={"degradations": ("noise",)})
    training = build(config, RunFolder(tmp_path / "run"), False)
    batches = [next(iter(training.build_dataset(start))) for start in (0, 0, 1)]
    for name in ("photo", "target"):
        assert batches[0][name].shape == (2, 16, 16, 3)
        np.testing.assert_array_equal(batches[0][name], batches[1][name])
        assert not np.array_equal(batches[0][name], batches[2][name])
    difference = np.abs(batches[0]["photo"] - batches[0]["target"])
    assert 0.0 < difference.mean() < 0.5
    assert len(training.files) == 5 and len(list(training.validation)) == 1


def test_each_optimizer_moves_its_own_network_alone(
    make_config, check_steps_apart, tmp_path
):
    config = make_config("restore", learning_rate_decay="constant")
    training = build(config, RunFolder(tmp_path / "run"), False)
    batch = next(iter(training.build_dataset(0)))
    owners = {name: {name} for name in ("generator", "discriminator")}
    check_steps_apart(training.program, batch, owners)
