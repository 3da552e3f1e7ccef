import keras
import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.imaging.reading import read_image  # noqa: E402
from animegan_tf.inference.loading import load_generator  # noqa: E402
from animegan_tf.recipes.styles import StyleConfig, build  # noqa: E402
from animegan_tf.training.run_folder import RunFolder  # noqa: E402


@pytest.fixture
def make_styles(make_config, folders):
    """A function of changes to settings of two styles, `comic` and `ink`."""

    def make(**changes):
        images = str(folders / "style")
        styles = (
            StyleConfig("comic", images, "cel_and_ink"),
            StyleConfig("ink", str(folders / "photos"), "brush_and_ink"),
        )
        return make_config("styles", styles=styles, **changes)

    return make


def test_resumed_training_equals_an_unbroken_one(make_styles, check_resumed, read_log):
    config = make_styles(
        steps=6,
        checkpoint_every=4,
        log_every=2,
        pretraining_steps=2,
        data={"validation": 0.25, "batch_size": 1},
    )
    run, names = check_resumed(config)
    for name in ("discriminator_comic", "discriminator_ink"):
        assert f"network/{name}/0000" in names and f"optimizer/{name}/0000" in names
    # Every line has the latest values of both.
    lines = read_log(run, "total_comic")
    assert [line["step"] for line in lines] == [4, 6]
    for line in lines:
        for name in ("total", "adversarial", "discriminator", "generator_norm"):
            assert {f"{name}_comic", f"{name}_ink"} <= set(line)
    (line,) = read_log(run, "validation_target_ink")
    assert line["validation_target_comic"] != line["validation_target_ink"]
    # A photo and its result in each style.
    sheet = read_image(run.path / "samples" / "step_000006.png")
    assert sheet.shape[1] == 3 * 256
    for name in ("comic", "ink"):
        generator = load_generator(run.path / name)
        assert generator(np.zeros((1, 16, 16, 3), "float32")).shape == (1, 16, 16, 3)


def test_styles_take_turns_and_each_has_its_own_discriminator(
    make_styles, find_moved, tmp_path
):
    config = make_styles(pretraining_steps=0, adversarial_warmup=0)
    training = build(config, RunFolder(tmp_path / "run"), False)
    batches = iter(training.build_dataset(0))
    for step, name in enumerate(("comic", "ink", "comic")):
        batch = next(batches)
        code = [name == "comic", name == "ink"]
        np.testing.assert_array_equal(batch["style"], [code, code])
        moved = find_moved(training.program, batch, step)
        assert moved == {"generator", f"discriminator_{name}"}


def test_batch_i_depends_on_i_alone(make_styles, tmp_path):
    training = build(make_styles(), RunFolder(tmp_path / "run"), False)
    whole = list(training.build_dataset(0).take(4))
    for start in (2, 3):
        late = next(iter(training.build_dataset(start)))
        for name, values in whole[start].items():
            np.testing.assert_array_equal(late[name], values, name)


@pytest.mark.slow
def test_each_style_learns_its_own_target(make_styles, run_training):
    config = make_styles(
        steps=600, pretraining_steps=600, pretraining_learning_rate=1e-2, ema_decay=0.9
    )
    run = run_training(config)
    rng = np.random.default_rng(1)
    photo = rng.uniform(-1, 1, (1, 4, 4, 3)).astype("float32")
    photo = keras.ops.repeat(keras.ops.repeat(photo, 8, axis=1), 8, axis=2)
    spread = {
        name: float(np.std(load_generator(run.path / name)(photo), axis=-1).mean())
        for name in ("comic", "ink")
    }
    # Ink has no color, so its channels agree.
    assert spread["ink"] < 0.5 * spread["comic"]


def test_training_without_styles_is_refused(make_config, run_training):
    with pytest.raises(ValueError, match="`styles` must be a list of at least one"):
        run_training(make_config("styles"))
