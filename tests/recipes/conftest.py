import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from animegan_tf.config import Contrast
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.runner import run_recipe


@pytest.fixture
def forget_last_checkpoint():
    """Delete the newest checkpoint of a run, as if it had broken off before it."""

    def forget(run):
        path = run.latest_checkpoint()
        with np.load(path) as state:
            arrays = dict(state)
        path.unlink()
        assert run.latest_checkpoint() is not None
        return arrays

    return forget


@pytest.fixture
def unpaired_folders(tmp_path):
    """Smooth photos, and drawings of few hard colours."""
    rng = np.random.default_rng(0)
    ways = {"photos": Image.BICUBIC, "style": Image.NEAREST}
    for name, way in ways.items():
        (tmp_path / name).mkdir()
        for index in range(6):
            coarse = rng.integers(0, 256, (4, 4, 3)).astype("uint8")
            picture = np.asarray(Image.fromarray(coarse).resize((40, 40), way))
            write_image(picture, tmp_path / name / f"{index}.png")
    return tmp_path


@pytest.fixture
def unpaired_config(unpaired_folders):
    """A function of a recipe and changes to its own settings, made tiny."""

    def make(recipe, steps=2, stabilizers=(), **changes):
        config = default_config(recipe)
        data = dataclasses.replace(
            config.data,
            photos=str(unpaired_folders / "photos"),
            style=str(unpaired_folders / "style"),
            crop_size=32,
            batch_size=2,
        )
        settings = {
            "steps": steps,
            "data": data,
            "stabilizers": dataclasses.replace(config.stabilizers, **dict(stabilizers)),
            "contrast": Contrast(patches=16, width=8),
            "generator": "anime",
            "generator_options": {
                "width": 8,
                "body_width": 8,
                "num_blocks": 1,
                "head_width": 8,
            },
            "discriminator_options": {"width": 4, "num_downsamples": 1},
            "log_every": 1,
        }
        return dataclasses.replace(config, **settings | changes)

    return make


@pytest.fixture
def logged():
    """A function of a run and a name to the values that its log has of it."""

    def values(run, name):
        lines = (run.path / "metrics.jsonl").read_text().splitlines()
        return [line[name] for line in map(json.loads, lines) if name in line]

    return values


@pytest.fixture
def check_resumed(forget_last_checkpoint):
    """A function that trains, breaks off, resumes and compares every variable."""

    def check(config, path):
        whole = run_recipe(config, path, progress=False)
        expected = forget_last_checkpoint(whole)
        resumed = run_recipe(config, path, resume=True, progress=False)
        with np.load(resumed.latest_checkpoint()) as state:
            assert set(state) == set(expected)
            for name in state:
                np.testing.assert_array_equal(state[name], expected[name], name)
        return set(expected)

    return check
