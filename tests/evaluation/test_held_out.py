"""Laws of the held-out evaluation."""

import keras
import numpy as np
import pytest
from keras import layers

import animegan_tf
from animegan_tf.evaluation import evaluate_pictures
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer


def pictures(seed, count=3, size=(20, 24)):
    random = np.random.default_rng(seed)
    return list(random.integers(0, 256, (count, *size, 3), dtype="uint8"))


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    features = layers.Conv2D(4, 8, strides=8, activation="relu")(image)
    return keras.Model(image, {"features": features}, name="one_layer")


@pytest.fixture
def folders(tmp_path):
    for seed, name in enumerate(("photos", "drawings")):
        folder = tmp_path / name
        folder.mkdir()
        for index, image in enumerate(pictures(seed)):
            write_image(image, folder / f"{index}.png")
    return tmp_path


def test_report_is_that_of_the_stylizers_outputs(folders, network, negative_generator):
    stylizer = Stylizer(negative_generator)
    report = animegan_tf.evaluate(
        stylizer, folders / "photos", folders / "drawings", features=network
    )
    outputs = [stylizer(photo) for photo in pictures(0)]
    expected = evaluate_pictures(
        pictures(0), {"pointwise": outputs}, pictures(1), network
    )
    assert str(report) == str(expected)
    assert list(report.sets) == ["photos", "pointwise"]


def test_a_style_may_be_given_in_many_ways(run_folder, network, negative_generator):
    images = pictures(0), pictures(1)
    several = [str(run_folder), Stylizer(negative_generator)]
    named = {"a": run_folder, "b": negative_generator}
    measures = []
    for style in (run_folder, negative_generator, several, named):
        report = animegan_tf.evaluate(style, *images, features=network)
        measures += [own.mean for name, own in report.sets.items() if name != "photos"]
    assert len(measures) == 6
    assert all(mean == measures[0] for mean in measures)
    assert list(report.sets) == ["photos", "a", "b"]


def test_reference_is_found_by_name_and_scaled_to_the_photo(
    folders, network, identity_generator
):
    reference = folders / "reference"
    reference.mkdir()
    for index, image in enumerate(pictures(0)):
        write_image(image[:, :-1] // 2, reference / f"{index}.bmp")
    report = animegan_tf.evaluate(
        identity_generator,
        folders / "photos",
        folders / "drawings",
        features=network,
        reference=reference,
    )
    sizes = {tuple(picture["size"]) for picture in report.sets["reference"].pictures}
    assert sizes == {(24, 20)}
    assert report.sets["pointwise"].mean["luminance_contrast_ratio"] == 1.0
    ratio = report.sets["reference"].mean["luminance_contrast_ratio"]
    assert 0.4 < ratio < 0.6


def test_network_is_named_after_its_file(features_file, identity_generator):
    path = features_file.rename(features_file.with_name("small weights.npz"))
    report = animegan_tf.evaluate(
        identity_generator, pictures(0, 1), pictures(1, 1), features=path
    )
    assert report.network == "small weights"
    assert report.layers[-1] == "block3_conv4"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 8}, "`size` must be at least 16 pixels. Received: size=8"),
        (
            {"style": []},
            "at least one style, each by a name of its own. Received: none",
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
    folders, network, identity_generator, changes, message
):
    (folders / "empty").mkdir()
    arguments = {
        "style": identity_generator,
        "photos": "photos",
        "style_images": "drawings",
        "features": network,
        **changes,
    }
    for name in ("photos", "style_images", "reference"):
        if arguments.get(name) is not None:
            arguments[name] = folders / arguments[name]
    if arguments["photos"] is None:
        arguments["photos"] = pictures(0)
    with pytest.raises((ValueError, OSError), match=message):
        animegan_tf.evaluate(**arguments)
