"""Laws of the statistics of a style, and of the distance to it."""

import numpy as np
import pytest

from animegan_tf.evaluation import pooled_features, style_distance, style_statistics


def random_image(seed=0, size=(16, 20)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype="uint8")


def smooth_noise(seed, size=256):
    """Make a picture whose structure survives scaling."""
    coarse = random_image(seed, (16, 16))
    return coarse.repeat(size // 16, axis=0).repeat(size // 16, axis=1)


def test_features_are_taken_of_the_gray_top_left_at_short_side_256(recorder):
    image = np.zeros((300, 700, 3), dtype="uint8")
    image[:, :300] = 255, 0, 0
    style_statistics([image], recorder)
    (seen,) = recorder.inputs
    assert seen.shape == (1, 256, 256, 3)
    assert seen.dtype == np.float32
    # The crop ends at column 300 of the source, inside the red.
    expected = 0.299 * 2 - 1
    np.testing.assert_allclose(seen[:, :, :250], expected, atol=1e-6)
    np.testing.assert_array_equal(seen[..., 0], seen[..., 2])


def test_style_statistics_are_means_over_the_set(feature_extractor):
    images = [smooth_noise(seed) for seed in range(2)]
    both = style_statistics(iter(images), feature_extractor)
    single = [style_statistics([image], feature_extractor) for image in images]
    assert both.num_pictures == 2
    for kind in ("correlation", "plain"):
        for layer, matrix in getattr(both, kind).items():
            parts = [getattr(statistics, kind)[layer] for statistics in single]
            np.testing.assert_allclose(matrix, (parts[0] + parts[1]) / 2, rtol=1e-6)


def test_style_statistics_of_pixels_equal_numpy(recorder):
    statistics = style_statistics([smooth_noise(0)], recorder)
    luma = smooth_noise(0) @ np.array([0.299, 0.587, 0.114]) / 127.5
    expected = np.full((3, 3), luma.var())
    np.testing.assert_allclose(statistics.plain["pixels"], expected, rtol=1e-4)
    # Three equal channels correlate fully, up to the protocol's floor.
    expected = np.full((3, 3), 1 / 1.001**2)
    np.testing.assert_allclose(statistics.correlation["pixels"], expected, rtol=1e-4)


def test_style_distance_is_relative_to_the_reference(recorder):
    noise = smooth_noise(0)
    reference = style_statistics([noise], recorder)
    assert style_distance(reference, reference) == {"correlation": 0.0, "plain": 0.0}
    faded = style_statistics([noise // 2 + 60], recorder)
    distance = style_distance(faded, reference)
    # Half the contrast is a quarter of the variance.
    assert distance["plain"] == pytest.approx(0.75, abs=0.01)
    assert distance["correlation"] == pytest.approx(0.0, abs=1e-4)


def test_style_distance_refuses_other_layers(recorder, feature_extractor):
    image = smooth_noise(0)
    statistics = [style_statistics([image], m) for m in (recorder, feature_extractor)]
    with pytest.raises(ValueError, match=r"same layers. Received: \['pixels'\] and"):
        style_distance(*statistics)


@pytest.mark.parametrize("function", [style_statistics, pooled_features])
def test_empty_sets_are_refused(function, feature_extractor):
    with pytest.raises(ValueError, match="`images` must hold at least one picture"):
        function(iter([]), feature_extractor)
