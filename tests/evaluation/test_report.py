"""Laws of the evaluation report."""

import json
import math

import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.evaluation.metrics import luminance_ssim
from animegan_tf.evaluation.report import (
    evaluate_pictures,
    format_table,
    write_json,
)
from animegan_tf.images import write_image

STYLE_KEYS = ["correlation", "plain", "kid", "kid_standard_error"]
PICTURE_KEYS = [
    "luminance_contrast_ratio",
    "chroma_drift",
    "luminance_ssim",
    "edge_f1",
    "flatness",
    "line_darkness",
    "content_distance",
]


def random_images(seed, count, size=(16, 16)):
    random = np.random.default_rng(seed)
    return list(random.integers(0, 256, (count, *size, 3), dtype="uint8"))


@pytest.fixture(scope="module")
def feature_extractor():
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    features = layers.Conv2D(4, 8, strides=8, activation="relu")(image)
    return keras.Model(image, {"features": features})


@pytest.fixture(scope="module")
def report(feature_extractor):
    photos, style_images = random_images(0, 4), random_images(1, 5)
    outputs = [photo // 2 for photo in photos]
    return evaluate_pictures(photos, outputs, style_images, feature_extractor)


def test_report_names_every_measure(report):
    assert (report["num_pictures"], report["num_style_images"]) == (4, 5)
    assert list(report["style"]) == STYLE_KEYS
    for values in report["style"].values():
        assert list(values) == ["photos", "outputs"]
        assert all(isinstance(value, float) for value in values.values())
    assert list(report["mean"]) == PICTURE_KEYS
    for index, picture in enumerate(report["pictures"]):
        assert list(picture) == ["name", *PICTURE_KEYS]
        assert picture["name"] == str(index)


def test_means_are_those_of_the_pictures(report):
    for metric in PICTURE_KEYS:
        values = [picture[metric] for picture in report["pictures"]]
        assert report["mean"][metric] == pytest.approx(np.mean(values))
    assert report["mean"]["luminance_contrast_ratio"] == pytest.approx(0.5, abs=0.01)


def test_unchanged_photos_lose_nothing_and_gain_no_style(feature_extractor):
    photos = random_images(0, 4)
    report = evaluate_pictures(photos, photos, random_images(1, 4), feature_extractor)
    for values in report["style"].values():
        assert values["photos"] == values["outputs"]
    ideal = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert list(report["mean"].values()) == pytest.approx(ideal, abs=1e-6)


def test_style_images_themselves_are_at_distance_zero(feature_extractor):
    photos, style_images = random_images(0, 4), random_images(1, 4)
    report = evaluate_pictures(photos, style_images, style_images, feature_extractor)
    assert report["style"]["correlation"]["outputs"] == 0.0
    assert report["style"]["plain"]["outputs"] == 0.0


def test_kid_does_not_depend_on_the_scale_of_the_features(feature_extractor):
    image = keras.Input((None, None, 3))
    features = layers.Rescaling(100.0)(feature_extractor(image)["features"])
    scaled_extractor = keras.Model(image, {"features": features})
    pictures = random_images(0, 4), random_images(2, 4), random_images(1, 4)
    plain, scaled = (
        evaluate_pictures(*pictures, extractor)["style"]["kid"]
        for extractor in (feature_extractor, scaled_extractor)
    )
    assert scaled == pytest.approx(plain, rel=1e-3)


def test_paths_and_arrays_give_the_same_report(tmp_path, feature_extractor):
    sets = [random_images(seed, 2) for seed in range(3)]
    paths = []
    for name, images in zip("pos", sets, strict=True):
        files = [tmp_path / f"{name}{index}.png" for index in range(len(images))]
        paths.append(
            [write_image(i, file) for i, file in zip(images, files, strict=True)]
        )
    # Strings are paths as well.
    paths[0] = [str(path) for path in paths[0]]
    of_paths = evaluate_pictures(*paths, feature_extractor)
    of_arrays = evaluate_pictures(*sets, feature_extractor)
    assert [picture.pop("name") for picture in of_paths["pictures"]] == [
        "o0.png",
        "o1.png",
    ]
    for picture in of_arrays["pictures"]:
        picture.pop("name")
    assert json.dumps(of_paths) == json.dumps(of_arrays)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((2, 1, 1), "one picture for each of `photos`. Received: 1 outputs, 2 photos"),
        ((0, 0, 1), "`photos` must hold at least one picture"),
        ((1, 1, 0), "`style_images` must hold at least one picture"),
    ],
)
def test_sets_must_match_and_not_be_empty(counts, message, feature_extractor):
    sets = [random_images(0, count) for count in counts]
    with pytest.raises(ValueError, match=message):
        evaluate_pictures(*sets, feature_extractor)


def test_a_missing_file_is_named(tmp_path, feature_extractor):
    images, path = random_images(0, 1), tmp_path / "lost.png"
    with pytest.raises(FileNotFoundError, match=r"lost\.png"):
        evaluate_pictures(images, [path], images, feature_extractor)


def test_measures_that_do_not_exist_are_left_out_of_the_mean(
    tmp_path, feature_extractor
):
    photos = [np.full((16, 16, 3), 90, dtype="uint8"), random_images(0, 1)[0]]
    report = evaluate_pictures(photos, photos, photos, feature_extractor)
    ratios = [picture["luminance_contrast_ratio"] for picture in report["pictures"]]
    assert math.isnan(ratios[0])
    assert report["mean"]["luminance_contrast_ratio"] == pytest.approx(1.0)
    loaded = json.loads(write_json(report, tmp_path / "report.json").read_text())
    assert loaded["pictures"][0]["luminance_contrast_ratio"] is None
    assert loaded["style"]["kid_standard_error"]["outputs"] is None
    assert "-" in format_table(report).splitlines()[5].split()


def test_json_keeps_the_report(tmp_path, report):
    path = write_json(report, tmp_path / "report.json")
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text)["mean"] == pytest.approx(report["mean"], nan_ok=True)
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_table_shows_every_measure_in_aligned_columns(report):
    table = format_table(report)
    tables = [part.splitlines() for part in table.split("\n\n")]
    assert len(tables) == 2
    for lines in tables:
        assert len({len(line) for line in lines}) == 1
        assert len({line.count("|") for line in lines}) == 1
    names = [line.split()[1] for lines in tables for line in lines[2:]]
    assert names == STYLE_KEYS + PICTURE_KEYS
    assert f"{report['mean']['luminance_ssim']:.4f}" in table


def test_pictures_are_paired_in_order(feature_extractor):
    photos = random_images(0, 2)
    outputs = [photos[0], random_images(9, 1)[0]]
    report = evaluate_pictures(photos, outputs, photos, feature_extractor)
    received = [picture["luminance_ssim"] for picture in report["pictures"]]
    assert received == [1.0, luminance_ssim(photos[1], outputs[1])]
