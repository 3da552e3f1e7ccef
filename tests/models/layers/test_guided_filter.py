import numpy as np
import pytest

from animegan_tf.models.layers import GuidedFilter


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _mean(x, radius):
    """Average one channel over windows that are cut at the border."""
    result = np.empty_like(x)
    for row, column in np.ndindex(x.shape):
        rows = slice(max(row - radius, 0), row + radius + 1)
        columns = slice(max(column - radius, 0), column + radius + 1)
        result[row, column] = x[rows, columns].mean()
    return result


def _filter(image, guide, radius, epsilon):
    mean, guide_mean = _mean(image, radius), _mean(guide, radius)
    covariance = _mean(image * guide, radius) - mean * guide_mean
    variance = _mean(guide**2, radius) - guide_mean**2
    slope = covariance / (variance + epsilon)
    offset = mean - slope * guide_mean
    return _mean(slope, radius) * guide + _mean(offset, radius)


@pytest.mark.parametrize(("radius", "epsilon"), [(1, 5e-3), (2, 0.3)])
def test_filter_equals_its_definition_channel_by_channel(radius, epsilon):
    image, guide = _images(2, 7, 9, 3).astype("float64"), _images(2, 7, 9, 3, seed=1)
    result = GuidedFilter(radius, epsilon)(image.astype("float32"), guide)
    for index, channel in np.ndindex(2, 3):
        expected = _filter(
            image[index, ..., channel],
            guide[index, ..., channel].astype("float64"),
            radius,
            epsilon,
        )
        np.testing.assert_allclose(result[index, ..., channel], expected, atol=1e-5)


def test_an_image_that_is_linear_in_the_guide_is_kept():
    guide = _images(1, 8, 8, 3)
    result = GuidedFilter(2, 1e-6)(3.0 * guide - 1.0, guide)
    np.testing.assert_allclose(result, 3.0 * guide - 1.0, atol=1e-3)


def test_a_flat_guide_gives_the_mean_of_means():
    image = _images(1, 8, 8, 1)
    result = GuidedFilter(1, 1e-3)(image, np.full_like(image, 0.4))
    expected = _mean(_mean(image[0, ..., 0], 1), 1)
    np.testing.assert_allclose(result[0, ..., 0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"radius": 0}, "`radius` must be"), ({"epsilon": 0.0}, "`epsilon` must be")],
)
def test_invalid_filters_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        GuidedFilter(**options)
