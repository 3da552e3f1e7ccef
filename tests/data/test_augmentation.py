"""Random crops: aligned, repeatable, the same eagerly and in tf.data."""

import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.data.augmentation import (
    center_crop,
    random_crop_and_flip,
    random_rescaled_crop,
)


def _positions(height, width):
    """Return an image whose pixels encode their row and column."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, rows * 0], axis=-1).astype("uint8")


def _crops_of(crop, image, seeds):
    eager = [crop(image, tf.constant(seed, tf.int64)).numpy() for seed in seeds]
    dataset = tf.data.Dataset.from_tensor_slices(tf.constant(seeds, tf.int64))

    def load(seed):
        loaded = tf.numpy_function(lambda: image, [], tf.uint8)
        return crop(tf.ensure_shape(loaded, (None, None, 3)), seed)

    streamed = list(dataset.map(load, num_parallel_calls=2).as_numpy_iterator())
    return eager, streamed


SEEDS = [[3, k] for k in range(12)]
CROPS = [
    lambda image, seed: random_crop_and_flip(image, 8, seed),
    lambda image, seed: random_rescaled_crop(image, 8, seed),
    lambda image, seed: center_crop(image, 8),
]


@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize("shape", [(16, 20), (8, 8), (5, 30), (2, 3)])
def test_crops_are_the_same_eagerly_and_in_tf_data(crop, shape):
    eager, streamed = _crops_of(crop, _positions(*shape), SEEDS)
    assert eager[0].shape == (8, 8, 3)
    np.testing.assert_array_equal(eager, streamed)


def test_aligned_images_get_the_same_crop():
    image = _positions(16, 20)
    crops = random_crop_and_flip({"photo": image, "target": 255 - image}, 8, [1, 2])
    assert set(crops) == {"photo", "target"}
    np.testing.assert_array_equal(crops["photo"], 255 - crops["target"].numpy())
    first, second = random_crop_and_flip([image, image], 8, [1, 2])
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, crops["photo"])


@pytest.mark.parametrize(
    ("height", "rows"),
    [
        (4, [0, 1, 2, 3]),
        (7, [1, 2, 3, 4]),
        (3, [1, 0, 1, 2]),
        (1, [0, 0, 0, 0]),
    ],
)
def test_the_center_is_cropped_or_extended_by_reflection(height, rows):
    crops = center_crop({"photo": _positions(height, 5)}, 4)
    assert crops["photo"][:, 0, 0].numpy().tolist() == rows
    assert crops["photo"][0, :, 1].numpy().tolist() == [0, 1, 2, 3]


def test_crops_are_contiguous_windows_at_every_position_flipped_or_not():
    image = _positions(10, 10)
    starts, directions = set(), set()
    for k in range(200):
        crop = random_crop_and_flip(image, 8, [0, k]).numpy().astype(int)
        np.testing.assert_array_equal(np.diff(crop[:, 0, 0]), 1)
        step = crop[0, 1, 1] - crop[0, 0, 1]
        np.testing.assert_array_equal(np.diff(crop[0, :, 1]), step)
        starts.add((crop[..., 0].min(), crop[..., 1].min()))
        directions.add(step)
    assert starts == {(row, column) for row in range(3) for column in range(3)}
    assert directions == {1, -1}


@pytest.mark.parametrize("function", [random_crop_and_flip, random_rescaled_crop])
def test_without_flip_nothing_is_flipped(function):
    for k in range(20):
        crop = function(_positions(16, 16), 8, [0, k], flip=False).numpy().astype(int)
        assert crop[0, -1, 1] > crop[0, 0, 1]


def test_small_images_are_centered_and_extended_by_reflection():
    image = _positions(1, 3)
    crop = random_crop_and_flip(image, 7, [0, 0], flip=False).numpy()
    np.testing.assert_array_equal(crop[:, 0, 0], 0)
    # Columns 0 1 2 are in the center; the border column is not repeated.
    np.testing.assert_array_equal(crop[0, :, 1], [2, 1, 0, 1, 2, 1, 0])


def test_an_image_of_the_size_of_the_crop_is_unchanged():
    image = _positions(8, 8)
    for function in (random_crop_and_flip, random_rescaled_crop):
        np.testing.assert_array_equal(function(image, 8, [0, 1], flip=False), image)


def test_images_of_different_sizes_are_rejected():
    with pytest.raises(ValueError, match="same height and width.*Received shapes"):
        random_crop_and_flip([_positions(8, 8), _positions(8, 9)], 4, [0, 0])
    spec = tf.TensorSpec((None, None, 3), tf.uint8)
    crop = tf.function(
        lambda first, second: random_crop_and_flip([first, second], 4, [0, 0]),
        input_signature=[spec, spec],
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="same height and width"):
        crop(_positions(8, 8), _positions(8, 9))


def test_rescaled_crops_cover_the_given_fraction_and_never_enlarge():
    # A ramp rises by `side / size` levels per pixel, which gives the covered fraction.
    image = _positions(100, 200)
    covered = []
    for k in range(60):
        crop = random_rescaled_crop(image, 16, [0, k], flip=False).numpy()
        covered.append((int(crop[-2, 8, 0]) - int(crop[1, 8, 0])) / 13 * 16)
    assert 60 - 3 <= min(covered) < 70
    assert 90 < max(covered) <= 100 + 3
    barely = _positions(20, 40)
    crop = random_rescaled_crop(barely, 16, [0, 1], coverage=(0.1, 0.1), flip=False)
    np.testing.assert_array_equal(np.diff(crop.numpy()[:, 0, 0].astype(int)), 1)


def test_rescaled_crop_keeps_a_flat_image_flat():
    image = np.full((40, 50, 3), 77, "uint8")
    np.testing.assert_array_equal(random_rescaled_crop(image, 16, [0, 0]), 77)


@pytest.mark.parametrize("coverage", [(0.0, 1.0), (0.8, 0.6), (0.5, 1.1)])
def test_rescaled_crop_rejects_an_invalid_coverage(coverage):
    with pytest.raises(ValueError, match="`coverage` must be two ascending numbers"):
        random_rescaled_crop(_positions(8, 8), 4, [0, 0], coverage=coverage)


@pytest.mark.parametrize("function", [random_crop_and_flip, random_rescaled_crop])
def test_a_crop_size_of_zero_is_rejected(function):
    with pytest.raises(ValueError, match="`size` must be at least 1"):
        function(_positions(8, 8), 0, [0, 0])
