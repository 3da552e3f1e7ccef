import numpy as np
import pytest

from animegan_tf.imaging.guided_filter import box_mean, guided_filter


def test_box_mean_is_clipped_at_the_border():
    row = np.array([[1.0, 2.0, 6.0, 7.0]])
    # Means of the neighbors that exist: (1+2)/2, (1+2+6)/3, (2+6+7)/3, (6+7)/2.
    assert box_mean(row, 1) == pytest.approx(np.array([[1.5, 3.0, 5.0, 6.5]]))


def test_constant_images_are_unchanged():
    image = np.full((9, 11), 0.3)
    filtered = guided_filter(image, radius=2, epsilon=0.01)
    assert filtered == pytest.approx(image, abs=1e-6)


def test_edges_are_kept_and_texture_is_removed():
    image = np.zeros((40, 40))
    image[:, 20:] = 1.0
    texture = 0.02 * np.random.default_rng(0).standard_normal((40, 40))
    filtered = guided_filter(image + texture, radius=3, epsilon=0.01)
    assert np.abs(filtered - image).max() < 0.1
    far = np.r_[0:14, 26:40]
    assert (filtered - image)[:, far].std() < 0.3 * texture.std()
    # The edge stays sharp.
    assert (filtered[:, 20] - filtered[:, 19]).min() > 0.8


def test_large_epsilon_gives_two_box_means():
    image = np.random.default_rng(0).random((12, 9))
    expected = box_mean(box_mean(image, 2), 2)
    assert guided_filter(image, radius=2, epsilon=1e9) == pytest.approx(expected)
