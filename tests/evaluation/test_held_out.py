"""Evaluation of styles and of sets of images on held-out photos."""

import math

import keras
import numpy as np
import pytest
from keras import layers

import animegan_tf
from animegan_tf.evaluation import (
    content_distance,
    evaluate_images,
    fit_style_probe,
    frechet_distance,
    inception_features,
    kid,
    luminance_ssim,
    pooled_features,
    style_distance,
    style_statistics,
)
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer


def random_images(seed, count=3, size=(20, 24)):
    random = np.random.default_rng(seed)
    return list(random.integers(0, 256, (count, *size, 3), dtype="uint8"))


@pytest.fixture
def folders(tmp_path):
    for seed, name in enumerate(("photos", "drawings")):
        folder = tmp_path / name
        folder.mkdir()
        for index, image in enumerate(random_images(seed)):
            write_image(image, folder / f"{index}.png")
    return tmp_path


def test_report_is_that_of_the_stylizer_results(folders, one_layer, negative_generator):
    stylizer = Stylizer(negative_generator)
    report = animegan_tf.evaluate(
        stylizer, folders / "photos", folders / "drawings", features=one_layer
    )
    outputs = [stylizer(photo) for photo in random_images(0)]
    expected = evaluate_images(
        random_images(0), {"pointwise": outputs}, random_images(1), one_layer
    )
    assert str(report) == str(expected)
    assert list(report.sets) == ["photos", "pointwise"]


def test_a_style_may_be_given_in_many_ways(run_folder, one_layer, negative_generator):
    images = random_images(0), random_images(1)
    several = [str(run_folder), Stylizer(negative_generator)]
    named = {"a": run_folder, "b": negative_generator}
    measures = []
    for style in (run_folder, negative_generator, several, named):
        report = animegan_tf.evaluate(style, *images, features=one_layer)
        measures += [own.mean for name, own in report.sets.items() if name != "photos"]
    assert len(measures) == 6
    assert all(mean == pytest.approx(measures[0], nan_ok=True) for mean in measures)
    assert list(report.sets) == ["photos", "a", "b"]


def test_reference_is_found_by_name_and_scaled_to_the_photo(
    folders, one_layer, identity_generator
):
    reference = folders / "reference"
    reference.mkdir()
    for index, image in enumerate(random_images(0)):
        write_image(image[:, :-1] // 2, reference / f"{index}.bmp")
    report = animegan_tf.evaluate(
        identity_generator,
        folders / "photos",
        folders / "drawings",
        features=one_layer,
        reference=reference,
    )
    sizes = {tuple(image["size"]) for image in report.sets["reference"].images}
    assert sizes == {(24, 20)}
    assert report.sets["pointwise"].mean["luminance_contrast_ratio"] == 1.0
    ratio = report.sets["reference"].mean["luminance_contrast_ratio"]
    assert 0.4 < ratio < 0.6


def test_probes_are_fitted_on_gray_and_on_color_images(one_layer, identity_generator):
    classes = {
        "anime": random_images(2, 8),
        "photo": [image // 4 for image in random_images(3, 8)],
    }
    arguments = identity_generator, random_images(0), random_images(1)
    report = animegan_tf.evaluate(*arguments, features=one_layer, probe=classes)
    probes = [fit_style_probe(classes, one_layer, gray=gray) for gray in (True, False)]
    again = animegan_tf.evaluate(*arguments, features=one_layer, probe=probes)
    assert str(report) == str(again)
    style = report.sets["photos"].style
    for prefix, probe in zip(("probe", "color_probe"), probes, strict=True):
        for name, value in probe.score(random_images(0), "anime").items():
            assert style[f"{prefix}_{name}"] == pytest.approx(value)
    # Only a probe of color images sees that the photos are as bright as the style.
    assert style["color_probe_share"] == 1.0
    one = animegan_tf.evaluate(*arguments, features=one_layer, probe=probes[0])
    assert "color_probe_kid" not in one.sets["photos"].style
    brightness = keras.Sequential([layers.AveragePooling2D(8), layers.ReLU()])
    image = keras.Input((None, None, 3))
    other_network = keras.Model(image, {"brightness": brightness(image)})
    other = animegan_tf.evaluate(
        *arguments, features=one_layer, probe=classes, probe_features=other_network
    )
    assert other.sets["photos"].style["probe_kid"] != style["probe_kid"]
    assert other.sets["photos"].style["kid"] == style["kid"]


def test_kid_of_a_probe_is_lower_for_images_of_the_style(one_layer):
    classes = {
        "noise": random_images(2, 8),
        "gray": [np.full((20, 24, 3), 99, "uint8")] * 8,
    }
    photos = random_images(0, 3)
    report = evaluate_images(
        photos,
        {"gray": [np.full_like(photo, 90) for photo in photos]},
        random_images(1, 4),
        one_layer,
        probes=[fit_style_probe(classes, one_layer, size=16, num_folds=0)],
    )
    noise, gray = (report.sets[name].style for name in ("photos", "gray"))
    assert (noise["probe_share"], gray["probe_share"]) == (1.0, 0.0)
    assert noise["probe_kid"] < gray["probe_kid"]


def test_network_is_named_after_its_file(features_file, identity_generator):
    path = features_file.rename(features_file.with_name("small weights.npz"))
    report = animegan_tf.evaluate(
        identity_generator, random_images(0, 1), random_images(1, 1), features=path
    )
    assert report.network == "small weights"
    assert report.layers[-1] == "block3_conv4"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 8}, "`size` must be at least 16. Received: size=8"),
        ({"size": "big"}, "`size` must be an integer. Received: size='big'"),
        ({"photos": 3}, "`photos` must be a path. Received: photos=3"),
        ({"style_images": None}, "`style_images` must be a path"),
        (
            {"style": []},
            "at least one style, with unique names. Received: none",
        ),
        ({"style": ["comic", "comic"]}, "Received: comic, comic"),
        ({"photos": "empty"}, "`photos` must be a folder of images.*empty"),
        ({"style_images": "empty"}, "`style_images` must be a folder of images"),
        ({"reference": "empty"}, "which lacks 3 of 3, such as '0'"),
        ({"reference": "empty", "photos": None}, "give `photos` as files"),
        ({"photos": "gone"}, "No such folder.*gone"),
        ({"features": "gone.npz"}, r"gone\.npz"),
    ],
)
def test_errors_say_what_was_received(
    folders, one_layer, identity_generator, changes, message
):
    (folders / "empty").mkdir()
    arguments = {
        "style": identity_generator,
        "photos": "photos",
        "style_images": "drawings",
        "features": one_layer,
        **changes,
    }
    for name in ("photos", "style_images", "reference"):
        if isinstance(arguments.get(name), str):
            arguments[name] = folders / arguments[name]
    if arguments["photos"] is None:
        arguments["photos"] = random_images(0)
    with pytest.raises((ValueError, OSError), match=message):
        animegan_tf.evaluate(**arguments)


