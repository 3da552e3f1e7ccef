"""Laws of evaluating sets of pictures."""

import math

import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.evaluation import (
    content_distance,
    evaluate_pictures,
    luminance_ssim,
    pooled_features,
    style_distance,
    style_statistics,
)
from animegan_tf.imaging.writing import write_image


def random_images(seed, count, size=(16, 16)):
    random = np.random.default_rng(seed)
    return list(random.integers(0, 256, (count, *size, 3), dtype="uint8"))


@pytest.fixture(scope="module")
def feature_extractor():
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    features = layers.Conv2D(4, 8, strides=8, activation="relu")(image)
    return keras.Model(image, {"features": features}, name="one_layer")


def test_measures_are_those_of_the_functions(feature_extractor):
    photos, style_images = random_images(0, 3), random_images(1, 4)
    outputs = [photo // 2 for photo in photos]
    report = evaluate_pictures(
        photos, {"dark": outputs}, style_images, feature_extractor
    )
    assert (report.network, report.layers) == ("one_layer", ["features"])
    assert report.num_style_images == 4
    reference = style_statistics(style_images, feature_extractor)
    for name, pictures in (("photos", photos), ("dark", outputs)):
        statistics = style_statistics(pictures, feature_extractor)
        for kind, distance in style_distance(statistics, reference).items():
            assert report.sets[name].style[kind] == pytest.approx(distance)
    for index, picture in enumerate(report.sets["dark"].pictures):
        photo, output = photos[index], outputs[index]
        assert picture["name"] == str(index)
        assert picture["luminance_ssim"] == luminance_ssim(photo, output)
        expected = content_distance(output, photo, feature_extractor)
        assert picture["content_distance"] == pytest.approx(expected)


def test_photos_as_outputs_measure_as_the_photos(feature_extractor):
    photos = random_images(0, 4)
    report = evaluate_pictures(
        photos, {"same": photos}, random_images(1, 4), feature_extractor
    )
    same, baseline = report.sets["same"], report.sets["photos"]
    assert same.style == baseline.style
    assert same.mean == pytest.approx(baseline.mean, abs=1e-6)
    assert baseline.mean["luminance_ssim"] == 1.0
    assert baseline.mean["content_distance"] == 0.0


def test_style_images_themselves_are_at_distance_zero(feature_extractor):
    photos, style_images = random_images(0, 4), random_images(1, 4)
    report = evaluate_pictures(
        photos, {"style": style_images}, style_images, feature_extractor
    )
    assert report.sets["style"].style["correlation"] == 0.0
    assert report.sets["style"].style["plain"] == 0.0


def test_kid_does_not_depend_on_the_scale_of_the_features(feature_extractor):
    image = keras.Input((None, None, 3))
    features = layers.Rescaling(100.0)(feature_extractor(image)["features"])
    scaled_extractor = keras.Model(image, {"features": features})
    photos, style_images = random_images(0, 4), random_images(1, 4)
    vectors = pooled_features(photos, feature_extractor)
    scaled_vectors = pooled_features(photos, scaled_extractor)
    np.testing.assert_allclose(scaled_vectors, 100.0 * vectors, rtol=1e-4)
    plain, scaled = (
        evaluate_pictures(photos, {}, style_images, network).sets["photos"].style["kid"]
        for network in (feature_extractor, scaled_extractor)
    )
    assert scaled == pytest.approx(plain, rel=1e-3)


def test_paths_arrays_and_functions_give_the_same_measures(tmp_path, feature_extractor):
    photos, style_images = random_images(0, 2), random_images(1, 2)
    outputs = [255 - photo for photo in photos]
    files = {}
    for name, images in (("p", photos), ("o", outputs), ("s", style_images)):
        paths = [tmp_path / f"{name}{index}.png" for index in range(2)]
        files[name] = [
            str(write_image(*pair)) for pair in zip(images, paths, strict=True)
        ]
    of_paths = evaluate_pictures(
        files["p"], {"negative": files["o"]}, files["s"], feature_extractor
    )
    of_arrays = evaluate_pictures(
        photos, {"negative": outputs}, style_images, feature_extractor
    )
    of_function = evaluate_pictures(
        files["p"], {"negative": lambda x: 255 - x}, style_images, feature_extractor
    )
    assert str(of_paths) == str(of_arrays) == str(of_function)
    names = [picture["name"] for picture in of_function.sets["negative"].pictures]
    assert names == ["p0.png", "p1.png"]


def test_photos_are_scaled_down_and_pictures_to_them(feature_extractor):
    photos = random_images(0, 1, (48, 64)) + random_images(0, 1, (20, 16))
    seen = []

    def record(photo):
        seen.append(photo.shape)
        return photo

    # Both were rounded by some other tool.
    rounded = random_images(1, 1, (46, 64)) + random_images(1, 1, (20, 15))
    sets = {"function": record, "rounded": rounded}
    report = evaluate_pictures(photos, sets, photos, feature_extractor, short_side=24)
    assert seen == [(24, 32, 3), (20, 16, 3)]
    for measures in report.sets.values():
        sizes = [picture["size"] for picture in measures.pictures]
        assert sizes == [[32, 24], [16, 20]]


def test_another_photos_picture_is_refused(feature_extractor):
    photos, turned = random_images(0, 1, (48, 64)), random_images(0, 1, (64, 48))
    message = "0 of turned with 48x64 pixels, photo with 64x48"
    with pytest.raises(ValueError, match=message):
        evaluate_pictures(photos, {"turned": turned}, photos, feature_extractor)


@pytest.mark.parametrize(
    ("counts", "name", "message"),
    [
        ((2, 1, 1), "a", "for each of `photos`. Received: 1 pictures of 'a', 2 photos"),
        ((0, 0, 1), "a", "`photos` must hold at least one picture"),
        ((1, 1, 0), "a", "`style_images` must hold at least one picture"),
        ((1, 1, 1), "photos", "names other than 'photos'"),
    ],
)
def test_sets_must_match_and_not_be_empty(counts, name, message, feature_extractor):
    photos, outputs, style_images = (random_images(0, count) for count in counts)
    with pytest.raises(ValueError, match=message):
        evaluate_pictures(photos, {name: outputs}, style_images, feature_extractor)


def test_a_missing_file_is_named(tmp_path, feature_extractor):
    images, path = random_images(0, 1), tmp_path / "lost.png"
    with pytest.raises(FileNotFoundError, match=r"lost\.png"):
        evaluate_pictures(images, {"a": [path]}, images, feature_extractor)


def test_measures_that_do_not_exist_are_nan(feature_extractor):
    photos = [np.full((16, 16, 3), 90, dtype="uint8"), random_images(0, 1)[0]]
    report = evaluate_pictures(photos, {"a": photos}, photos, feature_extractor)
    pictures = report.sets["a"].pictures
    assert math.isnan(pictures[0]["luminance_contrast_ratio"])
    assert pictures[1]["luminance_contrast_ratio"] == pytest.approx(1.0)
    assert math.isnan(report.sets["a"].style["kid_standard_error"])
