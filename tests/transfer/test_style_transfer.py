"""Style transfer between two images."""

import numpy as np
import pytest
from PIL import Image

import animegan_tf
from animegan_tf.imaging.color.lab import rgb_to_lab
from animegan_tf.imaging.color.palette import transfer_palette
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.transfer.style_transfer import (
    _MAX_PHOTOS,
    _read_photos,
    style_transfer,
)


@pytest.fixture
def orange():
    return _areas([220, 130, 40], 1)


@pytest.fixture
def night():
    return _areas([30, 40, 110], 2)


def _areas(color, seed):
    noise = np.random.default_rng(seed).normal(0, 25, (5, 8, 3))
    coarse = np.clip(np.array(color) + noise, 0, 255).astype(np.uint8)
    return np.kron(coarse, np.ones((9, 9, 1), np.uint8))


def lab_distance(x, y):
    return float(np.linalg.norm(rgb_to_lab(x) - rgb_to_lab(y), axis=-1).mean())


def test_result_has_the_palette_of_the_target(negative_generator, photo, orange):
    result = style_transfer(photo, orange, negative_generator)
    expected = transfer_palette(Stylizer(negative_generator)(photo), orange)
    assert np.array_equal(result, expected)
    assert result.shape == photo.shape


def test_two_targets_give_visibly_different_results(
    identity_generator, photo, orange, night
):
    results = [
        style_transfer(photo, target, identity_generator) for target in (orange, night)
    ]
    # A difference of 2.3 is just noticeable.
    assert lab_distance(*results) > 20.0


def test_the_source_as_target_keeps_its_colors(identity_generator, photo):
    result = style_transfer(photo, photo, identity_generator)
    assert np.abs(result.astype(int) - photo).max() <= 1


def test_without_the_palette_the_result_is_the_generator_s(
    negative_generator, photo, orange
):
    result = style_transfer(photo, orange, negative_generator, palette=0.0)
    assert np.array_equal(result, 255 - photo)


def test_paths_pillow_images_and_arrays_are_the_same(
    run_folder, negative_generator, photo, orange, tmp_path
):
    paths = [
        write_image(image, tmp_path / f"{name}.png")
        for name, image in (("photo", photo), ("orange", orange))
    ]
    expected = style_transfer(photo, orange, negative_generator)
    for images in (
        paths,
        map(str, paths),
        map(Image.open, paths),
        (np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]), orange),
    ):
        assert np.array_equal(style_transfer(*images, run_folder), expected)


@pytest.mark.parametrize("size", [(1, 1), (7, 90), (65, 33)])
def test_size_is_the_source_s(style, orange, size):
    source = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert style_transfer(source, orange, style).shape == source.shape


def test_gray_is_its_rgb(identity_generator, photo, orange):
    gray = photo[..., 0]
    rgb = np.repeat(gray[..., np.newaxis], 3, axis=-1)
    results = [style_transfer(x, orange, identity_generator) for x in (gray, rgb)]
    assert np.array_equal(*results)


def test_output_is_the_result_and_is_marked(
    identity_generator, photo, orange, tmp_path
):
    output = tmp_path / "out.png"
    result = style_transfer(photo, orange, identity_generator, output=output)
    assert np.array_equal(read_image(output), result)
    assert b"compositeWithTrainedAlgorithmicMedia" in output.read_bytes()
    arguments = {"output": output, "mark": False}
    style_transfer(photo, orange, identity_generator, **arguments)
    assert b"TrainedAlgorithmicMedia" not in output.read_bytes()


def test_images_given_are_never_overwritten(run_folder, photo, orange, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    source = write_image(photo, tmp_path / "photo.png")
    target = write_image(orange, tmp_path / "orange.png")
    other = write_image(photo, folder / "other.png")
    link = tmp_path / "link.png"
    link.symlink_to(source)
    for output in (source, target, other, link):
        before = output.read_bytes()
        with pytest.raises(
            ValueError, match="`output` must be another file than the images given"
        ):
            arguments = {"photos": folder, "output": output}
            style_transfer(source, target, run_folder, **arguments)
        assert output.read_bytes() == before


def test_adaptation_changes_the_result_and_not_the_generator(
    generator, photo, orange, weights_file
):
    weights = [value.copy() for value in generator.get_weights()]
    plain = style_transfer(photo, orange, generator)
    first, again = (
        style_transfer(photo, orange, generator, adapt_steps=2, features=weights_file)
        for _ in range(2)
    )
    assert not np.array_equal(first, plain)
    assert np.array_equal(first, again)
    for value, before in zip(generator.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(value, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "target"), [((1, 1), (40, 40)), ((40, 40), (1, 1)), ((1, 1), (1, 1))]
)
def test_images_of_one_pixel_can_be_fitted(source, target, generator, weights_file):
    images = [np.full((*size, 3), 90, np.uint8) for size in (source, target)]
    result = style_transfer(*images, generator, adapt_steps=1, features=weights_file)
    assert result.shape == (*source, 3) and result.dtype == np.uint8


def test_of_many_photos_an_evenly_spaced_subset_is_read(tmp_path):
    for index in range(_MAX_PHOTOS + 1):
        image = np.full((2, 2, 3), index, np.uint8)
        write_image(image, tmp_path / f"{index:03}.png")
    paths = sorted(tmp_path.iterdir())
    for photos in (tmp_path, str(tmp_path), paths):
        levels = [image[0, 0, 0] for image in _read_photos(photos)]
        assert levels == list(range(0, _MAX_PHOTOS + 1, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"palette": 1.2}, "`palette` must be in"),
        ({"adapt_steps": -1}, "`adapt_steps` must be at least 0"),
        ({"source": np.zeros((4, 4, 3))}, "uint8 array.*float64"),
        ({"source": np.zeros((4, 4, 2), "uint8")}, "3 or 4 channels"),
        ({"target_style": np.zeros((0, 4, 3), "uint8")}, "uint8 array"),
        ({"generator": "no-such"}, "Unknown style"),
        ({"output": "out.xyz"}, "`output` must end in one of"),
        ({"adapt_steps": 1, "photos": []}, "`photos` must contain"),
        ({"adapt_steps": 1, "photos": 3}, "`photos` must be a folder or a sequence"),
        ({"adapt_steps": 1, "features": "gone.npz"}, r"gone\.npz"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(
    photo, identity_generator, arguments, message
):
    given = {"source": photo, "target_style": photo, "generator": identity_generator}
    with pytest.raises(ValueError, match=message) as raised:
        style_transfer(**given | arguments)
    assert "\n" not in str(raised.value)


def test_missing_files_are_named(photo, identity_generator, tmp_path):
    for arguments in (
        (tmp_path / "gone.png", photo),
        (photo, str(tmp_path / "gone.png")),
    ):
        with pytest.raises(FileNotFoundError, match=r"gone\.png"):
            style_transfer(*arguments, identity_generator)
    with pytest.raises(FileNotFoundError, match="No such output folder"):
        output = tmp_path / "gone" / "out.png"
        style_transfer(photo, photo, identity_generator, output=output)


def test_function_is_public():
    assert animegan_tf.style_transfer is style_transfer