def test_metrics_are_those_of_the_functions(one_layer):
    photos, style_images = random_images(0, 3), random_images(1, 4)
    outputs = [photo // 2 for photo in photos]
    report = evaluate_images(photos, {"dark": outputs}, style_images, one_layer)
    assert (report.network, report.layers) == ("one_layer", ["features"])
    assert report.num_style_images == 4
    reference = style_statistics(style_images, one_layer)
    for name, images in (("photos", photos), ("dark", outputs)):
        statistics = style_statistics(images, one_layer)
        for kind, distance in style_distance(statistics, reference).items():
            assert report.sets[name].style[kind] == pytest.approx(distance)
    for index, image in enumerate(report.sets["dark"].images):
        photo, output = photos[index], outputs[index]
        assert image["name"] == str(index)
        assert image["luminance_ssim"] == luminance_ssim(photo, output)
        expected = content_distance(output, photo, one_layer)
        assert image["content_distance"] == pytest.approx(expected)


def test_photos_as_results_have_the_metrics_of_the_photos(one_layer):
    photos = random_images(0, 4)
    report = evaluate_images(photos, {"same": photos}, random_images(1, 4), one_layer)
    same, baseline = report.sets["same"], report.sets["photos"]
    assert same.style == baseline.style
    assert same.mean == pytest.approx(baseline.mean, abs=1e-6, nan_ok=True)
    assert baseline.mean["luminance_ssim"] == 1.0
    assert baseline.mean["content_distance"] == 0.0


def test_the_style_images_have_distance_zero(one_layer):
    photos, style_images = random_images(0, 4), random_images(1, 4)
    report = evaluate_images(photos, {"style": style_images}, style_images, one_layer)
    assert report.sets["style"].style["correlation"] == 0.0
    assert report.sets["style"].style["plain"] == 0.0


def test_kid_does_not_depend_on_the_scale_of_the_features(one_layer):
    image = keras.Input((None, None, 3))
    features = layers.Rescaling(100.0)(one_layer(image)["features"])
    scaled_extractor = keras.Model(image, {"features": features})
    photos, style_images = random_images(0, 4), random_images(1, 4)
    vectors = pooled_features(photos, one_layer)
    scaled_vectors = pooled_features(photos, scaled_extractor)
    np.testing.assert_allclose(scaled_vectors, 100.0 * vectors, rtol=1e-4)
    plain, scaled = (
        evaluate_images(photos, {}, style_images, network).sets["photos"].style["kid"]
        for network in (one_layer, scaled_extractor)
    )
    assert scaled == pytest.approx(plain, rel=1e-3)


def test_paths_arrays_and_functions_give_the_same_metrics(tmp_path, one_layer):
    photos, style_images = random_images(0, 2), random_images(1, 2)
    outputs = [255 - photo for photo in photos]
    files = {}
    for name, images in (("p", photos), ("o", outputs), ("s", style_images)):
        paths = [tmp_path / f"{name}{index}.png" for index in range(2)]
        files[name] = [
            str(write_image(*pair)) for pair in zip(images, paths, strict=True)
        ]
    of_paths = evaluate_images(
        files["p"], {"negative": files["o"]}, files["s"], one_layer
    )
    of_arrays = evaluate_images(photos, {"negative": outputs}, style_images, one_layer)
    of_function = evaluate_images(
        files["p"], {"negative": lambda x: 255 - x}, style_images, one_layer
    )
    assert str(of_paths) == str(of_arrays) == str(of_function)
    names = [image["name"] for image in of_function.sets["negative"].images]
    assert names == ["p0.png", "p1.png"]


def test_photos_are_scaled_down_and_results_to_their_sizes(one_layer):
    photos = random_images(0, 1, (48, 64)) + random_images(0, 1, (20, 16))
    seen = []

    def record(photo):
        seen.append(photo.shape)
        return photo

    # As rounded by another tool.
    rounded = random_images(1, 1, (46, 64)) + random_images(1, 1, (20, 15))
    sets = {"function": record, "rounded": rounded}
    report = evaluate_images(photos, sets, photos, one_layer, short_side=24)
    assert seen == [(24, 32, 3), (20, 16, 3)]
    for measures in report.sets.values():
        sizes = [image["size"] for image in measures.images]
        assert sizes == [[32, 24], [16, 20]]


def test_the_result_of_another_photo_is_refused(one_layer):
    photos, turned = random_images(0, 1, (48, 64)), random_images(0, 1, (64, 48))
    message = "0 of turned with 48x64 pixels, photo with 64x48"
    with pytest.raises(ValueError, match=message):
        evaluate_images(photos, {"turned": turned}, photos, one_layer)


@pytest.mark.parametrize(
    ("counts", "name", "message"),
    [
        ((2, 1, 1), "a", "for each of `photos`. Received: 1 images of 'a', 2 photos"),
        ((0, 0, 1), "a", "`photos` must contain at least one image"),
        ((1, 1, 0), "a", "`style_images` must contain at least one image"),
        ((1, 1, 1), "photos", "names other than 'photos'"),
    ],
)
def test_sets_must_match_and_not_be_empty(counts, name, message, one_layer):
    photos, outputs, style_images = (random_images(0, count) for count in counts)
    with pytest.raises(ValueError, match=message):
        evaluate_images(photos, {name: outputs}, style_images, one_layer)


def test_a_missing_file_is_named(tmp_path, one_layer):
    images, path = random_images(0, 1), tmp_path / "lost.png"
    with pytest.raises(FileNotFoundError, match=r"lost\.png"):
        evaluate_images(images, {"a": [path]}, images, one_layer)


def test_undefined_metrics_are_nan(one_layer):
    photos = [np.full((16, 16, 3), 90, dtype="uint8"), random_images(0, 1)[0]]
    report = evaluate_images(photos, {"a": photos}, photos, one_layer)
    images = report.sets["a"].images
    assert math.isnan(images[0]["luminance_contrast_ratio"])
    assert images[1]["luminance_contrast_ratio"] == pytest.approx(1.0)
    assert math.isnan(report.sets["a"].style["kid_standard_error"])


def test_fid_and_kid_are_those_of_the_vectors_of_the_images(one_layer):
    image = keras.Input((16, 16, 3))
    vectors = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    network = keras.Model(image, vectors)
    photos, style = random_images(0, 5), random_images(1, 6)
    outputs = [255 - photo for photo in photos]
    report = evaluate_images(
        photos, {"ours": outputs}, style, one_layer, inception=network
    )
    own, reference = (inception_features(i, network) for i in (outputs, style))
    measures = report.sets["ours"].style
    assert measures["fid"] == pytest.approx(frechet_distance(own, reference))
    assert measures["inception_kid"] == pytest.approx(kid(own, reference)["kid"])
    assert report.sets["photos"].style["fid"] != measures["fid"]
    assert "FID, InceptionV3" in str(report)
    without = evaluate_images(photos, {"ours": outputs}, style, one_layer)
    assert "fid" not in without.sets["ours"].style
