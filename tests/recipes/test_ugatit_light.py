"""U-GAT-IT's recipe: its published weights, its losses, and its training."""

import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.recipes.runner import default_config
from animegan_tf.recipes.ugatit_light import build
from animegan_tf.training.regularization import unchanged_state
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def make_program(make_config, tmp_path):
    """A function of changes to the settings to the program."""

    def make(**changes):
        config = make_config(
            "ugatit_light", **{"learning_rate_decay": "constant"} | changes
        )
        return build(config, RunFolder(tmp_path / "run"), False).program

    return make


def _batch(count=1, size=24):
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(-1, 1, (count, size, size, 3)).astype("float32")
        for name in ("photo", "anime")
    }


@pytest.mark.parametrize("preset", [None, "selfie2anime"])
def test_ugatit_has_the_published_settings(preset):
    config = default_config("ugatit_light", preset)
    assert config.weights.active() == {
        "adversarial": 1.0,
        "cycle": 10.0,
        "identity": 10.0,
        "cam": 1000.0,
        "weight_decay": 1e-4,
    }
    # The gradient of l2 times the sum of squares is 1e-4 times the kernel.
    assert config.regularization.l2 == 5e-5
    assert config.adversarial_loss == "lsgan"
    assert config.generator_learning_rate == config.discriminator_learning_rate == 1e-4
    assert (config.steps, config.data.batch_size) == (1000000, 1)
    decay = (config.learning_rate_decay, config.learning_rate_decay_start)
    assert decay == ("linear", 0.5)
    assert config.data.crop_size == 256
    assert config.data.coverage == (256 / 286, 256 / 286)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": {"cam": 0.0}}, "`cam` must be positive"),
        ({"weights": {"cycle": 0.0}}, "`cycle` must be positive"),
        ({"generator_options": {"cam_logits": True}}, "must be without cam_logits"),
    ],
)
def test_impossible_values_are_refused(changes, message, make_config):
    with pytest.raises(ValueError, match=message):
        make_config("ugatit_light", **changes)


def test_crops_too_small_for_the_global_discriminator_are_refused(make_program):
    expected = "`data.crop_size` must be at least 24 for discriminators of 4 layers"
    with pytest.raises(ValueError, match=expected):
        make_program(data={"crop_size": 16})


@pytest.mark.slow
def test_resumed_training_equals_an_unbroken_one(make_config, check_resumed, read_log):
    config = make_config(
        "ugatit_light", steps=2, checkpoint_every=1, learning_rate_decay="linear"
    )
    run, _ = check_resumed(config)
    own = {"discriminator", "real_logits", "fake_logits", "separation", "l2"}
    expected = {"total", *config.weights.active(), *own}
    assert expected | {f"{name}_back" for name in own} <= set(read_log(run)[0])
    (line,) = read_log(run, "validation_cycle")
    # Held-out photos have no style images beside them.
    assert "validation_adversarial" in line and "validation_cam" not in line
    # Photo, translation, the translation back, and two drawings.
    sheet = read_image(run.path / "samples" / "step_000002.png")
    assert sheet.shape[1] == 5 * 24
    # The logits are for training alone.
    generator = load_generator(run.path)
    assert generator(np.zeros((1, 16, 24, 3), "float32")).shape == (1, 16, 24, 3)


@pytest.mark.slow
def test_each_optimizer_moves_its_own_networks_alone(make_program, check_steps_apart):
    owners = {
        "generator": {"generator", "generator_back"},
        "discriminator": {"discriminator"},
        "discriminator_back": {"discriminator_back"},
    }
    check_steps_apart(make_program(), _batch(), owners)


def test_adversarial_losses_of_all_four_outputs_are_added(make_program):
    program = make_program()
    batch = _batch()
    expected = 0.0
    for suffix, given in (("", "photo"), ("_back", "anime")):
        fake, _ = program.networks[f"generator{suffix}"](batch[given])
        discriminator = program.networks[f"discriminator{suffix}"]
        with unchanged_state(discriminator):
            outputs = discriminator(fake, training=True)
        assert len(outputs) == 4
        expected += sum(np.mean((np.asarray(x) - 1.0) ** 2) for x in outputs)
    logs = program.update(batch, 0)
    assert float(logs["adversarial"]) == pytest.approx(expected, rel=1e-4)


def test_maps_of_generators_tell_what_they_translate(make_program):
    program = make_program()
    batch = _batch()
    # Cross-entropy, log(1 + exp(-x)) for label 1 and log(1 + exp(x)) for label 0.
    cam, squares = 0.0, 0.0
    for suffix, source, target in (("", "photo", "anime"), ("_back", "anime", "photo")):
        generator = program.networks[f"generator{suffix}"]
        for name, sign in ((source, -1.0), (target, 1.0)):
            logits = np.asarray(generator(batch[name])[1], "float64")
            cam += np.mean(np.log1p(np.exp(sign * logits)))
        squares += sum(
            np.sum(np.square(v.numpy(), dtype="float64"))
            for v in generator.trainable_variables
            if v.ndim > 1
        )
    logs = program.update(batch, 0)
    assert float(logs["cam"]) == pytest.approx(cam, rel=1e-4)
    assert float(logs["weight_decay"]) == pytest.approx(0.5 * squares, rel=1e-4)


@pytest.mark.slow
def test_shares_of_instance_normalization_stay_in_0_to_1(make_program):
    program = make_program(generator_learning_rate=1.0)
    program.update(_batch(), 0)
    for name in ("generator", "generator_back"):
        rhos = [
            v.numpy()
            for v in program.networks[name].trainable_variables
            if v.path.endswith("/rho")
        ]
        # A step of length 1 from 0.9 or 0 leaves the interval.
        values = np.concatenate(rhos)
        assert len(rhos) == 4 and values.min() >= 0.0 and values.max() <= 1.0
        assert ((values == 0.0) | (values == 1.0)).any()


@pytest.mark.slow
def test_weight_decay_of_0_is_not_computed(make_program):
    logs = make_program(weights={"weight_decay": 0.0}).update(_batch(), 0)
    assert "weight_decay" not in logs


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cycle", "cam"])
def test_ugatit_learns_to_come_back(name, make_config, run_training, read_log):
    # With its published weight of 1000, the first steps are spent on the maps alone.
    weights = {"cam": 1.0 if name == "cycle" else 1000.0}
    config = make_config(
        "ugatit_light",
        steps=200,
        weights=weights,
        generator_learning_rate=2e-3,
        learning_rate_decay="constant",
    )
    run = run_training(config)
    values = [line[name] for line in read_log(run, name)]
    assert np.mean(values[-10:]) < 0.8 * np.mean(values[:3]), values
