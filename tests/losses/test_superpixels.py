import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses.superpixels import superpixel_means


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, 3)).astype("float32")


def test_regions_follow_an_edge_beside_the_grid():
    image = np.full((1, 16, 16, 3), -0.8, "float32")
    # The squares have 4 pixels, so this edge cuts through the second column of them.
    image[:, :, 6:] = 0.7
    np.testing.assert_allclose(superpixel_means(image, 4), image, atol=1e-5)


def test_means_keep_the_sum_of_the_colors(images):
    means = np.asarray(superpixel_means(images, 4))
    np.testing.assert_allclose(means.mean((1, 2)), images.mean((1, 2)), atol=1e-5)
    assert means.var() < images.var()


def test_there_are_no_more_colors_than_squares(images):
    means = np.asarray(superpixel_means(images, 8))
    for image in means:
        assert len(np.unique(image.reshape(-1, 3).round(5), axis=0)) <= 2 * 3


def test_an_image_does_not_depend_on_its_batch(images):
    both = superpixel_means(images, 4)
    alone = superpixel_means(images[1:], 4)
    np.testing.assert_allclose(both[1:], alone, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 17, 23, 3), (2, 5, 9, 3)])
def test_sizes_that_are_no_multiple_of_the_squares_pass(shape):
    images = np.random.default_rng(1).uniform(-1, 1, shape).astype("float32")
    means = np.asarray(superpixel_means(images, 7))
    assert means.shape == shape
    assert np.abs(means).max() <= 1.0 + 1e-5


def test_same_result_compiled_and_no_gradient(images):
    compiled = tf.function(superpixel_means)
    image = tf.Variable(images)
    with tf.GradientTape() as tape:
        means = superpixel_means(image)
    np.testing.assert_allclose(compiled(images), means, atol=1e-5)
    assert tape.gradient(means, image) is None


@pytest.mark.parametrize(("name", "value"), [("size", 1), ("iterations", 0)])
def test_too_small_arguments_are_refused(name, value, images):
    with pytest.raises(ValueError, match=f"`{name}` must be at least"):
        superpixel_means(images, **{name: value})
