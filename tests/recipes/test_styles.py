import json

import keras
import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.config import (  # noqa: E402
    DataConfig,
    LossWeights,
    StyleConfig,
    TrainingConfig,
)
from animegan_tf.imaging.writing import write_image  # noqa: E402
from animegan_tf.inference.loading import load_generator  # noqa: E402
from animegan_tf.recipes.runner import run_recipe  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("photos", "comic", "ink"):
        (tmp_path / name).mkdir()
        for index in range(4):
            picture = rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)
            picture = picture.repeat(8, axis=0).repeat(8, axis=1)
            write_image(picture, tmp_path / name / f"{index}.png")
    return tmp_path


def _config(folder, steps, pretraining_steps=4):
    return TrainingConfig(
        recipe="styles",
        steps=steps,
        pretraining_steps=pretraining_steps,
        data=DataConfig(
            photos=str(folder / "photos"),
            scales=(48,),
            crop_size=32,
            batch_size=2,
            validation=0.25,
        ),
        styles=(
            StyleConfig("comic", str(folder / "comic"), "cel_and_ink"),
            StyleConfig("ink", str(folder / "ink"), "brush_and_ink"),
        ),
        weights=LossWeights(target=10.0, adversarial=1.0),
        generator_options={
            "width": 4,
            "body_width": 4,
            "num_blocks": 1,
            "head_width": 4,
        },
        discriminator_options={"width": 4, "num_downsamples": 1},
        pretraining_learning_rate=1e-2,
        ema_decay=0.9,
    )


@pytest.mark.slow
def test_resumed_training_equals_an_unbroken_one(folder):
    for name, stops in (("a", (7,)), ("b", (5, 7))):
        for stop in stops:
            config = _config(folder, stop)
            run_recipe(config, folder / name, resume=stop != stops[0], progress=False)
    last = "checkpoints/step_00000007.npz"
    with np.load(folder / "a" / last) as a, np.load(folder / "b" / last) as b:
        assert set(a) == set(b)
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.slow
def test_each_style_learns_its_own_target(folder):
    run_recipe(_config(folder, 600, 600), folder / "run", progress=False)
    rng = np.random.default_rng(1)
    photo = rng.uniform(-1, 1, (1, 4, 4, 3)).astype("float32")
    photo = keras.ops.repeat(keras.ops.repeat(photo, 8, axis=1), 8, axis=2)
    spread = {
        name: float(
            np.std(load_generator(folder / "run" / name)(photo), axis=-1).mean()
        )
        for name in ("comic", "ink")
    }
    # Ink has no colour, so its channels agree.
    assert spread["ink"] < 0.5 * spread["comic"]


def test_held_out_photos_are_measured_for_each_style(folder):
    run = run_recipe(_config(folder, 1, 1), folder / "run", progress=False)
    lines = map(json.loads, (run.path / "metrics.jsonl").read_text().splitlines())
    (line,) = [line for line in lines if "validation_ink_target" in line]
    assert line["validation_comic_target"] != line["validation_ink_target"]


def test_two_styles_of_one_name_are_refused(folder):
    config = TrainingConfig(
        recipe="styles",
        styles=(StyleConfig("a", "x"), StyleConfig("a", "y")),
        weights=LossWeights(target=1.0),
    )
    with pytest.raises(ValueError, match="each by a name of its own"):
        run_recipe(config, folder / "run", progress=False)
