import dataclasses

import keras
import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.imaging.reading import read_image  # noqa: E402
from animegan_tf.inference.loading import load_generator  # noqa: E402
from animegan_tf.models.layers.style_modulation import StyleModulation  # noqa: E402
from animegan_tf.recipes.styles import StyleConfig, _is_style_table, build  # noqa: E402
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
    # A photo, its result in each style, and two drawings.
    sheet = read_image(run.path / "samples" / "step_000006.png")
    assert sheet.shape[1] == 5 * 256
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


def test_a_style_with_a_larger_share_comes_more_often(
    make_styles, find_moved, tmp_path
):
    config = make_styles(pretraining_steps=0, adversarial_warmup=0)
    comic, ink = config.styles
    styles = (dataclasses.replace(comic, share=3), ink)
    training = build(
        dataclasses.replace(config, styles=styles), RunFolder(tmp_path / "run"), False
    )
    whole = list(training.build_dataset(0).take(8))
    order = [int(batch["style"][0, 1]) for batch in whole]
    assert order == [0, 0, 1, 0] * 2
    # The step's number says nothing of the style: the batch does.
    for step, batch in enumerate(whole[:4]):
        moved = find_moved(training.program, batch, step + 1)
        assert moved - {"generator"} == {
            f"discriminator_{('comic', 'ink')[order[step]]}"
        }
    for start in (1, 3, 6):
        late = next(iter(training.build_dataset(start)))
        np.testing.assert_array_equal(late["photo"], whole[start]["photo"])


def test_a_style_can_have_settings_of_its_own(make_styles, find_moved, tmp_path):
    config = make_styles(pretraining_steps=0, adversarial_warmup=0)
    comic, ink = config.styles
    own = {"weights": {"adversarial": 0.0}, "view": "gray"}
    config = dataclasses.replace(
        config, styles=(comic, dataclasses.replace(ink, settings=own))
    )
    assert config.of_style(config.styles[1]).view == "gray"
    training = build(config, RunFolder(tmp_path / "run"), False)
    for step, (batch, expected) in enumerate(
        zip(
            training.build_dataset(0),
            ({"generator", "discriminator_comic"}, {"generator"}),
            strict=False,
        )
    ):
        assert find_moved(training.program, batch, step) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 3}, "`settings` must be some of .*Received: settings="),
        ({"view": "sepia"}, "`view` must be one of"),
        ({"gate_floor": 2.0}, "`gate_floor` must be"),
        ({"view_downscale": 3}, "`view_downscale` must be"),
    ],
)
def test_unknown_or_senseless_settings_of_a_style_are_refused(
    make_styles, settings, message
):
    config = make_styles()
    with pytest.raises(ValueError, match=message):
        styles = (dataclasses.replace(config.styles[0], settings=settings),)
        dataclasses.replace(config, styles=styles)


def test_only_the_styles_own_weights_learn_faster(make_styles, tmp_path):
    training = build(make_styles(), RunFolder(tmp_path / "run"), False)
    network = training.program.networks["generator"]
    tables = {v.path for v in network.trainable_variables if _is_style_table(v)}
    expected = {
        v.path
        for layer in network.layers
        if isinstance(layer, StyleModulation)
        for v in layer.trainable_variables
    }
    assert tables == expected != set()


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
