import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.anime import AnimeWeights
from animegan_tf.recipes.runner import default_config, train
from animegan_tf.utils.settings import convert_fields

GENERATOR = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
SHARED = {
    "data": {"crop_size": 16, "batch_size": 2},
    "generator": "anime",
    "generator_options": GENERATOR,
    "discriminator": "patch",
    "discriminator_options": {"width": 4, "num_downsamples": 1},
    "log_every": 1,
}
NO_WEIGHTS = dict.fromkeys((f.name for f in dataclasses.fields(AnimeWeights)), 0.0)
ANIME = {
    "pretraining_steps": 2,
    "data": {"target": "cel_and_ink", "scales": (24,)},
    "weights": NO_WEIGHTS | {"target": 10.0, "gradient": 5.0, "adversarial": 1.0},
    "adversarial_loss": "lsgan",
    "view": "gray",
    "smooth_weight": 0.5,
    "target_weight": 1.0,
}
UNCONDITIONAL_OPTIONS = {
    "generator": "dcgan",
    "generator_options": {"latent_dim": 4, "image_size": 16, "width": 4},
    "discriminator": "dcgan",
    "discriminator_options": {"width": 4},
}


def _family(name, generator, discriminator, **more):
    return {
        "pretraining_steps": 1,
        "generator": name,
        "generator_options": {"width": 4} | generator,
        "discriminator": name,
        "discriminator_options": {"width": 4} | discriminator,
        **more,
    }


# What makes each recipe tiny beside `SHARED`.
TINY = {
    "anime": ANIME,
    "styles": ANIME,
    "cut": {"contrast": {"patches": 8, "width": 4}},
    "animegan_v1": _family("animegan_v1", {"num_blocks": 1}, {}),
    "animegan_v2": _family("animegan_v2", {}, {}),
    "animegan_v3": _family(
        "animegan_v3",
        {"slots": 4},
        {"num_downsamples": 1},
        superpixel_size=4,
        denoising_patch=3,
        denoising_window=3,
    ),
    "white_box": _family(
        "white_box", {"num_blocks": 1}, {"num_downsamples": 1}, superpixel_size=4
    ),
    "cartoongan": _family("cartoongan", {"num_blocks": 1}, {"num_downsamples": 1}),
    "ugatit_light": {
        "data": {"crop_size": 24},
        "generator": "ugatit_light",
        "generator_options": {"width": 4, "num_blocks": 1},
        "discriminator": "ugatit",
        "discriminator_options": {"width": 4, "num_layers": 4},
    },
    "dcgan": UNCONDITIONAL_OPTIONS,
    "wgan": UNCONDITIONAL_OPTIONS,
    "wgan_gp": UNCONDITIONAL_OPTIONS
    | {
        "discriminator": "conv",
        "discriminator_options": {"width": 4, "num_downsamples": 1, "dropout": 0.3},
    },
}


@pytest.fixture(autouse=True)
def eagerly(request):
    """Run what is compiled eagerly: a few steps take less time than tracing them.

    Slow tests are compiled.
    """
    tf.config.run_functions_eagerly("slow" not in request.keywords)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def compiled(eagerly):
    """Compile in a test that is not slow."""
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def folders(tmp_path):
    """A folder of smooth photos, and one of drawings of few flat colors."""
    rng = np.random.default_rng(0)
    for name, resample in (("photos", Image.BICUBIC), ("style", Image.NEAREST)):
        (tmp_path / name).mkdir()
        for index in range(6):
            coarse = rng.integers(0, 256, (4, 4, 3)).astype("uint8")
            image = np.asarray(Image.fromarray(coarse).resize((24, 24), resample))
            write_image(image, tmp_path / name / f"{index}.png")
    return tmp_path


@pytest.fixture
def make_config(folders):
    """A function of a recipe and changes to its settings, made tiny.

    A dict changes the fields of a group and leaves the others alone.
    """

    def make(recipe, **changes):
        places = {"photos": str(folders / "photos"), "style": str(folders / "style")}
        if recipe == "styles":
            places = {"photos": places["photos"]}
        config = default_config(recipe)
        for settings in (SHARED, {"data": places}, TINY.get(recipe, {}), changes):
            config = _change(config, settings)
        return config

    return make


def _change(config, settings):
    values = {}
    for name, value in settings.items():
        before = getattr(config, name)
        if dataclasses.is_dataclass(before) and isinstance(value, dict):
            value = dataclasses.replace(before, **value)
        values[name] = value
    changed = dataclasses.replace(config, **values)
    convert_fields(changed)
    return changed


@pytest.fixture
def run_training(tmp_path):
    """A function that trains without progress bars and returns the run folder."""

    def run(config, path=None, **options):
        return train(config, path or tmp_path / "run", progress=False, **options)

    return run


@pytest.fixture
def read_log():
    """A function of a run, and of a name, to the lines that have a value of it."""

    def read(run, name="step"):
        lines = (run.path / "metrics.jsonl").read_text().splitlines()
        return [line for line in map(json.loads, lines) if name in line]

    return read


@pytest.fixture
def check_resumed(run_training, caplog):
    """A function that trains, goes back to a checkpoint, resumes, and compares.

    It returns the run and the names of all variables.
    """

    def check(config):
        run = run_training(config)
        path = run.latest_checkpoint()
        with np.load(path) as state:
            expected = dict(state)
        log = (run.path / "metrics.jsonl").read_text()
        path.unlink()
        before = run.latest_checkpoint()
        assert before is not None
        run_training(config, resume=True)
        assert run.latest_checkpoint() == path
        with np.load(path) as state:
            assert set(state) == set(expected)
            for name in state:
                np.testing.assert_array_equal(state[name], expected[name], name)
        assert (run.path / "metrics.jsonl").read_text() == log
        # The health check is silent in a healthy training.
        messages = [record.getMessage() for record in caplog.records]
        assert not [message for message in messages if message.startswith("step ")]
        return run, set(expected)

    return check


@pytest.fixture
def find_moved():
    """A function of a program, a batch and a step to the networks that it trains."""

    def find(program, batch, step=0):
        def weights():
            return {
                name: [v.numpy() for v in network.trainable_variables]
                for name, network in program.networks.items()
            }

        before = weights()
        program.update(batch, step)
        after = weights()
        return {
            name
            for name in before
            if not all(map(np.array_equal, before[name], after[name]))
        }

    return find


@pytest.fixture
def check_steps_apart(find_moved):
    """A function that checks that each optimizer moves its own networks alone."""

    def check(program, batch, owners, step=0):
        rates = {name: float(program.optimizers[name].learning_rate) for name in owners}
        for name, networks in owners.items():
            for other, rate in rates.items():
                # What still moves at a rate of 0, moves by mistake.
                optimizer = program.optimizers[other]
                optimizer.learning_rate = rate if other == name else 0.0
            assert find_moved(program, batch, step) == set(networks), name

    return check
