import json

import keras
import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.recipes.cyclegan import build
from animegan_tf.training.regularization import unchanged_state
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.utils.settings import to_dict

OLD_POOLS = {
    "variable/discriminator/pool/": "variable/pool/anime/",
    "variable/discriminator_back/pool/": "variable/pool/photo/",
}


@pytest.fixture
def make_program(make_config, tmp_path):
    """A function of changes to the settings to the program."""

    def make(**changes):
        settings = {"regularization": {"pool_size": 0}}
        settings |= {"learning_rate_decay": "constant"}
        config = make_config("cyclegan", **settings | changes)
        return build(config, RunFolder(tmp_path / "run"), False).program

    return make


def _batch(count=1):
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(-1, 1, (count, 16, 16, 3)).astype("float32")
        for name in ("photo", "anime")
    }


@pytest.mark.slow
def test_cyclegan_learns_the_way_there_and_back(make_config, run_training, read_log):
    config = make_config(
        "cyclegan",
        steps=60,
        generator_options={
            "width": 8,
            "body_width": 8,
            "num_blocks": 1,
            "head_width": 8,
        },
        generator_learning_rate=2e-3,
        regularization={"pool_size": 4},
        learning_rate_decay="constant",
    )
    run = run_training(config)
    cycle = [line["cycle"] for line in read_log(run, "cycle")]
    assert np.mean(cycle[-10:]) < 0.6 * np.mean(cycle[:3])
    (held_out,) = read_log(run, "validation_cycle")
    assert held_out["validation_cycle"] < cycle[0]


def test_resumed_training_equals_an_unbroken_one(make_config, check_resumed, read_log):
    # The resume comes when the pools are full and choose at random.
    config = make_config(
        "cyclegan",
        steps=4,
        checkpoint_every=2,
        regularization={"pool_size": 3},
        learning_rate_decay="linear",
    )
    run, names = check_resumed(config)
    assert {f"{pool}images" for pool in OLD_POOLS} <= names
    own = {"discriminator", "real_logits", "fake_logits", "separation"}
    expected = {"total", "cycle", "identity", "adversarial", *own}
    assert expected | {f"{name}_back" for name in own} <= set(read_log(run)[0])
    (line,) = read_log(run, "validation_cycle")
    # Held-out photos have no style images beside them.
    assert "validation_adversarial" in line and "validation_identity" not in line
    # Photo, translation, the translation back, and two drawings.
    sheet = read_image(run.path / "samples" / "step_000004.png")
    assert sheet.shape[1] == 5 * 16
    generator = load_generator(run.path)
    assert generator(np.zeros((1, 16, 24, 3), "float32")).shape == (1, 16, 24, 3)


@pytest.mark.slow
def test_run_of_version_0_1_is_resumed(make_config, run_training):
    config = make_config(
        "cyclegan",
        steps=4,
        checkpoint_every=2,
        regularization={"pool_size": 3, "instance_noise": 0.1},
    )
    run = run_training(config)
    newest = run.latest_checkpoint()
    with np.load(newest) as state:
        expected = dict(state)
    newest.unlink()
    # What version 0.1 called the pools and the settings.
    path = run.latest_checkpoint()
    with np.load(path) as state:
        arrays = dict(state)
    for new, old in OLD_POOLS.items():
        for name in [name for name in arrays if name.startswith(new)]:
            arrays[old + name.removeprefix(new)] = arrays.pop(name)
    np.savez(path, **arrays)
    settings = to_dict(config)
    stabilizers = settings.pop("regularization")
    stabilizers |= {
        "critic_steps": 1,
        "decay": settings.pop("learning_rate_decay"),
        "decay_start": settings.pop("learning_rate_decay_start"),
    }
    settings |= {"stabilizers": stabilizers, "pretraining_steps": 0, "styles": []}
    settings["data"] |= {"pairing": "name", "scales": [256]}
    settings["weights"] |= {"nce": 0.0, "l1": 0.0}
    (run.path / "config.json").write_text(json.dumps(settings))
    # It recorded no input files either.
    (run.path / "inputs.json").unlink()
    run_training(config, resume=True)
    with np.load(newest) as state:
        assert set(state) == set(expected)
        for name in state:
            np.testing.assert_array_equal(state[name], expected[name], name)
    assert json.loads((run.path / "config.json").read_text()) == to_dict(config)
    assert (run.path / "inputs.json").exists()


def test_each_optimizer_moves_its_own_networks_alone(make_program, check_steps_apart):
    owners = {
        "generator": {"generator", "generator_back"},
        "discriminator": {"discriminator"},
        "discriminator_back": {"discriminator_back"},
    }
    check_steps_apart(make_program(), _batch(), owners)


def test_each_discriminator_sees_the_images_of_its_own_domain(make_program):
    program = make_program()
    networks = program.networks
    levels = {"photo": -0.8, "anime": 0.6}
    batch = {k: np.full((1, 16, 16, 3), v, "float32") for k, v in levels.items()}
    expected = {}
    for suffix, given, wanted in (("", "photo", "anime"), ("_back", "anime", "photo")):
        fake = networks[f"generator{suffix}"](batch[given])
        discriminator = networks[f"discriminator{suffix}"]
        with unchanged_state(discriminator):
            real = np.mean(discriminator(batch[wanted], training=True))
            expected[f"real_logits{suffix}"] = float(real)
            # Spectral normalization remembers the real images.
            fake = np.mean(discriminator(fake, training=True))
            expected[f"fake_logits{suffix}"] = float(fake)
    logs = program.update(batch, 0)
    for name, value in expected.items():
        assert float(logs[name]) == pytest.approx(value, abs=1e-3), name


def test_generators_that_undo_each_other_have_no_cycle_error(make_program):
    program = make_program()
    networks = program.networks
    for name in ("generator", "generator_back"):
        for variable in networks[name].trainable_variables:
            variable.assign(keras.ops.zeros_like(variable))
    batch = _batch()
    batch["photo"][:] = 0.0
    logs = program.update(batch, 0)
    # Both return 0 for every image: right for the photo, wrong for the drawing.
    expected = np.mean(np.abs(batch["anime"]))
    assert float(logs["cycle"]) == pytest.approx(expected, rel=1e-5)
    assert float(logs["identity"]) == pytest.approx(expected, rel=1e-5)


def test_identity_of_weight_0_is_not_computed(make_program):
    program = make_program(weights={"identity": 0.0})
    assert "identity" not in program.update(_batch(), 0)
