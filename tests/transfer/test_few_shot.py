"""New styles fitted to a few images."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generator_files import load_saved_generator, save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style
from animegan_tf.models.layers import StyleModulation
from animegan_tf.recipes.common import build_generators
from animegan_tf.recipes.runner import default_config
from animegan_tf.transfer.few_shot import (
    SAMPLE_PHOTOS,
    FittedStyle,
    _copy_base,
    _sample,
    adapt_style,
    are_gray,
    choose_blend,
    fit_style,
)

TINY = {"name": "anime", "width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
STYLES = ("a", "b", "c")


@pytest.fixture
def photos():
    rng = np.random.default_rng(2)
    return [
        np.kron(
            rng.integers(40, 216, (6, 8, 3), dtype=np.uint8),
            np.ones((12, 12, 1), np.uint8),
        )
        for _ in range(2)
    ]


@pytest.fixture
def styles():
    """A network of three styles with different codes."""
    keras.utils.set_random_seed(0)
    network = build_generator(**TINY, num_styles=3)
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, StyleModulation):
            scale, shift = layer.get_weights()
            layer.set_weights(
                [rng.uniform(0.5, 1.5, scale.shape), rng.normal(0, 0.3, shift.shape)]
            )
    return network


@pytest.fixture
def saved(styles, tmp_path):
    options = {**TINY, "num_styles": 3}
    save_generator(styles, options, tmp_path / "saved", styles=STYLES)
    return tmp_path / "saved"


@pytest.mark.slow
def test_results_come_nearer_to_the_style_and_the_base_stays(
    photos, generator, features
):
    # Pale and bluish, which a painter can be.
    drawings = [photo // 2 + np.uint8([100, 110, 127]) for photo in photos]
    before = [value.copy() for value in generator.get_weights()]
    fitted = fit_style(
        drawings,
        photos,
        features,
        generator,
        steps=60,
        num_trials=5,
        min_photos=4,
        crop_size=48,
    )
    distances = fitted.distances
    assert distances["fitted"] < 0.95 * distances["photos"]
    assert distances["fitted"] < 0.95 * distances["base"]
    for value, old in zip(generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.mark.slow
def test_the_seed_determines_the_result(photos, saved, features):
    arguments = {"steps": 2, "num_trials": 1, "min_photos": 1, "crop_size": 48}
    first, same, other = (
        fit_style(photos[:1], photos, features, saved / "b", seed=seed, **arguments)
        for seed in (0, 0, 1)
    )
    for value, again in zip(
        first.generator.get_weights(), same.generator.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(value, again)
    assert not np.array_equal(
        first.generator.get_weights()[0], other.generator.get_weights()[0]
    )
    assert first.base == {"b": 1.0}
    # The code is folded: the result takes images alone.
    assert len(first.generator.inputs) == 1


def test_the_copy_has_the_code_of_the_base(saved, styles):
    network, options, shares = _copy_base(saved / "b", None, None)
    assert shares == {"b": 1.0}
    assert options["num_styles"] is None
    photo = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    expected = fold_style(styles, [0.0, 1.0, 0.0])(photo)
    np.testing.assert_allclose(network([photo, np.ones((1, 1))]), expected, atol=1e-5)


@pytest.mark.parametrize("code", [(0.0, 1.0, 0.0), (0.5, 0.0, 0.5)])
def test_the_blend_that_made_the_images_is_found(styles, code):
    photos = list(np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), np.uint8))
    made = Stylizer(fold_style(styles, code))
    wanted = np.stack([made(photo) for photo in photos]).astype(float)

    def measure(images):
        return float(np.abs(np.stack(images) - wanted).mean())

    blend = choose_blend(styles, STYLES, measure, photos)
    assert blend == {
        name: share for name, share in zip(STYLES, code, strict=True) if share
    }


def test_drawings_are_gray_if_all_of_them_are(photos):
    gray = photos[0].mean(axis=2, keepdims=True).astype(np.uint8).repeat(3, axis=2)
    assert are_gray([gray, gray[:20]])
    assert not are_gray([gray, photos[0]])
    # Sepia is a color.
    assert not are_gray([gray // np.array([1, 1, 2], np.uint8)])


def test_batches_are_aligned_and_determined_by_their_seed(photos):
    pairs = [(photo, 255 - photo) for photo in photos]
    photo, target = _sample(pairs, 48, [0, 5])
    np.testing.assert_allclose(photo, -target, atol=1e-6)
    assert photo.shape == (4, 48, 48, 3)
    again, _ = _sample(pairs, 48, [0, 5])
    np.testing.assert_array_equal(photo, again)
    assert not np.array_equal(photo, _sample(pairs, 48, [0, 6])[0])


@pytest.fixture
def fitted(styles):
    from animegan_tf.data.targets.painter import Painter

    plain = fold_style(styles, [1.0, 0.0, 0.0])
    options = {**TINY, "num_styles": None}
    distances = {"photos": 2.0, "base": 1.5, "fitted": 1.0}
    return FittedStyle(plain, options, Painter(texture=0.5), {"a": 1.0}, distances)


def test_a_saved_style_is_loaded_by_the_stylizer_and_a_training(
    fitted, photo, tmp_path
):
    expected = Stylizer(fitted.generator)(photo)
    for name in ("mine.keras", "mine"):
        path = fitted.save(tmp_path / name)
        found = Stylizer.from_preset(path, engine="tensorflow")(photo)
        np.testing.assert_array_equal(found, expected)
    content = json.loads((path / "adaptation.json").read_text())
    assert content["base"] == {"a": 1.0}
    assert content["painter"]["texture"] == 0.5
    assert load_saved_generator(path)[1] == []
    options = {name: value for name, value in TINY.items() if name != "name"}
    config = dataclasses.replace(
        default_config("anime"), initial=str(path), generator_options=options
    )
    generator, _, _ = build_generators(config)
    for value, wanted in zip(
        generator.get_weights(), fitted.generator.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(value, wanted)


def test_a_folder_runs_in_the_fast_engine(fitted, photo, tmp_path):
    pytest.importorskip("openvino")
    path = fitted.save(tmp_path / "mine")
    fast = Stylizer.from_preset(path, engine="openvino")(photo).astype(int)
    assert np.abs(fast - Stylizer(fitted.generator)(photo)).max() <= 1


def test_without_options_only_a_file_can_be_saved(fitted, tmp_path):
    other = FittedStyle(fitted.generator, None, fitted.painter, {}, {})
    with pytest.raises(ValueError, match=r"`path` must be a \.keras file"):
        other.save(tmp_path / "folder")


def test_the_package_has_photos_with_credits():
    names = sorted(path.name for path in SAMPLE_PHOTOS.glob("*.jpg"))
    credits = (SAMPLE_PHOTOS / "README.md").read_text(encoding="utf-8")
    assert len(names) == 6
    assert all(f"`{name}`" in credits for name in names)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"style_images": []}, "`style_images` must be 1 to 20"),
        ({"style_images": [None] * 21}, "`style_images` must be 1 to 20"),
        ({"photos": []}, "`photos` must contain at least one"),
        ({"steps": 0}, "`steps` must be at least 1"),
        ({"crop_size": 40}, "`crop_size` must be at least 48"),
    ],
)
def test_invalid_arguments_are_refused(changes, message):
    arguments = {"style_images": [None], "photos": [None]} | changes
    with pytest.raises(ValueError, match=message):
        fit_style(feature_extractor=None, **arguments)


def test_a_missing_feature_network_is_named(photo, tmp_path):
    drawing = write_image(photo, tmp_path / "drawing.png")
    with pytest.raises(ValueError, match=r"gone\.npz"):
        adapt_style([drawing], features="gone.npz")
