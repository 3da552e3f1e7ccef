"""Laws of the likeness of structure, on pictures worked out by hand."""

import numpy as np
import pytest

from animegan_tf.evaluation import edge_f1, luminance_ssim


def flat(level=200, size=(16, 16)):
    return np.full((*size, 3), level, dtype="uint8")


def random_image(seed=0, size=(16, 20)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype="uint8")


def checker(low=0, high=255, size=16):
    board = np.indices((size, size)).sum(axis=0) % 2
    levels = np.where(board, high, low).astype("uint8")
    return np.repeat(levels[..., np.newaxis], 3, axis=-1)


def with_line(level, column=8, width=1, background=200):
    image = flat(background)
    image[:, column : column + width] = level
    return image


def smooth_noise(seed, size=256):
    """Make a picture whose structure survives scaling."""
    coarse = random_image(seed, (16, 16))
    return coarse.repeat(size // 16, axis=0).repeat(size // 16, axis=1)


def test_ssim_of_constant_pictures_compares_means_only():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)
    assert luminance_ssim(flat(100), flat(200)) == pytest.approx(expected, rel=1e-6)


def test_ssim_of_a_negative_checker_is_negative():
    assert luminance_ssim(checker(0, 255), checker(255, 0)) < -0.9


def test_ssim_equals_scikit_image():
    metrics = pytest.importorskip("skimage.metrics")
    photo = smooth_noise(1, 64)
    output = np.clip(photo * 0.8 + random_image(2, (64, 64)) * 0.2, 0, 255)
    output = output.astype("uint8")
    lumas = [image @ np.array([0.299, 0.587, 0.114]) for image in (photo, output)]
    expected = metrics.structural_similarity(
        *lumas,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert luminance_ssim(photo, output) == pytest.approx(expected, abs=1e-6)


def test_ssim_refuses_pictures_smaller_than_its_window():
    with pytest.raises(ValueError, match="at least 11x11 pixels"):
        luminance_ssim(flat(size=(10, 16)), flat(size=(10, 16)))


def test_edge_f1_tolerates_a_shift_of_one_pixel():
    # A step gives two columns of edge, on either side of it.
    steps = [with_line(0, column, 16) for column in (6, 7, 9, 12)]
    assert edge_f1(steps[0], steps[1]) == pytest.approx(1.0)
    # At a shift of three, columns 5 and 6 against 8 and 9, none is within one pixel.
    assert edge_f1(steps[0], steps[2]) == pytest.approx(0.0)
    assert edge_f1(steps[0], steps[3]) == pytest.approx(0.0)


def test_edge_f1_weighs_lost_and_added_edges():
    step = with_line(0, 4, 12)
    two_steps = with_line(0, 4, 6)
    # All edges of the photo are found, half of those of the output are new.
    assert edge_f1(step, two_steps) == pytest.approx(2 * 0.5 / 1.5)
    assert edge_f1(two_steps, step) == pytest.approx(2 * 0.5 / 1.5)
    assert edge_f1(step, flat()) == 0.0
    assert edge_f1(flat(100), flat(200)) == 1.0


def test_edge_threshold_is_the_height_of_a_step():
    step = with_line(160, 8, 8)
    assert edge_f1(flat(), step, threshold=39.0) == 0.0
    assert edge_f1(flat(), step, threshold=41.0) == 1.0


def test_edge_f1_equals_one_of_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    photo = smooth_noise(1, 64)
    output = np.roll(photo, 2, axis=1) // 2 + 60
    lumas = [image @ np.array([0.299, 0.587, 0.114]) for image in (photo, output)]
    edges = [
        # A step of 1 gives SciPy's Sobel filter 4.
        np.hypot(
            ndimage.sobel(x, 0, mode="nearest"), ndimage.sobel(x, 1, mode="nearest")
        )
        > 4 * 32
        for x in lumas
    ]
    near = [ndimage.binary_dilation(edge, np.ones((3, 3))) for edge in edges]
    recall = (edges[0] & near[1]).sum() / edges[0].sum()
    precision = (edges[1] & near[0]).sum() / edges[1].sum()
    assert 0.2 < recall < 0.9
    expected = 2 * precision * recall / (precision + recall)
    assert edge_f1(photo, output) == pytest.approx(expected)


@pytest.mark.parametrize("measure", [luminance_ssim, edge_f1])
def test_equal_pictures_are_alike_and_others_need_its_size(measure):
    for image in (random_image(), flat(), checker(), with_line(0)):
        assert measure(image, image) == pytest.approx(1.0, abs=1e-9)
    with pytest.raises(ValueError, match=r"Received: output of shape \(16, 18, 3\)"):
        measure(flat(), flat(size=(16, 18)))
