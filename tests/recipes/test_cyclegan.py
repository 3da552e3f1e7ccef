import keras
import numpy as np
import pytest
from animegan_tf.training.network_state import unchanged_state

from animegan_tf.config import LossWeights, Stabilizers
from animegan_tf.imaging.reading import read_image
from animegan_tf.recipes.cyclegan import build_cyclegan
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.runner import run_recipe
from animegan_tf.training.run_folder import RunFolder


def test_cyclegan_learns_the_way_there_and_back(unpaired_config, logged, tmp_path):
    config = unpaired_config(
        "cyclegan",
        steps=60,
        generator_learning_rate=2e-3,
        stabilizers={"pool_size": 4, "decay": "constant"},
    )
    run = run_recipe(config, tmp_path / "run", progress=False)
    cycle = logged(run, "cycle")
    assert np.mean(cycle[-10:]) < 0.5 * np.mean(cycle[:3])
    (held_out,) = logged(run, "validation_cycle")
    assert held_out < cycle[0]
    assert len(logged(run, "validation_adversarial")) == 1
    # Photo, stylized, and the photo made of that again.
    sheet = read_image(run.path / "samples" / "step_000060.png")
    assert sheet.shape[1] == 3 * 32
    generator = keras.saving.load_model(run.path / "generator.keras")
    assert generator(np.zeros((1, 16, 24, 3), "float32")).shape == (1, 16, 24, 3)


def test_resumed_training_equals_an_unbroken_one(
    unpaired_config, check_resumed, tmp_path
):
    # The break comes when the pool is full and decides at random.
    config = unpaired_config(
        "cyclegan",
        steps=6,
        checkpoint_every=3,
        stabilizers={"pool_size": 3, "decay": "linear"},
    )
    names = check_resumed(config, tmp_path / "run")
    kinds = ("anime", "photo")
    assert {f"variable/pool/{kind}/images" for kind in kinds} <= names


def test_each_adversary_judges_the_fakes_of_its_own_kind(unpaired_config, tmp_path):
    config = unpaired_config("cyclegan", stabilizers={"pool_size": 0})
    program = build_cyclegan(config, RunFolder(tmp_path / "run"), False).program
    networks = program.networks
    levels = {"photo": -0.8, "anime": 0.6}
    batch = {k: np.full((1, 32, 32, 3), v, "float32") for k, v in levels.items()}
    expected = {}
    for suffix, given, wanted in (("", "photo", "anime"), ("_back", "anime", "photo")):
        fake = networks[f"generator{suffix}"](batch[given])
        discriminator = networks[f"discriminator{suffix}"]
        with unchanged_state(discriminator):
            # The reals come first, and spectral normalization remembers them.
            discriminator(batch[wanted], training=True)
            expected[suffix] = float(np.mean(discriminator(fake, training=True)))
    scalars = program.update(batch, 0)
    for suffix, value in expected.items():
        received = float(scalars[f"fake_logits{suffix}"])
        assert received == pytest.approx(value, abs=1e-3)


def test_settings_that_do_not_fit_are_refused(unpaired_config, tmp_path):
    config = unpaired_config("cyclegan", weights=LossWeights(cycle=1.0))
    with pytest.raises(ValueError, match="with adversarial, cycle among them"):
        build_cyclegan(config, RunFolder(tmp_path / "run"), False)


def test_papers_settings():
    config = default_config("cyclegan")
    assert config.weights == LossWeights(cycle=10.0, identity=5.0, adversarial=1.0)
    assert config.stabilizers == Stabilizers(decay="linear", pool_size=50)
